"""From the time zone a client names to one that can be calculated with.

Clients name IANA zones, IANA zones behind a prefix of their own, Windows zones, or what they like beside a VTIMEZONE.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from bridge.core.errors import Refusal
from bridge.ical.lines import Component, Line, components
from bridge.ical.rules import Budget, Exhausted, rule, starts
from bridge.ical.values import moment, offset

_FROM, _UNTIL = datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2060-01-01")
_MOST_ZONES, _STEPS = 50, 4_000
_WINDOWS = {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone to calculate with. ``name`` is its IANA name, ``""`` when only its own rules are known."""

    info: tzinfo
    name: str = ""


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones of one calendar. ``fallback`` is the drop's: for floating times and names that nobody knows."""

    fallback: ZoneInfo
    written: Mapping[str, str] = field(default_factory=dict)

    def of(self, line: Line | None) -> Zone | None:
        """The zone of a property's TZID, None when it has none."""
        name = line.parameter("TZID") if line is not None else ""
        return self.named(name) if name else None

    def named(self, tzid: str) -> Zone:
        """The zone called ``tzid`` in this calendar."""
        return self._known(tzid) or Zone(self.fallback, self.fallback.key)

    def unknown(self, line: Line | None) -> str:
        """The name that a local time has for its zone, when nobody knows it and the fallback is taken; else nothing."""
        name = line.parameter("TZID") if line is not None else ""
        if line is None or not name or "T" not in line.value.upper() or line.value.strip().upper().endswith("Z"):
            return ""
        return "" if self._known(name) else name

    def _known(self, tzid: str) -> Zone | None:
        rules = self.written.get(tzid)
        return iana(tzid) or (_written(rules) if rules else None)


def zones_of(calendar: Component, text: str, fallback: str) -> Zones:
    """The zones that ``calendar``, parsed from ``text``, speaks of."""
    found = [child for child in calendar.children if child.name == "VTIMEZONE"][:_MOST_ZONES]
    return Zones(zone_info(fallback), {zone.text("TZID"): text[zone.start : zone.end] for zone in found})


@lru_cache(maxsize=512)
def zone_info(name: str) -> ZoneInfo:
    """The IANA zone ``name``; UTC when there is none."""
    found = _zone_info(name)
    return found if found is not None else ZoneInfo("UTC")


def _zone_info(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None


@lru_cache(maxsize=1024)
def iana(tzid: str) -> Zone | None:
    """The IANA zone that a client means by ``tzid``, None when the name says nothing."""
    for name in _spellings(tzid.strip()[:200]):
        found = _zone_info(name)
        if found is not None:
            return Zone(found, name)
    return None


def _spellings(tzid: str) -> Iterator[str]:
    yield tzid
    windows = _WINDOWS.get(tzid.casefold())
    if windows is not None:
        yield windows
    parts = [part for part in tzid.split("/") if part]
    for size in (3, 2, 1):
        if size < len(parts) or (size == len(parts) and tzid.startswith("/")):
            yield "/".join(parts[-size:])
    known = _by_casefold().get(tzid.casefold().replace(" ", "_"))
    if known is not None:
        yield known


@lru_cache(maxsize=1)
def _by_casefold() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@lru_cache(maxsize=512)
def _written(text: str) -> Zone | None:
    """The zone that a VTIMEZONE's own rules make, None when they make none."""
    try:
        calendar = components(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n")[0].children[0]
        named = iana(calendar.text("X-LIC-LOCATION")) if calendar.first("X-LIC-LOCATION") else None
        budget = Budget(_STEPS)
        turns = sorted({turn for part in calendar.children for turn in _turns(part, budget)})
    except (Refusal, Exhausted, OverflowError):
        return None
    if named is not None:
        return named
    return Zone(RuleZone(tuple(turns))) if turns else None


def _turns(part: Component, budget: Budget) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Every change to the offset of a STANDARD or DAYLIGHT part, with the offsets before and after."""
    before, behind = offset(part.value("TZOFFSETFROM")), offset(part.value("TZOFFSETTO"))
    if behind is None:
        return
    before = behind if before is None else before
    first = moment(part.value("DTSTART") or "19700101T000000", None).local
    yield first, before, behind
    for line in part.all("RDATE"):
        for value in line.value.split(","):
            yield moment(value, None).local, before, behind
    for line in part.all("RRULE"):
        for start in _onsets(line.value, first, budget):
            yield start, before, behind


def _onsets(value: str, first: datetime, budget: Budget) -> Iterator[datetime]:
    repeats = rule(value)
    until = min(repeats.until.local + timedelta(days=1), _UNTIL) if repeats.until else _UNTIL
    yield from islice(starts(repeats, first, _FROM, until, budget), repeats.count)


class RuleZone(tzinfo):
    """A zone by the rules of a VTIMEZONE: offsets before and after each local onset."""

    def __init__(self, turns: tuple[tuple[datetime, timedelta, timedelta], ...]) -> None:
        self._offsets = [turns[0][1], *(after for _, _, after in turns)]
        self._local = [onset + max(after - before, timedelta()) for onset, before, after in turns]
        self._utc = [onset - before for onset, before, _ in turns]

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """The offset at a local time: the old one within a gap, the earlier of two moments in a fold."""
        if dt is None:
            return self._offsets[-1]
        return self._offsets[bisect_right(self._local, dt.replace(tzinfo=None))]

    def dst(self, dt: datetime | None) -> timedelta:
        """Nothing is known of which part is summer."""
        return timedelta()

    def tzname(self, dt: datetime | None) -> str:
        """Such a zone has no name."""
        return "local"

    def fromutc(self, dt: datetime) -> datetime:
        """Local time from UTC, as ``tzinfo`` asks for."""
        return dt + self._offsets[bisect_right(self._utc, dt.replace(tzinfo=None))]
