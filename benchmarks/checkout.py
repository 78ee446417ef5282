"""A thousand buyers and two hundred boxes: how many are sold, how fast, and at what cost."""

import contextlib
import json
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import dav
from benchmarks.buyers import SKU, Race, race
from benchmarks.ours import COMMAND, DROP, USER, said, settings
from benchmarks.report import table, verdict
from benchmarks.target import free_port, running
from benchmarks.wire import Connection, Request

BUYERS, AT_A_TIME, BOXES = 1_000, 48, 200
PER_SECOND, P95, CPU, PAGE_CPU = 80, 1.5, 0.015, 0.003
VIEWS = 2_000
REST = 0.03
SETTLED = 2.0
TICK = os.sysconf("SC_CLK_TCK")
SLOT = (
    "BEGIN:VEVENT\r\nUID:box-{n}@race\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{day}T{hour:02}0000Z\r\nDTEND:{day}T{hour:02}3000Z\r\n"
    "SUMMARY:Box pickup\r\nDESCRIPTION:Warm at your pickup.\\n\\nPlaces: {places}\\nSells: {sku} @ 12.50\r\nEND:VEVENT\r\n"
)


@dataclass(frozen=True, slots=True)
class Shop:
    """A running server with a drop of boxes."""

    name: str
    port: int
    pid: int
    slots: tuple[str, ...]

    def cpu(self) -> float:
        """CPU seconds of all its processes so far, and of the database's."""
        return sum(_cpu_of(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._is_one(entry))

    def _is_one(self, entry: Path) -> bool:
        return _session(entry) == self.pid or _name(entry) == "postgres"

    def left(self, wanted: int) -> int:
        """Places that the server itself says are left, once it says ``wanted``: at the end of a rush that takes up to half a second."""
        connection, ends = Connection(self.port), time.monotonic() + SETTLED
        while True:
            answer = connection.ask(Request("GET", f"/{USER}/{DROP}/live.json"))
            left = sum(slot["places_left"] for slot in json.loads(answer.body)["slots"].values())
            if left == wanted or time.monotonic() > ends:
                return left
            time.sleep(0.05)


def _wait_until_at_rest(at: Shop) -> None:
    """A shop opens before its drop does: what its processes do once when they start is not part of the race."""
    spent = -1.0
    while (now := at.cpu()) - spent > REST:
        spent = now
        time.sleep(0.5)


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _name(entry: Path) -> str:
    try:
        return (entry / "comm").read_text().strip()
    except OSError:
        return ""


def _session(entry: Path) -> int:
    fields = _stat(entry)
    return int(fields[3]) if fields else 0


def _cpu_of(entry: Path) -> float:
    fields = _stat(entry)
    return (int(fields[11]) + int(fields[12])) / TICK if fields else 0.0


@contextlib.contextmanager
def shop(name: str, folder: Path, url: str, slots: int) -> Iterator[Shop]:
    """A server whose drop has so many slots with ``BOXES`` between them."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = settings(url, port) | {"DROPBRIDGE_SERVER__TRUSTED_PROXIES": "127.0.0.1"}
    day = f"{datetime.now(UTC) + timedelta(days=7):%Y%m%d}"
    events = "".join(SLOT.format(n=n, day=day, hour=8 + n, places=BOXES // slots, sku=SKU) for n in range(slots))
    (folder / "boxes.ics").write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//race//EN\r\n{events}END:VCALENDAR\r\n", newline="")
    for arguments in (["upgrade"], ["organizer", "add", USER], ["drop", "add", USER, DROP], ["drop", "import", USER, DROP, "boxes.ics"]):
        said(folder, environment, *arguments)
    with running([*COMMAND, "serve"], environment, port, folder / "log") as process:
        page = dav.expect(Connection(port).ask(Request("GET", f"/{USER}/{DROP}/live.json")), 200)
        opened = Shop(name, port, process.pid, tuple(json.loads(page.body)["slots"]))
        _wait_until_at_rest(opened)
        yield opened


@dataclass(frozen=True, slots=True)
class Outcome:
    """One race: what was sold, and what it cost in CPU seconds of the server, its database and the buyers together."""

    title: str
    race: Race
    cpu: float
    left: int
    wanted: int

    @property
    def holds(self) -> bool:
        """Whether just what there was is sold, to whom nothing odd was said, and fast enough."""
        exact = len(set(self.race.orders)) == len(self.race.orders) == self.wanted and self.left == BOXES - self.wanted
        quick = self.race.per_second >= PER_SECOND and self.race.times().p95 < P95
        return exact and quick and not self.race.odd

    def line(self) -> tuple[str, ...]:
        """A row of the table."""
        times = self.race.times()
        return (
            self.title,
            f"{len(self.race.orders)}",
            f"{self.race.refused}",
            ", ".join(f"{what} {n}" for what, n in self.race.odd.items()) or "none",
            f"{self.race.per_second:.0f}/s",
            f"{times.median:.2f} s",
            f"{times.p95:.2f} s",
            f"{self.cpu / len(self.race.orders) * 1000:.1f} ms" if self.race.orders else "",
            verdict(self.holds),
        )


HEAD = ("buyers", "orders", "refused", "odd answers", "orders", "p50", "p95", "CPU an order", "")


def run(title: str, at: Shop, buyers: int, wanted: int) -> Outcome:
    """One race, with its cost. What follows in the clock (letters, renderings) is part of it as far as it happened by then."""
    before, own = at.cpu(), _own()
    ran = race(at.port, at.slots, buyers, AT_A_TIME)
    spent = at.cpu() - before + _own() - own
    return Outcome(title, ran, spent, at.left(BOXES - wanted), wanted)


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def page_cpu(at: Shop) -> float:
    """CPU seconds of the server for one view of a slot's page, as a browser that comes for the first time asks for it."""
    connection = Connection(at.port)
    asked = Request("GET", f"/slots/{at.slots[0]}", {"Accept-Encoding": "gzip", "Accept-Language": "en"})
    dav.expect(connection.ask(asked), 200)
    before = at.cpu()
    for _ in range(VIEWS):
        connection.ask(asked)
    return (at.cpu() - before) / VIEWS


def shown(outcomes: list[Outcome], checkout_cpu: float, view: float) -> tuple[str, bool]:
    """The tables, and whether all of it holds."""
    cheap, light = checkout_cpu < CPU, view < PAGE_CPU
    words = (
        f"{table([HEAD, *(outcome.line() for outcome in outcomes)])}\n"
        f"a completed checkout (page, hold, order; server, database and buyer): {checkout_cpu * 1000:.1f} ms of CPU, "
        f"wanted below {CPU * 1000:.0f}  {verdict(cheap)}\n"
        f"a view of the slot's page: {view * 1000:.2f} ms of CPU, wanted below {PAGE_CPU * 1000:.0f}  {verdict(light)}"
    )
    return words, cheap and light and all(outcome.holds for outcome in outcomes)
