"""When a component is: its start as written, the clock it repeats by, and how long it lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bridge.core.errors import InvalidCalendarObject
from bridge.ical.lines import Component, Line
from bridge.ical.values import Length, Moment, after, length, moment, utc
from bridge.ical.zones import Zones


@dataclass(frozen=True, slots=True)
class Span:
    """``zone`` is the clock that the component repeats by, ``zone_name`` the IANA zone its times are shown in.

    ``backwards``: an end is written that is not after the start; ``length`` is nought then.
    """

    start: Moment
    zone: tzinfo
    zone_name: str
    length: Length
    backwards: bool = False

    def at(self, local: datetime, own: Length | None = None) -> tuple[datetime, datetime]:
        """Start and end in UTC of an occurrence that begins at ``local`` and lasts ``own``, or as long as all do."""
        start = utc(local, self.zone)
        return start, max(start, after(local, self.zone, own or self.length))

    def local_of(self, at: Moment) -> datetime:
        """``at`` on this span's clock."""
        if at.is_day or at.zone is None or at.zone is self.zone:
            return at.local
        return utc(at.local, at.zone).astimezone(self.zone).replace(tzinfo=None, fold=0)


def moment_of(line: Line, zones: Zones, value: str | None = None) -> Moment:
    """The moment that ``line`` names, or ``value`` as a part of it. Raises ``InvalidCalendarObject``."""
    named = zones.of(line)
    return moment(line.value if value is None else value, named.info if named else None)


def span_of(component: Component, zones: Zones) -> Span:
    """When ``component`` is, by its DTSTART, DTEND or DURATION. Raises ``InvalidCalendarObject``."""
    line = component.first("DTSTART")
    if line is None:
        raise InvalidCalendarObject("An event has no DTSTART: it does not say when it starts.")
    named = zones.of(line)
    start = moment(line.value, named.info if named else None)
    shown = named.name if named is not None and start.zone is named.info else ""
    zone = start.zone or zones.fallback
    lasts = _length(component, start, zone, zones)
    return Span(start, zone, shown or zones.fallback.key, lasts, _is_backwards(component, start, lasts, zones))


def unheeded_length(component: Component, span: Span) -> str:
    """What the DURATION of a component says that has a DTEND as well, which holds; nothing where both say the same.

    RFC 5545 section 3.6.1 allows one of them, and apps send both: Thunderbird a length of nought with a moved date of a series.
    """
    written = component.value("DURATION").strip()
    if not written or component.first("DTEND") is None:
        return ""
    try:
        own = length(written)
    except InvalidCalendarObject:
        return written
    return "" if own == Length() or span.at(span.start.local, own) == span.at(span.start.local) else written


def _is_backwards(component: Component, start: Moment, lasts: Length, zones: Zones) -> bool:
    """RFC 5545 section 3.6.1: a DTEND is later than its DTSTART, and a DURATION lasts; a day may end on itself."""
    line = component.first("DTEND")
    if line is None:
        return component.value("DURATION").strip().startswith("-")
    if start.is_day:
        return moment_of(line, zones).local.date() < start.local.date()
    return lasts == Length()


def _length(component: Component, start: Moment, zone: tzinfo, zones: Zones) -> Length:
    line = component.first("DTEND")
    if line is not None:
        return _until(start, moment_of(line, zones), zone, zones)
    line = component.first("DURATION")
    if line is not None:
        return length(line.value)
    return Length(1) if start.is_day else Length()


def _until(start: Moment, end: Moment, zone: tzinfo, zones: Zones) -> Length:
    if start.is_day:
        # Some programs end a day on itself, which RFC 5545 section 3.6.1 does not allow: it lasts that day.
        days = (end.local.date() - start.local.date()).days
        return Length(max(0, days or 1))
    finish = utc(end.local, zone if end.is_day else end.zone or zones.fallback)
    return Length(0, max(timedelta(), finish - utc(start.local, zone)))


def period(value: str, line: Line, zones: Zones) -> tuple[Moment, Length | None]:
    """One value of an RDATE: a moment, or a PERIOD with its own length. Raises ``InvalidCalendarObject``."""
    begin, slash, rest = value.partition("/")
    start = moment_of(line, zones, begin)
    if not slash:
        return start, None
    if rest.strip().upper().startswith(("P", "+P", "-P")):
        return start, length(rest)
    zone = start.zone or zones.fallback
    return start, _until(start, moment_of(line, zones, rest), zone, zones)
