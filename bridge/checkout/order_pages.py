"""The page of an order behind its unguessable link, and what its customer may do there."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from bridge import ical
from bridge.checkout import posted
from bridge.checkout.changing import add_changing
from bridge.checkout.guard import Guard
from bridge.checkout.language import chosen
from bridge.checkout.order_shown import calendars, order_shown, why_no_receipt
from bridge.checkout.printing import printed, query_of_language
from bridge.checkout.private import order_seen, private, unknown
from bridge.checkout.selling import Selling
from bridge.checkout.told import answer_to, told
from bridge.core.errors import Fault, Refusal
from bridge.core.ports_orders import OrderSeen
from bridge.flows.orders import cancel_order
from bridge.flows.payments import look_at_payments, start_payment
from bridge.wording import N_

WAIT = 5
_CANNOT_PAY = N_("The payment could not be started. Please try again in a moment.")


def add_orders(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    """Everything below ``/orders/<secret>``."""

    @face.get("/orders/<secret>")
    def order_page(secret: str) -> AnyResponse:
        if request.args.get("paid") == "1":
            _look(bridge, guard, secret)
        seen = order_seen(bridge, secret)
        if seen is None:
            return unknown()
        notice = _CANNOT_PAY if request.args.get("pay") == "failed" else ""
        return page_of(bridge, seen, notice=notice)

    @face.get("/orders/<secret>/receipt")
    def receipt(secret: str) -> Response:
        seen = order_seen(bridge, secret)
        if seen is None:
            return unknown()
        words = chosen(request, seen.order.language).at(bridge.now())
        one, why_not = order_shown(seen, words, bridge.now()), why_no_receipt(seen, words)
        if why_not:
            return private(printed("no_receipt.html", words, status=404, seen=seen, one=one, why_not=why_not))
        return private(printed("receipt.html", words, seen=seen, one=one))

    @face.get("/orders/<secret>/calendar.ics")
    def order_file(secret: str) -> Response:
        seen = order_seen(bridge, secret)
        if seen is None:
            raise NotFound
        link = bridge.house.order_link(secret)
        text = ical.order_calendar(seen.order, seen.slot, seen.drop, seen.terms, link=link, sender=bridge.house.address)
        response = private(Response(text, content_type="text/calendar; charset=utf-8"))
        response.headers["Content-Disposition"] = f'inline; filename="{seen.order.number}.ics"'
        return response

    _add_paying(face, bridge, guard)
    _add_cancelling(face, bridge, guard)
    add_changing(face, bridge, guard)


def _add_paying(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    @face.post("/orders/<secret>/pay")
    def pay(secret: str) -> AnyResponse:
        guard.admit(request)
        seen = order_seen(bridge, secret)
        if seen is None:
            return unknown()
        try:
            provider = seen.order.method
            start_payment(bridge.work, provider, bridge.payments(provider), secret, bridge.house, bridge.now())
        except Refusal as refusal:
            words = chosen(request, seen.order.language).at(bridge.now())
            return page_of(bridge, seen, notice=told(refusal, words), status=answer_to(refusal).status)
        except Fault:
            return page_of(bridge, seen, notice=_CANNOT_PAY, status=503)
        return _to(secret, "pay=1")


def _add_cancelling(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    def page(seen: OrderSeen, refusal: Refusal | None = None) -> Response:
        words = chosen(request, seen.order.language).at(bridge.now())
        values: dict[str, Any] = {"seen": seen, "one": order_shown(seen, words, bridge.now())}
        values["refused"] = told(refusal, words) if refusal else ""
        return private(printed("cancel.html", words, status=answer_to(refusal).status if refusal else 200, **values))

    @face.get("/orders/<secret>/cancel")
    def cancelling(secret: str) -> Response:
        seen = order_seen(bridge, secret)
        return page(seen) if seen is not None else unknown()

    @face.post("/orders/<secret>/cancel")
    def cancel(secret: str) -> AnyResponse:
        guard.admit(request)
        seen = order_seen(bridge, secret)
        if seen is None:
            return unknown()
        try:
            with bridge.work() as work:
                cancel_order(work, secret, now=bridge.now())
        except Refusal as refusal:
            return page(seen, refusal)
        return _to(secret)


def page_of(bridge: Selling, seen: OrderSeen, *, notice: str = "", status: int = 200) -> Response:
    """The order's page. While its payment is on its way it looks again by itself; on the way to the provider it leads there."""
    words = chosen(request, seen.order.language).at(bridge.now())
    one = order_shown(seen, words, bridge.now())
    clearing = seen.order.state == "pending" and seen.money.is_clearing
    waits = seen.order.state == "pending" and request.args.get("paid") == "1" and not clearing
    one = replace(one, title=words.text("Your payment is on its way")) if clearing else one
    values = {"seen": seen, "one": one, "ways": calendars(seen, bridge.settings.base_url), "wait": WAIT if waits else 0}
    values |= {"clearing": clearing, "letters": bridge.settings.mail.carries}
    return private(printed("order.html", words, status=status, notice=words.text(notice), go=_payment(bridge, seen), **values))


def _payment(bridge: Selling, seen: OrderSeen) -> str:
    """Where to pay, for a visitor who has just said that they want to.

    The page leads there itself: a form whose answer leads away is stopped by browsers that hold to form-action.
    """
    if request.args.get("pay") != "1" or seen.order.state != "pending":
        return ""
    now = bridge.now()
    good = [one.url for one in seen.money.payments if one.state == "started" and (one.expires_at is None or one.expires_at > now)]
    return good[-1] if good else ""


def _look(bridge: Selling, guard: Guard, secret: str) -> None:
    """One question to the provider: its message may be late, and the customer is here now."""
    if posted.secret(secret) and guard.may_look(secret):
        with suppress(Fault, Refusal):
            look_at_payments(bridge.work, bridge.payments, secret, bridge.now())


def _to(secret: str, query: str = "") -> AnyResponse:
    asked = "&".join(filter(None, (query, query_of_language().removeprefix("?"))))
    return redirect(f"/orders/{secret}" + (f"?{asked}" if asked else ""), 303)
