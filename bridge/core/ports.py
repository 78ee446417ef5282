"""The sockets: what the core needs from outside, as Protocols. Each lists the errors beside the verb.

Reads go through ``Views`` (one consistent snapshot, no parsing, no computing); changes through ``UnitOfWork``
(one transaction; committed on clean exit, rolled back on any exception).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from bridge.core.accounts import ApiToken, AppPassword, Organizer, Role
from bridge.core.calendars import Audience, Change, Coming, FeedRow, Listed, Member, Offered, PublicSlot, Resource
from bridge.core.drops import Drop, EventDraft, Slot
from bridge.core.events import Event
from bridge.core.ports_orders import OrderViews, OrderWork
from bridge.core.ports_outbox import Outbox, OutboxViews
from bridge.core.ports_people import PeopleViews, PeopleWork
from bridge.core.ports_publishing import PublishingWork
from bridge.core.ports_reports import ReportViews
from bridge.core.ports_shop import ShopViews, ShopWork, SlotTold
from bridge.core.stock import Count, Movement, StockItem
from bridge.core.tills import Connection, Location, Polled
from bridge.core.traffic import View


class Views(OrderViews, OutboxViews, PeopleViews, ReportViews, ShopViews, Protocol):
    """One consistent snapshot for reading. Rows come as plain values; none is tied to the snapshot."""

    def organizer(self, name: str) -> Organizer | None: ...
    def organizers(self) -> list[Organizer]: ...
    def drop(self, organizer: str, slug: str) -> Drop | None: ...
    def drops(self, organizer: str | None = None, *, public: bool = False) -> list[Drop]:
        """An organizer's drops by ``order`` then title; all of them without a name."""

    def resource(self, drop_id: int, name: str, audience: Audience) -> Resource | None: ...
    def resource_at(self, organizer: str, slug: str, name: str, audience: Audience) -> Resource | None:
        """The same by the drop's address; None as well when the drop is not there for this audience."""

    def resources(self, drop_id: int, audience: Audience) -> Iterator[Resource]: ...
    def resources_named(self, drop_id: int, names: Sequence[str], audience: Audience) -> list[Resource]: ...
    def listing(self, drop_id: int, audience: Audience) -> Iterator[Listed]:
        """Every member, by position; costs one indexed scan and carries no text."""

    def changes(self, drop_id: int, audience: Audience, since: int, after: int = 0, limit: int | None = None) -> list[Change]:
        """What changed after revision ``since`` (or in it, behind position ``after`` when that is given), oldest first."""

    def in_range(
        self, drop_id: int, audience: Audience, component: str | None, start: datetime | None, end: datetime | None
    ) -> list[Resource]:
        """Members with an occurrence that overlaps [start, end) as RFC 4791 section 9.9 means it, or may (``exact`` False)."""

    def name_of_uid(self, drop_id: int, uid: str) -> str | None: ...

    def feed_rows(self, drop_id: int, since: int = -1, *, after: int = -1, limit: int | None = None) -> list[FeedRow]:
        """The public slots whose rendering is newer than revision ``since``, by position; ``gone`` ones only when since >= 0.

        With ``after`` and ``limit`` in batches: those behind position ``after``, at most ``limit`` of them.
        """

    def withdrawn(self, drop_id: int, since: int) -> list[str]:
        """The public ids of slots that the public no longer sees since revision ``since``."""

    def public_slots(
        self,
        drop_id: int,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        since: int = -1,
        limit: int | None = None,
        offset: int = 0,
        sku: str = "",
        available: bool = False,
    ) -> list[PublicSlot]:
        """Those that overlap [start, end), by start; a page of them if asked. Removed ones are among them.

        With ``since`` only those whose rendering is newer, by position. With ``sku`` those that sell it, with
        ``available`` those that can or will be claimed.
        """

    def offered(self, drop_id: int, now: datetime) -> list[Offered]:
        """What the slots that have not ended sell beside add-ons, by name; each SKU once."""

    def coming(self, now: datetime, *, after: int, limit: int) -> list[Coming]:
        """Slots of public drops that have not ended, behind position ``after``, by position."""

    def public_slot(self, public_id: str) -> PublicSlot | None: ...
    def slot_version(self, public_id: str) -> tuple[Drop, object] | None:
        """The drop of a slot, and a value that is another one once anything changed that is told of this slot.

        Other slots of the drop may change as they like. None for a slot that is not shown.
        """

    def slot_told(self, public_id: str) -> SlotTold | None:
        """All that is told of a slot, with its version; None for a slot that is not shown."""

    def app_passwords(self, organizer: str) -> list[AppPassword]:
        """Those not revoked first; the newest first."""

    def app_password_is_live(self, password_id: int) -> bool: ...
    def sign_in_failures(self, key: str, since: datetime) -> int: ...
    def api_token(self, digest: str) -> ApiToken | None:
        """The live token of this SHA-256 in hex."""

    def api_tokens(self, organizer: str) -> list[ApiToken]: ...
    def location(self, organizer: str, name: str) -> Location | None: ...
    def stock_item(self, location_id: int, sku: str) -> StockItem | None: ...
    def stock_items(self, organizer: str | None = None) -> list[tuple[Location, StockItem]]: ...
    def connections(self, organizer: str | None = None) -> list[Connection]: ...
    def heartbeats(self) -> dict[str, datetime]: ...
    def told(self, name: str) -> str:
        """What a process of this installation told the others; empty when none did."""

    def figures(self, now: datetime) -> dict[str, tuple[float, str]]:
        """Gauges for whoever watches: name to value and what it means."""


class UnitOfWork(OrderWork, Outbox, PeopleWork, PublishingWork, ShopWork, Protocol):
    """One transaction. Lock order: drops by id, then slots by id, then stock items by id."""

    @property
    def views(self) -> Views:
        """The same reads, inside this transaction."""

    def savepoint(self) -> AbstractContextManager[None]:
        """What fails inside leaves nothing behind, and the transaction lives on."""

    # What happened, and what must follow

    def unseen(self, source: str, message_ids: Sequence[str], now: datetime) -> set[str]:
        """Records the messages and returns those that were not there before."""

    def seen(self, source: str, message_id: str, now: datetime) -> bool:
        """Records the message; True when it was there already (then change nothing)."""

    def record(self, event: Event, *, actor: str, now: datetime, drop_id: int | None = None, slot_id: int | None = None) -> None:
        """One row of the journal; the drop of a slot need not be named."""

    def add_views(self, counted: Mapping[View, int]) -> None:
        """Adds to what was counted before, by whichever process."""

    def tell(self, name: str, value: str, now: datetime) -> None:
        """What other processes of this installation are to know; ``Views.told`` answers with the latest."""

    def beat(self, name: str, now: datetime) -> None: ...
    def prune(self, before: datetime) -> None: ...
    def prune_journal(self, before: datetime, most: int) -> int:
        """Forgets the oldest rows of the journal that are from ``before``, ``most`` of them; returns how many."""

    # Accounts

    def add_organizer(self, name: str, title: str, now: datetime) -> Organizer: ...
    def save_organizer(self, organizer: Organizer) -> None:
        """Stores its title and e-mail address."""

    def lock_organizers(self) -> None:
        """Nobody else adds an organizer until this transaction ends."""

    def add_app_password(self, organizer_id: int, label: str, role: Role, hash: str, now: datetime) -> AppPassword: ...
    def revoke_app_password(self, password_id: int, now: datetime) -> None: ...
    def touch_app_password(self, password_id: int, now: datetime) -> None: ...
    def add_sign_in_failure(self, key: str, now: datetime) -> None: ...
    def clear_sign_in_failures(self, key: str) -> None: ...
    def add_api_token(self, organizer_id: int, label: str, scopes: Iterable[str], digest: str, now: datetime) -> ApiToken: ...
    def revoke_api_token(self, token_id: int, now: datetime) -> None: ...
    def touch_api_token(self, token_id: int, now: datetime) -> None: ...
    def add_location(self, organizer_id: int, name: str) -> Location: ...
    def location(self, location_id: int) -> Location: ...
    def add_connection(self, connection: Connection) -> Connection: ...
    def save_connection(self, connection: Connection) -> None: ...
    def save_poll(self, connection: Connection) -> bool:
        """Puts down what a poll found out, and nothing that a person sets; False when the connection is gone by then."""

    def remove_connection(self, connection_id: int) -> None:
        """Forgets a till; what it counted stays."""

    def claim_connection(self, connection_id: int, due_at: datetime | None, next_due_at: datetime) -> bool:
        """Takes the poll for this clock by a conditional update; False when another has it."""

    # What organizers write

    def add_drop(self, drop: Drop, now: datetime) -> Drop: ...
    def save_drop(self, drop: Drop, now: datetime) -> None: ...
    def remove_drop(self, drop_id: int, now: datetime) -> None: ...
    def lock_drop(self, drop_id: int, *, skip_locked: bool = False) -> Drop | None:
        """The drop, held until the end of the transaction; None when gone or, if asked, held by another."""

    def next_revision(self, drop_id: int, now: datetime) -> int:
        """Raises the drop's revision; the same number again within one transaction. The drop must be locked."""

    def has_claims(self, drop_id: int) -> bool:
        """Whether customers hold places of the drop, whose slots are locked."""

    def forget_changes(self, drop_id: int, before: datetime) -> None:
        """Forgets removed members; older sync tokens are no longer answered."""

    def member(self, drop_id: int, name: str, uid: str = "") -> Member:
        """What the calendar holds under ``name``, and which other live member has ``uid``."""

    def resource_ids(self, drop_id: int) -> list[tuple[int, str]]: ...
    def recurring_resources(self, until: datetime, limit: int) -> list[tuple[int, int, str]]:
        """Recurring members whose occurrences are listed to less than ``until``: drop, id and name."""

    def source(self, drop_id: int, name: str) -> str | None:
        """The organizer's own text."""

    def save_resource(
        self,
        drop_id: int,
        name: str,
        draft: EventDraft,
        horizon: tuple[datetime, datetime],
        *,
        there: int | None,
        is_slot: bool,
        revision: int,
        now: datetime,
        edited: bool = True,
    ) -> int:
        """Stores the facts of a member, in the row ``there`` if it has one; ``edited`` raises the edit number."""

    def save_texts(self, resource_id: int, source: str, template: str | None, text: str) -> None:
        """Stores the organizer's words, their template, and what they are shown."""

    def extend_spans(self, drop_id: int, resource_id: int, draft: EventDraft, horizon: tuple[datetime, datetime]) -> None: ...
    def rename_resource(self, drop_id: int, name: str, new_name: str, revision: int, now: datetime) -> None:
        """Gives a member another name, that no live member has; the old one is remembered as removed."""

    def remove_resource(self, resource_id: int, revision: int, now: datetime) -> None: ...
    def removed_slots(self, resource_id: int) -> list[Slot]:
        """The slots that a resource no longer has, as they were; the latest removed last."""

    def slots_of(self, resource_id: int) -> list[Slot]:
        """The live slots of a resource, locked."""

    def save_slot(self, slot: Slot, location_id: int) -> Slot:
        """Adds or changes a slot and its offers; a SKU never seen becomes a stock item. Raises ``CapacityBelowClaimed``.

        It counts as published: whoever saves it publishes it in the same transaction. One that sells what it did not sell
        before may be looked at once more, by the clock.
        """

    def add_items(self, location_id: int, skus: Iterable[str]) -> None:
        """Makes stock items of SKUs never seen; whoever saves several slots does so first, in one order for all."""

    def remove_slot(self, slot_id: int, now: datetime) -> None:
        """As ``save_slot``, a removed slot counts as published."""

    # Stock

    def items_for(self, location: Location, skus: Iterable[str]) -> dict[str, StockItem]:
        """The stock items of these SKUs, locked; a SKU never seen becomes one."""

    def lock_items(self, item_ids: Iterable[int]) -> dict[int, StockItem]: ...
    def movements_after(self, item_id: int, moment: datetime) -> list[Movement]: ...
    def add_movements(self, movements: Iterable[tuple[int, Movement]], source: str) -> None: ...
    def save_items(self, items: Iterable[StockItem], connection_id: int | None) -> None:
        """Stores counts and sums, and has every slot that sells the items looked at again."""

    def touch_items(self, connection_id: int) -> None:
        """Has every slot that sells what the till counts looked at again."""

    def acknowledge_units(self, item_id: int, units: int) -> None:
        """Takes units off what orders are promised, the oldest first: the till knows of them now."""


class Pos(Protocol):
    """A till. Never asked for anything but its own stock."""

    def check(self) -> str:
        """What was reached, as a sentence. Raises ``TransientFault`` or ``PermanentFault`` with what to do."""

    def counts(self, cursor: str, now: datetime) -> Polled:
        """What the till knows since ``cursor`` (``""``: everything). Raises ``TransientFault``, ``PermanentFault``."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> list[Count]:
        """The counts of a webhook; verifies it first. Raises ``NotPermitted`` when it is not the till's."""

    def adjust(self, movement: Movement, key: str) -> None:
        """Writes a sale of ours back; the same key twice does it once. Raises ``TransientFault``, ``PermanentFault``."""
