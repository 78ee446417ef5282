"""A server under measurement: where its calendar is, how to sign in, and how its members are called."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import dav
from benchmarks.slots import Season, uid
from benchmarks.wire import Answer, Connection, Request

STARTING = 60.0
ENDING = 20.0


@dataclass
class Target:
    """One server with its calendar loaded. ``conditional_feed``: whether it has a 304 for its feed.

    ``token`` is for the push API, where there is one; ``pid`` the process that started all others of the server.
    """

    name: str
    port: int
    calendar: str
    feed: str
    authorization: str
    season: Season
    feed_authorization: str = ""
    conditional_feed: bool = True
    token: str = ""
    pid: int = 0
    hrefs: dict[int, str] = field(default_factory=dict)
    feed_etag: str = ""
    connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = Connection(self.port)

    def ask(self, request: Request) -> Answer:
        """Asks on the one kept-alive connection."""
        return self.connection.ask(request)

    def learn_names(self) -> None:
        """Asks the server how each event is called. Raises ``Unexpected`` unless all are there."""
        seen = dav.members(dav.expect(self.ask(dav.listing(self.calendar, self.authorization)), 207))
        self.hrefs = {index: f"{self.calendar}{uid(index)}.ics" for index in range(self.season.size)}
        if set(seen) != set(self.hrefs.values()):
            raise dav.Unexpected(f"{self.name} lists {len(seen)} members, the first {seen[:2]}; wanted {self.season.size}")

    def put(self, index: int, mark: str) -> Request:
        """A PUT of event ``index`` with ``mark`` in its notes; events never seen before get a name of their own."""
        path = self.hrefs.get(index, f"{self.calendar}{uid(index)}.ics")
        return dav.put(path, self.authorization, self.season.text(index, mark))

    def sync_token(self) -> str:
        """The present sync token."""
        return dav.token_of(self.ask(dav.poll(self.calendar, self.authorization)))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that listens on ``port``, with all its children ended on exit. Its words go to ``log``."""
    with log.open("ab") as words:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=words, stderr=subprocess.STDOUT, cwd=log.parent, start_new_session=True
        )
    try:
        await_port(process, port, log)
        yield process
    finally:
        end(process)


def await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Returns when the port answers requests. Raises ``RuntimeError`` with the end of the log when the server does not come up."""
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=STARTING) as asking:
            # dropbridge listens before it is up: who connects waits for the answer.
            asking.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if asking.recv(1):
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """Ends the process and its whole group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
