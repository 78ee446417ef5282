"""The style sheets, the scripts and the icon: named by their content, so that browsers keep them for good."""

import gzip
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from flask import Response, request
from markupsafe import Markup

FILES = ("page.css", "live.js", "checkout.js", "drop.js", "calendar.js", "calendar.css", "icon.svg")
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: ``name`` carries a hash of ``body``, ``packed`` is the same as gzip."""

    name: str
    content_type: str
    body: bytes
    packed: bytes

    def response(self, *, lasting: bool = True) -> Response:
        """The file; ``lasting`` when it was asked for by its full name."""
        packed = request.accept_encodings["gzip"] > 0
        response = Response(self.packed if packed else self.body, content_type=self.content_type)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "public, max-age=86400"
        response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response


@cache
def asset(file: str) -> Asset:
    """One of ``FILES``."""
    body = (files("bridge.checkout") / "static" / file).read_bytes()
    stem, _, suffix = file.rpartition(".")
    return Asset(f"{stem}.{sha256(body).hexdigest()[:12]}.{suffix}", _TYPES[suffix], body, gzip.compress(body, 9, mtime=0))


@cache
def assets() -> dict[str, Asset]:
    """All of them by full name."""
    return {one.name: one for one in map(asset, FILES)}


@cache
def sheet() -> Markup:
    """The style sheet as it stands within a page whose first sight matters: one round trip less."""
    return Markup(asset("page.css").body.decode())  # noqa: S704 our own file


@cache
def sheet_source() -> str:
    """The sheet as a Content-Security-Policy allows it: by its hash."""
    return f"'sha256-{b64encode(sha256(sheet().encode()).digest()).decode()}'"
