"""C:expand: every occurrence as a component of its own, times in UTC, no rules and no zones (RFC 4791 section 9.6.5)."""

from collections.abc import Iterator
from datetime import datetime

from bridge import ical
from bridge.caldav_plugin.filters import Range
from bridge.caldav_plugin.moments import read_moment
from bridge.caldav_plugin.occurrences import Calendar
from bridge.caldav_plugin.refused import QueryRefused
from bridge.caldav_plugin.timerange import Occurrence, overlaps
from bridge.core.errors import Refusal
from bridge.ical.lines import Line
from bridge.ical.values import stamp

_SERIES = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})
_TASKS = ("VTODO", "VJOURNAL")


def expanded(text: str, within: Range, zone: str, limit: int) -> str:
    """``text`` with its occurrences in ``within`` alone; floating times, which ``zone`` places, stay as they are.

    Raises ``QueryRefused`` (``C:max-instances``) when there are more than ``limit``. A text that makes no sense is
    handed over as it is.
    """
    if "BEGIN:VEVENT" not in text:
        return _tasks(Calendar(text, zone), within, limit)
    try:
        found = ical.expand(text, within.start, within.end, limit + 1, zone)
    except Refusal:
        return text
    if found is None:
        return _wrapped(Calendar(text, zone), [])
    if found.count("BEGIN:VEVENT") > limit:
        raise QueryRefused("C:max-instances", "An event repeats too often within the time to be expanded; ask for a shorter one.")
    return found


def _tasks(calendar: Calendar, within: Range, limit: int) -> str:
    if not any(component.name in _TASKS for component in calendar.root.children):
        return calendar.text
    found: list[str] = []
    for name in _TASKS:
        inside = (one for one in calendar.occurrences(name, within) if overlaps(one, within, calendar.zones))
        found += ("".join(_alone(calendar, one)) for one in inside)
        if len(found) > limit:
            raise QueryRefused("C:max-instances", "A task repeats too often within the time to be expanded; ask for a shorter one.")
    return _wrapped(calendar, found)


def _wrapped(calendar: Calendar, components: list[str]) -> str:
    root, text = calendar.root, calendar.text
    head = "".join(text[line.start : line.end] for line in root.lines)
    return "".join([text[root.start : root.body], head, *components, text[root.tail : root.end]])


def _alone(calendar: Calendar, occurrence: Occurrence) -> Iterator[str]:
    """The component of one occurrence as if it stood for that one only."""
    component, text = occurrence.component, calendar.text
    times = {"DTSTART": occurrence.start, "DUE": occurrence.end}
    yield text[component.start : component.body]
    for line in component.lines:
        if line.name in times:
            yield _time(calendar, line, times[line.name])
        elif line.name not in _SERIES:
            yield text[line.start : line.end]
    if occurrence.recurrence_id:
        kind = "" if "T" in occurrence.recurrence_id else ";VALUE=DATE"
        yield f"RECURRENCE-ID{kind}:{occurrence.recurrence_id}\r\n"
    yield from (text[inner.start : inner.end] for inner in component.children)
    yield text[component.tail : component.end]


def _time(calendar: Calendar, line: Line, at: datetime | None) -> str:
    written = read_moment(line, calendar.zones)
    if written is None or at is None:
        return f"{line.name}{line.parameters}:{line.value}\r\n"
    local = at.astimezone(written.at.tzinfo)
    if written.is_date:
        return f"{line.name};VALUE=DATE:{local:%Y%m%d}\r\n"
    if line.parameter("TZID") or line.value.strip().endswith("Z"):
        return f"{line.name}:{stamp(at)}\r\n"
    return f"{line.name}:{local:%Y%m%dT%H%M%S}\r\n"
