"""The two rows that are more than one request: many subscribers of a changing feed, and a stock change on a thousand slots."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import dav
from benchmarks.operations import change
from benchmarks.slots import bread
from benchmarks.swarm import Plan, Tally, swarm
from benchmarks.target import Target
from benchmarks.wire import Connection, Request

SUBSCRIBERS = 100
SUBSCRIBERS_WANTED = 300
STOCK_WANTED = 60
PATIENCE = 600.0


def subscribers(target: Target, seconds: float) -> Tally:
    """A hundred subscribers poll the feed conditionally, as fast as they are answered, while one slot changes each second."""
    plan = Plan([dav.get(target.feed, target.feed_authorization, Accept_Encoding="gzip").octets()], conditional=True)
    with changing(target):
        tally = swarm(target.port, [plan] * SUBSCRIBERS, seconds, processes=4)
    if set(tally.statuses) - {200, 304}:
        raise dav.Unexpected(f"subscribers of {target.name} were answered {dict(tally.statuses)}")
    return tally


@contextmanager
def changing(target: Target) -> Iterator[None]:
    """One slot changes each second, by a PUT, as long as this lasts."""
    over = threading.Event()

    def edit() -> None:
        while not over.wait(1):
            change(target, 1)

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        yield
    finally:
        over.set()
        editor.join()
        target.connection.close()


def stock_change(target: Target, sku: str, count: int) -> float:
    """Seconds from telling the new count until a client's sync has named every slot that sells ``sku``.

    A till's push where the server has one (``target.token``), else a PUT of each slot with the count in its notes.
    """
    selling = {target.hrefs[index] for index in range(target.season.size) if bread(index) == sku}
    token = target.sync_token()
    begun = time.perf_counter()
    if target.token:
        dav.expect(target.ask(push(target, sku, count)), 200)
    else:
        for index in range(target.season.size):
            if bread(index) == sku:
                dav.expect(target.ask(target.put(index, f"{count} left")), 200, 201, 204)
    await_changes(target, target.connection, token, selling)
    return time.perf_counter() - begun


def await_changes(target: Target, connection: Connection, token: str, hrefs: set[str]) -> str:
    """Syncs until all of ``hrefs`` were named; the last token. Raises ``Unexpected`` after ten minutes."""
    missing, deadline = set(hrefs), time.monotonic() + PATIENCE
    while missing:
        answer = dav.expect(connection.ask(dav.sync(target.calendar, target.authorization, token)), 207)
        missing.difference_update(dav.members(answer))
        token = dav.token_of(answer)
        if time.monotonic() > deadline:
            raise dav.Unexpected(f"{len(missing)} of {len(hrefs)} slots never changed")
    return token


def push(target: Target, sku: str, count: int) -> Request:
    """A till's count by the push API."""
    headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}
    return Request("PUT", f"/api/v1/locations/main/stock/{sku}", headers, f'{{"count": {count}}}'.encode())
