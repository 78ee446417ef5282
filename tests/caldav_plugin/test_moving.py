"""MOVE, within a calendar and between calendars."""

from collections.abc import Callable

import pytest

from tests.caldav_plugin.device import C, Device, event, slot

HOME = "http://localhost:8000/dav"


def test_a_rename_keeps_the_text_and_shows_in_a_sync(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event())
    token = ada.sync("/ada/bread/").token
    assert ada("MOVE", "/ada/bread/a.ics", Destination=f"{HOME}/ada/bread/b%3F%20%22.ics").status == 201
    assert ada("GET", "/ada/bread/a.ics").status == 404
    assert ada("GET", '/ada/bread/b? ".ics').text == event()
    changed = ada.sync("/ada/bread/", token)
    assert set(changed.hrefs) == {"/dav/ada/bread/a.ics", "/dav/ada/bread/b%3F%20%22.ics"}
    gone = changed.of("/dav/ada/bread/a.ics").findtext("{DAV:}status")
    assert gone is not None
    assert "404" in gone


def test_a_slot_moves_to_another_drop(ada: Device) -> None:
    ada("MKCALENDAR", "/ada/cake/")
    ada("PUT", "/ada/bread/s.ics", slot())
    assert ada("MOVE", "/ada/bread/s.ics", Destination="/dav/ada/cake/s.ics").status == 201
    assert "24 of 24 places left" in ada("GET", "/ada/cake/s.ics").text
    assert ada.propfind("/ada/bread/", "{DAV:}getetag", depth="1").hrefs == ["/dav/ada/bread/"]


def test_a_slot_with_orders_stays_where_it_is(ada: Device, claimed: Callable[[int], None]) -> None:
    ada("MKCALENDAR", "/ada/cake/")
    ada("PUT", "/ada/bread/s.ics", slot())
    claimed(1)
    assert ada("MOVE", "/ada/bread/s.ics", Destination="/dav/ada/cake/s.ics").status == 403
    assert ada("GET", "/ada/bread/s.ics").status == 200
    assert ada("GET", "/ada/cake/s.ics").status == 404


def test_overwrite_decides_about_what_is_there(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    ada("PUT", "/ada/bread/b.ics", event("b"))
    assert ada("MOVE", "/ada/bread/a.ics", Destination="/dav/ada/bread/b.ics", Overwrite="F").status == 412
    assert ada("GET", "/ada/bread/a.ics").text == event("a")
    assert ada("MOVE", "/ada/bread/a.ics", Destination="/dav/ada/bread/b.ics").status == 204
    assert ada("GET", "/ada/bread/b.ics").text == event("a")


def test_a_uid_that_is_there_already_is_a_conflict(ada: Device) -> None:
    ada("MKCALENDAR", "/ada/cake/")
    ada("PUT", "/ada/bread/a.ics", event("same"))
    ada("PUT", "/ada/cake/b.ics", event("same"))
    reply = ada("MOVE", "/ada/bread/a.ics", Destination="/dav/ada/cake/a.ics")
    assert (reply.status, reply.condition) == (409, f"{C}no-uid-conflict")
    assert "<D:href>/dav/ada/cake/b.ics</D:href>" in reply.text
    assert ada("GET", "/ada/bread/a.ics").status == 200


def test_a_stale_move_is_refused(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    assert ada("MOVE", "/ada/bread/a.ics", Destination="/dav/ada/bread/b.ics", If_Match='"0.0"').status == 412


@pytest.mark.parametrize(
    ("destination", "status"),
    [
        ("", 400),
        ("//%00", 400),
        ("//%00/dav/ada/bread/b.ics", 400),
        ("http://%00/dav/ada/bread/b.ics", 400),
        ("http:///dav/ada/bread/b.ics", 400),
        ("http:/dav/ada/bread/b.ics", 400),
        ("mailto:ada@example.org", 400),
        ("http://localhost:0/dav/ada/bread/b.ics", 400),
        ("http://localhost:8000//%00", 400),
        ("/dav/ada/bread/%00.ics", 400),
        ("/dav/ada/bread/\xff.ics", 400),
        ("//localhost:8000/dav/ada/bread/b.ics", 400),
        ("http://[::1", 400),
        ("http://localhost:99999999/dav/ada/bread/b.ics", 400),
        ("/dav/ada/bread/%ff.ics", 400),
        ("http://elsewhere.example/dav/ada/bread/b.ics", 502),
        ("http://localhost:8001/dav/ada/bread/b.ics", 502),
        ("http://[::1]/dav/ada/bread/b.ics", 502),
        ("/other/ada/bread/b.ics", 403),
        ("/dav/dee/olives/b.ics", 403),
        ("/dav/ada/nowhere/b.ics", 409),
        ("/dav/ada/bread/", 403),
        ("/dav/ada/bread/../../dee/olives/b.ics", 403),
        ("/dav/ada/bread/x/b.ics", 403),
    ],
)
def test_odd_destinations_are_declined_and_nothing_moves(
    ada: Device, destination: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    ada("PUT", "/ada/bread/a.ics", event())
    reply = ada("MOVE", "/ada/bread/a.ics", Destination=destination)
    assert (reply.status, reply.sentence != "") == (status, True)
    assert not caplog.records, "an error of the client's is none of the server's"
    assert ada("GET", "/ada/bread/a.ics").status == 200


def test_a_destination_in_raw_utf_8_is_the_name_that_it_says(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event())
    assert ada("MOVE", "/ada/bread/a.ics", Destination="/dav/ada/bread/Brötchen.ics".encode().decode("latin-1")).status == 201
    assert ada.propfind("/ada/bread/", "{DAV:}getetag", depth="1").hrefs[1:] == ["/dav/ada/bread/Br%C3%B6tchen.ics"]


def test_calendars_are_not_moved(ada: Device) -> None:
    assert ada("MOVE", "/ada/bread/", Destination="/dav/ada/cake/").status == 403
