"""How claims are taken and given back within a transaction: slots first, then offers, then stock items by id."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bridge.core.claims import Claim, Line, Wanted, all_wanted, left_of, name_of, sold_out, swapped, wanted_of
from bridge.core.drops import Slot
from bridge.core.errors import SoldOut
from bridge.core.ports import UnitOfWork
from bridge.core.stock import StockItem

NOTHING = Claim()


def exchange(work: UnitOfWork, slot: Slot, before: Claim, after: Claim, now: datetime) -> None:
    """Claims what ``after`` has beyond ``before`` and gives back what it has less; all or nothing. The slot is locked.

    Raises ``SoldOut``; to who has something already it says how much more there is.
    """
    swap = swapped(before, after)
    stock = named(slot, work.lock_items({line.stock_item_id for line in (*swap.more.lines, *swap.less.lines)}))
    _claim(work, slot, before, wanted_of(slot, swap.more, stock, now), stock, now)
    if swap.less.places or swap.less.lines:
        work.release(slot.id, swap.less.places, swap.less.lines)


def claim_all(work: UnitOfWork, claims: Sequence[tuple[Slot, Claim]], stock: Mapping[int, StockItem], now: datetime) -> None:
    """Claims all of these on their slots, which are locked as are the items of ``stock``; all or nothing. Raises ``SoldOut``."""
    short = work.claim(all_wanted(claims, stock, now)) if claims else None
    if short is not None:
        wants = (slot for slot, claim in claims for one in wanted_of(slot, claim, stock, now) if one[:2] == short[:2])
        slot = next(wants)
        raise sold_out(short, slot, named(slot, stock))


def move(work: UnitOfWork, old: Slot, new: Slot, before: Claim, after: Claim, now: datetime) -> None:
    """Claims ``after`` on ``new`` and gives ``before`` back on ``old``; both are locked. Goods that stay the customer's are not let go.

    Raises ``SoldOut``.
    """
    had, wanted = before.by_item(), after.by_item()
    stock = named(new, work.lock_items(had.keys() | wanted.keys()))
    _claim(work, new, Claim(), _beyond(wanted_of(new, after, stock, now), had), stock, now)
    work.release(old.id, before.places, [_let_go(offer_id, line, had, wanted) for offer_id, line in before.one_line_each().items()])


def _beyond(wanted: Iterable[Wanted], had: Mapping[int, tuple[int, int]]) -> list[Wanted]:
    """What is wanted, of stock only what goes beyond what the customer had of it on another slot."""
    less = ((one, had.get(one.id, (0, 0))[0] if one.kind == "stock" else 0) for one in wanted)
    return [one._replace(units=one.units - own) for one, own in less if one.units > own]


def named(slot: Slot, stock: Mapping[int, StockItem]) -> dict[int, StockItem]:
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


def _claim(
    work: UnitOfWork, slot: Slot, has: Claim, wanted: Sequence[Wanted], stock: Mapping[int, StockItem], now: datetime
) -> None:
    short = work.claim(wanted) if wanted else None
    if short is not None:
        raise _beyond_what_they_have(short, slot, has, stock, now) or sold_out(short, slot, stock)


def _beyond_what_they_have(short: Wanted, slot: Slot, has: Claim, stock: Mapping[int, StockItem], now: datetime) -> SoldOut | None:
    """Who has something already is told how much more there is."""
    name = stock[short.id].name if short.kind == "stock" else "" if short.kind == "places" else name_of(slot, short.id)
    own = {"places": has.places, "offer": has.by_offer().get(short.id, 0), "stock": has.by_item().get(short.id, (0, 0))[0]}
    if not own[short.kind]:
        return None
    left = left_of(short, slot, stock, now) or 0
    if left > 0 and name:
        return SoldOut("Beyond what you have, {n} more of {name} can be had.", n=left, name=name)
    if left > 0:
        return SoldOut("Beyond what you have, {n} more places can be had.", n=left)
    if name:
        return SoldOut("Beyond what you have, no more of {name} can be had.", name=name)
    return SoldOut("Beyond what you have, no more places can be had.")
