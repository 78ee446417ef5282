"""What became of a drop, in figures: views, holds, orders, and what was left of them. ``docs/reports.md`` defines each.

Money is an integer of minor units in the drop's currency. A share is a fraction of one; None where there is nothing to divide by.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

What = Literal["view", "hold", "order", "abandoned", "cancelled", "refund", "joined", "offered", "taken", "lapsed", "left"]


class Counted(NamedTuple):
    """``times`` something happened on a slot at a price; ``units`` and ``amount`` are sums over all of it."""

    slot_id: int
    price: int
    what: What
    times: int
    units: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Sold:
    """Units of one SKU that are sold or kept, of as many as there were for sale; ``of`` is None where that is not known."""

    sku: str
    name: str
    units: int
    of: int | None = None

    @property
    def share(self) -> float | None:
        """The sell-through of this product."""
        return share(self.units, self.of)


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """A slot as it is now. ``shown_at`` is when it was first there to be seen, ``sold_out_at`` when nothing was left for the first time.

    ``sold`` are what its offers have given away, of their allotments.
    """

    id: int
    public_id: str
    title: str
    starts_at: datetime
    timezone: str
    capacity: int
    claimed: int
    ended: bool
    opens: datetime | None = None
    shown_at: datetime | None = None
    sold_out_at: datetime | None = None
    sold: tuple[Sold, ...] = ()
    all_day: bool = False

    @property
    def sold_out_after(self) -> timedelta | None:
        """How long it could be ordered until nothing was left; None when that never was so."""
        begun = max((moment for moment in (self.opens, self.shown_at) if moment is not None), default=None)
        return None if begun is None or self.sold_out_at is None else max(timedelta(), self.sold_out_at - begun)


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over a slot, a price or a drop. ``value`` is what ``orders`` came to when they were confirmed."""

    views: int = 0
    holds: int = 0
    orders: int = 0
    units: int = 0
    value: int = 0
    abandoned: int = 0
    cancelled: int = 0
    cancelled_value: int = 0
    refunds: int = 0
    refunded: int = 0
    waiting_joined: int = 0
    waiting_offered: int = 0
    waiting_taken: int = 0
    waiting_lapsed: int = 0
    waiting_left: int = 0

    @property
    def conversion(self) -> float | None:
        """Orders per view."""
        return share(self.orders, self.views)

    @property
    def average(self) -> int | None:
        """What an order came to on average, to the nearest minor unit, halves up."""
        return (2 * self.value + self.orders) // (2 * self.orders) if self.orders else None

    @property
    def abandonment(self) -> float | None:
        """The share of those who began to order and did not come to the end of it."""
        return share(self.abandoned, self.abandoned + self.orders)


_NAMES: dict[What, tuple[str, str, str]] = {
    "view": ("views", "", ""),
    "hold": ("holds", "", ""),
    "order": ("orders", "units", "value"),
    "abandoned": ("abandoned", "", ""),
    "cancelled": ("cancelled", "", "cancelled_value"),
    "refund": ("refunds", "", "refunded"),
    "joined": ("waiting_joined", "", ""),
    "offered": ("waiting_offered", "", ""),
    "taken": ("waiting_taken", "", ""),
    "lapsed": ("waiting_lapsed", "", ""),
    "left": ("waiting_left", "", ""),
}
"""Which figures something is counted in: how often, its units, its amount."""


@dataclass(frozen=True, slots=True)
class AtPrice:
    """What happened on a slot at one price: views, holds, orders with their units and value, and what was abandoned."""

    price: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class SlotReport:
    """What became of one slot. ``prices`` are its parts that have a price, the lowest first."""

    slot: SlotFacts
    figures: Figures
    prices: tuple[AtPrice, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a drop. ``capacity`` and ``claimed`` are of the slots that were not called off; ``slots`` come by start."""

    slots: tuple[SlotReport, ...]
    total: Figures
    products: tuple[Sold, ...]
    capacity: int
    claimed: int
    sold_out_after: timedelta | None

    @property
    def sell_through(self) -> float | None:
        """The share of all places that are taken."""
        return share(self.claimed, self.capacity)


def share(part: int, whole: int | None) -> float | None:
    """``part`` of ``whole``; None when there is no whole."""
    return part / whole if whole else None


def figures(counted: Iterable[Counted]) -> Figures:
    """The sums of what was counted."""
    sums = {field.name: 0 for field in fields(Figures)}
    for one in counted:
        for name, number in zip(_NAMES[one.what], (one.times, one.units, one.amount), strict=True):
            if name:
                sums[name] += number
    return Figures(**sums)


PRICED: frozenset[What] = frozenset({"view", "hold", "order", "abandoned"})


def report(slots: Sequence[SlotFacts], counted: Iterable[Counted], products: Sequence[Sold]) -> Report:
    """The figures of a drop, of its slots and of their prices, from what was counted of each slot."""
    of_slot: dict[int, list[Counted]] = {slot.id: [] for slot in slots}
    for one in counted:
        of_slot[one.slot_id].append(one)
    standing = [slot for slot in slots if not slot.ended]
    return Report(
        slots=tuple(_of_slot(slot, of_slot[slot.id]) for slot in sorted(slots, key=lambda slot: (slot.starts_at, slot.id))),
        total=figures(one for found in of_slot.values() for one in found),
        products=tuple(products),
        capacity=sum(slot.capacity for slot in standing),
        claimed=sum(slot.claimed for slot in standing),
        sold_out_after=_all_sold_out(standing),
    )


def _of_slot(slot: SlotFacts, counted: Sequence[Counted]) -> SlotReport:
    priced = [one for one in counted if one.what in PRICED]
    prices = sorted({one.price for one in priced})
    return SlotReport(slot, figures(counted), tuple(AtPrice(p, figures(one for one in priced if one.price == p)) for p in prices))


def _all_sold_out(slots: Sequence[SlotFacts]) -> timedelta | None:
    """From when the first slot could be ordered until the last one had nothing left; None unless each was sold out once."""
    begun = [max(moment for moment in (slot.opens, slot.shown_at) if moment is not None) for slot in slots if slot.shown_at]
    ended = [slot.sold_out_at for slot in slots if slot.sold_out_at is not None]
    if not slots or len(begun) < len(slots) or len(ended) < len(slots):
        return None
    return max(timedelta(), max(ended) - min(begun))
