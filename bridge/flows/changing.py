"""An order changed by its customer: another quantity, or another slot of its drop; whole, in one transaction."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bridge.core import events
from bridge.core.claims import Claim, Line, asked_for, check_open, goes_beyond
from bridge.core.drops import Offer, Slot
from bridge.core.errors import NotFound, NotPossible
from bridge.core.orders import STANDING, Money, Order, OrderLine, email_key, order_totals
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import OrderSeen
from bridge.core.pricing import tiers
from bridge.core.stock import StockItem
from bridge.core.terms import AT_PICKUP, Terms
from bridge.flows.claiming import exchange, move
from bridge.flows.orders import check_customer, check_in_time, claim_of, order_lines, order_to_change, units_of, write_back
from bridge.flows.refunding import refund_all_but
from bridge.flows.tell import tell
from bridge.flows.waiting import had_their_turn
from bridge.letters import Before


def change_order(work: UnitOfWork, secret: str, units: Mapping[str, int], *, places: int = 0, to: str = "", now: datetime) -> Order:
    """Changes what is ordered, and moves it to the slot ``to`` if named: the old is given back only when the new is had.

    What was ordered keeps its price; what is added costs what it costs now. Less than was paid is refunded; more is
    paid at pickup where the drop takes that. More, or another slot, is had only once those who wait for it had their turn.
    Raises ``NotFound``, ``TooLate``, ``NotPossible``, ``InvalidInput``, ``WindowClosed``, ``LimitReached``, ``SoldOut``;
    then nothing has changed.
    """
    target_id = _target(work, to)
    found = work.order_at(secret)
    if found is None:
        raise NotFound("There is no such order.")
    seen = work.views.order(secret)
    if seen is None:
        raise NotFound("There is no such order.")
    work.lock_customer(seen.drop.organizer_id, email_key(seen.order.email), now)
    order, slots = order_to_change(work, secret, *([target_id] if target_id else []))
    old, new = slots[order.slot_id], slots[target_id or order.slot_id]
    terms = work.views.terms(old.drop_id)
    _check_change(order, seen.money, old, new, terms, now)
    claim, lines = _changed_claim(order, old, new, terms, units, places, now)
    if new.waiting and (old.id != new.id or goes_beyond(claim_of(order), claim)):
        new = had_their_turn(work, new, claim_of(order), now)
        claim, lines = _changed_claim(order, old, new, terms, units, places, now)
    after = _changed_order(order, new, claim, lines, now)
    if (after.slot_id, after.places, units_of(after.lines)) == (order.slot_id, order.places, units_of(order.lines)):
        return order
    check_customer(work, new, terms, lines, places, email_key(order.email), besides=order.id)
    _check_payable(work, order, after, terms)
    _exchange_slots(work, order, old, new, claim, now)
    if not work.save_order(after, order.state):
        raise NotPossible("This order was changed at the same moment; look again.")
    write_back(work, after, claim_of(order), claim, now)
    refunded = refund_all_but(work, after, after.total, "changed", now)
    changed = events.OrderChanged(order.places, after.places, order.units, after.units, order.total, after.total, old.id != new.id)
    work.record(changed, actor="customer", now=now, drop_id=new.drop_id, slot_id=new.id)
    tell(work, after.id, "changed", now, mark=after.sequence, before=Before.of(old), amount=refunded, reason="changed")
    return after


def can_move(order: Order, slot: Slot, stock: Mapping[int, StockItem], now: datetime) -> bool:
    """Whether ``slot`` has room for the order by now: places unless it takes none, allotments, and stock for what is not theirs already."""
    offers, units, had = {offer.sku: offer for offer in slot.offers}, units_of(order.lines), claim_of(order).by_item()
    if not units.keys() <= offers.keys():
        return False
    wanted: dict[int, int] = {}
    for sku, count in units.items():
        item = offers[sku].stock_item_id or 0
        wanted[item] = wanted.get(item, 0) + count
    bare = max(0, order.places - sum(line.units * line.places_per_unit for line in order.lines))
    places = bare + sum(offers[sku].places_per_unit * count for sku, count in units.items()) if order.places else 0
    return (
        places <= slot.capacity - slot.claimed
        and all(offers[sku].has(count) for sku, count in units.items())
        and all(_in_stock(stock.get(item), count - had.get(item, (0, 0))[0], now) for item, count in wanted.items())
    )


def _in_stock(item: StockItem | None, more: int, now: datetime) -> bool:
    free = item.free(now) if item else None
    return more <= 0 or free is None or more <= free


def _target(work: UnitOfWork, to: str) -> int | None:
    if not to:
        return None
    slot = work.slot_id(to)
    if slot is None:
        raise NotFound("There is no such slot.")
    return slot


def check_may_change(order: Order, money: Money, slot: Slot, terms: Terms, now: datetime) -> None:
    """Whether its customer may change or move the order, which is on ``slot``. Raises ``NotPossible``, ``TooLate``."""
    if order.state == "pending" and money.is_clearing:
        raise NotPossible("Your payment is on its way, which takes a bank some days. We write to you as soon as it is here.")
    if order.state == "pending":
        raise NotPossible("This order waits for its payment: pay it first, or cancel it and order anew.")
    if order.state not in STANDING:
        raise NotPossible("This order can no longer be changed.")
    check_in_time(order, slot, terms, now)


def _check_change(order: Order, money: Money, old: Slot, new: Slot, terms: Terms, now: datetime) -> None:
    check_may_change(order, money, old, terms, now)
    if old.drop_id != new.drop_id:
        raise NotPossible("An order stays within its drop; order there anew instead.")
    if old.id != new.id:
        check_open(new, now)


def _changed_claim(
    order: Order, old: Slot, new: Slot, terms: Terms, units: Mapping[str, int], places: int, now: datetime
) -> tuple[Claim, tuple[OrderLine, ...]]:
    same = old.id == new.id
    asked = asked_for(new, terms, units, places, now, takes_places=order.places > 0, own=claim_of(order) if same else None)
    lines = [line for sku, count in units.items() for line in _kept(order, new, terms, sku, count, now)]
    claim = [Line(line.offer_id or 0, line.stock_item_id, line.units, line.acknowledged, line.price) for line in lines]
    return Claim(asked.places, tuple(claim)), tuple(lines)


def _kept(order: Order, slot: Slot, terms: Terms, sku: str, count: int, now: datetime) -> list[OrderLine]:
    """The lines of one SKU for ``count`` units: those that were ordered at their prices, cheapest first, the rest at today's."""
    offer = next(offer for offer in slot.offers if offer.sku == sku)
    mine = sorted((_at(offer, line) for line in order.lines if line.sku == sku), key=lambda line: line.price)
    known, left, lines = sum(line.acknowledged for line in mine), count, []
    for line in mine:
        if left:
            lines.append(replace(line, units=min(left, line.units)))
            left -= lines[-1].units
    if left:
        fresh = tuple(
            Line(offer.id, offer.stock_item_id or 0, tier.units, 0, tier.price) for tier in tiers(offer, terms.product(sku), left, now)
        )
        lines += order_lines(slot, Claim(0, fresh), terms)
    spread: list[OrderLine] = []
    for line in _joined(lines):
        spread.append(replace(line, acknowledged=min(known, line.units)))
        known -= spread[-1].acknowledged
    return spread


def _at(offer: Offer, line: OrderLine) -> OrderLine:
    """What was ordered, as the slot of ``offer`` sells it; its price stays."""
    return replace(line, offer_id=offer.id, stock_item_id=offer.stock_item_id or 0, places_per_unit=offer.places_per_unit)


def _joined(lines: list[OrderLine]) -> list[OrderLine]:
    """Those at one price and one tax rate as one line."""
    found: dict[tuple[int, int], OrderLine] = {}
    for line in lines:
        known = found.get((line.price, line.tax_rate))
        found[line.price, line.tax_rate] = replace(line, units=line.units + known.units) if known else line
    return list(found.values())


def _changed_order(order: Order, new: Slot, claim: Claim, lines: tuple[OrderLine, ...], now: datetime) -> Order:
    total = order_totals(lines, order.shipping_fee, order.shipping_tax_rate, included=order.tax_included).gross
    return replace(
        order, slot_id=new.id, places=claim.places, lines=lines, total=total, sequence=order.sequence + 1, free_change=False, changed_at=now
    )


def is_paid_for_good(order: Order, terms: Terms) -> bool:
    """Whether nothing can be paid any more for the order, so that it must not come to cost more: it is paid, or was free."""
    is_over = order.state == "paid" or order.method != AT_PICKUP
    return is_over and not (AT_PICKUP in terms.pays_by and order.fulfilment == "pickup")


def most_paid_for(seen: OrderSeen, slot: Slot, sku: str, most: int, now: datetime) -> int:
    """How many units of an offer of ``slot``, ``most`` at most, cost no more than was paid for the order, were there nothing else in it."""
    order = seen.order

    def cost(count: int) -> int:
        lines = tuple(_kept(order, slot, seen.terms, sku, count, now))
        return order_totals(lines, order.shipping_fee, order.shipping_tax_rate, included=order.tax_included).gross

    return bisect_right(range(1, most + 1), seen.money.kept, key=cost)


def _check_payable(work: UnitOfWork, order: Order, after: Order, terms: Terms) -> None:
    if is_paid_for_good(order, terms) and after.total > work.money(order.id).kept:
        raise NotPossible("This would cost more than was paid; order what is to be added as an order of its own.")


def _exchange_slots(work: UnitOfWork, order: Order, old: Slot, new: Slot, claim: Claim, now: datetime) -> None:
    before = claim_of(order)
    if old.id == new.id:
        exchange(work, new, before, claim, now)
        return
    move(work, old, new, before, claim, now)
