"""What a calendar object resource must be (RFC 4791 section 4.1), as leniently as real clients need."""

import re

from bridge.core.errors import InvalidCalendarData, InvalidCalendarObject, UnsupportedComponent
from bridge.ical.lines import Component

KINDS = ("VEVENT", "VTODO", "VJOURNAL")
_DIGITS = 12
_TOO_LARGE = re.compile(rf"(?:^|;)\s*(INTERVAL|COUNT)\s*=\s*(0*[1-9][0-9]{{{_DIGITS},}})\s*(?=;|$)", re.IGNORECASE)
_RSCALE = re.compile(r"(?:^|;)\s*RSCALE\s*=\s*([A-Z0-9-]{1,40})", re.IGNORECASE)


def checked(calendar: Component) -> list[Component]:
    """The components of the one object in ``calendar``, all of one kind and one UID.

    Raises ``InvalidCalendarData``, ``InvalidCalendarObject`` or ``UnsupportedComponent``.
    """
    if calendar.value("VERSION") == "1.0":
        raise InvalidCalendarData("This is a vCalendar 1.0 of the nineties; only iCalendar 2.0 is understood here.")
    if calendar.first("METHOD") is not None:
        raise InvalidCalendarObject("A calendar resource has no METHOD: this is an invitation on its way, not an event to keep.")
    found = [child for child in calendar.children if child.name != "VTIMEZONE"]
    kinds = {child.name for child in found}
    if not found:
        raise InvalidCalendarObject("The calendar holds no event, task or journal entry.")
    if len(kinds) > 1:
        raise InvalidCalendarObject(f"A calendar resource is of one kind, but this mixes {' and '.join(sorted(kinds))[:80]}.")
    if not kinds <= set(KINDS):
        raise UnsupportedComponent(f"Events, tasks and journal entries can be kept here, not a {found[0].name[:40]}.")
    _check_uid(found)
    for component in found:
        if component.name == "VEVENT":
            _check_event(component)
    return found


def _check_event(event: Component) -> None:
    """Raises ``InvalidCalendarObject`` for two starts or ends, and for numbers that no rule here counts with."""
    if len(event.all("DTSTART")) > 1:
        raise InvalidCalendarObject("An event has two DTSTART lines, so that nobody can tell when it starts: leave one of them out.")
    for name in ("DTEND", "DURATION"):
        if len(event.all(name)) > 1:
            raise InvalidCalendarObject(f"An event has two {name} lines, so that nobody can tell when it ends: leave one of them out.")
    if event.first("RECURRENCE-ID") is not None:
        return  # The rule of an override means nothing, and is not read.
    for line in (*event.all("RRULE"), *event.all("EXRULE")):
        if large := _TOO_LARGE.search(line.value):
            name, written = large[1].upper(), large[2]
            raise InvalidCalendarObject(f"{name} of a recurrence is {10**_DIGITS - 1} at most here, not “{written[:20]}”.")


def foreign_scale(master: Component | None) -> str:
    """The calendar that a rule of ``master`` counts by (RFC 7529 section 4.1) where it is not the Gregorian one, else empty."""
    lines = (*master.all("RRULE"), *master.all("EXRULE")) if master is not None else ()
    scales = (found[1].upper() for line in lines if (found := _RSCALE.search(line.value)))
    return next((scale for scale in scales if scale != "GREGORIAN"), "")


def _check_uid(found: list[Component]) -> None:
    uids = {uid_of(component) for component in found}
    if "" in uids:
        raise InvalidCalendarObject(f"A {found[0].name} has no UID.")
    if len(uids) > 1:
        raise InvalidCalendarObject("A calendar resource is one event with its exceptions, but this holds several UIDs.")


def uid_of(component: Component) -> str:
    """The UID of ``component``, ``""`` when it has none."""
    return component.text("UID").strip()
