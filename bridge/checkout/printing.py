"""Templates filled: the words of the visitor's language, links that keep it, and how a finished page is sent."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import Request, Response, render_template, request

from bridge.checkout import shown
from bridge.checkout.assets import asset
from bridge.checkout.kept import NEVER, Page, page
from bridge.checkout.language import NAMES, asked
from bridge.wording import Wording

MAX_AGE = 5
HTML = "text/html; charset=utf-8"
_PACKED = "-gz"


def query_of_language() -> str:
    """The query that keeps the language a visitor chose, empty when they chose none."""
    language = asked(request)
    return f"?lang={language}" if language else ""


def filled(template: str, words: Wording, **values: Any) -> str:
    """The text of a page."""
    known: dict[str, Any] = {
        "t": words.text,
        "n": words.plural,
        "forms": words.forms,
        "words": words,
        "look": shown,
        "keep": query_of_language(),
        "also": "",
        "languages": NAMES,
        "css": asset("page.css").name,
        "script": asset("live.js").name,
        "checkout_script": asset("checkout.js").name,
        "icon": asset("icon.svg").name,
    }
    return render_template(f"shop/{template}", **(known | values))


def finished(template: str, words: Wording, until: datetime = NEVER, **values: Any) -> Page:
    """A page that may be shown until a moment."""
    return page(filled(template, words, **values), HTML, words.language, until)


def printed(template: str, words: Wording, *, status: int = 200, **values: Any) -> Response:
    """A page for this request alone, that nobody keeps."""
    response = Response(filled(template, words, **values), status, content_type=HTML)
    response.headers["Content-Language"] = words.language
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "no-store"
    return response


class Sent(NamedTuple):
    """An answer as it goes out."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def sent(asked_by: Request, made: Page, now: datetime, *, max_age: int = MAX_AGE) -> Response:
    """The page as a response of Flask's."""
    going = going_out(asked_by, made, now, max_age=max_age)
    return Response(going.body, going.status, going.headers, content_type=made.content_type if going.body else None)


def going_out(asked_by: Request, made: Page, now: datetime, *, max_age: int = MAX_AGE) -> Sent:
    """The page, as gzip to whom takes it; 304 to whom has it. Nobody keeps it past the moment at which it changes by itself."""
    packed = bool(made.packed) and asked_by.accept_encodings["gzip"] > 0
    age = min(timedelta(seconds=max_age), made.until - now)
    headers = [
        ("ETag", f'"{made.tag}{_PACKED if packed else ""}"'),
        ("Vary", "Accept-Language, Accept-Encoding" if made.language else "Accept-Encoding"),
        ("Cache-Control", f"public, max-age={max(0, int(age.total_seconds()))}"),
    ]
    if made.language:
        headers.append(("Content-Language", made.language))
    known = asked_by.if_none_match
    if known.contains_weak(made.tag) or known.contains_weak(made.tag + _PACKED):
        return Sent(304, headers, b"")
    if packed:
        headers.append(("Content-Encoding", "gzip"))
    return Sent(200, headers, made.packed if packed else made.body)
