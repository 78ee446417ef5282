"""Buyers as browsers with scripts are: a slot's page, a hold, an order; so many at a time, each from an address of its own."""

import json
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from benchmarks.measuring import Samples
from benchmarks.wire import Answer, Reader, Request, connect

SKU = "BOX"
SOLD_OUT = 409


@dataclass(slots=True)
class Race:
    """What became of all buyers. ``checkout`` are seconds from a buyer's first request to their order.

    ``odd`` are answers that nobody should see.
    """

    orders: list[str] = field(default_factory=list)
    refused: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    checkout: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Orders per second of the whole race, refused buyers' share of it included."""
        return len(self.orders) / self.seconds if self.seconds else 0.0

    def times(self) -> Samples:
        """How long checkouts took."""
        return Samples(self.checkout)


class _Buyer:
    """One connection, on which one buyer after the other does all that they do."""

    def __init__(self, port: int, queue: Iterator[tuple[int, str]], race: Race) -> None:
        self._queue, self._race, self._port = queue, race, port
        self.socket: socket.socket = connect(port, 120)
        self.reader = Reader()
        self._sent = b""
        self._step, self._number, self._slot = "", 0, ""
        self._begun = self._asked = 0.0

    def next_buyer(self) -> bool:
        """Lets the next one in; False when there is none."""
        found = next(self._queue, None)
        if found is None:
            return False
        self._number, self._slot = found
        self._begun = time.perf_counter()
        self._send("page", "GET", f"/slots/{self._slot}")
        return True

    def _send(self, step: str, method: str, path: str, content_type: str = "", body: bytes = b"") -> None:
        headers = {
            "X-Forwarded-For": f"10.{self._number >> 16 & 255}.{self._number >> 8 & 255}.{self._number & 255}",
            "Accept-Encoding": "gzip",
            "Accept-Language": "en",
            "Sec-Fetch-Site": "same-origin" if method == "POST" else "none",
        }
        if content_type:
            headers["Content-Type"] = content_type
        self._step, self._sent, self._asked = step, Request(method, path, headers, body).octets(), time.perf_counter()
        self.socket.sendall(self._sent)

    def again(self) -> None:
        """Connects anew and repeats the request, as browsers do when a server ends a kept-alive connection."""
        self.socket.close()
        self.socket, self.reader = connect(self._port, 120), Reader()
        self.socket.sendall(self._sent)

    def heard(self, answer: Answer) -> bool:
        """Goes on; False when nobody is left to buy."""
        self._race.steps.setdefault(self._step, []).append(time.perf_counter() - self._asked)
        if self._step == "page" and answer.status == 200:
            wish = json.dumps({"units": {SKU: 1}, "places": 0}).encode()
            self._send("hold", "POST", f"/slots/{self._slot}/hold", "application/json", wish)
            return True
        if self._step == "hold" and answer.status == 201:
            fields = {f"units:{SKU}": "1", "places": "", "email": f"buyer{self._number}@example.org", "name": f"Buyer {self._number}"}
            fields |= {"method": "at_pickup", "way": "pickup", "hold": json.loads(answer.body)["hold"]}
            form = urlencode(fields).encode()
            self._send("order", "POST", f"/slots/{self._slot}/order", "application/x-www-form-urlencoded", form)
            return True
        self._ended(answer)
        return self.next_buyer()

    def _ended(self, answer: Answer) -> None:
        if self._step == "order" and answer.status == 303:
            self._race.checkout.append(time.perf_counter() - self._begun)
            self._race.orders.append(answer.headers["location"])
        elif self._step == "hold" and answer.status == SOLD_OUT:
            self._race.refused += 1
        else:
            self._race.odd[f"{self._step}: {answer.status}"] += 1


def race(port: int, slots: Sequence[str], buyers: int, at_a_time: int) -> Race:
    """``buyers`` in turn on ``slots``, ``at_a_time`` under way."""
    ran = Race()
    queue = iter([(number + 1, slots[number % len(slots)]) for number in range(buyers)])
    crowd = [_Buyer(port, queue, ran) for _ in range(min(at_a_time, buyers))]
    with selectors.DefaultSelector() as selector:
        for buyer in crowd:
            selector.register(buyer.socket, selectors.EVENT_READ, buyer)
        begun = time.perf_counter()
        under_way = sum(buyer.next_buyer() for buyer in crowd)
        while under_way:
            for key, _ in selector.select():
                under_way -= _turn(selector, key.data)
        ran.seconds = time.perf_counter() - begun
    for buyer in crowd:
        buyer.socket.close()
    return ran


def _turn(selector: selectors.BaseSelector, buyer: _Buyer) -> int:
    """Reads what is there and goes on; 1 when this connection has come to rest."""
    try:
        data = buyer.socket.recv(1 << 20)
    except ConnectionResetError:
        data = b""
    if not data:
        selector.unregister(buyer.socket)
        buyer.again()
        selector.register(buyer.socket, selectors.EVENT_READ, buyer)
        return 0
    answer = buyer.reader.feed(data)
    return 0 if answer is None or buyer.heard(answer) else 1
