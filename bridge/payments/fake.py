"""A little payment provider that is real: it keeps payments and refunds, takes and returns money, and can be in trouble.

Its state is one JSON file, so that all processes share it; without a file it lives in memory.
"""

import fcntl
import hmac
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from bridge.core.errors import InvalidInput, NotPermitted, PermanentFault, Unreachable
from bridge.core.sockets import Asked, PaymentNews, RefundNews, Started

TROUBLES = {"", "down", "declines", "late", "refused", "slow"}
SIGNATURE = "Fake-Signature"
TOLERANCE = 300
LASTS = timedelta(hours=24)

Signed = tuple[dict[str, str], bytes]
State = dict[str, Any]


class FakePayments:
    """Fills ``Payments``.

    ``behave`` puts it in trouble: ``down`` (answers nothing), ``declines`` (takes no money), ``late`` (takes money even
    after a payment was ended), ``refused`` (gives nothing back), ``slow`` (money takes until ``settle``, as a bank debit's does);
    ``delay`` are seconds before each answer.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory = _fresh()

    def check(self) -> str:
        """How many payments it knows."""
        with self._asked() as state:
            return f"A simulated payment provider with {len(state['payments'])} payments: no real money moves."

    def start(self, asked: Asked, key: str) -> Started:
        """A payment that waits for ``pay``."""
        if asked.amount <= 0:
            raise PermanentFault("There is nothing to be paid for this order.")
        with self._asked() as state:
            particulars = [asked.order, asked.amount, asked.currency, asked.expires_at.isoformat()]
            reference = _once(state, f"{key} {particulars}", particulars, f"pay_{len(state['payments']) + 1}")
            new = {"state": "open", "amount": asked.amount, "currency": asked.currency, "settled": "", "ends": _later(asked.expires_at)}
            payment = state["payments"].setdefault(reference, new)
            return Started(reference, f"https://pay.invalid/{reference}", datetime.fromisoformat(payment["ends"]))

    def look(self, reference: str) -> PaymentNews:
        """How a payment stands."""
        with self._asked() as state:
            return _payment_news(state, reference)

    def end(self, reference: str, key: str) -> PaymentNews:
        """Ends an open one."""
        with self._asked() as state:
            if _payment(state, reference)["state"] == "open":
                _step(state, reference, "ended")
            return _payment_news(state, reference)

    def refund(self, settled: str, amount: int, currency: str, key: str) -> RefundNews:
        """Gives back at most what came in, at once."""
        with self._asked() as state:
            reference = _once(state, key, [settled, amount, currency], f"refund_{len(state['refunds']) + 1}")
            if reference not in state["refunds"]:
                _check_refund(state, settled, amount, currency)
                failed = state["trouble"] == "refused"
                state["refunds"][reference] = {"state": "failed" if failed else "done", "amount": amount, "settled": settled}
                state["messages"].append(asdict(_refund_news(state, reference)))
            return _refund_news(state, reference)

    def look_at_refund(self, reference: str) -> RefundNews:
        """How a refund stands."""
        with self._asked() as state:
            return _refund_news(state, reference)

    def parse(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[PaymentNews | RefundNews]:
        """One of ``messages``."""
        header = next((value for name, value in headers.items() if name.lower() == SIGNATURE.lower()), "")
        at, _, signature = header.partition(".")
        with self._opened() as state:
            right = _signature(state, at, body)
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), right.encode()):
            raise NotPermitted("This is not signed by the simulated payment provider.")
        if int(at) < now.timestamp() - TOLERANCE:
            raise NotPermitted("This was signed too long ago.")
        told = json.loads(body)
        return [RefundNews(**told)] if told["reference"].startswith("refund_") else [PaymentNews(**told)]

    def pay(self, reference: str) -> bool:
        """The customer pays; whether the money was taken."""
        with self._opened() as state:
            payable = {"open", "ended"} if state["trouble"] == "late" else {"open"}
            if state["trouble"] == "declines" or _payment(state, reference)["state"] not in payable:
                return False
            if state["trouble"] == "slow":
                _step(state, reference, "clearing")
            else:
                _take(state, reference)
            return True

    def settle(self, reference: str, *, paid: bool) -> bool:
        """What becomes of a payment that was made slowly; whether it was."""
        with self._opened() as state:
            if _payment(state, reference)["state"] != "clearing":
                return False
            if paid:
                _take(state, reference)
            else:
                _step(state, reference, "ended")
            return True

    def messages(self, now: datetime) -> list[Signed]:
        """What it has to tell, each signed at ``now``; all of it again at every call, as a provider would that heard no answer."""
        with self._opened() as state:
            bodies = [json.dumps({**told, "message_id": f"event_{n}"}).encode() for n, told in enumerate(state["messages"], 1)]
            return [self._signed(state, body, now) for body in bodies]

    def behave(self, trouble: str = "", *, delay: float = 0.0) -> None:
        """From now on it is in this trouble, and slow by ``delay``. Raises ``InvalidInput``."""
        if trouble not in TROUBLES:
            raise InvalidInput(f"The troubles of simulated payments are {', '.join(sorted(TROUBLES - {''}))}.")
        with self._opened() as state:
            state |= {"trouble": trouble, "delay": delay}

    @staticmethod
    def _signed(state: State, body: bytes, now: datetime) -> Signed:
        at = str(int(now.timestamp()))
        return {SIGNATURE: f"{at}.{_signature(state, at, body)}"}, body

    @contextmanager
    def _asked(self) -> Iterator[State]:
        """The state for who asks from outside, who may meet trouble."""
        with self._opened() as state:
            time.sleep(float(state["delay"]))
            if state["trouble"] == "down":
                raise Unreachable("The simulated payment provider is switched off.")
            yield state

    @contextmanager
    def _opened(self) -> Iterator[State]:
        """The state, alone with it; kept on a clean exit."""
        if self._path is None:
            yield self._memory
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else _fresh()
            yield state
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps(state), encoding="utf-8")
            beside.replace(self._path)


def _fresh() -> State:
    kept: State = {"payments": {}, "refunds": {}, "keys": {}, "messages": []}
    return {**kept, "secret": secrets.token_hex(16), "trouble": "", "delay": 0.0}


def _later(moment: datetime) -> str:
    return (moment + LASTS).astimezone(UTC).isoformat()


def _once(state: State, key: str, arguments: list[Any], new: str) -> str:
    """The name of what was made under ``key``; ``new`` when nothing was."""
    known = state["keys"].setdefault(key, [arguments, new])
    if known[0] != arguments:
        raise PermanentFault("The same was asked with other particulars before: nothing was done.")
    return str(known[1])


def _payment(state: State, reference: str) -> State:
    found: State | None = state["payments"].get(reference)
    if found is None:
        raise PermanentFault("The simulated payment provider knows no such payment.")
    return found


def _payment_news(state: State, reference: str) -> PaymentNews:
    payment = _payment(state, reference)
    return PaymentNews(reference, payment["state"], payment["amount"], payment["currency"], payment["settled"])


def _refund_news(state: State, reference: str) -> RefundNews:
    refund = state["refunds"].get(reference)
    if refund is None:
        raise PermanentFault("The simulated payment provider knows no such refund.")
    failure = "The customer's bank declined it. Give it back in another way." if refund["state"] == "failed" else ""
    return RefundNews(reference, refund["state"], failure, amount=refund["amount"], settled=refund["settled"])


def _take(state: State, reference: str) -> None:
    _payment(state, reference)["settled"] = f"money_{reference}"
    _step(state, reference, "paid")


def _step(state: State, reference: str, step: Literal["clearing", "paid", "ended"]) -> None:
    _payment(state, reference)["state"] = step
    state["messages"].append(asdict(_payment_news(state, reference)))


def _check_refund(state: State, settled: str, amount: int, currency: str) -> None:
    payment = next((one for one in state["payments"].values() if one["settled"] == settled), None) if settled else None
    if payment is None or payment["currency"] != currency:
        raise PermanentFault("The simulated payment provider knows no such money.")
    back = sum(refund["amount"] for refund in state["refunds"].values() if refund["settled"] == settled and refund["state"] != "failed")
    if not 0 < amount <= payment["amount"] - back:
        raise PermanentFault(f"Only {payment['amount'] - back} of this payment can still be given back.")


def _signature(state: State, at: str, body: bytes) -> str:
    return hmac.new(state["secret"].encode(), f"{at}.".encode("utf-8", "replace") + body, "sha256").hexdigest()
