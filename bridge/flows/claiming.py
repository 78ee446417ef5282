"""How claims are taken and given back within a transaction: slots first, then offers, then stock items by id."""

from collections.abc import Mapping
from datetime import datetime

from bridge.core.claims import Claim, swapped
from bridge.core.drops import Slot
from bridge.core.ports import UnitOfWork
from bridge.core.stock import StockItem

NOTHING = Claim()


def exchange(work: UnitOfWork, slot: Slot, before: Claim, after: Claim, now: datetime) -> None:
    """Claims what ``after`` has beyond ``before`` and gives back what it has less; all or nothing. The slot is locked.

    Raises ``SoldOut``.
    """
    swap = swapped(before, after)
    stock = work.lock_items({line.stock_item_id for line in (*swap.more.lines, *swap.less.lines)})
    _take(work, slot, swap.more, stock, now)
    if swap.less.places or swap.less.lines:
        work.release(slot.id, swap.less.places, swap.less.lines)


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
