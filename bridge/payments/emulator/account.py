"""The one account that the emulator has: its sessions, money and refunds, and what may become of them."""

import copy
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from bridge.payments.emulator import objects
from bridge.payments.emulator.objects import Object
from bridge.payments.emulator.problems import ApiError, missing

SHORTEST, LONGEST = 30 * 60, 24 * 3600
SMALLEST = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50, "jpy": 50}
STEPS = {**dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 10), "isk": 100, "ugx": 100}


class Account:
    """All state, under one lock that every caller takes as ``lock``; ``happened`` is called with each new event."""

    def __init__(self, base_url: str) -> None:
        self.happened: Callable[[Object], None] = lambda _event: None
        self.lock = threading.RLock()
        self.base_url = base_url
        self.sessions: dict[str, Object] = {}
        self.intents: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.events: list[Object] = []
        self.items: dict[str, list[Object]] = {}
        self.ahead = 0
        self.next_refund = "succeeded"
        self.request_key: str | None = None
        self._intended: dict[str, Object] = {}

    def now(self) -> int:
        """The account's clock, in seconds."""
        return int(time.time()) + self.ahead

    def open_session(self, asked: Object) -> Object:
        """A new Checkout Session."""
        now = self.now()
        ends = asked.get("expires_at", now + LONGEST)
        if ends < now + SHORTEST:
            text = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
            raise ApiError(text, param="expires_at", kept=True)
        if ends > now + LONGEST:
            text = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
            raise ApiError(text, param="expires_at", kept=True)
        total = _total(asked["line_items"])
        identity = _name("cs_test_a1")
        made = objects.session(identity, asked, total, now, f"{self.base_url}/c/pay/{identity}")
        self.sessions[identity] = made
        self.items[identity] = asked["line_items"]
        self._intended[identity] = asked.get("payment_intent_data", {})
        return made

    def session(self, identity: str) -> Object:
        """A session as it is now: time ends it too."""
        found = self.sessions.get(identity)
        if found is None:
            raise missing("checkout.session", identity)
        if found["status"] == "open" and found["expires_at"] <= self.now():
            self._expired(found)
        return found

    def expire(self, identity: str) -> Object:
        """Ends an open one."""
        found = self.session(identity)
        if found["status"] != "open":
            text = 'Only Checkout Sessions with a status in ["open"] can be expired.'
            raise ApiError(f"{text} This Checkout Session has a status of {found['status']}.", kept=True)
        self._expired(found)
        return found

    def pay(self, identity: str, *, slowly: bool = False) -> bool:
        """The customer pays, by card or ``slowly`` by a bank debit; False when the session takes no money any more."""
        found = self.session(identity)
        if found["status"] != "open":
            return False
        status = "processing" if slowly else "succeeded"
        intent = objects.payment_intent(_name("pi_3"), found, self._intended[identity], status, self.now())
        self.intents[intent["id"]] = intent
        payment = "unpaid" if slowly else "paid"
        found |= {"status": "complete", "payment_status": payment, "payment_intent": intent["id"], "url": None}
        self.tell("checkout.session.completed", found)
        return True

    def settle(self, identity: str, *, paid: bool) -> None:
        """A bank debit comes through, or does not."""
        found = self.session(identity)
        intent = self.intents.get(found["payment_intent"] or "")
        if intent is None or intent["status"] != "processing":
            raise ApiError("This session waits for no bank debit.")
        if paid:
            intent |= {"status": "succeeded", "amount_received": intent["amount"]}
            found["payment_status"] = "paid"
        else:
            intent["status"] = "requires_payment_method"
        self.tell("checkout.session.async_payment_succeeded" if paid else "checkout.session.async_payment_failed", found)

    def intent(self, identity: str) -> Object:
        """A PaymentIntent."""
        found = self.intents.get(identity)
        if found is None:
            raise missing("payment_intent", identity)
        return found

    def give_back(self, asked: Object) -> Object:
        """A refund, of all that is left when no amount is named."""
        intent = self.intent(asked["payment_intent"])
        left = intent["amount_received"] - self._given_back(intent)
        if intent["status"] != "succeeded":
            text = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise ApiError(text, param="payment_intent", kept=True)
        if left == 0:
            text = f"Charge {intent['latest_charge']} has already been refunded."
            raise ApiError(text, code="charge_already_refunded", kept=True)
        amount = asked.setdefault("amount", left)
        if amount < 1:
            raise ApiError("This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount")
        if amount > left:
            raise ApiError(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount", kept=True)
        made = objects.refund(_name("re_3"), intent, asked, self.next_refund, self.now())
        self.next_refund = "succeeded"
        self.refunds[made["id"]] = made
        self.tell("refund.created", made)
        self._refund_changed(made)
        return made

    def refund(self, identity: str) -> Object:
        """A refund."""
        found = self.refunds.get(identity)
        if found is None:
            raise missing("refund", identity)
        return found

    def decide_refund(self, identity: str, status: str) -> None:
        """A refund goes on: banks may also refuse one that had succeeded."""
        found = self.refund(identity)
        found["status"] = status
        if status == "failed":
            found["failure_reason"] = "expired_or_canceled_card"
        self._refund_changed(found)

    def tell(self, kind: str, about: Object) -> None:
        """Notes an event, with the object as it is now."""
        made = objects.event(_name("evt_1"), kind, copy.deepcopy(about), self.now(), self.request_key)
        self.events.append(made)
        self.happened(made)

    def _refund_changed(self, made: Object) -> None:
        self.tell("refund.failed" if made["status"] == "failed" else "refund.updated", made)
        self.tell("charge.refund.updated", made)

    def _expired(self, found: Object) -> None:
        found |= {"status": "expired", "url": None}
        self.tell("checkout.session.expired", found)

    def _given_back(self, intent: Object) -> int:
        of_this = [one for one in self.refunds.values() if one["payment_intent"] == intent["id"]]
        return sum(int(one["amount"]) for one in of_this if one["status"] not in {"failed", "canceled"})


def _total(lines: list[dict[str, Any]]) -> int:
    if not 0 < len(lines) <= 100:
        raise ApiError("In `payment` mode, there has to be at least one and there may be at most 100 line items.", param="line_items")
    for n, line in enumerate(lines):
        _check_line(line, f"line_items[{n}]")
    currencies = {line["price_data"]["currency"] for line in lines}
    if len(currencies) > 1:
        raise ApiError("All line items have to be in the same currency.", param="line_items")
    currency = currencies.pop()
    total = sum(int(line["quantity"] * line["price_data"]["unit_amount"]) for line in lines)
    if total < SMALLEST.get(currency, 1):
        text = f"The Checkout Session's total amount due must add up to at least {SMALLEST.get(currency, 1)} {currency} (in minor units)."
        raise ApiError(text, code="amount_too_small", kept=True)
    return total


def _check_line(line: dict[str, Any], name: str) -> None:
    price = line.get("price_data", {})
    for part, where in (("currency", price), ("unit_amount", price), ("product_data", price), ("name", price.get("product_data", {}))):
        if part not in where:
            raise ApiError(f"Missing required param: {name}[price_data][{part}].", code="parameter_missing", param=f"{name}[price_data]")
    if line.get("quantity", 0) < 1 or price["unit_amount"] < 0:
        raise ApiError("This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=f"{name}[quantity]")
    if price["unit_amount"] % STEPS.get(price["currency"], 1):
        text = f"Invalid amount: amounts in {price['currency']} have to be divisible by {STEPS[price['currency']]}."
        raise ApiError(text, param=f"{name}[price_data][unit_amount]")


def _name(prefix: str) -> str:
    return prefix + secrets.token_hex(12)
