"""The recurrence set of a master: DTSTART, RRULE, RDATE and EXDATE (RFC 5545 section 3.8.5) as local starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.ical.lines import Component
from bridge.ical.rules import Budget, Exhausted, Rule, rule, starts
from bridge.ical.span import Span, moment_of, period
from bridge.ical.values import EARLIEST, LATEST, Length
from bridge.ical.zones import Zones

_COUNTED = 3_000
_SLACK = timedelta(days=2)


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
    """What is asked for: local times, and how many starts at most."""

    since: datetime
    until: datetime
    most: int


def dates_of(master: Component, span: Span, zones: Zones, horizon: tuple[datetime, datetime], limit: int, budget: Budget) -> Dates:
    """The starts of ``master`` that may touch the horizon, about ``limit`` at most.

    Raises ``InvalidCalendarObject`` for a rule or date that is none.
    """
    lengths = _added(master, span, zones)
    days, moments = _excluded(master, span, zones)
    longest = max([_size(span.length), *(_size(own) for own in lengths.values() if own)])
    window = _window(horizon, longest, limit + len(moments) + len(days))
    made = [_repeats(line.value, span, window, budget) for line in master.all("RRULE")]
    near = {at for at in (span.start.local, *lengths) if window.since <= at <= window.until}
    near.update(at for repeats in made for at in repeats.starts)
    kept = sorted(at for at in near if at not in moments and at.date() not in days)
    ends = [repeats.last for repeats in made]
    return Dates(
        starts=kept,
        lengths={at: own for at, own in lengths.items() if own is not None},
        complete=all(repeats.complete for repeats in made),
        first=min([span.start.local, *lengths]),
        last=None if None in ends else max([span.start.local, *lengths, *(end for end in ends if end)]),
    )


def _size(length: Length) -> timedelta:
    return timedelta(days=length.days) + length.exact


def _window(horizon: tuple[datetime, datetime], longest: timedelta, most: int) -> _Window:
    start, end = (at.replace(tzinfo=None) for at in horizon)
    since = max(start, EARLIEST + longest + _SLACK) - longest - _SLACK
    return _Window(since, min(end, LATEST - _SLACK) + _SLACK, most)


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
    counted = of.count is not None and of.count <= _COUNTED
    made: list[datetime] = []
    try:
        last = _collect(of, span.start.local, window, until, made, budget)
    except (Exhausted, OverflowError):
        return _Repeats(made, False, until)
    return _Repeats(made, len(made) <= window.most, until if until is not None else last if counted else None)


def _collect(of: Rule, first: datetime, window: _Window, until: datetime | None, made: list[datetime], budget: Budget) -> datetime | None:
    """Puts the starts near the window into ``made``; the last start of a short counted rule, else None.

    DTSTART is the first of the COUNT even where the rule does not hit it.
    """
    seen = 0
    last = first
    to_the_end = of.count is not None and of.count <= _COUNTED
    limit = min(until or LATEST, LATEST if to_the_end else window.until)
    for at in starts(of, first, window.since, limit, budget):
        seen += 1 if seen or at == first else 2
        if of.count is not None and seen > of.count:
            return last
        if len(made) <= window.most and window.since <= at <= window.until:
            made.append(at)
        if len(made) > window.most and not to_the_end:
            return None
        last = at
    return last if to_the_end else None


def _until(of: Rule, span: Span) -> datetime | None:
    if of.until is None:
        return None
    if of.until.is_day and not span.start.is_day:
        return of.until.local + timedelta(hours=23, minutes=59, seconds=59)
    return span.local_of(of.until)
