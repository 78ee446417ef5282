"""What a drop sells, and on what terms: products, pickup, shipping, questions and policies, as the organizer described them.

Money is an integer of minor units in the drop's currency. A tax rate is an integer of thousandths of a percent (19 % is
19000, 8.875 % is 8875). All moments are aware and in UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.drops import OfferDraft
from bridge.core.errors import InvalidInput

SHORTEST_HOLD, LONGEST_HOLD = timedelta(minutes=3), timedelta(minutes=60)
MAX_TAX_RATE = 100_000
MAX_PRICE = 1_000_000_000_000
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

    def shipping_by(self, key: str) -> ShippingOption:
        """The shipping option of this key. Raises ``InvalidInput``."""
        for option in self.shipping:
            if option.key == key:
                return option
        raise InvalidInput("Choose how it is to be sent.")
