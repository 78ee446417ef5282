"""Stripe's objects read as news. What does not look like one of theirs is ``None``."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from bridge.core.sockets import PaymentNews, RefundNews
from bridge.payments.stripe_units import Units

News = PaymentNews | RefundNews

SESSIONS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
REFUNDS = frozenset({"refund.updated", "refund.failed", "charge.refund.updated"})

_NAME = re.compile(r"[\w.:-]{1,255}", re.ASCII)
_CURRENCY = re.compile("[a-zA-Z]{3}")
_MOST = 10**15
_REFUND_STATES: Mapping[str, Literal["pending", "done", "failed"]] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "done",
    "failed": "failed",
    "canceled": "failed",
}
_FAILURES: Mapping[str, str] = {
    "lost_or_stolen_card": "the card was reported lost or stolen",
    "expired_or_canceled_card": "the card has expired or was cancelled",
    "charge_for_pending_refund_disputed": "the customer disputes the payment",
    "insufficient_funds": "the Stripe account holds too little",
    "declined": "the customer's bank declined it",
    "merchant_request": "it was cancelled in Stripe",
}


def event_news(body: bytes, units: Units) -> list[News]:
    """The news in a verified event; empty when it is of no concern or makes no sense."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return []
    kind, told = _word(event, "type"), _at(event, "data", "object")
    message = _name(_at(event, "id"))
    found: News | None = None
    if kind in SESSIONS:
        found = session_news(told, units)
        if found is not None and kind == "checkout.session.async_payment_failed" and found.state in {"open", "clearing"}:
            found = replace(found, state="ended")
    elif kind in REFUNDS:
        found = refund_news(told, units)
    return [replace(found, message_id=message)] if found is not None and message else []


def session_news(session: Any, units: Units) -> PaymentNews | None:
    """How the payment of a Checkout Session stands. https://docs.stripe.com/api/checkout/sessions/object.

    A completed session may still be unpaid (bank debits take days); only its PaymentIntent says when that has failed.
    """
    if _at(session, "object") != "checkout.session" or not (reference := _name(_at(session, "id"))):
        return None
    intent = _at(session, "payment_intent")
    amount, currency = _money(session, "amount_total", units)
    return PaymentNews(
        reference=reference,
        state=_state(_word(session, "status"), _word(session, "payment_status"), _word(intent, "status")),
        amount=amount,
        currency=currency,
        settled=_name(intent) or _name(_at(intent, "id")),
    )


def refund_news(refund: Any, units: Units) -> RefundNews | None:
    """How a refund stands. https://docs.stripe.com/api/refunds/object."""
    state = _REFUND_STATES.get(_word(refund, "status"))
    reference = _name(_at(refund, "id"))
    if _at(refund, "object") != "refund" or state is None or not reference:
        return None
    intent = _at(refund, "payment_intent")
    amount, _ = _money(refund, "amount", units)
    return RefundNews(
        reference=reference,
        state=state,
        failure=_failure(_word(refund, "failure_reason")) if state == "failed" else "",
        amount=amount,
        settled=_name(intent) or _name(_at(intent, "id")),
    )


def _state(status: str, payment: str, intent: str) -> Literal["open", "clearing", "paid", "ended"]:
    if status == "expired":
        return "ended"
    if status != "complete":
        return "open"
    if payment in {"paid", "no_payment_required"}:
        return "paid"
    return "ended" if intent in {"requires_payment_method", "canceled"} else "clearing"


def _failure(reason: str) -> str:
    return f"Stripe could not give the money back: {_FAILURES.get(reason, 'no reason was given')}. Give it back in another way."


def _money(told: Any, field: str, units: Units) -> tuple[int, str]:
    amount, currency = _at(told, field), _at(told, "currency")
    if type(amount) is not int or not 0 <= amount <= _MOST or not isinstance(currency, str) or _CURRENCY.fullmatch(currency) is None:
        return 0, ""
    return units.from_stripe(amount, currency), currency.upper()


def _at(told: Any, *path: str) -> Any:
    for part in path:
        told = told.get(part) if isinstance(told, Mapping) else None
    return told


def _word(told: Any, field: str) -> str:
    found = _at(told, field)
    return found if isinstance(found, str) else ""


def _name(told: Any) -> str:
    return told if isinstance(told, str) and _NAME.fullmatch(told) else ""
