"""Whatever is sent, the answer is of the 400s and nothing changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.caldav_plugin.device import C, D, Device, event

BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><D:propfind xmlns:D="DAV:"><D:prop>&x;</D:prop></D:propfind>'
UNREADABLE = "The charset in which the body says it is written cannot be read. Send it as utf-8."
METHODS = ["PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "body",
    [
        "<",
        "plain text",
        BOMB,
        OUTSIDE,
        "<a/><b/>",
        "<a xmlns:x=''/>",
        "\x00",
        "<?xml version='1.0' encoding='klingon'?><a/>",
        b"\xff\xff",
        "<a>" * 2000,
    ],
)
def test_what_is_no_plain_xml_is_a_bad_request(ada: Device, method: str, body: str | bytes) -> None:
    reply = ada(method, "/ada/cake/" if method.startswith("MK") else "/ada/bread/", body)
    assert reply.status == 400
    assert reply.sentence
    assert ada("GET", "/ada/cake/").status == 404


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        ("<a>\n<b>\n</a>", "", "The body is not well-formed XML: mismatched tag, line 3, column 3."),
        ("<", "", "The body is not well-formed XML: unclosed token, line 1, column 1."),
        (b"<a>\xff</a>", "", "The body is not well-formed XML: not well-formed (invalid token), line 1, column 4."),
        (BOMB, "", "The body declares entities, which are not taken here. Write out what they stand for."),
        (OUTSIDE, "", "The body declares entities, which are not taken here. Write out what they stand for."),
        ("<?xml version='1.0' encoding='klingon'?><a/>", "", UNREADABLE),
        ("<?xml version='1.0' encoding='shift_jis'?><a/>", "", UNREADABLE),
        ("<a/>", "text/xml; charset=klingon", "Nobody knows the charset “klingon”. Send the text as utf-8."),
        (b"<a>\xff</a>", "text/xml; charset=utf-8", "The body is not utf-8, as its Content-Type says."),
        ("<a>\\ud800</a>", "text/xml; charset=raw_unicode_escape", "The body is not raw_unicode_escape, as its Content-Type says."),
    ],
)
def test_why_a_body_is_no_xml_is_said_in_words(ada: Device, body: str | bytes, kind: str, sentence: str) -> None:
    reply = ada("PROPFIND", "/ada/bread/", body, Depth="0", Content_Type=kind)
    assert (reply.status, reply.sentence) == (400, sentence)


@pytest.mark.parametrize("method", METHODS)
def test_xml_of_another_kind_is_refused(ada: Device, method: str) -> None:
    assert ada(method, "/ada/cake/" if method.startswith("MK") else "/ada/bread/", "<a/>").status in {400, 403, 415}


def test_xml_in_another_charset_is_read_by_its_name(ada: Device) -> None:
    body = '<?xml version="1.0" encoding="utf-16"?><D:propfind xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:propfind>'
    assert ada("PROPFIND", "/ada/bread/", body.encode("utf-16"), Depth="0").status == 207
    plain = '<D:propfind xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:propfind>'
    assert ada("PROPFIND", "/ada/bread/", plain.encode("utf-16"), Depth="0", Content_Type="text/xml; charset=UTF-16").status == 207
    assert ada("PROPFIND", "/ada/bread/", plain, Depth="0", Content_Type='text/xml; charset="klingon"').status == 400


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": "-1"}, 400),
        ({"CONTENT_LENGTH": "ten"}, 400),
        ({"CONTENT_LENGTH": "1e3"}, 400),
        ({"CONTENT_LENGTH": "\u0661"}, 400),
        ({"CONTENT_LENGTH": "9" * 30}, 400),
        ({"CONTENT_LENGTH": "99999999999"}, 413),
        ({"CONTENT_LENGTH": "5000"}, 400),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415),
        ({"HTTP_CONTENT_RANGE": "bytes 0-1/2"}, 400),
    ],
)
def test_bodies_that_cannot_be_read_are_declined(ada: Device, environ: dict[str, str], status: int) -> None:
    assert ada("PUT", "/ada/bread/e.ics", event(), environ=environ).status == status
    assert ada("GET", "/ada/bread/e.ics").status == 404


@pytest.mark.parametrize("path", ["/ada/bread/\x00.ics", "/ada/bread/\ud800.ics", "/ada/bread/\xff.ics"])
def test_a_path_that_no_name_can_have_is_a_bad_request(ada: Device, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "PROPFIND", "MKCALENDAR", "REPORT"):
        assert ada(method, "/", event(), environ={"PATH_INFO": path}).status == 400


@pytest.mark.parametrize(
    "name",
    [
        'it\'s: a "name" * ? , ; & = + # %.ics',
        "ü€🥐.ics",
        "..a",
        "a..b",
        " lead",
        "trail ",
        "%2e%2e",
        "a\\b.ics",
        "a\nb\x7f.ics",
        "👩\u200d🍳.ics",
    ],
)
def test_any_printable_name_works_everywhere(ada: Device, name: str) -> None:
    assert ada("PUT", f"/ada/bread/{name}", event()).status == 201
    listed = ada.propfind("/ada/bread/", f"{D}getetag", depth="1").hrefs
    assert len(listed) == 2
    data = ada.multiget("/ada/bread/", listed[1].replace("&", "&amp;")).prop(f"{C}calendar-data")
    assert data is not None
    assert data.text == event()
    assert ada("GET", f"/ada/bread/{name}").text == event()
    assert ada("DELETE", f"/ada/bread/{name}").status == 204


def test_dots_do_not_lead_out_of_ones_home(ada: Device) -> None:
    for path in ("/ada/../dee/olives/", "/ada/bread/../../dee/", "/../dee/"):
        assert ada("GET", path).status == 403


HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Depth",
            "If_Match",
            "If_None_Match",
            "Destination",
            "Overwrite",
            "Content_Type",
            "Accept_Encoding",
            "Prefer",
            "X_Forwarded_Host",
            "Range",
            "If",
        ]
    ),
    st.text(st.characters(max_codepoint=255), max_size=20),
    max_size=4,
)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([event(), event()[:-30], "<D:propfind xmlns:D='DAV:'><D:prop/></D:propfind>", "<D:propfind xmlns:D='DAV:'/>"]).map(
        str.encode
    ),
    st.builds(
        lambda root, inner: f"<{root} xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'>{inner}</{root}>".encode(),
        st.sampled_from(
            [
                "D:propfind",
                "D:sync-collection",
                "C:calendar-query",
                "C:calendar-multiget",
                "D:propertyupdate",
                "C:mkcalendar",
                "D:expand-property",
                "C:free-busy-query",
            ]
        ),
        st.lists(
            st.sampled_from(
                [
                    "<D:prop/>",
                    "<D:set/>",
                    "<D:remove><D:prop><a/></D:prop></D:remove>",
                    "<D:sync-token>x</D:sync-token>",
                    "<D:href/>",
                    "<D:href>http://[</D:href>",
                    "<C:filter/>",
                    "<D:property/>",
                    "<C:time-range/>",
                    "<D:limit><D:nresults>x</D:nresults></D:limit>",
                    "<!-- c -->",
                    "text",
                    "<D:prop><C:calendar-data><C:expand/></C:calendar-data></D:prop>",
                ]
            ),
            max_size=3,
        ).map("".join),
    ),
)


def test_no_request_ever_ends_in_an_internal_error(ada: Device) -> None:
    ada("PUT", "/ada/bread/kept.ics", event("kept"))
    methods = st.sampled_from(
        ["GET", "HEAD", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL", "MOVE", "OPTIONS", "POST", "PATCH", "X"]
    )
    paths = st.one_of(
        st.sampled_from(
            [
                "/",
                "/ada",
                "/ada/",
                "/ada/bread",
                "/ada/bread/",
                "/ada/bread/odd.ics",
                "/ada/x/",
                "//",
                "/dee/",
                "/.well-known/x",
                "/.web",
                "/.sharing/v1",
                "/.token/x",
            ]
        ),
        st.text(max_size=12).map(lambda text: "/ada/bread/" + text),
    )

    @settings(max_examples=300)
    @given(methods, paths, BODIES, HEADERS)
    def ask(method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        if method == "DELETE" and path.rstrip("/") == "/ada/bread":
            return
        try:
            path.encode()
        except UnicodeEncodeError:
            return
        assert ada(method, path, body, **headers).status not in {500, 501, 503}
        assert ada("GET", "/ada/bread/kept.ics").status == 200

    ask()
