"""Whether a calendar object passes a filter (RFC 4791 section 9.7)."""

import re
from collections.abc import Iterator

from bridge.caldav_plugin.filters import CompFilter, ParamFilter, PropFilter, Range
from bridge.caldav_plugin.moments import read_moment
from bridge.caldav_plugin.occurrences import Calendar
from bridge.caldav_plugin.refused import QueryRefused
from bridge.caldav_plugin.timerange import Occurrence, goes_off, overlaps, read_alarm
from bridge.ical.lines import Component, Line

_PARAMETER = re.compile(r';([^=;:,"]+)=((?:"[^"]*"|[^;"])*)')
_PARAMETER_VALUE = re.compile(r'(?:"[^"]*"|[^,"])+')
_CARET = re.compile(r"\^(['n^])")
_CARET_MEANS = {"'": '"', "n": "\n", "^": "^"}
_EFFECTIVE = {"DTSTART": "VEVENT VTODO VJOURNAL", "DTEND": "VEVENT", "DUE": "VTODO"}


def passes(calendar: Calendar, wanted: CompFilter) -> bool:
    """Whether the calendar object matches ``wanted``, whose top is VCALENDAR."""
    return not wanted.absent and _holds(calendar, calendar.root, calendar.root, wanted)


def _holds(calendar: Calendar, component: Component, outer: Component, wanted: CompFilter) -> bool:
    """Whether one component, ``outer`` being the top-level one it is or is in, has all that ``wanted`` asks for."""
    return (
        (wanted.range is None or _overlaps(calendar, component, outer, wanted.range))
        and all(_has_property(calendar, component, inner) for inner in wanted.properties)
        and all(_has_component(calendar, component, outer, inner) for inner in wanted.components)
    )


def _has_component(calendar: Calendar, scope: Component, outer: Component, wanted: CompFilter) -> bool:
    found = [component for component in scope.children if component.name == wanted.name]
    if wanted.absent:
        return not found
    top = scope is calendar.root
    return any(_holds(calendar, component, component if top else outer, wanted) for component in found)


def _overlaps(calendar: Calendar, component: Component, outer: Component, wanted: Range) -> bool:
    if component.name == "VALARM":
        return _goes_off(calendar, component, outer, wanted)
    return any(overlaps(found, wanted, calendar.zones) for found in _occurrences(calendar, component, wanted))


def _goes_off(calendar: Calendar, component: Component, outer: Component, wanted: Range) -> bool:
    alarm = read_alarm(component, calendar.zones)
    if alarm is None:
        return False
    occurrences = _occurrences(calendar, outer, wanted.widened(alarm.reach))
    return any(goes_off(alarm, found, wanted) for found in occurrences)


def _occurrences(calendar: Calendar, component: Component, wanted: Range) -> Iterator[Occurrence]:
    """Those of one component; a series that repeats too often is not searched to its end, and spoils nothing else."""
    try:
        yield from (found for found in calendar.occurrences(component.name, wanted) if found.component is component)
    except QueryRefused:
        return


def _has_property(calendar: Calendar, component: Component, wanted: PropFilter) -> bool:
    if wanted.range is not None and _is_effective(component, wanted.name):
        return _moment_in(calendar, component, wanted, wanted.range)
    found = component.all(wanted.name)
    return not found if wanted.absent else any(_line_matches(calendar, line, wanted) for line in found)


def _is_effective(component: Component, name: str) -> bool:
    return component.name in _EFFECTIVE.get(name, "").split()


def _moment_in(calendar: Calendar, component: Component, wanted: PropFilter, within: Range) -> bool:
    """DTSTART, DTEND and DUE have an effective value in every occurrence, also when DURATION gives it."""
    lines = component.all(wanted.name)
    if (lines or wanted.parameters) and not any(_parameters_match(line, wanted) for line in lines):
        return False
    occurrences = _occurrences(calendar, component, within)
    moments = (found.start if wanted.name == "DTSTART" else found.end for found in occurrences)
    return any(moment is not None and within.start <= moment < within.end for moment in moments)


def _line_matches(calendar: Calendar, line: Line, wanted: PropFilter) -> bool:
    if wanted.text is not None and not wanted.text.holds(line.text):
        return False
    if wanted.range is not None:
        moment = read_moment(line, calendar.zones)
        if moment is None or not wanted.range.start <= moment.at < wanted.range.end:
            return False
    return _parameters_match(line, wanted)


def _parameters_match(line: Line, wanted: PropFilter) -> bool:
    if not wanted.parameters:
        return True
    written = parameters(line)
    return all(_parameter_matches(written.get(inner.name), inner) for inner in wanted.parameters)


def _parameter_matches(values: list[str] | None, wanted: ParamFilter) -> bool:
    if values is None or wanted.absent:
        return values is None and wanted.absent
    return wanted.text is None or any(wanted.text.holds(value) for value in values)


def parameters(line: Line) -> dict[str, list[str]]:
    """Values by parameter name in capitals, without quotes and escapes (RFC 5545 section 3.2, RFC 6868)."""
    found: dict[str, list[str]] = {}
    for name, values in _PARAMETER.findall(line.parameters):
        found.setdefault(name.strip().upper(), []).extend(_plain(value) for value in _PARAMETER_VALUE.findall(values))
    return found


def _plain(value: str) -> str:
    return _CARET.sub(lambda match: _CARET_MEANS[match[1]], value.replace('"', ""))
