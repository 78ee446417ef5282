"""Templates filled: the words of the visitor's language, links that keep it, and validators of the finished page."""

from typing import Any

from flask import Response, render_template, request

from bridge.checkout import shown
from bridge.checkout.assets import asset
from bridge.checkout.language import NAMES, asked
from bridge.wording import Wording

_MAX_AGE = 5


def query_of_language() -> str:
    """The query that keeps the language a visitor chose, empty when they chose none."""
    language = asked(request)
    return f"?lang={language}" if language else ""


def printed(template: str, words: Wording, *, status: int = 200, **values: Any) -> Response:
    """A page; one that has not changed since the browser's copy is a 304."""
    body = render_template(
        f"shop/{template}",
        t=words.text,
        n=words.plural,
        forms=words.forms,
        words=words,
        look=shown,
        keep=query_of_language(),
        languages=NAMES,
        css=asset("page.css").name,
        script=asset("live.js").name,
        icon=asset("icon.svg").name,
        **values,
    )
    response = Response(body, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = words.language
    response.headers["Vary"] = "Accept-Language"
    if status != 200:
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE}"
    response.add_etag()
    response.make_conditional(request)
    return response
