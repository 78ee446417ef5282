"""MKCALENDAR (RFC 4791 section 5.3.1) and extended MKCOL (RFC 5689): a new calendar is a new drop."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from bridge.caldav_plugin.properties import COMPONENTS
from bridge.caldav_plugin.proppatch import COMPONENT_SET, SETTABLE, Wish, outcome, wished
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request
from bridge.caldav_plugin.wire import CONTENT_TYPE, DECLARATION, DECLARED, caldav, dav
from bridge.core.errors import AlreadyExists, NotFound
from bridge.flows.drops import create_drop, usual
from bridge.wording import LANGUAGES

KINDS = {dav("collection"), caldav("calendar")}
NO_FOLDER = "There is nothing at this address that a calendar could be made in. Make it directly in your home; its name has no slash."


def mkcalendar(request: Request) -> Answer:
    """Makes a drop; 201, or nothing is made."""
    root = request.xml()
    if root is not None and root.tag not in (caldav("mkcalendar"), dav("mkcol")):
        raise DavError(400, "", "A MKCALENDAR carries a C:mkcalendar element, or nothing.")
    return _make(request, root, "C:mkcalendar-response")


def mkcol(request: Request) -> Answer:
    """Makes a drop, if the resource type asked for is a calendar; there are no other collections to be made."""
    root = request.xml()
    if root is not None and root.tag != dav("mkcol"):
        raise DavError(415, "", "A MKCOL carries a DAV:mkcol element.")
    kinds = {kind.tag for kind in root.iterfind(f"{dav('set')}/{dav('prop')}/{dav('resourcetype')}/*")} if root is not None else set()
    if kinds != KINDS:
        raise DavError(403, "<D:valid-resourcetype/>", "Only calendars can be made here.")
    return _make(request, root, "D:mkcol-response")


def _make(request: Request, root: ET.Element | None, name: str) -> Answer:
    slug = _slug(request)
    wish = wished(_instructions(root), SETTABLE | {COMPONENT_SET: _components, dav("resourcetype"): _resource_type})
    if wish.faults:
        body = f"{DECLARATION}<{name}{DECLARED}>{outcome(wish)}</{name}>"
        return Answer(403, {"Content-Type": CONTENT_TYPE}, body.encode())
    bridge, actor = request.bridge, request.visit.organizer
    with bridge.work() as work:
        if work.views.drop(actor, slug) is not None:
            raise AlreadyExists("There is a calendar of this name already.")
        organizer = work.views.organizer(actor)
        if organizer is None:
            raise NotFound("There is no such organizer.")
        properties = {key: text for key, text in wish.properties.items() if text is not None}
        described = usual(work.views, organizer, bridge.house, spoken=_spoken(request)) | wish.changes
        create_drop(work, organizer, slug, now=bridge.now(), actor=actor, properties=properties, awaits_slots=True, **described)
    return Answer(201, {"Cache-Control": "no-cache"})


def _spoken(request: Request) -> str:
    """The language of ours that the app would rather read, else empty."""
    accepted = parse_accept_header(request.header("Accept-Language"), LanguageAccept)
    return accepted.best_match(LANGUAGES) or ""


def _slug(request: Request) -> str:
    parts = request.parts
    if len(parts) == 2:
        request.allow("D", "bind", parts)
        return parts[1]
    request.allow("Rr", "read", parts[:1])
    if len(parts) > 2:
        with request.bridge.read() as views:
            if views.drop(*parts[:2]) is None:  # RFC 4791 section 5.3.1
                raise DavError(409, "", NO_FOLDER)
    else:
        raise AlreadyExists("There is a collection at this address already.")
    raise DavError(403, "<C:calendar-collection-location-ok/>", "A calendar cannot be made inside another.")


def _instructions(root: ET.Element | None) -> Iterator[tuple[str, ET.Element | None, ET.Element]]:
    for prop in root.iterfind(f"{dav('set')}/{dav('prop')}/*") if root is not None else ():
        yield prop.tag, prop, prop


def _resource_type(wish: Wish, value: ET.Element | None) -> None:
    if value is not None and {kind.tag for kind in value} != KINDS:
        wish.refuse(dav("resourcetype"), 403, "<D:valid-resourcetype/>", "Only calendars can be made here.")


def _components(wish: Wish, value: ET.Element | None) -> None:
    named = {comp.get("name", "").upper() for comp in value} if value is not None else set()
    known = tuple(name for name in COMPONENTS if name in named)
    if not known:
        wish.refuse(COMPONENT_SET, 403, "<C:supported-calendar-component/>", f"A calendar takes some of {', '.join(COMPONENTS)}.")
    wish.changes["components"] = known
