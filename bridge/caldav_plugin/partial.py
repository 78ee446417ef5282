"""The text that a C:calendar-data asks for: all of it, some of it, or its occurrences (RFC 4791 section 9.6)."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.caldav_plugin.expansion import expanded
from bridge.caldav_plugin.filters import CALDAV, Range, read_range
from bridge.caldav_plugin.moments import read_period
from bridge.caldav_plugin.occurrences import Calendar
from bridge.caldav_plugin.refused import QueryRefused
from bridge.core.errors import Refusal
from bridge.ical import limit_recurrence_set
from bridge.ical.lines import Component, Line, fold, spliced

DEEPEST = 8
MAX_INSTANCES = 10_000


@dataclass(frozen=True, slots=True)
class Shape:
    """C:comp: which properties (to whether their value is left out) and components are kept; None keeps all."""

    properties: Mapping[str, bool] | None = None
    components: "Mapping[str, Shape] | None" = None


WHOLE = Shape()


@dataclass(frozen=True, slots=True)
class Selection:
    """A C:calendar-data as it was asked for. An empty one hands the stored text over untouched."""

    shape: Shape = WHOLE
    expand: Range | None = None
    recurrences: Range | None = None
    freebusy: Range | None = None


def read_selection(element: ET.Element | None) -> Selection:
    """What ``element`` asks for; everything when it is None.

    Raises ``QueryRefused`` (``C:supported-calendar-data``, ``C:valid-filter`` for a bad time range).
    """
    if element is None:
        return Selection()
    media = element.get("content-type", "text/calendar").partition(";")[0].strip().lower()
    if media != "text/calendar" or element.get("version", "2.0") != "2.0":
        raise QueryRefused("C:supported-calendar-data", "Calendar data is handed out as text/calendar, version 2.0.")
    expanded, recurrences, freebusy = (
        None if found is None else read_range(found, closed=True)
        for found in (element.find(CALDAV + name) for name in ("expand", "limit-recurrence-set", "limit-freebusy-set"))
    )
    top = element.find(f"{CALDAV}comp")
    if top is not None and top.get("name", "").upper() != "VCALENDAR":
        raise QueryRefused("C:supported-calendar-data", "The outermost component of calendar data is VCALENDAR.")
    return Selection(WHOLE if top is None else _shape(top, 1), expanded, recurrences, freebusy)


def _shape(element: ET.Element, depth: int) -> Shape:
    properties, components = element.findall(f"{CALDAV}prop"), element.findall(f"{CALDAV}comp")
    every_property, every_component = (element.find(CALDAV + name) is not None for name in ("allprop", "allcomp"))
    if depth > DEEPEST or not (properties or components or every_property or every_component):
        return WHOLE
    return Shape(
        None if every_property else {found.get("name", "").upper(): found.get("novalue") == "yes" for found in properties},
        None if every_component else {found.get("name", "").upper(): _shape(found, depth + 1) for found in components},
    )


def selected(text: str, selection: Selection, zone: str, limit: int = MAX_INSTANCES) -> str:
    """``text`` as selected; ``zone`` is that of floating times.

    Raises ``QueryRefused`` (``C:max-instances``) when there are more than ``limit`` occurrences to expand.
    """
    if selection.expand is not None:
        text = expanded(text, selection.expand, zone, limit)
    elif selection.recurrences is not None:
        text = _limited(text, selection.recurrences, zone)
    if selection.freebusy is not None:
        text = _with_busy_times_in(Calendar(text, zone), selection.freebusy)
    if selection.shape == WHOLE:
        return text
    root = Calendar(text, zone).root
    return "".join(_cut(text, root, selection.shape))


def _cut(text: str, component: Component, shape: Shape) -> Iterator[str]:
    if shape == WHOLE:
        yield text[component.start : component.end]
        return
    yield text[component.start : component.body]
    for line in component.lines:
        without_value = False if shape.properties is None else shape.properties.get(line.name)
        if without_value is not None:
            yield fold(f"{line.name}{line.parameters}:") + "\r\n" if without_value else text[line.start : line.end]
    for inner in component.children:
        kept = WHOLE if shape.components is None else shape.components.get(inner.name)
        if kept is not None:
            yield from _cut(text, inner, kept)
    yield text[component.tail : component.end]


def _limited(text: str, within: Range, zone: str) -> str:
    try:
        return limit_recurrence_set(text, within.start, within.end, zone)
    except Refusal:
        return text


def _with_busy_times_in(calendar: Calendar, within: Range) -> str:
    lines = [line for c in calendar.root.children if c.name == "VFREEBUSY" for line in c.all("FREEBUSY")]
    return spliced(calendar.text, [(line.start, line.end, _busy_times_in(calendar, line, within)) for line in lines])


def _busy_times_in(calendar: Calendar, line: Line, within: Range) -> str:
    kept = [value for value in line.value.split(",") if _touches(read_period(value, line, calendar.zones), within)]
    return fold(f"FREEBUSY{line.parameters}:{','.join(kept)}") + "\r\n" if kept else ""


def _touches(period: tuple[datetime, datetime] | None, within: Range) -> bool:
    return period is not None and within.start < period[1] and within.end > period[0]
