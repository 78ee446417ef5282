"""The mount for anyone: no sign-in, no password prompt, no writing, the public audience only."""

import pytest

from bridge.flows.drops import describe_drop
from bridge.wiring import Bridge
from tests.caldav_plugin.device import C, D, Device, event, slot


def test_nobody_is_ever_asked_for_a_password(public: Device) -> None:
    for method in ("OPTIONS", "GET", "PROPFIND", "REPORT", "PUT", "DELETE", "MKCALENDAR", "PROPPATCH", "MOVE", "POST", "LOCK"):
        for path in ("/", "/ada/", "/ada/bread/", "/ada/bread/e.ics", "/nobody/", "/nobody/x/y"):
            assert public(method, path).status not in {401, 500}


def test_current_user_principal_says_unauthenticated(public: Device) -> None:
    principal = public.propfind("/ada/bread/", f"{D}current-user-principal").prop(f"{D}current-user-principal")
    assert principal is not None
    assert principal[0].tag == f"{D}unauthenticated"


def test_the_public_sees_slots_without_settings_lines_and_nothing_else(ada: Device, public: Device) -> None:
    ada("PUT", "/ada/bread/private.ics", event("dentist"))
    ada("PUT", "/ada/bread/s.ics", slot())
    listed = public.propfind("/ada/bread/", f"{D}getetag", depth="1")
    (address,) = listed.hrefs[1:]
    text = public("GET", address.removeprefix("/dav-public")).text
    assert "24 of 24 places left" in text
    assert "Places: 24" not in text
    whole = public("GET", "/ada/bread/").text
    assert whole.count("BEGIN:VEVENT") == 1
    assert "dentist" not in whole
    assert public("GET", "/ada/bread/private.ics").status == 404
    data = public.multiget("/ada/bread/", address).prop(f"{C}calendar-data")
    assert data is not None
    assert data.text == text


def test_the_settings_lines_of_a_calendars_description_are_the_organizers_own(ada: Device, public: Device) -> None:
    ada.proppatch("/ada/bread/", "<C:calendar-description>Fresh bread\nPlaces: 24</C:calendar-description>")
    for device, said in ((ada, "Fresh bread\nPlaces: 24"), (public, "Fresh bread")):
        found = device.propfind("/ada/bread/", f"{C}calendar-description").prop(f"{C}calendar-description")
        assert found is not None
        assert found.text == said
    ada.proppatch("/ada/bread/", "<C:calendar-description>Places: 24</C:calendar-description>")
    assert public.propfind("/ada/bread/", f"{C}calendar-description").prop(f"{C}calendar-description") is None


def test_writing_is_not_a_method_here(ada: Device, public: Device) -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    token = ada.sync("/ada/bread/").token
    for method in ("PUT", "DELETE", "MKCALENDAR", "MKCOL", "PROPPATCH", "MOVE"):
        reply = public(method, "/ada/bread/s.ics", event())
        assert reply.status == 405
        assert "PUT" not in reply.headers["Allow"]
    assert ada.sync("/ada/bread/", token).token == token


def test_a_sign_in_changes_nothing_on_this_mount(public: Device, ada: Device) -> None:
    ada("PUT", "/ada/bread/private.ics", event("dentist"))
    signed = Device(public.app, ada.who, "/dav-public")
    assert signed("GET", "/ada/bread/private.ics").status == 404
    assert signed("DELETE", "/ada/bread/").status == 405


def test_a_drop_that_is_not_public_looks_like_one_that_is_not_there(house: Bridge, public: Device) -> None:
    with house.work() as work:
        drop = work.views.drop("ada", "bread")
        assert drop is not None
        describe_drop(work, drop, house.house, now=house.now(), actor="ada", is_public=False)
    hidden, missing = public.propfind("/ada/bread/", f"{D}getetag"), public.propfind("/ada/cake/", f"{D}getetag")
    assert hidden.status == missing.status == 404
    assert hidden.octets == missing.octets
    assert public("GET", "/ada/bread/").status == 404
    assert public.sync("/ada/bread/").status == 404
    assert public.propfind("/ada/", f"{D}displayname").status == 404
    assert "/dav-public/ada/" not in public.propfind("/", f"{D}displayname", depth="1").hrefs


@pytest.mark.parametrize("path", ["/ada/", "/ada/bread/"])
def test_apps_that_look_for_a_home_find_the_organizers_drops(public: Device, path: str) -> None:
    home = public.propfind(path, f"{C}calendar-home-set").prop(f"{C}calendar-home-set")
    assert home is not None
    assert home.findtext(f"{D}href") == "/dav-public/ada/"
    assert public.propfind("/ada/", f"{D}resourcetype", depth="1").hrefs == ["/dav-public/ada/", "/dav-public/ada/bread/"]


def test_a_sold_place_reaches_a_public_subscriber_by_sync(ada: Device, public: Device, restocked: "object") -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    token = public.sync("/ada/bread/").token
    assert public.sync("/ada/bread/", token).hrefs == []
    assert callable(restocked)
    restocked()
    changed = public.sync("/ada/bread/", token, props="<C:calendar-data/>")
    data = changed.prop(f"{C}calendar-data")
    assert data is not None
    assert "23 of 24 places left" in (data.text or "").replace("\r\n ", "")
