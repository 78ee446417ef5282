"""The paths of Stripe's API that dropbridge uses. https://docs.stripe.com/api."""

import copy
import hmac
import json
from typing import Any

from werkzeug.wrappers import Request, Response

from bridge.payments.emulator import forms, objects
from bridge.payments.emulator.account import Account
from bridge.payments.emulator.forms import ANY, Shape, address, boolean, currency, email, integer, one_of, text
from bridge.payments.emulator.objects import Object
from bridge.payments.emulator.problems import ApiError

KEY_LASTS = 24 * 3600
_LOCALES = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh "
    "zh-HK zh-TW"
)
_PAGE: dict[str, Shape] = {"limit": integer, "starting_after": text, "ending_before": text, "expand": [text]}
_SESSION = {
    "mode": one_of("payment"),
    "line_items": [
        {
            "quantity": integer,
            "price_data": {"currency": currency, "unit_amount": integer, "product_data": {"name": text, "description": text}},
        }
    ],
    "client_reference_id": text,
    "metadata": ANY,
    "payment_intent_data": {"description": text, "metadata": ANY},
    "locale": one_of(*_LOCALES.split()),
    "success_url": address,
    "cancel_url": address,
    "customer_email": email,
    "expires_at": integer,
    "adaptive_pricing": {"enabled": boolean},
    "expand": [text],
}
_REFUND = {
    "payment_intent": text,
    "amount": integer,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
    "metadata": ANY,
    "expand": [text],
}

Pairs = list[tuple[str, str]]


class Api:
    """Answers below ``/v1``."""

    def __init__(self, account: Account, secret_key: str) -> None:
        self._account, self._secret_key = account, secret_key
        self._keys: dict[str, tuple[Any, int, Object, int]] = {}

    def answer(self, request: Request) -> Response:
        """One request, alone with the account."""
        pairs = list(request.args.items(multi=True)) + list(request.form.items(multi=True))
        with self._account.lock:
            try:
                self._admit(request)
                status, body, replayed = self._once(request, pairs)
            except ApiError as error:
                status, body, replayed = error.status, error.body, False
            written = json.dumps(body)
        response = Response(written, status, content_type="application/json")
        response.headers["Request-Id"] = "req_emulated"
        response.headers["Stripe-Version"] = objects.VERSION
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _admit(self, request: Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise ApiError("You did not provide an API key.", status=401)
        if not hmac.compare_digest(key.encode(), self._secret_key.encode()):
            raise ApiError(f"Invalid API Key provided: {key[:8]}****{key[-4:]}", status=401)
        version = request.headers.get("Stripe-Version", objects.VERSION)
        if version != objects.VERSION:
            raise ApiError(f"Invalid Stripe API version: {version}. This emulator speaks {objects.VERSION}.")
        if request.method == "POST" and request.content_length and request.mimetype != "application/x-www-form-urlencoded":
            raise ApiError("Invalid request: bodies are forms (application/x-www-form-urlencoded).")

    def _once(self, request: Request, pairs: Pairs) -> tuple[int, Object, bool]:
        """The answer; that of the first time for a key that was there before. https://docs.stripe.com/api/idempotent_requests."""
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        if len(key) > 255:
            raise ApiError("The idempotency key is longer than 255 characters.")
        now, asked = self._account.now(), (request.path, sorted(pairs))
        self._keys = {name: kept for name, kept in self._keys.items() if kept[3] > now - KEY_LASTS}
        if key in self._keys:
            first, status, body, _ = self._keys[key]
            if first != asked:
                text = "Keys for idempotent requests can only be used with the same parameters they were first used with."
                raise ApiError(f"{text} Try using a key other than '{key}'.", kind="idempotency_error")
            return status, body, True
        status, body, kept = self._done(request, pairs, key)
        if key and kept:
            self._keys[key] = (asked, status, copy.deepcopy(body), now)
        return status, body, False

    def _done(self, request: Request, pairs: Pairs, key: str) -> tuple[int, Object, bool]:
        self._account.request_key = key or None
        try:
            return 200, self._act(request.method, request.path.removeprefix("/v1/").split("/"), pairs), True
        except ApiError as error:
            return error.status, error.body, error.kept
        finally:
            self._account.request_key = None

    def _act(self, method: str, path: list[str], pairs: Pairs) -> Object:
        account = self._account
        match method, path:
            case "POST", ["checkout", "sessions"]:
                return account.open_session(forms.read(pairs, _SESSION, ("line_items", "mode", "success_url")))
            case "GET", ["checkout", "sessions"]:
                shape = {**_PAGE, "payment_intent": text, "status": text}
                return self._list(pairs, shape, [account.session(name) for name in account.sessions], "/v1/checkout/sessions")
            case "GET", ["checkout", "sessions", identity]:
                return self._expanded(account.session(identity), pairs)
            case "POST", ["checkout", "sessions", identity, "expire"]:
                forms.read(pairs, {"expand": [text]})
                return account.expire(identity)
            case "GET", ["payment_intents", identity]:
                forms.read(pairs, {"expand": [text]})
                return account.intent(identity)
            case "POST", ["refunds"]:
                return account.give_back(forms.read(pairs, _REFUND, ("payment_intent",)))
            case "GET", ["refunds"]:
                return self._list(pairs, {**_PAGE, "payment_intent": text}, list(account.refunds.values()), "/v1/refunds")
            case "GET", ["refunds", identity]:
                forms.read(pairs, {"expand": [text]})
                return account.refund(identity)
            case "GET", ["events"]:
                return self._list(pairs, {**_PAGE, "type": text}, account.events, "/v1/events")
        raise ApiError(f"Unrecognized request URL ({method}: /v1/{'/'.join(path)}).", status=404)

    def _expanded(self, found: Object, pairs: Pairs) -> Object:
        intent = self._account.intents.get(found["payment_intent"] or "")
        asked = forms.read(pairs, {"expand": [text]})
        return {**found, "payment_intent": intent} if intent and "payment_intent" in asked.get("expand", []) else found

    @staticmethod
    def _list(pairs: Pairs, shape: dict[str, Shape], rows: list[Object], url: str) -> Object:
        """The newest first, those that have the values asked for."""
        asked = forms.read(pairs, shape)
        limit = asked.pop("limit", 10)
        after = asked.pop("starting_after", None)
        if not 1 <= limit <= 100:
            raise ApiError("Invalid integer: limit has to be between 1 and 100", param="limit")
        found = [row for row in reversed(rows) if all(row.get(name) == value for name, value in asked.items())]
        if after is not None:
            found = found[next((n + 1 for n, row in enumerate(found) if row["id"] == after), len(found)) :]
        return objects.listed(found, url, limit)
