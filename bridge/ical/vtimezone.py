"""VTIMEZONE for an IANA zone (RFC 5545 section 3.6.5): the changes of the past as dates, the rules that hold as rules."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from bridge.ical.lines import joined
from bridge.ical.zones import zone_info

_FROM, _UNTIL = datetime(1990, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORTH_A_RULE = 3


class Turn(NamedTuple):
    """A change of the offset: ``onset`` is the local time that clocks showed, by the old offset."""

    onset: datetime
    before: timedelta
    after: timedelta
    name: str
    summer: bool


@lru_cache(maxsize=256)
def vtimezone(tzid: str) -> str:
    """The VTIMEZONE of ``tzid``, right from 1990 on, with CRLF; ``""`` for UTC, which needs none."""
    if tzid == "UTC":
        return ""
    turns = list(_turns(tzid))
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid}", f"X-LIC-LOCATION:{tzid}", *_first(tzid)]
    for _, alike in groupby(sorted(turns, key=_kind), key=_kind):
        for run in _runs(list(alike)):
            lines += _part(run)
    return joined([*lines, "END:VTIMEZONE"])


def _kind(turn: Turn) -> tuple[bool, str, timedelta, timedelta]:
    return turn.summer, turn.name, turn.before, turn.after


def _first(tzid: str) -> list[str]:
    at = _FROM.astimezone(zone_info(tzid))
    here = at.utcoffset() or timedelta()
    return _lines(Turn(datetime.fromisoformat("1970-01-01"), here, here, at.tzname() or "", bool(at.dst())), [])


def _turns(tzid: str) -> Iterator[Turn]:
    zone = zone_info(tzid)
    step = timedelta(days=7)
    at = _FROM
    while at < _UNTIL:
        old, new = at.astimezone(zone), (at + step).astimezone(zone)
        if old.utcoffset() != new.utcoffset() or old.tzname() != new.tzname():
            yield _turn(tzid, at, at + step)
        at += step


def _turn(tzid: str, low: datetime, high: datetime) -> Turn:
    """The change between two moments, to the second."""
    zone = zone_info(tzid)
    old = low.astimezone(zone)
    state = old.utcoffset(), old.tzname()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        seen = middle.astimezone(zone)
        low, high = (middle, high) if (seen.utcoffset(), seen.tzname()) == state else (low, middle)
    new = high.astimezone(zone)
    before, after = old.utcoffset() or timedelta(), new.utcoffset() or timedelta()
    return Turn((high + before).replace(tzinfo=None), before, after, new.tzname() or "", bool(new.dst()))


def _runs(turns: list[Turn]) -> Iterator[tuple[list[Turn], str]]:
    """Turns of one kind, cut where the rule they follow changes: each run with its BYDAY, ``""`` when it follows none."""
    loose: list[Turn] = []
    while turns:
        size, byday = max(((_reach(turns, rule), rule) for rule in _bydays(turns[0].onset)), key=lambda found: found[0])
        if size >= _WORTH_A_RULE:
            yield turns[:size], byday
            turns = turns[size:]
        else:
            loose.append(turns[0])
            turns = turns[1:]
    if loose:
        yield loose, ""


def _bydays(onset: datetime) -> list[str]:
    """The ways to say which day of its month this is, the likeliest last."""
    day = _DAYS[onset.weekday()]
    last = (onset + timedelta(days=7)).month != onset.month
    return [f"{(onset.day - 1) // 7 + 1}{day}", *([f"-1{day}"] if last else [])]


def _reach(turns: list[Turn], byday: str) -> int:
    """How many turns, a year apart each, follow the rule of the first."""
    first = turns[0].onset
    for number, turn in enumerate(turns):
        same = (turn.onset.year, turn.onset.month, turn.onset.time()) == (first.year + number, first.month, first.time())
        if not same or byday not in _bydays(turn.onset):
            return number
    return len(turns)


def _part(run: tuple[list[Turn], str]) -> list[str]:
    turns, byday = run
    first, last = turns[0], turns[-1]
    if not byday:
        # ical.js takes no turn from DTSTART when there is an RDATE, so the first is said twice.
        dates = [f"RDATE:{turn.onset:%Y%m%dT%H%M%S}" for turn in turns] if len(turns) > 1 else []
        return _lines(first, dates)
    until = "" if last.onset.year >= _UNTIL.year else f";UNTIL={last.onset - last.before:%Y%m%dT%H%M%SZ}"
    return _lines(first, [f"RRULE:FREQ=YEARLY;BYMONTH={first.onset.month};BYDAY={byday}{until}"])


def _lines(turn: Turn, repeats: list[str]) -> list[str]:
    part = "DAYLIGHT" if turn.summer else "STANDARD"
    return [
        f"BEGIN:{part}",
        f"TZNAME:{turn.name}",
        f"TZOFFSETFROM:{_offset(turn.before)}",
        f"TZOFFSETTO:{_offset(turn.after)}",
        f"DTSTART:{turn.onset:%Y%m%dT%H%M%S}",
        *repeats,
        f"END:{part}",
    ]


def _offset(size: timedelta) -> str:
    seconds = abs(int(size.total_seconds()))
    text = f"{'-' if size < timedelta() else '+'}{seconds // 3600:02}{seconds // 60 % 60:02}"
    return f"{text}{seconds % 60:02}" if seconds % 60 else text
