"""PUT: the organizer's own octets, an ETag only when they are what is stored, and clear answers for anything else."""

import pytest

from tests.caldav_plugin.device import C, Device, event, slot

ODD_BUT_FINE = event(
    "odd",
    "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
    'ATTENDEE;CN="Cleo; B";PARTSTAT=ACCEPTED:mailto:cleo@example.org',
    "CATEGORIES:a,b",
    "DESCRIPTION:no settings here; just\\, text",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "TRIGGER:-PT15M",
    "DESCRIPTION:ping",
    "END:VALARM",
)


@pytest.mark.parametrize("text", [ODD_BUT_FINE, ODD_BUT_FINE.replace("\r\n", "\n"), event("u", "SUMMARY;LANGUAGE=de:Brötchen 🥐 <&>")])
def test_a_plain_event_comes_back_octet_for_octet_with_an_etag(ada: Device, text: str) -> None:
    reply = ada("PUT", "/ada/bread/e.ics", text, Content_Type="text/calendar; charset=utf-8")
    assert reply.status == 201
    got = ada("GET", "/ada/bread/e.ics")
    assert got.octets == text.encode()
    assert got.etag == reply.etag
    data = ada.multiget("/ada/bread/", "/dav/ada/bread/e.ics").prop(f"{C}calendar-data")
    assert data is not None
    assert data.text == text


def test_a_slot_is_answered_without_an_etag_since_the_stored_text_differs(ada: Device) -> None:
    reply = ada("PUT", "/ada/bread/s.ics", slot())
    assert (reply.status, reply.etag) == (201, None)
    got = ada("GET", "/ada/bread/s.ics")
    assert "24 of 24 places left" in got.text
    back = ada("PUT", "/ada/bread/s.ics", got.text)
    assert back.status == 204


def test_sending_back_what_was_read_is_no_edit(ada: Device) -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    got = ada("GET", "/ada/bread/s.ics")
    token = ada.sync("/ada/bread/").token
    ada("PUT", "/ada/bread/s.ics", got.text)
    assert ada.sync("/ada/bread/", token).hrefs == []
    assert ada("GET", "/ada/bread/s.ics").etag == got.etag


def test_a_body_in_another_charset_is_kept_as_text_and_gets_no_etag(ada: Device) -> None:
    text = event("latin", "LOCATION:Bäckerei")
    reply = ada("PUT", "/ada/bread/l.ics", text.encode("iso-8859-1"), Content_Type="text/calendar; charset=ISO-8859-1")
    assert (reply.status, reply.etag) == (201, None)
    assert ada("GET", "/ada/bread/l.ics").text == text


@pytest.mark.parametrize("fold", [b"\r\n ", b"\n\t"])
@pytest.mark.parametrize("word", ["caf\u00e9", "3 \u20ac", "\U0001f950"])
@pytest.mark.parametrize("charset", ["", "; charset=UTF8"])
def test_a_line_folded_inside_a_character_is_read_and_kept_without_that_fold(ada: Device, fold: bytes, word: str, charset: str) -> None:
    text = event("cafe", f"LOCATION:{word}", "COMMENT:folded\r\n  between words")
    octets = text.encode()
    character = word[-1].encode()
    for cut in range(1, len(character)):
        torn = octets.replace(character, character[:cut] + fold + character[cut:])
        reply = ada("PUT", f"/ada/bread/{cut}.ics", torn.replace(b"UID:cafe", b"UID:%d" % cut), Content_Type="text/calendar" + charset)
        assert (reply.status, reply.etag) == (201, None)
        assert ada("GET", f"/ada/bread/{cut}.ics").text == text.replace("UID:cafe", f"UID:{cut}")
    everywhere = fold.join(bytes([octet]) for octet in character)
    assert ada("PUT", "/ada/bread/all.ics", octets.replace(character, everywhere)).status == 201
    assert ada("GET", "/ada/bread/all.ics").text == text


@pytest.mark.parametrize(
    "octets", [b"caf\xe9", b"caf\xc3\r\n", b"caf\xc3\r\n  \xa9", b"\xa9\r\n \xc3", b"\xc3\xa9\r\n \xa9", b"\xed\xa0\r\n \x80"]
)
def test_what_is_no_utf_8_without_its_folds_either_stays_refused(ada: Device, octets: bytes) -> None:
    reply = ada("PUT", "/ada/bread/e.ics", event("cafe", "LOCATION:here").encode().replace(b"here", octets))
    assert (reply.status, reply.condition, reply.sentence) == (403, f"{C}valid-calendar-data", "The text is not utf-8, as it should be.")


@pytest.mark.parametrize("kind", ["text/calendar", "text/calendar; charset=utf-8; component=VEVENT", "application/octet-stream", None])
def test_what_simple_clients_call_a_calendar_is_taken(ada: Device, kind: str | None) -> None:
    headers = {"Content_Type": kind} if kind else {}
    assert ada("PUT", "/ada/bread/e.ics", event(), **headers).status == 201


@pytest.mark.parametrize(
    ("kind", "body", "status", "condition"),
    [
        ("application/calendar+json", b"[]", 415, "supported-calendar-data"),
        ("text/vcard", b"BEGIN:VCARD", 415, "supported-calendar-data"),
        ("text/calendar; charset=utf-8", b"\xff\xfe\xfa", 403, "valid-calendar-data"),
        ("text/calendar; charset=klingon", event().encode(), 403, "valid-calendar-data"),
        ("text/calendar; charset=idna", b"\xff" * 300, 403, "valid-calendar-data"),
    ],
)
def test_what_is_no_calendar_text_is_refused(ada: Device, kind: str, body: bytes, status: int, condition: str) -> None:
    reply = ada("PUT", "/ada/bread/e.ics", body, Content_Type=kind)
    assert (reply.status, reply.condition) == (status, C + condition)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ada/bread/", 405),
        ("/ada/", 403),
        ("/", 403),
        ("/ada/nowhere/e.ics", 409),
        ("/ada/bread/sub/e.ics", 409),
        ("/ada/bread/" + "x" * 256, 403),
    ],
)
def test_only_an_address_inside_a_calendar_takes_an_event(ada: Device, path: str, status: int) -> None:
    reply = ada("PUT", path, event())
    assert reply.status == status
    assert reply.sentence


def test_an_event_may_be_sent_in_chunks_without_a_length(ada: Device) -> None:
    reply = ada("PUT", "/ada/bread/e.ics", event(), environ={"CONTENT_LENGTH": None}, Transfer_Encoding="chunked")
    assert reply.status == 201
    assert ada("GET", "/ada/bread/e.ics").text == event()


def test_a_charset_that_nobody_knows_is_named_and_utf_8_asked_for(ada: Device) -> None:
    reply = ada("PUT", "/ada/bread/e.ics", event(), Content_Type="text/calendar; charset=klingon")
    assert reply.sentence == "Nobody knows the charset “klingon”. Send the text as utf-8."


def test_half_a_surrogate_pair_is_no_text_in_any_charset(ada: Device) -> None:
    sent = event("half", "LOCATION:\\ud83d")
    reply = ada("PUT", "/ada/bread/e.ics", sent, Content_Type="text/calendar; charset=raw_unicode_escape")
    assert (reply.status, reply.condition) == (403, f"{C}valid-calendar-data")
