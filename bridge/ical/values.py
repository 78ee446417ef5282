"""Values of iCalendar properties: dates, times, durations, offsets (RFC 5545 section 3.3)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from bridge.core.errors import InvalidCalendarObject

_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.IGNORECASE)
_DURATION = re.compile(r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10})S)?)?", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?::?(\d\d))?")
EARLIEST = datetime.fromisoformat("1000-01-01")
LATEST = datetime.fromisoformat("9000-01-01")


@dataclass(frozen=True, slots=True)
class Moment:
    """A DATE or DATE-TIME as written: ``local`` is naive, ``zone`` None when it floats or is a day."""

    local: datetime
    is_day: bool = False
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: ``days`` by the calendar, then ``exact`` by the clock (RFC 5545 section 3.3.6)."""

    days: int = 0
    exact: timedelta = timedelta()


def moment(value: str, zone: tzinfo | None) -> Moment:
    """A DATE or DATE-TIME; ``zone`` is that of its TZID. Raises ``InvalidCalendarObject``."""
    found = _MOMENT.fullmatch(value.strip())
    if found is None:
        raise InvalidCalendarObject(f"“{value[:40]}” is not a date or time of iCalendar, such as 20261205T100000.")
    year, month, day, hour, minute, second, utc = found.groups()
    try:
        day_ = date(int(year), int(month), int(day))
        if hour is None:
            return Moment(checked(datetime.combine(day_, time())), True)
        local = datetime.combine(day_, time(int(hour), int(minute), min(int(second), 59)))
    except ValueError as error:
        raise InvalidCalendarObject(f"“{value[:40]}” is not a moment that exists: {error}.") from error
    return Moment(checked(local), False, UTC if utc else zone)


def checked(local: datetime) -> datetime:
    """``local`` if calendars can hold it, else ``InvalidCalendarObject``."""
    if not EARLIEST <= local <= LATEST:
        raise InvalidCalendarObject(f"The year {local.year} is out of reach: calendars here hold the years 1000 to 8999.")
    return local


def reachable(at: datetime, spare: timedelta = timedelta()) -> datetime:
    """The aware time ``at``, or the nearest that can be calculated with, ``spare`` away from the ends of time."""
    first, last = EARLIEST.replace(tzinfo=UTC) + spare, LATEST.replace(tzinfo=UTC) - spare
    return min(max(at, first), last)


def length(value: str) -> Length:
    """A DURATION; a negative one counts as none. Raises ``InvalidCalendarObject``."""
    found = _DURATION.fullmatch(value.strip())
    if found is None or not any(found.groups()[1:]):
        raise InvalidCalendarObject(f"“{value[:40]}” is not a duration of iCalendar, such as PT2H.")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    if found[1] == "-":
        return Length()
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if weeks * 7 + days > 36600 or exact > timedelta(days=36600):
        raise InvalidCalendarObject(f"“{value[:40]}” is longer than a hundred years.")
    return Length(weeks * 7 + days, exact)


def offset(value: str) -> timedelta | None:
    """A UTC-OFFSET, None when it is not one."""
    found = _OFFSET.fullmatch(value.strip())
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if size >= timedelta(hours=24):
        return None
    return -size if found[1] == "-" else size


def utc(local: datetime, zone: tzinfo) -> datetime:
    """The moment at which clocks of ``zone`` show ``local``: the earlier of two, by the old offset in a gap (RFC 5545 3.3.5)."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def after(local: datetime, zone: tzinfo, span: Length) -> datetime:
    """The end, in UTC, of what begins at ``local`` and lasts ``span``."""
    return utc(local + timedelta(days=span.days), zone) + span.exact


@lru_cache(maxsize=256)
def stamp(when: datetime) -> str:
    """An aware time in the form of RFC 5545: ``20261205T090000Z``."""
    return when.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def canonical(at: Moment) -> str:
    """The one form of a RECURRENCE-ID (see ``OccurrenceDraft``)."""
    if at.is_day:
        return at.local.strftime("%Y%m%d")
    if at.zone is None:
        return at.local.strftime("%Y%m%dT%H%M%S")
    return stamp(utc(at.local, at.zone))
