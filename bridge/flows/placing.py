"""An order placed, from a hold or at once; whole, in one transaction."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core import events
from bridge.core.claims import Claim, asked_for, check_open
from bridge.core.drops import Drop, Slot
from bridge.core.errors import HoldExpired, InvalidInput, NotFound
from bridge.core.orders import Address, Buyer, Order, OrderLine, checked_email, checked_name, checked_note, email_key, order_totals
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import Held
from bridge.core.terms import AT_PICKUP, ShippingOption, Terms
from bridge.flows.claiming import NOTHING, exchange
from bridge.flows.holds import open_slot, stands_on
from bridge.flows.orders import check_customer, confirmed, order_lines, units_of
from bridge.flows.tell import tell
from bridge.flows.waiting import end_turn

SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
NUMBER_LENGTH = 7
PAY_WITHIN = timedelta(minutes=15)
SAME_FORM = timedelta(minutes=1)
REMIND_AFTER = timedelta(minutes=3)
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
    form: str = "",
    now: datetime,
) -> Order:
    """Orders ``units`` by SKU and ``places`` without goods. What ``hold`` kept is used; it need not be there any more, nor be the same.

    The same hold again, with the same wish under the same address, is the same order, and so is the same ``form`` within a
    minute: it stands for who sent it and all that was in it. A form that is sent twice so orders once. An order that
    is to be paid first is ``pending`` until ``now + pay_within``; one paid at pickup, or free, is placed.
    Raises ``NotFound``, ``InvalidInput``, ``WindowClosed``, ``LimitReached``, ``SoldOut``; then nothing has changed, and a
    hold still stands.
    """
    buyer = replace(buyer, email=checked_email(buyer.email), name=checked_name(buyer.name), note=checked_note(buyer.note))
    found = work.views.selling(public_id)
    if found is None:
        raise NotFound("There is no such slot.")
    drop, limit, terms = found
    shipping = _shipping(terms, buyer, places)
    if buyer.method not in terms.pays_by:
        raise InvalidInput("Choose how you want to pay.")
    key = email_key(buyer.email)
    if limit is not None or any(product.limit is not None for product in terms.products):
        work.lock_customer(drop.organizer_id, key, now)
    slot, held = work.slot_and_hold(public_id, hold)
    if slot is None:
        raise NotFound("There is no such slot.")
    held = held if held is not None and stands_on(held, slot, now) else None
    if held is None:
        if known := _placed_before(work, slot, _Wish(units, places, buyer.method, key), hold, form, now):
            return known
        slot = open_slot(work, public_id, now)
    elif slot.cancelled:
        check_open(slot, now)
    claim = _claimed(work, slot, held, units, places, terms, now, takes_places=shipping.takes_places)
    lines = order_lines(slot, claim, terms)
    check_customer(work, slot, terms, lines, places, key)
    order = _new_order(drop, slot, claim, lines, buyer, shipping, terms, pay_within, now)
    made = work.add_order(order, held.secret if held else _told_apart(form), ends=held)
    if made is None:
        raise HoldExpired("The time to order ran out; please start again.")
    order = made
    if held is not None and held.waiting_id is not None:
        end_turn(work, held.waiting_id, "taken", now)
    placed = events.OrderPlaced(claim.places, order.units, order.total, order.method, order.state == "pending", order.unit_price)
    work.record(placed, actor="customer", now=now, drop_id=drop.id, slot_id=slot.id)
    if order.state == "placed":
        confirmed(work, order, now, by_till=any(offer.by_till for offer in slot.offers))
    else:
        # Who is still paying then needs no letter; who closed the tab has no other way back.
        tell(work, order.id, "payment_needed", now + REMIND_AFTER)
    return order


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a form asks for, and under which key."""

    units: Mapping[str, int]
    places: int
    method: str
    key: str

    def is_met_by(self, order: Order) -> bool:
        """Whether the order is what was asked for, and still holds it."""
        wanted = {sku: units for sku, units in self.units.items() if units}
        bare = max(0, order.places - sum(line.units * line.places_per_unit for line in order.lines))
        same = units_of(order.lines) == wanted and bare == self.places and order.method == self.method
        return order.is_live and same and email_key(order.email) == self.key


def _placed_before(work: UnitOfWork, slot: Slot, wish: _Wish, hold: str, form: str, now: datetime) -> Order | None:
    """The order that this form was already made, seen behind the slot's lock."""
    # Who goes back in the browser sends the hold that was used: changed in between, it is another order.
    if hold and (known := work.order_of_hold(hold)) is not None and known.slot_id == slot.id and wish.is_met_by(known):
        return known
    return work.order_of_form(slot.id, wish.key, f"{form}.", now - SAME_FORM) if form else None


def _told_apart(form: str) -> str:
    """What the order is made from: later the same form is another order."""
    return f"{form}.{secrets.token_hex(8)}" if form else ""


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
    return claim


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
        note=buyer.note,
        expires_at=now + pay_within if paid_first else None,
    )


def _shipping(terms: Terms, buyer: Buyer, places: int) -> ShippingOption:
    """How it is sent; an option without name and fee when it is picked up. Raises ``InvalidInput``."""
    if buyer.fulfilment == "pickup":
        if not terms.has_pickup and not places:
            raise InvalidInput("This cannot be picked up; choose how it is to be sent.")
        return NO_SHIPPING
    if places:
        raise InvalidInput("A place cannot be sent: choose to pick it up.")
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
