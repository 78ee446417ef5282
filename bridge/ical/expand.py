"""What a CalDAV report asks of one text: instances in UTC, the spans of its occurrences, its overrides in a range.

RFC 4791 sections 9.6.5, 9.6.6 and 9.9. Texts are those that ``read`` accepts; for events only, others stay as they are.
"""

from datetime import datetime

from bridge.ical.check import checked
from bridge.ical.lines import newline_of, parse, spliced
from bridge.ical.rules import Budget
from bridge.ical.series import Instance, Series, listing, series_of, touches
from bridge.ical.values import stamp
from bridge.ical.zones import zones_of

_SERIES = {"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"}
_TIMES = {"DTSTART", "DTEND", "DURATION"}


def expand(text: str, start: datetime, end: datetime, limit: int, timezone: str = "UTC") -> str | None:
    """``text`` as its instances in [``start``, ``end``), times in UTC, without rules and time zones; None when there are none.

    Each instance has the RECURRENCE-ID it stands for; an override without a master is an instance too. At most ``limit``
    are listed. ``timezone`` is where floating times are. Raises as ``read`` does.
    """
    calendar = parse(text)
    found = checked(calendar)
    if found[0].name != "VEVENT":
        return text
    zones = zones_of(calendar, text, timezone)
    series = series_of(found, zones)
    listed = listing(series, start, end, limit, Budget())
    inside = [i for i in listed.instances if touches(i.starts_at, i.ends_at, start, end)]
    if not inside:
        return None
    newline = newline_of(text)
    body = "".join(_instance(text, instance, series.recurs, newline) for instance in inside)
    children = [child for child in calendar.children if child.end > child.start]
    before = text[calendar.start : min(child.start for child in children)]
    return f"{before}{body}{text[calendar.tail : calendar.end]}"


def _instance(text: str, instance: Instance, recurs: bool, newline: str) -> str:
    component = instance.component
    edits = [(line.start, line.end, "") for line in component.lines if line.name in _SERIES | _TIMES]
    times = [f"DTSTART{_value(instance, instance.starts_at, instance.local)}"]
    if component.first("DTEND") is not None or component.first("DURATION") is not None:
        local = instance.local + (instance.ends_at - instance.starts_at)
        times.append(f"DTEND{_value(instance, instance.ends_at, local)}")
    if recurs:
        times.append(_recurrence_id(instance.recurrence_id))
    edits.append((component.body, component.body, "".join(line + newline for line in times)))
    own = [(a - component.start, b - component.start, new) for a, b, new in edits]
    return spliced(text[component.start : component.end], own)


def _value(instance: Instance, at: datetime, local: datetime) -> str:
    start = instance.span.start
    if start.is_day:
        return f";VALUE=DATE:{local:%Y%m%d}"
    if start.zone is None:
        return f":{local:%Y%m%dT%H%M%S}"
    return f":{stamp(at)}"


def _recurrence_id(key: str) -> str:
    return f"RECURRENCE-ID:{key}" if "T" in key else f"RECURRENCE-ID;VALUE=DATE:{key}"


def occurrence_spans(text: str, start: datetime, end: datetime, limit: int, timezone: str = "UTC") -> list[tuple[datetime, datetime]]:
    """Start and end in UTC of the occurrences in [``start``, ``end``), by start, at most ``limit``. Raises as ``read`` does."""
    calendar = parse(text)
    found = checked(calendar)
    if found[0].name != "VEVENT":
        return []
    listed = listing(series_of(found, zones_of(calendar, text, timezone)), start, end, limit, Budget())
    return [(i.starts_at, i.ends_at) for i in listed.instances if touches(i.starts_at, i.ends_at, start, end)]


def limit_recurrence_set(text: str, start: datetime, end: datetime, timezone: str = "UTC") -> str:
    """``text`` without the overrides that neither are nor were in [``start``, ``end``) (RFC 4791 section 9.6.6).

    Raises as ``read`` does.
    """
    calendar = parse(text)
    found = checked(calendar)
    if found[0].name != "VEVENT":
        return text
    zones = zones_of(calendar, text, timezone)
    series = series_of(found, zones)
    kept = _kept(series, start, end)
    gone = [c for c in found if c.first("RECURRENCE-ID") is not None and id(c) not in kept]
    return spliced(text, [(c.start, c.end, "") for c in gone])


def _kept(series: Series, start: datetime, end: datetime) -> set[int]:
    kept = set()
    for override in series.overrides:
        span = series.span or override.span
        spans = [override.span.at(override.span.start.local), span.at(override.original)]
        if override.onwards or any(touches(*moments, start, end) for moments in spans):
            kept.add(id(override.component))
    return kept
