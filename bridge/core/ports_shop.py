"""What the core needs of whoever keeps terms and pictures: mixed into ``Views`` and ``UnitOfWork`` of ``ports``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop, Offer
from bridge.core.terms import Terms


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture. ``digest`` is the SHA-256 in hex of the file that was uploaded; nothing else of that file is kept.

    ``width`` and ``height`` are of the largest stored file in pixels; ``color`` (``#rrggbb``) stands in until it has loaded.
    ``files`` are the widths and formats there are, by format and then by width; formats are file extensions, the best first.
    """

    digest: str
    width: int
    height: int
    color: str
    files: tuple[tuple[str, tuple[int, ...]], ...] = ()


class PictureFile(NamedTuple):
    """One size of a picture in one format: ``avif``, ``webp`` or ``jpg``."""

    width: int
    format: str
    content: bytes


class SlotTold(NamedTuple):
    """A public slot with what is told of it. ``sold`` are its offers as they are stored; ``version`` is that of ``slot_version``."""

    slot: PublicSlot
    drop: Drop
    terms: Terms
    sold: tuple[Offer, ...]
    version: object


class ShopViews(Protocol):
    """What is read of what a drop sells."""

    def terms(self, drop_id: int) -> Terms:
        """The terms of a drop; the defaults when nobody described it."""

    def location_name(self, location_id: int) -> str: ...
    def pictures(self, digests: Sequence[str]) -> dict[str, Picture]:
        """Those of the pictures that are stored, whoever uploaded them."""

    def picture_file(self, digest: str, width: int, format: str) -> bytes | None: ...
    def has_picture(self, organizer_id: int, digest: str) -> bool:
        """Whether this organizer has uploaded the picture."""


class ShopWork(Protocol):
    """What is written of it."""

    def save_terms(self, drop_id: int, terms: Terms, now: datetime) -> None:
        """Replaces the terms of a drop, which must be locked; products that keep their SKU keep their row."""

    def lock_slots(self, drop_id: int) -> None:
        """Locks the live slots of a drop, by id."""

    def touch_slots(self, drop_id: int, skus: Iterable[str]) -> None:
        """Has the live slots of a drop that sell one of ``skus`` looked at again by the clock."""

    def add_picture(self, organizer_id: int, picture: Picture, files: Iterable[PictureFile], now: datetime) -> None:
        """Stores a picture of an organizer's; one that is there already is left alone."""
