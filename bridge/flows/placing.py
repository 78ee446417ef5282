"""An order placed, from a hold or at once; whole, in one transaction."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bridge.core import events
from bridge.core.claims import Claim, asked_for, check_open, goes_beyond
from bridge.core.drops import Drop, Slot
from bridge.core.errors import HoldExpired, InvalidInput, NotFound
from bridge.core.orders import Address, Buyer, Order, checked_email, checked_name, checked_note, email_key, order_totals
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import ForOrders, Held
from bridge.core.terms import AT_PICKUP, ShippingOption, Terms
from bridge.flows.claiming import NOTHING, exchange
from bridge.flows.holds import open_slot, standing
from bridge.flows.orders import check_customer, confirmed, order_lines, units_of
from bridge.flows.tell import tell
from bridge.flows.waiting import end_turn, had_their_turn

SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
NUMBER_LENGTH = 7
PAY_WITHIN = timedelta(minutes=15)
SAME_FORM = timedelta(minutes=1)
REMIND_AFTER = timedelta(minutes=3)
NO_SHIPPING = ShippingOption("", "", takes_places=True)


@dataclass(frozen=True, slots=True)
class Ordering:
    """What somebody orders on a slot: units by SKU, and places without goods.

    ``hold`` may have kept it; ``form`` stands for who sent it and all that was in it.
    """

    public_id: str
    units: Mapping[str, int]
    buyer: Buyer
    places: int = 0
    hold: str = ""
    form: str = ""

    @property
    def key(self) -> str:
        """What tells customers apart."""
        return email_key(self.buyer.email)

    def is_met_by(self, order: Order) -> bool:
        """Whether the order is what was asked for, and still holds it."""
        wanted = {sku: units for sku, units in self.units.items() if units}
        bare = max(0, order.places - sum(line.units * line.places_per_unit for line in order.lines))
        same = units_of(order.lines) == wanted and bare == self.places and order.method == self.buyer.method
        return order.is_live and same and email_key(order.email) == self.key


class Draft(NamedTuple):
    """An order as it will be written, out of a hold or not; ``claim`` is what it claims on the slot, which is locked."""

    order: Order
    slot: Slot
    claim: Claim
    held: Held | None
    made_from: str


def place_order(work: UnitOfWork, wish: Ordering, *, pay_within: timedelta = PAY_WITHIN, now: datetime) -> Order:
    """Orders what is wished for. What its hold kept is used; it need not be there any more, nor be the same.

    The same hold again, with the same wish under the same address, is the same order, and so is the same form within a
    minute. A form that is sent twice so orders once. An order that is to be paid first is ``pending`` until
    ``now + pay_within``; one paid at pickup, or free, is placed.
    Raises ``NotFound``, ``InvalidInput``, ``WindowClosed``, ``LimitReached``, ``SoldOut``; then nothing has changed, and
    a hold still stands.
    """
    wish = checked(wish)
    found = work.views.selling([wish.public_id])
    if found is None:
        raise NotFound("There is no such slot.")
    shipping = way_of(wish, found.terms)
    if found.has_limits:
        work.lock_customer(found.drop.organizer_id, wish.key, now)
    slots, holds = work.slots_and_holds([wish.public_id], [wish.hold])
    slot = slots.get(wish.public_id)
    if slot is None:
        raise NotFound("There is no such slot.")
    held = standing(holds.get(wish.hold), slot, now)
    if held is None:
        if known := _placed_before(work, slot, wish, now):
            return known
        if not found.drop.is_public:
            raise NotFound("There is no such slot.")
        slot = open_slot(work, wish.public_id, now)
    elif slot.cancelled:
        check_open(slot, now)
    claim = claimed(slot, held, wish, found.terms, now, takes_places=shipping.takes_places)
    if held is not None and slot.waiting and goes_beyond(held.claim, claim):
        slot = had_their_turn(work, slot, held.claim, now)
        claim = claimed(slot, held, wish, found.terms, now, takes_places=shipping.takes_places)
    exchange(work, slot, held.claim if held else NOTHING, claim, now)
    draft = drafted(wish, found, slot, held, claim, shipping, pay_within, now)
    check_customer(work, slot, found.terms, draft.order.lines, wish.places, wish.key)
    return written(work, found.drop, [draft], now)[0]


def checked(wish: Ordering) -> Ordering:
    """The same, with address, name and note as they are stored. Raises ``InvalidInput``."""
    who = wish.buyer
    return replace(wish, buyer=replace(who, email=checked_email(who.email), name=checked_name(who.name), note=checked_note(who.note)))


def _placed_before(work: UnitOfWork, slot: Slot, wish: Ordering, now: datetime) -> Order | None:
    """The order that this form was already made, seen behind the slot's lock."""
    # Who goes back in the browser sends the hold that was used: changed in between, it is another order.
    if wish.hold and (known := work.order_of_hold(wish.hold)) is not None and known.slot_id == slot.id and wish.is_met_by(known):
        return known
    return work.order_of_form(slot.id, wish.key, f"{wish.form}.", now - SAME_FORM) if wish.form else None


def _told_apart(form: str) -> str:
    """What the order is made from: later the same form is another order."""
    return f"{form}.{secrets.token_hex(8)}" if form else ""


def claimed(slot: Slot, held: Held | None, wish: Ordering, terms: Terms, now: datetime, *, takes_places: bool) -> Claim:
    """What is to be claimed on the slot: out of the hold, else anew. Raises ``InvalidInput``, ``LimitReached``."""
    own = held.claim if held else None
    claim = asked_for(slot, terms, wish.units, wish.places, now, takes_places=takes_places, own=own)
    # The prices of the moment when the hold was taken hold as long as it does.
    return replace(claim, lines=held.lines) if held is not None and claim.by_offer() == held.claim.by_offer() else claim


def drafted(
    wish: Ordering,
    found: ForOrders,
    slot: Slot,
    held: Held | None,
    claim: Claim,
    shipping: ShippingOption,
    pay_within: timedelta,
    now: datetime,
) -> Draft:
    """The order that the wish becomes."""
    order = _new_order(found, slot, claim, wish.buyer, shipping, pay_within, now)
    return Draft(order, slot, claim, held, held.secret if held else _told_apart(wish.form))


def _new_order(
    found: ForOrders, slot: Slot, claim: Claim, buyer: Buyer, shipping: ShippingOption, pay_within: timedelta, now: datetime
) -> Order:
    terms, lines = found.terms, order_lines(slot, claim, found.terms)
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
        currency=found.drop.currency,
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


def written(work: UnitOfWork, drop: Drop, drafts: Sequence[Draft], now: datetime) -> list[Order]:
    """Writes the orders, and what follows from them. Raises ``HoldExpired`` when one of their holds is there no more."""
    ends = [draft.held for draft in drafts if draft.held is not None]
    orders = work.add_orders([(draft.order, draft.made_from) for draft in drafts], ends) if drafts else []
    if orders is None:
        raise HoldExpired("The time to order ran out; please start again.")
    for order, draft in zip(orders, drafts, strict=True):
        if draft.held is not None and draft.held.waiting_id is not None:
            end_turn(work, draft.held.waiting_id, "taken", now)
        _followed(work, drop, order, draft, now)
    return orders


def _followed(work: UnitOfWork, drop: Drop, order: Order, draft: Draft, now: datetime) -> None:
    pending = order.state == "pending"
    placed = events.OrderPlaced(draft.claim.places, order.units, order.total, order.method, pending, order.unit_price)
    work.record(placed, actor="customer", now=now, drop_id=drop.id, slot_id=order.slot_id)
    if pending:
        # Who is still paying then needs no letter; who closed the tab has no other way back.
        tell(work, order.id, "payment_needed", now + REMIND_AFTER)
    else:
        confirmed(work, order, now, by_till=any(offer.by_till for offer in draft.slot.offers))


def way_of(wish: Ordering, terms: Terms) -> ShippingOption:
    """How it is sent; an option without name and fee when it is picked up. Raises ``InvalidInput``, also where it cannot be paid so."""
    option = _sent(terms, wish.buyer, wish.places)
    if wish.buyer.method not in terms.pays_by:
        raise InvalidInput("Choose how you want to pay.")
    return option


def _sent(terms: Terms, buyer: Buyer, places: int) -> ShippingOption:
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
