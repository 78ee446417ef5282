"""C:free-busy-query: RFC 4791 section 7.10."""

import xml.etree.ElementTree as ET

import pytest

from bridge.caldav_plugin.query import QueryRefused, free_busy
from tests.caldav_plugin.shelf import BERLIN, DROP, Shelf, event

AWAY = "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261207T090000Z/PT1H"


def query(times: str) -> ET.Element:
    return ET.fromstring(f'<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">{times}</C:free-busy-query>')


MONDAY = '<C:time-range start="20261207T000000Z" end="20261208T000000Z"/>'


def busy(*texts: str, times: str = MONDAY) -> list[str]:
    """The FREEBUSY lines of the answer."""
    shelf = Shelf({str(number): text for number, text in enumerate(texts)})
    text = free_busy(shelf.views, DROP, "organizer", query(times)).replace("\r\n ", "")
    return [line for line in text.split("\r\n") if line.startswith("FREEBUSY")]


def at(start: str, end: str, *lines: str) -> str:
    return event(f"DTSTART:202612{start}00Z", f"DTEND:202612{end}00Z", *lines)


def test_the_answer_says_for_which_time_it_speaks() -> None:
    lines = free_busy(Shelf({}).views, DROP, "organizer", query(MONDAY)).split("\r\n")
    assert lines == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//dropbridge//CalDAV//EN", "BEGIN:VFREEBUSY", "DTSTAMP:20261120T080000Z",
        "DTSTART:20261207T000000Z", "DTEND:20261208T000000Z", "END:VFREEBUSY", "END:VCALENDAR", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([at("07T0900", "07T1000")], ["FREEBUSY;FBTYPE=BUSY:20261207T090000Z/20261207T100000Z"]),
        ([at("07T0900", "07T1000", "TRANSP:TRANSPARENT")], []),
        ([at("07T0900", "07T1000", "TRANSP:OPAQUE", "STATUS:CONFIRMED")], ["FREEBUSY;FBTYPE=BUSY:20261207T090000Z/20261207T100000Z"]),
        ([at("07T0900", "07T1000", "STATUS:CANCELLED")], []),
        ([at("07T0900", "07T1000", "STATUS:TENTATIVE")], ["FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261207T090000Z/20261207T100000Z"]),
        ([at("07T0900", "07T1000"), at("07T1000", "07T1100")], ["FREEBUSY;FBTYPE=BUSY:20261207T090000Z/20261207T110000Z"]),
        ([at("07T1000", "07T1100"), at("07T0900", "07T1200")], ["FREEBUSY;FBTYPE=BUSY:20261207T090000Z/20261207T120000Z"]),
        (
            [at("07T0900", "07T1000"), at("07T1200", "07T1300")],
            ["FREEBUSY;FBTYPE=BUSY:20261207T090000Z/20261207T100000Z,20261207T120000Z/20261207T130000Z"],
        ),
        (
            [at("06T2000", "07T0100"), at("07T2300", "09T0100")],
            ["FREEBUSY;FBTYPE=BUSY:20261207T000000Z/20261207T010000Z,20261207T230000Z/20261208T000000Z"],
        ),
        ([at("06T2000", "07T0000")], []),
        ([event("DTSTART:20261207T090000Z")], []),
        ([event("DTSTART;VALUE=DATE:20261207")], ["FREEBUSY;FBTYPE=BUSY:20261207T000000Z/20261207T230000Z"]),
        ([event("DTSTART:20261207T090000", "DURATION:PT30M")], ["FREEBUSY;FBTYPE=BUSY:20261207T080000Z/20261207T083000Z"]),
        (
            [event("DTSTART;TZID=Europe/Berlin:20261201T090000", "DURATION:PT30M", "RRULE:FREQ=DAILY", zone=BERLIN)],
            ["FREEBUSY;FBTYPE=BUSY:20261207T080000Z/20261207T083000Z"],
        ),
        ([event("DUE:20261207T090000Z", kind="VTODO")], []),
        (
            [
                event(
                    "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261207T090000Z/PT1H", "FREEBUSY;FBTYPE=FREE:20261207T100000Z/PT1H", kind="VFREEBUSY"
                )
            ],
            ["FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261207T090000Z/20261207T100000Z"],
        ),
        (["BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nodd"], []),
    ],
)
def test_busy_times_are_what_the_events_take(texts: list[str], expected: list[str]) -> None:
    assert busy(*texts) == expected


def test_one_occurrence_can_be_free_while_the_others_are_not() -> None:
    daily = event("DTSTART:20261206T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    free = event("RECURRENCE-ID:20261207T090000Z", "DTSTART:20261207T090000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT")
    both = daily.replace("END:VCALENDAR\r\n", "") + free[free.index("BEGIN:VEVENT") :]
    assert busy(both) == []
    week = '<C:time-range start="20261206T000000Z" end="20261210T000000Z"/>'
    assert busy(both, times=week) == ["FREEBUSY;FBTYPE=BUSY:20261206T090000Z/20261206T100000Z,20261208T090000Z/20261208T100000Z"]


@pytest.mark.parametrize(
    "times",
    ["", MONDAY + MONDAY, "<C:time-range/>", '<C:time-range start="20261207T000000Z"/>', '<C:time-range start="x" end="y"/>'],
)
def test_a_free_busy_query_without_one_closed_time_range_is_refused(times: str) -> None:
    with pytest.raises(QueryRefused) as refusal:
        busy(times=times)
    assert refusal.value.precondition == "C:valid-filter"


def test_busy_times_beyond_counting_are_refused() -> None:
    absurd = event("DTSTART:20200101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY;INTERVAL=2")
    with pytest.raises(QueryRefused) as refusal:
        busy(absurd)
    assert refusal.value.precondition == "C:max-instances"
