"""A week of a bakery's calendar, and a shelf to query it from: what the store knows nothing exact about."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple, cast

from bridge.caldav_plugin.query import answer_query
from bridge.core.calendars import Audience, Resource
from bridge.core.drops import Drop
from bridge.core.ports import Views

DROP = Drop(1, 1, "ada", "bread", "Bread", timezone="Europe/Berlin", revision=7, changed_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))

BERLIN = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
END:VTIMEZONE
"""


class Limits(NamedTuple):
    """As the settings give them."""

    max_occurrences: int = 500


def calendar(body: str, zone: str = "") -> str:
    """A VCALENDAR around ``body``, with line ends as calendars have them."""
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Ada//Notes//EN\n{zone}{body.strip()}\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n")


def event(*lines: str, inside: str = "", kind: str = "VEVENT", zone: str = "") -> str:
    """One component of ``lines`` in a calendar of its own."""
    body = "\n".join([f"BEGIN:{kind}", "UID:one", "DTSTAMP:20261101T080000Z", *lines]) + "\n"
    return calendar(f"{body}{inside}END:{kind}", zone)


def row(name: str, text: str, *, exact: bool = False) -> Resource:
    """``text`` as the store would hand it over."""
    component = next(kind for kind in ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "") if f"BEGIN:{kind}" in text)
    return Resource(name, f"{name}@bakery", component, 1, 1, 0, text, exact)


class Shelf:
    """``Views`` as far as queries go. Knows the components of its rows and nothing of their times."""

    def __init__(self, texts: dict[str, str], *, exact: bool = False) -> None:
        self.rows = [row(name, text, exact=exact) for name, text in texts.items()]
        self.asked: list[tuple[str | None, datetime | None, datetime | None]] = []

    def in_range(
        self, drop_id: int, audience: Audience, component: str | None, start: datetime | None, end: datetime | None
    ) -> list[Resource]:
        assert (drop_id, audience) == (DROP.id, "organizer")
        self.asked.append((component, start, end))
        return [found for found in self.rows if component in (None, found.component)]

    def resources(self, drop_id: int, audience: Audience) -> Iterator[Resource]:
        assert (drop_id, audience) == (DROP.id, "organizer")
        return iter(self.rows)

    def resource(self, drop_id: int, name: str, audience: Audience) -> Resource | None:
        return next((found for found in self.rows if found.name == name), None)

    @property
    def views(self) -> Views:
        return cast(Views, self)


def request(filters: str, data: str = "", timezone: str = "") -> ET.Element:
    """A calendar-query with this inside of its C:filter (all of it left out when that is empty)."""
    wanted = f"<C:filter>{filters}</C:filter>" if filters else ""
    return ET.fromstring(
        '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
        f"<D:prop><D:getetag/>{data}</D:prop>{wanted}{timezone}</C:calendar-query>"
    )


def inside(filters: str) -> str:
    """``filters`` within VCALENDAR."""
    return f'<C:comp-filter name="VCALENDAR">{filters}</C:comp-filter>'


def names(shelf: Shelf, filters: str, timezone: str = "") -> list[str]:
    """The names of the members that match."""
    found = answer_query(shelf.views, DROP, "organizer", request(filters, timezone=timezone), limits=Limits())
    return [resource.name for resource, _ in found]


def holds(text: str, filters: str, timezone: str = "") -> bool:
    """Whether the one member ``text`` matches ``filters`` within VCALENDAR."""
    return names(Shelf({"one": text}), inside(filters), timezone) == ["one"]


WEEK = {
    "loaf": calendar(
        """BEGIN:VEVENT
UID:loaf
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Berlin:20261207T100000
DURATION:PT1H
SUMMARY:Country loaf
DESCRIPTION:Warm\\, from the oven
CATEGORIES:BREAD,WARM
END:VEVENT""",
        BERLIN,
    ),
    "stall": calendar(
        """BEGIN:VEVENT
UID:stall
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Berlin:20261207T120000
DURATION:PT1H
RRULE:FREQ=DAILY;COUNT=5
SUMMARY:Market stall
END:VEVENT
BEGIN:VEVENT
UID:stall
DTSTAMP:20261101T080000Z
RECURRENCE-ID;TZID=Europe/Berlin:20261209T120000
DTSTART;TZID=Europe/Berlin:20261209T140000
DURATION:PT1H
SUMMARY:Market stall\\, later
END:VEVENT
BEGIN:VEVENT
UID:stall
DTSTAMP:20261101T080000Z
RECURRENCE-ID;TZID=Europe/Berlin:20261211T120000
DTSTART;TZID=Europe/Berlin:20261218T140000
DURATION:PT1H
SUMMARY:Market stall\\, a week late
END:VEVENT""",
        BERLIN,
    ),
    "meeting": calendar(
        """BEGIN:VEVENT
UID:meeting
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Berlin:20261209T100000
DURATION:PT1H
SUMMARY:With Ben
ORGANIZER:mailto:ada@bakery.example
ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:ada@bakery.example
ATTENDEE;PARTSTAT=NEEDS-ACTION;CN="Ben, who helps":mailto:ben@bakery.example
STATUS:TENTATIVE
END:VEVENT""",
        BERLIN,
    ),
    "flour": calendar(
        """BEGIN:VTODO
UID:flour
DTSTAMP:20261101T080000Z
DUE;TZID=Europe/Berlin:20261208T120000
SUMMARY:Order flour
STATUS:NEEDS-ACTION
BEGIN:VALARM
ACTION:AUDIO
TRIGGER;RELATED=START:-PT10M
END:VALARM
END:VTODO""",
        BERLIN,
    ),
    "bins": calendar(
        """BEGIN:VTODO
UID:bins
DTSTAMP:20261101T080000Z
DUE;VALUE=DATE:20261208
COMPLETED:20261207T120000Z
SUMMARY:Take the bins out
STATUS:COMPLETED
END:VTODO"""
    ),
    "sieve": calendar(
        """BEGIN:VTODO
UID:sieve
DTSTAMP:20261101T080000Z
SUMMARY:Mend the sieve
STATUS:CANCELLED
END:VTODO"""
    ),
    "diary": calendar(
        """BEGIN:VJOURNAL
UID:diary
DTSTAMP:20261101T080000Z
DTSTART;VALUE=DATE:20261209
SUMMARY:The new oven came
END:VJOURNAL"""
    ),
    "away": calendar(
        """BEGIN:VFREEBUSY
UID:away
DTSTAMP:20261101T080000Z
DTSTART:20261207T000000Z
DTEND:20261212T000000Z
FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261207T100000Z/20261207T120000Z
FREEBUSY:20261208T100000Z/PT1H,20261209T100000Z/20261209T120000Z
END:VFREEBUSY"""
    ),
}
