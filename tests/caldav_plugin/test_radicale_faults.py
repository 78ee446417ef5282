"""What Radicale 3.9.0 does wrong as it comes, shown on it, and shown to be right here.

When one of these fails on the stock side, Radicale has mended it and our part of it can go.
"""

from pathlib import Path

import pytest
from radicale import config
from radicale.app import Application as Radicale

from bridge.caldav_plugin.application import Application
from bridge.flows.access import add_app_password
from bridge.flows.drops import add_organizer, create_drop
from bridge.wiring import Bridge
from tests.caldav_plugin.device import C, D, Device, event
from tests.cast import ADA, Person

PROXY = {"HTTP_X_FORWARDED_FOR": "192.0.2.1", "HTTP_X_FORWARDED_HOST": "example.org", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def stock(tmp_path: Path) -> Device:
    """Ada's phone on Radicale as it comes, with a calendar ``/ada/bread/``."""
    made = config.load()
    made.update(
        {"auth": {"type": "none", "delay": "0"}, "storage": {"filesystem_folder": str(tmp_path / "radicale")}}, "test", privileged=True
    )
    device = Device(Radicale(made), ADA)  # type: ignore[arg-type]
    assert device("MKCALENDAR", "/ada/bread/").status == 201
    return device


def test_a_resource_type_that_is_set_breaks_the_calendar(stock: Device, ada: Device) -> None:
    def is_calendar(device: Device) -> bool:
        device.proppatch("/ada/bread/", "<D:resourcetype><D:collection/></D:resourcetype>")
        reply = device.propfind("/ada/bread/", f"{D}resourcetype")
        return reply.status == 207 and reply.xml.find(f".//{C}calendar") is not None

    assert not is_calendar(stock)
    assert is_calendar(ada)


def test_an_initial_sync_lists_what_was_deleted(stock: Device, ada: Device) -> None:
    def listed(device: Device) -> list[str]:
        device("PUT", "/ada/bread/a.ics", event())
        device.sync("/ada/bread/")
        device("DELETE", "/ada/bread/a.ics")
        return device.sync("/ada/bread/").hrefs

    assert listed(stock) == ["/dav/ada/bread/a.ics"]
    assert listed(ada) == []


def test_the_limit_of_a_sync_is_ignored(stock: Device, ada: Device) -> None:
    def told(device: Device) -> int:
        for name in "abc":
            device("PUT", f"/ada/bread/{name}.ics", event(name))
        return sum(href.endswith(".ics") for href in device.sync("/ada/bread/", limit=2).hrefs)

    assert told(stock) == 3
    assert told(ada) == 2


def test_get_ignores_if_none_match(stock: Device, ada: Device) -> None:
    def again(device: Device) -> int:
        device("PUT", "/ada/bread/a.ics", event())
        return device("GET", "/ada/bread/a.ics", If_None_Match=device("GET", "/ada/bread/a.ics").etag or "").status

    assert again(stock) == 200
    assert again(ada) == 304


def test_a_list_of_tags_never_matches(stock: Device, ada: Device) -> None:
    def saved(device: Device) -> int:
        device("PUT", "/ada/bread/a.ics", event())
        tag = device("GET", "/ada/bread/a.ics").etag
        return device("PUT", "/ada/bread/a.ics", event("loaf", "LOCATION:Here"), If_Match=f'"x", {tag}').status

    assert saved(stock) == 412
    assert saved(ada) == 204


def test_a_refusal_is_a_bare_400(stock: Device, ada: Device) -> None:
    assert stock("PUT", "/ada/bread/a.ics", "nonsense").status == 400
    assert ada("PUT", "/ada/bread/a.ics", "nonsense").condition == f"{C}valid-calendar-data"


def test_a_calendar_for_events_takes_tasks(stock: Device, ada: Device) -> None:
    def put(device: Device) -> int:
        spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
        components = '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>'
        device("MKCALENDAR", "/ada/e/", f"<C:mkcalendar {spaces}><D:set><D:prop>{components}</D:prop></D:set></C:mkcalendar>")
        return device("PUT", "/ada/e/t.ics", event().replace("VEVENT", "VTODO").replace("DTEND", "DUE")).status

    assert put(stock) == 201
    assert put(ada) == 403


@pytest.mark.parametrize("char", list(":'\"*?,"))
def test_ordinary_characters_are_refused_in_names(stock: Device, ada: Device, char: str) -> None:
    assert stock("PUT", f"/ada/bread/a{char}b.ics", event()).status == 400
    assert ada("PUT", f"/ada/bread/a{char}b.ics", event()).status == 201


def test_davinci_beside_the_mount_dav_behind_a_proxy(house: Bridge, tmp_path: Path, stock: Device) -> None:
    davinci = Person("davinci", "", "", "mona lisa")
    with house.work() as work:
        organizer = add_organizer(work, davinci.name, now=house.now())
        add_app_password(work, organizer, "phone", "owner", davinci.password, house.now(), [])
        create_drop(work, organizer, "art", now=house.now(), actor="davinci")
    assert Device(stock.app, davinci)("PROPFIND", "/davinci/", environ=PROXY, Depth="0").status >= 400
    ours = Device(Application(house, "organizer"), davinci)
    assert ours("PROPFIND", "/davinci/", environ=PROXY, Depth="1").hrefs == ["/dav/davinci/", "/dav/davinci/art/"]
    assert ours("PUT", "/davinci/art/a.ics", event(), environ=PROXY).status == 201


def test_a_broken_authorization_is_an_internal_error(stock: Device, ada: Device) -> None:
    assert stock("GET", "/", environ={"HTTP_AUTHORIZATION": "Basic !!!"}).status == 500
    assert ada("GET", "/", environ={"HTTP_AUTHORIZATION": "Basic !!!"}).status == 401


def test_an_entity_bomb_is_an_internal_error(stock: Device, ada: Device) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x "ha">]><a>&x;</a>'
    assert stock("PROPFIND", "/ada/", bomb, Depth="0").status == 500
    assert ada("PROPFIND", "/ada/", bomb, Depth="0").status == 400


def test_an_event_comes_back_rewritten(stock: Device, ada: Device) -> None:
    text = event().replace("SUMMARY:Loaves\r\n", "X-Later:1\r\nSUMMARY:Loaves\r\n")

    def kept(device: Device) -> bool:
        device("PUT", "/ada/bread/a.ics", text)
        return device("GET", "/ada/bread/a.ics").text == text

    assert not kept(stock)
    assert kept(ada)


def test_more_than_ten_thousand_events_in_a_report_fail(house: Bridge, ada: Device, stock: Device) -> None:
    """Shown with Radicale's own limit turned down: the mechanism is the same."""
    stock.app.configuration.update({"reporting": {"max_expand_occurrence": "2"}}, "test")
    spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    filter_ = '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter>'
    body = f"<C:calendar-query {spaces}><D:prop><C:calendar-data/></D:prop>{filter_}</C:calendar-query>"

    def answered(device: Device, count: int) -> int:
        for number in range(count):
            device("PUT", f"/ada/bread/{number}.ics", event(str(number)))
        return device("REPORT", "/ada/bread/", body, Depth="1").status

    assert answered(stock, 4) == 400
    assert answered(ada, 4) == 207
