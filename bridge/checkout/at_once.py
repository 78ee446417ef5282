"""What most visitors ask for in a rush is answered before the framework takes the request apart, which costs more than the answer."""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Request, Response
from flask.blueprints import BlueprintSetupState

from bridge.checkout.printing import HTML, Sent
from bridge.checkout.shield import missing, shield
from bridge.core.errors import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SLOTS = "/slots/"
_NAME = re.compile(r"[a-z0-9]{1,64}")
Answer = Callable[[Request, str], Sent | Response | None]


def at_once(face: Blueprint, method: str, suffix: str, answer: Answer) -> None:
    """Has ``answer`` asked first when ``/slots/<public_id><suffix>`` is; None, or a fault, leaves it to the views of the application.

    What is ``Sent`` is a page.
    """

    def install(state: BlueprintSetupState) -> None:
        app: Any = state.app
        app.wsgi_app = _first(app.wsgi_app, method, suffix, answer)

    face.record_once(install)


def _first(application: "WSGIApplication", method: str, suffix: str, answer: Answer) -> "WSGIApplication":
    def wrapped(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] == method and path.startswith(SLOTS) and path.endswith(suffix):
            public_id = path[len(SLOTS) : len(path) - len(suffix)]
            request = Request(environ)
            found = _asked(answer, request, public_id) if _NAME.fullmatch(public_id) else None
            if isinstance(found, Sent):
                return _page(found, request, start_response)
            if found is not None:
                return shield(found, is_secure=request.is_secure)(environ, start_response)
        return application(environ, start_response)

    return wrapped


def _asked(answer: Answer, request: Request, public_id: str) -> Sent | Response | None:
    try:
        return answer(request, public_id)
    except Fault:
        return None


def _page(found: Sent, request: Request, start_response: "StartResponse") -> Iterable[bytes]:
    status, headers, body = found
    # RFC 9110 section 15.4.5: a 304 says nothing of a body.
    of_body = [("Content-Type", HTML), ("Content-Length", str(len(body)))] if body else []
    more = missing(headers, is_page=bool(body), is_secure=request.is_secure)
    start_response(f"{status} {HTTPStatus(status).phrase}", [*of_body, *headers, *more])
    return [body] if body else []
