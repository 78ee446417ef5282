"""What is written as text reads back as the same XML."""

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from bridge.caldav_plugin import wire

CARRIED = st.characters(blacklist_categories=["Cs"]).filter(lambda c: c in "\t\n\r" or (ord(c) >= 32 and c not in "\ufffe\uffff"))


@given(st.text(CARRIED))
def test_text_survives_xml_octet_for_octet(text: str) -> None:
    assert (ET.fromstring(f"<a>{wire.escaped(text)}</a>").text or "") == text


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_any_text_makes_well_formed_xml(text: str) -> None:
    ET.fromstring(f"<a>{wire.escaped(text)}</a>")


@given(st.sampled_from(["DAV:", "urn:x", 'a"b&c<d', ""]), st.sampled_from(["displayname", "x-y.z", "ü"]))
def test_an_element_keeps_its_name_whatever_its_namespace(namespace: str, name: str) -> None:
    clark = f"{{{namespace}}}{name}" if namespace else name
    read = ET.fromstring(b"".join(wire.multistatus([wire.response("", wire.element(clark))])))
    assert [found.tag for found in read.iterfind(".//{DAV:}prop/*")] == [clark]


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1))
def test_an_address_is_ascii_and_reads_back(name: str) -> None:
    from urllib.parse import unquote

    address = ET.fromstring(wire.href("", "/" + name).replace("D:", "")).text or ""
    assert address.isascii()
    assert unquote(address) == "/" + name


def test_an_error_carries_its_condition_and_its_sentence() -> None:
    read = ET.fromstring(wire.error("<C:no-uid-conflict/>", "Five < six & seven"))
    assert read[0].tag == "{urn:ietf:params:xml:ns:caldav}no-uid-conflict"
    assert read.findtext("{DAV:}responsedescription") == "Five < six & seven"
