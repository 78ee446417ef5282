"""The CalDAV face: Radicale's application with our verbs, mounted twice."""

import logging
import zlib
from collections.abc import Callable, Iterable, Mapping
from http import client
from typing import Any
from urllib.parse import unquote

from radicale import config
from radicale.app import Application as Radicale

from bridge.caldav_plugin import auth, direct
from bridge.caldav_plugin.admission import LARGEST, admitted
from bridge.caldav_plugin.direct import Response
from bridge.caldav_plugin.kept import KeptAnswers
from bridge.caldav_plugin.listing import propfind
from bridge.caldav_plugin.making import mkcalendar, mkcol
from bridge.caldav_plugin.moving import move
from bridge.caldav_plugin.proppatch import proppatch
from bridge.caldav_plugin.put import put
from bridge.caldav_plugin.reading import get
from bridge.caldav_plugin.refusals import DavError, refused, worded
from bridge.caldav_plugin.removing import check_removable, not_there
from bridge.caldav_plugin.reports import report
from bridge.caldav_plugin.request import Answer, Request, framed, verb
from bridge.caldav_plugin.rights import Rights
from bridge.caldav_plugin.storage import Storage
from bridge.caldav_plugin.visit import Bridge, Sight, Visit, visiting
from bridge.caldav_plugin.wire import Chunks
from bridge.core.calendars import Audience
from bridge.core.errors import Fault

# No locks (class 2), no address books, no access control lists: clients believe this line.
DAV = "1, 3, calendar-access, extended-mkcol"
WORTH_ZIPPING = 1024
AGAIN = "5"
ZIPPED = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}

Environ = Mapping[str, Any]


def options(request: Request) -> Answer:
    """What can be done here."""
    return Answer(200, {"Allow": ", ".join(METHODS[request.visit.audience])})


READING: dict[str, Callable[[Request], Answer]] = {"OPTIONS": options, "GET": get, "HEAD": get, "PROPFIND": propfind, "REPORT": report}
WRITING: dict[str, Callable[[Request], Answer]] = {
    "PUT": put,
    "MOVE": move,
    "MKCALENDAR": mkcalendar,
    "MKCOL": mkcol,
    "PROPPATCH": proppatch,
}
METHODS: dict[Audience, tuple[str, ...]] = {"organizer": (*READING, *WRITING, "DELETE"), "public": tuple(READING)}


def configuration(bridge: Bridge) -> config.Configuration:
    """Radicale's configuration: our plugins, none of its extras, and no limits or delays beside ours."""
    values: dict[str, dict[str, Any]] = {
        "auth": {"type": auth.Auth, "delay": "0"},
        "rights": {"type": Rights, "permit_delete_collection": "False"},
        "storage": {"type": Storage},
        "web": {"type": "none"},
        "sharing": {"type": "none"},
        "hook": {"type": "none"},
        "server": {
            "validate_path_value": "none",
            "validate_user_value": "none",
            "delay_on_error": "0",
            "max_content_length": str(LARGEST),
            "max_resource_size": str(bridge.settings.caldav.max_resource_size),
        },
    }
    made = config.load()
    made.update(values, "dropbridge", privileged=True)
    return made


class Application(Radicale):
    """One mount. ``organizer``: everything behind a sign-in. ``public``: the public audience, read-only, for anyone."""

    def __init__(self, bridge: Bridge, audience: Audience) -> None:
        # At its own level Radicale writes several lines for every request.
        logging.getLogger("radicale").setLevel(logging.WARNING)
        super().__init__(configuration(bridge))
        self._bridge, self._audience = bridge, audience
        self._kept = KeptAnswers()
        self._verifier = auth.sign_ins(bridge)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """The WSGI callable."""
        sight = Sight(self._bridge, glancing=_asks_little(environ))
        token = visiting.set(Visit(sight, self._audience, self._kept))
        try:
            answers: Iterable[bytes] = super().__call__(environ, start_response)
            return answers
        finally:
            visiting.reset(token)
            sight.end()

    def do_DELETE(self, environ: Environ, base_prefix: str, path: str, *args: Any, **kwargs: Any) -> Any:  # noqa: N802
        """Radicale's own, with If-Match judged by the edit number inside its transaction, and 204 for an answer."""
        request = Request(visiting.get(), environ, base_prefix, unquote(path))
        request.visit.if_match = request.header("If-Match")
        plain = {name: value for name, value in environ.items() if name != "HTTP_IF_MATCH"}

        def removed() -> Any:
            check_removable(request)
            answer = super(Application, self).do_DELETE(plain, base_prefix, path, *args, **kwargs)
            if answer[0] == client.NOT_FOUND:
                raise not_there(request)
            return (204, {}, None, None) if answer[0] == client.OK else answer

        return framed(request, removed)

    def _handle_request(self, environ: Environ) -> Response:
        visit = visiting.get()
        try:
            self._admit(visit, environ)
            status, headers, answers = self._answer(visit, environ)
        except (DavError, Fault) as failed:
            refusal = failed if isinstance(failed, DavError) else DavError(503, "", str(failed))
            code, told, octets = refused(refusal, "")
            status, headers, answers = f"{code} {client.responses[code]}", [*told.items(), ("Content-Length", str(len(octets)))], [octets]
        return self._finished(visit, environ, status, headers, answers)

    def _answer(self, visit: Visit, environ: Environ) -> Response:
        alone = direct.asks_for_event(environ)
        answer: Response = direct.event(visit, environ) if alone else super()._handle_request(admitted(environ))
        refusal = visit.refused or worded(answer[0], answer[1])
        if refusal is not None:
            raise refusal
        return answer

    def _admit(self, visit: Visit, environ: Environ) -> None:
        if self._audience == "organizer":
            failed = auth.signed_in(visit, environ, self._verifier)
            if failed is not None and failed.blocked:
                raise DavError(429, "", "Too many failed sign-ins. Wait a few minutes, then check the password.")
            if failed is not None:
                raise DavError(401, "", "Sign in with the organizer's name and an app password.")
        if environ["REQUEST_METHOD"].upper() not in METHODS[self._audience]:
            raise DavError(405, "", "There is no such method here.")

    def _finished(self, visit: Visit, environ: Environ, status: str, headers: list[tuple[str, str]], answers: Iterable[bytes]) -> Response:
        code = status[:3]
        extra = {"DAV": DAV}
        if code == "401":
            extra["WWW-Authenticate"] = auth.CHALLENGE
        elif code == "405":
            extra["Allow"] = ", ".join(METHODS[self._audience])
        elif code == "429":
            extra["Retry-After"] = str(self._bridge.settings.signin.window)
        elif code == "503":
            extra["Retry-After"] = AGAIN
        sent = {**dict(headers), **extra}
        zipping = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if visit.stream is not None:
            if zipping:
                sent |= ZIPPED
            elif isinstance(visit.stream, Chunks):
                sent["Content-Length"] = str(visit.stream.length)
            return status, list(sent.items()), visit.stream.zipped() if zipping else visit.stream
        octets = b"".join(answers)
        if zipping and len(octets) >= WORTH_ZIPPING:
            packer = zlib.compressobj(1, wbits=31)
            octets = packer.compress(octets) + packer.flush()
            sent |= ZIPPED | {"Content-Length": str(len(octets))}
        elif "Content-Length" not in sent and code not in ("204", "304"):
            sent["Content-Length"] = str(len(octets))
        return status, list(sent.items()), [octets] if octets else []


def _asks_little(environ: Environ) -> bool:
    """Whether the answer comes of one row: an event, or what every client polls. It needs no snapshot then."""
    method = environ["REQUEST_METHOD"]
    return method in ("GET", "HEAD") or (method == "PROPFIND" and environ.get("HTTP_DEPTH") == "0")


for method, answering in (READING | WRITING).items():
    setattr(Application, f"do_{method}", verb(answering))


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header has gzip, with a quality above 0."""
    for entry in header.lower().split(","):
        name, _, quality = entry.partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
