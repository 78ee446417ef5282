"""calendar-query as a whole: what is fetched, what is read, and that no filter ever breaks it."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.caldav_plugin import query
from bridge.caldav_plugin.occurrences import Calendar
from bridge.caldav_plugin.query import QueryRefused, answer_query, calendar_data, free_busy
from tests.caldav_plugin.shelf import BERLIN, DROP, WEEK, Limits, Shelf, event, inside, names, request, row

T = TypeVar("T")
MONDAY = '<C:time-range start="20261207T000000Z" end="20261208T000000Z"/>'
FROM, TO = datetime(2026, 12, 7, tzinfo=UTC), datetime(2026, 12, 8, tzinfo=UTC)
UNREADABLE = "BEGIN:VEVENT that nobody can read"


@pytest.mark.parametrize(
    ("filters", "asked"),
    [
        ("", (None, None, None)),
        (inside(""), (None, None, None)),
        (inside('<C:comp-filter name="VEVENT"/>'), ("VEVENT", None, None)),
        (inside(f'<C:comp-filter name="vtodo">{MONDAY}</C:comp-filter>'), ("VTODO", FROM, TO)),
        (inside('<C:comp-filter name="VEVENT"><C:time-range start="20261207T000000Z"/></C:comp-filter>'), ("VEVENT", FROM, None)),
        (inside('<C:comp-filter name="VEVENT"><C:time-range end="20261208T000000Z"/></C:comp-filter>'), ("VEVENT", None, TO)),
    ],
)
def test_what_clients_really_ask_is_answered_without_reading_an_event(
    filters: str, asked: tuple[str | None, datetime | None, datetime | None]
) -> None:
    kind = asked[0] or "VEVENT"
    text = UNREADABLE.replace("VEVENT", kind)
    shelf = Shelf({"one": text, "two": text}, exact=True)
    answer = answer_query(shelf.views, DROP, "organizer", request(filters, "<C:calendar-data/>"), limits=Limits())
    assert [(resource.name, given_out) for resource, given_out in answer] == [("one", text), ("two", text)]
    assert shelf.asked == [asked]


def test_only_rows_in_doubt_are_read() -> None:
    shelf = Shelf({"sure": UNREADABLE}, exact=True)
    shelf.rows += [row("doubtful", WEEK["loaf"]), row("elsewhere", WEEK["meeting"])]
    assert names(shelf, inside(f'<C:comp-filter name="VEVENT">{MONDAY}</C:comp-filter>')) == ["sure", "doubtful"]


def test_a_time_zone_of_the_requests_own_looks_further_and_reads_what_it_finds() -> None:
    shelf = Shelf({"floating": event("DTSTART:20261207T233000", "DURATION:PT1H")}, exact=True)
    tokyo = BERLIN.replace("Europe/Berlin", "Asia/Tokyo")
    zone = f"<C:timezone>BEGIN:VCALENDAR\nVERSION:2.0\n{tokyo}END:VCALENDAR</C:timezone>"
    tuesday = inside('<C:comp-filter name="VEVENT"><C:time-range start="20261207T223000Z" end="20261207T230000Z"/></C:comp-filter>')
    assert names(shelf, tuesday) == ["floating"]
    assert names(shelf, tuesday, zone) == []
    (_, start, end) = shelf.asked[-1]
    assert start is not None
    assert end is not None
    assert start < FROM < TO < end


@pytest.mark.parametrize("text", ["", "rubbish", "BEGIN:VCALENDAR\nEND:VCALENDAR", f"BEGIN:VCALENDAR\n{BERLIN}{BERLIN}END:VCALENDAR"])
def test_a_time_zone_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(QueryRefused) as refusal:
        names(Shelf(WEEK), inside(""), f"<C:timezone>{text}</C:timezone>")
    assert refusal.value.precondition == "C:valid-calendar-data"


def test_a_time_zone_that_only_its_sender_knows_leaves_floating_times_with_the_drop() -> None:
    odd = BERLIN.replace("Europe/Berlin", "The bakery")
    floating = Shelf({"one": event("DTSTART:20261207T090000", "DURATION:PT1H")})
    filters = inside('<C:comp-filter name="VEVENT"><C:time-range start="20261207T080000Z" end="20261207T080001Z"/></C:comp-filter>')
    assert names(floating, filters, f"<C:timezone>BEGIN:VCALENDAR\n{odd}END:VCALENDAR</C:timezone>") == ["one"]


FIRST = datetime(2026, 12, 1, tzinfo=UTC)
hours = st.integers(0, 24 * 40)
simple = st.tuples(hours, st.integers(1, 30), st.sampled_from(["", "DAILY", "WEEKLY"]), st.integers(1, 6))


def stamp(hour: int) -> str:
    return (FIRST + timedelta(hours=hour)).strftime("%Y%m%dT%H%M%SZ")


@given(events=st.lists(simple, max_size=6), start=hours, length=st.integers(1, 24 * 9))
def test_time_ranges_find_what_counting_hours_finds(events: list[tuple[int, int, str, int]], start: int, length: int) -> None:
    texts, expected = {}, []
    for number, (first, lasts, rule, count) in enumerate(events):
        rules = [f"RRULE:FREQ={rule};COUNT={count}"] if rule else []
        texts[str(number)] = event(f"DTSTART:{stamp(first)}", f"DTEND:{stamp(first + lasts)}", *rules)
        step = {"": 0, "DAILY": 24, "WEEKLY": 168}[rule]
        starts = {first + step * index for index in range(count)}
        if any(one < start + length and start < one + lasts for one in starts):
            expected.append(str(number))
    filters = inside(f'<C:comp-filter name="VEVENT"><C:time-range start="{stamp(start)}" end="{stamp(start + length)}"/></C:comp-filter>')
    assert names(Shelf(texts), filters) == expected


NAMES = st.sampled_from(
    ["VCALENDAR", "VEVENT", "VTODO", "VALARM", "VTIMEZONE", "UID", "DTSTART", "DUE", "SUMMARY", "ATTENDEE", "PARTSTAT", "", "é"]
)
TIMES = st.sampled_from(
    ["20261207T000000Z", "20261208T000000Z", "00010101T000000Z", "99991231T235959Z", "20261207", "", "x", "20260230T000000Z"]
)
TAGS = st.sampled_from(
    [
        "filter",
        "comp-filter",
        "prop-filter",
        "param-filter",
        "is-not-defined",
        "text-match",
        "time-range",
        "timezone",
        "calendar-data",
        "comp",
        "prop",
        "allprop",
        "allcomp",
        "expand",
        "limit-recurrence-set",
        "limit-freebusy-set",
        "unheard-of",
    ]
)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES,
        "start": TIMES,
        "end": TIMES,
        "collation": st.sampled_from(["i;octet", "i;ascii-casemap", "i;unicode-casemap", "default", "x"]),
        "negate-condition": st.sampled_from(["yes", "no", "maybe"]),
        "novalue": st.sampled_from(["yes", "no", ""]),
    },
)


def element(tag: str, attributes: dict[str, str], text: str, children: list[ET.Element]) -> ET.Element:
    made = ET.Element(f"{{urn:ietf:params:xml:ns:caldav}}{tag}", attributes)
    made.text = text
    made.extend(children)
    return made


TEXTS = st.sampled_from(["", "loaf", "mailto:", "\n", "ß", "\\", "BEGIN:VCALENDAR\nEND:VCALENDAR", "\ud7ff"]) | st.text(max_size=5)
TREES = st.recursive(
    st.builds(element, TAGS, ATTRIBUTES, TEXTS, st.just([])),
    lambda inner: st.builds(element, TAGS, ATTRIBUTES, TEXTS, st.lists(inner, max_size=3)),
    max_leaves=12,
)


@given(parts=st.lists(TREES, max_size=4), data=st.none() | TREES)
def test_no_query_does_anything_but_answer_or_refuse(parts: list[ET.Element], data: ET.Element | None) -> None:
    root = request("")
    if data is not None:
        data.tag = "{urn:ietf:params:xml:ns:caldav}calendar-data"
        root[0].append(data)
    root.extend(parts)
    found = answered(lambda: list(answer_query(Shelf(WEEK).views, DROP, "organizer", root, limits=Limits())))
    assert {(resource.name in WEEK, (text is None) is (data is None)) for resource, text in found or ()} <= {(True, True)}
    answered(lambda: calendar_data(row("one", WEEK["stall"]), data))
    answered(lambda: free_busy(Shelf(WEEK).views, DROP, "organizer", root))


def answered(ask: Callable[[], T]) -> T | None:
    """The answer; None when it is a refusal with a precondition and a sentence. Nothing else may happen."""
    with suppress(QueryRefused):
        return ask()
    return None


PIECES = st.sampled_from(
    [*{line for text in WEEK.values() for line in text.split("\r\n")}, "BEGIN:", "END:VEVENT", "DTSTART:99991231T235959Z", ":", ";"]
)
FILTERS = [
    inside(f'<C:comp-filter name="{kind}"><C:time-range start="20261207T000000Z" end="20261210T000000Z"/></C:comp-filter>')
    for kind in ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")
]
ALARMS = inside(
    '<C:comp-filter name="VEVENT"><C:comp-filter name="VALARM"><C:time-range start="20261207T000000Z"/></C:comp-filter></C:comp-filter>'
)


@given(lines=st.lists(PIECES | st.text(max_size=12), max_size=40), filters=st.sampled_from([*FILTERS, ALARMS]))
def test_no_stored_text_breaks_a_report(lines: list[str], filters: str) -> None:
    shelf = Shelf({"odd": "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""]), "loaf": WEEK["loaf"]})
    times = 'start="20261201T000000Z" end="20261220T000000Z"'
    wanted = f"<C:calendar-data><C:expand {times}/><C:limit-freebusy-set {times}/></C:calendar-data>"
    found = [resource.name for resource, _ in answer_query(shelf.views, DROP, "organizer", request(filters, wanted), limits=Limits())]
    assert ("loaf" in found) is (filters == FILTERS[0])


def test_a_text_search_reads_only_what_can_match(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(query, "Calendar", lambda text, zone: read.append(text) or Calendar(text, zone))
    shelf = Shelf({str(number): event("DTSTART:20261207T090000Z", f"SUMMARY:Bun\\, no. {number}") for number in range(30)})
    search = '<C:prop-filter name="SUMMARY"><C:text-match>BUN, NO. 17</C:text-match></C:prop-filter>'
    assert names(shelf, inside(f'<C:comp-filter name="VEVENT">{search}</C:comp-filter>')) == ["17"]
    assert len(read) == 1
