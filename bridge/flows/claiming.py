"""How claims are taken and given back within a transaction: slots first, then offers, then stock items by id."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from bridge.core.claims import Claim, Line, swapped
from bridge.core.drops import Offer, Slot
from bridge.core.errors import SoldOut
from bridge.core.ports import UnitOfWork
from bridge.core.stock import StockItem

NOTHING = Claim()


def exchange(
    work: UnitOfWork, slot: Slot, before: Claim, after: Claim, now: datetime, stock: Mapping[int, StockItem] | None = None
) -> None:
    """Claims what ``after`` has beyond ``before`` and gives back what it has less; all or nothing. The slot is locked.

    ``stock`` are the items of both, when they are locked already. Raises ``SoldOut``; to who has something already it says
    how much more there is.
    """
    swap = swapped(before, after)
    if stock is None:
        stock = work.lock_items({line.stock_item_id for line in (*swap.more.lines, *swap.less.lines)})
    _take(work, slot, before, swap.more, _named(slot, stock), now)
    if swap.less.places or swap.less.lines:
        work.release(slot.id, swap.less.places, swap.less.lines)


def move(work: UnitOfWork, old: Slot, new: Slot, before: Claim, after: Claim, now: datetime) -> None:
    """Claims ``after`` on ``new`` and gives ``before`` back on ``old``; both are locked. Goods that stay the customer's are not let go.

    Raises ``SoldOut``.
    """
    had, wanted = before.by_item(), after.by_item()
    stock = _named(new, work.lock_items(had.keys() | wanted.keys()))
    if after.places:
        work.claim_places(new, after.places)
    offers = {offer.id: offer for offer in new.offers}
    for offer_id, units in sorted(after.by_offer().items()):
        work.claim_offer(offers[offer_id], units)
    for item_id in sorted(wanted):
        more = wanted[item_id][0] - had.get(item_id, (0, 0))[0]
        if more > 0:
            _claim_stock(work, stock[item_id], more, had.get(item_id, (0, 0))[0], now)
    work.release(old.id, before.places, [_let_go(offer_id, line, had, wanted) for offer_id, line in before.one_line_each().items()])


def _named(slot: Slot, stock: Mapping[int, StockItem]) -> dict[int, StockItem]:
    """The items by the names that customers read on the slot; their own are the till's."""
    names = {offer.stock_item_id: offer.name or offer.sku for offer in slot.offers}
    return {key: replace(item, name=names.get(key, item.name)) for key, item in stock.items()}


def _let_go(offer_id: int, line: Line, had: Mapping[int, tuple[int, int]], wanted: Mapping[int, tuple[int, int]]) -> Line:
    """All units of the old offer, of which just those that are not kept are promised no more."""
    units, known = had[line.stock_item_id]
    kept = wanted.get(line.stock_item_id, (0, 0))[0]
    fewer = max(0, units - kept)
    let_go = fewer - (known - min(known, kept))
    return Line(offer_id, line.stock_item_id, line.units, line.units - let_go)


def _take(work: UnitOfWork, slot: Slot, has: Claim, more: Claim, stock: Mapping[int, StockItem], now: datetime) -> None:
    if more.places:
        _claim_places(work, slot, more.places, has.places)
    offers, units = {offer.id: offer for offer in slot.offers}, has.by_offer()
    for line in more.lines:
        _claim_offer(work, offers[line.offer_id], line.units, units.get(line.offer_id, 0))
    items = has.by_item()
    for line in sorted(more.lines, key=lambda line: line.stock_item_id):
        _claim_stock(work, stock[line.stock_item_id], line.units, items.get(line.stock_item_id, (0, 0))[0], now)


def _claim_places(work: UnitOfWork, slot: Slot, more: int, has: int) -> None:
    with _told_beyond(has, slot.capacity - slot.claimed):
        work.claim_places(slot, more)


def _claim_offer(work: UnitOfWork, offer: Offer, more: int, has: int) -> None:
    with _told_beyond(has, (offer.allotment or 0) - offer.claimed, offer.name or offer.sku):
        work.claim_offer(offer, more)


def _claim_stock(work: UnitOfWork, item: StockItem, more: int, has: int, now: datetime) -> None:
    with _told_beyond(has, item.free(now) or 0, item.name):
        work.claim_stock(item, more, _reserve(item, now))


@contextmanager
def _told_beyond(has: int, left: int, name: str = "") -> Iterator[None]:
    """Who has something already is told how much more there is; the store only knows the difference that was asked for."""
    try:
        yield
    except SoldOut:
        if not has:
            raise
        if left > 0 and name:
            raise SoldOut("Beyond what you have, {n} more of {name} can be had.", n=left, name=name) from None
        if left > 0:
            raise SoldOut("Beyond what you have, {n} more places can be had.", n=left) from None
        if name:
            raise SoldOut("Beyond what you have, no more of {name} can be had.", name=name) from None
        raise SoldOut("Beyond what you have, no more places can be had.") from None


def _reserve(item: StockItem, now: datetime) -> int:
    return max(item.buffer, item.stale_buffer) if item.is_stale(now) else item.buffer
