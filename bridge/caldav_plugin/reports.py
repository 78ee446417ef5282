"""REPORT (RFC 3253 section 3.6): which one is asked, and multiget, calendar-query and free-busy-query themselves."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from bridge.caldav_plugin import principals
from bridge.caldav_plugin.query import answer_query, free_busy
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request, multi
from bridge.caldav_plugin.shaping import check_media_type, member_writer
from bridge.caldav_plugin.sync import sync_collection
from bridge.caldav_plugin.wire import caldav, dav, gone, href
from bridge.core.drops import Drop
from bridge.core.ports import Views

OnCalendar = Callable[[Request, Views, Drop, ET.Element], Answer]


def report(request: Request) -> Answer:
    """Answers a report, or refuses with ``supported-report`` what is none at this address."""
    request.allow("Rr", "read")
    root = request.xml()
    if root is None:
        raise DavError(400, "", "A REPORT says in its body which one it is.")
    with request.bridge.read() as views:
        if root.tag in principals.REPORTS:
            return principals.REPORTS[root.tag](request, views, root)
        verbs = ON_CALENDAR if len(request.parts) == 2 else ON_MEMBER if len(request.parts) == 3 else {}
        if root.tag in verbs:
            return verbs[root.tag](request, views, request.drop(views), root)
    raise DavError(403, "<D:supported-report/>", "There is no such report at this address.")


def _multiget(request: Request, views: Views, drop: Drop, root: ET.Element) -> Answer:
    check_media_type(root)
    asked = [_name(request, drop, element.text or "") for element in root.iterfind(dav("href"))]
    names = list(dict.fromkeys(name for _, name in asked if name is not None))
    rows = {row.name: row for row in views.resources_named(drop.id, names, request.visit.audience)}
    write = member_writer(request, drop, root)
    return multi(_found(asked, rows, write))


def _found(asked: list[tuple[str, str | None]], rows: dict[str, Any], write: Callable[[Any], str]) -> Iterator[str]:
    for path, name in dict.fromkeys(asked):
        row = rows.get(name or "")
        yield write(row) if row is not None else gone(href("", path))


def _name(request: Request, drop: Drop, address: str) -> tuple[str, str | None]:
    """The path of an address, and its name in the calendar; None when it is not in there."""
    try:
        path = unquote(urlsplit(address.strip()).path)
    except ValueError:
        return address.strip(), None
    calendar = f"{request.prefix}/{drop.path}/"
    name = path.removeprefix(calendar)
    return path, name if path.startswith(calendar) and name and not {"/", "\0"} & set(name) else None


def _query(request: Request, views: Views, drop: Drop, root: ET.Element) -> Answer:
    check_media_type(root)
    texts: dict[str, str] = {}
    write = member_writer(request, drop, root, lambda row: texts.pop(row.name))
    parts = []
    audience, limits, only = request.visit.audience, request.bridge.settings.caldav, next(iter(request.parts[2:]), None)
    for resource, text in answer_query(views, drop, audience, root, limits=limits, only=only):
        texts[resource.name] = text if text is not None else resource.text
        parts.append(write(resource))
    return multi(parts)


def _free_busy(request: Request, views: Views, drop: Drop, root: ET.Element) -> Answer:
    text = free_busy(views, drop, request.visit.audience, root)
    return Answer(200, {"Content-Type": "text/calendar; charset=utf-8"}, text.encode())


ON_CALENDAR: dict[str, OnCalendar] = {
    dav("sync-collection"): sync_collection,
    caldav("calendar-multiget"): _multiget,
    caldav("calendar-query"): _query,
    caldav("free-busy-query"): _free_busy,
}
ON_MEMBER: dict[str, OnCalendar] = {caldav("calendar-query"): _query}
