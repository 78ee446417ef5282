"""What most visitors ask for in a rush is answered before the framework takes the request apart, which costs more than the answer."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Request, Response
from flask.blueprints import BlueprintSetupState

from bridge.checkout.shield import shield
from bridge.core.errors import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SLOTS = "/slots/"
_NAME = re.compile(r"[a-z0-9]{1,64}")
Answer = Callable[[Request, str], Response | None]


def at_once(face: Blueprint, method: str, suffix: str, answer: Answer) -> None:
    """Has ``answer`` asked first when ``/slots/<public_id><suffix>`` is; None, or a fault, leaves it to the views of the application."""

    def install(state: BlueprintSetupState) -> None:
        app: Any = state.app
        app.wsgi_app = _first(app.wsgi_app, method, suffix, answer)

    face.record_once(install)


def _first(application: "WSGIApplication", method: str, suffix: str, answer: Answer) -> "WSGIApplication":
    def wrapped(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] == method and path.startswith(SLOTS) and path.endswith(suffix):
            public_id = path[len(SLOTS) : len(path) - len(suffix)]
            found = _asked(answer, Request(environ), public_id) if _NAME.fullmatch(public_id) else None
            if found is not None:
                return found(environ, start_response)
        return application(environ, start_response)

    return wrapped


def _asked(answer: Answer, request: Request, public_id: str) -> Response | None:
    try:
        found = answer(request, public_id)
    except Fault:
        return None
    return None if found is None else shield(found, is_secure=request.is_secure)
