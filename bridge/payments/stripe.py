"""Stripe Checkout: customers pay on Stripe's own page. https://docs.stripe.com/payments/checkout."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import requests
import stripe
from requests.auth import AuthBase

from bridge.core.errors import Fault, InvalidInput, NotPermitted, PermanentFault
from bridge.core.sockets import Asked, PaymentNews, RefundNews, Started
from bridge.payments.stripe_faults import no_answer_of_theirs, told
from bridge.payments.stripe_news import event_news, refund_news, session_news
from bridge.payments.stripe_session import session_parameters
from bridge.payments.stripe_units import Units

VERSION = "2026-05-27.dahlia"
"""The version of Stripe's API that all of this is written for. https://docs.stripe.com/api/versioning."""

TOLERANCE = 300
TIMEOUTS = (4.0, 12.0)

T = TypeVar("T")

# The library would keep an identifier of this machine in a file and tell Stripe of every request before.
stripe.enable_telemetry = False
# At lower levels it writes out what customers entered.
logging.getLogger("stripe").setLevel(logging.WARNING)


class StripeConfig(Protocol):
    """Keys, and where the API is."""

    @property
    def secret_key(self) -> str: ...
    @property
    def webhook_secret(self) -> str: ...
    @property
    def api_base(self) -> str: ...


class _KeyOfOurs(AuthBase):
    """Changes nothing; without an ``auth`` requests would let a ``.netrc`` of this machine replace the key."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Stripe:
    """Fills ``Payments``. References are Checkout Sessions, ``settled`` is a PaymentIntent.

    ``minor_digits`` are the decimals of our minor unit of a currency; ``retries``: how often the library repeats a request
    that Stripe does not answer. Raises ``InvalidInput`` without a secret key.
    """

    def __init__(self, config: StripeConfig, minor_digits: Callable[[str], int], *, retries: int = 1) -> None:
        if not config.secret_key:
            raise InvalidInput("Stripe is not set up: set stripe.secret_key.")
        self._config = config
        self._units = Units(minor_digits)
        self._session = requests.Session()
        self._session.auth = _KeyOfOurs()
        self._client = stripe.StripeClient(
            config.secret_key,
            stripe_version=VERSION,
            base_addresses={"api": config.api_base},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=TIMEOUTS, session=self._session),
        )

    def close(self) -> None:
        """Lets go of its connections; the next request makes new ones."""
        self._session.close()

    def check(self) -> str:
        """That Stripe accepts the key, and in which mode. A missing webhook secret is a ``PermanentFault``."""
        _plain(lambda: self._client.v1.checkout.sessions.list({"limit": 1}))
        if not self._config.webhook_secret:
            raise PermanentFault("Stripe accepts the key, but its webhooks cannot be verified: set stripe.webhook_secret.")
        mode = "live mode" if "_live_" in self._config.secret_key else "test mode: no real money moves"
        return f"Stripe accepts the key ({mode})."

    def start(self, asked: Asked, key: str) -> Started:
        """A Checkout Session; its own end comes half an hour after the order's, so ``end`` it when that has come."""
        parameters: Any = session_parameters(asked, self._units, datetime.now(UTC))
        options: Any = {"idempotency_key": _key_of(key, parameters)}
        session = _plain(lambda: self._client.v1.checkout.sessions.create(parameters, options))
        reference, url, ends = session.get("id"), session.get("url"), session.get("expires_at")
        if not isinstance(reference, str) or not isinstance(url, str):
            raise no_answer_of_theirs()
        return Started(reference, url, datetime.fromtimestamp(ends, UTC) if isinstance(ends, int) else None)

    def look(self, reference: str) -> PaymentNews:
        """The session, with its PaymentIntent."""
        session = _plain(lambda: self._client.v1.checkout.sessions.retrieve(reference, {"expand": ["payment_intent"]}))
        return _sure(session_news(session, self._units))

    def end(self, reference: str, key: str) -> PaymentNews:
        """Expires the session; one that was completed before is told as it stands."""
        try:
            session = _plain(lambda: self._client.v1.checkout.sessions.expire(reference, {}, {"idempotency_key": key}))
        except PermanentFault:
            # Stripe refuses to expire a session that is no longer open: then it has been paid for, or is over anyway.
            found = self.look(reference)
            if self._still_open(reference, found):
                raise
            return found
        return _sure(session_news(session, self._units))

    def refund(self, settled: str, amount: int, currency: str, key: str) -> RefundNews:
        """A refund of the PaymentIntent. One of the same key is found again also when Stripe has forgotten the key (24 h)."""
        parameters: Any = {"payment_intent": settled, "amount": self._units.to_stripe(amount, currency), "metadata": {"key": key}}
        made = self._refund_made(settled, key)
        if made is None:
            made = _plain(lambda: self._client.v1.refunds.create(parameters, {"idempotency_key": key}))
        elif made.get("amount") != parameters["amount"]:
            raise PermanentFault("A refund of another amount was asked of Stripe under the same key before: nothing was done.")
        return _sure(refund_news(made, self._units))

    def look_at_refund(self, reference: str) -> RefundNews:
        """The refund."""
        return _sure(refund_news(_plain(lambda: self._client.v1.refunds.retrieve(reference)), self._units))

    def parse(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[PaymentNews | RefundNews]:
        """The news in an event. Its signature may be 300 s old. https://docs.stripe.com/webhooks/signature."""
        header = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
        try:
            # Without a tolerance: the library would compare with a clock of its own.
            stripe.WebhookSignature.verify_header(body, header, self._config.webhook_secret)
            signed_at = next(int(value) for name, _, value in (part.partition("=") for part in header.split(",")) if name == "t")
        except (stripe.SignatureVerificationError, ValueError, TypeError, StopIteration):
            raise NotPermitted("This is not signed by Stripe with the secret of stripe.webhook_secret.") from None
        if signed_at < now.timestamp() - TOLERANCE:
            raise NotPermitted("This was signed too long ago: Stripe signs each delivery anew, so check this server's clock.")
        return event_news(body, self._units)

    def _refund_made(self, settled: str, key: str) -> dict[str, Any] | None:
        made = _plain(lambda: self._client.v1.refunds.list({"payment_intent": settled, "limit": 100})).get("data")
        rows = [row for row in made if isinstance(row, dict)] if isinstance(made, list) else []
        return next((row for row in rows if isinstance(row.get("metadata"), dict) and row["metadata"].get("key") == key), None)

    def _still_open(self, reference: str, found: PaymentNews) -> bool:
        if found.state != "open":
            return False
        session = _plain(lambda: self._client.v1.checkout.sessions.retrieve(reference))
        return bool(session.get("status") == "open")


def _key_of(key: str, parameters: dict[str, Any]) -> str:
    # An order that was prolonged since the answer to its first attempt was lost asks for something else under the same key, which
    # Stripe would refuse for a day. Nobody knows the address of the session that was lost, so a second one cannot be paid twice.
    return hashlib.sha256(json.dumps([key, parameters], sort_keys=True).encode()).hexdigest()


def _plain(ask: Callable[[], Any]) -> dict[str, Any]:
    """Stripe's answer as plain values. Raises ``TransientFault`` or ``PermanentFault``."""
    with told():
        answer: dict[str, Any] = ask().to_dict()
        return answer


def _sure(news: T | None) -> T:
    if news is None:
        failed: Fault = no_answer_of_theirs()
        raise failed
    return news
