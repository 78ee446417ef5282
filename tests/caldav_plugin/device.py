"""A calendar app reduced to its requests, in the same process as the server."""

import base64
import io
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

from bridge.caldav_plugin.application import Application
from tests.cast import Person

D = "{DAV:}"
C = "{urn:ietf:params:xml:ns:caldav}"
CS = "{http://calendarserver.org/ns/}"
ICAL = "{http://apple.com/ns/ical/}"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    octets: bytes

    @property
    def text(self) -> str:
        """The body, line ends as they were sent."""
        return self.octets.decode()

    @property
    def xml(self) -> ET.Element:
        """The body as XML."""
        return ET.fromstring(self.octets)

    @property
    def etag(self) -> str | None:
        """The entity tag, with its quotes."""
        return self.headers.get("ETag")

    @property
    def hrefs(self) -> list[str]:
        """The addresses of a multistatus, in order."""
        return [found.text or "" for found in self.xml.iterfind(f"{D}response/{D}href")]

    @property
    def token(self) -> str:
        """The sync token of a multistatus."""
        return self.xml.findtext(f"{D}sync-token") or ""

    def of(self, href: str) -> ET.Element:
        """The response for an address."""
        return next(found for found in self.xml.iterfind(f"{D}response") if found.findtext(f"{D}href") == href)

    def prop(self, name: str, href: str | None = None) -> ET.Element | None:
        """A property that was found, of the first response or of the one for ``href``."""
        response = self.of(href) if href else self.xml.find(f"{D}response")
        assert response is not None
        for propstat in response.iterfind(f"{D}propstat"):
            if " 200 " in (propstat.findtext(f"{D}status") or ""):
                return propstat.find(f"{D}prop/{name}")
        return None

    @property
    def condition(self) -> str:
        """The precondition element of a refusal, as a Clark name."""
        return self.xml[0].tag

    @property
    def sentence(self) -> str:
        """What a refusal tells a person."""
        return self.xml.findtext(f"{D}responsedescription") or ""


@dataclass(frozen=True)
class Device:
    """One device of one person (None: of nobody), at a mount."""

    app: Application
    who: Person | None
    mount: str = "/dav"

    def __call__(self, method: str, path: str, body: str | bytes = b"", /, environ: dict[str, Any] | None = None, **headers: str) -> Reply:
        """Sends a request; ``If_Match="…"`` is a header, ``environ`` what a server adds or gets wrong."""
        octets = body.encode() if isinstance(body, str) else body
        asked: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": self.mount,
            "PATH_INFO": path.encode().decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost:8000",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(octets)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(octets),
            "wsgi.errors": sys.stderr,
        }
        if self.who is not None:
            asked["HTTP_AUTHORIZATION"] = basic(self.who.name, self.who.password)
        for name, value in headers.items():
            key = name.upper()
            asked[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        asked |= environ or {}
        return self._sent({name: value for name, value in asked.items() if value is not None})

    def _sent(self, environ: dict[str, Any]) -> Reply:
        told: list[Any] = []
        body = self.app(environ, lambda status, headers: told.extend([status, headers]))
        octets = b"".join(body)
        close = getattr(body, "close", None)
        if close is not None:
            close()
        return Reply(int(told[0][:3]), dict(told[1]), octets)

    def propfind(self, path: str, *names: str, depth: str = "0") -> Reply:
        """PROPFIND of some properties by Clark name; of all without any."""
        wanted = "".join(f'<x:{name.partition("}")[2]} xmlns:x="{name[1:].partition("}")[0]}"/>' for name in names)
        body = f'<D:propfind xmlns:D="DAV:"><D:prop>{wanted}</D:prop></D:propfind>' if names else ""
        return self("PROPFIND", path, body, Depth=depth)

    def sync(self, path: str, token: str = "", limit: int | None = None, props: str = "<D:getetag/>") -> Reply:
        """sync-collection since a token."""
        limited = f"<D:limit><D:nresults>{limit}</D:nresults></D:limit>" if limit is not None else ""
        body = f"<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>{limited}<D:prop>{props}</D:prop>"
        spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
        return self("REPORT", path, f"<D:sync-collection {spaces}>{body}</D:sync-collection>")

    def multiget(self, path: str, *hrefs: str) -> Reply:
        """calendar-multiget with data."""
        listed = "".join(f"<D:href>{href}</D:href>" for href in hrefs)
        props = "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
        spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
        return self("REPORT", path, f"<C:calendar-multiget {spaces}>{props}{listed}</C:calendar-multiget>")

    def proppatch(self, path: str, set_: str = "", remove: str = "") -> Reply:
        """PROPPATCH with property elements as XML."""
        spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/"'
        sets = f"<D:set><D:prop>{set_}</D:prop></D:set>" if set_ else ""
        removes = f"<D:remove><D:prop>{remove}</D:prop></D:remove>" if remove else ""
        return self("PROPPATCH", path, f"<D:propertyupdate {spaces}>{sets}{removes}</D:propertyupdate>")


def basic(name: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def event(uid: str = "loaf", *lines: str, start: str = "20261205T090000Z", end: str = "20261205T100000Z") -> str:
    """An event of an hour; ``lines`` are further properties."""
    own = "".join(f"{line}\r\n" for line in lines)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20261201T080000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:Loaves\r\n{own}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def slot(uid: str = "slot", places: int = 24, *lines: str, start: str = "20261205T090000Z", end: str = "20261205T100000Z") -> str:
    """An event with places."""
    return event(uid, f"DESCRIPTION:Fresh bread\\nPlaces: {places}", *lines, start=start, end=end)
