"""When tasks and journal entries are, as a CalDAV time range sees them (RFC 4791 section 9.9)."""

from datetime import UTC, datetime, timedelta

from bridge.ical.lines import Component
from bridge.ical.span import moment_of, span_of
from bridge.ical.values import after, length, utc
from bridge.ical.zones import Zones

_ENDLESS = ("RRULE", "RDATE")


def bounds(found: list[Component], zones: Zones) -> tuple[datetime | None, datetime | None]:
    """What bounds the VTODOs or VJOURNALs of one UID; None where there is no bound.

    A task without any date is in every range, a journal entry without DTSTART in none: both are unbounded here and
    left to the exact test. Raises ``InvalidCalendarObject`` for a date that is none.
    """
    spans = [_bounds(component, zones) for component in found]
    starts = [start for start, _ in spans if start is not None]
    ends = [end for _, end in spans if end is not None]
    repeats = any(line.name in _ENDLESS for component in found for line in component.lines)
    first = min(starts) if len(starts) == len(spans) else None
    last = max(ends) if len(ends) == len(spans) and not repeats else None
    return first, last


def _bounds(component: Component, zones: Zones) -> tuple[datetime | None, datetime | None]:
    moments = [at for name in ("DTSTART", "DUE", "COMPLETED", "CREATED") if (at := _at(component, name, zones)) is not None]
    if not moments:
        return None, None
    if component.first("DTSTART") is not None:
        span = span_of(component, zones)
        moments.append(span.at(span.start.local)[1])
        if component.first("DURATION") is not None:
            moments.append(after(span.start.local, span.zone, length(component.value("DURATION"))))
    dated = any(component.first(name) for name in ("DTSTART", "DUE", "COMPLETED"))
    return min(moments), max(moments) if dated else None


def _at(component: Component, name: str, zones: Zones) -> datetime | None:
    line = component.first(name)
    if line is None or (component.name == "VJOURNAL" and name != "DTSTART"):
        return None
    at = moment_of(line, zones)
    if name in ("COMPLETED", "CREATED") and at.zone is None:
        return at.local.replace(tzinfo=UTC)
    start = utc(at.local, at.zone or zones.fallback)
    return start + timedelta(days=1) if name == "DUE" and at.is_day else start
