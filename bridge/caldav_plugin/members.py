"""The properties of calendar object resources, written straight from rows."""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from bridge.caldav_plugin.wire import caldav, dav, element, escaped, status
from bridge.core.calendars import Resource

CALENDAR_DATA = caldav("calendar-data")
Getter = Callable[[Any], str]


@lru_cache(maxsize=4096)
def http_date(moment: int) -> str:
    """An HTTP date (RFC 9110 section 5.6.7) of epoch seconds."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(moment))


def _octets(row: Any) -> str:
    return str(len(row.text.encode()) if isinstance(row, Resource) else row.octets)


@lru_cache(maxsize=16)
def content_type(component: str) -> str:
    """The media type of a resource with its component (RFC 4791 section 4.1 allows one kind in each)."""
    return f"text/calendar;charset=utf-8;component={component}"


FROM_CHANGE: dict[str, Getter] = {
    dav("getetag"): lambda row: row.etag,
    dav("getcontenttype"): lambda row: content_type(row.component),
}
FROM_ROW: dict[str, Getter] = {
    **FROM_CHANGE,
    dav("getlastmodified"): lambda row: http_date(row.changed_at),
    dav("getcontentlength"): _octets,
}
STANDARD = (dav("getetag"), dav("getcontenttype"), dav("getcontentlength"), dav("getlastmodified"), dav("resourcetype"))


def writer(calendar: str, wanted: Sequence[str], fixed: dict[str, str], data: Callable[[Any], str] | None = None) -> Callable[[Any], str]:
    """A function from a row to its ``<D:response>``.

    ``calendar`` is the address the members are below, unquoted; ``wanted`` Clark names; ``fixed`` the inner XML of
    properties that are the same for all; ``data`` gives the text for calendar-data.
    """
    getters: list[Getter] = [lambda row: quote(row.name)]
    found, missing = "", ""
    moving = dict(FROM_ROW)
    if data is not None:
        moving[CALENDAR_DATA] = lambda row: escaped(data(row))
    for name in dict.fromkeys(wanted):
        if name in moving:
            found += element(name, "\0")
            getters.append(moving[name])
        elif name in fixed:
            found += element(name, fixed[name])
        else:
            missing += element(name)
    return _formatter(quote(calendar), found, missing, getters)


def naming(calendar: str, names: Sequence[str]) -> Callable[[Any], str]:
    """Like ``writer``, for a request that asks which properties there are, not for their values."""
    return _formatter(quote(calendar), "".join(map(element, names)), "", [lambda row: quote(row.name)])


def _formatter(calendar: str, found: str, missing: str, getters: list[Getter]) -> Callable[[Any], str]:
    body = f"<D:propstat><D:prop>{found}</D:prop>{status(200)}</D:propstat>" if found else ""
    body += f"<D:propstat><D:prop>{missing}</D:prop>{status(404)}</D:propstat>" if missing else ""
    template = f"<D:response><D:href>{calendar}\0</D:href>{body or status(200)}</D:response>"
    template = template.replace("%", "%%").replace("\0", "%s")
    if len(getters) == 2:
        second = getters[1]
        return lambda row: template % (quote(row.name), second(row))
    return lambda row: template % tuple([getter(row) for getter in getters])
