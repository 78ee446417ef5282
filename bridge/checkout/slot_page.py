"""The page of one slot: a product page, made once for everyone who looks until something on it changes."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import Request, Response, request
from markupsafe import Markup
from werkzeug.exceptions import Gone, NotFound

from bridge import ical
from bridge.checkout import linked_data
from bridge.checkout.about import About, absolute, addresses, in_short, locale_of
from bridge.checkout.assets import sheet
from bridge.checkout.counted import Frames, counted
from bridge.checkout.kept import Kept, Page, page
from bridge.checkout.language import asked, chosen
from bridge.checkout.next_steps import changes_end, next_steps
from bridge.checkout.order_form import Asked, form_of
from bridge.checkout.pictures import PictureShown, first_picture, shown_pictures
from bridge.checkout.printing import HTML, Sent, finished, going_out, printed, sent
from bridge.checkout.reading import Reading
from bridge.checkout.shown import Badge, Picture, SlotShown, changes_at, picture, short_day, shown, span_of_days, window
from bridge.checkout.traffic import Booked, booked_lately, is_a_view
from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop, Offer
from bridge.core.ports import Views
from bridge.core.terms import Terms
from bridge.core.traffic import View, hour_of, price_shown
from bridge.wording import Wording

Made = tuple[object, Page]
Key = tuple[str, ...]
Make = Callable[[Key, "Seen", Wording, datetime], Page]


class Seen(NamedTuple):
    """A slot with all that its page is made of, at a version.

    ``sold`` are its offers as they are stored, ``goods`` the pictures of products by SKU.
    """

    slot: PublicSlot
    drop: Drop
    terms: Terms
    version: object
    picture: Picture | None = None
    sold: tuple[Offer, ...] = ()
    goods: Mapping[str, PictureShown] = MappingProxyType({})
    booked: Booked = Booked()


class _IsGone(Exception):
    """What the page would show was taken out of the calendar."""

    def __init__(self, drop: Drop, slot: PublicSlot) -> None:
        super().__init__()
        self.drop, self.slot = drop, slot


class SlotPages:
    """Answers for slots. A page that is kept costs one look at the rows of its slot and drop."""

    def __init__(self, bridge: Reading, kept: Kept) -> None:
        self._bridge, self._kept, self._frames = bridge, kept, Frames()

    def page(self, public_id: str) -> Response:
        """The slot's own page."""
        return self._answer("page", public_id, self._page)

    def kept(self, asked_by: Request, public_id: str) -> Sent | None:
        """The slot's own page if it was made before and shows what is true by now."""
        with self._bridge.glance() as views:
            found = views.slot_version(public_id)
        if found is None:
            return None
        (drop, version), now = found, self._bridge.now()
        words = chosen(asked_by, drop.language)
        made = self._kept.found(("page", public_id, str(words.locale), asked(asked_by)), version, now)
        if made is None:
            return None
        self._count(asked_by, made, now)
        return going_out(asked_by, made, now)

    def card(self, public_id: str) -> Response:
        """The same in short, to be shown within the drop's page."""
        response = self._answer("card", public_id, self._card)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def _answer(self, kind: str, public_id: str, make: Make) -> Response:
        with self._bridge.glance() as views:
            drop, version = _version_of(views, public_id)
        now, words = self._bridge.now(), chosen(request, drop.language)
        key = (kind, public_id, str(words.locale), asked(request))

        def anew() -> Made:
            with self._bridge.read() as views:
                seen = slot_seen(views, public_id, now)
            if seen.slot.removed:
                raise _IsGone(seen.drop, seen.slot)
            return seen.version, make(key, seen, words, now)

        try:
            made = self._kept.page(key, version, now, anew)
        except _IsGone as gone:
            words = words.at(now)
            one = shown(gone.slot, words, now)
            return printed("gone.html", words, status=410, drop=gone.drop, one=one, when=span_of_days(one, words))
        self._count(request, made, now)
        return sent(request, made, now)

    def _count(self, asked_by: Request, made: Page, now: datetime) -> None:
        if made.counts is not None and is_a_view(asked_by):
            self._bridge.tally.add(View(made.counts[0], hour_of(now), made.counts[1]))

    def _page(self, key: Key, seen: Seen, words: Wording, now: datetime) -> Page:
        until = min([changes_at([seen.slot], now), seen.booked.until, *moments_of(seen.slot, seen.terms, now)])
        text = self._frames.filled(key, words, page_values(self._bridge, seen, words.at(now), now))
        return page(text, HTML, words.language, until, (seen.slot.position, price_shown(seen.sold, seen.terms, now)))

    def _card(self, _key: Key, seen: Seen, words: Wording, now: datetime) -> Page:
        words, one = words.at(now), shown(seen.slot, words.at(now), now)
        until = min([changes_at([seen.slot], now), *moments_of(seen.slot, seen.terms, now)])
        return finished("card.html", words, until, **slot_values(self._bridge, one, seen, words, now))


def page_values(bridge: Reading, seen: Seen, words: Wording, now: datetime, asked_for: Asked | None = None) -> dict[str, Any]:
    """What the page of a slot shows; ``asked_for`` is what one visitor typed into its form."""
    there = shown(seen.slot, words, now)
    one, opens = _offered(there, asked_for, words), seen.slot.preorder.opens
    values = slot_values(bridge, one, seen, words, now, asked_for)
    return {
        "sheet": sheet(),
        "about": _about(bridge, there, seen, words),
        "day": short_day(one, words),
        "opens": words.moment(opens, one.zone) if opens else "",
        "counted": counted(one, values["form"], seen.goods, seen.booked.told(words), _data(bridge, there, seen), words),
        **values,
    }


def _offered(one: SlotShown, asked_for: Asked | None, words: Wording) -> SlotShown:
    """With what is kept for who waited, in place of how little is left for others."""
    held = asked_for.hold if asked_for else None
    if held is None or held.waiting_id is None:
        return one
    kept = sum(line.units for line in held.lines) or held.places
    return replace(one, badge=Badge("few", words.plural("{n} kept for you", "{n} kept for you", kept)))


def moments_of(slot: PublicSlot, terms: Terms, now: datetime) -> list[datetime]:
    """When time alone changes what is said of prices, or of changes by customers."""
    end = changes_end(slot, terms)
    return [*early_ends(terms, now), *([end] if end is not None and end > now else [])]


def early_ends(terms: Terms, now: datetime) -> list[datetime]:
    """The moments to come at which an early price ends."""
    ends = [product.early.until for product in terms.products if product.early is not None]
    return [end for end in ends if end is not None and end > now]


def _about(bridge: Reading, one: SlotShown, seen: Seen, words: Wording) -> About:
    base, slot, drop = bridge.settings.base_url, one.slot, seen.drop
    address, alternates = addresses(f"{base}/slots/{slot.public_id}", asked(request))
    facts = [span_of_days(one, words), one.times, slot.place or drop.place]
    return About(
        title=slot.title or drop.title,
        description=in_short(" · ".join(filter(None, facts))),
        address=address,
        alternates=alternates,
        locale=locale_of(words),
        site=drop.organizer_title or drop.organizer,
        picture=absolute(seen.picture, base),
    )


def _data(bridge: Reading, one: SlotShown, seen: Seen) -> Markup:
    base = bridge.settings.base_url
    address, organizer = f"{base}/slots/{one.slot.public_id}", f"{base}/{quote(seen.drop.organizer)}/"
    return linked_data.written(linked_data.event(one, seen.drop, address, organizer, absolute(seen.picture, base)))


def slot_values(
    bridge: Reading, one: SlotShown, seen: Seen, words: Wording, now: datetime, asked_for: Asked | None = None
) -> dict[str, Any]:
    """What the page of a slot and its card show alike."""
    drop, terms, letters = seen.drop, _payable(seen, bridge.ready_to_pay), bridge.settings.mail.carries
    return {
        "drop": drop,
        "one": one,
        "name": one.slot.title or drop.title,
        "who": drop.organizer_title or drop.organizer,
        "when": span_of_days(one, words),
        "window": window(one.slot, words),
        "form": form_of(one.slot, drop, terms, seen.sold, words, now, asked_for),
        "picture": seen.picture,
        "pickup": one.slot.pickup or terms.pickup,
        "story": terms.story,
        "questions": terms.questions,
        "policy": terms.refund_policy,
        "steps": next_steps(one, terms, one.slot.place or drop.place, words, now, letters=letters),
        "letters": letters,
    }


def _payable(seen: Seen, ready: Collection[str]) -> Terms:
    """The terms with the ways of paying that are set up; what is free needs none of them."""
    terms = seen.terms.payable(ready)
    return terms if terms.pays_by or any(offer.price for offer in seen.slot.availability.offers) else seen.terms


def slot_seen(views: Views, public_id: str, now: datetime) -> Seen:
    """A public slot with all that its page is made of. Its main picture is its own, else the drop's first, else its first product's.

    Raises ``NotFound``.
    """
    told = views.slot_told(public_id)
    if told is None:
        raise NotFound
    slot, drop, terms = told.slot, told.drop, told.terms
    sold = [terms.product(offer.sku) for offer in slot.availability.offers]
    digests = {product.sku: product.pictures[0] for product in sold if product and product.pictures}
    kept = shown_pictures(views, digests.values()) if digests else {}
    goods = {sku: kept[digest] for sku, digest in digests.items() if digest in kept}
    image = picture(slot.image) or first_picture(views, [*terms.pictures[:1], *digests.values()]) or picture(drop.image)
    return Seen(slot, drop, terms, told.version, image, told.sold, goods, booked_lately(views, slot, terms, now))


def slot_of(views: Views, public_id: str) -> tuple[PublicSlot, Drop]:
    """A public slot and its drop. Raises ``NotFound``."""
    found = views.public_slot(public_id)
    drop = views.drop(*found.drop.split("/", 1)) if found is not None else None
    if found is None or drop is None or not drop.is_public:
        raise NotFound
    return found, drop


def _version_of(views: Views, public_id: str) -> tuple[Drop, object]:
    found = views.slot_version(public_id)
    if found is None:
        raise NotFound
    return found


def slot_file(views: Views, public_id: str) -> str:
    """The slot as a calendar of its own. Raises ``NotFound``, ``Gone``."""
    found, drop = slot_of(views, public_id)
    row = next((row for row in views.feed_rows(drop.id, after=found.position - 1, limit=1)), None)
    if row is None or row.position != found.position:
        raise Gone
    return ical.wrap_public(row.text, row.timezone)


def opening_file(views: Views, public_id: str, base_url: str) -> str:
    """The opening of the slot's preorder as a calendar of one event. Raises ``NotFound`` when it has none, ``Gone``."""
    found, drop = slot_of(views, public_id)
    if found.removed:
        raise Gone
    if found.preorder.opens is None:
        raise NotFound
    return ical.opening(
        public_id,
        found.title or drop.title,
        found.preorder.opens,
        stamp=found.updated_at or found.starts_at,
        sequence=found.sequence,
        link=f"{base_url}/slots/{public_id}",
        language=drop.language,
    )
