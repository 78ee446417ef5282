"""What the pages weigh, when a phone shows them, and what a view costs the server."""

import gzip
import os
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium import webdriver

from benchmarks import dav
from benchmarks.report import table, verdict
from benchmarks.scaling import group
from benchmarks.target import Target
from benchmarks.wire import Answer, Request
from tests.journeys.browser import chromium

WEIGHT = 70_000
PAINT = 2.5
CPU = 0.003
VIEWS = 2_000
LOOKS = 3
# What a phone far from the mast has: 400 kbit/s and 400 ms there and back (WebPageTest's "3G Slow").
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWER_CPU = 4
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
_FILES = re.compile(r'(?:href|src)="(/assets/[^"]+)"')
_CALENDAR = re.compile(r'data-(?:script|sheet)="(/assets/[^"]+)"')
_PAINTED = """
const done = arguments[0];
new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true });
"""
_LOOKING = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "de-DE,de;q=0.9,en;q=0.8"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One page: octets over the wire with its files, seconds to the largest paint and of CPU for a view."""

    title: str
    weight: int
    paint: float
    cpu: float

    @property
    def holds(self) -> bool:
        """Whether all three are within their limits."""
        return self.weight < WEIGHT and self.paint < PAINT and self.cpu < CPU

    def cells(self) -> tuple[str, str, str]:
        """The three as people read them."""
        return f"{self.weight / 1000:.1f} kB", f"{self.paint:.2f} s", f"{self.cpu * 1000:.2f} ms"


def measured(target: Target) -> tuple[list[Seen], int]:
    """The pages of a server, and the octets of the calendar that the drop's page loads when it is wanted."""
    drop = target.feed.removesuffix("calendar.ics")
    slot = re.search(r'href="(/slots/[^"?]+)"', _text(target.ask(Request("GET", drop))))
    if slot is None:
        raise dav.Unexpected(f"{drop} lists no slot")
    found = []
    with phone() as browser:
        for title, path in (("slot", slot[1]), ("drop", drop), ("front", "/")):
            weight = _weight(target, path, _FILES)
            found.append(Seen(title, weight, painted(browser, f"http://127.0.0.1:{target.port}{path}"), cpu(target, path)))
    return found, sum(_length(target, name) for name in _CALENDAR.findall(_text(target.ask(Request("GET", drop)))))


@contextmanager
def phone() -> Iterator[webdriver.Chrome]:
    """Chromium as a slow phone on slow 3G."""
    browser = chromium()
    try:
        _command(browser, "Emulation.setDeviceMetricsOverride", PHONE)
        _command(browser, "Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
        _command(browser, "Network.enable", {})
        _command(browser, "Network.emulateNetworkConditions", SLOW_3G)
        yield browser
    finally:
        browser.quit()


def painted(browser: webdriver.Chrome, address: str) -> float:
    """Seconds until the largest paint: the median of three first visits."""
    seconds = []
    for _ in range(LOOKS):
        _command(browser, "Network.clearBrowserCache", {})
        browser.get(address)
        seconds.append(browser.execute_async_script(_PAINTED) / 1000)
    return statistics.median(seconds)


def cpu(target: Target, path: str) -> float:
    """Seconds of CPU that all processes of the server together spend on a view, conditional requests not counted."""
    request = Request("GET", path, _LOOKING)
    for _ in range(50):
        dav.expect(target.ask(request), 200)
    begun = _spent(target)
    for _ in range(VIEWS):
        dav.expect(target.ask(request), 200)
    return (_spent(target) - begun) / VIEWS


def shown(pages: Sequence[Seen], calendar: int) -> str:
    """The table."""
    lines = [("page", "weight", "largest paint", "CPU per view", "")]
    lines += [(one.title, *one.cells(), verdict(one.holds)) for one in pages]
    wanted = f"wanted below {WEIGHT / 1000:.0f} kB, {PAINT} s, {CPU * 1000:.0f} ms"
    return f"{table(lines)}\n{wanted}\nthe calendar, loaded when it is wanted: {calendar / 1000:.1f} kB  {verdict(calendar < WEIGHT)}"


def _command(browser: webdriver.Chrome, name: str, values: dict[str, Any]) -> None:
    browser.execute_cdp_cmd(name, values)


def _weight(target: Target, path: str, files: re.Pattern[str]) -> int:
    names = set(files.findall(_text(target.ask(Request("GET", path)))))
    return _length(target, path) + sum(_length(target, name) for name in names)


def _length(target: Target, path: str) -> int:
    return len(dav.expect(target.ask(Request("GET", path, _LOOKING)), 200).body)


def _text(answer: Answer) -> str:
    body = dav.expect(answer, 200).body
    return (gzip.decompress(body) if answer.headers.get("content-encoding") == "gzip" else body).decode()


def _spent(target: Target) -> float:
    time.sleep(0.05)
    ticks = 0
    for pid in group(target.pid):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
