"""The live block: what is left of a slot, told between two marks at the end of its notes.

Rendering only; ``strip`` and its like (re-exported here) take a block off again in whatever shape it comes back.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge import liveblock_lines as lines
from bridge.core.availability import Availability, OfferAvailability
from bridge.core.drops import Drop, Problem, Slot
from bridge.liveblock_html import is_html, line_as_html, strip_html, text_of_html
from bridge.liveblock_marks import attach, strip
from bridge.wording import Wording, wording

__all__ = [
    "attach",
    "badge",
    "is_html",
    "line_as_html",
    "never_counted",
    "organizer_block",
    "problems_block",
    "public_block",
    "strip",
    "strip_html",
    "text_of_html",
]

MOST_OCCURRENCES = 12
_LONGEST_NAME = 80
_INNER_QUOTES = dict.fromkeys(map(ord, '“”„‟«»"'), "'")
_UNSAFE = re.compile(r"\s+[·•]\s+|[―—–‒-]{2,}|[\s\x00-\x1f\x7f]+")


def public_block(slot: Slot, availability: Availability, drop: Drop, now: datetime, link: str) -> str:
    """The block that customers see. ``now`` is when the numbers last changed; ``link`` where the slot is booked."""
    words = wording(drop.language)
    told = _standing(words, slot, availability, now)
    return _framed(words, [*told, *_booking(words, availability, link), _updated(words, slot.zone, now)])


def organizer_block(
    slot: Slot,
    availability: Availability,
    drop: Drop,
    now: datetime,
    link: str,
    *,
    occurrences: Sequence[tuple[Slot, Availability]] = (),
    orders: int | None = None,
    problems: Sequence[str] = (),
) -> str:
    """The block that the organizer sees: also what is taken, what was not understood and what the till says.

    For a recurring event ``occurrences`` are the upcoming ones, soonest first: one line each, at most twelve.
    ``problems`` are finished sentences about the till.
    """
    words = wording(drop.language)
    told = list(_occurrences(words, occurrences) if occurrences else _standing(words, slot, availability, now))
    told += _taken(words, slot, availability.offered, orders) if not occurrences else ()
    told += _warnings(words, slot, availability, problems)
    return _framed(words, [*told, *_booking(words, availability, link), _updated(words, slot.zone, now)])


def problems_block(problems: Sequence[Problem], drop: Drop, now: datetime, zone: ZoneInfo) -> str:
    """The block of an event that is no slot because its settings were not understood: it is not on sale, and why."""
    words = wording(drop.language)
    told = [words.text(lines.NO_PLACES), *(_problem(words, problem, None) for problem in problems)]
    return _framed(words, [*told, words.text(lines.UPDATED, moment=words.moment(now, zone))])


def badge(availability: Availability, language: str, *, opens: datetime | None = None, zone: ZoneInfo | None = None) -> str:
    """A few words for a title: ``7 left``, ``SOLD OUT``, ``closed``, ``cancelled``, ``opens Wed 2 Dec 09:00``."""
    words = wording(language)
    if availability.state == "open":
        return _badge_left(words, availability.left)
    if availability.state == "soon" and opens is not None and zone is not None:
        return words.text(lines.BADGE_OPENS, moment=_opening(words, opens, zone))
    return words.text(_BADGES[availability.state])


@lru_cache(maxsize=2048)
def never_counted(name: str, language: str) -> str:
    """The sentence about goods that the till has never named, though it counts others."""
    return wording(language).text(lines.NEVER_COUNTED, name=one_line(name))


@lru_cache(maxsize=2048)
def _badge_left(words: Wording, left: int) -> str:
    return words.plural(*lines.BADGE_LEFT, left)


_BADGES = {
    "soon": lines.BADGE_SOON,
    "sold_out": lines.BADGE_SOLD_OUT,
    "closed": lines.BADGE_CLOSED,
    "cancelled": lines.BADGE_CANCELLED,
}


def _framed(words: Wording, told: Sequence[str]) -> str:
    first, last = _marks(words)
    return "\n".join((first, *told, last))


@lru_cache(maxsize=64)
def _marks(words: Wording) -> tuple[str, str]:
    return (
        f"{lines.DASHES} {words.text(lines.LIVE_STOCK)} {lines.DASHES}",
        f"{lines.DASHES} {words.text(lines.END)} {lines.DASHES}",
    )


def _standing(words: Wording, slot: Slot, availability: Availability, now: datetime) -> Iterator[str]:
    if availability.state == "cancelled":
        yield words.text(lines.CANCELLED)
        return
    yield _places(words, availability.capacity, availability.places_left)
    if availability.offers:
        yield " · ".join([_offer(words, offer, slot.zone, now) for offer in availability.offers])
    if status := _status(words, slot, availability):
        yield status


# A count that changes is told on every slot that sells the item, mostly in the same words.
@lru_cache(maxsize=8192)
def _places(words: Wording, capacity: int, left: int) -> str:
    return words.plural(*lines.PLACES, capacity, left=left)


@lru_cache(maxsize=8192)
def _left(words: Wording, name: str, left: int | None, add_on: bool) -> str:
    if left is None:
        said = words.text(lines.ITEM_FREE, name=one_line(name))
    elif left <= 0:
        said = words.text(lines.ITEM_SOLD_OUT, name=one_line(name))
    else:
        said = words.plural(*lines.ITEM_LEFT, left, name=one_line(name))
    return f"{said} {words.text(lines.ADD_ON)}" if add_on else said


def _offer(words: Wording, offer: OfferAvailability, zone: ZoneInfo, now: datetime) -> str:
    said = _left(words, offer.name, offer.left, offer.add_on)
    if offer.as_of is not None:
        same_day = words.day(offer.as_of, zone) == words.day(now, zone) and abs(now - offer.as_of) < timedelta(days=2)
        moment = words.time(offer.as_of, zone) if same_day else words.moment(offer.as_of, zone)
        said += " " + words.text(lines.AS_OF, moment=moment)
    return said


def _status(words: Wording, slot: Slot, availability: Availability) -> str:
    state, window = availability.state, slot.preorder
    if state == "closed":
        return words.text(lines.CLOSED)
    if state == "sold_out":
        return words.text(lines.SOLD_OUT)
    if availability.reason == "goods":
        return words.text(lines.NO_GOODS)
    if availability.reason == "window":
        return words.text(lines.NO_WINDOW)
    if state == "soon" and window.opens is not None:
        return words.text(lines.OPENS, moment=_opening(words, window.opens, slot.zone))
    if window.closes is not None:
        return words.text(lines.UNTIL, moment=_closing(words, window.closes, slot.zone))
    return ""


@lru_cache(maxsize=8192)
def _opening(words: Wording, opens: datetime, zone: ZoneInfo) -> str:
    return words.day(opens, zone) if _is_midnight(opens, zone) else words.moment(opens, zone)


@lru_cache(maxsize=8192)
def _closing(words: Wording, closes: datetime, zone: ZoneInfo) -> str:
    if _is_midnight(closes, zone):
        return words.day(closes - timedelta(seconds=1), zone)
    return words.moment(closes, zone)


def _is_midnight(when: datetime, zone: ZoneInfo) -> bool:
    local = when.astimezone(zone)
    return not (local.hour or local.minute or local.second)


def _booking(words: Wording, availability: Availability, link: str) -> tuple[str, ...]:
    if not link or availability.state not in ("open", "soon"):
        return ()
    return (words.text(lines.BOOK, link=link),)


@lru_cache(maxsize=256)
def _updated(words: Wording, zone: ZoneInfo, now: datetime) -> str:
    return words.text(lines.UPDATED, moment=words.moment(now, zone))


def _taken(words: Wording, slot: Slot, offered: int, orders: int | None) -> Iterator[str]:
    if slot.claimed > offered:
        yield words.plural(*lines.TAKEN, slot.claimed - offered)
    if offered:
        yield words.plural(*lines.OFFERED, offered)
    if orders:
        yield words.plural(*lines.ORDERS, orders)


def _occurrences(words: Wording, occurrences: Sequence[tuple[Slot, Availability]]) -> Iterator[str]:
    for slot, availability in occurrences[:MOST_OCCURRENCES]:
        when = words.day(slot.starts_at, slot.zone) if slot.all_day else words.moment(slot.starts_at, slot.zone)
        yield words.text(lines.AT, moment=when, state=_state(words, slot, availability))
    if (more := len(occurrences) - MOST_OCCURRENCES) > 0:
        yield words.plural(*lines.MORE, more)


def _state(words: Wording, slot: Slot, availability: Availability) -> str:
    if availability.state == "cancelled":
        return words.text(lines.CANCELLED)
    if availability.state == "open":
        return _places(words, availability.capacity, availability.places_left)
    return _status(words, slot, availability)


def _warnings(words: Wording, slot: Slot, availability: Availability, sentences: Sequence[str]) -> Iterator[str]:
    for problem in slot.problems:
        yield _problem(words, problem, slot)
    for offer in availability.offers:
        if offer.oversold:
            yield words.plural(*lines.TILL_SHORT, offer.oversold, name=one_line(offer.name))
    for sentence in sentences:
        yield words.text(lines.TILL, sentence=one_line(sentence, 300).translate(_INNER_QUOTES))


def _problem(words: Wording, problem: Problem, slot: Slot | None) -> str:
    if problem.reason == "unknown-zone":
        zone = slot.timezone if slot is not None else ""
        return words.text(lines.UNKNOWN_ZONE, written=one_line(problem.written).translate(_INNER_QUOTES), zone=zone)
    values = {
        "setting": words.text(lines.SETTINGS.get(problem.setting, problem.setting)),
        "written": one_line(problem.written),
    }
    if problem.reason in lines.HINTS:
        return words.text(lines.HINTS[problem.reason], **values)
    values["reason"] = words.text(lines.REASONS.get(problem.reason, problem.reason))
    value = {"Places": slot.capacity, "Limit": slot.limit}.get(problem.setting) if slot is not None else None
    if value is None:
        return words.text(lines.NOT_UNDERSTOOD, **values)
    return words.text(lines.HOLDS if problem.reason == "written-twice" else lines.STILL, value=value, **values)


@lru_cache(maxsize=8192)
def one_line(text: str, longest: int = _LONGEST_NAME) -> str:
    """``text`` as it may stand inside a line of the block: no line breaks, nothing that reads as a mark, not too long."""
    calm = _UNSAFE.sub(lambda found: " – " if found[0].strip() else " ", text[: 4 * longest]).strip()
    return calm if len(calm) <= longest else calm[: longest - 1].rstrip() + "…"
