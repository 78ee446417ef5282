"""The headers every answer carries: nothing from elsewhere runs here, and nobody frames us."""

from flask import Response, request

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
_HSTS = "max-age=31536000"


def shielded(response: Response) -> Response:
    """The response with the headers it does not have yet; HSTS only over TLS, where browsers heed it."""
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        for name, value in _PAGES.items():
            response.headers.setdefault(name, value.replace("{sheet}", sheet_source()))
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    return response
