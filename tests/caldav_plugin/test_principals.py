"""Searches for principals find oneself, and expand-property follows addresses."""

import pytest

from tests.caldav_plugin.device import C, D, Device

SPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'


def search(match: str, prop: str = "D:displayname", extra: str = "") -> str:
    """The body of a principal-property-search."""
    wanted = f"<D:property-search><D:prop><{prop}/></D:prop><D:match>{match}</D:match></D:property-search>"
    return f"<D:principal-property-search {SPACES} {extra}>{wanted}<D:prop><D:displayname/></D:prop></D:principal-property-search>"


@pytest.mark.parametrize(
    ("match", "prop", "found"),
    [
        ("BAKERY", "D:displayname", True),
        ("ada", "C:calendar-user-address-set", True),
        ("Olives", "D:displayname", False),
        ("Dee", "D:displayname", False),
        ("Ada", "D:owner", False),
    ],
)
def test_a_search_finds_oneself_and_nobody_else(ada: Device, match: str, prop: str, found: bool) -> None:
    for path in ("/", "/ada/"):
        reply = ada("REPORT", path, search(match, prop), Depth="0")
        assert reply.hrefs == (["/dav/ada/"] if found else [])


def test_two_conditions_are_all_or_any(ada: Device) -> None:
    second = "<D:property-search><D:prop><D:displayname/></D:prop><D:match>nobody</D:match></D:property-search>"
    both = search("bakery").replace(
        "<D:prop><D:displayname/></D:prop></D:principal", second + "<D:prop><D:displayname/></D:prop></D:principal"
    )
    assert ada("REPORT", "/", both).hrefs == []
    assert ada("REPORT", "/", both.replace("search xmlns", 'search test="anyof" xmlns', 1)).hrefs == ["/dav/ada/"]


def test_the_public_mount_has_no_principals_to_find(public: Device) -> None:
    assert public("REPORT", "/", search("Ada")).hrefs == []


def test_what_can_be_searched_is_told(ada: Device) -> None:
    reply = ada("REPORT", "/", f"<D:principal-search-property-set {SPACES}/>")
    assert {found.tag for found in reply.xml.iterfind(f"{D}principal-search-property/{D}prop/*")} == {
        f"{D}displayname",
        f"{C}calendar-user-address-set",
    }


def test_expand_property_puts_what_is_at_an_address_in_its_place(ada: Device) -> None:
    inner = '<D:property name="displayname"/><D:property name="nothing"/>'
    nested = f'<D:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav">{inner}</D:property>'
    body = f'<D:expand-property {SPACES}><D:property name="current-user-principal">{nested}</D:property></D:expand-property>'
    reply = ada("REPORT", "/ada/bread/", body)
    path = f"{D}response/{D}propstat/{D}prop/{D}current-user-principal/{D}response/{D}propstat/{D}prop/{C}calendar-home-set"
    home = reply.xml.find(path)
    assert home is not None
    assert home.findtext(f"{D}response/{D}href") == "/dav/ada/"
    assert home.findtext(f"{D}response/{D}propstat/{D}prop/{D}displayname") == "Ada's Bakery"


@pytest.mark.parametrize("name", ["", "a b", "<x", "1x"])
def test_expand_property_wants_names(ada: Device, name: str) -> None:
    quoted = name.replace("<", "&lt;")
    body = f'<D:expand-property {SPACES}><D:property name="{quoted}"/></D:expand-property>'
    assert ada("REPORT", "/ada/", body).status == 400
