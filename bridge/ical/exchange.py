"""Whole calendars: apart into calendar object resources, and together again."""

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from bridge.ical.calendar import PRODID
from bridge.ical.check import KINDS, uid_of
from bridge.ical.lines import Component, components, joined, newline_of


def split(text: str) -> list[tuple[str, str]]:
    """Every event, task and journal entry of an exported calendar as (UID, VCALENDAR text), in order of appearance.

    Overrides stay with their master, octets as they are, and each text has the VTIMEZONEs it speaks of. What has no UID is
    given one by its words, the same each time. Components of other kinds are left out.
    Raises ``InvalidCalendarData``, ``InvalidCalendarObject``.
    """
    made: list[tuple[str, str]] = []
    for calendar in components(text):
        made += _split(calendar, text)
    return made


def _split(calendar: Component, text: str) -> list[tuple[str, str]]:
    zones = [(c.text("TZID"), text[c.start : c.end]) for c in calendar.children if c.name == "VTIMEZONE"]
    groups: dict[tuple[str, str], list[str]] = {}
    without = Counter[str]()
    for component in (c for c in calendar.children if c.name in KINDS):
        own = text[component.start : component.end]
        uid = uid_of(component) or _made_up(own, without)
        if not uid_of(component):
            at = component.body - component.start
            own = f"{own[:at]}UID:{uid}{newline_of(text)}{own[at:]}"
        groups.setdefault((uid, component.name), []).append(own)
    newline = newline_of(text)
    head = joined(["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"]).replace("\r\n", newline)
    tail = f"END:VCALENDAR{newline}"
    return [(uid, head + _needed(zones, parts) + "".join(parts) + tail) for (uid, _), parts in groups.items()]


def _made_up(own: str, without: Counter[str]) -> str:
    """A UID for an entry that has none: another one for other words, so that no file's entries pass for another's."""
    words = "\n".join(line for line in own.splitlines() if not line.startswith("DTSTAMP"))
    digest = sha256(words.encode()).hexdigest()[:24]
    without[digest] += 1
    return f"imported-{digest}-{without[digest]}"


def _needed(zones: list[tuple[str, str]], parts: list[str]) -> str:
    text = "".join(parts).replace("\r", "").replace("\n ", "").replace("\n\t", "")
    return "".join(own for tzid, own in zones if tzid and tzid in text)


def join(texts: Iterable[str]) -> str:
    """One VCALENDAR of many calendar objects; of VTIMEZONEs with the same TZID the first is taken. Octets stay.

    Raises ``InvalidCalendarData``, ``InvalidCalendarObject``.
    """
    zones: dict[str, str] = {}
    events: list[str] = []
    for text in texts:
        for calendar in components(text):
            for component in calendar.children:
                own = text[component.start : component.end]
                if component.name == "VTIMEZONE":
                    zones.setdefault(component.text("TZID"), own)
                else:
                    events.append(own)
    head = joined(["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"])
    return "".join([head, *zones.values(), *events, "END:VCALENDAR\r\n"])
