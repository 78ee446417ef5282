"""What a visitor sees when a page cannot be shown."""

import logging

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadHost, HTTPException, SecurityError, ServiceUnavailable

from bridge.checkout.language import chosen
from bridge.checkout.printing import printed
from bridge.core.errors import Fault
from bridge.wording import N_, Wording

log = logging.getLogger(__name__)
_MACHINES = ("/api/", "/hooks/")
_TITLES = {
    400: N_("This request cannot be understood"),
    403: N_("This was not sent from here"),
    404: N_("There is nothing here"),
    405: N_("This does not work here"),
    410: N_("This is gone"),
    413: N_("That is too large"),
    415: N_("This request cannot be understood"),
    429: N_("Too much at once"),
    500: N_("Something went wrong"),
}
_HINTS = {
    403: N_("Another page sent this. Open the page here and send it from there."),
    404: N_("The address may be mistyped, or the drop may have ended."),
    410: N_("The organizer has removed it."),
    429: N_("Too many requests came from your network. Please wait a minute and try again."),
    500: N_("It is our fault, not yours. Please try again in a moment."),
}


def answer_faults(shop: Blueprint) -> None:
    """A page for every HTTP error of the application; addresses of machines keep their own answers."""

    @shop.app_errorhandler(HTTPException)
    def fault(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        if error.response is not None or code < 400 or request.path.startswith(_MACHINES):
            return error
        words = chosen(request)
        title = words.text(_TITLES.get(code, _TITLES[500 if code >= 500 else 400]))
        hint = words.text(_HINTS[code]) if code in _HINTS else ""
        page = _page(error, words, code, title, hint)
        for name, value in error.get_headers():
            if name not in {"Content-Type", "Content-Length"}:
                page.headers[name] = value
        return page

    @shop.app_errorhandler(Fault)
    def outage(_failed: Fault) -> ResponseReturnValue:
        return fault(ServiceUnavailable(retry_after=5))


def _page(error: HTTPException, words: Wording, code: int, title: str, hint: str) -> Response:
    """The page that says so; the words alone where none can be made."""
    # Under a Host that is none no address of ours is known, and a page is full of them.
    if not isinstance(error, BadHost | SecurityError):
        try:
            return printed("fault.html", words, status=code, title=title, hint=hint)
        except Exception:
            # Flask asks nobody further: what fails here leaves visitors without any answer.
            log.exception("the page of a fault failed")
    told = Response("".join(f"{line}\n" for line in (title, hint) if line), code, content_type="text/plain; charset=utf-8")
    told.headers["Cache-Control"] = "no-store"
    return told
