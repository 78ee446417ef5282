"""Values of time in content lines: each is read leniently, None standing for what cannot be understood."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bridge.caldav_plugin.filters import EARLIEST, LATEST
from bridge.core.errors import Refusal
from bridge.ical.lines import Line
from bridge.ical.values import length, moment
from bridge.ical.zones import Zones


class Moment(NamedTuple):
    """A DATE or DATE-TIME. ``at`` is aware, in the zone it was written in; a date is its midnight."""

    at: datetime
    is_date: bool


class Duration(NamedTuple):
    """Days by the calendar and seconds by the clock: a day has 23 hours when the clocks go forward."""

    days: int
    seconds: int

    @property
    def longest(self) -> timedelta:
        """No shorter than the duration in either direction, whatever the clocks do."""
        return timedelta(days=abs(self.days) + 1, seconds=abs(self.seconds))


DAY = Duration(1, 0)


def plus(at: datetime, duration: Duration) -> datetime:
    """``duration`` after ``at``: the days by the calendar of its zone, then the seconds."""
    try:
        return (at + timedelta(days=duration.days)).astimezone(UTC) + timedelta(seconds=duration.seconds)
    except OverflowError:
        return EARLIEST if duration < (0, 0) else LATEST


def read_duration(value: str) -> Duration | None:
    """A DURATION value, which may be negative (RFC 5545 section 3.3.6)."""
    value = value.strip()
    try:
        size = length(value.removeprefix("-"))
    except Refusal:
        return None
    sign = -1 if value.startswith("-") else 1
    return Duration(sign * size.days, sign * int(size.exact.total_seconds()))


def read_moment(line: Line | None, zones: Zones) -> Moment | None:
    """The DATE or DATE-TIME of a property, a floating one in the zone that ``zones`` falls back to."""
    return None if line is None else moment_of(line.value, line, zones)


def moment_of(value: str, line: Line, zones: Zones) -> Moment | None:
    """One DATE or DATE-TIME out of the value of ``line``, whose TZID it has."""
    named = zones.of(line)
    try:
        read = moment(value, named.info if named else None)
        at = read.local.replace(tzinfo=read.zone or zones.fallback)
        at.astimezone(UTC)
    except (Refusal, OverflowError):
        return None
    return Moment(at, read.is_day)


def read_period(value: str, line: Line, zones: Zones) -> tuple[datetime, datetime] | None:
    """A PERIOD out of the value of ``line``, as start and end."""
    first, _, last = value.partition("/")
    start = moment_of(first, line, zones)
    if start is None:
        return None
    end, lasts = moment_of(last, line, zones), read_duration(last)
    ends_at = end.at if end is not None else plus(start.at, lasts) if lasts is not None else None
    return (start.at, ends_at) if ends_at is not None and ends_at >= start.at else None
