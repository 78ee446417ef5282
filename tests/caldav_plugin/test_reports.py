"""REPORT: multiget, queries, and what there is no report for."""

import pytest

from bridge.flows.edit import put_event
from bridge.wiring import Bridge
from tests.caldav_plugin.device import C, D, Device, event, slot

SPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'


def query(inner: str = "", prop: str = "<D:prop><D:getetag/><C:calendar-data/></D:prop>") -> str:
    """The body of a calendar-query for events."""
    comp = f'<C:comp-filter name="VEVENT">{inner}</C:comp-filter>'
    return (
        f'<C:calendar-query {SPACES}>{prop}<C:filter><C:comp-filter name="VCALENDAR">{comp}</C:comp-filter></C:filter></C:calendar-query>'
    )


def test_multiget_answers_each_address_once_and_says_what_is_missing(ada: Device) -> None:
    ada("PUT", "/ada/bread/a b.ics", event("a"))
    ada("MKCALENDAR", "/ada/cake/")
    ada("PUT", "/ada/cake/c.ics", event("c"))
    asked = [
        "/dav/ada/bread/a%20b.ics",
        "/dav/ada/bread/none.ics",
        "/dav/ada/cake/c.ics",
        "http://localhost:8000/dav/ada/bread/a%20b.ics",
        "/dav/dee/olives/x.ics",
    ]
    reply = ada.multiget("/ada/bread/", *asked)
    assert reply.hrefs == ["/dav/ada/bread/a%20b.ics", "/dav/ada/bread/none.ics", "/dav/ada/cake/c.ics", "/dav/dee/olives/x.ics"]
    data = reply.prop(f"{C}calendar-data", "/dav/ada/bread/a%20b.ics")
    assert data is not None
    assert data.text == event("a")
    for missing in reply.hrefs[1:]:
        assert "404" in (reply.of(missing).findtext(f"{D}status") or "")


def test_a_query_gives_data_and_properties_of_what_matches(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    ada("PUT", "/ada/bread/t.ics", event("t").replace("VEVENT", "VTODO").replace("DTEND", "DUE"))
    ada("PUT", "/ada/bread/s.ics", slot("s", start="20271205T090000Z", end="20271205T100000Z"))
    reply = ada("REPORT", "/ada/bread/", query('<C:time-range start="20261201T000000Z" end="20270101T000000Z"/>'), Depth="1")
    assert reply.hrefs == ["/dav/ada/bread/a.ics"]
    data = reply.prop(f"{C}calendar-data")
    assert data is not None
    assert data.text == event("a")
    everything = ada("REPORT", "/ada/bread/", query(prop="<D:prop><D:getetag/></D:prop>"), Depth="1")
    assert everything.hrefs == ["/dav/ada/bread/a.ics", "/dav/ada/bread/s.ics"]
    assert everything.prop(f"{C}calendar-data") is None


@pytest.mark.parametrize("prop", ["", "<D:allprop/>", "<D:propname/>"])
def test_a_query_may_ask_for_no_all_or_the_names_of_properties(ada: Device, prop: str) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    reply = ada("REPORT", "/ada/bread/", query(prop=prop))
    assert reply.status == 207
    assert reply.hrefs == ["/dav/ada/bread/a.ics"]


def test_hundreds_of_occurrences_are_expanded_in_one_report(ada: Device, house: Bridge) -> None:
    with house.work() as work:
        drop = work.views.drop("ada", "bread")
        assert drop is not None
        put_event(work, drop, "many.ics", event("many", "RRULE:FREQ=DAILY;COUNT=300"), house.house, now=house.now(), actor="ada")
    spaces = query(prop='<D:prop><C:calendar-data><C:expand start="20261201T000000Z" end="20271201T000000Z"/></C:calendar-data></D:prop>')
    reply = ada("REPORT", "/ada/bread/", spaces)
    data = reply.prop(f"{C}calendar-data")
    assert data is not None
    assert (data.text or "").count("BEGIN:VEVENT") == 300


def test_one_odd_event_does_not_spoil_an_expanded_report(ada: Device) -> None:
    ada("PUT", "/ada/bread/good.ics", event("good"))
    reply = ada("PUT", "/ada/bread/odd.ics", event("odd", "RECURRENCE-ID:20261205T090000Z"))
    assert reply.status == 201
    shape = '<D:prop><C:calendar-data><C:expand start="20261201T000000Z" end="20261231T000000Z"/></C:calendar-data></D:prop>'
    answered = ada("REPORT", "/ada/bread/", query('<C:time-range start="20261201T000000Z" end="20261231T000000Z"/>', shape))
    assert answered.status == 207
    assert answered.hrefs == ["/dav/ada/bread/good.ics", "/dav/ada/bread/odd.ics"]


def test_free_time_is_told_as_a_calendar(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    body = f'<C:free-busy-query {SPACES}><C:time-range start="20261201T000000Z" end="20270101T000000Z"/></C:free-busy-query>'
    reply = ada("REPORT", "/ada/bread/", body, Depth="1")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/calendar")
    assert "FREEBUSY" in reply.text


@pytest.mark.parametrize("inner", ['<C:time-range start="today"/>', '<C:comp-filter name="VEVENT"><C:time-range/></C:comp-filter>'])
def test_a_filter_that_makes_no_sense_is_refused_as_a_filter(ada: Device, inner: str) -> None:
    reply = ada("REPORT", "/ada/bread/", query(inner))
    assert reply.status == 403
    assert reply.condition in {f"{C}valid-filter", f"{C}supported-filter"}
    assert reply.sentence


def test_data_in_another_format_is_refused(ada: Device) -> None:
    shape = '<D:prop><C:calendar-data content-type="application/calendar+json" version="2.0"/></D:prop>'
    reply = ada("REPORT", "/ada/bread/", query(prop=shape))
    assert (reply.status, reply.condition) == (403, f"{C}supported-calendar-data")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/ada/", "C:calendar-query"),
        ("/", "D:sync-collection"),
        ("/ada/bread/", "D:version-tree"),
        ("/ada/bread/e.ics", "D:sync-collection"),
    ],
)
def test_a_report_that_is_not_for_this_address_is_refused(ada: Device, path: str, name: str) -> None:
    ada("PUT", "/ada/bread/e.ics", event())
    reply = ada("REPORT", path, f"<{name} {SPACES}/>")
    assert (reply.status, reply.condition) == (403, f"{D}supported-report")


def test_a_report_without_a_body_is_a_bad_request(ada: Device) -> None:
    assert ada("REPORT", "/ada/bread/").status == 400
