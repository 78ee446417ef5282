"""Reverse proxies: their word on the visitor's address and scheme counts only when they are trusted by name."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_REMEMBERED = 4096
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_SCRIPT_NAME",
    "HTTP_X_REMOTE_ADDR",
    "HTTP_FORWARDED",
)


def behind_proxies(application: "WSGIApplication", trusted: Sequence[str]) -> "WSGIApplication":
    """``application`` with REMOTE_ADDR and the scheme as a trusted proxy tells them; all such headers are taken away.

    ``trusted`` are addresses or networks. The address counts that the nearest proxy not trusted has come from.
    """
    networks = [ip_network(name, strict=False) for name in trusted]

    @lru_cache(_REMEMBERED)
    def is_trusted(address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in networks)
        except ValueError:
            return False

    def wrapped(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        told = {name: environ.pop(name) for name in FORWARDED if name in environ}
        if networks and told and is_trusted(environ.get("REMOTE_ADDR", "")):
            hops = [hop.strip() for hop in told.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            visitor = next((hop for hop in reversed(hops) if not is_trusted(hop)), None)
            if visitor:
                environ["REMOTE_ADDR"] = visitor
            if told.get("HTTP_X_FORWARDED_PROTO") in {"http", "https"}:
                environ["wsgi.url_scheme"] = told["HTTP_X_FORWARDED_PROTO"]
        return application(environ, start_response)

    return wrapped
