"""The shop window: plain pages of drops and slots, printed from stored rows, that work without a script."""

from datetime import datetime

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import Gone, NotFound
from werkzeug.wrappers import Response as AnyResponse

from bridge import ical
from bridge.checkout.assets import asset, assets
from bridge.checkout.faults import answer_faults
from bridge.checkout.language import chosen
from bridge.checkout.printing import printed, query_of_language
from bridge.checkout.reading import Reading
from bridge.checkout.shield import shielded
from bridge.checkout.shown import days, month, offers, shown, span_of_days
from bridge.checkout.subscribe import ways
from bridge.checkout.upcoming import Upcoming
from bridge.core.ports import Drop, PublicSlot, Views
from bridge.notes import public_description

PAGE = 60
MAX_PAGE = 10_000
MAX_NAME = 255
_PRIVATE = ("api", "console", "dav", "dav-public", "feeds", "hooks", "orders", "pickup")


def pages(bridge: Reading) -> Blueprint:
    """Every page, its files, and what faults and headers look like in the whole application."""
    shop = Blueprint("shop", __name__, template_folder="templates")
    shop.before_app_request(_refuse_impossible_names)
    shop.after_app_request(shielded)
    answer_faults(shop)
    _add_windows(shop, bridge)
    _add_slots(shop, bridge)
    _add_files(shop)
    return shop


def _add_windows(shop: Blueprint, bridge: Reading) -> None:
    upcoming = Upcoming()

    @shop.get("/")
    def home() -> Response:
        with bridge.read() as views:
            found = upcoming.soonest_first(views, views.drops(public=True), bridge.now())
        return _listing(found, None, bridge.now())

    @shop.get("/<organizer>/")
    def organizer(organizer: str) -> Response:
        with bridge.read() as views:
            who = views.organizer(organizer)
            if who is None:
                raise NotFound
            found = upcoming.soonest_first(views, views.drops(organizer, public=True), bridge.now())
        return _listing(found, who.title or who.name, bridge.now())

    @shop.get("/<organizer>/<drop>/")
    def drop(organizer: str, drop: str) -> Response:
        page = _page_number()
        with bridge.read() as views:
            found = views.drop(organizer, drop)
            if found is None or not found.is_public:
                raise NotFound
            slots = views.public_slots(found.id, bridge.now(), limit=PAGE + 1, offset=(page - 1) * PAGE)
        return _window(found, slots, page, bridge)


def _add_slots(shop: Blueprint, bridge: Reading) -> None:
    @shop.get("/slots/<public_id>")
    def slot(public_id: str) -> Response:
        with bridge.read() as views:
            found, drop = _slot(views, public_id)
        words = chosen(request, drop.language)
        one = shown(found, words, bridge.now())
        if found.removed:
            return printed("gone.html", words, status=410, drop=drop, one=one, when=span_of_days(one, words))
        return printed(
            "slot.html",
            words,
            drop=drop,
            one=one,
            who=drop.organizer_title or drop.organizer,
            when=span_of_days(one, words),
            offers=offers(found, drop, words),
            ways=ways(drop, bridge.settings.base_url),
            canonical=f"{bridge.settings.base_url}/slots/{found.public_id}",
        )

    @shop.get("/slots/<public_id>/")
    def slot_with_slash(public_id: str) -> AnyResponse:
        return redirect(url_for(".slot", public_id=public_id) + query_of_language(), 308)

    @shop.get("/slots/<public_id>/calendar.ics")
    def slot_file(public_id: str) -> Response:
        with bridge.read() as views:
            found, drop = _slot(views, public_id)
            row = next((row for row in views.feed_rows(drop.id, after=found.position - 1, limit=1)), None)
        if row is None or row.position != found.position:
            raise Gone
        response = Response(ical.wrap_public(row.text, row.timezone), content_type="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{found.public_id}.ics"'
        response.headers["Cache-Control"] = "public, max-age=10"
        return response


def _add_files(shop: Blueprint) -> None:
    @shop.get("/assets/<name>")
    def file(name: str) -> Response:
        found = assets().get(name)
        if found is None:
            raise NotFound
        return found.response()

    @shop.get("/favicon.ico")
    def favicon() -> Response:
        return asset("icon.svg").response(lasting=False)

    @shop.get("/robots.txt")
    def robots() -> Response:
        lines = ["User-agent: *", *(f"Disallow: /{part}/" for part in _PRIVATE)]
        return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _refuse_impossible_names() -> None:
    # A database refuses NUL in a text, and nothing is called as long as this.
    if "\0" in request.path or any(len(part) > MAX_NAME for part in (request.view_args or {}).values() if isinstance(part, str)):
        raise NotFound


def _page_number() -> int:
    asked = request.args.get("page", "1")
    return min(max(1, int(asked)), MAX_PAGE) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1


def _slot(views: Views, public_id: str) -> tuple[PublicSlot, Drop]:
    found = views.public_slot(public_id)
    drop = views.drop(*found.drop.split("/", 1)) if found is not None else None
    if found is None or drop is None or not drop.is_public:
        raise NotFound
    return found, drop


def _listing(found: list[tuple[Drop, PublicSlot | None]], title: str | None, now: datetime) -> Response:
    words = chosen(request, found[0][0].language if found else "en")
    rows = [(drop, shown(slot, words, now) if slot else None) for drop, slot in found]
    return printed("listing.html", words, rows=rows, title=title)


def _window(drop: Drop, slots: list[PublicSlot], page: int, bridge: Reading) -> Response:
    words = chosen(request, drop.language)
    rows = [shown(slot, words, bridge.now()) for slot in slots[:PAGE] if not slot.removed]
    return printed(
        "drop.html",
        words,
        drop=drop,
        description=public_description(drop.description, drop.language),
        who=drop.organizer_title or drop.organizer,
        days=days(rows),
        months={row.day.strftime("%Y%m"): month(row.day, words) for row in rows},
        slots=rows,
        page=page,
        more=len(slots) > PAGE,
        ways=ways(drop, bridge.settings.base_url),
        canonical=ways(drop, bridge.settings.base_url).page,
    )
