"""Webhooks on their way: signed, repeated until they are taken, and on demand held back, doubled, turned round or late."""

import hmac
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import requests

from bridge.payments.emulator.objects import Object

ATTEMPTS = 5
ANSWER_WITHIN = 10.0


def signature(body: bytes, secret: str, at: int) -> str:
    """The value of ``Stripe-Signature``. https://docs.stripe.com/webhooks/signature."""
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, 'sha256').hexdigest()}"


class Delivery:
    """One endpoint, served by one thread. ``retry`` is the wait before the second attempt in seconds, doubled for each further one."""

    def __init__(self, secret: str, url: str, now: Callable[[], int]) -> None:
        self._secret, self.url, self._now = secret, url, now
        self.hold, self.times, self.retry = False, 1, 1.0
        self.attempts: list[dict[str, Any]] = []
        self._held: list[Object] = []
        self._waiting: deque[tuple[Object, int]] = deque()
        self._changed = threading.Condition()
        self._busy = 0
        threading.Thread(target=self._work, name="webhooks", daemon=True).start()

    def send(self, event: Object) -> None:
        """Takes an event over, to be delivered at once or held."""
        with self._changed:
            if self.hold:
                self._held.append(event)
            else:
                self._enqueue([event] * self.times)

    def release(self, order: str, times: int) -> int:
        """Delivers what was held, in the ``given`` order or ``reversed``; how many events that were."""
        with self._changed:
            held, self._held = self._held, []
            events = held if order == "given" else held[::-1]
            self._enqueue([event for event in events for _ in range(times)])
            return len(held)

    def quiet(self, within: float = ANSWER_WITHIN) -> bool:
        """Waits until nothing is on its way any more."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, within)

    def _enqueue(self, events: Iterable[Object]) -> None:
        if self.url:
            self._waiting.extend((event, 1) for event in events)
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                event, attempt = self._waiting.popleft()
                self._busy += 1
            taken = self._deliver(event)
            again = not taken and attempt < ATTEMPTS
            if again:
                time.sleep(self.retry * 2 ** (attempt - 1))
            with self._changed:
                self._busy -= 1
                if again:
                    self._waiting.append((event, attempt + 1))
                self._changed.notify_all()

    def _deliver(self, event: Object) -> bool:
        body = json.dumps(event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(body, self._secret, self._now()),
        }
        try:
            status = requests.post(self.url, body, headers=headers, timeout=ANSWER_WITHIN, allow_redirects=False).status_code
        except requests.RequestException:
            status = 0
        self.attempts.append({"event": event["id"], "type": event["type"], "status": status})
        return 200 <= status < 300
