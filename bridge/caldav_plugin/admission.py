"""What happens to a request before Radicale sees it: what no verb could answer sensibly is turned away here."""

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from bridge.caldav_plugin.refusals import DavError

LARGEST = 16 * 1024 * 1024
# The dispatcher has set SCRIPT_NAME already. Radicale would take these for a reason to strip the mount's name once
# more, and make "/inci/" of "/davinci/".
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_SERVER", "HTTP_X_SCRIPT_NAME")
# Answers are zipped by us: Radicale zips whatever it sends, at a level that costs more than it saves.
OURS = ("HTTP_ACCEPT_ENCODING", "HTTP_AUTHORIZATION")


def admitted(environ: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its body read, and its path percent-encoded as it was on the wire. Raises ``DavError`` (400, 413, 415).

    Radicale refuses names that clients do use, a line end among them; encoded it lets all of them pass.
    """
    octets = body(environ)
    clean = {name: value for name, value in environ.items() if name not in FORWARDED and name not in OURS}
    clean |= {"PATH_INFO": quote(path(environ)), "wsgi.input": io.BytesIO(octets), "CONTENT_LENGTH": str(len(octets))}
    return clean


def path(environ: Mapping[str, Any]) -> str:
    """The path as text: WSGI hands its octets over as Latin-1 (PEP 3333)."""
    try:
        text = (environ.get("PATH_INFO") or "/").encode("latin-1").decode()
    except UnicodeError:
        raise DavError(400, "", "The path is not UTF-8.") from None
    if "\0" in text:
        raise DavError(400, "", "The path has a character that no name can have.")
    return text


def names(encoded: str) -> tuple[str, ...]:
    """The names in a path as Radicale has it: organizer, drop, member."""
    return tuple(unquote(part) for part in encoded.split("/") if part)


def body(environ: Mapping[str, Any]) -> bytes:
    """The whole body; Apple's apps send theirs in chunks, without a length."""
    if (environ.get("HTTP_CONTENT_ENCODING") or "identity").lower() != "identity":
        raise DavError(415, "", "Send the body without a content encoding.")
    stated = environ.get("CONTENT_LENGTH") or ""
    chunked = "chunked" in (environ.get("HTTP_TRANSFER_ENCODING") or "").lower()
    if stated and not (stated.isascii() and stated.isdigit() and len(stated) < 19):
        raise DavError(400, "", "The Content-Length is not a length.")
    if stated and int(stated) > LARGEST:
        raise DavError(413, "", f"A request may have {LARGEST} bytes.")
    if not stated and not chunked:
        return b""
    octets: bytes = environ["wsgi.input"].read(int(stated) if stated else LARGEST + 1)
    if len(octets) > LARGEST:
        raise DavError(413, "", f"A request may have {LARGEST} bytes.")
    if stated and len(octets) < int(stated):
        raise DavError(400, "", "The body is shorter than its Content-Length.")
    return octets
