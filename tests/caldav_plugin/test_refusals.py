"""Every refusal has an answer in WebDAV, says why, and leaves nothing half-done."""

from collections.abc import Callable, Iterator

import pytest

from bridge.caldav_plugin.refusals import ANSWERS, refused
from bridge.core.errors import Refusal, UidConflict
from tests.caldav_plugin.device import C, D, Device, event, slot

OURS = "{urn:dropbridge:refusal}"


def _all(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _all(inner)


def test_the_table_of_refusals_is_complete() -> None:
    assert set(ANSWERS) == {kind for kind in _all(Refusal) if kind.__module__.startswith(("bridge.core.", "bridge.caldav_plugin."))}


@pytest.mark.parametrize("kind", list(ANSWERS), ids=lambda kind: kind.kind)
def test_every_refusal_is_a_client_error_with_a_body(kind: type[Refusal]) -> None:
    refusal = kind.__new__(kind)
    Refusal.__init__(refusal, "Why not.")
    refusal.__dict__ |= {"name": "other.ics", "precondition": "C:valid-filter"}
    status, headers, body = refused(refusal, "/dav/ada/bread/")
    assert status in {403, 404, 405, 409, 412, 413}
    assert headers["Content-Type"].startswith("text/xml")
    assert b"Why not." in body


def test_a_uid_conflict_names_the_other_event() -> None:
    assert b"<D:href>/dav/ada/bread/a%20b.ics</D:href>" in refused(UidConflict("Twice.", "a b.ics"), "/dav/ada/bread/")[2]


def test_lowering_places_below_what_is_taken_is_refused_with_a_sentence(ada: Device, claimed: Callable[[int], None]) -> None:
    ada("PUT", "/ada/bread/s.ics", slot(places=24))
    claimed(7)
    before = ada("GET", "/ada/bread/s.ics").text
    reply = ada("PUT", "/ada/bread/s.ics", slot("slot", 5, "LOCATION:Elsewhere"))
    assert (reply.status, reply.condition) == (403, f"{OURS}capacity-below-claimed")
    assert "7 places" in reply.sentence
    assert "at least Places: 7" in reply.sentence
    assert "Elsewhere" not in ada("GET", "/ada/bread/s.ics").text
    assert ada("GET", "/ada/bread/s.ics").text.splitlines()[:8] == before.splitlines()[:8]


def test_an_event_with_orders_is_not_deleted_nor_its_calendar(ada: Device, claimed: Callable[[int], None]) -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    claimed(2)
    token = ada.sync("/ada/bread/").token
    reply = ada("DELETE", "/ada/bread/s.ics")
    assert (reply.status, reply.condition) == (403, f"{OURS}slot-has-orders")
    reply = ada("DELETE", "/ada/bread/")
    assert (reply.status, reply.condition) == (403, f"{OURS}drop-has-orders")
    assert "orders" in reply.sentence
    assert ada("GET", "/ada/bread/s.ics").status == 200
    assert ada.sync("/ada/bread/", token).hrefs == []


def test_the_same_uid_under_two_names_is_a_conflict_that_names_the_first(ada: Device) -> None:
    ada("PUT", "/ada/bread/one.ics", event("same"))
    reply = ada("PUT", "/ada/bread/two.ics", event("same"))
    assert (reply.status, reply.condition) == (409, f"{C}no-uid-conflict")
    assert reply.xml[0].findtext("{DAV:}href") == "/dav/ada/bread/one.ics"
    reply = ada("PUT", "/ada/bread/one.ics", event("other"))
    assert (reply.status, reply.condition) == (409, f"{C}no-uid-conflict")


TASK = event().replace("VEVENT", "VTODO").replace("DTEND", "DUE")
TWO_UIDS = event("a").replace("END:VCALENDAR\r\n", event("b").partition("PRODID:-//Test//EN\r\n")[2])


@pytest.mark.parametrize(
    ("text", "status", "condition"),
    [
        ("", 403, "valid-calendar-data"),
        ("hello", 403, "valid-calendar-data"),
        (event().replace("END:VCALENDAR\r\n", ""), 403, "valid-calendar-data"),
        (TWO_UIDS, 403, "valid-calendar-object-resource"),
        (event().replace("PRODID:", "METHOD:PUBLISH\r\nPRODID:"), 403, "valid-calendar-object-resource"),
        (event().replace("UID:loaf\r\n", ""), 403, "valid-calendar-object-resource"),
        (slot("rrule", 3, "RRULE:FREQ=MINUTELY"), 403, "max-instances"),
    ],
)
def test_bad_bodies_are_refused_by_the_precondition_they_break(ada: Device, text: str, status: int, condition: str) -> None:
    token = ada.sync("/ada/bread/").token
    reply = ada("PUT", "/ada/bread/bad.ics", text, Content_Type="text/calendar")
    assert (reply.status, reply.condition) == (status, C + condition)
    assert reply.sentence
    assert ada("GET", "/ada/bread/bad.ics").status == 404
    assert ada.sync("/ada/bread/", token).token == token


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("DTSTART:20261205T090000Z", "DTEND:20261205T083000Z"),
        ("DTSTART:20261205T090000Z", "DTEND:20261205T090000Z"),
        ("DTSTART;TZID=Europe/Berlin:20261205T100000", "DTEND;TZID=Europe/London:20261205T090000"),
        ("DTSTART;VALUE=DATE:20261205", "DTEND;VALUE=DATE:20261204"),
        ("DTSTART:20261205T090000Z", "DURATION:-PT30M"),
        ("DTSTART:20261205T090000Z", "DURATION:PT1H\r\nRDATE;VALUE=PERIOD:20261206T090000Z/20261206T080000Z"),
    ],
)
def test_a_slot_that_ends_before_it_starts_is_refused_and_any_other_event_is_kept_as_it_was_sent(ada: Device, start: str, end: str) -> None:
    sent = slot().replace("DTSTART:20261205T090000Z", start).replace("DTEND:20261205T100000Z", end)
    reply = ada("PUT", "/ada/bread/s.ics", sent)
    assert (reply.status, reply.condition) == (403, f"{C}valid-calendar-object-resource")
    assert "“Loaves” on 2026-12-0" in reply.sentence
    assert "does not end after it starts" in reply.sentence
    assert ada("GET", "/ada/bread/s.ics").status == 404
    own = sent.replace("Places: 24", "no places")
    assert ada("PUT", "/ada/bread/own.ics", own).status == 201
    assert ada("GET", "/ada/bread/own.ics").text == own


@pytest.mark.parametrize("end", ["", "DTEND;VALUE=DATE:20261205\r\n", "DTEND;VALUE=DATE:20261206\r\n"])
def test_a_day_may_be_written_without_an_end_or_with_itself_as_its_end(ada: Device, end: str) -> None:
    whole = slot().replace("DTSTART:20261205T090000Z", "DTSTART;VALUE=DATE:20261205").replace("DTEND:20261205T100000Z\r\n", end)
    assert ada("PUT", "/ada/bread/s.ics", whole).status == 201


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("DTSTART:20261206T090000Z", "two DTSTART lines"),
        ("DTEND:20261205T120000Z", "two DTEND lines"),
        ("DURATION:PT1H\r\nDURATION:PT2H", "two DURATION lines"),
        ("RRULE:RSCALE=CHINESE;FREQ=YEARLY;COUNT=2", "RSCALE=CHINESE"),
    ],
)
def test_a_slot_whose_dates_would_be_wrong_is_not_sold(ada: Device, extra: str, said: str) -> None:
    reply = ada("PUT", "/ada/bread/s.ics", slot("slot", 3, extra))
    assert (reply.status, reply.condition) == (403, f"{C}valid-calendar-object-resource")
    assert said in reply.sentence
    assert ada.propfind("/ada/bread/", f"{D}getetag", depth="1").hrefs == ["/dav/ada/bread/"]


def test_a_birthday_by_another_calendar_is_kept_as_it_was_sent(ada: Device) -> None:
    birthday = event("b", "RRULE:RSCALE=CHINESE;FREQ=YEARLY")
    assert ada("PUT", "/ada/bread/b.ics", birthday).etag
    assert ada("GET", "/ada/bread/b.ics").text == birthday


def test_a_calendar_for_events_takes_no_tasks(ada: Device) -> None:
    components = '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>'
    spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    body = f"<C:mkcalendar {spaces}><D:set><D:prop>{components}</D:prop></D:set></C:mkcalendar>"
    assert ada("MKCALENDAR", "/ada/events/", body).status == 201
    reply = ada("PUT", "/ada/events/t.ics", TASK)
    assert (reply.status, reply.condition) == (403, f"{C}supported-calendar-component")
    assert ada("PUT", "/ada/bread/t.ics", TASK).status == 201


def test_an_event_larger_than_the_limit_is_refused_and_the_limit_is_said(ada: Device) -> None:
    limit = ada.propfind("/ada/bread/", f"{C}max-resource-size").prop(f"{C}max-resource-size")
    assert limit is not None
    reply = ada("PUT", "/ada/bread/big.ics", event("big", "DESCRIPTION:" + "x" * int(limit.text or 0)))
    assert (reply.status, reply.condition) == (413, f"{C}max-resource-size")
    assert limit.text is not None
    assert limit.text in reply.sentence


@pytest.mark.parametrize(
    ("who", "path", "sentence"),
    [
        ("ben", "/ada/bread/", "This sign-in may not do that here."),
        ("cleo", "/ada/bread/e.ics", "This sign-in may not do that here."),
        ("ada", "/ada/", "Only calendars and events can be removed."),
        ("ada", "/", "Only calendars and events can be removed."),
        ("ada", "/dee/olives/", "This sign-in may not do that here."),
    ],
)
def test_who_may_not_delete_reads_why_and_which_privilege_is_missing(
    request: pytest.FixtureRequest, ada: Device, who: str, path: str, sentence: str
) -> None:
    ada("PUT", "/ada/bread/e.ics", event())
    reply = request.getfixturevalue(who)("DELETE", path)
    assert (reply.status, reply.condition, reply.sentence) == (403, f"{D}need-privileges", sentence)
    assert (reply.xml.findtext(f"{D}need-privileges/{D}resource/{D}href") or "").rstrip("/") == f"/dav{path}".rstrip("/")
    assert reply.xml.find(f"{D}need-privileges/{D}resource/{D}privilege/{D}unbind") is not None
    assert ada("GET", "/ada/bread/e.ics").status == 200


@pytest.mark.parametrize(("path", "sentence"), [("/ada/nope/", "no such calendar"), ("/ada/bread/nope.ics", "no such event")])
def test_deleting_what_is_not_there_says_so(ada: Device, path: str, sentence: str) -> None:
    reply = ada("DELETE", path)
    assert (reply.status, reply.condition) == (404, f"{OURS}not-found")
    assert sentence in reply.sentence


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PROPFIND", "REPORT", "MKCALENDAR", "MKCOL", "PROPPATCH", "MOVE"])
@pytest.mark.parametrize("path", ["/ada/.well-known/x", "/ada/bread/.well-known"])
def test_an_address_that_no_verb_is_asked_about_is_refused_with_a_sentence_too(ada: Device, method: str, path: str) -> None:
    reply = ada(method, path, event())
    assert (reply.status, reply.condition) == (404, f"{OURS}not-found")
    assert reply.sentence == "There is no such address."
