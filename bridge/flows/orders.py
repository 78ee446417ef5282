"""Claims on a slot: a hold taken, kept as an order, given back. What a checkout asks of it comes with the checkout."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from bridge.core import events
from bridge.core.availability import availability
from bridge.core.drops import Offer, Slot
from bridge.core.errors import HoldExpired, InvalidInput, LimitReached, NotFound, SoldOut, WindowClosed
from bridge.core.ports import Held, Line, UnitOfWork
from bridge.core.stock import StockItem

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
BATCH = 100


def take_hold(work: UnitOfWork, public_id: str, units: Mapping[str, int], *, places: int = 0, lasts: timedelta, now: datetime) -> Held:
    """Claims ``units`` by SKU, and the places they take plus ``places`` without goods, until ``now + lasts``.

    All or nothing. Raises ``NotFound``, ``InvalidInput``, ``WindowClosed``, ``LimitReached``, ``SoldOut``.
    """
    slot = work.slot_for_claim(public_id)
    if slot is None:
        raise NotFound("There is no such slot.")
    lines = _lines(slot, units)
    needed = places + sum(offer.places_per_unit * count for offer, count in lines)
    _check_limit(slot, lines, places)
    stock = work.lock_items(offer.stock_item_id for offer, _ in lines if offer.stock_item_id)
    _check_window(slot, stock, now)
    work.claim_places(slot, needed)
    for offer, count in lines:
        work.claim_offer(offer, count)
    for offer, count in sorted(lines, key=lambda line: line[0].stock_item_id or 0):
        item = stock[offer.stock_item_id or 0]
        work.claim_stock(item, count, _reserve(item, now))
    held = [Line(offer.id, offer.stock_item_id or 0, count) for offer, count in lines]
    hold = work.add_hold(slot, needed, held, now + lasts, now)
    taken = events.HoldTaken(needed, sum(units.values()))
    work.record(taken, actor="customer", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    return hold


def release_hold(work: UnitOfWork, secret: str, *, now: datetime) -> None:
    """Gives a hold's places and goods back; one that is gone already changes nothing."""
    hold = work.hold(secret)
    if hold is not None:
        _release(work, hold, now, expired=False)


def expire_holds(open_work: WorkFactory, now: datetime) -> int:
    """Gives back what expired holds claimed; each exactly once, however many clocks run. Returns how many."""
    with open_work() as work:
        found = work.expired_holds(now, BATCH)
    for hold in found:
        with open_work() as work:
            _release(work, hold, now, expired=True)
    return len(found)


def place_order(work: UnitOfWork, secret: str, *, now: datetime) -> str:
    """Turns a hold into an order, which keeps its claims. Returns the order's secret. Raises ``HoldExpired``."""
    hold = work.hold(secret)
    if hold is None or hold.expires_at <= now:
        raise HoldExpired("The time to order ran out; please start again.")
    if not work.take_away_hold(hold):
        raise HoldExpired("The time to order ran out; please start again.")
    order = work.add_order(hold, "placed", now)
    work.record(events.OrderPlaced(hold.places, sum(line.units for line in hold.lines)), actor="customer", now=now, slot_id=hold.slot_id)
    return order


def cancel(work: UnitOfWork, secret: str, *, now: datetime, actor: str = "customer") -> None:
    """Cancels an order and gives its claims back; once. Raises ``NotFound``."""
    found = work.cancel_order(secret)
    if found is None:
        raise NotFound("There is no order to cancel.")
    slot_id, places, lines = found
    work.release(slot_id, places, lines)
    work.record(events.OrderCancelled(places, sum(line.units for line in lines)), actor=actor, now=now, slot_id=slot_id)


def _release(work: UnitOfWork, hold: Held, now: datetime, *, expired: bool) -> None:
    if work.take_away_hold(hold):
        work.release(hold.slot_id, hold.places, hold.lines)
        released = events.HoldReleased(hold.places, sum(line.units for line in hold.lines), expired)
        work.record(released, actor="clock" if expired else "customer", now=now, slot_id=hold.slot_id)


def _lines(slot: Slot, units: Mapping[str, int]) -> list[tuple[Offer, int]]:
    offers = {offer.sku: offer for offer in slot.offers}
    for sku, count in units.items():
        if sku not in offers:
            raise InvalidInput(f"{sku} is not sold on this slot.")
        if count < 1:
            raise InvalidInput(f"{count} of {sku} cannot be ordered.")
    return [(offers[sku], count) for sku, count in units.items()]


def _check_limit(slot: Slot, lines: list[tuple[Offer, int]], places: int) -> None:
    wanted = places + sum(count for offer, count in lines if not offer.add_on)
    if wanted < 1:
        raise InvalidInput("Nothing was chosen.")
    if slot.limit is not None and wanted > slot.limit:
        raise LimitReached(f"At most {slot.limit} per customer.")


def _check_window(slot: Slot, stock: Mapping[int, StockItem], now: datetime) -> None:
    state = availability(slot, stock, now).state
    if state == "soon":
        raise WindowClosed("Ordering has not opened yet.")
    if state == "closed":
        raise WindowClosed("Ordering is over.")
    if state == "cancelled":
        raise WindowClosed("This slot was cancelled.")
    if state == "sold_out":
        raise SoldOut("This slot is sold out.")


def _reserve(item: StockItem, now: datetime) -> int:
    return max(item.buffer, item.stale_buffer) if item.is_stale(now) else item.buffer
