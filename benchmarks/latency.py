"""From a till's push to the new count on every screen, by sync-collection and by the feed, while readers poll."""

import gzip
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks import dav
from benchmarks.measuring import Samples
from benchmarks.readers import polling
from benchmarks.report import table, verdict
from benchmarks.slots import bread, cake
from benchmarks.spread import push
from benchmarks.target import Target
from benchmarks.wire import Connection, Request

BETWEEN_LOOKS = 0.02
BETWEEN_PUSHES = 0.5
PATIENCE = 60.0
BURST = 10
STILL = 2.0
_counts = itertools.cycle(range(3, 12))


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds until a push was seen everywhere; ``wanted`` is what 19 in 20 have to stay below."""

    title: str
    samples: Samples
    wanted: float

    @property
    def holds(self) -> bool:
        """Whether they do."""
        return self.samples.p95 < self.wanted


def delays(target: Target, rounds: int) -> list[Delay]:
    """Measured for a SKU sold on ten slots and for one sold on a tenth of all."""
    few = _selling(target, (cake(index) for index in range(target.season.size)), "CAKE-0003")
    many = _selling(target, (bread(index) for index in range(target.season.size)), "BREAD-4")
    found = []
    with polling(target):
        for sku, slots, wanted in (("CAKE-0003", few, 0.2), ("BREAD-4", many, 0.8)):
            by_sync, by_feed = Samples(), Samples()
            for _ in range(rounds):
                sync, feed = _pushed(target, sku, slots)
                by_sync.seconds.append(sync)
                by_feed.seconds.append(feed)
                time.sleep(BETWEEN_PUSHES)
            on = f"SKU on {len(slots):,} of {target.season.size:,} slots"
            found += [Delay(f"{on}, by sync-collection", by_sync, wanted), Delay(f"{on}, by the feed", by_feed, wanted)]
    return found


def burst(target: Target) -> int:
    """How many revisions ten pushes at once for one SKU made: one is right."""
    before = _revision(target)
    connections = [Connection(target.port) for _ in range(BURST)]
    _all_at_once([_teller(connection, target, "BREAD-5", count) for count, connection in enumerate(connections, 1)])
    for connection in connections:
        connection.close()
    return _settled(target, before) - before


def shown(found: Sequence[Delay], revisions: int) -> str:
    """The table."""
    head = ("from a push until seen", "p50", "p95", "max", "p95 wanted", "")
    lines = [
        (d.title, *(f"{s * 1000:.0f} ms" for s in (d.samples.median, d.samples.p95, max(d.samples.seconds), d.wanted)), verdict(d.holds))
        for d in found
    ]
    return (
        table([head, *lines])
        + f"\n{BURST} pushes in a burst: {revisions} revision{'' if revisions == 1 else 's'}  {verdict(revisions == 1)}"
    )


def _selling(target: Target, sold: Iterable[str], sku: str) -> set[str]:
    return {target.hrefs[index] for index, each in enumerate(sold) if each == sku}


def _pushed(target: Target, sku: str, hrefs: set[str]) -> tuple[float, float]:
    """Seconds from the sending of one push until a sync has named all slots, and until the feed shows all counts."""
    count = next(_counts)
    token, etag = target.sync_token(), target.ask(_feed(target)).headers["etag"]
    seen: list[float] = [0.0, 0.0]
    begun = time.perf_counter()
    watchers = (
        lambda: seen.__setitem__(0, _seen_by_sync(target, token, set(hrefs))),
        lambda: seen.__setitem__(1, _seen_by_feed(target, etag, f"{sku} {count} left".encode(), len(hrefs))),
    )
    _all_at_once([*watchers, _teller(Connection(target.port), target, sku, count)])
    text = dav.expect(target.ask(dav.get(min(hrefs), target.authorization)), 200).body.replace(b"\r\n ", b"")
    if f"{sku} {count} left".encode() not in text:
        raise dav.Unexpected(f"the organizer's slot does not tell of {count} {sku}: {text.decode()}")
    return seen[0] - begun, seen[1] - begun


def _teller(connection: Connection, target: Target, sku: str, count: int) -> Callable[[], object]:
    return lambda: dav.expect(connection.ask(push(target, sku, count)), 200)


def _all_at_once(tasks: Sequence[Callable[[], object]]) -> None:
    failed: list[Exception] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - told to the one who waits
            failed.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def _seen_by_sync(target: Target, token: str, missing: set[str]) -> float:
    connection, deadline = Connection(target.port), time.monotonic() + PATIENCE
    while True:
        answer = dav.expect(connection.ask(dav.sync(target.calendar, target.authorization, token)), 207)
        at = time.perf_counter()
        missing -= set(dav.members(answer))
        if not missing:
            connection.close()
            return at
        token = dav.token_of(answer)
        _pause(deadline, f"{len(missing)} slots never changed")


def _feed(target: Target, **headers: str) -> Request:
    return dav.get(target.feed, target.feed_authorization, Accept_Encoding="gzip", **headers)


def _seen_by_feed(target: Target, etag: str, words: bytes, wanted: int) -> float:
    """As calendar apps ask: compressed, and with the entity tag of what they have."""
    connection, deadline = Connection(target.port), time.monotonic() + PATIENCE
    while True:
        answer = dav.expect(connection.ask(_feed(target, If_None_Match=etag)), 200, 304)
        at = time.perf_counter()
        if answer.status == 200 and gzip.decompress(answer.body).replace(b"\r\n ", b"").count(words) >= wanted:
            connection.close()
            return at
        etag = answer.headers.get("etag", etag)
        _pause(deadline, f"the feed never showed {words!r}")


def _pause(deadline: float, complaint: str) -> None:
    if time.monotonic() > deadline:
        raise dav.Unexpected(complaint)
    time.sleep(BETWEEN_LOOKS)


def _settled(target: Target, before: int) -> int:
    """The revision once it has stood still for two seconds after a first change."""
    deadline, last, since = time.monotonic() + PATIENCE, before, time.monotonic()
    while time.monotonic() < deadline and (last == before or time.monotonic() - since < STILL):
        time.sleep(0.1)
        seen = _revision(target)
        if seen != last:
            last, since = seen, time.monotonic()
    return last


def _revision(target: Target) -> int:
    return int(re.findall(r"\d+", target.sync_token())[-1])
