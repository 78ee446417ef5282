"""Orders: placed from a hold or at once, changed, moved and cancelled; each act whole, in one transaction."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from bridge.core import events
from bridge.core.claims import Claim, Line, asked_for, check_open
from bridge.core.drops import Offer, Slot
from bridge.core.errors import HoldExpired, InvalidInput, LimitReached, NotFound, NotPossible, TooLate
from bridge.core.orders import (
    STANDING,
    Address,
    Buyer,
    Order,
    OrderLine,
    checked_email,
    checked_name,
    email_key,
    may,
    order_totals,
)
from bridge.core.ports import Drop, UnitOfWork
from bridge.core.ports_orders import Held
from bridge.core.pricing import tiers
from bridge.core.terms import AT_PICKUP, ShippingOption, Terms
from bridge.flows.claiming import NOTHING, exchange, move
from bridge.flows.holds import open_slot, standing_hold
from bridge.flows.refunding import end_open_payments, refund_all_but
from bridge.flows.tell import tell
from bridge.flows.waiting import end_turn
from bridge.letters import Before

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
Who = Literal["customer", "organizer"]
BATCH = 100
SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
NUMBER_LENGTH = 7
PAY_WITHIN = timedelta(minutes=15)
REMIND_AFTER = timedelta(minutes=3)
MAX_NOTE = 1000
NO_SHIPPING = ShippingOption("", "", takes_places=True)


def place_order(
    work: UnitOfWork,
    public_id: str,
    units: Mapping[str, int],
    buyer: Buyer,
    *,
    places: int = 0,
    hold: str = "",
    pay_within: timedelta = PAY_WITHIN,
    same_within: timedelta | None = None,
    now: datetime,
) -> Order:
    """Orders ``units`` by SKU and ``places`` without goods. What ``hold`` kept is used; it need not be there any more, nor be the same.

    The same hold again is the same order, and so is the same wish of the same customer ``same_within`` a moment ago: a form
    that is sent twice orders once. An order that is to be paid first is ``pending`` until ``now + pay_within``; one paid at
    pickup, or free, is placed.
    Raises ``NotFound``, ``InvalidInput``, ``WindowClosed``, ``LimitReached``, ``SoldOut``; then nothing has changed, and a
    hold still stands.
    """
    email, name = checked_email(buyer.email), checked_name(buyer.name)
    found = work.views.drop_of_slot(public_id)
    if found is None:
        raise NotFound("There is no such slot.")
    drop, limit = found
    terms = work.views.terms(drop.id)
    shipping = _shipping(terms, buyer)
    if buyer.method not in terms.pays_by:
        raise InvalidInput("Choose how you want to pay.")
    key = email_key(email)
    if hold and (known := work.order_of_hold(hold)) is not None:
        return known
    if limit is not None or any(product.limit is not None for product in terms.products):
        work.lock_customer(drop.organizer_id, key, now)
    held, slot = _held(work, public_id, hold, now)
    if known := _placed_before(work, slot, key, units, places, hold if held is None else "", now, same_within if held is None else None):
        return known
    claim = _claimed(work, slot, held, units, places, terms, now, takes_places=shipping.takes_places)
    lines = _order_lines(slot, claim, terms)
    _check_customer(work, slot, terms, lines, places, key)
    order = _new_order(drop, slot, claim, lines, replace(buyer, email=email, name=name), shipping, terms, pay_within, now)
    order = work.add_order(order, held.secret if held else "")
    placed = events.OrderPlaced(claim.places, order.units, order.total, order.method, order.state == "pending", order.unit_price)
    work.record(placed, actor="customer", now=now, drop_id=drop.id, slot_id=slot.id)
    if order.state == "placed":
        confirmed(work, order, now)
    else:
        # Who is still paying then needs no letter; who closed the tab has no other way back.
        tell(work, order.id, "payment_needed", now + REMIND_AFTER)
    return order


def confirmed(work: UnitOfWork, order: Order, now: datetime) -> None:
    """What follows once an order stands: the customer is told, and the till takes the goods off its own count."""
    tell(work, order.id, "confirmed", now, mark=order.sequence)
    write_back(work, order, NOTHING, claim_of(order), now)


def write_back(work: UnitOfWork, order: Order, before: Claim, after: Claim, now: datetime) -> None:
    """Tells tills what customers took of their goods, or gave back."""
    changed: dict[int, int] = {}
    for sign, claim in ((-1, before), (1, after)):
        for line in claim.lines:
            changed[line.stock_item_id] = changed.get(line.stock_item_id, 0) + sign * line.units
    tills = work.till_of(item for item, units in changed.items() if units)
    for item_id, (connection_id, sku) in sorted(tills.items()):
        key = f"pos/{order.id}/{item_id}/{order.sequence}/{order.state}"
        work.enqueue("pos.adjust", key, {"connection": connection_id, "item": item_id, "sku": sku, "units": changed[item_id]}, now)


def claim_of(order: Order) -> Claim:
    """What an order claims; its lines that the slot no longer sells claim stock alone, which is theirs until it ends."""
    lines = [Line(line.offer_id or 0, line.stock_item_id, line.units, line.acknowledged, line.price) for line in order.lines]
    return Claim(order.places, tuple(lines))


def order_to_change(work: UnitOfWork, secret: str, *other_slots: int) -> tuple[Order, dict[int, Slot]]:
    """The order and its slot, locked, and ``other_slots``. Raises ``NotFound``."""
    at = work.order_at(secret)
    if at is None:
        raise NotFound("There is no such order.")
    slots = work.slots_for_claim({at[1], *other_slots})
    order = work.order_for_change(at[0])
    if order is None or order.slot_id not in slots:
        raise NotFound("There is no such order.")
    return order, slots


def cancel_order(work: UnitOfWork, secret: str, *, now: datetime, by: Who = "customer", actor: str = "customer") -> Order:
    """Cancels an order, gives back what it claimed and what was paid; a cancelled one stays as it is.

    Raises ``NotFound``, ``TooLate`` (for customers), ``NotPossible`` (picked up already).
    """
    order, slots = order_to_change(work, secret)
    if order.state == "cancelled":
        return order
    slot = slots[order.slot_id]
    if not may(order.state, "cancelled"):
        raise NotPossible("This order can no longer be cancelled.")
    if by == "customer":
        check_in_time(order, slot, work.views.terms(slot.drop_id), now)
    return cancelled(work, order, slot, now=now, by=by, actor=actor)


def cancelled(work: UnitOfWork, order: Order, slot: Slot, *, now: datetime, by: Who, actor: str) -> Order:
    """The order, ended; the slot is locked, and whether it may be is decided."""
    claim = claim_of(order)
    work.lock_items({line.stock_item_id for line in claim.lines})
    after = replace(order, state="cancelled", sequence=order.sequence + 1, cancelled_at=now, changed_at=now, expires_at=None)
    if not work.save_order(after, order.state):
        raise NotPossible("This order was changed at the same moment; look again.")
    work.release(slot.id, claim.places, claim.lines)
    if order.state in STANDING:
        write_back(work, after, claim, NOTHING, now)
    refunded = refund_all_but(work, after, 0, "cancelled", now)
    end_open_payments(work, after, now)
    work.record(events.OrderCancelled(order.places, order.units, order.total), actor=actor, now=now, drop_id=slot.drop_id, slot_id=slot.id)
    tell(work, after.id, "cancelled", now, mark=after.sequence, by=by, amount=refunded)
    return after


def check_in_time(order: Order, slot: Slot, terms: Terms, now: datetime) -> None:
    """Whether customers may change or cancel by themselves. Raises ``TooLate``."""
    moved_to_the_past = order.changed_at is not None and slot.ends_at <= order.changed_at
    if order.free_change and (now < slot.ends_at or moved_to_the_past):
        return
    if terms.cancel_until is None:
        raise TooLate("Orders of this drop cannot be changed or cancelled here; please write to the organizer.")
    if now > slot.starts_at - terms.cancel_until:
        raise TooLate("It is too late to change or cancel this order here; please write to the organizer.")


def change_order(work: UnitOfWork, secret: str, units: Mapping[str, int], *, places: int = 0, to: str = "", now: datetime) -> Order:
    """Changes what is ordered, and moves it to the slot ``to`` if named: the old is given back only when the new is had.

    What was ordered keeps its price; what is added costs what it costs now. Less than was paid is refunded; more is
    paid at pickup where the drop takes that. Raises ``NotFound``, ``TooLate``, ``NotPossible``, ``InvalidInput``,
    ``WindowClosed``, ``LimitReached``, ``SoldOut``; then nothing has changed.
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
    _check_change(order, old, new, terms, now)
    claim, lines = _changed_claim(order, old, new, terms, units, places, now)
    after = _changed_order(order, new, claim, lines, now)
    if (after.slot_id, after.places, _wanted(after.lines)) == (order.slot_id, order.places, _wanted(order.lines)):
        return order
    _check_customer(work, new, terms, lines, places, email_key(order.email), besides=order.id)
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


def expire_orders(open_work: WorkFactory, now: datetime) -> int:
    """Gives back what orders claimed whose payment did not come in time; each once. Returns how many were looked at."""
    with open_work() as work:
        found = work.lapsed_orders(now, BATCH)
    for order_id, slot_id in found:
        with open_work() as work:
            slot = work.slots_for_claim([slot_id])[slot_id]
            order = work.order_for_change(order_id)
            if order is None or order.state != "pending" or order.expires_at is None or order.expires_at > now:
                continue
            claim = claim_of(order)
            if work.save_order(replace(order, state="expired", expires_at=None, changed_at=now), "pending"):
                work.release(slot.id, claim.places, claim.lines)
                end_open_payments(work, order, now)
                lapsed = events.OrderLapsed(order.places, order.units, order.total, order.unit_price)
                work.record(lapsed, actor="clock", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    return len(found)


def _held(work: UnitOfWork, public_id: str, hold: str, now: datetime) -> tuple[Held | None, Slot]:
    """The slot, locked, and the hold if it is one of this slot that still stands."""
    try:
        held, slot = standing_hold(work, hold, now) if hold else (None, None)
    except HoldExpired:
        held, slot = None, None
    if held is None or slot is None or slot.public_id != public_id:
        return None, open_slot(work, public_id, now)
    if slot.cancelled or slot.removed:
        check_open(slot, now)
    return held, slot


def _placed_before(
    work: UnitOfWork,
    slot: Slot,
    key: str,
    units: Mapping[str, int],
    places: int,
    hold: str,
    now: datetime,
    same_within: timedelta | None,
) -> Order | None:
    """The order that this form was already made, seen behind the slot's lock."""
    if hold and (known := work.order_of_hold(hold)) is not None:
        return known
    if same_within is None:
        return None
    for order in work.ordered_since(slot.id, key, now - same_within):
        bare = order.places - sum(line.units * line.places_per_unit for line in order.lines)
        if _wanted(order.lines) == dict(units) and (order.places == 0 or bare == places):
            return order
    return None


def _claimed(
    work: UnitOfWork,
    slot: Slot,
    held: Held | None,
    units: Mapping[str, int],
    places: int,
    terms: Terms,
    now: datetime,
    *,
    takes_places: bool,
) -> Claim:
    """What is claimed on the slot now: out of the hold, else anew."""
    if held is None:
        claim = asked_for(slot, terms, units, places, now, takes_places=takes_places)
        exchange(work, slot, NOTHING, claim, now)
        return claim
    claim = asked_for(slot, terms, units, places, now, takes_places=takes_places, own=held.claim)
    if claim.by_offer() == held.claim.by_offer():
        # The prices of the moment when the hold was taken hold as long as it does.
        claim = replace(claim, lines=held.lines)
    exchange(work, slot, held.claim, claim, now)
    if not work.take_away_hold(held):
        raise HoldExpired("The time to order ran out; please start again.")
    if held.waiting_id is not None:
        end_turn(work, held.waiting_id, "taken", now)
    return claim


def _order_lines(slot: Slot, claim: Claim, terms: Terms) -> tuple[OrderLine, ...]:
    offers = {offer.id: offer for offer in slot.offers}
    lines = []
    for line in claim.lines:
        offer = offers[line.offer_id]
        product = terms.product(offer.sku)
        lines.append(
            OrderLine(
                sku=offer.sku,
                name=offer.name or offer.sku,
                units=line.units,
                price=line.price,
                tax_rate=product.tax_rate if product else 0,
                add_on=offer.add_on,
                places_per_unit=offer.places_per_unit,
                offer_id=offer.id,
                stock_item_id=line.stock_item_id,
                acknowledged=line.acknowledged,
            )
        )
    return tuple(lines)


def _check_customer(
    work: UnitOfWork, slot: Slot, terms: Terms, lines: tuple[OrderLine, ...], places: int, key: str, besides: int = 0
) -> None:
    """What one customer may have over all their orders; they are locked when there is any such limit."""
    wanted = places + sum(line.units for line in lines if not line.add_on)
    if slot.limit is not None and wanted + work.ordered_on(slot.id, key, besides) > slot.limit:
        raise LimitReached("At most {n} per customer, orders made before included.", n=slot.limit)
    limits = {product.sku: product.limit for product in terms.products if product.limit is not None}
    if not any(line.sku in limits for line in lines):
        return
    before = work.ordered_in(slot.drop_id, key, besides)
    for sku, limit in limits.items():
        units = sum(line.units for line in lines if line.sku == sku)
        if units and units + before.get(sku, 0) > limit:
            name = next(line.name for line in lines if line.sku == sku)
            raise LimitReached("At most {n} of {name} per customer, orders made before included.", n=limit, name=name)


def _new_order(
    drop: Drop,
    slot: Slot,
    claim: Claim,
    lines: tuple[OrderLine, ...],
    buyer: Buyer,
    shipping: ShippingOption,
    terms: Terms,
    pay_within: timedelta,
    now: datetime,
) -> Order:
    total = order_totals(lines, shipping.fee, shipping.tax_rate, included=terms.tax_included).gross
    paid_first = buyer.method != AT_PICKUP and total > 0
    return Order(
        id=0,
        slot_id=slot.id,
        secret=secrets.token_urlsafe(24),
        number="".join(secrets.choice(SIGNS) for _ in range(NUMBER_LENGTH)),
        state="pending" if paid_first else "placed",
        places=claim.places,
        lines=lines,
        email=buyer.email,
        name=buyer.name,
        language=buyer.language,
        currency=drop.currency,
        method=buyer.method,
        placed_at=now,
        total=total,
        fulfilment=buyer.fulfilment,
        address=buyer.address if buyer.fulfilment == "shipping" else None,
        shipping=shipping.name,
        shipping_fee=shipping.fee,
        shipping_tax_rate=shipping.tax_rate,
        tax_included=terms.tax_included,
        note=buyer.note.strip()[:MAX_NOTE],
        expires_at=now + pay_within if paid_first else None,
    )


def _shipping(terms: Terms, buyer: Buyer) -> ShippingOption:
    """How it is sent; an option without name and fee when it is picked up. Raises ``InvalidInput``."""
    if buyer.fulfilment == "pickup":
        if not terms.has_pickup:
            raise InvalidInput("This cannot be picked up; choose how it is to be sent.")
        return NO_SHIPPING
    option = terms.shipping_by(buyer.shipping)
    _check_address(option, buyer.address)
    if buyer.method == AT_PICKUP:
        raise InvalidInput("What is sent is paid first; choose another way to pay.")
    return option


def _check_address(option: ShippingOption, address: Address | None) -> None:
    if address is None or not all(part.strip() for part in (address.street, address.postcode, address.city, address.country)):
        raise InvalidInput("Tell us street, postcode, city and country to send it to.")
    if any(len(part) > 200 for part in (address.street, address.postcode, address.city, address.more)):
        raise InvalidInput("An address has at most 200 letters a line.")
    if option.countries and address.country not in option.countries:
        raise InvalidInput("{name} goes to {countries} only.", name=option.name, countries=", ".join(option.countries))


def _target(work: UnitOfWork, to: str) -> int | None:
    if not to:
        return None
    slot = work.slot_id(to)
    if slot is None:
        raise NotFound("There is no such slot.")
    return slot


def _check_change(order: Order, old: Slot, new: Slot, terms: Terms, now: datetime) -> None:
    if order.state not in STANDING:
        raise NotPossible("This order can no longer be changed.")
    if old.drop_id != new.drop_id:
        raise NotPossible("An order stays within its drop; order there anew instead.")
    check_in_time(order, old, terms, now)
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
        lines += _order_lines(slot, Claim(0, fresh), terms)
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


def _wanted(lines: tuple[OrderLine, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line.sku] = found.get(line.sku, 0) + line.units
    return found


def _check_payable(work: UnitOfWork, order: Order, after: Order, terms: Terms) -> None:
    later = AT_PICKUP in terms.pays_by and order.fulfilment == "pickup"
    if order.state == "paid" and after.total > work.money(order.id).kept and not later:
        raise NotPossible("This would cost more than was paid; order what is to be added as an order of its own.")


def _exchange_slots(work: UnitOfWork, order: Order, old: Slot, new: Slot, claim: Claim, now: datetime) -> None:
    before = claim_of(order)
    if old.id == new.id:
        exchange(work, old, before, claim, now)
        return
    move(work, old, new, before, claim, now)
