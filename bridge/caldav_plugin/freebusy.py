"""C:free-busy-query: when the organizer is busy, and no more than that (RFC 4791 section 7.10)."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import datetime

from bridge.caldav_plugin.filters import CALDAV, Range, read_range
from bridge.caldav_plugin.moments import read_period
from bridge.caldav_plugin.occurrences import Calendar
from bridge.caldav_plugin.refused import QueryRefused
from bridge.caldav_plugin.timerange import Occurrence
from bridge.core.calendars import Audience
from bridge.core.drops import Drop
from bridge.core.ports import Views
from bridge.ical.lines import Component, joined
from bridge.ical.values import stamp

KINDS = ("BUSY", "BUSY-TENTATIVE", "BUSY-UNAVAILABLE")
Period = tuple[datetime, datetime]


def free_busy(views: Views, drop: Drop, audience: Audience, root: ET.Element) -> str:
    """A VFREEBUSY for the time range of a C:free-busy-query, times in UTC, busy times of one kind merged.

    DTSTAMP is when the drop last changed: without a METHOD it means what LAST-MODIFIED does (RFC 5545 section
    3.8.7.2). Raises ``QueryRefused`` (``C:valid-filter``, ``C:max-instances``).
    """
    ranges = root.findall(f"{CALDAV}time-range")
    if len(ranges) != 1:
        raise QueryRefused("C:valid-filter", "A free-busy-query has exactly one time-range.")
    within = read_range(ranges[0], closed=True)
    busy: dict[str, list[Period]] = {kind: [] for kind in KINDS}
    for component in ("VEVENT", "VFREEBUSY"):
        for resource in views.in_range(drop.id, audience, component, within.start, within.end):
            for kind, period in _busy_times(Calendar(resource.text, drop.timezone), component, within):
                busy[kind].append(period)
    return _text(within, drop.changed_at or within.start, {kind: list(merged(times)) for kind, times in busy.items()})


def _busy_times(calendar: Calendar, name: str, within: Range) -> Iterator[tuple[str, Period]]:
    found = _of_events(calendar, within) if name == "VEVENT" else _of_freebusy(calendar)
    for kind, (start, end) in found:
        clipped = max(start, within.start), min(end, within.end)
        if clipped[0] < clipped[1]:
            yield kind, clipped


def _of_events(calendar: Calendar, within: Range) -> Iterator[tuple[str, Period]]:
    if all(_kind(component) is None for component in calendar.root.children if component.name == "VEVENT"):
        return
    for occurrence in calendar.occurrences("VEVENT", within):
        kind, period = _kind(occurrence.component), _period(occurrence)
        if kind is not None and period is not None:
            yield kind, period


def _kind(event: Component) -> str | None:
    """How an event takes time: not at all when it is transparent or cancelled."""
    status = event.value("STATUS").upper()
    if event.value("TRANSP").upper() == "TRANSPARENT" or status == "CANCELLED":
        return None
    return "BUSY-TENTATIVE" if status == "TENTATIVE" else "BUSY"


def _period(occurrence: Occurrence) -> Period | None:
    return None if occurrence.start is None or occurrence.end is None else (occurrence.start, occurrence.end)


def _of_freebusy(calendar: Calendar) -> Iterator[tuple[str, Period]]:
    for component in calendar.root.children:
        for line in component.all("FREEBUSY") if component.name == "VFREEBUSY" else ():
            kind = line.parameter("FBTYPE").upper() or "BUSY"
            for period in (read_period(value, line, calendar.zones) for value in line.value.split(",")):
                if period is not None and kind != "FREE":
                    yield kind if kind in KINDS else "BUSY", period


def merged(periods: Iterable[Period]) -> Iterator[Period]:
    """The same time in as few periods as it takes, by start: those that overlap or touch become one."""
    last: Period | None = None
    for start, end in sorted(periods):
        if last is not None and start <= last[1]:
            last = last[0], max(last[1], end)
            continue
        if last is not None:
            yield last
        last = start, end
    if last is not None:
        yield last


def _text(within: Range, changed_at: datetime, busy: dict[str, list[Period]]) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//dropbridge//CalDAV//EN", "BEGIN:VFREEBUSY"]
    times = [f"DTSTAMP:{stamp(changed_at)}", f"DTSTART:{stamp(within.start)}", f"DTEND:{stamp(within.end)}"]
    lines = [
        f"FREEBUSY;FBTYPE={kind}:{','.join(f'{stamp(start)}/{stamp(end)}' for start, end in periods)}"
        for kind, periods in busy.items()
        if periods
    ]
    return joined([*head, *times, *lines, "END:VFREEBUSY", "END:VCALENDAR"])
