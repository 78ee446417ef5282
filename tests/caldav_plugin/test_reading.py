"""GET and HEAD, of one event and of a whole calendar."""

import gzip

import pytest
from icalendar import Calendar

from tests.caldav_plugin.device import D, Device, event, slot

ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def zoned(uid: str) -> str:
    """An event with a time zone of its own."""
    text = event(uid).replace("DTSTART:20261205T090000Z", "DTSTART;TZID=Europe/Berlin:20261205T100000")
    return text.replace("BEGIN:VEVENT", ZONE + "BEGIN:VEVENT").replace("DTEND:20261205T100000Z", "DTEND;TZID=Europe/Berlin:20261205T110000")


def test_head_is_get_without_a_body(ada: Device) -> None:
    ada("PUT", "/ada/bread/e.ics", event())
    got, head = ada("GET", "/ada/bread/e.ics"), ada("HEAD", "/ada/bread/e.ics")
    assert head.octets == b""
    assert {name: head.headers[name] for name in ("ETag", "Content-Type", "Content-Length")} == {
        name: got.headers[name] for name in ("ETag", "Content-Type", "Content-Length")
    }
    assert ada("HEAD", "/ada/bread/").octets == b""


def test_a_whole_calendar_is_one_calendar_with_each_zone_once(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", zoned("a"))
    ada("PUT", "/ada/bread/b.ics", zoned("b"))
    ada("PUT", "/ada/bread/c.ics", slot("c"))
    ada("PUT", "/ada/bread/t.ics", event("t").replace("VEVENT", "VTODO").replace("DTEND", "DUE"))
    reply = ada("GET", "/ada/bread/")
    assert reply.headers["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(reply.text)
    assert sorted(str(found["UID"]) for found in calendar.walk() if "UID" in found) == ["a", "b", "c", "t"]
    assert len(calendar.walk("VTIMEZONE")) == 1
    assert "X-WR-CALNAME:Bread" in reply.text
    assert max(len(line) for line in reply.octets.split(b"\r\n")) <= 75


def test_an_empty_calendar_is_still_a_calendar(ada: Device) -> None:
    ada.proppatch(
        "/ada/bread/", "<D:displayname>Brot; Brötchen, \\ und ein sehr langer Titel, der über eine Zeile hinausgeht 🥐🥐🥐</D:displayname>"
    )
    text = ada("GET", "/ada/bread/").text
    assert Calendar.from_ical(text)
    assert "X-WR-CALNAME:Brot\\; Brötchen\\, \\\\ und ein" in text.replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_long_answers_are_zipped_for_those_who_ask(ada: Device) -> None:
    ada("PUT", "/ada/bread/e.ics", event("long", "DESCRIPTION:" + "bread " * 500))
    zipped = ada("GET", "/ada/bread/e.ics", Accept_Encoding="deflate, gzip;q=0.5")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert int(zipped.headers["Content-Length"]) == len(zipped.octets)
    assert gzip.decompress(zipped.octets) == ada("GET", "/ada/bread/e.ics", Accept_Encoding="gzip;q=0, br").octets
    assert "Content-Encoding" not in ada("PROPFIND", "/", "", Depth="0", Accept_Encoding="gzip").headers


def test_the_root_tells_a_person_what_it_is_for(ada: Device) -> None:
    for path in ("/", "/ada/"):
        reply = ada("GET", path)
        assert reply.status == 200
        assert "CalDAV" in reply.text


def test_what_is_not_there_is_a_404(ada: Device) -> None:
    for path in ("/ada/bread/none.ics", "/ada/none/", "/ada/none/e.ics", "/ada/bread/e.ics/deeper"):
        assert ada("GET", path).status == 404
        assert ada.propfind(path, "{DAV:}getetag").status == 404
        assert ada("DELETE", path).status == 404


def test_a_whole_calendar_is_zipped_while_it_is_sent(ada: Device) -> None:
    for number in range(5):
        ada("PUT", f"/ada/bread/{number}.ics", event(str(number)))
    zipped = ada("GET", "/ada/bread/", Accept_Encoding="gzip")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.octets) == ada("GET", "/ada/bread/").octets


def test_a_calendar_of_any_name_can_be_saved_as_a_file(ada: Device) -> None:
    ada("MKCALENDAR", '/ada/Brötchen "🥐"; x=y/')
    disposition = ada("GET", '/ada/Brötchen "🥐"; x=y/').headers["Content-Disposition"]
    assert disposition.isascii()
    assert disposition.count(";") == 1


def test_a_listing_too_large_to_be_sent_whole_is_the_same_in_parts(ada: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        ada("PUT", f"/ada/bread/{name}.ics", event(name))
    whole = ada.propfind("/ada/bread/", f"{D}getetag", depth="1")
    monkeypatch.setattr("bridge.caldav_plugin.request.WHOLE", 0)
    monkeypatch.setattr("bridge.caldav_plugin.wire.AT_ONCE", 1)
    parts = ada.propfind("/ada/bread/", f"{D}getetag", depth="1")
    assert (parts.octets, parts.headers["Content-Length"]) == (whole.octets, str(len(whole.octets)))
    zipped = ada("PROPFIND", "/ada/bread/", Depth="1", Accept_Encoding="gzip")
    assert "Content-Length" not in zipped.headers
    assert gzip.decompress(zipped.octets) == ada("PROPFIND", "/ada/bread/", Depth="1").octets
