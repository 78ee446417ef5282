"""The settings lines that an organizer types into an event's notes, and what was not understood of them.

Never raises, whatever the text; takes time in proportion to its length. Months, weekdays and number formats are those
of the drop's language and English; the English setting names always work.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bridge.core.drops import MAX_CAPACITY, OfferDraft, PreorderWindow, Problem, SlotSettings
from bridge.wording import wording
from bridge.written import Unreadable, plain, shortened
from bridge.written_dates import read_window
from bridge.written_names import BULLET, WHERE, names_of
from bridge.written_near import near_miss
from bridge.written_offers import read_offers

_LONGEST = {"Sells": 4_000, "Pickup": 2_000}
_MOST_TOLD = 20
_LONGEST_NAME = 40
_CUSTOMERS = (
    "customer", "person", "order", "kunde", "kundin", "bestellung", "client", "personne", "commande", "cliente", "persona", "pedido",
)  # fmt: skip
_UNITS = {
    "Places": frozenset(("places", "place", "seats", "plätze", "platz", "plazas", "plaza", "people", "personen", "personnes", "personas")),
    "Limit": frozenset(
        f"{per} {whom}".strip()
        for per in ("per", "pro", "par", "por", "a", "each", "je", "chacun", "cada uno")
        for whom in ("", *_CUSTOMERS)
    ),
}
_GROUPS = {"en": ",", "de": ".", "fr": "", "es": "."}
_BREAK = re.compile("\r\n|[\n\r\u2028\u2029]")


class _Line(NamedTuple):
    setting: str
    value: str


@dataclass(slots=True)
class _Found:
    """What the lines of one setting said, in order."""

    values: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def last(self) -> Any:
        return self.values[-1][1] if self.values else None

    @property
    def conflict(self) -> str:
        """What was written when two understood lines differ, else nothing."""
        if all(value == self.last for _, value in self.values):
            return ""
        return shortened(" / ".join(dict.fromkeys(shortened(written, 30) for written, _ in self.values)))


def read(text: str, *, zone: ZoneInfo, language: str, currency: str, near: datetime) -> tuple[SlotSettings, str]:
    """The settings of an event and its remaining, public notes.

    ``near`` is the start of the event, aware: a date without a year is the nearest one before it. Times are read in
    ``zone``, prices into minor units of ``currency``. A line not understood becomes a ``Problem`` and changes nothing;
    of several understood lines of a setting the last one holds. A line that nearly is one stays with the public notes,
    and becomes a hint. At most twenty of either are told; of each setting that was not understood there is one.
    """
    names = names_of(wording(language).language)
    read_value = _readers(zone, language, currency, near)
    found: dict[str, _Found] = {}
    problems: dict[Problem, None] = {}
    public: list[str | None] = []
    nearly: list[_Line] = []
    for line in _BREAK.split(text):
        setting_line = _setting_line(line, names)
        public.append(line if setting_line is None else None)
        if setting_line is None:
            nearly += [_Line(*miss)] if (miss := near_miss(line, wording(language).language)) else []
            continue
        setting, value = setting_line
        try:
            found.setdefault(setting, _Found()).values.append((value, _checked(setting, value, read_value)))
        except Unreadable as why:
            problems |= dict.fromkeys(Problem(setting, shortened(one.written), one.reason) for one in (why, *why.others))
    for setting, lines in found.items():
        if lines.conflict:
            problems[Problem(setting, lines.conflict, "written-twice")] = None
    hints = _hints(nearly, found, read_value)
    return _settings(found, _told(problems), hints), _tidied(public)


def others(holding: SlotSettings, other: SlotSettings, text: str, language: str) -> tuple[Problem, ...]:
    """Hints at what ``other``, as read from ``text``, says of a slot and ``holding`` does not; of pickup they may use other words."""
    names = names_of(wording(language).language)
    written = dict(found for line in _BREAK.split(text) if (found := _setting_line(line, names)) is not None)
    compared = {
        "Places": (holding.places, other.places),
        "Sells": (holding.offers, other.offers),
        "Preorder": (holding.preorder, other.preorder),
        "Limit": (holding.limit, other.limit),
    }
    return tuple(
        Problem(setting, shortened(written[setting]), "other-in-html")
        for setting, (held, said) in compared.items()
        if said is not None and said != held and not holding.mentions(setting)
    )


def drop_defaults(description: str, *, zone: ZoneInfo, language: str, currency: str, now: datetime) -> SlotSettings:
    """The settings lines in a calendar's own description, which hold where an event has none of its own.

    A date without a year is the next one after ``now``, there being no event to be near to.
    """
    try:
        near = now + timedelta(days=364)
    except OverflowError:
        near = now
    return read(description, zone=zone, language=language, currency=currency, near=near)[0]


def public_description(description: str, language: str) -> str:
    """What customers read of a calendar's own description: all but its settings lines."""
    names = names_of(wording(language).language)
    return _tidied([None if _setting_line(line, names) else line for line in _BREAK.split(description)])


def _told(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The first problems, with one at least of every setting: what a line that was not understood leaves as it was hangs on that."""
    some = list(problems)
    firsts = {problem.setting: problem for problem in reversed(some)}.values()
    told = set(list(dict.fromkeys((*firsts, *some)))[:_MOST_TOLD])
    return tuple(problem for problem in some if problem in told)


def _hints(nearly: list[_Line], found: dict[str, _Found], read_value: dict[str, Callable[[str], Any]]) -> tuple[Problem, ...]:
    """Near misses worth a word: with a value that would do, and that does not hold already."""
    hints: dict[Problem, None] = {}
    for setting, value in dict.fromkeys(nearly):
        if len(hints) == _MOST_TOLD:
            break
        try:
            said = _checked(setting, value, read_value)
        except Unreadable:
            continue
        if setting not in found or said != found[setting].last:
            hints[Problem(setting, shortened(value), "near-miss")] = None
    return tuple(hints)


def _settings(found: dict[str, _Found], problems: tuple[Problem, ...], hints: tuple[Problem, ...]) -> SlotSettings:
    said = {setting: lines.last for setting, lines in found.items()}
    return SlotSettings(
        places=said.get("Places"),
        offers=said.get("Sells"),
        preorder=said.get("Preorder"),
        limit=said.get("Limit"),
        pickup=said.get("Pickup"),
        problems=problems,
        hints=hints,
    )


def _setting_line(line: str, names: dict[str, str]) -> _Line | None:
    head = line[: _LONGEST_NAME + 20].replace("\uff1a", ":")
    colon = head.find(":")
    if colon < 0:
        return None
    written = unicodedata.normalize("NFC", plain(head[:colon]).strip(BULLET))
    name, value = " ".join(written.casefold().split()), plain(line[colon + 1 :]).strip()
    if name not in names or (name in WHERE and not value.isdecimal()):
        return None
    return _Line(names[name], value)


def _checked(setting: str, value: str, read_value: dict[str, Callable[[str], Any]]) -> Any:
    if len(value) > _LONGEST.get(setting, 400):
        raise Unreadable("too-long", value)
    if not value:
        raise Unreadable("empty", "")
    return read_value[setting](value)


def _readers(zone: ZoneInfo, language: str, currency: str, near: datetime) -> dict[str, Callable[[str], Any]]:
    def window(value: str) -> PreorderWindow:
        return read_window(value, zone=zone, language=language, near=near)

    def offers(value: str) -> tuple[OfferDraft, ...]:
        return read_offers(value, language=language, currency=currency)

    def places(value: str) -> int:
        return _number("Places", value, language)

    def limit(value: str) -> int:
        return _number("Limit", value, language, least=1)

    return {"Places": places, "Sells": offers, "Preorder": window, "Limit": limit, "Pickup": str}


def _number(setting: str, value: str, language: str, least: int = 0) -> int:
    """A whole number, grouped as the language does it, with or without the words for what it counts."""
    if re.fullmatch(r"[-−–]\d{1,9}", value):
        raise Unreadable("too-small", value)
    found = re.match(r"(\d+(?:[ .,'’]\d{3})*)(?: +(\D+))?$", value)
    if found is None or (found[2] and " ".join(found[2].casefold().split()).strip(".") not in _UNITS[setting]):
        raise Unreadable("not-a-whole-number", value)
    digits = re.sub(r"[ '’]", "", found[1])
    group = _GROUPS[wording(language).language]
    whole = digits.replace(group, "") if group and re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+", digits) else digits
    if not whole.isdecimal():
        raise Unreadable("not-a-whole-number", value)
    if len(whole.lstrip("0")) > 7 or int(whole[-7:]) > MAX_CAPACITY:
        raise Unreadable("too-large", value)
    if int(whole) < least:
        raise Unreadable("too-small", value)
    return int(whole)


def _tidied(lines: list[str | None]) -> str:
    """The lines that are left; where a settings line went, one blank line stays for the two around it."""
    if None not in lines:
        return "\n".join(line for line in lines if line is not None)
    kept: list[str] = []
    gone = False
    for line in lines:
        if line is None:
            gone = True
        elif line.strip() or not gone or (kept and kept[-1].strip()):
            kept.append(line)
            gone = gone and not line.strip()
    while kept and not kept[-1].strip():
        kept.pop()
    while kept and not kept[0].strip():
        kept.pop(0)
    return "\n".join(kept)
