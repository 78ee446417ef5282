"""calendar-query over HTTP and the real store: what rows answer is what reading every event would answer."""

import itertools
import random
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from bridge.caldav_plugin.filters import read_filter
from bridge.caldav_plugin.matching import passes
from bridge.caldav_plugin.occurrences import Calendar
from bridge.caldav_plugin.query import answer_query
from bridge.wiring import Bridge
from tests.caldav_plugin.device import C, D, Device
from tests.caldav_plugin.shelf import BERLIN, Limits, event, inside, request

STARTS = ["DTSTART:{}T{}0000Z", "DTSTART;TZID=Europe/Berlin:{}T{}3000", "DTSTART:{}T{}0000", "DTSTART;VALUE=DATE:{}"]
LENGTHS = ["", "DURATION:PT90M", "DURATION:P2D", "DURATION:PT0S"]
RULES = [
    "", "", "RRULE:FREQ=DAILY;COUNT=4", "RRULE:FREQ=WEEKLY", "RRULE:FREQ=MONTHLY;BYDAY=-1FR", "RRULE:FREQ=YEARLY;COUNT=3",
    "RRULE:FREQ=WEEKLY;UNTIL=20270601T000000Z;BYDAY=MO,SA",
]  # fmt: skip


def mixture() -> dict[str, str]:
    """Events, tasks and journals of every shape, spread over two years."""
    chance = random.Random(7)
    texts = {}
    shapes = itertools.product(("VEVENT", "VTODO", "VJOURNAL"), STARTS, LENGTHS, RULES)
    for number, (kind, start, length, rule) in enumerate(shapes):
        if number % 3 or (kind == "VJOURNAL" and length):
            continue
        day = (datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=chance.randrange(700))).strftime("%Y%m%d")
        lines = [start.format(day, f"{chance.randrange(24):02}"), length, rule]
        if "VALUE=DATE" in start and length.startswith("DURATION:PT"):
            lines[1] = ""
        text = event(*filter(None, lines), kind=kind, zone=BERLIN if "TZID" in start else "")
        texts[f"{number}.ics"] = text.replace("UID:one", f"UID:{number}")
    undated = {"none.ics": (), "done.ics": ("COMPLETED:20261201T000000Z", "CREATED:20261101T000000Z"), "due.ics": ("DUE:20261205T120000Z",)}
    texts |= {name: event(*lines, kind="VTODO").replace("UID:one", f"UID:{name}") for name, lines in undated.items()}
    return texts


def stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def ranges() -> list[str]:
    """Time ranges near and far, short and long, open at one end or none."""
    chance = random.Random(8)
    found = [
        'start="20261205T000000Z"',
        'end="20270101T000000Z"',
        'start="20350101T000000Z"',
        'start="20350101T000000Z" end="20350301T000000Z"',
    ]
    for _ in range(60):
        start = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=30 * chance.randrange(48 * 800))
        end = start + timedelta(minutes=30 * chance.choice([1, 4, 48, 48 * 7, 48 * 31]))
        found.append(f'start="{stamp(start)}" end="{stamp(end)}"')
    return found


@pytest.fixture
def stored(house: Bridge, ada: Device) -> dict[str, str]:
    """The mixture, in Ada's calendar."""
    texts = mixture()
    for name, text in texts.items():
        reply = ada("PUT", f"/ada/bread/{name}", text, Content_Type="text/calendar")
        assert reply.status == 201, reply.text
    return texts


def test_rows_answer_time_ranges_as_reading_every_event_would(house: Bridge, stored: dict[str, str]) -> None:
    with house.read() as views:
        drop = views.drop("ada", "bread")
        assert drop is not None
        everything = {resource.name: Calendar(resource.text, drop.timezone) for resource in views.resources(drop.id, "organizer")}
        assert set(everything) == set(stored)
        sizes = set()
        for kind, times in itertools.product(("VEVENT", "VTODO", "VJOURNAL"), ranges()):
            query = request(inside(f'<C:comp-filter name="{kind}"><C:time-range {times}/></C:comp-filter>'))
            found = {resource.name for resource, _ in answer_query(views, drop, "organizer", query, limits=Limits())}
            sizes.add(len(found))
            assert found == {name for name, text in everything.items() if passes(text, read_filter(query))}, (kind, times)
        assert len(sizes) > 10


def test_a_calendar_app_gets_its_week_with_data(ada: Device, stored: dict[str, str]) -> None:
    week = inside('<C:comp-filter name="VEVENT"><C:time-range start="20261201T000000Z" end="20261208T000000Z"/></C:comp-filter>')
    expand = '<C:expand start="20261201T000000Z" end="20261208T000000Z"/>'
    plain = ada("REPORT", "/ada/bread/", ET.tostring(request(week, "<C:calendar-data/>")), Depth="1")
    expanded = ada("REPORT", "/ada/bread/", ET.tostring(request(week, f"<C:calendar-data>{expand}</C:calendar-data>")), Depth="1")
    assert plain.status == expanded.status == 207
    assert plain.hrefs == expanded.hrefs
    assert plain.hrefs
    assert {element.text for element in expanded.xml.iter(f"{C}calendar-data")}.isdisjoint(stored.values())
    for element in expanded.xml.iter(f"{C}calendar-data"):
        assert "BEGIN:VEVENT" in (element.text or "")
        assert "RRULE" not in (element.text or "")


def test_a_filter_that_makes_no_sense_is_answered_with_its_precondition(ada: Device) -> None:
    reply = ada("REPORT", "/ada/bread/", ET.tostring(request(inside("<C:comp-filter/>"))), Depth="1")
    assert (reply.status, reply.condition) == (403, f"{C}valid-filter")
    assert reply.sentence
    data = ET.tostring(request("", '<C:calendar-data><C:expand start="x" end="y"/></C:calendar-data>'))
    assert ada("REPORT", "/ada/bread/", data, Depth="1").condition == f"{C}valid-filter"


def test_multiget_hands_out_parts_too(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("DTSTART:20261207T090000Z", "SUMMARY:Bun"), Content_Type="text/calendar")
    body = (
        '<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data>'
        '<C:comp name="VCALENDAR"><C:comp name="VEVENT"><C:prop name="SUMMARY"/></C:comp></C:comp>'
        "</C:calendar-data></D:prop><D:href>/dav/ada/bread/a.ics</D:href></C:calendar-multiget>"
    )
    reply = ada("REPORT", "/ada/bread/", body)
    data = reply.xml.findtext(f".//{D}prop/{C}calendar-data") or ""
    assert data.split() == ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:Bun", "END:VEVENT", "END:VCALENDAR"]
    refused = ada("REPORT", "/ada/bread/", body.replace('name="VCALENDAR"', 'name="VEVENT"'))
    assert (refused.status, refused.condition) == (403, f"{C}supported-calendar-data")


def test_free_busy_is_answered_as_text(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("DTSTART:20261207T090000Z", "DURATION:PT1H"), Content_Type="text/calendar")
    times = '<C:time-range start="20261207T000000Z" end="20261208T000000Z"/>'
    reply = ada(
        "REPORT", "/ada/bread/", f'<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">{times}</C:free-busy-query>', Depth="1"
    )
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/calendar")
    assert "FREEBUSY;FBTYPE=BUSY:20261207T090000Z/20261207T100000Z\r\n" in reply.text


def test_a_query_of_one_event_answers_for_that_event(ada: Device) -> None:
    for name, day in (("a", "07"), ("b", "08")):
        text = event(f"DTSTART:202612{day}T090000Z").replace("UID:one", f"UID:{name}")
        ada("PUT", f"/ada/bread/{name}.ics", text, Content_Type="text/calendar")
    times = '<C:time-range start="20261207T000000Z" end="20261208T000000Z"/>'
    monday = ET.tostring(request(inside(f'<C:comp-filter name="VEVENT">{times}</C:comp-filter>')))
    assert ada("REPORT", "/ada/bread/a.ics", monday).hrefs == ["/dav/ada/bread/a.ics"]
    assert ada("REPORT", "/ada/bread/b.ics", monday).hrefs == []
    assert ada("REPORT", "/ada/bread/c.ics", monday).hrefs == []
    assert ada("REPORT", "/ada/bread/a.ics/deeper", monday).status == 403
