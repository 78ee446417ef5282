"""GET and HEAD: an event as it is stored, or a whole calendar as one stream."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

from bridge.caldav_plugin.members import content_type, http_date
from bridge.caldav_plugin.preconditions import check_if_match, none_match
from bridge.caldav_plugin.properties import etag
from bridge.caldav_plugin.request import Answer, Request
from bridge.caldav_plugin.wire import zipped
from bridge.core.calendars import Resource
from bridge.core.drops import Drop
from bridge.core.errors import NotFound

_PART = re.compile(r"^BEGIN:(VTIMEZONE|VEVENT|VTODO|VJOURNAL)\r?\n.*?^END:\1\r?\n?", re.DOTALL | re.MULTILINE | re.IGNORECASE)
_TZID = re.compile(r"^TZID[^:\r\n]*:(.*?)\r?$", re.MULTILINE | re.IGNORECASE)
CHUNK = 200
WELCOME = "This address is for calendar apps: enter it there as a CalDAV account, with your sign-in.\n"


def get(request: Request) -> Answer:
    """One event, a calendar as text/calendar, or 304 when the entity tag given is the present one."""
    request.allow("Rr", "read")
    if len(request.parts) < 2:
        return Answer(200, {"Content-Type": "text/plain; charset=utf-8"}, WELCOME.encode())
    if len(request.parts) == 2:
        return _calendar(request)
    organizer, slug, *name = request.parts
    with request.bridge.read() as views:
        found = views.resource_at(organizer, slug, name[0], request.visit.audience) if len(name) == 1 else None
    if found is None:
        raise NotFound("There is no such event.")
    return _event(request, found)


def _event(request: Request, found: Resource) -> Answer:
    check_if_match(request.header("If-Match"), found.edit)
    headers = {"ETag": found.etag, "Last-Modified": http_date(found.changed_at)}
    if not none_match(request.header("If-None-Match"), found.etag):
        return Answer(304, headers)
    headers["Content-Type"] = content_type(found.component)
    return Answer(200, headers, found.text.encode())


def _calendar(request: Request) -> Answer:
    with ExitStack() as held:
        views = held.enter_context(request.bridge.apart())
        drop = request.drop(views)
        headers = {"ETag": etag(drop)}
        if not none_match(request.header("If-None-Match"), etag(drop)):
            return Answer(304, headers)
        headers["Content-Type"] = "text/calendar; charset=utf-8"
        headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(drop.slug, safe='')}.ics"
        if request.environ["REQUEST_METHOD"] != "HEAD":
            request.visit.stream = Stream(_octets(drop, views.resources(drop.id, request.visit.audience)), held.pop_all())
    return Answer(200, headers)


class Stream:
    """A body that is read from the store while it is sent; ``close`` (PEP 3333) gives the snapshot back."""

    def __init__(self, chunks: Iterator[bytes], held: ExitStack) -> None:
        self._chunks, self._held = chunks, held

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def zipped(self) -> "Stream":
        """The same body with the content encoding gzip."""
        return Stream(zipped(self._chunks), self._held)

    def close(self) -> None:
        """Ends the snapshot."""
        self._held.close()


def _octets(drop: Drop, resources: Iterator[Resource]) -> Iterator[bytes]:
    yield f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//dropbridge//EN\r\n{_named(drop)}".encode()
    zones: set[str] = set()
    pending: list[str] = []
    for resource in resources:
        pending += _components(resource.text, zones)
        if len(pending) >= CHUNK:
            yield "".join(pending).encode()
            pending = []
    yield "".join([*pending, "END:VCALENDAR\r\n"]).encode()


def _components(text: str, zones: set[str]) -> Iterator[str]:
    for part in _PART.finditer(text):
        if part[1].upper() == "VTIMEZONE":
            named = _TZID.search(part[0])
            zone = named[1] if named else ""
            if zone in zones:
                continue
            zones.add(zone)
        yield part[0] if part[0].endswith("\n") else part[0] + "\r\n"


def _named(drop: Drop) -> str:
    title = (drop.title or drop.slug).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    line = f"X-WR-CALNAME:{' '.join(title.split())}"
    return _folded(line) + f"X-WR-TIMEZONE:{drop.timezone}\r\n"


def _folded(line: str) -> str:
    lines, rest = [], line
    while len(rest.encode()) > 74:
        cut = 74
        while len(rest[:cut].encode()) > 74:
            cut -= 1
        lines.append(rest[:cut])
        rest = " " + rest[cut:]
    return "\r\n".join([*lines, rest]) + "\r\n"
