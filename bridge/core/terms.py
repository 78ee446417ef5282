"""What a drop sells, and on what terms: products, pickup, shipping, questions and policies, as the organizer described them.

Money is an integer of minor units in the drop's currency. A tax rate is an integer of thousandths of a percent (19 % is
19000, 8.875 % is 8875). All moments are aware and in UTC.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.drops import OccurrenceDraft, OfferDraft
from bridge.core.errors import InvalidInput

SHORTEST_HOLD, LONGEST_HOLD = timedelta(minutes=3), timedelta(minutes=60)
MAX_TAX_RATE = 100_000
MAX_PRICE = 1_000_000_000_000
MAX_UNITS = 1_000_000
MAX_TEXT = 20_000
MAX_NAME = 200
MAX_SKU = 64
MAX_LISTED = 200
AT_PICKUP = "at_pickup"


@dataclass(frozen=True, slots=True)
class EarlyPrice:
    """A lower price until a moment (not included), for the first ``units`` sold of each slot, or both, whichever ends first."""

    price: int
    until: datetime | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What a drop sells under a SKU of its location.

    ``price`` holds on each slot whose settings lines name no other. ``limit`` is units per customer over the whole drop.
    ``places_per_unit`` is how many of a slot's places one unit takes; an add-on takes none. ``pictures`` are digests of
    stored pictures, the main one first.
    """

    sku: str
    name: str = ""
    story: str = ""
    price: int | None = None
    tax_rate: int = 0
    early: EarlyPrice | None = None
    limit: int | None = None
    places_per_unit: int = 1
    add_on: bool = False
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One entry of the FAQ."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class ShippingOption:
    """A way of having an order sent. ``fee`` is added once an order; ``countries`` are ISO 3166-1 alpha-2, none: anywhere.

    ``takes_places``: whether what is sent takes places of the slot as well.
    """

    key: str
    name: str
    fee: int = 0
    tax_rate: int = 0
    countries: tuple[str, ...] = ()
    takes_places: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one drop; those of a drop that nobody described are the defaults.

    ``offers`` is what a slot sells that has no ``Sells:`` line. ``pays_by`` names payment sockets in the order they are
    offered. ``hold``: how long places are kept for someone who is ordering. ``cancel_until``: up to how long before the
    slot's start customers may change or cancel by themselves, None: never. ``offer_lasts``: for how long a place that
    came free is kept for the next on the waiting list. ``seller`` is name and address for receipts, ``tax_id`` the
    number on them. "n people booked" is shown for the last ``activity`` and from ``activity_floor`` people on.
    """

    products: tuple[Product, ...] = ()
    offers: tuple[OfferDraft, ...] = ()
    story: str = ""
    pictures: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    has_pickup: bool = True
    pickup: str = ""
    shipping: tuple[ShippingOption, ...] = ()
    pays_by: tuple[str, ...] = (AT_PICKUP,)
    tax_included: bool = True
    hold: timedelta = timedelta(minutes=5)
    cancel_until: timedelta | None = timedelta(hours=24)
    refund_policy: str = ""
    waiting_list: bool = True
    offer_lasts: timedelta = timedelta(hours=2)
    seller: str = ""
    tax_id: str = ""
    activity: timedelta = timedelta(hours=1)
    activity_floor: int = 5

    def product(self, sku: str) -> Product | None:
        """The product of this SKU."""
        return next((product for product in self.products if product.sku == sku), None)

    @property
    def has_limits(self) -> bool:
        """Whether any product is limited per customer over all their orders."""
        return any(product.limit is not None for product in self.products)

    @property
    def paid_ahead(self) -> bool:
        """Whether any way of paying is one ahead, without which nothing is sent."""
        return any(name != AT_PICKUP for name in self.pays_by)

    @property
    def hands_over(self) -> bool:
        """Whether goods can be had at all: picked up, or sent to who paid ahead."""
        return bool(self.pays_by) and (self.has_pickup or (bool(self.shipping) and self.paid_ahead))

    def payable(self, ready: Container[str]) -> "Terms":
        """The same with those ways of paying alone that are ``ready``: maybe none."""
        return replace(self, pays_by=tuple(name for name in self.pays_by if name in ready))

    def shipping_by(self, key: str) -> ShippingOption:
        """The shipping option of this key. Raises ``InvalidInput``."""
        for option in self.shipping:
            if option.key == key:
                return option
        raise InvalidInput("Choose how it is to be sent.")


def described(draft: OccurrenceDraft, terms: Terms, *, is_new: bool = False) -> OccurrenceDraft:
    """``draft`` with what its settings lines leave open: what is sold, and each product's price, places and being an add-on.

    A ``Sells:`` line that was not understood leaves what a slot sells as it was; a new one sells what the drop does.
    """
    settings = draft.settings
    offers = settings.offers
    if offers is None and (is_new or not settings.mentions("Sells")):
        offers = terms.offers or None
    if not offers:
        return draft
    return replace(draft, settings=replace(settings, offers=tuple(_offered(offer, terms.product(offer.sku)) for offer in offers)))


def _offered(offer: OfferDraft, product: Product | None) -> OfferDraft:
    if product is None:
        return offer
    return replace(
        offer,
        price=product.price if offer.price is None else offer.price,
        add_on=offer.add_on or product.add_on,
        places_per_unit=product.places_per_unit,
    )


def renamed(before: Terms, after: Terms) -> set[str]:
    """SKUs that are called something else."""
    was, is_now = _names(before), _names(after)
    return {sku for sku in was.keys() | is_now.keys() if was.get(sku, "") != is_now.get(sku, "")}


def _names(terms: Terms) -> dict[str, str]:
    return {product.sku: product.name for product in terms.products}


def sells_otherwise(before: Terms, after: Terms) -> bool:
    """Whether slots may sell something else, or at another price or for other places."""
    return before.offers != after.offers or _laid_on(before) != _laid_on(after)


def _laid_on(terms: Terms) -> dict[str, tuple[int | None, bool, int]]:
    return {product.sku: (product.price, product.add_on, product.places_per_unit) for product in terms.products}


def costs(terms: Terms) -> bool:
    """Whether the terms name any amount of money."""
    amounts = [option.fee for option in terms.shipping] + [offer.price for offer in terms.offers]
    amounts += [amount for product in terms.products for amount in (product.price, product.early.price if product.early else None)]
    return any(amounts)


def checked(terms: Terms) -> Terms:
    """``terms`` if they can be sold on. Raises ``InvalidInput`` naming what cannot be."""
    for product in terms.products:
        _check_product(product)
    _check_once("product", [product.sku for product in terms.products])
    _check_once("shipping option", [option.key for option in terms.shipping])
    _check_once("offer", [offer.sku for offer in terms.offers])
    for option in terms.shipping:
        _check_number(f"The fee of “{option.key}”", option.fee, MAX_PRICE)
        _check_number(f"The tax rate of “{option.key}”", option.tax_rate, MAX_TAX_RATE)
    if not SHORTEST_HOLD <= terms.hold <= LONGEST_HOLD:
        raise InvalidInput("Places are held for 3 to 60 minutes.")
    if not terms.pays_by:
        raise InvalidInput(f"Name at least one way to pay, such as {AT_PICKUP}.")
    if not terms.has_pickup and not terms.shipping:
        raise InvalidInput("Orders are either picked up or sent: allow pickup, or name a shipping option.")
    if not terms.hands_over:
        raise InvalidInput("What is sent is paid first, so nobody could order this: name a way to pay ahead, or allow pickup.")
    _check_texts(story=terms.story, pickup=terms.pickup, refund_policy=terms.refund_policy, seller=terms.seller, tax_id=terms.tax_id)
    for asked in terms.questions:
        _check_texts(question=asked.question, answer=asked.answer)
    return terms


def _check_product(product: Product) -> None:
    if not product.sku.strip() or len(product.sku) > MAX_SKU or "\0" in product.sku:
        raise InvalidInput(f"A SKU has 1 to {MAX_SKU} characters, not “{product.sku[:MAX_SKU]}”.")
    told = f"of “{product.name or product.sku}”"
    _check_number(f"The price {told}", product.price, MAX_PRICE)
    _check_number(f"The tax rate {told}", product.tax_rate, MAX_TAX_RATE)
    _check_number(f"The limit {told}", product.limit, MAX_UNITS, least=1)
    _check_number(f"The number of places {told}", product.places_per_unit, MAX_UNITS)
    if product.early is not None:
        _check_number(f"The early price {told}", product.early.price, MAX_PRICE)
        _check_number(f"The number of early units {told}", product.early.units, MAX_UNITS, least=1)
        if product.early.until is None and product.early.units is None:
            raise InvalidInput(f"The early price {told} needs an end: a moment, a number of units, or both.")
    if len(product.name) > MAX_NAME:
        raise InvalidInput(f"The name of a product may have at most {MAX_NAME} characters.")
    _check_texts(name=product.name, story=product.story)


def _check_number(what: str, value: int | None, most: int, least: int = 0) -> None:
    if value is not None and not least <= value <= most:
        raise InvalidInput(f"{what} lies between {least} and {most}; {value} does not.")


def _check_once(what: str, keys: list[str]) -> None:
    if len(keys) > MAX_LISTED:
        raise InvalidInput(f"A drop has at most {MAX_LISTED} of its kind: {what}.")
    for key in keys:
        if keys.count(key) > 1:
            raise InvalidInput(f"There are two of the {what} “{key}”; each needs a name of its own.")


def _check_texts(**texts: str) -> None:
    for name, text in texts.items():
        if len(text) > MAX_TEXT or "\0" in text:
            raise InvalidInput(f"The {name.replace('_', ' ')} may have at most {MAX_TEXT} characters.")
