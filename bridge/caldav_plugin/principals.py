"""Reports about principals: a search that finds nobody but oneself (RFC 3744 section 9), and expand-property (RFC 3253 section 3.8)."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from html import unescape
from urllib.parse import unquote

from bridge.caldav_plugin.listing import place_of
from bridge.caldav_plugin.properties import Place
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request, multi
from bridge.caldav_plugin.wire import CONTENT_TYPE, DECLARATION, DECLARED, caldav, dav, element, gone, href, response
from bridge.core.errors import NotFound
from bridge.core.ports import Views

DEEPEST = 3
SEARCHABLE = {dav("displayname"): "Name", caldav("calendar-user-address-set"): "Address"}
_PARTS = {dav("prop"), dav("property-search"), dav("apply-to-principal-collection-set")}
_HREF = re.compile(r"<D:href>([^<]*)</D:href>")
_MARKUP = re.compile(r"<[^>]*>")


def search(request: Request, views: Views, root: ET.Element) -> Answer:
    """principal-property-search: the asker's own principal, when it matches or nothing is searched for."""
    if not request.visit.organizer:
        return multi([])
    place = place_of(request, views, (request.visit.organizer,))
    matches = any if root.get("test") == "anyof" else all
    searches = root.findall(dav("property-search"))
    if searches and not matches(_matches(place, one) for one in searches):
        return multi([])
    wanted = [prop.tag for prop in root.iterfind(f"{dav('prop')}/*")]
    # python-caldav 3 writes the names beside DAV:prop instead of into it.
    beside = [child.tag for child in root if child.tag not in _PARTS]
    return multi([_response(place, wanted + beside)])


def _matches(place: Place, search: ET.Element) -> bool:
    sought = (search.findtext(dav("match")) or "").casefold()
    names = [prop.tag for prop in search.iterfind(f"{dav('prop')}/*")]
    return bool(names) and all(name in SEARCHABLE and sought in _plain(place, name).casefold() for name in names)


def _plain(place: Place, name: str) -> str:
    return unquote(unescape(_MARKUP.sub(" ", place.value(name) or "")))


def searchable(_request: Request, _views: Views, _root: ET.Element) -> Answer:
    """principal-search-property-set: what can be searched for."""
    parts = "".join(
        f'<D:principal-search-property><D:prop>{element(name)}</D:prop>'
        f'<D:description xml:lang="en">{text}</D:description></D:principal-search-property>'
        for name, text in SEARCHABLE.items()
    )
    body = f"{DECLARATION}<D:principal-search-property-set{DECLARED}>{parts}</D:principal-search-property-set>"
    return Answer(200, {"Content-Type": CONTENT_TYPE}, body.encode())


def expand(request: Request, views: Views, root: ET.Element) -> Answer:
    """expand-property: properties, with what their addresses point to in place of the addresses."""
    if len(request.parts) > 2:
        raise DavError(403, "<D:supported-report/>", "There is no such report at this address.")
    return multi([_expanded(place_of(request, views, request.parts), views, root, DEEPEST)])


def _expanded(place: Place, views: Views, wanted: ET.Element, depth: int) -> str:
    found, missing = "", ""
    for prop in wanted.iterfind(dav("property")):
        name = f"{{{prop.get('namespace', 'DAV:')}}}{prop.get('name', '')}"
        if not re.fullmatch(r"[A-Za-z_][\w.-]*", prop.get("name", "")):
            raise DavError(400, "", "A property has a name.")
        value = place.value(name)
        if value is None:
            missing += element(name)
            continue
        if len(prop) and depth:
            value = _HREF.sub(lambda at, prop=prop: _followed(place.request, views, at[1], prop, depth - 1), value)  # type: ignore[misc]
        found += element(name, value)
    return response(href(place.request.prefix, place.path), found, missing)


def _followed(request: Request, views: Views, address: str, wanted: ET.Element, depth: int) -> str:
    path = unquote(address)
    parts = tuple(part for part in path.removeprefix(request.prefix).split("/") if part)
    if not path.startswith(request.prefix + "/") or len(parts) > 2:
        return f"<D:href>{address}</D:href>"
    try:
        return _expanded(place_of(request, views, parts), views, wanted, depth)
    except NotFound:
        return gone(f"<D:href>{address}</D:href>")


def _response(place: Place, names: Iterable[str]) -> str:
    found, missing = "", ""
    for name in dict.fromkeys(names):
        value = place.value(name)
        found += element(name, value) if value is not None else ""
        missing += element(name) if value is None else ""
    return response(href(place.request.prefix, place.path), found, missing)


REPORTS: dict[str, Callable[[Request, Views, ET.Element], Answer]] = {
    dav("principal-property-search"): search,
    dav("principal-search-property-set"): searchable,
    dav("expand-property"): expand,
}
