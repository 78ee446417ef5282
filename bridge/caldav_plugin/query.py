"""C:calendar-query (RFC 4791 section 7.8): which members match, and the calendar data they are handed out with.

What clients really ask (a component, a time range, or all) is answered from rows, and no event is read. Anything else
is judged on the text of the rows that can match.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple, Protocol

from bridge.caldav_plugin.filters import CALDAV, CompFilter, ascii_folded, read_filter
from bridge.caldav_plugin.freebusy import free_busy
from bridge.caldav_plugin.matching import passes
from bridge.caldav_plugin.occurrences import Calendar
from bridge.caldav_plugin.partial import Selection, read_selection, selected
from bridge.caldav_plugin.refused import QueryRefused
from bridge.core.calendars import Audience, Resource
from bridge.core.drops import Drop
from bridge.core.errors import Refusal
from bridge.core.ports import Views
from bridge.ical.lines import Component, parse, unescape, unfold
from bridge.ical.zones import zones_of

__all__ = ["Limits", "QueryRefused", "answer_query", "calendar_data", "free_busy"]

REPORT_OCCURRENCES = 100
_STORED = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
_ZONES_APART = timedelta(hours=27)


class Limits(Protocol):
    """What bounds a report: it expands no more than a hundred times ``max_occurrences``, all members together."""

    @property
    def max_occurrences(self) -> int: ...


class _Plan(NamedTuple):
    """How a filter is answered. ``component`` and ``within`` narrow what is fetched; ``plain`` says that no more is asked.

    ``needles`` are UTF-8 texts, in ASCII lower case, that every match holds. ``zone`` is that of floating times.
    """

    wanted: CompFilter
    target: CompFilter | None
    plain: bool
    needles: tuple[bytes, ...]
    zone: str


def answer_query(
    views: Views, drop: Drop, audience: Audience, root: ET.Element, *, limits: Limits, only: str | None = None
) -> Iterator[tuple[Resource, str | None]]:
    """The members that match a C:calendar-query, each with its calendar data, or None when none was asked for.

    ``only`` names the one member to look at, for a report on that member. Raises ``QueryRefused``: for the request
    itself at once, for too many occurrences while the answer is read.
    """
    plan = _plan(drop, root)
    element = root.find(f"{{DAV:}}prop/{CALDAV}calendar-data")
    data = None if element is None else _data(read_selection(element), plan.zone, REPORT_OCCURRENCES * limits.max_occurrences)
    rows = _rows(views, drop, audience, plan) if only is None else _row(views, drop, audience, plan, only)
    return ((row, data(row) if data is not None else None) for row in rows)


def calendar_data(resource: Resource, element: ET.Element | None, zone: str = "UTC") -> str:
    """The text of ``resource`` that a C:calendar-data asks for; all of it when ``element`` is None.

    ``zone`` is where floating times are. Raises ``QueryRefused`` (``C:supported-calendar-data``, ``C:valid-filter``, ``C:max-instances``).
    """
    selection = read_selection(element)
    return resource.text if selection == Selection() else selected(resource.text, selection, zone)


def _data(selection: Selection, zone: str, limit: int) -> Callable[[Resource], str]:
    if selection == Selection():
        return lambda row: row.text
    left = limit

    def within_limit(row: Resource) -> str:
        nonlocal left
        text = selected(row.text, selection, zone, max(left, 1))
        left -= text.count("\nRECURRENCE-ID") if selection.expand is not None else 0
        return text

    return within_limit


def _plan(drop: Drop, root: ET.Element) -> _Plan:
    wanted = read_filter(root)
    asked = [inner for inner in wanted.components if not inner.absent and inner.name in _STORED]
    target = asked[0] if len(asked) == 1 else None
    plain = not (wanted.absent or wanted.properties) and list(wanted.components) == asked and len(asked) < 2
    plain = plain and (target is None or not (target.properties or target.components))
    return _Plan(wanted, target, plain, tuple(_needles(wanted)), _zone(root, drop))


def _needles(wanted: CompFilter) -> Iterator[bytes]:
    """Texts that a match holds letter for letter, so that most of a calendar need not be read."""
    if wanted.absent:
        return
    for line in wanted.properties:
        text = line.text
        if text is not None and not text.negate and text.fold is ascii_folded and "\r" not in text.needle:
            yield text.needle.encode("utf-8", "surrogatepass")
    for inner in wanted.components:
        yield from _needles(inner)


def _zone(root: ET.Element, drop: Drop) -> str:
    """The zone of floating times: the request's own C:timezone (RFC 4791 section 9.8) when IANA knows it, else the drop's."""
    element = root.find(f"{CALDAV}timezone")
    if element is None:
        return drop.timezone
    text = (element.text or "").strip() + "\r\n"
    try:
        calendar = parse(text)
    except Refusal:
        calendar = Component("", 0, 0)
    written = [inner for inner in calendar.children if inner.name == "VTIMEZONE"]
    if len(written) != 1:
        raise QueryRefused("C:valid-calendar-data", "A timezone element holds one iCalendar object with one VTIMEZONE.")
    return zones_of(calendar, text, drop.timezone).named(written[0].text("TZID")).name or drop.timezone


def _rows(views: Views, drop: Drop, audience: Audience, plan: _Plan) -> Iterator[Resource]:
    sure = plan.plain and plan.zone == drop.timezone
    for row in _candidates(views, drop, audience, plan):
        if (sure and row.exact) or _passes(row, plan):
            yield row


def _candidates(views: Views, drop: Drop, audience: Audience, plan: _Plan) -> Iterable[Resource]:
    if plan.target is None and not plan.plain:
        return views.resources(drop.id, audience)
    component, within = (plan.target.name, plan.target.range) if plan.target is not None else (None, None)
    if within is None:
        return views.in_range(drop.id, audience, component, None, None)
    within = within if plan.zone == drop.timezone else within.widened(_ZONES_APART)
    return views.in_range(drop.id, audience, component, within.starts, within.ends)


def _row(views: Views, drop: Drop, audience: Audience, plan: _Plan, name: str) -> Iterator[Resource]:
    row = views.resource(drop.id, name, audience)
    if row is not None and _passes(row, plan):
        yield row


def _passes(row: Resource, plan: _Plan) -> bool:
    if plan.needles:
        text = unescape(unfold(row.text)).encode("utf-8", "surrogatepass").lower()
        if not all(needle in text for needle in plan.needles):
            return False
    return passes(Calendar(row.text, plan.zone), plan.wanted)
