"""Multistatus answers as text: no element tree stands between a row and the wire."""

import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from http import client
from itertools import islice
from urllib.parse import quote

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
CALSERVER = "http://calendarserver.org/ns/"
APPLE = "http://apple.com/ns/ical/"
OURS = "urn:dropbridge:refusal"
PREFIXES = {DAV: "D", CALDAV: "C", CALSERVER: "CS", APPLE: "ICAL", OURS: "B"}
DECLARED = "".join(f' xmlns:{prefix}="{namespace}"' for namespace, prefix in PREFIXES.items())
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
AT_ONCE = 500
CONTENT_TYPE = "text/xml; charset=utf-8"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def dav(name: str) -> str:
    """The Clark name of a WebDAV element."""
    return f"{{{DAV}}}{name}"


def caldav(name: str) -> str:
    """The Clark name of a CalDAV element."""
    return f"{{{CALDAV}}}{name}"


def escaped(text: str) -> str:
    """``text`` as character data. CR is written as a reference, since XML would turn CRLF into LF (XML 1.0 section 2.11).

    A character that XML cannot carry at all becomes U+FFFD.
    """
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return _NOT_XML.sub("\ufffd", text)


@lru_cache(maxsize=1024)
def _tag(clark: str) -> tuple[str, str]:
    namespace, _, name = clark[1:].partition("}") if clark.startswith("{") else ("", "", clark)
    if namespace in PREFIXES:
        return f"{PREFIXES[namespace]}:{name}", ""
    if not namespace:
        return name, ""
    declared = escaped(namespace).replace('"', "&quot;")
    return f"X:{name}", f' xmlns:X="{declared}"'


def element(clark: str, inner: str = "") -> str:
    """An element around XML that is already escaped."""
    name, declared = _tag(clark)
    return f"<{name}{declared}>{inner}</{name}>" if inner else f"<{name}{declared}/>"


def href(prefix: str, path: str) -> str:
    """``<D:href>`` of a path below the mount ``prefix``."""
    return f"<D:href>{quote(prefix + path)}</D:href>"


@lru_cache(maxsize=64)
def status(code: int) -> str:
    """``<D:status>`` of a status code."""
    return f"<D:status>HTTP/1.1 {code} {client.responses[code]}</D:status>"


def propstat(code: int, properties: str) -> str:
    """``<D:propstat>`` of property elements; nothing when there are none."""
    return f"<D:propstat><D:prop>{properties}</D:prop>{status(code)}</D:propstat>" if properties else ""


def response(where: str, found: str, missing: str = "") -> str:
    """A ``<D:response>`` of properties that were found and that are not there; ``where`` is a ``<D:href>``."""
    body = propstat(200, found) + propstat(404, missing)
    return f"<D:response>{where}{body or status(200)}</D:response>"


def gone(where: str) -> str:
    """A ``<D:response>`` for what does not exist (any more)."""
    return f"<D:response>{where}{status(404)}</D:response>"


class Chunks(list[bytes]):
    """A body in parts. What is large is sent so: the web server takes a copy of each part, not of the whole."""

    @property
    def length(self) -> int:
        """Its octets."""
        return sum(map(len, self))

    def zipped(self) -> Iterator[bytes]:
        """The same body with the content encoding gzip."""
        return zipped(self)


def zipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Octets with the content encoding gzip, as they come."""
    packer = zlib.compressobj(1, wbits=31)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def multistatus(parts: Iterable[str], tail: str = "") -> Chunks:
    """The body of a 207; ``tail`` follows the responses (a sync token)."""
    waiting = iter(parts)
    body = Chunks([f"{DECLARATION}<D:multistatus{DECLARED}>".encode()])
    # Some at a time: a hundred thousand parts as so many strings take three times the memory of the body.
    while some := list(islice(waiting, AT_ONCE)):
        body.append("".join(some).encode())
    body.append(f"{tail}</D:multistatus>".encode())
    return body


def error(condition: str, sentence: str = "") -> bytes:
    """The body of a refusal: a precondition element (RFC 4918 section 16) and a sentence for a person."""
    said = f"<D:responsedescription>{escaped(sentence)}</D:responsedescription>" if sentence else ""
    return f"{DECLARATION}<D:error{DECLARED}>{condition}{said}</D:error>".encode()
