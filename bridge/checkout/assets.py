"""The style sheet, the script and the icon: named by their content, so that browsers keep them for good."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from flask import Response

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: ``name`` carries a hash of ``body``."""

    name: str
    content_type: str
    body: bytes

    def response(self, *, lasting: bool = True) -> Response:
        """The file; ``lasting`` when it was asked for by its full name."""
        response = Response(self.body, content_type=self.content_type)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "public, max-age=86400"
        return response


@cache
def asset(file: str) -> Asset:
    """One of ``page.css``, ``live.js`` and ``icon.svg``."""
    body = (files("bridge.checkout") / "static" / file).read_bytes()
    stem, _, suffix = file.rpartition(".")
    return Asset(f"{stem}.{sha256(body).hexdigest()[:12]}.{suffix}", _TYPES[suffix], body)


@cache
def assets() -> dict[str, Asset]:
    """All of them by full name."""
    return {one.name: one for one in map(asset, ("page.css", "live.js", "icon.svg"))}
