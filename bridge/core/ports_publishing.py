"""What publishing needs of whoever keeps slots and their renderings: mixed into ``UnitOfWork`` of ``ports``."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bridge.core.availability import Availability
from bridge.core.calendars import PublicText, Shown
from bridge.core.drops import Drop, Slot
from bridge.core.stock import StockItem


class PublishingWork(Protocol):
    """What is looked at and written so that everybody is shown what holds by now, in one transaction."""

    def dirty_items(self) -> list[tuple[int, int]]:
        """Stock items to be published, with the version seen: as many as can be looked at together."""

    def dirty_slots(self, item_ids: Sequence[int], now: datetime) -> dict[int, list[int]]:
        """Slots, by drop, that changed, whose time has come, or that sell one of the items."""

    def slots(self, slot_ids: Sequence[int]) -> list[Slot]: ...
    def slots_and_shown(self, slot_ids: Sequence[int]) -> tuple[list[Slot], dict[int, Shown]]: ...
    def slots_shown_with(self, resource_ids: Sequence[int], known: Mapping[int, Slot]) -> list[Slot]: ...
    def waiting_slots(self, slot_ids: Sequence[int], now: datetime) -> set[int]:
        """Those of the slots that are yet to be published."""

    def stock_for(self, slots: Iterable[Slot]) -> dict[int, StockItem]: ...
    def shown(self, slot_ids: Sequence[int]) -> dict[int, Shown]:
        """What is shown of these slots, those left out that are to be put into words anew."""

    def is_shown(self, shown: Shown, seen: Availability) -> bool:
        """Whether ``shown`` says just that."""

    def templates(self, resource_ids: Sequence[int]) -> dict[int, str]: ...
    def save_public(self, texts: Sequence[PublicText], revision: int, now: datetime) -> None: ...
    def set_due(self, due: Iterable[tuple[int, datetime | None]]) -> None: ...
    def save_renderings(self, texts: Sequence[tuple[int, str]], revision: int, now: datetime) -> None: ...
    def mark_slots_published(self, slots: Iterable[Slot]) -> None: ...
    def mark_items_published(self, items: Iterable[tuple[int, int]]) -> None: ...
    def retire(self, drop_id: int, ended_before: datetime, removed_before: datetime, revision: int, limit: int) -> int: ...
    def reword_slots(self, drop_id: int, lacking: Iterable[str] = (), *, after: int = 0) -> int:
        """Has some slots of a drop, which is locked, put into words anew by the clock: the first ones behind the id ``after``.

        Of ``lacking`` those alone that have no such value of their own. Returns the last one's id, 0 when there were none left.
        """

    def withdraw(self, slot_ids: Sequence[int], revision: int) -> None:
        """Takes slots out of everything that the public sees."""

    def unnoticed(self, drop: Drop, slot_ids: Sequence[int], since: datetime) -> set[int]:
        """Those of the slots that no customer ever claimed or waited for, and that were made after ``since`` or never were public."""

    def retirable(self, ended_before: datetime, removed_before: datetime) -> list[int]:
        """Drops that have public renderings to retire."""
