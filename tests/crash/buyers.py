"""Customers who order while the server is killed: by the pages' own addresses, paying at pickup or at a simulated provider."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from bridge.payments.fake import FakePayments
from tests.crash.devices import LOST


def now() -> datetime:
    """The wall clock, which servers under test go by too."""
    return datetime.now(UTC)


FORM = "application/x-www-form-urlencoded"


@dataclass
class Told:
    """What customers were told: orders acknowledged by their secret, and who was told that all is gone."""

    orders: list[str] = field(default_factory=list)
    sold_out: int = 0
    odd: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Buyers:
    """So many at once, each beginning anew until ``stop``; a lost connection is waited out."""

    def __init__(self, port: int, slot: str, crowd: int) -> None:
        self.told = Told()
        self._port, self._slot = port, slot
        self._stopping = threading.Event()
        self._numbers = iter(range(1, 1_000_000))
        self._threads = [threading.Thread(target=self._buy_on) for _ in range(crowd)]

    def begin(self) -> None:
        """All of them at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Each comes to the end of what it is doing."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _buy_on(self) -> None:
        while not self._stopping.is_set():
            try:
                self._buy(next(self._numbers))
            except LOST:
                time.sleep(0.1)

    def _buy(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"X-Forwarded-For": f"10.0.{number // 250 % 250}.{number % 250}"}
        try:
            held = self._ask(connection, f"/slots/{self._slot}/hold", json.dumps({"units": {"LOAF": 1}}), "application/json", headers)
            if held[0] == 409:
                self._count_sold_out()
                return
            if held[0] != 201:
                self._remember_odd("hold", held)
                return
            fields = {"units:LOAF": "1", "email": f"b{number}@example.org", "name": "Cleo", "way": "pickup"}
            fields |= {"method": random.choice(("at_pickup", "fake")), "hold": json.loads(held[1])["hold"]}
            placed = self._ask(connection, f"/slots/{self._slot}/order", urlencode(fields), FORM, headers)
            if placed[0] == 303:
                with self.told.lock:
                    self.told.orders.append(placed[2].partition("/orders/")[2].partition("?")[0])
            elif placed[0] == 409:
                self._count_sold_out()
            else:
                self._remember_odd("order", placed)
        finally:
            connection.close()

    @staticmethod
    def _ask(connection: http.client.HTTPConnection, path: str, body: str, kind: str, headers: dict[str, str]) -> tuple[int, str, str]:
        connection.request("POST", path, body, {**headers, "Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")

    def _count_sold_out(self) -> None:
        with self.told.lock:
            self.told.sold_out += 1
        time.sleep(0.05)

    def _remember_odd(self, step: str, answer: tuple[int, str, str]) -> None:
        # While the database or a worker comes back there may be a plain "try again"; nothing else.
        if answer[0] != 503:
            with self.told.lock:
                self.told.odd.append(f"{step}: {answer[0]} {answer[1][:200]}")


def deliver(provider: FakePayments, port: int) -> None:
    """The provider tells the server all it knows."""
    for headers, body in provider.messages(now()):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/hooks/payments/fake", body, {**headers, "Content-Type": "application/json"})
        assert connection.getresponse().status == 204
        connection.close()
