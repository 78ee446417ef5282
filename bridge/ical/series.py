"""The occurrences of one event with its overrides (RFC 5545 section 3.8.4.4), within bounds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from bridge.core.errors import InvalidCalendarObject
from bridge.ical.dates import Dates, dates_of
from bridge.ical.lines import Component, Line
from bridge.ical.rules import Budget
from bridge.ical.span import Span, moment_of, span_of
from bridge.ical.values import EARLIEST, Length, Moment, canonical, reachable
from bridge.ical.zones import Zones

_MOST_DRIFT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Override:
    """A component with a RECURRENCE-ID. ``original`` is that on the series' clock; ``onwards`` is RANGE=THISANDFUTURE."""

    component: Component
    recurrence_id: str
    original: datetime
    span: Span
    onwards: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence: when it is in UTC, and the component whose words it has.

    ``original`` is where the rule has it, on the series' clock.
    """

    recurrence_id: str
    component: Component
    starts_at: datetime
    ends_at: datetime
    span: Span
    local: datetime
    original: datetime

    @property
    def backwards(self) -> bool:
        """Whether an end is written that is not after the start: its own, or that of the PERIOD that it is."""
        return self.span.backwards or (self.starts_at == self.ends_at and self.span.length != Length())


@dataclass(frozen=True, slots=True)
class Series:
    """A master, unless there are only single occurrences out of a series, with its overrides."""

    master: Component | None
    span: Span | None
    overrides: tuple[Override, ...]
    zones: Zones
    onwards: tuple[Override, ...] = ()

    @property
    def recurs(self) -> bool:
        """Whether occurrences are told apart by a RECURRENCE-ID."""
        if self.master is None or self.overrides:
            return True
        return any(line.name in ("RRULE", "RDATE") for line in self.master.lines)


@dataclass(frozen=True, slots=True)
class Listing:
    """Instances by start. ``complete`` is False when there are more, or too many to list.

    ``starts_at`` and ``ends_at`` bound all occurrences; ``ends_at`` is None when there is no end or it is not known.
    """

    instances: list[Instance]
    complete: bool
    starts_at: datetime
    ends_at: datetime | None


def series_of(components: list[Component], zones: Zones) -> Series:
    """The series that components of one UID are. Raises ``InvalidCalendarObject``."""
    masters = [component for component in components if component.first("RECURRENCE-ID") is None]
    if len(masters) > 1:
        raise InvalidCalendarObject("Two events share one UID and neither has a RECURRENCE-ID.")
    master = masters[0] if masters else None
    span = span_of(master, zones) if master else None
    overrides: dict[str, Override] = {}
    for component in components:
        line = component.first("RECURRENCE-ID")
        if line is not None:
            override = _override(component, line, span, zones)
            overrides[override.recurrence_id] = override
    ordered = tuple(sorted(overrides.values(), key=attrgetter("original")))
    return Series(
        master, span, ordered, zones, tuple(o for o in ordered if o.onwards and abs(o.span.start.local - o.original) <= _MOST_DRIFT)
    )


def _override(component: Component, line: Line, master: Span | None, zones: Zones) -> Override:
    own = span_of(component, zones)
    original = _aligned(line, master, zones)
    onwards = line.parameter("RANGE").upper() == "THISANDFUTURE"
    return Override(component, canonical(original), (master or own).local_of(original), own, onwards)


def recurrence_key(component: Component, master: Span | None, zones: Zones) -> str:
    """The canonical RECURRENCE-ID of ``component``, ``""`` when it has none. Raises ``InvalidCalendarObject``."""
    line = component.first("RECURRENCE-ID")
    return canonical(_aligned(line, master, zones)) if line is not None else ""


def _aligned(line: Line, master: Span | None, zones: Zones) -> Moment:
    """A RECURRENCE-ID in the shape of the master's DTSTART; some clients write a day for a time, or no zone."""
    at = moment_of(line, zones)
    if master is None:
        return at
    start = master.start
    if start.is_day:
        return Moment(at.local.replace(hour=0, minute=0, second=0), True)
    if at.is_day:
        return Moment(datetime.combine(at.local, start.local.time()), False, start.zone)
    if start.zone is None:
        return Moment(master.local_of(at))
    return Moment(at.local, False, at.zone or start.zone)


def listing(series: Series, start: datetime, end: datetime, limit: int, budget: Budget) -> Listing:
    """The instances of ``series`` that touch [``start``, ``end``), ``limit`` at most; a single event is always listed.

    Raises ``InvalidCalendarObject`` for a rule or date that is none.
    """
    overridden = [_instance(o.component, o.recurrence_id, o.span.start.local, o.span, o.original) for o in series.overrides]
    start, end = reachable(start, _MOST_DRIFT), reachable(end, _MOST_DRIFT)
    if series.master is None or series.span is None:
        return _listing(overridden, overridden, limit, Dates(last=EARLIEST))
    if not series.recurs:
        instance = _instance(series.master, "", series.span.start.local, series.span, series.span.start.local)
        return Listing([instance], True, instance.starts_at, instance.ends_at)
    drift = max((abs(o.span.start.local - o.original) for o in series.onwards), default=timedelta())
    dates = dates_of(series.master, series.span, series.zones, (start - drift, end + drift), limit + len(overridden), budget)
    replaced = {o.recurrence_id for o in series.overrides}
    repeated = (_repeated(series, series.master, series.span, local, dates) for local in dates.starts)
    instances = [*(i for i in repeated if i.recurrence_id not in replaced), *overridden]
    edges = [_repeated(series, series.master, series.span, local, dates) for local in (dates.first, dates.last) if local is not None]
    touching = [i for i in instances if touches(i.starts_at, i.ends_at, start, end)]
    return _listing(touching, [*instances, *edges], limit, dates)


def _listing(found: list[Instance], known: list[Instance], limit: int, dates: Dates) -> Listing:
    found.sort(key=attrgetter("starts_at", "recurrence_id"))
    first = min(instance.starts_at for instance in known)
    last = max(instance.ends_at for instance in known) if dates.last is not None else None
    return Listing(found[:limit], dates.complete and len(found) <= limit, first, last)


def _instance(component: Component, recurrence_id: str, local: datetime, span: Span, original: datetime) -> Instance:
    starts_at, ends_at = span.at(local)
    return Instance(recurrence_id, component, starts_at, ends_at, span, local, original)


def _repeated(series: Series, master: Component, span: Span, local: datetime, dates: Dates) -> Instance:
    """The occurrence of the rule at ``local``, as the master or the last override "from here on" has it."""
    at = Moment(local, span.start.is_day, span.start.zone)
    key = canonical(at)
    onwards = next((o for o in reversed(series.onwards) if o.original <= local), None)
    if onwards is not None:
        moved = onwards.span.local_of(at) + (onwards.span.start.local - onwards.span.local_of(_original(onwards, span)))
        return _instance(onwards.component, key, moved, onwards.span, local)
    starts_at, ends_at = span.at(local, dates.lengths.get(local))
    return Instance(key, master, starts_at, ends_at, span, local, local)


def _original(override: Override, master: Span) -> Moment:
    return Moment(override.original, master.start.is_day, master.start.zone)


def touches(starts_at: datetime, ends_at: datetime, start: datetime, end: datetime) -> bool:
    """Whether an event overlaps [``start``, ``end``) as RFC 4791 section 9.9 means it; one without length is a point."""
    return starts_at < end and (ends_at > start or starts_at >= start)
