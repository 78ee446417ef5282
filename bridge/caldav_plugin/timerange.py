"""Which moments of a component overlap a time range: the tables of RFC 4791 section 9.9."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from bridge.caldav_plugin.filters import Range
from bridge.caldav_plugin.moments import DAY, Duration, plus, read_duration, read_moment, read_period
from bridge.ical.lines import Component
from bridge.ical.zones import Zones

LONGEST_REACH = timedelta(days=36600)


class Occurrence(NamedTuple):
    """One occurrence of a component, by its effective DTSTART and its effective DTEND or DUE; None where it has none.

    ``recurrence_id`` tells those of a series apart.
    """

    component: Component
    start: datetime | None
    end: datetime | None
    recurrence_id: str = ""


def as_written(component: Component, zones: Zones) -> Occurrence:
    """The component by its own times, before any recurrence; an end that DURATION gives is included."""
    start = read_moment(component.first("DTSTART"), zones)
    end = read_moment(component.first("DUE" if component.name == "VTODO" else "DTEND"), zones)
    if start is None or end is not None:
        return Occurrence(component, start and start.at, end and end.at)
    length = read_duration(component.value("DURATION"))
    if length is None and start.is_date and component.name != "VTODO":
        length = DAY
    return Occurrence(component, start.at, plus(start.at, length) if length is not None else None)


def overlaps(occurrence: Occurrence, wanted: Range, zones: Zones) -> bool:
    """Whether this occurrence of a VEVENT, VTODO, VJOURNAL or VFREEBUSY overlaps the range."""
    table = _TABLES.get(occurrence.component.name)
    return table is not None and table(occurrence, wanted, zones)


def _event(occurrence: Occurrence, wanted: Range, _zones: Zones) -> bool:
    start, end = occurrence.start, occurrence.end
    if start is None or wanted.end <= start:
        return False
    return wanted.start < end if end is not None and end > start else wanted.start <= start


def _todo(occurrence: Occurrence, wanted: Range, zones: Zones) -> bool:
    component, start, due = occurrence[:3]
    if start is None:
        return _undated_todo(component, wanted, zones) if due is None else wanted.start < due <= wanted.end
    if due is None:
        return wanted.start <= start < wanted.end
    reaches = wanted.end > start or wanted.end >= due
    if component.first("DUE") is None:
        return wanted.start <= due and reaches
    return (wanted.start < due or wanted.start <= start) and reaches


def _undated_todo(component: Component, wanted: Range, zones: Zones) -> bool:
    completed, created = (read_moment(component.first(name), zones) for name in ("COMPLETED", "CREATED"))
    if completed is None:
        return created is None or wanted.end > created.at
    known = [completed.at] if created is None else [completed.at, created.at]
    return wanted.start <= max(known) and wanted.end >= min(known)


def _freebusy(occurrence: Occurrence, wanted: Range, zones: Zones) -> bool:
    component, start, end = occurrence[:3]
    if start is not None and end is not None and component.first("DTEND") is not None:
        return wanted.start <= end and wanted.end > start
    periods = (read_period(value, line, zones) for line in component.all("FREEBUSY") for value in line.value.split(","))
    return any(period is not None and wanted.start < period[1] and wanted.end > period[0] for period in periods)


_TABLES: dict[str, Callable[[Occurrence, Range, Zones], bool]] = {
    "VEVENT": _event,
    "VTODO": _todo,
    "VJOURNAL": _event,
    "VFREEBUSY": _freebusy,
}


class Alarm(NamedTuple):
    """When a VALARM goes off: at ``at``, or ``offset`` from the start or (``from_end``) the end of each occurrence.

    After that ``repeat`` times more, ``pause`` apart.
    """

    at: datetime | None
    offset: Duration
    from_end: bool
    repeat: int
    pause: timedelta

    @property
    def reach(self) -> timedelta:
        """No trigger is further than this from the time it is counted from."""
        return min(self.offset.longest + min(self.repeat, LONGEST_REACH // self.pause) * self.pause, LONGEST_REACH)


def read_alarm(alarm: Component, zones: Zones) -> Alarm | None:
    """The triggers of a VALARM; None when it has none that can be understood (RFC 5545 section 3.6.6)."""
    trigger = alarm.first("TRIGGER")
    if trigger is None:
        return None
    offset, absolute = read_duration(trigger.value), read_moment(trigger, zones)
    if offset is None and absolute is None:
        return None
    pause = read_duration(alarm.value("DURATION")) or Duration(0, 0)
    length = timedelta(days=pause.days, seconds=pause.seconds)
    repeat = alarm.value("REPEAT")
    repeats = int(repeat) if length > timedelta(0) and repeat.isascii() and repeat.isdigit() and len(repeat) < 9 else 0
    from_end = trigger.parameter("RELATED").upper() == "END"
    return Alarm(absolute and absolute.at, offset or Duration(0, 0), from_end, repeats, max(length, timedelta(seconds=1)))


def goes_off(alarm: Alarm, occurrence: Occurrence, wanted: Range) -> bool:
    """Whether one of the alarm's triggers for this occurrence lies in the range."""
    first = alarm.at
    if first is None:
        near, far = (occurrence.end, occurrence.start) if alarm.from_end else (occurrence.start, occurrence.end)
        anchor = near or far
        if anchor is None:
            return False
        first = plus(anchor, alarm.offset)
    if first >= wanted.start:
        return first < wanted.end
    skipped = -((first - wanted.start) // alarm.pause)
    return skipped <= alarm.repeat and first + skipped * alarm.pause < wanted.end
