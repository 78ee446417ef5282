"""The settings lines that an organizer types into an event's notes, and what was not understood of them.

Never raises, whatever the text; takes time in proportion to its length. Months, weekdays and number formats are those
of the drop's language and English; the English setting names always work.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bridge.core.drops import MAX_CAPACITY, OfferDraft, PreorderWindow, Problem, SlotSettings
from bridge.wording import wording
from bridge.written import Unreadable, plain, shortened
from bridge.written_dates import read_window
from bridge.written_offers import read_offers

_LONGEST = {"Sells": 4_000, "Pickup": 2_000}
_MOST_PROBLEMS = 20
_LONGEST_NAME = 40
_NAMES = {
    "en": {
        "Places": ("places", "place", "capacity", "seats"),
        "Sells": ("sells", "sell", "selling"),
        "Preorder": ("preorder", "pre-order", "preorders", "pre-orders"),
        "Limit": ("limit",),
        "Pickup": ("pickup", "pick-up", "pick up"),
    },
    "de": {
        "Places": ("plätze", "platz", "plaetze"),
        "Sells": ("verkauf", "verkauft", "verkaufe", "angebot"),
        "Preorder": ("vorbestellung", "vorbestellungen", "vorbestellen"),
        "Limit": ("limit", "höchstens", "hoechstens"),
        "Pickup": ("abholung", "abholen"),
    },
    "fr": {
        "Places": ("places", "place"),
        "Sells": ("vente", "ventes", "vend", "vends"),
        "Preorder": ("précommande", "précommandes", "precommande", "precommandes"),
        "Limit": ("limite",),
        "Pickup": ("retrait",),
    },
    "es": {
        "Places": ("plazas", "plaza"),
        "Sells": ("venta", "ventas", "vende", "vendemos"),
        "Preorder": ("reserva", "reservas", "preventa", "prereserva"),
        "Limit": ("límite", "limite"),
        "Pickup": ("recogida",),
    },
}
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
_WHERE = frozenset(("place", "platz", "plaza"))
"""Names that in the singular rather say where: “Place: Market square” is a setting only before a number."""
_BREAK = re.compile("\r\n|[\n\r\u2028\u2029]")
_BULLET = " \t\u00a0-–—*•·"


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
    of several understood lines of a setting the last one holds.
    """
    names = _names(wording(language).language)
    read_value = _readers(zone, language, currency, near)
    found: dict[str, _Found] = {}
    problems: dict[Problem, None] = {}
    public: list[str | None] = []
    for line in _BREAK.split(text):
        setting_line = _setting_line(line, names)
        public.append(line if setting_line is None else None)
        if setting_line is None:
            continue
        setting, value = setting_line
        try:
            found.setdefault(setting, _Found()).values.append((value, _checked(setting, value, read_value)))
        except Unreadable as why:
            problems[Problem(setting, shortened(why.written), why.reason)] = None
    for setting, lines in found.items():
        if lines.conflict:
            problems[Problem(setting, lines.conflict, "written-twice")] = None
    return _settings(found, tuple(problems)[:_MOST_PROBLEMS]), _tidied(public)


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
    names = _names(wording(language).language)
    return _tidied([None if _setting_line(line, names) else line for line in _BREAK.split(description)])


def _settings(found: dict[str, _Found], problems: tuple[Problem, ...]) -> SlotSettings:
    said = {setting: lines.last for setting, lines in found.items()}
    return SlotSettings(
        places=said.get("Places"),
        offers=said.get("Sells"),
        preorder=said.get("Preorder"),
        limit=said.get("Limit"),
        pickup=said.get("Pickup"),
        problems=problems,
    )


@lru_cache(maxsize=16)
def _names(language: str) -> dict[str, str]:
    """Every name a setting line may begin with, with the setting it means."""
    names = {name: setting for setting, some in _NAMES["en"].items() for name in some}
    return names | {name: setting for setting, some in _NAMES.get(language, {}).items() for name in some}


def _setting_line(line: str, names: dict[str, str]) -> _Line | None:
    head = line[: _LONGEST_NAME + 20].replace("\uff1a", ":")
    colon = head.find(":")
    if colon < 0:
        return None
    name, value = " ".join(plain(head[:colon]).strip(_BULLET).casefold().split()), plain(line[colon + 1 :]).strip()
    if name not in names or (name in _WHERE and not value.isdecimal()):
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
        raise Unreadable("not-a-whole-number", value)
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
