"""PROPFIND (RFC 4918 section 9.1): a collection's properties from its table, its members' straight from rows."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Literal

from bridge.caldav_plugin import members
from bridge.caldav_plugin.properties import ALLPROP, Place, of_members
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request, multi
from bridge.caldav_plugin.wire import dav, element, href, response
from bridge.core.drops import Drop
from bridge.core.errors import NotFound
from bridge.core.ports import Views

Mode = Literal["prop", "allprop", "propname"]


class Asked:
    """The properties that a request names. ``names`` are Clark names, in order and once each."""

    def __init__(self, root: ET.Element | None) -> None:
        self.mode: Mode = "allprop"
        self.names: list[str] = []
        if root is None:
            return
        if root.tag != dav("propfind"):
            raise DavError(400, "", "A PROPFIND carries a DAV:propfind element.")
        self.names = [child.tag for child in root.iterfind(f"{dav('prop')}/*")]
        self.names += [child.tag for child in root.iterfind(f"{dav('include')}/*")]
        if root.find(dav("prop")) is not None:
            self.mode = "prop"
        elif root.find(dav("propname")) is not None:
            self.mode = "propname"
        elif root.find(dav("allprop")) is None:
            raise DavError(400, "", "A DAV:propfind asks for prop, allprop or propname.")


def propfind(request: Request) -> Answer:
    """Lists what the path names and, with depth 1, what is in it."""
    request.allow("Rr", "read")
    depth = request.header("Depth") or "0"
    if depth.strip().lower() == "infinity":
        raise DavError(403, "<D:propfind-finite-depth/>", "Ask with Depth 0 or 1.")
    if depth.strip() not in ("0", "1"):
        raise DavError(400, "", "Depth is 0, 1 or infinity.")
    asked = Asked(request.xml())
    with request.bridge.read() as views:
        return multi(_responses(request, views, asked, depth.strip() == "1"))


def _responses(request: Request, views: Views, asked: Asked, deep: bool) -> Iterator[str]:
    if len(request.parts) > 2:
        yield _member(request, views, asked)
        return
    if len(request.parts) == 2:
        yield from _calendar(request, views, request.drop(views), asked, deep)
        return
    place = place_of(request, views, request.parts)
    yield collection(place, asked)
    for inner in _inside(place, views) if deep else ():
        yield collection(inner, asked)


def place_of(request: Request, views: Views, parts: tuple[str, ...]) -> Place:
    """The collection of a path of up to two names. Raises ``NotFound``, also for what is not the asker's to see."""
    if len(parts) == 2:
        return Place(request, drop=request.drop(views, parts))
    if not parts:
        return Place(request)
    organizer = views.organizer(parts[0])
    if organizer is None or (request.visit.audience == "public" and not views.drops(parts[0], public=True)):
        raise NotFound("There is no such address.")
    return Place(request, organizer)


def _inside(place: Place, views: Views) -> Iterator[Place]:
    request = place.request
    public = request.visit.audience == "public"
    if place.organizer is not None:
        for drop in views.drops(place.organizer.name, public=public):
            yield Place(request, drop=drop)
        return
    seen = {drop.organizer for drop in views.drops(public=True)} if public else {request.visit.organizer}
    for name in sorted(seen):
        organizer = views.organizer(name)
        if organizer is not None:
            yield Place(request, organizer)


def collection(place: Place, asked: Asked) -> str:
    """The ``<D:response>`` of a collection."""
    where = href(place.request.prefix, place.path)
    dead = place.drop.properties if place.drop else {}
    if asked.mode == "propname":
        live = [name for name in place.table if place.value(name) is not None]
        return response(where, "".join(element(name) for name in dict.fromkeys([*live, *dead])))
    names = asked.names
    if asked.mode == "allprop":
        names = [name for name in ALLPROP if place.value(name) is not None] + list(dead) + names
    found, missing = "", ""
    for name in dict.fromkeys(names):
        value = place.value(name)
        if value is not None:
            found += element(name, value)
        elif name in dead:
            found += dead[name]
        else:
            missing += element(name)
    return response(where, found, missing)


def _calendar(request: Request, views: Views, drop: Drop, asked: Asked, deep: bool) -> Iterator[str]:
    yield collection(Place(request, drop=drop), asked)
    if deep:
        write = _writer(request, drop, asked)
        yield from map(write, views.listing(drop.id, request.visit.audience))


def _writer(request: Request, drop: Drop, asked: Asked) -> "members.Getter":
    calendar = f"{request.prefix}/{drop.path}/"
    fixed = of_members(request, drop)
    if asked.mode == "propname":
        return members.naming(calendar, [*members.FROM_ROW, *fixed])
    wanted = asked.names if asked.mode == "prop" else [*members.STANDARD, *asked.names]
    return members.writer(calendar, wanted, fixed)


def _member(request: Request, views: Views, asked: Asked) -> str:
    drop = request.drop(views)
    found = views.resource(drop.id, request.parts[2], request.visit.audience) if len(request.parts) == 3 else None
    if found is None:
        raise NotFound("There is no such event.")
    return _writer(request, drop, asked)(found)

