"""PROPPATCH: renaming and recolouring a drop, dead properties kept as written, all or nothing."""

import pytest

from bridge.wiring import Bridge
from tests.caldav_plugin.device import CS, ICAL, C, D, Device


def test_a_drop_is_renamed_recoloured_and_described(ada: Device) -> None:
    token = ada.propfind("/ada/bread/", f"{CS}getctag").prop(f"{CS}getctag")
    assert token is not None
    reply = ada.proppatch(
        "/ada/bread/",
        "<D:displayname>Bread &amp; buns</D:displayname><A:calendar-color>#0E61B9FF</A:calendar-color>"
        "<C:calendar-description>Fresh &lt;daily&gt;</C:calendar-description>",
    )
    assert reply.status == 207
    found = ada.propfind("/ada/bread/", f"{D}displayname", f"{ICAL}calendar-color", f"{C}calendar-description", f"{CS}getctag")
    values = {
        name: value.text
        for name in (f"{D}displayname", f"{ICAL}calendar-color", f"{C}calendar-description")
        if (value := found.prop(name)) is not None
    }
    assert list(values.values()) == ["Bread & buns", "#0E61B9FF", "Fresh <daily>"]
    changed = found.prop(f"{CS}getctag")
    assert changed is not None
    assert changed.text != token.text


@pytest.mark.parametrize("name", ["", "  "])
def test_a_drop_without_a_name_is_called_by_its_address(ada: Device, name: str, house: Bridge) -> None:
    ada.proppatch("/ada/bread/", f"<D:displayname>{name}</D:displayname>")
    with house.work() as work:
        drop = work.views.drop("ada", "bread")
    assert drop is not None
    assert drop.title == "bread"


@pytest.mark.parametrize(
    ("color", "status"),
    [("sparkling", "409"), ("#12345", "409"), ("#GG0000", "409"), ("#0E61B9", "200"), ("#0E61B9FF", "200"), ("Tomato", "200")],
)
def test_a_colour_that_no_app_knows_is_refused(ada: Device, color: str, status: str) -> None:
    reply = ada.proppatch("/ada/bread/", f"<A:calendar-color>{color}</A:calendar-color>")
    assert reply.status == 207
    outcomes = [found for found in reply.xml.iterfind(f"{D}response/{D}propstat") if found.find(f"{D}prop/*") is not None]
    assert [status in (found.findtext(f"{D}status") or "") for found in outcomes] == [True]
    shown = ada.propfind("/ada/bread/", f"{ICAL}calendar-color").prop(f"{ICAL}calendar-color")
    assert (shown is not None and shown.text == color) == (status == "200")


def test_a_property_nobody_knows_is_kept_as_it_was_written(ada: Device) -> None:
    mood = '<x:mood xmlns:x="urn:x" level="3" xml:lang="de">so <b xmlns="urn:y">sonnig</b> &amp; warm<x:tail/></x:mood>'
    ada.proppatch("/ada/bread/", mood + '<z:empty xmlns:z="urn:z"/>')
    kept = ada.propfind("/ada/bread/", "{urn:x}mood", "{urn:z}empty")
    found = kept.prop("{urn:x}mood")
    assert found is not None
    assert found.get("level") == "3"
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    assert "".join(found.itertext()) == "so sonnig & warm"
    assert found[0].tag == "{urn:y}b"
    assert kept.prop("{urn:z}empty") is not None
    ada.proppatch("/ada/bread/", remove='<x:mood xmlns:x="urn:x"/>')
    after = ada.propfind("/ada/bread/", "{urn:x}mood", "{urn:z}empty")
    assert after.prop("{urn:x}mood") is None
    assert after.prop("{urn:z}empty") is not None


@pytest.mark.parametrize(
    "name",
    [
        "D:resourcetype",
        "D:getetag",
        "D:sync-token",
        "C:supported-calendar-component-set",
        "D:owner",
        "C:calendar-home-set",
        "D:getcontentlength",
    ],
)
def test_the_servers_own_properties_are_protected_and_nothing_else_happens(ada: Device, name: str) -> None:
    reply = ada.proppatch("/ada/bread/", f"<D:displayname>Renamed</D:displayname><{name}>x</{name}>")
    assert reply.status == 207
    statuses = {}
    for propstat in reply.xml.iterfind(f"{D}response/{D}propstat"):
        for found in propstat.iterfind(f"{D}prop/*"):
            statuses[found.tag] = propstat.findtext(f"{D}status") or ""
            if "403" in statuses[found.tag]:
                assert propstat.find(f"{D}error/{D}cannot-modify-protected-property") is not None
    assert "424" in statuses.pop(f"{D}displayname")
    assert "403" in "".join(statuses.values())
    title = ada.propfind("/ada/bread/", f"{D}displayname").prop(f"{D}displayname")
    assert title is not None
    assert title.text == "Bread"


def test_a_resource_type_that_is_set_does_not_break_the_calendar(ada: Device) -> None:
    ada.proppatch("/ada/bread/", "<D:resourcetype><D:collection/></D:resourcetype>")
    ada.proppatch("/ada/bread/", remove="<D:resourcetype/>")
    kinds = ada.propfind("/ada/bread/", f"{D}resourcetype").prop(f"{D}resourcetype")
    assert kinds is not None
    assert f"{C}calendar" in {kind.tag for kind in kinds}


@pytest.mark.parametrize("path", ["/", "/ada/"])
def test_only_calendars_have_properties_to_set(ada: Device, path: str) -> None:
    reply = ada.proppatch(path, "<D:displayname>Mine</D:displayname>")
    assert reply.status == 207
    assert "403" in (reply.xml.findtext(f"{D}response/{D}propstat/{D}status") or "")


def test_set_and_remove_apply_in_the_order_they_are_written(ada: Device) -> None:
    spaces = 'xmlns:D="DAV:" xmlns:x="urn:x"'
    once, never = "<D:set><D:prop><x:a>1</x:a></D:prop></D:set>", "<D:remove><D:prop><x:a/></D:prop></D:remove>"
    body = once + never + once.replace("1", "2")
    assert ada("PROPPATCH", "/ada/bread/", f"<D:propertyupdate {spaces}>{body}</D:propertyupdate>").status == 207
    found = ada.propfind("/ada/bread/", "{urn:x}a").prop("{urn:x}a")
    assert found is not None
    assert found.text == "2"


def test_a_removed_name_falls_back_to_the_address(ada: Device) -> None:
    ada.proppatch("/ada/bread/", remove="<D:displayname/>")
    title = ada.propfind("/ada/bread/", f"{D}displayname").prop(f"{D}displayname")
    assert title is not None
    assert title.text == "bread"


def test_properties_have_a_size_and_a_number(ada: Device) -> None:
    large = ada.proppatch("/ada/bread/", f'<x:big xmlns:x="urn:x">{"y" * 70_000}</x:big>')
    assert "507" in (large.xml.findtext(f"{D}response/{D}propstat/{D}status") or "")
    many = "".join(f'<x:p{number} xmlns:x="urn:x"/>' for number in range(150))
    assert ada.proppatch("/ada/bread/", many).status == 507
    assert ada.propfind("/ada/bread/", "{urn:x}p1").prop("{urn:x}p1") is None


def test_places_in_the_calendars_description_make_its_events_slots(ada: Device) -> None:
    from tests.caldav_plugin.device import event

    ada.proppatch("/ada/bread/", "<C:calendar-description>Places: 12</C:calendar-description>")
    ada("PUT", "/ada/bread/e.ics", event())
    assert "12 of 12 places left" in ada("GET", "/ada/bread/e.ics").text


def test_a_time_zone_with_a_vendors_prefix_names_the_zone(ada: Device) -> None:
    text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:/freeassociation.sourceforge.net/America/New_York\nEND:VTIMEZONE\nEND:VCALENDAR\n"
    assert "200" in (ada.proppatch("/ada/bread/", f"<C:calendar-timezone>{text}</C:calendar-timezone>").text)
    assert "X-WR-TIMEZONE:America/New_York" in ada("GET", "/ada/bread/").text
