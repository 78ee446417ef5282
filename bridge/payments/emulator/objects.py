"""Stripe's objects as JSON, with the fields that its API description requires and those that dropbridge reads."""

from typing import Any

VERSION = "2026-05-27.dahlia"

Object = dict[str, Any]


def session(identity: str, asked: Object, total: int, now: int, url: str) -> Object:
    """A Checkout Session that is open. https://docs.stripe.com/api/checkout/sessions/object."""
    return {
        "id": identity,
        "object": "checkout.session",
        "adaptive_pricing": asked.get("adaptive_pricing", {"enabled": True}),
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "created": now,
        "currency": asked["line_items"][0]["price_data"]["currency"],
        "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None},
        "customer": None,
        "customer_email": asked.get("customer_email"),
        "expires_at": asked.get("expires_at", now + 24 * 3600),
        "invoice": None,
        "livemode": False,
        "locale": asked.get("locale"),
        "metadata": asked.get("metadata", {}),
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_options": {},
        "payment_method_types": ["card", "sepa_debit"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "success_url": asked.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": url,
    }


def payment_intent(identity: str, paid: Object, asked: Object, status: str, now: int) -> Object:
    """The money of a session. https://docs.stripe.com/api/payment_intents/object."""
    received = paid["amount_total"] if status == "succeeded" else 0
    return {
        "id": identity,
        "object": "payment_intent",
        "amount": paid["amount_total"],
        "amount_capturable": 0,
        "amount_received": received,
        "canceled_at": None,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": now,
        "currency": paid["currency"],
        "customer": None,
        "description": asked.get("description"),
        "latest_charge": identity.replace("pi_", "ch_", 1),
        "livemode": False,
        "metadata": asked.get("metadata", {}),
        "payment_method_types": ["card", "sepa_debit"],
        "status": status,
    }


def refund(identity: str, intent: Object, asked: Object, status: str, now: int) -> Object:
    """Money given back. https://docs.stripe.com/api/refunds/object."""
    return {
        "id": identity,
        "object": "refund",
        "amount": asked["amount"],
        "balance_transaction": None,
        "charge": intent["latest_charge"],
        "created": now,
        "currency": intent["currency"],
        "metadata": asked.get("metadata", {}),
        "payment_intent": intent["id"],
        "reason": asked.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


def event(identity: str, kind: str, about: Object, now: int, key: str | None) -> Object:
    """Something that happened, with the object as it was. https://docs.stripe.com/api/events/object."""
    return {
        "id": identity,
        "object": "event",
        "api_version": VERSION,
        "created": now,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": key},
        "type": kind,
    }


def listed(found: list[Object], url: str, limit: int) -> Object:
    """A page of a list. https://docs.stripe.com/api/pagination."""
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": url}
