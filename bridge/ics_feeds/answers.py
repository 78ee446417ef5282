"""What feeds and live stock answer alike: entity tags, conditions, compression (RFC 9110 sections 8.8, 12.5.3 and 13)."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Request, Response

PACKED = "-gz"
_YOUNG = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Version:
    """Which state of a thing an answer shows: ``tag`` (without quotes), and when it last changed."""

    tag: str
    changed_at: datetime | None

    def modified(self, now: datetime) -> datetime | None:
        """The Last-Modified to tell.

        It counts whole seconds, so the second that is still running is not told: another change may fall into it.
        """
        if self.changed_at is None:
            return None
        moment = self.changed_at.replace(microsecond=0)
        return moment if now - self.changed_at > _YOUNG else moment - timedelta(seconds=1)


def takes_gzip(request: Request) -> bool:
    """Whether the client asked for compression."""
    return bool(request.accept_encodings["gzip"] > 0)


def is_known(request: Request, version: Version) -> bool:
    """Whether the client holds this version already; If-None-Match goes before If-Modified-Since."""
    known = request.if_none_match
    if "If-None-Match" in request.headers:
        return known.contains_weak(version.tag) or known.contains_weak(version.tag + PACKED)
    since = request.if_modified_since
    return since is not None and version.changed_at is not None and version.changed_at.replace(microsecond=0) <= since


def stamped(response: Response, version: Version, now: datetime, *, max_age: int, packed: bool) -> Response:
    """The response with its validators and caching rules."""
    response.set_etag(version.tag + (PACKED if packed else ""))
    response.last_modified = version.modified(now)
    response.headers["Cache-Control"] = f"public, max-age={max_age}"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if packed and response.status_code == 200:
        response.headers["Content-Encoding"] = "gzip"
    return response


def known(version: Version, now: datetime, *, max_age: int, packed: bool) -> Response:
    """304."""
    return stamped(Response(status=304), version, now, max_age=max_age, packed=packed)


def whole(parts: Iterable[bytes], length: int | None, content_type: str) -> Response:
    """200 with a body given in parts."""
    response = Response(parts, content_type=content_type, direct_passthrough=True)
    if length is not None:
        response.content_length = length
    return response


def packed_body(body: bytes) -> bytes:
    """``body`` as a gzip file that is the same each time."""
    return gzip.compress(body, mtime=0)
