"""Preorder windows as people write them: ``2 Dec 2026 09:00 - 4 Dec 2026 18:00``, ``bis Fr. 18 Uhr``, ``from 2026-12-02``."""

from calendar import isleap
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from bridge.core.drops import PreorderWindow
from bridge.wording import wording
from bridge.written import Unreadable
from bridge.written_moments import Moment, Parser
from bridge.written_words import tokens

_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_LONGEST_OVER_NEW_YEAR = timedelta(days=183)


def read_window(value: str, *, zone: ZoneInfo, language: str, near: datetime) -> PreorderWindow:
    """The window, in UTC. A date without a time opens at its start and closes at its end, in ``zone``.

    A date without a year is the nearest one before ``near``, the opening's the nearest before the closing. Raises
    ``Unreadable``.
    """
    parser = Parser(tokens(value), language, day_first(language, zone.key))
    first, last = parser.window()
    if not parser.at_end or (first is None and last is None):
        raise Unreadable("not-a-date", value)
    if last is None and not parser.is_open_ended:
        raise Unreadable("from-or-until", value)
    try:
        return _resolved(first, last, zone, _local(near, zone), value)
    except (ValueError, OverflowError):
        raise Unreadable("not-a-date", value) from None


@lru_cache(maxsize=256)
def day_first(language: str, zone: str) -> bool:
    """Whether ``4/12`` is the fourth of December: by the language's country, or else by that of the zone."""
    locale = wording(language).locale
    if locale.territory is None and (territory := get_global("zone_territories").get(zone)):
        with suppress(UnknownLocaleError):
            locale = Locale(locale.language, territory)
    pattern = str(locale.date_formats["short"].pattern)
    return pattern.find("d") < pattern.find("M")


@dataclass(frozen=True, slots=True)
class _Side:
    """A moment being resolved: its local date, and the whole moment in UTC."""

    day: date
    at: datetime


def _resolved(first: Moment | None, last: Moment | None, zone: ZoneInfo, near: datetime, value: str) -> PreorderWindow:
    opens = closes = None
    if first is not None and last is not None and (last.is_time_only or (first.year and not last.year and last.month)):
        opens = _placed(first, zone, near, ends=False, value=value)
        closes = _placed(_following(last, opens.day), zone, near, ends=True, value=value)
    else:
        closes = _placed(last, zone, near, ends=True, value=value) if last else None
        if first is not None and closes is not None:
            first, near = _same_month(first, closes.day), _local(closes.at, zone)
        opens = _placed(first, zone, near, ends=False, value=value) if first else None
    if opens and closes and (closes.at <= opens.at or _is_backwards(first, last, opens, closes)):
        raise Unreadable("closes-before-it-opens", value)
    return PreorderWindow(opens.at if opens else None, closes.at if closes else None)


def _is_backwards(first: Moment | None, last: Moment | None, opens: _Side, closes: _Side) -> bool:
    """Whether a year that nobody wrote is all that lets the window open before it closes: ``4 Dec - 2 Dec``."""
    guessed = first is None or last is None or not (first.year and last.year)
    return guessed and opens.day.year != closes.day.year and closes.at - opens.at > _LONGEST_OVER_NEW_YEAR


def _placed(moment: Moment, zone: ZoneInfo, near: datetime, *, ends: bool, value: str) -> _Side:
    day = _day(moment, near)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise Unreadable("not-a-date", value)
    if moment.weekday is not None and day.weekday() != moment.weekday:
        raise Unreadable("another-weekday", value)
    return _Side(day, _at(day, moment, moment.zone or zone, ends=ends))


def _at(day: date, moment: Moment, zone: tzinfo, *, ends: bool) -> datetime:
    if moment.hour is None:
        return datetime.combine(day + timedelta(days=ends), time(), zone).astimezone(UTC)
    if moment.hour == 24:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return datetime.combine(day, time(moment.hour, moment.minute, moment.second), zone).astimezone(UTC)


def _day(moment: Moment, near: datetime) -> date:
    """The date meant; without a year the nearest one up to ``near``. Raises ``ValueError`` when there is none."""
    if moment.year and moment.month and moment.day:
        return date(moment.year, moment.month, moment.day)
    if moment.month and moment.day:
        return _latest(moment.month, moment.day, near.date())
    if moment.weekday is None or moment.day:
        raise ValueError
    day = near.date() - timedelta(days=(near.weekday() - moment.weekday) % 7)
    is_later = moment.hour is not None and day == near.date() and (moment.hour, moment.minute) > (near.hour, near.minute)
    return day - timedelta(days=7) if is_later else day


def _latest(month: int, day: int, limit: date) -> date:
    if (month, day) == (2, 29):
        year = next(y for y in range(limit.year, limit.year - 9, -1) if isleap(y) and date(y, 2, 29) <= limit)
        return date(year, 2, 29)
    found = date(limit.year, month, day)
    return found if found <= limit else date(limit.year - 1, month, day)


def _following(moment: Moment, day: date) -> Moment:
    """``moment`` on ``day`` when it is but a time, else with the year that makes it the first one from ``day`` on."""
    if moment.is_time_only:
        return replace(moment, year=day.year, month=day.month, day=day.day)
    if (moment.month or 0, moment.day or 0) >= (day.month, day.day):
        return replace(moment, year=day.year)
    return replace(moment, year=day.year + 1)


def _same_month(moment: Moment, day: date) -> Moment:
    if moment.day and not moment.month:
        return replace(moment, month=day.month, year=day.year)
    return moment


def _local(when: datetime, zone: ZoneInfo) -> datetime:
    try:
        return when.astimezone(zone)
    except OverflowError:
        return when
