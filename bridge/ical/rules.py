"""Recurrence rules (RFC 5545 section 3.3.10), expanded with a bound on the work.

``dateutil`` walks to the year 9999 for a rule that never matches and cannot start in the middle; a server that
takes rules from strangers needs both, so the days of each period are filtered here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bridge.core.errors import InvalidCalendarObject
from bridge.ical.values import LATEST, Moment, moment

_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_STEPS = {"HOURLY": timedelta(hours=1), "MINUTELY": timedelta(minutes=1), "SECONDLY": timedelta(seconds=1)}
_LIMITS = {
    "BYSECOND": (0, 60), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53), "BYMONTH": (1, 12), "BYSETPOS": (-366, 366),
}  # fmt: skip
_MAX_TIMES = 1440


class Exhausted(Exception):
    """The budget is spent: the rule asks for more work than a calendar event is worth."""


class Budget:
    """A bound on steps of work, shared by everything that one text asks for."""

    def __init__(self, steps: int = 20_000) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Takes ``steps``; raises ``Exhausted`` when there are no more."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted


@dataclass(frozen=True)
class Rule:
    """An RRULE. ``until`` is as written: a day, floating, or in UTC."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    wkst: int = 0
    seconds: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    monthdays: tuple[int, ...] = ()
    yeardays: tuple[int, ...] = ()
    weeknos: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()


@lru_cache(maxsize=1024)
def rule(value: str) -> Rule:
    """The rule that an RRULE's value is. Raises ``InvalidCalendarObject`` with what is wrong."""
    parts = dict(_part(part) for part in value.strip().strip(";").split(";"))
    freq = parts.get("FREQ", "").upper()
    if freq not in {"YEARLY", "MONTHLY", "WEEKLY", "DAILY", *_STEPS}:
        raise InvalidCalendarObject(f"The recurrence “{value[:60]}” has no FREQ that iCalendar knows.")
    return Rule(
        freq=freq,
        interval=_whole(parts, "INTERVAL", 1) or 1,
        count=_whole(parts, "COUNT", None),
        until=_end(parts.get("UNTIL", "")),
        wkst=_WEEKDAYS.get(parts.get("WKST", "MO").upper(), 0),
        seconds=_numbers(parts, "BYSECOND"),
        minutes=_numbers(parts, "BYMINUTE"),
        hours=_numbers(parts, "BYHOUR"),
        weekdays=_weekdays(parts),
        monthdays=_numbers(parts, "BYMONTHDAY"),
        yeardays=_numbers(parts, "BYYEARDAY"),
        weeknos=_numbers(parts, "BYWEEKNO"),
        months=_numbers(parts, "BYMONTH"),
        positions=_numbers(parts, "BYSETPOS"),
    )


def _part(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip().upper(), value.strip()


def _end(written: str) -> Moment | None:
    """An UNTIL; clients that mean "never" write the year 9999."""
    return moment(written, None) if written and not written.startswith("9") else None


def _whole(parts: dict[str, str], name: str, default: int | None) -> int | None:
    written = parts.get(name)
    if written is None:
        return default
    if not written.isascii() or not written.isdigit() or len(written) > 12 or int(written) == 0:
        raise InvalidCalendarObject(f"{name} of a recurrence is a whole number from 1, not “{written[:20]}”.")
    return int(written)


def _numbers(parts: dict[str, str], name: str) -> tuple[int, ...]:
    written = parts.get(name)
    if not written:
        return ()
    low, high = _LIMITS[name]
    try:
        numbers = sorted({int(number) for number in written[:4000].split(",")})
    except ValueError as error:
        raise InvalidCalendarObject(f"{name} of a recurrence is a list of numbers, not “{written[:20]}”.") from error
    if numbers[0] < low or numbers[-1] > high or (low < 0 and 0 in numbers):
        raise InvalidCalendarObject(f"{name} of a recurrence lies between {low} and {high}, not “{written[:20]}”.")
    return tuple(numbers)


def _weekdays(parts: dict[str, str]) -> tuple[tuple[int, int], ...]:
    days = []
    for written in filter(None, parts.get("BYDAY", "").upper()[:2000].split(",")):
        found = _BYDAY.fullmatch(written.strip())
        if found is None:
            raise InvalidCalendarObject(f"BYDAY of a recurrence is a list of weekdays such as MO or 2TU, not “{written[:20]}”.")
        days.append((int(found[1] or 0), _WEEKDAYS[found[2]]))
    return tuple(days)


def starts(of: Rule, first: datetime, since: datetime, until: datetime, budget: Budget) -> Iterator[datetime]:
    """Local starts in order, from ``first`` to ``until``, without regard to COUNT and UNTIL.

    Those before ``since`` may be left out when there is no COUNT to be kept. Raises ``Exhausted``.
    """
    since = first if of.count is not None else max(first, since)
    for group in _groups(_completed(of, first), first, since, until, budget):
        for start in _picked(group, of.positions):
            if first <= start <= until:
                yield start


def _completed(of: Rule, first: datetime) -> Rule:
    """The rule with what RFC 5545 takes from DTSTART where it says nothing."""
    changes: dict[str, tuple[object, ...]] = {}
    if not (of.weekdays or of.monthdays or of.yeardays):
        if (of.freq == "YEARLY" and of.weeknos) or of.freq == "WEEKLY":
            changes["weekdays"] = ((0, first.weekday()),)
        elif of.freq in ("YEARLY", "MONTHLY"):
            changes["monthdays"] = (first.day,)
            if of.freq == "YEARLY" and not of.months:
                changes["months"] = (first.month,)
    order = ["SECONDLY", "MINUTELY", "HOURLY"]
    finer = order.index(of.freq) if of.freq in order else 3
    if finer > 2 and not of.hours:
        changes["hours"] = (first.hour,)
    if finer > 1 and not of.minutes:
        changes["minutes"] = (first.minute,)
    if finer > 0 and not of.seconds:
        changes["seconds"] = (first.second,)
    return Rule(**{**of.__dict__, **changes})


def _picked(group: list[datetime], positions: tuple[int, ...]) -> list[datetime]:
    if not positions:
        return group
    size = len(group)
    indexes = {at - 1 if at > 0 else size + at for at in positions}
    return [group[at] for at in sorted(indexes) if 0 <= at < size]


def _groups(of: Rule, first: datetime, since: datetime, until: datetime, budget: Budget) -> Iterator[list[datetime]]:
    """The starts of each period, a period at a time."""
    if of.freq in _STEPS:
        yield from _fine_groups(of, first, since, until, budget)
        return
    times = _times(of)
    for days in _periods(of, first, since):
        if days and days[0] > until.date():
            return
        budget.spend(1 + len(days) // 2)
        kept = [day for day in days if _matches(of, day)]
        budget.spend(len(kept) * len(times) // 8)
        yield [datetime.combine(day, at) for day in kept for at in times]


def _times(of: Rule) -> list[time]:
    if len(of.hours) * len(of.minutes) * len(of.seconds) > _MAX_TIMES:
        raise Exhausted
    return [time(hour, minute, min(second, 59)) for hour in of.hours for minute in of.minutes for second in of.seconds]


def _periods(of: Rule, first: datetime, since: datetime) -> Iterator[list[date]]:
    if of.freq == "YEARLY":
        yield from _years(of, first, since)
    elif of.freq == "MONTHLY":
        yield from _months(of, first, since)
    else:
        size = 7 if of.freq == "WEEKLY" else 1
        start = first.toordinal()
        start -= (first.weekday() - of.wkst) % 7 if size == 7 else 0
        step = size * of.interval
        start += max(0, since.toordinal() - start) // step * step
        for day in range(start, LATEST.toordinal(), step):
            yield [date.fromordinal(day + more) for more in range(size)]


def _years(of: Rule, first: datetime, since: datetime) -> Iterator[list[date]]:
    start = first.year + max(0, since.year - first.year) // of.interval * of.interval
    for year in range(start, LATEST.year, of.interval):
        if of.months and not of.weeknos and not of.yeardays:
            yield [day for month in of.months for day in _month(year, month)]
        else:
            begin = date(year, 1, 1).toordinal()
            yield [date.fromordinal(day) for day in range(begin, date(year + 1, 1, 1).toordinal())]


def _months(of: Rule, first: datetime, since: datetime) -> Iterator[list[date]]:
    begin, target = first.year * 12 + first.month - 1, since.year * 12 + since.month - 1
    begin += max(0, target - begin) // of.interval * of.interval
    for index in range(begin, LATEST.year * 12, of.interval):
        year, month = divmod(index, 12)
        yield [] if of.months and month + 1 not in of.months else _month(year, month + 1)


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, _month_length(year, month) + 1)]


def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _matches(of: Rule, day: date) -> bool:
    if of.months and day.month not in of.months:
        return False
    if of.monthdays and day.day not in of.monthdays and day.day - _month_length(day.year, day.month) - 1 not in of.monthdays:
        return False
    if of.weekdays and not _weekday_matches(of, day):
        return False
    if of.yeardays and not _year_day_matches(of.yeardays, day):
        return False
    return not of.weeknos or _week_matches(of, day)


def _weekday_matches(of: Rule, day: date) -> bool:
    weekday = day.weekday()
    wanted = [number for number, name in of.weekdays if name == weekday]
    if not wanted:
        return False
    in_year = of.freq == "YEARLY" and not of.months
    if 0 in wanted or of.freq not in ("YEARLY", "MONTHLY") or (of.freq == "YEARLY" and of.weeknos):
        return True
    size = date(day.year, 12, 31).timetuple().tm_yday if in_year else _month_length(day.year, day.month)
    at = day.timetuple().tm_yday if in_year else day.day
    return (at - 1) // 7 + 1 in wanted or -((size - at) // 7 + 1) in wanted


def _year_day_matches(yeardays: tuple[int, ...], day: date) -> bool:
    at = day.timetuple().tm_yday
    return at in yeardays or at - date(day.year, 12, 31).timetuple().tm_yday - 1 in yeardays


def _week_matches(of: Rule, day: date) -> bool:
    middle = date.fromordinal(day.toordinal() - (day.weekday() - of.wkst) % 7 + 3)
    number = (middle.timetuple().tm_yday - 1) // 7 + 1
    last = date(middle.year, 12, 28)
    last = date.fromordinal(last.toordinal() - (last.weekday() - of.wkst) % 7 + 3)
    weeks = (last.timetuple().tm_yday - 1) // 7 + 1
    return number in of.weeknos or number - weeks - 1 in of.weeknos


def _fine_groups(of: Rule, first: datetime, since: datetime, until: datetime, budget: Budget) -> Iterator[list[datetime]]:
    step = _STEPS[of.freq] * min(of.interval, 1_000_000)
    at = first.replace(minute=0, second=0) if of.freq == "HOURLY" else first.replace(second=0) if of.freq == "MINUTELY" else first
    at += max(timedelta(), since - at) // step * step
    minutes = of.minutes if of.freq == "HOURLY" else ()
    seconds = of.seconds if of.freq != "SECONDLY" else ()
    while at <= until:
        budget.spend()
        if _matches(of, at.date()) and (not of.hours or at.hour in of.hours):
            within = [at.replace(minute=minute) for minute in minutes or (at.minute,)]
            within = [one.replace(second=min(second, 59)) for one in within for second in seconds or (at.second,)]
            yield [one for one in within if _time_matches(of, one)]
        at += step


def _time_matches(of: Rule, at: datetime) -> bool:
    return (not of.minutes or at.minute in of.minutes) and (not of.seconds or at.second in of.seconds)
