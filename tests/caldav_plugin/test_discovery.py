"""How calendar apps find their way: principal, home, calendars; and what they are told they may do."""

import pytest

from tests.caldav_plugin.device import CS, ICAL, C, D, Device, event, slot
from tests.cast import ADA


def test_every_request_without_a_sign_in_is_challenged(nobody: Device) -> None:
    for method in ("OPTIONS", "GET", "HEAD", "PROPFIND", "REPORT", "PUT", "DELETE", "MKCALENDAR", "PROPPATCH", "MOVE", "LOCK"):
        for path in ("/", "/ada/", "/ada/bread/", "/ada/bread/e.ics", "/nobody/"):
            reply = nobody(method, path)
            assert reply.status == 401
            assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_an_app_finds_its_calendars_from_the_root(ada: Device) -> None:
    principal = ada.propfind("/", f"{D}current-user-principal").prop(f"{D}current-user-principal")
    assert principal is not None
    address = principal.findtext(f"{D}href") or ""
    assert address == "/dav/ada/"
    home = ada.propfind("/ada/", f"{C}calendar-home-set").prop(f"{C}calendar-home-set")
    assert home is not None
    assert home.findtext(f"{D}href") == "/dav/ada/"
    listed = ada.propfind("/ada/", f"{D}resourcetype", f"{D}displayname", depth="1")
    assert listed.hrefs == ["/dav/ada/", "/dav/ada/bread/"]
    kinds = listed.prop(f"{D}resourcetype", "/dav/ada/bread/")
    assert kinds is not None
    assert {kind.tag for kind in kinds} == {f"{D}collection", f"{C}calendar"}
    title = listed.prop(f"{D}displayname", "/dav/ada/bread/")
    assert title is not None
    assert title.text == "Bread"


def test_a_principal_is_found_by_its_path_and_its_mail_address(ada: Device) -> None:
    reply = ada.propfind("/ada/", f"{C}calendar-user-address-set", f"{D}principal-URL", f"{D}resourcetype", f"{D}displayname")
    addresses = reply.prop(f"{C}calendar-user-address-set")
    assert addresses is not None
    assert "/dav/ada/" in [found.text for found in addresses]
    kinds = reply.prop(f"{D}resourcetype")
    assert kinds is not None
    assert f"{D}principal" in {kind.tag for kind in kinds}
    name = reply.prop(f"{D}displayname")
    assert name is not None
    assert name.text == ADA.title


def test_the_root_lists_only_ones_own_principal(ada: Device) -> None:
    assert ada.propfind("/", f"{D}resourcetype", depth="1").hrefs == ["/dav/", "/dav/ada/"]


def test_a_calendar_says_what_it_can_do(ada: Device) -> None:
    names = ("supported-calendar-component-set", "supported-calendar-data", "max-instances", "supported-collation-set")
    reply = ada.propfind("/ada/bread/", *(C + name for name in names), f"{D}supported-report-set", f"{CS}getctag", f"{D}sync-token")
    components = reply.prop(f"{C}supported-calendar-component-set")
    assert components is not None
    assert {comp.get("name") for comp in components} == {"VEVENT", "VTODO", "VJOURNAL"}
    reports = reply.prop(f"{D}supported-report-set")
    assert reports is not None
    named = {found.tag for found in reports.iterfind(f"{D}supported-report/{D}report/*")}
    assert {f"{D}sync-collection", f"{C}calendar-query", f"{C}calendar-multiget", f"{C}free-busy-query"} <= named
    assert reply.xml.find(f".//{D}propstat[{D}status='HTTP/1.1 404 Not Found']") is None


def test_every_report_that_is_announced_is_answered(ada: Device) -> None:
    bodies = {
        f"{D}sync-collection": "<D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop>",
        f"{C}calendar-multiget": "<D:prop><D:getetag/></D:prop><D:href>/dav/ada/bread/e.ics</D:href>",
        f"{C}calendar-query": '<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter>',
        f"{C}free-busy-query": '<C:time-range start="20261201T000000Z" end="20261202T000000Z"/>',
        f"{D}expand-property": '<D:property name="owner"><D:property name="displayname"/></D:property>',
        f"{D}principal-search-property-set": "",
        f"{D}principal-property-search": "<D:property-search><D:prop><D:displayname/></D:prop><D:match>a</D:match></D:property-search>",
    }
    for path in ("/", "/ada/", "/ada/bread/"):
        reports = ada.propfind(path, f"{D}supported-report-set").prop(f"{D}supported-report-set")
        assert reports is not None
        for found in reports.iterfind(f"{D}supported-report/{D}report/*"):
            prefix, name = ("C" if found.tag.startswith(C) else "D"), found.tag.partition("}")[2]
            spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
            reply = ada("REPORT", path, f"<{prefix}:{name} {spaces}>{bodies[found.tag]}</{prefix}:{name}>")
            assert reply.status in {200, 207}, (path, name)


def test_privileges_are_those_of_the_role(ada: Device, ben: Device, cleo: Device) -> None:
    def granted(device: Device, path: str = "/ada/bread/") -> set[str]:
        found = device.propfind(path, f"{D}current-user-privilege-set").prop(f"{D}current-user-privilege-set")
        assert found is not None
        return {privilege.tag.partition("}")[2] for privilege in found.iterfind(f"{D}privilege/*")}

    assert {"write", "write-properties", "write-content", "bind", "unbind", "read"} <= granted(ada)
    assert {"write-content", "bind", "unbind", "read"} <= granted(ben)
    assert granted(ben).isdisjoint({"write", "write-properties", "all"})
    assert granted(cleo) == {"read", "read-free-busy", "read-current-user-privilege-set"}
    assert "bind" in granted(ada, "/ada/")
    assert "bind" not in granted(ben, "/ada/")


def test_depth_1_lists_members_with_what_clients_ask_for(ada: Device) -> None:
    etag = ada("PUT", "/ada/bread/e.ics", event()).etag
    ada("PUT", "/ada/bread/s.ics", slot())
    names = ("getetag", "getcontenttype", "resourcetype", "getlastmodified", "getcontentlength", "displayname")
    reply = ada.propfind("/ada/bread/", *(D + name for name in names), depth="1")
    assert reply.hrefs == ["/dav/ada/bread/", "/dav/ada/bread/e.ics", "/dav/ada/bread/s.ics"]
    found = {name: reply.prop(D + name, "/dav/ada/bread/e.ics") for name in names}
    assert found["displayname"] is None
    assert found["getetag"] is not None
    assert found["getetag"].text == etag
    assert found["getcontenttype"] is not None
    assert found["getcontenttype"].text == "text/calendar;charset=utf-8;component=VEVENT"
    assert found["getcontentlength"] is not None
    assert found["getcontentlength"].text == str(len(event().encode()))
    shown = reply.prop(f"{D}getcontentlength", "/dav/ada/bread/s.ics")
    assert shown is not None
    assert int(shown.text or 0) == len(ada("GET", "/ada/bread/s.ics").octets)
    assert ada("GET", "/ada/bread/e.ics").headers["Last-Modified"] == (
        found["getlastmodified"].text if found["getlastmodified"] is not None else ""
    )


def test_a_member_is_asked_alone_as_it_is_in_a_listing(ada: Device) -> None:
    ada("PUT", "/ada/bread/e.ics", event())
    names = (f"{D}getetag", f"{D}resourcetype", f"{D}owner", f"{D}current-user-privilege-set", "{urn:x}unknown")
    alone = ada.propfind("/ada/bread/e.ics", *names)
    listed = ada.propfind("/ada/bread/", *names, depth="1")
    one, other = alone.of("/dav/ada/bread/e.ics"), listed.of("/dav/ada/bread/e.ics")
    assert [found.tag for found in one.iter()] == [found.tag for found in other.iter()]


def test_propname_and_allprop_know_dead_properties_and_an_include(ada: Device) -> None:
    ada.proppatch("/ada/bread/", '<x:mood xmlns:x="urn:x">sunny</x:mood>')
    body = '<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>'
    named = ada("PROPFIND", "/ada/bread/", body, Depth="1")
    assert named.prop("{urn:x}mood") is not None
    assert named.prop(f"{C}max-resource-size") is not None
    everything = ada("PROPFIND", "/ada/bread/", "", Depth="0")
    mood = everything.prop("{urn:x}mood")
    assert mood is not None
    assert mood.text == "sunny"
    assert everything.prop(f"{C}max-resource-size") is None
    include = '<D:propfind xmlns:D="DAV:"><D:allprop/><D:include><D:owner/></D:include></D:propfind>'
    assert ada("PROPFIND", "/ada/bread/", include, Depth="0").prop(f"{D}owner") is not None


@pytest.mark.parametrize(("depth", "status"), [("infinity", 403), ("2", 400), ("-1", 400), ("one", 400), ("0,1", 400), (" 1 ", 207)])
def test_depths_other_than_0_and_1_are_declined(ada: Device, depth: str, status: int) -> None:
    reply = ada("PROPFIND", "/ada/bread/", "", Depth=depth)
    assert reply.status == status
    if status == 403:
        assert reply.condition == f"{D}propfind-finite-depth"


def test_options_claim_what_is_there_and_no_more(ada: Device) -> None:
    reply = ada("OPTIONS", "/ada/bread/")
    assert reply.status == 200
    assert {"PROPFIND", "REPORT", "MKCALENDAR", "PUT", "DELETE", "MOVE"} <= set(reply.headers["Allow"].split(", "))
    claimed = {token.strip() for token in reply.headers["DAV"].split(",")}
    assert {"1", "calendar-access", "extended-mkcol"} <= claimed
    assert claimed.isdisjoint({"2", "addressbook", "calendar-auto-schedule"})
    assert ada("LOCK", "/ada/bread/e.ics").status == 405
    assert "PUT" in ada("POST", "/ada/bread/").headers["Allow"]


def test_colour_order_and_time_zone_default_sensibly(ada: Device) -> None:
    reply = ada.propfind("/ada/bread/", f"{ICAL}calendar-order", f"{ICAL}calendar-color", f"{C}schedule-calendar-transp")
    order = reply.prop(f"{ICAL}calendar-order")
    assert order is not None
    assert order.text == "0"
    assert reply.prop(f"{ICAL}calendar-color") is None
