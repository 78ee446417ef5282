"""Requests as calendar apps send them, and the pieces that spoil them."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.caldav_plugin import shelf
from tests.caldav_plugin.device import event, slot

SPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"'
)
TIMES = 'start="20261201T000000Z" end="20270101T000000Z"'


@dataclass(frozen=True)
class Sent:
    """One request. ``path`` is as WSGI has it: octets as Latin-1, below the mount."""

    method: str
    path: str
    body: bytes = b""
    environ: dict[str, Any] = field(default_factory=dict)


def xml(root: str, content: str) -> bytes:
    """A body of WebDAV."""
    return f'<?xml version="1.0" encoding="utf-8"?><{root} {SPACES}>{content}</{root}>'.encode()


def _filtered(filters: str, data: str = "<C:calendar-data/>") -> bytes:
    top = f'<C:filter><C:comp-filter name="VCALENDAR">{filters}</C:comp-filter></C:filter>'
    return xml("C:calendar-query", f"<D:prop><D:getetag/>{data}</D:prop>{top}")


def _update(content: str) -> bytes:
    return xml("D:propertyupdate", f"<D:set><D:prop>{content}</D:prop></D:set><D:remove><D:prop><A:calendar-order/></D:prop></D:remove>")


CALENDARS = [
    event("loaf", "RRULE:FREQ=WEEKLY;COUNT=9", "EXDATE:20261212T090000Z", "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC"),
    event("loaf", 'ATTENDEE;CN="Ben, who helps";PARTSTAT=ACCEPTED:mailto:ben@bakery.example', "ATTACH;VALUE=URI:https://x/y.png"),
    slot("slot", 24, "RRULE:FREQ=DAILY;UNTIL=20261224T090000Z", "COLOR:tomato", "GEO:52.5;13.4"),
    slot("slot", 12, "STATUS:CANCELLED", 'DESCRIPTION;ALTREP="data:text/html,%3Cb%3EPlaces%3A%2024%3C%2Fb%3E":Places: 24'),
    shelf.event(
        "DTSTART;TZID=Europe/Berlin:20261205T100000",
        "DURATION:PT1H",
        "SUMMARY:Loaf",
        "DESCRIPTION:Places: 24\\nSells: LOAF x20 @ 12.50\\, BUN\\nPreorder: 2 Dec 2026 09:00 - 4 Dec 2026 18:00\\nLimit: 2 per customer",
        zone=shelf.BERLIN,
        inside="BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n",
    ),
    *shelf.WEEK.values(),
]
CALENDARS = [re.sub(r"UID:.*?\r\n", f"UID:member {number}\r\n", text) for number, text in enumerate(CALENDARS)]
REPORTS = [
    _filtered(f'<C:comp-filter name="VEVENT"><C:time-range {TIMES}/></C:comp-filter>'),
    _filtered(f'<C:comp-filter name="VTODO"><C:comp-filter name="VALARM"><C:time-range {TIMES}/></C:comp-filter></C:comp-filter>'),
    _filtered(
        '<C:comp-filter name="VEVENT"><C:prop-filter name="ATTENDEE"><C:text-match collation="i;octet" negate-condition="yes">x'
        '</C:text-match><C:param-filter name="CN"><C:is-not-defined/></C:param-filter></C:prop-filter></C:comp-filter>'
    ),
    _filtered("", f"<C:calendar-data><C:expand {TIMES}/></C:calendar-data>"),
    _filtered("", f"<C:calendar-data><C:limit-recurrence-set {TIMES}/><C:limit-freebusy-set {TIMES}/></C:calendar-data>"),
    _filtered(
        "",
        '<C:calendar-data><C:comp name="VCALENDAR"><C:comp name="VEVENT">'
        '<C:prop name="UID" novalue="yes"/></C:comp></C:comp></C:calendar-data>',
    ),
    xml("C:calendar-multiget", "<D:prop><D:getetag/><C:calendar-data/></D:prop><D:href>/dav/ada/bread/0.ics</D:href><D:href>/x</D:href>"),
    xml("C:free-busy-query", f"<C:time-range {TIMES}/>"),
    xml(
        "D:sync-collection",
        "<D:sync-token/><D:sync-level>1</D:sync-level><D:limit><D:nresults>2</D:nresults></D:limit><D:prop><D:getetag/></D:prop>",
    ),
    xml("D:sync-collection", "<D:sync-token/><D:sync-level>1</D:sync-level><D:limit><D:nresults>9</D:nresults></D:limit><D:allprop/>"),
    xml("D:expand-property", '<D:property name="current-user-principal"><D:property name="displayname"/></D:property>'),
    xml("D:principal-property-search", "<D:property-search><D:prop><D:displayname/></D:prop><D:match>ada</D:match></D:property-search>"),
]
FINDS = [
    b"",
    xml("D:propfind", "<D:allprop/>"),
    xml("D:propfind", "<D:propname/>"),
    xml(
        "D:propfind",
        "<D:prop><D:resourcetype/><D:sync-token/><CS:getctag/><C:supported-calendar-component-set/><A:calendar-color/></D:prop>",
    ),
]
PATCHES = [
    _update(
        "<D:displayname>Buns</D:displayname><A:calendar-color>#ff0000ff</A:calendar-color>"
        "<C:calendar-description>Places: 3</C:calendar-description>"
    ),
    _update("<D:resourcetype/><D:getetag>x</D:getetag>"),
    _update('<x:anything xmlns:x="urn:x"><x:deep y="z">text</x:deep></x:anything><A:calendar-order>3</A:calendar-order>'),
    _update(f"<C:calendar-timezone>BEGIN:VCALENDAR\r\n{shelf.BERLIN}END:VCALENDAR</C:calendar-timezone>"),
]
MAKINGS = [
    b"",
    xml(
        "C:mkcalendar",
        "<D:set><D:prop><D:displayname>New</D:displayname><C:supported-calendar-component-set>"
        '<C:comp name="VEVENT"/></C:supported-calendar-component-set></D:prop></D:set>',
    ),
    xml("D:mkcol", "<D:set><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype></D:prop></D:set>"),
]
MEMBERS = [f"/ada/bread/{number}.ics" for number in range(len(CALENDARS))]
_DAV = "prop href allprop set displayname resourcetype sync-token limit"
_CALDAV = "filter comp-filter prop-filter param-filter text-match time-range is-not-defined calendar-data comp prop expand timezone"
VOCABULARY = ["odd", "{urn:x}odd", *(f"{{DAV:}}{name}" for name in _DAV.split())]
VOCABULARY += [f"{{urn:ietf:params:xml:ns:caldav}}{name}" for name in _CALDAV.split()]
VALUES = ["", "x", "-1", "VEVENT", "VCALENDAR", "vtodo", "é", "yes"]
VALUES += ["20261201T000000Z", "20271201T000000Z", "99991231T235959Z", "00000000T000000Z"]
PLACES = ["/", "/ada/", "/ada/bread/", "/dee/", "/dee/olives/", *MEMBERS[:3]]
ODD_PATHS = [
    "", "//", "/ada", "/ada/bread", "/ada/bread//0.ics", "/ada/bread/../bread/0.ics", "/ada/bread/./", "/ada/bread/%2e%2e/", "/../../etc",
    "/ada/bread/a\x00b.ics", "/ada/bread/\xff\xfe.ics", "/ada/bread/caf\xc3\xa9.ics", "/ada/bread/: ' \" * ? ,.ics", "/ada/b\xc3\xb6rek/",
    "/ada/bread/" + "x" * 3000, "/ada/" + "d" * 300 + "/", "/ada/bread/a\r\nX: y.ics", "/ada/bread/0.ics/", "/ada/bread/0.ics/deeper", "*",
    "/davinci/x/", "/.well-known/caldav", "/ada/bread/.Radicale.props", "/ada/bread/;a=b", "/ada/bread/#x", "/ada/bread/~",
    "/ada/bread/\xed\xa0\x80.ics",
]  # fmt: skip
HEADERS: dict[str, list[str]] = {
    "HTTP_DEPTH": ["0", "1", "infinity", "-1", "2", "", "1,noroot", "\xff"],
    "HTTP_IF_MATCH": ["*", '"1.1"', 'W/"1.1"', '"1.1", "2.2"', "1.1", '"', "", '"99999999999999999999.1"', "é"],
    "HTTP_IF_NONE_MATCH": ["*", '"1.1"', 'W/"x"', "", ",,,", '"' * 50],
    "CONTENT_TYPE": [
        "text/calendar; charset=utf-8",
        "text/calendar; charset=latin-1",
        "text/calendar; charset=nonsense",
        "text/calendar; charset=",
        "application/xml; charset=utf-16",
        "",
        "text/calendar;charset=\xff",
        "multipart/form-data; boundary=x",
        "application/xml; charset=rot13",
    ],
    "CONTENT_LENGTH": ["", "0", "-1", "abc", "7", "99999999999999999999", "1e3", " 10 ", "\xb2"],
    "HTTP_DESTINATION": [
        "/dav/ada/bread/moved.ics",
        "http://localhost:8000/dav/ada/bread/1.ics",
        "http://elsewhere/dav/ada/bread/x.ics",
        "",
        "//",
        "http://[",
        "http://localhost:8000/dav/dee/olives/x.ics",
        "/dav/ada/bread/",
        "\xff",
        "http://localhost:99999999/dav/ada/x",
    ],
    "HTTP_OVERWRITE": ["T", "F", "x"],
    "HTTP_PREFER": ["return=minimal", "return=representation", "depth-noroot", ";;;", "="],
    "HTTP_ACCEPT": ["text/calendar;version=3.0", "*/*;q=x", "", "\xff/\xfe"],
    "HTTP_ACCEPT_ENCODING": ["identity", "gzip;q=0", "gzip;q=x", ";", "\xff"],
    "HTTP_CONTENT_ENCODING": ["gzip", "deflate", "x"],
    "HTTP_AUTHORIZATION": ["", "Basic", "Basic !!!", "Basic YQ==", "Basic /////w==", "Bearer x", "Basic " + "A" * 5000, "Digest x=y"],
    "HTTP_HOST": ["", "x", "[::1", "localhost:8000, evil", "\xff"],
    "HTTP_X_FORWARDED_HOST": ["evil.example", "", "a,b", "\xff"],
    "HTTP_X_FORWARDED_PROTO": ["https", "javascript", ""],
    "HTTP_X_FORWARDED_PORT": ["443", "x", "-1"],
    "HTTP_X_SCRIPT_NAME": ["/dav", "/", "x", "/da"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "HTTP_RANGE": ["bytes=0-", "bytes=5-1", "x"],
    "HTTP_USER_AGENT": ["iOS/18.0 (22A3354) dataaccessd/1.0", "", "\xff", "Mozilla/5.0"],
    "HTTP_SCHEDULE_REPLY": ["F", "x"],
    "HTTP_COOKIE": ["a=b; =; ;;", "\xff"],
    "QUERY_STRING": ["a=b", "%ff", "export", "%", "sharing=1"],
    "REMOTE_ADDR": ["", "x", "::1", "10.0.0.1"],
}
LINES = """\
BEGIN:VCALENDAR
END:VCALENDAR
BEGIN:VEVENT
END:VEVENT
BEGIN:VALARM
BEGIN:VTIMEZONE
UID:member 0
UID:
RRULE:FREQ=SECONDLY
RRULE:FREQ=MINUTELY;COUNT=99999999
RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30
RRULE:FREQ=DAILY;INTERVAL=0
RRULE:FREQ=HOURLY;BYSETPOS=-1;BYMINUTE=1,2,3
RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z
RDATE:20261207T090000Z,x
EXDATE:
RDATE;VALUE=PERIOD:20261207T090000Z/P9999W
RECURRENCE-ID:20261207T090000Z
RECURRENCE-ID;RANGE=THISANDFUTURE:20261212T090000Z
DTSTART:99991231T235959Z
DTSTART:00010101T000000Z
DTSTART;VALUE=DATE:20261207
DTSTART;TZID=No/Where:20261207T090000
DTSTART;TZID=../../etc/passwd:20261207T090000
DTEND:19000101T000000Z
DURATION:-P1D
DURATION:P99999999999W
DTSTART:
DESCRIPTION:Places: 5
GEO:nan;inf
SEQUENCE:999999999999999999999
TZOFFSETTO:+9999
TRIGGER:P
REPEAT:99999999999
"""
XML = """\
&amp;
&#0;
&#x1;
&#xD800;
&x;
]]>
<![CDATA[
<!--
<?x?>
<!DOCTYPE x [<!ENTITY y 'z'>]>
</
<D:prop>
<C:filter>
name="
name=""
start="x"
xmlns:D='x'
<D:href>//[</D:href>
<D:href/>
<D:limit><D:nresults>-5</D:nresults></D:limit>
<D:sync-token>http://x/9</D:sync-token>
<D:sync-token>data:,999999999999999999999999</D:sync-token>
"""
OCTETS = ["00", "ff", "eda080", "efbbbf", "0b", "85", "0d", "0a", "0d0a20"]
SIGNS = [
    "\\",
    "\\n",
    '"',
    "'",
    ";",
    ":",
    ",",
    "=",
    "&",
    "<",
    ">",
    "</",
    "/>",
    "-1",
    "0",
    "99999999999999999999",
    "1e999",
    "NaN",
    "2147483648",
    "9223372036854775808",
    "%s",
    "%00",
    "../",
    "{}",
]
NOTES = [
    "Places: 99999999999999999999", "Places: ٢٤", "Sells: x" * 40, "Preorder: ", "Limit: -1", "―― live stock ――", "―― end ――", "Book: https://x",
]  # fmt: skip
PIECES = [*map(bytes.fromhex, OCTETS), *(sign.encode() for sign in SIGNS), *(f"{note}\\n".encode() for note in NOTES)]
TOKENS = [*PIECES, *(f"{line}\r\n".encode() for line in LINES.splitlines()), *(line.encode() for line in XML.splitlines())]


def requests() -> list[Sent]:
    """What every mutation starts from."""
    calendar = {"CONTENT_TYPE": "text/calendar; charset=utf-8"}
    puts = [Sent("PUT", path, text.encode(), calendar) for path, text in zip(MEMBERS, CALENDARS, strict=True)]
    reports = [Sent("REPORT", "/ada/bread/", body, {"HTTP_DEPTH": "1"}) for body in REPORTS]
    finds = [Sent("PROPFIND", path, body, {"HTTP_DEPTH": depth}) for path in PLACES for body in FINDS for depth in "01"]
    patches = [Sent("PROPPATCH", path, body) for path in ("/ada/bread/", "/ada/", MEMBERS[0]) for body in PATCHES]
    makings = [Sent(method, f"/ada/{name}/", body) for method in ("MKCALENDAR", "MKCOL") for name in ("new", "newer") for body in MAKINGS]
    moves = [Sent("MOVE", MEMBERS[0], b"", {"HTTP_DESTINATION": "/dav/ada/bread/moved.ics"})]
    others = [Sent(method, path) for method in ("GET", "HEAD", "OPTIONS", "COPY", "POST", "LOCK", "ACL") for path in PLACES[:7]]
    others += [Sent("DELETE", path) for path in (*MEMBERS, "/ada/new/", "/ada/newer/", "/ada/", "/dee/olives/")]
    return [*puts * 6, *reports * 6, *finds, *patches * 3, *makings * 3, *moves * 6, *others]
