"""The ledger's arithmetic: dated counts, the movements since, and what is promised.

A count is absolute but dated: movements later than its time are laid over it, so that counts and movements give the
same result in whatever order and however often they arrive. Quantities are whole units.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.errors import InvalidInput

MAX_QUANTITY = 1_000_000_000
_UNSEEN = r"\u0000-\u001f\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff0-\uffff"
SKU_PATTERN = f"^[^ {_UNSEEN}]([^{_UNSEEN}]{{0,62}}[^ {_UNSEEN}])?$"
"""1 to 64 signs that can be seen, and blanks between them; read alike by JSON Schema and Python."""
_SKU = re.compile(SKU_PATTERN.replace("[^", r"[^\ud800-\udfff"))
CLOCK_TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Count:
    """How many units a till says are there, and when it looked. Negative is a fact (the till oversold), not an error.

    ``message_id`` names the message at its source; the same one twice changes nothing. ``name`` is what the till
    calls the product, if it says so.
    """

    sku: str
    quantity: int
    counted_at: datetime
    message_id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """Units that came (positive) or went (negative) at the till."""

    sku: str
    quantity: int
    happened_at: datetime
    message_id: str


@dataclass(frozen=True, slots=True)
class StockItem:
    """A SKU at a location.

    ``count`` is None until somebody counted: such an item is not tracked and limits nothing. ``moved`` is the sum of
    the movements later than ``counted_at``; ``promised`` what our own customers hold and the till does not know yet.
    A till that answered at ``confirmed_at`` without naming the SKU has confirmed its count; ``stale_buffer`` replaces
    ``buffer`` once count and confirmation are older than ``stale_after``. ``notice`` is what is wrong with the till;
    ``never_counted`` that other goods at its location are counted and this one never was: its name may be mistyped.
    """

    sku: str
    name: str = ""
    count: int | None = None
    counted_at: datetime | None = None
    moved: int = 0
    promised: int = 0
    buffer: int = 0
    stale_buffer: int = 0
    stale_after: timedelta | None = None
    confirmed_at: datetime | None = None
    id: int = 0
    location_id: int = 0
    version: int = 0
    notice: str = ""
    never_counted: bool = False

    @property
    def stale_at(self) -> datetime | None:
        """When the count becomes too old to be shown without its time; None if never."""
        if self.counted_at is None or self.stale_after is None:
            return None
        return max(self.counted_at, self.confirmed_at or self.counted_at) + self.stale_after

    def is_stale(self, now: datetime) -> bool:
        """Whether the count is older than the connection's limit."""
        stale_at = self.stale_at
        return stale_at is not None and now >= stale_at

    def free(self, now: datetime) -> int | None:
        """Units that may still be claimed, never below 0; None when the item is not tracked."""
        return self.left(is_stale=self.is_stale(now))

    def left(self, *, is_stale: bool) -> int | None:
        """The same where it is known whether the count is stale."""
        if self.count is None:
            return None
        return max(0, self.count + self.moved - self.promised - self._reserve(is_stale=is_stale))

    def reserve(self, now: datetime) -> int:
        """Units kept back from customers: more of them while the count is stale."""
        return self._reserve(is_stale=self.is_stale(now))

    def _reserve(self, *, is_stale: bool) -> int:
        return max(self.buffer, self.stale_buffer) if is_stale else self.buffer

    @property
    def oversold(self) -> int:
        """Units promised that the till says are not there."""
        if self.count is None:
            return 0
        return max(0, self.promised - max(0, self.count + self.moved))


def supersedes(count: Count, item: StockItem) -> bool:
    """Whether the count is later than the item's own; of two at the same moment the smaller holds."""
    if item.counted_at is None or item.count is None:
        return True
    if count.counted_at != item.counted_at:
        return count.counted_at > item.counted_at
    return count.quantity < item.count


def counted(item: StockItem, count: Count, movements: Iterable[Movement]) -> StockItem:
    """The item after the count, with those of its ``movements`` laid over that are later."""
    if not supersedes(count, item):
        return item
    later = sum(m.quantity for m in movements if m.happened_at > count.counted_at)
    return replace(item, count=count.quantity, counted_at=count.counted_at, moved=later)


def moved(item: StockItem, movement: Movement) -> StockItem:
    """The item after the movement; one that the count has already seen changes nothing."""
    if item.counted_at is not None and movement.happened_at <= item.counted_at:
        return item
    return replace(item, moved=item.moved + movement.quantity)


def checked_sku(sku: str) -> str:
    """``sku`` if it can be one, else ``InvalidInput``."""
    if _SKU.fullmatch(sku) is None:
        raise InvalidInput(f"A SKU has 1 to 64 visible characters, and no blanks around it: {sku[:80]!r} will not do.")
    return sku


def checked_quantity(quantity: int) -> int:
    """``quantity`` if it can be one, else ``InvalidInput``."""
    if abs(quantity) > MAX_QUANTITY:
        raise InvalidInput(f"{quantity} is not a believable quantity: at most {MAX_QUANTITY} in either direction.")
    return quantity


def settled(told: datetime, now: datetime, sent_at: datetime | None = None) -> datetime:
    """The moment a till's time stands for on our clock.

    ``sent_at`` is the till's own clock as the message left: when it differs from ``now`` by more than a minute, the
    difference is taken off. A time still ahead of ours means now: a count from the future would hide every sale until then.
    """
    if sent_at is not None and abs(now - sent_at) > CLOCK_TOLERANCE:
        told += now - sent_at
    return min(told, now)
