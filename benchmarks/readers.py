"""Calendar apps and feed readers that poll in the background, at a steady pace, while something else is measured."""

import itertools
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event

from benchmarks import dav
from benchmarks.target import Target
from benchmarks.wire import Connection

READERS = 20
PER_SECOND = 100


@contextmanager
def polling(target: Target) -> Iterator[None]:
    """A hundred polls a second by twenty clients: getctag, sync-collection and the feed, each conditional on what it knows."""
    context = multiprocessing.get_context("fork")
    over = context.Event()
    process = context.Process(target=_poll, args=(target, over), daemon=True)
    process.start()
    try:
        yield
    finally:
        over.set()
        process.join(30)
    if process.exitcode:
        raise dav.Unexpected("a reader got a wrong answer")


class _Reader:
    """One client: it asks for what changed since it last asked."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = Connection(target.port)
        self._token = target.sync_token()
        self._etag = ""
        self._turn = 0

    def poll(self) -> None:
        """The next of its three questions."""
        self._turn = (self._turn + 1) % 3
        (self._ask_tag, self._ask_changes, self._ask_feed)[self._turn]()

    def _ask_tag(self) -> None:
        dav.expect(self._connection.ask(dav.poll(self._target.calendar, self._target.authorization)), 207)

    def _ask_changes(self) -> None:
        answer = self._connection.ask(dav.sync(self._target.calendar, self._target.authorization, self._token))
        self._token = dav.token_of(dav.expect(answer, 207))

    def _ask_feed(self) -> None:
        known = {"If_None_Match": self._etag} if self._etag else {}
        answer = self._connection.ask(dav.get(self._target.feed, self._target.feed_authorization, Accept_Encoding="gzip", **known))
        self._etag = dav.expect(answer, 200, 304).headers.get("etag", self._etag)


def _poll(target: Target, over: Event) -> None:
    target.connection.close()
    readers: Sequence[_Reader] = [_Reader(target) for _ in range(READERS)]
    due = time.monotonic()
    for reader in itertools.cycle(readers):
        if over.wait(max(0.0, due - time.monotonic())):
            return
        reader.poll()
        due += 1 / PER_SECOND
