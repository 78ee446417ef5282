"""Days and times in the words of a language, read by a small strict grammar: one pass, no guessing."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache

from babel import Locale

from bridge.wording import wording

_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*|\S")
_DASHES = frozenset("-–—−→")


@lru_cache(maxsize=1024)
def _bare(word: str) -> str:
    spread = unicodedata.normalize("NFD", word.casefold().replace("ß", "ss"))
    return "".join(c for c in spread if not unicodedata.combining(c))


def _some(words: str) -> frozenset[str]:
    return frozenset(_bare(word) for word in words.split())


_FROM = _some("from since opens ab von vom seit öffnet de du des depuis desde del ouvre abre")
_UNTIL = _some("until till til bis jusqu'au jusqu'a jusque hasta closes schließt ferme cierra")
_TO = _UNTIL | _some("to a au al and")
_BEFORE_DATE = _some("the on am den dem der zum le la el les au du , .")
_BEFORE_TIME = _some("at um gegen a las la los t , .")
_OF = _some("of de del . ,")
_ORDINAL = _some("st nd rd th er º ª ° .")
_HOURS = _some("h uhr hrs heures heure horas hora o'clock std")
_NOON = _some("noon mittag midi mediodia")


@dataclass(frozen=True, slots=True)
class Moment:
    """What was written of a moment; None for what was not."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    hour: int | None = None
    minute: int = 0
    second: int = 0
    zone: tzinfo | None = None

    @property
    def is_time_only(self) -> bool:
        """Whether no day was named."""
        return self.month is None and self.day is None and self.weekday is None


def tokens(value: str) -> list[str]:
    """Numbers, words and signs, in one case and without accents that keyboards lack."""
    return [_bare(token) for token in _TOKEN.findall(value.replace("’", "'"))]


@lru_cache(maxsize=16)
def _names(language: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Month names and weekday names, in every form that the language and English have."""
    months: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    for locale in (wording(language).locale, Locale("en"), Locale("en", "GB")):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context][width].items():
                    months.setdefault(_bare(name).strip("."), number)
                    months.setdefault(_bare(name).strip(".")[:4], number)
            for width in ("wide", "abbreviated", "short"):
                for number, name in locale.days[context].get(width, {}).items():
                    weekdays.setdefault(_bare(name).strip("."), number)
    for name, number in tuple(months.items()):
        if len({n for other, n in months.items() if other.startswith(name[:3])}) == 1:
            months.setdefault(name[:3], number)
    return months, weekdays


class Parser:
    """Reads a window from tokens. Every method either moves on past what it read or stays and returns None."""

    def __init__(self, words: Sequence[str], language: str, day_first: bool) -> None:
        self._words = words
        self._at = 0
        self._day_first = day_first
        self._months, self._weekdays = _names(language)
        self.is_open_ended = False

    @property
    def at_end(self) -> bool:
        """Whether all was read."""
        return self._at >= len(self._words)

    def window(self) -> tuple[Moment | None, Moment | None]:
        """Opening and closing as written; ``is_open_ended`` says that a lone opening was meant as one."""
        if self._skip(_UNTIL | _DASHES):
            return None, self._moment()
        self.is_open_ended = self._from()
        first = self._moment(day_alone=True)
        if first is None:
            return None, None
        self._skip(frozenset(",;"))
        if not self._skip(_TO | _DASHES | {"/"}):
            return first, None
        if self.at_end:
            self.is_open_ended = True
            return first, None
        self._skip(_UNTIL)
        return first, self._moment()

    def _from(self) -> bool:
        if self._peek() == "a" and self._peek(1) == "partir":
            self._at += 2
            self._skip(_FROM)
            return True
        return self._skip(_FROM)

    def _peek(self, ahead: int = 0) -> str:
        return self._words[self._at + ahead] if self._at + ahead < len(self._words) else ""

    def _skip(self, some: frozenset[str]) -> bool:
        if self._peek() in some and self._peek():
            self._at += 1
            return True
        return False

    def _skip_all(self, some: frozenset[str]) -> None:
        while self._skip(some):
            pass

    def _number(self, longest: int = 2, least: int = 0, most: int = 9999) -> int | None:
        word = self._peek()
        if word.isdecimal() and len(word) <= longest and least <= int(word) <= most:
            self._at += 1
            return int(word)
        return None

    def _first_of(self, *readers: Callable[[], Moment | None]) -> Moment | None:
        start = self._at
        for reader in readers:
            found = reader()
            if found is not None:
                return found
            self._at = start
        return None

    def _moment(self, *, day_alone: bool = False) -> Moment | None:
        self._skip_all(_BEFORE_DATE)
        day = self._first_of(self._with_weekday, self._date, self._weekday)
        if day is None:
            return self._first_of(self._time_alone, *((self._day_alone,) if day_alone else ()))
        start = self._at
        self._skip_all(_BEFORE_TIME)
        clock = self._time()
        if clock is None:
            self._at = start
            self._skip(frozenset("."))
            return day
        return replace(day, hour=clock.hour, minute=clock.minute, second=clock.second, zone=clock.zone)

    def _with_weekday(self) -> Moment | None:
        weekday = self._weekday()
        self._skip_all(_BEFORE_DATE)
        day = self._date() if weekday else None
        return replace(day, weekday=weekday.weekday) if day and weekday else None

    def _weekday(self) -> Moment | None:
        number = self._weekdays.get(self._peek())
        if number is None:
            return None
        self._at += 1
        self._skip(frozenset("."))
        return Moment(weekday=number)

    def _date(self) -> Moment | None:
        return self._first_of(self._iso, self._numeric, self._day_and_month, self._month_and_day)

    def _iso(self) -> Moment | None:
        if len(self._peek()) != 4 or self._peek(1) not in ("-", "/") or self._peek(3) != self._peek(1):
            return None
        year = self._number(4)
        self._at += 1
        month = self._number(2, 1, 12)
        self._at += 1
        day = self._number(2, 1, 31)
        return Moment(year, month, day) if year and month and day else None

    def _numeric(self) -> Moment | None:
        sign = self._peek(1)
        one = self._number(2, 1, 31)
        if sign not in (".", "/", "-") or one is None:
            return None
        self._at += 1
        two = self._number(2, 1, 31)
        if two is None or self._peek() == ":":
            return None
        year = None
        if self._skip(frozenset(sign)) and not (year := self._year()) and sign != ".":
            return None
        if not year and (sign == "-" or (sign == "." and self._peek() in _HOURS)):
            return None
        day, month = (one, two) if (self._day_first and two <= 12) or one > 12 else (two, one)
        return Moment(year or None, month, day) if month <= 12 else None

    def _year(self) -> int | None:
        if self._peek(1) in (":", "h", "uhr"):
            return None
        if len(self._peek()) == 2:
            year = self._number(2)
            return None if year is None else 2000 + year
        return self._number(4, 1000) if len(self._peek()) == 4 else None

    def _day_and_month(self) -> Moment | None:
        day = self._number(2, 1, 31)
        self._skip_all(_ORDINAL)
        self._skip(_OF)
        month = self._months.get(self._peek())
        if day is None or month is None:
            return None
        self._at += 1
        return Moment(self._year_after_month(), month, day)

    def _month_and_day(self) -> Moment | None:
        month = self._months.get(self._peek())
        if month is None:
            return None
        self._at += 1
        self._skip(frozenset("."))
        day = self._number(2, 1, 31)
        if day is None or self._peek() in (":", "h"):
            return None
        self._skip_all(_ORDINAL)
        return Moment(self._year_after_month(), month, day)

    def _year_after_month(self) -> int | None:
        start = self._at
        self._skip_all(_OF)
        year = self._number(4, 1000) if len(self._peek()) == 4 and self._peek(1) not in (":", "h") else None
        if year is None:
            self._at = start
        return year

    def _day_alone(self) -> Moment | None:
        day = self._number(2, 1, 31)
        self._skip(_ORDINAL)
        return Moment(day=day) if day else None

    def _time_alone(self) -> Moment | None:
        self._skip_all(_BEFORE_TIME)
        return self._time()

    def _time(self) -> Moment | None:
        if self._skip(_NOON):
            return Moment(hour=12)
        hour = self._number(2, 0, 24)
        if hour is None:
            return None
        minute, second, said = self._minutes()
        hour, half = self._half(hour)
        if hour is None or minute is None or not (said or half) or (hour == 24 and (minute or second)):
            return None
        return Moment(hour=hour, minute=minute, second=second, zone=self._zone())

    def _minutes(self) -> tuple[int | None, int, bool]:
        """Minutes, seconds, and whether anything said that this is a time."""
        if self._peek() in (":", ".") and len(self._peek(1)) == 2 and self._peek(1).isdecimal():
            self._at += 1
            minute, second = self._number(2, 0, 59), 0
            if self._peek() == ":" and len(self._peek(1)) == 2:
                self._at += 1
                second = self._number(2, 0, 59) or 0
            self._skip(_HOURS)
            return minute, second, True
        if self._skip(_HOURS):
            return (self._number(2, 0, 59) if len(self._peek()) == 2 else None) or 0, 0, True
        return 0, 0, False

    def _half(self, hour: int) -> tuple[int | None, bool]:
        """The hour of a day for one of half a day, and whether am or pm was said."""
        half = self._peek()
        if half in ("a", "p") and (self._peek(1) == "." and self._peek(2) == "m"):
            self._at += 3
            self._skip(frozenset("."))
        elif half in ("am", "pm"):
            self._at += 1
        else:
            return hour, False
        return (hour % 12 + (12 if half[0] == "p" else 0) if 1 <= hour <= 12 else None), True

    def _zone(self) -> tzinfo | None:
        if self._skip(frozenset(("z", "utc", "gmt"))):
            return UTC
        start = self._at
        sign = self._peek()
        if sign in ("+", "-") and self._peek(2) == ":":
            self._at += 1
            hours = self._number(2, 0, 14)
            self._at += 1
            minutes = self._number(2, 0, 59) if len(self._peek()) == 2 else None
            if hours is not None and minutes is not None and self._words[start + 1] == f"{hours:02d}" and self._peek() != ":":
                offset = timedelta(hours=hours, minutes=minutes)
                return timezone(offset if sign == "+" else -offset)
        self._at = start
        return None
