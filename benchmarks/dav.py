"""The CalDAV requests that clients send, and how to read what comes back."""

import re
from collections.abc import Iterable
from datetime import datetime

from benchmarks.wire import Answer, Request

_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACES = b'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'
_RESPONSE = re.compile(rb"<(?:\w+:)?response[ >]")
_TOKEN = re.compile(rb"<(?:\w+:)?sync-token[^>]*>([^<]+)<")
_MEMBER = re.compile(rb"<(?:\w+:)?href[^>]*>([^<]+\.ics)</")

_POLL = b"<prop><CS:getctag/><sync-token/></prop>"
_ETAGS = b"<prop><getcontenttype/><getetag/></prop>"
_DATA = b"<prop><getetag/><C:calendar-data/></prop>"


class Unexpected(Exception):
    """A server gave a wrong answer: its figures would mean nothing."""


def poll(path: str, authorization: str) -> Request:
    """PROPFIND depth 0 for getctag and sync-token: what every client asks every few minutes."""
    return _dav("PROPFIND", path, authorization, b"propfind", _POLL, "0")


def listing(path: str, authorization: str) -> Request:
    """PROPFIND depth 1 with the ETags of all members."""
    return _dav("PROPFIND", path, authorization, b"propfind", _ETAGS, "1")


def sync(path: str, authorization: str, token: str = "") -> Request:
    """The sync-collection REPORT (RFC 6578) from ``token``; initial when there is none."""
    inside = b"<sync-token>" + token.encode() + b"</sync-token><sync-level>1</sync-level><prop><getetag/></prop>"
    return _dav("REPORT", path, authorization, b"sync-collection", inside, "1")


def between(path: str, authorization: str, begins: datetime, ends: datetime) -> Request:
    """The calendar-query REPORT for the events of a time range, with their text."""
    span = f'<C:time-range start="{begins:%Y%m%dT%H%M%SZ}" end="{ends:%Y%m%dT%H%M%SZ}"/>'.encode()
    events = b'<C:comp-filter name="VEVENT">' + span + b"</C:comp-filter>"
    inside = _DATA + b'<C:filter><C:comp-filter name="VCALENDAR">' + events + b"</C:comp-filter></C:filter>"
    return _dav("REPORT", path, authorization, b"C:calendar-query", inside, "1")


def multiget(path: str, authorization: str, hrefs: Iterable[str]) -> Request:
    """The calendar-multiget REPORT for the members named."""
    named = b"".join(b"<href>" + href.encode() + b"</href>" for href in hrefs)
    return _dav("REPORT", path, authorization, b"C:calendar-multiget", _DATA + named, "1")


def put(path: str, authorization: str, body: bytes, **headers: str) -> Request:
    """A PUT of one event; ``headers`` are further ones, ``_`` for ``-``."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("PUT", path, {"Authorization": authorization, "Content-Type": "text/calendar; charset=utf-8", **extra}, body)


def get(path: str, authorization: str = "", **headers: str) -> Request:
    """A GET."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", path, {**({"Authorization": authorization} if authorization else {}), **extra})


def responses(answer: Answer) -> int:
    """How many members a multistatus tells of."""
    return len(_RESPONSE.findall(answer.body))


def token_of(answer: Answer) -> str:
    """The sync token in an answer. Raises ``Unexpected`` without one."""
    found = _TOKEN.search(answer.body)
    if found is None:
        raise Unexpected(f"no sync token in {answer.status} {answer.body[:300]!r}")
    return found[1].decode()


def members(answer: Answer) -> list[str]:
    """The hrefs of the events in a multistatus."""
    return [href.decode() for href in _MEMBER.findall(answer.body)]


def expect(answer: Answer, *statuses: int, count: int | None = None, holds: bytes = b"") -> Answer:
    """The answer itself, when it has one of the statuses, so many members, and those octets; else ``Unexpected``."""
    seen = responses(answer) if count is not None else None
    if answer.status not in statuses or seen != count or holds not in answer.body:
        wanted = f"{' or '.join(map(str, statuses))} with {count} members and {holds!r}"
        raise Unexpected(f"wanted {wanted}, got {answer.status} with {seen}: {answer.body[:500]!r}")
    return answer


def _dav(method: str, path: str, authorization: str, root: bytes, inside: bytes, depth: str) -> Request:
    body = _HEAD + b"<" + root + b" " + _NAMESPACES + b">" + inside + b"</" + root + b">"
    headers = {"Authorization": authorization, "Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
    return Request(method, path, headers, body)
