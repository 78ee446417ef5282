"""What happened, in the past tense: each becomes one row of the journal, written with the change itself.

No personal data: who acted is an organizer's name, ``till:<connection>``, ``customer``, ``house`` or ``clock``. What concerns a slot
is written with its id, and with it its drop's. ``price`` is what one unit of what was chosen costs: of several goods the least,
add-ons left out; 0 where only places were chosen. Amounts are in minor units of the drop's currency.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """The root; ``kind`` is stable."""

    kind: ClassVar[str] = ""

    def data(self) -> dict[str, Any]:
        """The event's own fields, for the journal."""
        return asdict(self) if fields(self) else {}


@dataclass(frozen=True, slots=True)
class DropCreated(Event):
    kind: ClassVar[str] = "drop.created"
    slug: str


@dataclass(frozen=True, slots=True)
class DropDescribed(Event):
    kind: ClassVar[str] = "drop.described"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropRemoved(Event):
    kind: ClassVar[str] = "drop.removed"
    slug: str


@dataclass(frozen=True, slots=True)
class SlotAdded(Event):
    kind: ClassVar[str] = "slot.added"
    starts_at: str
    capacity: int


@dataclass(frozen=True, slots=True)
class SlotEdited(Event):
    kind: ClassVar[str] = "slot.edited"
    changed: tuple[str, ...]
    starts_before: str
    starts_at: str
    capacity_before: int
    capacity: int


@dataclass(frozen=True, slots=True)
class SlotRemoved(Event):
    kind: ClassVar[str] = "slot.removed"


@dataclass(frozen=True, slots=True)
class StockCounted(Event):
    kind: ClassVar[str] = "stock.counted"
    sku: str
    quantity: int
    counted_at: str
    free_before: int | None
    free: int | None
    oversold: int


@dataclass(frozen=True, slots=True)
class StockMoved(Event):
    kind: ClassVar[str] = "stock.moved"
    sku: str
    quantity: int
    happened_at: str
    oversold: int


@dataclass(frozen=True, slots=True)
class SlotSoldOut(Event):
    """It is shown that nothing is left, and before something was."""

    kind: ClassVar[str] = "slot.sold_out"


@dataclass(frozen=True, slots=True)
class HoldTaken(Event):
    """A customer began to order. What is kept for someone on a waiting list is ``WaitingOffered`` alone."""

    kind: ClassVar[str] = "hold.taken"
    places: int
    units: int
    amount: int = 0
    price: int = 0


@dataclass(frozen=True, slots=True)
class HoldReleased(Event):
    """A hold that was taken came to no order: it expired, was given back, or the organizer ended it."""

    kind: ClassVar[str] = "hold.released"
    places: int
    units: int
    expired: bool
    amount: int = 0
    price: int = 0


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """An order that is confirmed, or that waits for its payment (``pending``)."""

    kind: ClassVar[str] = "order.placed"
    places: int
    units: int
    amount: int = 0
    method: str = ""
    pending: bool = False
    price: int = 0


@dataclass(frozen=True, slots=True)
class OrderPaid(Event):
    """``late``: the money came when the places had been given back, and there still were some."""

    kind: ClassVar[str] = "order.paid"
    places: int
    units: int
    amount: int
    late: bool = False
    price: int = 0


@dataclass(frozen=True, slots=True)
class OrderLapsed(Event):
    """No payment came in time; what the order held was given back."""

    kind: ClassVar[str] = "order.lapsed"
    places: int
    units: int
    amount: int
    price: int = 0


@dataclass(frozen=True, slots=True)
class OrderChanged(Event):
    """``moved``: to the slot that this is written with, from another of the drop."""

    kind: ClassVar[str] = "order.changed"
    places_before: int
    places: int
    units_before: int
    units: int
    amount_before: int
    amount: int
    moved: bool


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    kind: ClassVar[str] = "order.cancelled"
    places: int
    units: int
    amount: int = 0


@dataclass(frozen=True, slots=True)
class RefundRequested(Event):
    kind: ClassVar[str] = "refund.requested"
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class RefundSettled(Event):
    kind: ClassVar[str] = "refund.settled"
    amount: int
    done: bool


@dataclass(frozen=True, slots=True)
class WaitingJoined(Event):
    kind: ClassVar[str] = "waiting.joined"
    places: int
    units: int


@dataclass(frozen=True, slots=True)
class WaitingOffered(Event):
    kind: ClassVar[str] = "waiting.offered"
    places: int
    units: int


@dataclass(frozen=True, slots=True)
class WaitingEnded(Event):
    """``outcome``: taken, lapsed or left."""

    kind: ClassVar[str] = "waiting.ended"
    outcome: str


@dataclass(frozen=True, slots=True)
class StockAcknowledged(Event):
    kind: ClassVar[str] = "stock.acknowledged"
    sku: str
    quantity: int
