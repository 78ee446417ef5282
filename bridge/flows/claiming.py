"""How claims are taken and given back within a transaction: slots first, then offers, then stock items by id."""

from collections.abc import Mapping
from datetime import datetime

from bridge.core.claims import Claim, Line, swapped
from bridge.core.drops import Slot
from bridge.core.ports import UnitOfWork
from bridge.core.stock import StockItem

NOTHING = Claim()


def exchange(
    work: UnitOfWork, slot: Slot, before: Claim, after: Claim, now: datetime, stock: Mapping[int, StockItem] | None = None
) -> None:
    """Claims what ``after`` has beyond ``before`` and gives back what it has less; all or nothing. The slot is locked.

    ``stock`` are the items of both, when they are locked already. Raises ``SoldOut``.
    """
    swap = swapped(before, after)
    if stock is None:
        stock = work.lock_items({line.stock_item_id for line in (*swap.more.lines, *swap.less.lines)})
    _take(work, slot, swap.more, stock, now)
    if swap.less.places or swap.less.lines:
        work.release(slot.id, swap.less.places, swap.less.lines)


def move(work: UnitOfWork, old: Slot, new: Slot, before: Claim, after: Claim, now: datetime) -> None:
    """Claims ``after`` on ``new`` and gives ``before`` back on ``old``; both are locked. Goods that stay the customer's are not let go.

    Raises ``SoldOut``.
    """
    had, wanted = before.by_item(), after.by_item()
    stock = work.lock_items(had.keys() | wanted.keys())
    if after.places:
        work.claim_places(new, after.places)
    offers = {offer.id: offer for offer in new.offers}
    for offer_id, units in sorted(after.by_offer().items()):
        work.claim_offer(offers[offer_id], units)
    for item_id in sorted(wanted):
        more = wanted[item_id][0] - had.get(item_id, (0, 0))[0]
        if more > 0:
            work.claim_stock(stock[item_id], more, _reserve(stock[item_id], now))
    work.release(old.id, before.places, [_let_go(offer_id, line, had, wanted) for offer_id, line in before.one_line_each().items()])


def _let_go(offer_id: int, line: Line, had: Mapping[int, tuple[int, int]], wanted: Mapping[int, tuple[int, int]]) -> Line:
    """All units of the old offer, of which just those that are not kept are promised no more."""
    units, known = had[line.stock_item_id]
    kept = wanted.get(line.stock_item_id, (0, 0))[0]
    fewer = max(0, units - kept)
    let_go = fewer - (known - min(known, kept))
    return Line(offer_id, line.stock_item_id, line.units, line.units - let_go)


def _take(work: UnitOfWork, slot: Slot, more: Claim, stock: Mapping[int, StockItem], now: datetime) -> None:
    if more.places:
        work.claim_places(slot, more.places)
    offers = {offer.id: offer for offer in slot.offers}
    for line in more.lines:
        work.claim_offer(offers[line.offer_id], line.units)
    for line in sorted(more.lines, key=lambda line: line.stock_item_id):
        item = stock[line.stock_item_id]
        work.claim_stock(item, line.units, _reserve(item, now))


def _reserve(item: StockItem, now: datetime) -> int:
    return max(item.buffer, item.stale_buffer) if item.is_stale(now) else item.buffer
