"""Many clients at once: a few processes, each driving its share of kept-alive connections as fast as they are answered."""

import multiprocessing
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

from benchmarks.wire import Answer, Reader, connect


@dataclass(frozen=True, slots=True)
class Plan:
    """What one client sends: its requests in turn, from the start again when ``again``.

    With ``conditional`` it remembers the ETag it was given and asks for changes only (If-None-Match).
    """

    requests: Sequence[bytes]
    again: bool = True
    conditional: bool = False


@dataclass(slots=True)
class Tally:
    """What came back: answers by status, octets of bodies, and the seconds it took."""

    statuses: Counter[int] = field(default_factory=Counter)
    octets: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.statuses.total() / self.seconds if self.seconds else 0.0

    def add(self, other: "Tally") -> None:
        """Takes in what another process saw in the same time."""
        self.statuses.update(other.statuses)
        self.octets += other.octets
        self.seconds = max(self.seconds, other.seconds)


def swarm(port: int, plans: Sequence[Plan], seconds: float, processes: int) -> Tally:
    """Runs all plans at once, asking nothing new after ``seconds`` and waiting for what is under way."""
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(processes)
    heard = context.SimpleQueue()
    shares = [context.Process(target=_report, args=(heard, ready, port, plans[n::processes], seconds)) for n in range(processes)]
    for share in shares:
        share.start()
    total = Tally()
    for _ in shares:
        tally = heard.get()
        if isinstance(tally, Exception):
            raise tally
        total.add(tally)
    for share in shares:
        share.join()
    return total


def _report(heard: "SimpleQueue[Tally | Exception]", ready: Barrier, port: int, plans: Sequence[Plan], seconds: float) -> None:
    try:
        heard.put(_drive(ready, port, plans, seconds))
    except Exception as error:  # noqa: BLE001 - told to the one who waits
        ready.abort()
        heard.put(error)


class _Client:
    """One connection and where it is in its plan."""

    def __init__(self, port: int, plan: Plan) -> None:
        self.socket: socket.socket = connect(port, 600)
        self.reader = Reader()
        self._port = port
        self._plan = plan
        self._next = 0
        self._etag = b""
        self._sent = b""

    def send(self) -> bool:
        """Sends the next request; False when the plan is at its end."""
        if self._next >= len(self._plan.requests):
            if not self._plan.again:
                return False
            self._next = 0
        octets = self._plan.requests[self._next]
        self._next += 1
        if self._etag:
            octets = octets.replace(b"\r\n\r\n", b"\r\nIf-None-Match: " + self._etag + b"\r\n\r\n", 1)
        self._sent = octets
        self.socket.sendall(octets)
        return True

    def again(self) -> None:
        """Connects anew and repeats the request, as clients do when a server ends a kept-alive connection."""
        self.socket.close()
        self.socket, self.reader = connect(self._port, 600), Reader()
        self.socket.sendall(self._sent)

    def heard(self, answer: Answer) -> None:
        """Takes note of the ETag."""
        if self._plan.conditional and answer.status == 200:
            self._etag = answer.headers.get("etag", "").encode()


def _drive(ready: Barrier, port: int, plans: Sequence[Plan], seconds: float) -> Tally:
    tally = Tally()
    clients = [_Client(port, plan) for plan in plans]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        ready.wait()
        begun = time.perf_counter()
        under_way = sum(client.send() for client in clients)
        while under_way:
            for key, _ in selector.select():
                under_way -= _turn(selector, key.data, tally, time.perf_counter() - begun < seconds)
        tally.seconds = time.perf_counter() - begun
    for client in clients:
        client.socket.close()
    return tally


def _turn(selector: selectors.BaseSelector, client: _Client, tally: Tally, go_on: bool) -> int:
    """Reads what is there and asks again; 1 when this client has come to rest."""
    try:
        data = client.socket.recv(1 << 20)
    except ConnectionResetError:
        data = b""
    if not data:
        selector.unregister(client.socket)
        client.again()
        selector.register(client.socket, selectors.EVENT_READ, client)
        return 0
    answer = client.reader.feed(data)
    if answer is None:
        return 0
    tally.statuses[answer.status] += 1
    tally.octets += len(answer.body)
    client.heard(answer)
    return 0 if go_on and client.send() else 1
