"""Days and times in the words of a language, read by a small strict grammar: one pass, no guessing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, timezone, tzinfo

from bridge.written_words import BEFORE_DATE, BEFORE_TIME, DASHES, FROM, HOURS, NOON, OF, ORDINAL, TO, UNTIL, names


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


class Parser:
    """Reads a window from tokens. Every method either moves on past what it read or stays and returns None."""

    def __init__(self, words: Sequence[str], language: str, day_first: bool) -> None:
        self._words = words
        self._at = 0
        self._day_first = day_first
        self._months, self._weekdays = names(language)
        self.is_open_ended = False

    @property
    def at_end(self) -> bool:
        """Whether all was read."""
        return self._at >= len(self._words)

    def window(self) -> tuple[Moment | None, Moment | None]:
        """Opening and closing as written; ``is_open_ended`` says that a lone opening was meant as one."""
        if self._skip(UNTIL | DASHES):
            return None, self._moment()
        self.is_open_ended = self._from()
        first = self._moment(day_alone=True)
        if first is None:
            return None, None
        self._skip(frozenset(",;"))
        if not self._skip(TO | DASHES | {"/"}):
            return first, None
        if self.at_end:
            self.is_open_ended = True
            return first, None
        self._skip(UNTIL)
        return first, self._moment()

    def _from(self) -> bool:
        if self._peek() == "a" and self._peek(1) == "partir":
            self._at += 2
            self._skip(FROM)
            return True
        return self._skip(FROM)

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
        self._skip_all(BEFORE_DATE)
        day = self._first_of(self._with_weekday, self._date, self._weekday)
        if day is None:
            return self._first_of(self._time_alone, *((self._day_alone,) if day_alone else ()))
        start = self._at
        self._skip_all(BEFORE_TIME)
        clock = self._time()
        if clock is None:
            self._at = start
            self._skip(frozenset("."))
            return day
        return replace(day, hour=clock.hour, minute=clock.minute, second=clock.second, zone=clock.zone)

    def _with_weekday(self) -> Moment | None:
        weekday = self._weekday()
        self._skip_all(BEFORE_DATE)
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
        if not year and (sign == "-" or (sign == "." and self._peek() in HOURS)):
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
        self._skip_all(ORDINAL)
        self._skip(OF)
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
        self._skip_all(ORDINAL)
        return Moment(self._year_after_month(), month, day)

    def _year_after_month(self) -> int | None:
        start = self._at
        self._skip_all(OF)
        year = self._number(4, 1000) if len(self._peek()) == 4 and self._peek(1) not in (":", "h") else None
        if year is None:
            self._at = start
        return year

    def _day_alone(self) -> Moment | None:
        day = self._number(2, 1, 31)
        self._skip(ORDINAL)
        return Moment(day=day) if day else None

    def _time_alone(self) -> Moment | None:
        self._skip_all(BEFORE_TIME)
        return self._time()

    def _time(self) -> Moment | None:
        if self._skip(NOON):
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
            self._skip(HOURS)
            return minute, second, True
        if self._skip(HOURS):
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
        offset = self._peek()
        if offset[:1] not in ("+", "-") or len(offset) != 6:
            return None
        self._at += 1
        ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
        return timezone(ahead if offset[0] == "+" else -ahead)
