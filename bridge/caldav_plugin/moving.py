"""MOVE of an event (RFC 4918 section 9.9), within a calendar or into another of the same organizer."""

import re
from urllib.parse import SplitResult, unquote, urlsplit

from bridge.caldav_plugin.preconditions import check_if_match
from bridge.caldav_plugin.put import locked
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request
from bridge.caldav_plugin.wire import caldav, element, href
from bridge.core.errors import NotFound, StaleEdit, UidConflict
from bridge.flows.edit import move_event

DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._~-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_NO_ADDRESS = "The Destination is not an address. It begins with / or with http:// or https:// and a host."


def move(request: Request) -> Answer:
    """201 when the destination is new, 204 when something was replaced."""
    if len(request.parts) != 3:
        raise DavError(403, "", "Only events can be moved.")
    request.allow("w", "unbind")
    target = destination(request)
    request.allow("w", "bind", target)
    if len(target) != 3 or len(target[2]) > 255:
        raise DavError(403, "<C:calendar-collection-location-ok/>", "An event is moved to a name inside a calendar.")
    bridge = request.bridge
    with bridge.work() as work:
        drop, into = locked(work, request.parts, target)
        there = work.views.resource(drop.id, request.parts[2], "organizer")
        if there is None:
            raise NotFound("There is no such event.")
        check_if_match(request.header("If-Match"), there.edit)
        if (request.header("Overwrite") or "T").strip().upper() == "F" and work.member(into.id, target[2]).is_live:
            raise StaleEdit("There is an event of this name already.")
        try:
            created = move_event(
                work, drop, request.parts[2], into, target[2], bridge.house, now=bridge.now(), actor=request.visit.organizer
            )
        except UidConflict as conflict:  # What is named is in the calendar that it was to move to.
            other = href(request.prefix, f"/{into.path}/{conflict.name}")
            raise DavError(409, element(caldav("no-uid-conflict"), other), conflict.sentence) from None
    return Answer(201 if created else 204)


def destination(request: Request) -> tuple[str, ...]:
    """The names in the Destination header.

    Raises ``DavError``: 400 when it is missing or no address, 502 for another server (RFC 4918 section 9.9.4), 403 for what is
    not below the mount.
    """
    address, path = _address(request.header("Destination"))
    if address.netloc and (address.hostname, address.port or DEFAULT_PORTS[address.scheme]) not in _own_hosts(request):
        raise DavError(502, "", "An event cannot be moved to another server.")
    names = tuple(name for name in path.split("/") if name)
    mount = tuple(name for name in request.prefix.split("/") if name)
    if not names or names[: len(mount)] != mount or {".", ".."} & set(names):
        raise DavError(403 if names else 400, "", "The Destination is not an address of this calendar server.")
    return names[len(mount) :]


def _address(said: str | None) -> tuple[SplitResult, str]:
    """A Destination (RFC 4918 section 10.3), and its path decoded."""
    if not said:  # granian hands over nothing of a header that has other octets than those of ASCII.
        raise DavError(400, "", "Say where to in a Destination header; letters beyond ASCII are percent-encoded there.")
    try:
        address = urlsplit(said.encode("latin-1").decode())  # WSGI hands octets over as Latin-1 (PEP 3333).
        path = unquote(address.path, errors="strict")
        host = address.hostname or "" if address.port != 0 else ""
    except ValueError:
        raise DavError(400, "", _NO_ADDRESS) from None
    is_whole = address.scheme in DEFAULT_PORTS and _HOST.fullmatch(host)
    if "\0" in path or not (is_whole or address.scheme == address.netloc == ""):
        raise DavError(400, "", _NO_ADDRESS)
    return address, path


def _own_hosts(request: Request) -> set[tuple[str | None, int | None]]:
    environ = request.environ
    scheme = environ.get("wsgi.url_scheme", "http")
    hosts: set[tuple[str | None, int | None]] = set()
    for address in (f"{scheme}://{environ.get('HTTP_HOST') or environ.get('SERVER_NAME', '')}", request.bridge.settings.base_url):
        parts = urlsplit(address)
        hosts |= {(parts.hostname, parts.port or port) for port in ([parts.port] if parts.port else DEFAULT_PORTS.values())}
    return hosts
