"""The one-time link that ``dropbridge serve`` prints for an empty database: it makes the first organizer.

The link works while there is no organizer, and only in processes started with its token in their environment.
"""

import hmac
from contextlib import AbstractContextManager
from datetime import datetime
from importlib.resources import files
from typing import Protocol

from flask import Blueprint, Response, abort, render_template, request

from bridge.core.errors import NotFound, Refusal
from bridge.core.ports import UnitOfWork, Views
from bridge.flows.access import new_app_password
from bridge.flows.drops import add_organizer
from bridge.flows.house import House
from bridge.wording import LANGUAGES, wording

LONGEST = 200


class Writing(Protocol):
    """What this face needs of the house."""

    @property
    def house(self) -> House: ...
    @property
    def setup_token(self) -> str: ...
    def now(self) -> datetime: ...
    def read(self) -> AbstractContextManager[Views]: ...
    def work(self) -> AbstractContextManager[UnitOfWork]: ...


def setup(bridge: Writing) -> Blueprint:
    """``/setup/<token>``: a form, and once it is sent the addresses and the password to sign in with."""
    blueprint = Blueprint("setup", __name__, template_folder="templates")

    @blueprint.route("/setup/<token>", methods=["GET", "POST"])
    def page(token: str) -> Response:
        if not bridge.setup_token or not hmac.compare_digest(token.encode(), bridge.setup_token.encode()):
            abort(404)
        return _answer(bridge, request.form.get("name", "").strip(), request.form.get("title", "").strip()[:LONGEST])

    @blueprint.get("/setup.css")
    def style() -> Response:
        return Response((files("bridge.console") / "static" / "setup.css").read_bytes(), content_type="text/css; charset=utf-8")

    return blueprint


def _answer(bridge: Writing, name: str, title: str) -> Response:
    with bridge.read() as views:
        if views.organizers():
            return _page(410, done=True)
    if request.method == "GET":
        return _page(200)
    try:
        password = _first(bridge, name, title)
    except NotFound:
        return _page(410, done=True)
    except Refusal:
        return _page(422, problem=True, name=name, title=title)
    return _page(201, password=password, name=name, base=bridge.house.base_url)


def _first(bridge: Writing, name: str, title: str) -> str:
    with bridge.work() as work:
        # Asked again, one after the other: of two people with the link, one becomes the first organizer.
        work.lock_organizers()
        if work.views.organizers():
            raise NotFound("This server has an organizer already.")
        organizer = add_organizer(work, name, title=title, now=bridge.now())
        return new_app_password(work, organizer, "first device", "owner", bridge.now())[1]


def _page(status: int, **values: object) -> Response:
    words = wording(request.accept_languages.best_match(LANGUAGES) or "en")
    body = render_template("console/setup.html", t=words.text, words=words, **values)
    response = Response(body, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = words.language
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
