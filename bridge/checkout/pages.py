"""The shop window: plain pages of drops and slots, printed from stored rows, that work without a script."""

from datetime import timedelta

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from bridge.checkout.announcing import part_of_sitemap, rss, sitemap
from bridge.checkout.assets import asset, assets
from bridge.checkout.at_once import at_once
from bridge.checkout.drop_page import DropPages, public_drop
from bridge.checkout.faults import answer_faults
from bridge.checkout.kept import Kept, Page, page
from bridge.checkout.language import asked, chosen
from bridge.checkout.printing import finished, query_of_language, sent
from bridge.checkout.reading import Reading
from bridge.checkout.shield import shield
from bridge.checkout.shown import changes_at, shown
from bridge.checkout.slot_page import SlotPages, opening_file, slot_file
from bridge.checkout.subscribe import ways
from bridge.checkout.upcoming import Upcoming
from bridge.core.drops import Drop
from bridge.core.errors import InvalidInput
from bridge.notes import public_description
from bridge.wording import wording

MAX_NAME = 255
IN_FEED = 100
_PRIVATE = ("api", "console", "dav", "dav-public", "feeds", "holds", "hooks", "orders", "pickup", "waiting")
_SITEMAP_LASTS = timedelta(minutes=10)
_SPAN_DIGITS = 12


def pages(bridge: Reading) -> Blueprint:
    """Every page, its files, and what faults and headers look like in the whole application."""
    shop, kept = Blueprint("shop", __name__, template_folder="templates"), Kept()
    shop.before_app_request(_refuse_impossible_names)
    shop.after_app_request(lambda response: shield(response, is_secure=request.is_secure))
    answer_faults(shop)
    _add_listings(shop, bridge, kept)
    _add_drops(shop, bridge, kept)
    _add_slots(shop, bridge, kept)
    _add_maps(shop, bridge, kept)
    _add_files(shop, bridge)
    return shop


def _add_listings(shop: Blueprint, bridge: Reading, kept: Kept) -> None:
    upcoming = Upcoming()

    def listing(organizer: str | None) -> Response:
        now = bridge.now()
        with bridge.read() as views:
            who = views.organizer(organizer) if organizer is not None else None
            if organizer is not None and who is None:
                raise NotFound
            drops = views.drops(organizer, public=True)
            version = (who, tuple(drops))
            words = chosen(request, drops[0].language if drops else "en")

            def anew() -> tuple[object, Page]:
                found = upcoming.soonest_first(views, drops, now)
                rows = [(drop, shown(slot, words.at(now), now) if slot else None) for drop, slot in found]
                title = (who.title or who.name) if who else None
                until = changes_at([slot for _, slot in found if slot], now)
                return version, finished("listing.html", words.at(now), until, rows=rows, title=title)

            return sent(request, kept.page(("listing", organizer, str(words.locale), asked(request)), version, now, anew), now)

    @shop.get("/")
    def home() -> Response:
        return listing(None)

    @shop.get("/<organizer>/")
    def organizer(organizer: str) -> Response:
        return listing(organizer)


def _add_drops(shop: Blueprint, bridge: Reading, kept: Kept) -> None:
    drops = DropPages(bridge, kept)
    shop.add_url_rule("/<organizer>/<drop>/", "drop", drops.page)

    @shop.get("/<organizer>/<drop>/slots.json")
    def slots(organizer: str, drop: str) -> Response:
        try:
            return drops.slots(organizer, drop)
        except InvalidInput as refusal:
            return _refused("invalid-input", str(refusal), 400)
        except NotFound:
            return _refused("not-found", "There is no drop at this address.", 404)

    @shop.get("/<organizer>/<drop>/feed.rss")
    def feed(organizer: str, drop: str) -> Response:
        now = bridge.now()
        with bridge.read() as views:
            found = public_drop(views, organizer, drop)
            words = wording(asked(request) or found.language)

            def anew() -> tuple[Drop, Page]:
                slots = [slot for slot in views.public_slots(found.id, now, limit=IN_FEED) if not slot.removed]
                there, told = ways(found, bridge.settings.base_url), public_description(found.description, found.language)
                text = rss(found, [shown(slot, words.at(now), now) for slot in slots], there, told, words.at(now), query_of_language())
                return found, page(text, "application/rss+xml; charset=utf-8", until=changes_at(slots, now))

            return sent(request, kept.page(("rss", found.id, str(words.locale), asked(request)), found, now, anew), now, max_age=60)


def _add_slots(shop: Blueprint, bridge: Reading, kept: Kept) -> None:
    slots = SlotPages(bridge, kept)
    at_once(shop, "GET", "", slots.kept)
    shop.add_url_rule("/slots/<public_id>", "slot", slots.page)
    shop.add_url_rule("/slots/<public_id>/card", "card", slots.card)

    @shop.get("/slots/<public_id>/")
    def slot_with_slash(public_id: str) -> AnyResponse:
        return redirect(url_for(".slot", public_id=public_id) + query_of_language(), 308)

    @shop.get("/slots/<public_id>/calendar.ics")
    def slot_file_(public_id: str) -> Response:
        with bridge.read() as views:
            return _calendar(slot_file(views, public_id), public_id)

    @shop.get("/slots/<public_id>/opening.ics")
    def opening_file_(public_id: str) -> Response:
        with bridge.read() as views:
            return _calendar(opening_file(views, public_id, bridge.settings.base_url), f"{public_id}-opening")


def _add_maps(shop: Blueprint, bridge: Reading, kept: Kept) -> None:
    def answer(name: str) -> Response:
        now = bridge.now()

        def anew() -> tuple[object, Page]:
            with bridge.read() as views:
                base = bridge.settings.base_url
                text = part_of_sitemap(views, base, name, now) if name else sitemap(views, base, now)
            if not text:
                raise NotFound
            return None, page(text, "application/xml; charset=utf-8", until=now + _SITEMAP_LASTS)

        return sent(request, kept.page(("sitemap", name), None, now, anew), now, max_age=600)

    @shop.get("/sitemap.xml")
    def sitemap_() -> Response:
        return answer("")

    @shop.get("/sitemap-<name>.xml")
    def sitemap_part(name: str) -> Response:
        if name != "drops" and not (name.isascii() and name.isdecimal() and len(name) <= _SPAN_DIGITS):
            raise NotFound
        return answer(name)


def _add_files(shop: Blueprint, bridge: Reading) -> None:
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
        lines = ["User-agent: *", *(f"Disallow: /{part}/" for part in _PRIVATE), "", f"Sitemap: {bridge.settings.base_url}/sitemap.xml"]
        return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _refuse_impossible_names() -> None:
    if request.blueprint == "api":  # It judges names itself, and says so as a problem document.
        return
    # A database refuses NUL in a text, and nothing is called as long as this.
    if "\0" in request.path or any(len(part) > MAX_NAME for part in (request.view_args or {}).values() if isinstance(part, str)):
        raise NotFound


def _calendar(text: str, name: str) -> Response:
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    response.headers["Cache-Control"] = "public, max-age=10"
    return response


def _refused(kind: str, hint: str, status: int) -> Response:
    response = Response(f'{{"error":"{kind}","hint":"{hint}"}}\n', status, content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
