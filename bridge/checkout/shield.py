"""The headers every answer carries: nothing from elsewhere runs here, and nobody frames us."""

from collections.abc import Iterable
from functools import cache
from typing import TypeVar

from werkzeug.wrappers import Response

from bridge.checkout.assets import sheet_source

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
_PAGES = {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    # Pictures of goods lie wherever their organizers keep them.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' {sheet}; img-src 'self' https: http: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
Answer = TypeVar("Answer", bound=Response)
_TLS = {"Strict-Transport-Security": "max-age=31536000"}


def shield(response: Answer, *, is_secure: bool) -> Answer:
    """The response with the headers it does not have yet; HSTS only over TLS, where browsers heed it."""
    response.headers.extend(missing(response.headers, is_page=response.mimetype == "text/html", is_secure=is_secure))
    return response


def missing(headers: Iterable[tuple[str, str]], *, is_page: bool, is_secure: bool) -> list[tuple[str, str]]:
    """The headers that are not among ``headers`` yet."""
    there = {name.lower() for name, _ in headers}
    return [(name, value) for key, name, value in _wanted(is_page, is_secure) if key not in there]


@cache
def _wanted(is_page: bool, is_secure: bool) -> tuple[tuple[str, str, str], ...]:
    names = _ALWAYS | (_PAGES if is_page else {}) | (_TLS if is_secure else {})
    return tuple((name.lower(), name, value.replace("{sheet}", sheet_source())) for name, value in names.items())
