"""The page of a drop: its dates as a list that can be narrowed down, and as data for the calendar that a script makes of them."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Response, request
from werkzeug.exceptions import NotFound

from bridge.checkout import linked_data
from bridge.checkout.about import About, absolute, addresses, in_short, locale_of
from bridge.checkout.assets import asset, sheet
from bridge.checkout.fields import names_of
from bridge.checkout.filters import Filters, day_of, filters
from bridge.checkout.kept import Kept, Page, page
from bridge.checkout.language import asked, chosen
from bridge.checkout.pictures import first_picture
from bridge.checkout.printing import finished, sent
from bridge.checkout.reading import Reading
from bridge.checkout.shown import Picture, SlotShown, changes_at, days, month, offers, picture, shown
from bridge.checkout.subscribe import Ways, ways
from bridge.core.calendars import Offered, PublicSlot
from bridge.core.drops import Drop
from bridge.core.errors import InvalidInput
from bridge.core.ports import Views
from bridge.notes import public_description
from bridge.wording import Wording, wording

PAGE = 60
MAX_PAGE = 10_000
LONGEST = timedelta(days=100)
MOST = 1000
_DESCRIBED = 10
_JSON = "application/json"


class DropPages:
    """Answers for drops. A page that is kept costs one look at the drop's row."""

    def __init__(self, bridge: Reading, kept: Kept) -> None:
        self._bridge, self._kept = bridge, kept

    def page(self, organizer: str, drop: str) -> Response:
        """The drop's own page."""
        known, now, number, wanted = self._drop(organizer, drop), self._bridge.now(), _page_number(), filters(request.args)
        words, language = chosen(request, known.language), asked(request)

        def anew() -> tuple[Drop, Page]:
            with self._bridge.read() as views:
                current = public_drop(views, organizer, drop)
                start, end = wanted.window(now, current.timezone)
                skipped, sku, available = (number - 1) * PAGE, wanted.product, wanted.available
                slots = views.public_slots(current.id, start, end, limit=PAGE + 1, offset=skipped, sku=sku, available=available)
                terms = views.terms(current.id)
                image = first_picture(views, terms.pictures) or picture(current.image)
                products = _named(views.offered(current.id, now), names_of(terms))
                return current, self._made(current, image, slots, products, wanted, number, words.at(now), now)

        key = ("drop", known.id, str(words.locale), language, number, wanted)
        return sent(request, self._kept.page(key, known, now, anew), now)

    def slots(self, organizer: str, slug: str) -> Response:
        """The dates between two days as JSON, in the language that was asked for or the drop's. Raises ``InvalidInput``."""
        drop, now = self._drop(organizer, slug), self._bridge.now()
        words = wording(asked(request) or drop.language)
        first, last = _between(now.astimezone(ZoneInfo(drop.timezone)).date())

        def anew() -> tuple[Drop, Page]:
            with self._bridge.read() as views:
                current = public_drop(views, organizer, slug)
                start, end = (datetime.combine(day, time(), ZoneInfo(current.timezone)) for day in (first, last))
                slots = views.public_slots(current.id, start, end, limit=MOST + 1)
            return current, page(_as_json(current, slots, words.at(now), now), _JSON, until=changes_at(slots, now))

        response = sent(request, self._kept.page(("slots", drop.id, str(words.locale), first, last), drop, now, anew), now)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    def _drop(self, organizer: str, slug: str) -> Drop:
        with self._bridge.glance() as views:
            return public_drop(views, organizer, slug)

    def _made(
        self,
        drop: Drop,
        image: Picture | None,
        slots: list[PublicSlot],
        products: list[Offered],
        wanted: Filters,
        number: int,
        words: Wording,
        now: datetime,
    ) -> Page:
        rows = [shown(slot, words, now) for slot in slots[:PAGE] if not slot.removed]
        there = ways(drop, self._bridge.settings.base_url)
        more, first = len(slots) > PAGE, number == 1 and wanted == Filters()
        until = changes_at(slots, now) if number == 1 else min(changes_at(slots, now), now + timedelta(minutes=1))
        return finished(
            "drop.html",
            words,
            until,
            sheet=sheet(),
            drop=drop,
            about=self._about(drop, image, rows, there, first, words),
            description=public_description(drop.description, drop.language),
            who=drop.organizer_title or drop.organizer,
            picture=image,
            days=days(rows),
            months={row.day.strftime("%Y%m"): month(row.day, words) for row in rows},
            slots=rows,
            products=products,
            wanted=wanted,
            also=wanted.query,
            page=number,
            more=more,
            whole=first and not more,
            ways=there,
            drop_script=asset("drop.js").name,
            calendar_script=asset("calendar.js").name,
            calendar_css=asset("calendar.css").name,
        )

    def _about(self, drop: Drop, image: Picture | None, rows: list[SlotShown], there: Ways, first: bool, words: Wording) -> About:
        base = self._bridge.settings.base_url
        organizer = f"{base}/{quote(drop.organizer)}/"
        nodes = (linked_data.event(row, drop, f"{base}/slots/{row.slot.public_id}", organizer) for row in rows[:_DESCRIBED])
        address, alternates = addresses(there.page, asked(request))
        description = public_description(drop.description, drop.language)
        return About(
            title=drop.title,
            description=in_short(description or words.text("Limited releases, each of them a live calendar.")),
            address=address,
            alternates=alternates,
            locale=locale_of(words),
            site=drop.organizer_title or drop.organizer,
            picture=absolute(image, base),
            feeds=(("text/calendar", there.feed), ("application/rss+xml", f"{there.page}feed.rss")),
            data=linked_data.written(linked_data.listed(nodes)) if rows and first else None,
        )


def _named(products: list[Offered], names: Mapping[str, str]) -> list[Offered]:
    """The products by the names that the drop gives them, in their order."""
    named = (one._replace(name=names.get(one.sku) or one.name) for one in products)
    return sorted(named, key=lambda one: (one.name.casefold(), one.sku))


def public_drop(views: Views, organizer: str, slug: str) -> Drop:
    """A drop that anyone may see. Raises ``NotFound``."""
    found = views.drop(organizer, slug)
    if found is None or not found.is_public:
        raise NotFound
    return found


def _page_number() -> int:
    number = request.args.get("page", "1")
    return min(max(1, int(number)), MAX_PAGE) if number.isascii() and number.isdigit() and len(number) < 9 else 1


def _between(today: date) -> tuple[date, date]:
    """The days asked for, the last not included; the month from today on when none are."""
    first, last = request.args.get("from", ""), request.args.get("to", "")
    start = day_of(first[:10]) if first else today
    end = day_of(last[:10]) if last else (start or today) + timedelta(days=31)
    if start is None or end is None:
        raise InvalidInput("“from” and “to” take a day like 2026-12-05.")
    if not start < end <= start + LONGEST:
        raise InvalidInput(f"“to” is a later day than “from”, at most {LONGEST.days} days.")
    return start, end


def _as_json(drop: Drop, slots: list[PublicSlot], words: Wording, now: datetime) -> str:
    rows = [_row(shown(slot, words, now), drop, words) for slot in slots[:MOST] if not slot.removed]
    return json.dumps({"revision": drop.revision, "slots": rows, "more": len(slots) > MOST}, ensure_ascii=False, separators=(",", ":"))


def _row(one: SlotShown, drop: Drop, words: Wording) -> dict[str, Any]:
    slot = one.slot
    goods = [offer for offer in offers(slot, drop, words) if not offer.add_on]
    return {
        "id": slot.public_id,
        "title": slot.title or drop.title,
        "starts": one.starts.isoformat(),
        "ends": one.ends.isoformat(),
        "all_day": slot.all_day,
        "times": one.times,
        "place": slot.place or drop.place,
        "state": slot.availability.state,
        "left": slot.availability.left,
        "badge": [one.badge.kind, one.badge.text],
        "products": {offer.sku: offer.name for offer in goods},
    }
