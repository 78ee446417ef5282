"""Every address × everybody: nobody reads or changes what is not theirs."""

import pytest

from bridge.caldav_plugin.rights import letters
from tests.caldav_plugin.device import Device, event
from tests.caldav_plugin.test_making import CALENDAR, mkcol

RENAME = '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>x</D:displayname></D:prop></D:set></D:propertyupdate>'
READ = [("GET", ""), ("PROPFIND", ""), ("REPORT", '<D:expand-property xmlns:D="DAV:"/>'), ("HEAD", "")]
EDIT = [("PUT", event("new")), ("DELETE", ""), ("MOVE", "")]
OWN = [("MKCALENDAR", ""), ("MKCOL", mkcol(CALENDAR)), ("PROPPATCH", RENAME), ("DELETE", "")]


def tried(device: Device, method: str, path: str, body: str) -> int:
    """The status of a request; a MOVE goes to another name in the same calendar."""
    return device(method, path, body, Depth="0", Destination=f"/dav{path}2").status


@pytest.fixture
def home(ada: Device) -> Device:
    """Ada's home with an event in it."""
    ada("PUT", "/ada/bread/e.ics", event())
    return ada


def test_a_stranger_is_refused_everything_and_learns_nothing(home: Device, dee: Device) -> None:
    before = home.sync("/ada/bread/").token
    there = ["/ada/", "/ada/bread/", "/ada/bread/e.ics", "/ada/bread/new.ics", "/ada/cake/"]
    missing = ["/nobody/", "/nobody/bread/", "/nobody/bread/e.ics", "/nobody/bread/new.ics", "/nobody/cake/"]
    for method, body in READ + EDIT + OWN:
        for one, other in zip(there, missing, strict=True):
            reply, like = dee(method, one, body, Destination=f"/dav{one}2"), dee(method, other, body, Destination=f"/dav{other}2")
            assert reply.status in {403, 405}, (method, one)
            assert reply.status == like.status
            assert reply.octets.replace(b"ada", b"nobody") == like.octets
    assert home.sync("/ada/bread/").token == before


def test_a_viewer_reads_and_changes_nothing(home: Device, cleo: Device) -> None:
    before = home.sync("/ada/bread/").token
    for method, body in READ[:2]:
        for path in ("/ada/bread/", "/ada/bread/e.ics"):
            assert tried(cleo, method, path, body) in {200, 207}
    for method, body in EDIT:
        assert tried(cleo, method, "/ada/bread/e.ics", body) == 403
    for method, body in OWN:
        for path in ("/ada/bread/", "/ada/cake/"):
            assert tried(cleo, method, path, body) in {403, 405}
    assert home.sync("/ada/bread/").token == before
    assert home("GET", "/ada/cake/").status == 404


def test_a_helper_edits_events_but_not_drops(home: Device, ben: Device) -> None:
    for method, body in OWN:
        for path in ("/ada/bread/", "/ada/cake/"):
            assert tried(ben, method, path, body) in {403, 404, 405}, (method, path)
    assert home("GET", "/ada/cake/").status == 404
    assert tried(ben, "PUT", "/ada/bread/n.ics", event("new")) == 201
    assert tried(ben, "MOVE", "/ada/bread/n.ics", "") == 201
    assert tried(ben, "DELETE", "/ada/bread/e.ics", "") == 204


def test_an_owner_may_do_all_of_it(home: Device) -> None:
    assert tried(home, "MKCALENDAR", "/ada/cake/", "") == 201
    assert tried(home, "PROPPATCH", "/ada/cake/", RENAME) == 207
    assert tried(home, "DELETE", "/ada/cake/", "") == 204
    assert tried(home, "DELETE", "/ada/", "") == 403
    assert tried(home, "DELETE", "/", "") == 403


def test_the_letters_of_the_public_and_of_nobody() -> None:
    assert letters("public", "", None, ("ada", "bread")) == "r"
    assert letters("public", "ada", "owner", ("ada", "bread")) == "r"
    assert letters("organizer", "", None, ()) == ""
    assert letters("organizer", "ada", "owner", ("adam", "bread")) == ""
