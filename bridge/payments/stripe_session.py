"""What is asked of Stripe for one payment. https://docs.stripe.com/api/checkout/sessions/create."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.core.errors import PermanentFault
from bridge.core.sockets import Asked, Item
from bridge.payments.stripe_units import Units

LONGER = timedelta(minutes=31)
"""Stripe wants a session to live for 30 minutes at least. Taken from the order's own end, never from the clock: a repetition
of the request has to be the same in every part."""
LONGEST = timedelta(hours=23, minutes=50)
MOST_LINES = 100
LONGEST_NAME = 250
LOCALES = frozenset(
    {
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "en-GB",
        "es",
        "es-419",
        "et",
        "fi",
        "fil",
        "fr",
        "fr-CA",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lt",
        "lv",
        "ms",
        "mt",
        "nb",
        "nl",
        "pl",
        "pt",
        "pt-BR",
        "ro",
        "ru",
        "sk",
        "sl",
        "sv",
        "th",
        "tr",
        "vi",
        "zh",
        "zh-HK",
        "zh-TW",
    }
)


def session_parameters(asked: Asked, units: Units, now: datetime) -> dict[str, Any]:
    """The body of the request. Raises ``PermanentFault`` when Stripe cannot take just this amount."""
    if asked.amount <= 0:
        raise PermanentFault("There is nothing to be paid for this order: Stripe is not asked for nothing.")
    parameters: dict[str, Any] = {
        "mode": "payment",
        "line_items": _lines(asked, units),
        "client_reference_id": asked.order[:200],
        "metadata": {"order": asked.order},
        "payment_intent_data": {"description": asked.order, "metadata": {"order": asked.order}},
        "locale": locale(asked.language),
        "success_url": asked.done_url,
        "cancel_url": asked.back_url,
        # What was agreed on is what is paid, and what can be given back.
        "adaptive_pricing": {"enabled": False},
    }
    if asked.email.isascii():
        parameters["customer_email"] = asked.email
    ends = asked.expires_at + LONGER
    if ends < now + LONGEST:
        parameters["expires_at"] = int(ends.astimezone(UTC).timestamp())
    return parameters


def locale(language: str) -> str:
    """Stripe's name for a language tag; ``auto`` for those its page does not speak."""
    primary = language.partition("-")[0]
    return next((name for name in (language, primary) if name in LOCALES), "auto")


def _lines(asked: Asked, units: Units) -> list[dict[str, Any]]:
    """The items when they come to the amount to the last unit, else one line of it that names them all."""
    whole = units.to_stripe(asked.amount, asked.currency)
    lines = [_line(item.name, item.units, price, asked) for item in asked.items if (price := _exact(item, asked, units)) is not None]
    come_to = sum(line["quantity"] * line["price_data"]["unit_amount"] for line in lines)
    if come_to == whole and 0 < len(lines) == len(asked.items) <= MOST_LINES:
        return lines
    names = ", ".join(f"{item.units} × {item.name}" if item.units != 1 else item.name for item in asked.items)
    return [_line(names or asked.order, 1, whole, asked)]


def _line(name: str, quantity: int, price: int, asked: Asked) -> dict[str, Any]:
    shown = " ".join(name.split()) or asked.order
    shown = shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"
    return {"quantity": quantity, "price_data": {"currency": asked.currency.lower(), "unit_amount": price, "product_data": {"name": shown}}}


def _exact(item: Item, asked: Asked, units: Units) -> int | None:
    if item.units < 1 or item.price < 0:
        return None
    try:
        return units.to_stripe(item.price, asked.currency)
    except PermanentFault:
        return None
