"""From a slot's page to an order: one POST, that works without a script and keeps what was typed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bridge.checkout import posted
from bridge.checkout.drop_of import drop_of
from bridge.checkout.fields import field_of, names_of
from bridge.checkout.guard import Guard
from bridge.checkout.language import asked as asked_language
from bridge.checkout.language import chosen, spoken
from bridge.checkout.order_form import Asked
from bridge.checkout.printing import query_of_language
from bridge.checkout.selling import Selling, is_sold_out, kept_for, slot_again
from bridge.checkout.together import Together
from bridge.checkout.told import answer_to, told
from bridge.checkout.typed import NO_COUNTRY, Typed, Wanted, Wrong, buyer, delivery, names_no_country, person, wanted
from bridge.core.drops import Offer
from bridge.core.errors import Fault, HoldExpired, InvalidInput, NotFound, Refusal, SoldOut, TooManyHolds
from bridge.core.orders import Order, email_key
from bridge.core.ports import Views
from bridge.core.ports_orders import Held
from bridge.core.terms import Terms
from bridge.flows.holds import change_hold, take_hold
from bridge.flows.payments import start_payment
from bridge.flows.placing import SAME_FORM, Ordering, place_order
from bridge.flows.placing_together import place_orders
from bridge.wording import N_, Wording

_TRAPPED = Wrong("units", N_("This looked as if a program had filled it in. Please send it once more."))


def add_ordering(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    """``POST /slots/<public_id>/order``; opened by itself the address leads to the slot."""
    together: Together[Ordering, Order] = Together(lambda _, wishes: _all_placed(bridge, wishes))
    drop_of_slot = drop_of(bridge)

    @face.get("/slots/<public_id>/order")
    def order_form(public_id: str) -> AnyResponse:
        return redirect(url_for("shop.slot", public_id=public_id) + query_of_language(), 303)

    @face.post("/slots/<public_id>/order")
    def order(public_id: str) -> AnyResponse:
        visitor = guard.admit(request)
        typed = Typed(posted.form(request))
        terms = None if typed["method"] and typed["way"] else _terms(bridge, public_id)
        asked = wanted(typed)
        wrong = [*asked.wrong, *delivery(typed), *person(typed), *([_TRAPPED] if typed.is_sprung else [])]
        if wrong:
            return _again(bridge, public_id, typed, asked, wrong, visitor)
        try:
            wish = _ordering(bridge, public_id, typed, asked, terms, guard.signed(visitor, typed.fields))
            placed = together.ask(drop_of_slot(public_id), wish)
        except Refusal as refusal:
            return _refused(bridge, public_id, typed, refusal)
        return redirect(_next(bridge, placed), 303)


def _terms(bridge: Selling, public_id: str) -> Terms:
    """With the ways of paying that are set up, where any of them is."""
    with bridge.glance() as views:
        found = views.drop_of_slot(public_id)
        terms = views.terms(found[0].id) if found else Terms()
    payable = terms.payable(bridge.ready_to_pay)
    return payable if payable.pays_by else terms


def _ordering(bridge: Selling, public_id: str, typed: Typed, asked: Wanted, terms: Terms | None, form: str) -> Ordering:
    now, language = bridge.now(), spoken(request)
    if not typed.hold or not language:
        with bridge.glance() as views:
            found = views.drop_of_slot(public_id)
            if found is None:
                raise NotFound("There is no such slot.")
            # Who has nothing kept and finds nothing left need not queue with those who can still buy, unless this form took the last:
            # asked in this order, what was sold by it is seen as well.
            if not typed.hold and is_sold_out(views, public_id, now) and not _has_ordered(views, public_id, typed, form, now):
                raise SoldOut("This slot is sold out.")
        language = chosen(request, found[0].language).language
    who = buyer(typed, language, terms)
    if who.method not in bridge.ready_to_pay and who.method not in _terms(bridge, public_id).pays_by:
        raise InvalidInput("Choose how you want to pay.")
    if who.address is not None and names_no_country(who.address.country):
        raise InvalidInput(NO_COUNTRY)
    return Ordering(public_id, asked.units, who, asked.places, typed.hold, form)


def _has_ordered(views: Views, public_id: str, typed: Typed, form: str, now: datetime) -> bool:
    return views.has_order_of_form(public_id, email_key(typed["email"]), f"{form}.", now - SAME_FORM)


def _all_placed(bridge: Selling, wishes: Sequence[Ordering]) -> Sequence[Order | None]:
    pay_within = timedelta(minutes=bridge.settings.checkout.pay_minutes)
    with bridge.work() as work:
        if len(wishes) > 1:
            return place_orders(work, wishes, pay_within=pay_within, now=bridge.now())
        (own,) = wishes
        return [place_order(work, own, pay_within=pay_within, now=bridge.now())]


def _next(bridge: Selling, placed: Order) -> str:
    """Where the customer goes: their order, which sends them on to the provider while it waits for money."""
    page = f"/orders/{placed.secret}"
    language = asked_language(request)
    query = [f"lang={language}"] if language else []
    if placed.state == "pending":
        try:
            start_payment(bridge.work, placed.method, bridge.payments(placed.method), placed.secret, bridge.house, bridge.now())
            query.append("pay=1")
        except (Fault, Refusal):
            # The order stands; its page offers to pay again.
            query.append("pay=failed")
    return "?".join(filter(None, (page, "&".join(query))))


def _again(bridge: Selling, public_id: str, typed: Typed, asked: Wanted, wrong: list[Wrong], visitor: str) -> Response:
    """The page with what is wrong in the fields; what was chosen is kept from this moment on."""
    words = _words(bridge, public_id)
    sentences = [(one.field, words.text(one.form, **one.facts)) for one in wrong]
    held: Held | None = None
    if not asked.wrong and (asked.units or asked.places):
        try:
            held = _held(bridge, public_id, typed, asked, visitor)
        except TooManyHolds:
            pass
        except Refusal as refusal:
            sentences.insert(0, (field_of(refusal, asked, _offers(bridge, public_id)), told(refusal, words)))
    return slot_again(bridge, public_id, Asked(typed, sentences, held), 422)


def _held(bridge: Selling, public_id: str, typed: Typed, asked: Wanted, visitor: str) -> Held:
    now = bridge.now()
    if typed.hold:
        try:
            with bridge.work(durable=False) as work:
                return change_hold(work, typed.hold, asked.units, places=asked.places, now=now)
        except HoldExpired:
            pass
    with bridge.work(durable=False) as work:
        most, kept = bridge.settings.checkout.holds_per_address, kept_for(bridge)
        return take_hold(work, public_id, asked.units, places=asked.places, undescribed=kept, visitor=visitor, most=most, now=now)[0]


def _refused(bridge: Selling, public_id: str, typed: Typed, refusal: Refusal) -> Response:
    words, held, asked = _words(bridge, public_id), standing(bridge, typed.hold), wanted(typed)
    with bridge.glance() as views:
        stored, found = views.slot_now(public_id), views.drop_of_slot(public_id)
        terms = views.terms(found[0].id) if found else Terms()
    field = field_of(refusal, asked, stored[0].offers if stored else ())
    sentence = (field, told(refusal, words, names_of(terms)))
    return slot_again(bridge, public_id, Asked(typed, [sentence], held), answer_to(refusal).status)


def standing(bridge: Selling, hold: str) -> Held | None:
    """What is still kept under this secret."""
    if not hold:
        return None
    with bridge.glance() as views:
        found = views.hold_seen(hold)
    return found if found is not None and found.expires_at > bridge.now() else None


def _words(bridge: Selling, public_id: str) -> Wording:
    with bridge.glance() as views:
        found = views.drop_of_slot(public_id)
    return chosen(request, found[0].language if found else "en")


def _offers(bridge: Selling, public_id: str) -> tuple[Offer, ...]:
    with bridge.glance() as views:
        stored = views.slot_now(public_id)
    return stored[0].offers if stored else ()
