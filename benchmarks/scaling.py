"""What must not grow: a poll, a sync and a one-slot change at 100 to 100,000 slots, and with many drops; and the memory of it all."""

import os
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import dav
from benchmarks.measuring import in_turns
from benchmarks.operations import Operation, operations
from benchmarks.report import table, verdict
from benchmarks.target import Target
from benchmarks.wire import Request

ROUNDS = 10
GROWTH = 2.0
LEAST = 0.0005
MEMORY = 300
TITLES = (
    "PROPFIND depth 0: getctag, sync-token",
    "sync-collection, nothing changed",
    "sync-collection, 1 slot changed",
    "PUT of a changed slot",
    "conditional GET of the feed: 304",
)
_MKCALENDAR = b'<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"/>'


@dataclass(frozen=True, slots=True)
class Step:
    """Median seconds of each operation at one size."""

    title: str
    medians: Sequence[float]


def measured(title: str, target: Target) -> Step:
    """The operations that must not grow, on one server. The first round of each is not counted."""
    watched: list[Operation] = [operation for operation in operations() if operation.title in TITLES]
    return Step(title, [statistics.median(in_turns(operation, [target])[target.name].seconds) for operation in watched])


def add_drops(target: Target, count: int) -> None:
    """So many further drops, each with one slot."""
    signed = {"Authorization": target.authorization}
    home = target.calendar.rsplit("/", 2)[0]
    for number in range(count):
        calendar = f"{home}/drop-{number}/"
        dav.expect(target.ask(Request("MKCALENDAR", calendar, signed, _MKCALENDAR)), 201)
        dav.expect(target.ask(dav.put(f"{calendar}one.ics", target.authorization, target.season.text(number % target.season.size))), 201)


def memory(target: Target) -> float:
    """Megabytes of all processes of the server together, pages they share counted once, after a full sync and the whole feed."""
    dav.expect(target.ask(dav.sync(target.calendar, target.authorization)), 207, count=target.season.size)
    dav.expect(target.ask(dav.get(target.feed, target.feed_authorization, Accept_Encoding="gzip")), 200)
    dav.expect(target.ask(dav.get(target.feed, target.feed_authorization)), 200)
    return sum(_kilobytes(pid) for pid in group(target.pid)) / 1024


def grows(steps: Sequence[Step], row: int) -> bool:
    """Whether an operation costs more than twice as much anywhere as at the smallest size, and half a millisecond more."""
    first = steps[0].medians[row]
    return any(step.medians[row] > GROWTH * first and step.medians[row] > first + LEAST for step in steps)


def holds(steps: Sequence[Step]) -> bool:
    """Whether nothing grows."""
    return not any(grows(steps, row) for row in range(len(TITLES)))


def shown(steps: Sequence[Step]) -> str:
    """The table: operations down, sizes across."""
    head = ("median", *(step.title for step in steps), "")
    lines = []
    for row, title in enumerate(TITLES):
        values = [step.medians[row] for step in steps]
        lines.append((title, *(f"{value * 1000:.2f} ms" for value in values), verdict(not grows(steps, row))))
    return table([head, *lines])


def group(leader: int) -> list[int]:
    """All processes of the session that ``leader`` began."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == leader:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def _kilobytes(pid: int) -> int:
    try:
        rollup = (Path("/proc") / str(pid) / "smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    seen = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(seen[1]) if seen else 0
