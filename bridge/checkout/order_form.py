"""The form of a slot's page in words and numbers: what its template prints, fresh or with what somebody typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bridge.checkout.countries import countries
from bridge.checkout.fields import only_kept
from bridge.checkout.paying import Method, call_of, methods_of
from bridge.checkout.shown import as_of, left_of
from bridge.checkout.typed import PICKUP, SENT, TRAP, UNITS, Typed
from bridge.core.availability import OfferAvailability, within_reach
from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop, Offer, sells_goods
from bridge.core.ports_orders import Held
from bridge.core.pricing import early_left, price_of
from bridge.core.terms import AT_PICKUP, Product, ShippingOption, Terms
from bridge.wording import N_, Wording, minor_digits

MOST_UNITS = 99
NOT_NOW = N_("This cannot be ordered at the moment.")


@dataclass(frozen=True, slots=True)
class Good:
    """One thing that can be chosen. ``most`` is what its field takes; prices are said and, for the script, in minor units."""

    sku: str
    name: str
    price: str
    before: str
    ends: str
    left: str
    as_of: str
    add_on: bool
    gone: bool
    most: int
    value: str
    ordinary: int
    early: int | None
    early_left: int | None
    tax_rate: int
    wrong: str = ""
    story: str = ""
    own: bool = False
    said: str = ""
    """What is told to who asks for more than ``most``."""


@dataclass(frozen=True, slots=True)
class Way:
    """How it can be had: picked up, or sent at a fee. ``value`` is the field's."""

    value: str
    name: str
    fee: int
    price: str
    note: str
    tax_rate: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class FormShown:
    """Everything the form prints. ``kind``: ``order``, ``wait`` (for the waiting list) or empty, when nothing can be asked for.

    ``hold`` is kept until ``kept_until``, for ``seconds``: visitors' clocks are wrong. ``errors`` are pairs of a field's id and a sentence.
    """

    kind: str
    goods: tuple[Good, ...]
    add_ons: tuple[Good, ...]
    ways: tuple[Way, ...]
    methods: tuple[Method, ...]
    countries: tuple[tuple[str, str], ...]
    typed: Typed
    wrong: Mapping[str, str]
    errors: tuple[tuple[str, str], ...]
    costs: bool
    currency: str
    digits: int
    tax_included: bool
    most_places: int
    places: str
    call: str
    pays_later: bool
    hold: str = ""
    kept_until: str = ""
    seconds: int = 0
    offered: bool = False
    notice: str = ""
    places_said: str = ""

    trap: str = TRAP
    field: str = UNITS

    @property
    def focus(self) -> str:
        """The id of what has the focus first: the one field that is wrong, or the list of several."""
        ids = {place for place, _ in self.errors}
        return next(iter(ids)) if len(ids) == 1 else "errors" if ids else ""


class Asked(NamedTuple):
    """What somebody typed, what is wrong with it, and what is kept for them."""

    typed: Typed = Typed()
    wrong: Sequence[tuple[str, str]] = ()
    hold: Held | None = None
    notice: str = ""


def form_of(
    slot: PublicSlot, drop: Drop, terms: Terms, sold: Sequence[Offer], words: Wording, now: datetime, asked: Asked | None = None
) -> FormShown:
    """The form as it is shown at ``now``; ``sold`` are the slot's offers as they are stored."""
    asked = asked or Asked()
    # Stored terms may name shipping that nobody could pay for, and nothing else.
    is_stuck = sells_goods(sold) and not terms.hands_over
    terms = terms if terms.paid_ahead or not terms.shipping else replace(terms, shipping=())
    skus = [seen.sku for seen in sorted(slot.availability.offers, key=lambda seen: seen.add_on)]
    told = {_own_field(field, skus): sentence for field, sentence in reversed(list(asked.wrong))}
    shown = _Shown(slot, drop, terms, {offer.sku: offer for offer in sold}, words, now, asked, told)
    asks = _kind(slot, terms, asked.hold)
    kind = "" if is_stuck else asks
    goods = tuple(shown.good(seen) for seen in slot.availability.offers)
    ways = shown.ways()
    methods = methods_of(terms, asked.typed, words)
    most_places = shown.most(slot.availability.places_left, shown.own_places, kind, [slot.availability.capacity])
    costs = any(good.ordinary for good in goods) or any(way.fee for way in ways)
    return FormShown(
        kind=kind,
        goods=tuple(good for good in goods if not good.add_on),
        add_ons=tuple(good for good in goods if good.add_on),
        ways=ways,
        methods=methods,
        countries=countries(terms, words),
        typed=asked.typed,
        wrong=told,
        errors=tuple((element(field, goods), sentence) for field, sentence in asked.wrong),
        costs=costs,
        currency=drop.currency,
        digits=minor_digits(drop.currency),
        tax_included=terms.tax_included,
        most_places=most_places,
        places_said=shown.said(most_places, slot.availability.places_left, shown.own_places),
        places=asked.typed["places"] or ("" if goods else "1"),
        call=call_of(kind, methods, words, costs=costs),
        pays_later=terms.pays_by[:1] == (AT_PICKUP,),
        hold=asked.hold.secret if asked.hold else "",
        kept_until=words.time(asked.hold.expires_at, ZoneInfo(slot.timezone)) if asked.hold else "",
        seconds=max(0, int((asked.hold.expires_at - now).total_seconds())) if asked.hold else 0,
        offered=asked.hold is not None and asked.hold.waiting_id is not None,
        notice=asked.notice or (words.text(NOT_NOW) if asks and not kind else ""),
    )


def _own_field(field: str, skus: Sequence[str]) -> str:
    """What is said of all that can be chosen is said at the first of it."""
    if field not in {"units", "places"}:
        return field
    return UNITS + skus[0] if skus else "places"


def element(field: str, goods: Sequence[Good]) -> str:
    """The id of a field's element on the page."""
    ids = {UNITS + good.sku: f"units-{place}" for place, good in enumerate(sorted(goods, key=lambda good: good.add_on), 1)}
    if field in ids:
        return ids[field]
    if field in {"units", "places"} or field.startswith(UNITS):
        return "units-1" if goods else "places"
    return "way-1" if field == "way" else "method-1" if field == "method" else field


def is_open(slot: PublicSlot, now: datetime) -> bool:
    """Whether it can be ordered, were there enough of it."""
    return slot.availability.state in ("open", "sold_out") and now < slot.ends_at


@dataclass(frozen=True, slots=True)
class _Shown:
    slot: PublicSlot
    drop: Drop
    terms: Terms
    sold: Mapping[str, Offer]
    words: Wording
    now: datetime
    asked: Asked
    told: Mapping[str, str]

    @property
    def own(self) -> Mapping[int, int]:
        """Units of each offer that are kept for whoever looks."""
        return self.asked.hold.claim.by_offer() if self.asked.hold else {}

    @property
    def own_places(self) -> int:
        """Places that are kept for whoever looks."""
        return self.asked.hold.places if self.asked.hold else 0

    def good(self, seen: OfferAvailability) -> Good:
        offer = self.sold.get(seen.sku) or Offer(seen.sku, seen.name, price=seen.price, add_on=seen.add_on)
        product, mine = self.terms.product(seen.sku), self.own.get(offer.id, 0)
        ordinary = price_of(offer, product)
        cancelled = self.slot.availability.state == "cancelled"
        off = cancelled or self.now >= self.slot.ends_at
        early, left = (None, None) if off else self._early(offer, product, ordinary, mine)
        kind = "wait" if self.slot.availability.state == "sold_out" and not self.asked.hold else ""
        reach = within_reach(seen, offer, self.slot.availability.places_left, self.own_places, mine)
        most = self.most(reach, mine, kind, self._in_all(offer), product)
        zone = ZoneInfo(self.slot.timezone)
        return Good(
            sku=seen.sku,
            name=seen.name,
            price=self._money(ordinary if early is None else early) if ordinary or seen.price is not None else "",
            before=self._money(ordinary) if early is not None else "",
            ends=self._ends(product, left, zone) if early is not None else "",
            left="" if reach and seen.left == 0 and not mine else self._left(seen, mine, off=off),
            as_of=as_of(seen, self.words, zone, off=off),
            add_on=seen.add_on,
            gone=cancelled or (reach == 0 and not mine),
            most=most,
            value=self.asked.typed.units.get(seen.sku, ""),
            ordinary=ordinary,
            early=early,
            early_left=left,
            tax_rate=product.tax_rate if product else 0,
            wrong=self.told.get(UNITS + seen.sku, ""),
            story=product.story if product else "",
            own=mine > 0,
            said=self.said(most, reach, mine, product),
        )

    def most(self, left: int | None, mine: int, kind: str, in_all: Sequence[int], product: Product | None = None) -> int:
        """What a field takes: what is left and one's own; on the waiting list, what one customer may have of what there is ``in_all``."""
        limits = [MOST_UNITS, self.slot.limit, product.limit if product else None]
        if kind == "wait":
            limits += in_all
        elif left is not None:
            limits.append(left + mine)
        return max(1, min(limit for limit in limits if limit is not None))

    def _in_all(self, offer: Offer) -> list[int]:
        limits = [offer.allotment] if offer.allotment is not None else []
        return [*limits, self.slot.availability.capacity // offer.places_per_unit] if offer.places_per_unit else limits

    def said(self, most: int, left: int | None, mine: int, product: Product | None = None) -> str:
        """Why a field takes no more than ``most``."""
        if most in {self.slot.limit, product.limit if product else None}:
            return self.words.text("At most {n} per customer.", n=most)
        if mine and not left:
            return only_kept(mine, self.words)
        return self.words.text("At most {n} can be ordered.", n=most)

    def _early(self, offer: Offer, product: Product | None, ordinary: int, mine: int) -> tuple[int | None, int | None]:
        early = product.early if product else None
        if early is None or early.price >= ordinary:
            return None, None
        left = early_left(early, max(0, offer.claimed - mine), self.now)
        return (None, None) if left == 0 else (early.price, left)

    def _ends(self, product: Product | None, left: int | None, zone: ZoneInfo) -> str:
        early = product.early if product else None
        told = [self.words.text("until {moment}", moment=self.words.moment(early.until, zone))] if early and early.until else []
        if left is not None:
            told.append(self.words.plural("{n} left at this price", "{n} left at this price", left))
        return ", ".join(told)

    def _left(self, seen: OfferAvailability, mine: int, *, off: bool) -> str:
        if not mine or off:
            return left_of(seen, self.words, off=off)
        kept = self.words.plural("{n} kept for you", "{n} kept for you", mine)
        return f"{kept}, {self.words.plural('{n} more left', '{n} more left', seen.left)}" if seen.left else kept

    def _money(self, minor: int) -> str:
        return self.words.money(minor, self.drop.currency)

    def ways(self) -> tuple[Way, ...]:
        """Pickup first; none when there is nothing to choose, or nothing that could be sent."""
        if not sells_goods(self.sold.values()):
            return ()
        chosen = self.asked.typed["way"]
        found = [Way(PICKUP, self.words.text("Pickup"), 0, "", self.slot.place or self.drop.place, 0, chosen in ("", PICKUP))]
        found = found if self.terms.has_pickup else []
        for option in self.terms.shipping:
            found.append(self._sent(option, chosen == SENT + option.key or (not found and not chosen)))
        return tuple(found) if self.terms.shipping else ()

    def _sent(self, option: ShippingOption, chosen: bool) -> Way:
        return Way(SENT + option.key, option.name, option.fee, self._money(option.fee), option.note, option.tax_rate, chosen)


def _kind(slot: PublicSlot, terms: Terms, hold: Held | None) -> str:
    if slot.availability.state == "open" or (hold is not None and slot.availability.state == "sold_out"):
        return "order"
    return "wait" if slot.availability.state == "sold_out" and terms.waiting_list else ""
