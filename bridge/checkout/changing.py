"""An order changed by its customer: another quantity, or another slot of the same drop."""

from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from bridge.checkout import posted
from bridge.checkout.fields import field_of, names_of
from bridge.checkout.guard import Guard
from bridge.checkout.language import chosen
from bridge.checkout.order_form import Asked, FormShown, Good, form_of
from bridge.checkout.order_shown import order_shown
from bridge.checkout.printing import printed, query_of_language
from bridge.checkout.private import order_seen, private, unknown
from bridge.checkout.selling import Selling
from bridge.checkout.shown import SlotShown, shown, span_of_days
from bridge.checkout.told import answer_to, told
from bridge.checkout.typed import UNITS, Typed, wanted
from bridge.core.availability import availability
from bridge.core.drops import Slot
from bridge.core.errors import InvalidInput, NotFound, Refusal, TooLate
from bridge.core.orders import Order
from bridge.core.ports import Views
from bridge.core.ports_orders import Held, OrderSeen
from bridge.flows.changing import can_move, change_order, check_may_change, is_paid_for_good, most_paid_for
from bridge.flows.orders import check_in_time, claim_of
from bridge.wording import N_, Wording

MOST_SLOTS = 30
PAID_FOR_GOOD = N_("Your order is paid and cannot cost more than that; order what is to be added as an order of its own.")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another slot that an order can move to. ``fits``: what is ordered is free there now; ``stays``: there it is for good."""

    one: SlotShown
    when: str
    fits: bool
    stays: bool


def add_changing(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    """``/orders/<secret>/change`` and ``/orders/<secret>/move``: a page each, and a POST each."""

    @face.get("/orders/<secret>/change")
    def changing(secret: str) -> Response:
        seen = order_seen(bridge, secret)
        return _change_page(bridge, seen, _typed(seen.order)) if seen is not None else unknown()

    @face.post("/orders/<secret>/change")
    def change(secret: str) -> AnyResponse:
        guard.admit(request)
        seen, typed = order_seen(bridge, secret), Typed(posted.form(request))
        if seen is None:
            return unknown()
        asked = wanted(typed)
        if asked.wrong:
            return _change_page(bridge, seen, typed, InvalidInput(asked.wrong[0].form), asked.wrong[0].field)
        try:
            with bridge.work() as work:
                change_order(work, secret, asked.units, places=asked.places, now=bridge.now())
        except Refusal as refusal:
            return _change_page(bridge, seen, typed, refusal, field_of(refusal, asked, seen.slot.offers))
        return redirect(f"/orders/{secret}{query_of_language()}", 303)

    @face.get("/orders/<secret>/move")
    def moving(secret: str) -> Response:
        seen = order_seen(bridge, secret)
        return _move_page(bridge, seen, "") if seen is not None else unknown()

    @face.post("/orders/<secret>/move")
    def move(secret: str) -> AnyResponse:
        guard.admit(request)
        seen, to = order_seen(bridge, secret), posted.form(request).get("to", "")[:100]
        if seen is None:
            return unknown()
        try:
            if not to:
                raise NotFound("There is no such slot.")
            with bridge.work() as work:
                units, places = _ordered(seen.order)
                change_order(work, secret, units, places=places, to=to, now=bridge.now())
        except Refusal as refusal:
            return _move_page(bridge, seen, to, refusal)
        return redirect(f"/orders/{secret}{query_of_language()}", 303)


def _ordered(order: Order) -> tuple[dict[str, int], int]:
    """Units by SKU and places without goods of an order."""
    units: dict[str, int] = {}
    for line in order.lines:
        units[line.sku] = units.get(line.sku, 0) + line.units
    return units, max(0, order.places - sum(line.units * line.places_per_unit for line in order.lines))


def _typed(order: Order) -> Typed:
    units, places = _ordered(order)
    return Typed({**{UNITS + sku: str(count) for sku, count in units.items()}, "places": str(places or "")})


def _change_page(bridge: Selling, seen: OrderSeen, typed: Typed, refusal: Refusal | None = None, field: str = "") -> Response:
    words = chosen(request, seen.order.language).at(bridge.now())
    sentence = told(refusal, words, names_of(seen.terms)) if refusal else ""
    form = _form(bridge, seen, words, Asked(typed, [(field, sentence)] if sentence else []))
    values = {"seen": seen, "one": order_shown(seen, words, bridge.now()), "form": form, "refused": sentence}
    values["why_not"] = _why_not(seen, words, bridge.now())
    values["costs_no_more"] = words.text(PAID_FOR_GOOD) if is_paid_for_good(seen.order, seen.terms) else ""
    return private(printed("change.html", words, status=answer_to(refusal).status if refusal else 200, **values))


def _why_not(seen: OrderSeen, words: Wording, now: datetime) -> str:
    """What keeps the customer from changing the order."""
    try:
        check_may_change(seen.order, seen.money, seen.slot, seen.terms, now)
    except Refusal as refusal:
        return told(refusal, words, names_of(seen.terms))
    return words.text("This date is cancelled.") if seen.slot.cancelled else words.text("This order can no longer be changed.")


def _form(bridge: Selling, seen: OrderSeen, words: Wording, asked: Asked) -> FormShown | None:
    """The form with what is free now and what they have already, as if that were a hold; None when the slot is gone."""
    now = bridge.now()
    with bridge.read() as views:
        found, stored = views.public_slot(seen.slot.public_id), views.slot_now(seen.slot.public_id)
    if found is None or stored is None:
        return None
    own = claim_of(seen.order)
    mine = Held(0, seen.slot.id, "", own.places, now, own.lines)
    slot = replace(found, availability=availability(*stored, now))
    form = form_of(slot, seen.drop, seen.terms, stored[0].offers, words, now, asked._replace(hold=mine))
    return _as_paid(form, seen, stored[0], words, now) if is_paid_for_good(seen.order, seen.terms) else form


def _as_paid(form: FormShown, seen: OrderSeen, slot: Slot, words: Wording, now: datetime) -> FormShown:
    """The form with no more of each than what was paid is enough for."""

    def within(good: Good) -> Good:
        most = most_paid_for(seen, slot, good.sku, good.most, now)
        return good if most == good.most else replace(good, most=most, said=words.text(PAID_FOR_GOOD))

    return replace(form, goods=tuple(map(within, form.goods)), add_ons=tuple(map(within, form.add_ons)))


def _move_page(bridge: Selling, seen: OrderSeen, to: str, refusal: Refusal | None = None) -> Response:
    now = bridge.now()
    words = chosen(request, seen.order.language).at(now)
    with bridge.read() as views:
        others = [_elsewhere(views, seen, slot.public_id, words, now) for slot in views.alternatives(seen.slot, now, MOST_SLOTS)]
    status = answer_to(refusal).status if refusal else 200
    values = {"seen": seen, "one": order_shown(seen, words, now), "others": [one for one in others if one], "to": to}
    values["why_not"] = _why_not(seen, words, now)
    values["refused"] = told(refusal, words, names_of(seen.terms)) if refusal else ""
    return private(printed("move.html", words, status=status, **values))


def _elsewhere(views: Views, seen: OrderSeen, public_id: str, words: Wording, now: datetime) -> Elsewhere | None:
    found, stored = views.public_slot(public_id), views.slot_now(public_id)
    if found is None or stored is None:
        return None
    slot = replace(found, availability=availability(*stored, now))
    one = shown(slot, words, now)
    if slot.availability.state not in ("open", "sold_out"):
        return None
    return Elsewhere(one, span_of_days(one, words), can_move(seen.order, *stored, now), _stays(seen, stored[0], now))


def _stays(seen: OrderSeen, slot: Slot, now: datetime) -> bool:
    """Whether the order, once moved to ``slot``, could not be changed or cancelled by its customer."""
    try:
        check_in_time(replace(seen.order, free_change=False), slot, seen.terms, now)
    except TooLate:
        return True
    return False
