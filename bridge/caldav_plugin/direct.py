"""GET and HEAD of one event without Radicale: what it finds out on its way to the verb is known, and costs more than the answer."""

from collections.abc import Iterable, Mapping
from http import client
from typing import Any

from bridge.caldav_plugin.admission import path
from bridge.caldav_plugin.reading import get
from bridge.caldav_plugin.request import Request, framed
from bridge.caldav_plugin.visit import Visit

# Radicale rewrites such paths, or answers them itself.
_SPECIAL = frozenset({".", "..", ".well-known"})

Response = tuple[str, list[tuple[str, str]], Iterable[bytes]]


def asks_for_event(environ: Mapping[str, Any]) -> bool:
    """Whether the request is a GET or HEAD without a body, of a path of three names that stays as it is when it is tidied."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or _has_body(environ):
        return False
    first, *parts = environ.get("PATH_INFO", "").split("/")
    return not first and len(parts) == 3 and all(parts) and _SPECIAL.isdisjoint(parts)


def event(visit: Visit, environ: Mapping[str, Any]) -> Response:
    """The answer to such a request; ``visit`` is signed in, and what it may read is looked at here."""
    request = Request(visit, environ, environ.get("SCRIPT_NAME", "").rstrip("/"), path(environ))
    status, headers, body, _ = framed(request, lambda: (*get(request), None))
    told = {**headers, "Content-Length": str(len(body))} if body is not None else headers
    return f"{status} {client.responses[status]}", list(told.items()), () if body is None else (body,)


def _has_body(environ: Mapping[str, Any]) -> bool:
    announced = environ.get("CONTENT_LENGTH") or "0"
    return announced != "0" or "HTTP_TRANSFER_ENCODING" in environ or "HTTP_CONTENT_ENCODING" in environ
