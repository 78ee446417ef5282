"""The occurrences that a stored calendar object has, one after the other, within a bound on the work."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bridge.caldav_plugin.filters import EARLIEST, Range
from bridge.caldav_plugin.moments import read_moment
from bridge.caldav_plugin.refused import QueryRefused
from bridge.caldav_plugin.timerange import Occurrence, as_written
from bridge.core.errors import Refusal
from bridge.ical.lines import Component, parse
from bridge.ical.rules import Budget
from bridge.ical.series import Instance, Series, listing, series_of
from bridge.ical.zones import Zones, zones_of

ENOUGH = 20_000
_FIRST_LOOK = timedelta(days=400)
_LAST_LOOK = timedelta(days=100_000)
_TOUCHING = timedelta(seconds=1)


class Calendar:
    """A stored text, read: its components, its zones, and the occurrences of what recurs.

    A text that cannot be read is an empty calendar: one odd resource never spoils a report.
    """

    def __init__(self, text: str, zone: str) -> None:
        self.text = text
        self.root = _parsed(text)
        self.zones: Zones = zones_of(self.root, text, zone)

    def occurrences(self, name: str, wanted: Range) -> Iterator[Occurrence]:
        """The occurrences of the components of this name that may touch the range, and perhaps others.

        Raises ``QueryRefused`` (``C:max-instances``) behind the last one that a series may have looked through.
        """
        alike = [component for component in self.root.children if component.name == name]
        series = self._series(alike)
        if series is None:
            yield from (as_written(component, self.zones) for component in alike)
        else:
            yield from self._listed(series, wanted.widened(max(_TOUCHING, *(self._due_after(component) for component in alike))))

    def _series(self, alike: list[Component]) -> Series | None:
        if not any(line.name in ("RRULE", "RDATE") for component in alike for line in component.lines):
            return None
        try:
            series = series_of(alike, self.zones)
            listing(series, EARLIEST, EARLIEST, 1, Budget())
            return series
        except (Refusal, OverflowError):
            return None

    def _listed(self, series: Series, wanted: Range) -> Iterator[Occurrence]:
        left = ENOUGH
        for start, end in _looks(wanted, series):
            found = listing(series, start, end, left, Budget())
            yield from (self._timed(instance) for instance in found.instances)
            left -= len(found.instances)
            if not found.complete or left <= 0:
                raise QueryRefused("C:max-instances", "An event repeats too often within this time; ask for a shorter one.")

    def _timed(self, instance: Instance) -> Occurrence:
        """A VTODO ends by its DUE, which recurs as far from DTSTART as it was written."""
        component, start, end = instance.component, instance.starts_at, instance.ends_at
        if component.name != "VTODO" or component.first("DURATION"):
            return Occurrence(component, start, end, instance.recurrence_id)
        due = start + self._due_after(component) if component.first("DUE") else None
        return Occurrence(component, start, due, instance.recurrence_id)

    def _due_after(self, component: Component) -> timedelta:
        start, due = (read_moment(component.first(name), self.zones) for name in ("DTSTART", "DUE"))
        if start is None or due is None:
            return timedelta(0)
        return max(due.at.astimezone(UTC) - start.at.astimezone(UTC), timedelta(0))


def _looks(wanted: Range, series: Series) -> Iterator[tuple[datetime, datetime]]:
    """The range in pieces that grow, so that the nearest occurrences are met first and a match ends the search."""
    start, size = wanted.start, _FIRST_LOOK
    reached = start if series.span is None else max(start, series.span.at(series.span.start.local)[0])
    while start < wanted.end:
        reached = min(reached + size, wanted.end) if series.span is not None and size < _LAST_LOOK else wanted.end
        yield start, reached
        start, size = reached, 8 * size


def _parsed(text: str) -> Component:
    try:
        return parse(text)
    except Refusal:
        return Component("VCALENDAR", 0, 0)
