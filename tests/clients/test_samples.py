"""Requests as Apple Calendar, Thunderbird, DAVx⁵, Evolution and Google's importer send them."""

import gzip
from collections.abc import Iterator

import pytest

from bridge.site import web
from bridge.wiring import Bridge
from tests.caldav_plugin.conftest import made
from tests.caldav_plugin.device import ICAL, C, D, Device, slot
from tests.cast import ADA
from tests.clients.played import play
from tests.fakes import Clock


@pytest.fixture
def house(sqlite_url: str, clock: Clock) -> Iterator[Bridge]:
    """Ada's and Dee's house."""
    house = made(sqlite_url, clock)
    yield house
    house.database.dispose()


@pytest.fixture
def device(house: Bridge) -> Device:
    """Ada's device at the whole server, with a slot in her bread."""
    device = Device(web(house), ADA, "")  # type: ignore[arg-type]
    assert device("PUT", "/dav/ada/bread/s.ics", slot()).status == 201
    return device


def test_apple_adds_an_account(device: Device) -> None:
    known, host, root, options, principal, searches, calendars = play(device, "apple/an_account_is_added.http")
    assert known.status == 301
    assert known.headers["Location"].endswith("/dav/")
    for reply in (host, root):
        found = reply.prop(f"{D}current-user-principal")
        assert found is not None
        assert found.findtext(f"{D}href") == "/dav/ada/"
    assert "calendar-access" in options.headers["DAV"]
    home = principal.prop(f"{C}calendar-home-set")
    assert home is not None
    assert home.findtext(f"{D}href") == "/dav/ada/"
    assert searches.status == 200
    kinds = calendars.prop(f"{D}resourcetype", "/dav/ada/bread/")
    assert kinds is not None
    assert kinds.find(f"{C}calendar") is not None


def test_apple_makes_and_recolours_a_calendar(device: Device) -> None:
    made_, changed, shown = play(device, "apple/a_calendar_is_made_and_recoloured.http")
    assert made_.status == 201
    assert changed.text.count("HTTP/1.1 200 OK") == 1
    values = [shown.prop(name) for name in (f"{D}displayname", f"{ICAL}calendar-color", f"{C}default-alarm-vevent-date")]
    assert [value.text for value in values if value is not None][:2] == ["Saturday bread", "#FF9500FF"]
    assert values[2] is not None
    assert "TRIGGER:-PT15H" in (values[2].text or "")


def test_thunderbird_edits_the_html_of_a_slot(device: Device) -> None:
    _, first, _, saved, read, after = play(device, "thunderbird/a_slot_is_edited_in_the_dialogue.http")
    assert first.hrefs == ["/dav/ada/bread/s.ics"]
    assert (saved.status, saved.etag) == (204, None)
    text = read.text.replace("\r\n ", "")
    assert "SUMMARY:Rye loaves" in text
    assert "18 of 18 places left" in text
    assert "24 of 24" not in text
    assert after.hrefs == ["/dav/ada/bread/s.ics"]


def test_davx5_synchronises_makes_and_removes(device: Device) -> None:
    state, first, query, data, put, removed, after = play(device, "davx5/a_calendar_is_synchronised.http")
    assert state.token == ""
    assert first.hrefs == query.hrefs == data.hrefs == ["/dav/ada/bread/s.ics"]
    found = data.prop(f"{C}calendar-data")
    assert found is not None
    assert "24 of 24 places left" in (found.text or "").replace("\r\n ", "")
    assert (put.status, removed.status) == (201, 204)
    assert put.etag
    assert [after.of(href).findtext(f"{D}status") for href in after.hrefs] == ["HTTP/1.1 404 Not Found"]


def test_evolution_opens_and_changes_a_calendar(device: Device) -> None:
    options, privileges, ctag, listed, put, removed = play(device, "evolution/a_calendar_is_opened_and_changed.http")
    assert "PUT" in options.headers["Allow"]
    granted = privileges.prop(f"{D}current-user-privilege-set")
    assert granted is not None
    assert granted.find(f"{D}privilege/{D}write") is not None
    assert ctag.prop("{http://calendarserver.org/ns/}getctag") is not None
    assert listed.hrefs == ["/dav/ada/bread/s.ics"]
    assert (put.status, removed.status) == (201, 204)


def test_google_imports_a_public_calendar(device: Device) -> None:
    first, later = play(Device(device.app, None, ""), "google/a_public_calendar_is_imported.http")
    octets = gzip.decompress(first.octets) if first.headers.get("Content-Encoding") == "gzip" else first.octets
    assert b"24 of 24 places left" in octets
    assert b"Places: 24" not in octets
    assert later.status == 304
