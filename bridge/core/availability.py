"""The one sum: what can still be claimed on a slot now, per offer, and why not if not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from bridge.core.drops import Offer, PreorderWindow, Slot
from bridge.core.stock import StockItem

State = Literal["open", "soon", "sold_out", "closed", "cancelled"]
Reason = Literal["", "places", "allotment", "stock"]
Unclear = Literal["goods", "window"]


@dataclass(frozen=True, slots=True)
class OfferAvailability:
    """What is left of one offer.

    ``left`` is None when nothing limits it; ``as_of`` is set when the count is stale; ``oversold`` is how many units
    are promised that the till says are not there (for the organizer only).
    """

    sku: str
    name: str
    left: int | None
    reason: Reason
    add_on: bool = False
    price: int | None = None
    as_of: datetime | None = None
    oversold: int = 0


@dataclass(frozen=True, slots=True)
class Availability:
    """What customers may be promised on a slot.

    ``places_left`` of ``capacity`` places are free. ``left`` is how many places' worth can really be claimed: the
    smallest of places, allotments and stock, and ``reason`` which of them that was; ``goods`` when nobody can tell what
    the slot sells, ``window`` when nobody can tell when it can be ordered, and so nobody can until its organizer has said so.
    ``offered`` places are kept for those from the waiting list who have their turn (for the organizer only).
    """

    state: State
    places_left: int
    capacity: int
    left: int
    reason: Reason | Unclear = ""
    offers: tuple[OfferAvailability, ...] = ()
    offered: int = 0

    @property
    def as_of(self) -> datetime | None:
        """The oldest stale count shown, None when all are fresh."""
        return min((offer.as_of for offer in self.offers if offer.as_of is not None), default=None)


def availability(slot: Slot, stock: Mapping[int, StockItem], now: datetime) -> Availability:
    """What is left of ``slot``; ``stock`` maps the ids that its offers name."""
    places = max(0, slot.capacity - slot.claimed)
    offers = tuple(_offer(offer, stock.get(offer.stock_item_id or 0), places, now) for offer in slot.offers)
    left, reason = _claimable(slot, offers, places)
    seen = Availability(_state(slot, left, now), places, slot.capacity, left, reason, offers, slot.offered)
    return _unclear(seen, slot.unclear) if slot.unclear else seen


def changes_at(slot: Slot, stock: Mapping[int, StockItem], now: datetime) -> datetime | None:
    """The next moment at which time alone changes the availability, None if there is none."""
    moments = [slot.preorder.opens, slot.preorder.closes, slot.ends_at]
    moments += [item.stale_at for offer in slot.offers if (item := stock.get(offer.stock_item_id or 0))]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def as_time_passes(seen: Availability, preorder: PreorderWindow, ends_at: datetime, now: datetime) -> Availability:
    """``seen``, worked out some time ago, at ``now``: a preorder has opened or closed by itself, counts are as they were."""
    if seen.state in ("cancelled", "closed"):
        return seen
    if preorder.is_over(now) or now >= ends_at:
        return replace(seen, state="closed")
    if seen.state == "soon" and seen.reason not in get_args(Unclear) and preorder.opens is not None and not preorder.is_soon(now):
        return replace(seen, state="open" if seen.left > 0 else "sold_out")
    return seen


def nothing_of(seen: Availability) -> Availability:
    """``seen`` as customers are told of it: nothing is left of a date that was cancelled."""
    if seen.state != "cancelled":
        return seen
    return replace(seen, places_left=0, left=0, offers=tuple(replace(offer, left=0, as_of=None) for offer in seen.offers))


def within_reach(seen: OfferAvailability, offer: Offer, free: int, own: int, mine: int) -> int | None:
    """Units of an offer beyond ``mine`` for who has ``own`` places already, and may give up what else they have for it.

    ``free`` are the places that anybody can have. Where places are what is short, stock is not looked at.
    """
    if seen.reason != "places" or not own:
        return seen.left
    more = (free + own) // offer.places_per_unit - mine
    return max(0, more if offer.allotment is None else min(more, offer.allotment - offer.claimed))


def _unclear(seen: Availability, reason: Unclear) -> Availability:
    return replace(seen, state="soon" if seen.state in ("open", "sold_out") else seen.state, left=0, reason=reason)


def _offer(offer: Offer, item: StockItem | None, places: int, now: datetime) -> OfferAvailability:
    left: int | None = None
    reason: Reason = ""
    if offer.places_per_unit > 0:
        left, reason = places // offer.places_per_unit, "places"
    if offer.allotment is not None:
        allotted = max(0, offer.allotment - offer.claimed)
        if left is None or allotted < left:
            left, reason = allotted, "allotment"
    is_stale = item is not None and item.is_stale(now)
    counted = item.left(is_stale=is_stale) if item else None
    if counted is not None and (left is None or counted < left):
        left, reason = counted, "stock"
    stale = item.counted_at if item and is_stale else None
    oversold = item.oversold if item else 0
    return OfferAvailability(offer.sku, offer.name or offer.sku, left, reason, offer.add_on, offer.price, stale, oversold)


def _claimable(slot: Slot, offers: tuple[OfferAvailability, ...], places: int) -> tuple[int, Reason]:
    main = [(rule, seen) for rule, seen in zip(slot.offers, offers, strict=True) if not rule.add_on and rule.places_per_unit > 0]
    if not main:
        return places, "places"
    worth = sum((seen.left or 0) * rule.places_per_unit for rule, seen in main)
    if worth >= places:
        return places, "places"
    return worth, min((seen for _, seen in main), key=lambda seen: seen.left or 0).reason


def _state(slot: Slot, left: int, now: datetime) -> State:
    if slot.cancelled or slot.removed:
        return "cancelled"
    if slot.preorder.is_over(now) or now >= slot.ends_at:
        return "closed"
    if slot.preorder.is_soon(now):
        return "soon"
    return "open" if left > 0 else "sold_out"
