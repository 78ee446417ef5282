"""The recurrence set of a master: DTSTART, RRULE, RDATE and EXDATE (RFC 5545 section 3.8.5) as local starts.

An EXRULE (RFC 2445 section 4.8.5.2), which old programs still write, leaves out what it hits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from bridge.ical.lines import Component
from bridge.ical.rules import Budget, Exhausted, Rule, rule, starts
from bridge.ical.span import Span, moment_of, period
from bridge.ical.values import LATEST, Length
from bridge.ical.zones import Zones

_COUNTED = 3_000
_SLACK = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Dates:
    """Local starts in order, near enough to the horizon.

    ``lengths`` are those of a PERIOD. ``complete`` is False when not all near the horizon are there. ``last`` is a local
    start that none is later than, None when there is no such or it is not known; ``first`` likewise.
    """

    starts: list[datetime] = field(default_factory=list)
    lengths: Mapping[datetime, Length] = field(default_factory=dict)
    complete: bool = True
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Repeats:
    starts: list[datetime]
    complete: bool
    last: datetime | None


@dataclass(frozen=True, slots=True)
class _Window:
    """What is asked for: local starts from ``since`` to ``until``, ``most`` of them and those within the slack."""

    since: datetime
    until: datetime
    most: int

    def is_near(self, at: datetime) -> bool:
        """Whether a start may touch the horizon, clocks that change included."""
        return self.since - _SLACK <= at <= self.until + _SLACK


def dates_of(master: Component, span: Span, zones: Zones, horizon: tuple[datetime, datetime], limit: int, budget: Budget) -> Dates:
    """The starts of ``master`` that may touch the horizon, about ``limit`` at most.

    Raises ``InvalidCalendarObject`` for a rule or date that is none.
    """
    lengths = _added(master, span, zones)
    days, moments = _excluded(master, span, zones)
    longest = max([_size(span.length), *(_size(own) for own in lengths.values() if own)])
    skipped = [_repeats(line.value, span, _window(horizon, span.zone, longest, _COUNTED), budget) for line in master.all("EXRULE")]
    moments.update(at for repeats in skipped for at in repeats.starts)
    window = _window(horizon, span.zone, longest, limit + len(moments) + len(days))
    made = [_repeats(line.value, span, window, budget) for line in master.all("RRULE")]
    near = {at for at in (span.start.local, *lengths) if window.is_near(at)}
    near.update(at for repeats in made for at in repeats.starts)
    kept = sorted(at for at in near if at not in moments and at.date() not in days)
    ends = [repeats.last for repeats in made]
    return Dates(
        starts=kept,
        lengths={at: own for at, own in lengths.items() if own is not None},
        complete=all(repeats.complete for repeats in (*made, *skipped)),
        first=min([span.start.local, *lengths]),
        last=None if None in ends else max([span.start.local, *lengths, *(end for end in ends if end)]),
    )


def _size(length: Length) -> timedelta:
    return timedelta(days=length.days) + length.exact


def _window(horizon: tuple[datetime, datetime], zone: tzinfo, longest: timedelta, most: int) -> _Window:
    start, end = (at.astimezone(zone).replace(tzinfo=None) for at in horizon)
    return _Window(start - longest, end, most)


def _added(master: Component, span: Span, zones: Zones) -> dict[datetime, Length | None]:
    added: dict[datetime, Length | None] = {}
    for line in master.all("RDATE"):
        for value in filter(str.strip, line.value.split(",")):
            at, own = period(value, line, zones)
            added[span.local_of(at)] = own
    return added


def _excluded(master: Component, span: Span, zones: Zones) -> tuple[set[object], set[datetime]]:
    """Days and moments left out; some clients exclude a day of a series that has hours."""
    days: set[object] = set()
    moments: set[datetime] = set()
    for line in master.all("EXDATE"):
        for value in filter(str.strip, line.value.split(",")):
            at = moment_of(line, zones, value)
            if at.is_day or span.start.is_day:
                days.add(at.local.date())
            else:
                moments.add(span.local_of(at))
    return days, moments


def _repeats(value: str, span: Span, window: _Window, budget: Budget) -> _Repeats:
    of = rule(value)
    until = _until(of, span)
    made: list[datetime] = []
    try:
        complete, last = _collect(of, span.start.local, window, until, made, budget)
    except (Exhausted, OverflowError):
        complete, last = False, None
    return _Repeats(made, complete, until or last)


def _collect(
    of: Rule, first: datetime, window: _Window, until: datetime | None, made: list[datetime], budget: Budget
) -> tuple[bool, datetime | None]:
    """Puts the starts near the window into ``made``; whether all are there, and the last start of a short counted rule.

    DTSTART is the first of the COUNT even where the rule does not hit it.
    """
    to_the_end = of.count is not None and of.count <= _COUNTED
    limit = min(until or LATEST, LATEST if to_the_end else window.until + _SLACK)
    seen = within = 0
    last = first
    for at in starts(of, first, window.since - _SLACK, limit, budget):
        seen += 1 if seen or at == first else 2
        if of.count is not None and seen > of.count:
            break
        last = at
        within += window.since <= at <= window.until
        if window.is_near(at) and within <= window.most:
            made.append(at)
        if within > window.most and not to_the_end:
            break
    return within <= window.most, last if to_the_end else None


def _until(of: Rule, span: Span) -> datetime | None:
    if of.until is None:
        return None
    if of.until.is_day and not span.start.is_day:
        return of.until.local + timedelta(hours=23, minutes=59, seconds=59)
    return span.local_of(of.until)
