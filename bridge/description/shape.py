"""Every key of a description: what is written there, what it means, and which field of the drop or its terms it is.

The order is that of the manual and of what is written. Reading, writing and the manual's tables all follow this one.
"""

from dataclasses import dataclass

from bridge.core.drops import MAX_CAPACITY
from bridge.description import kinds as k
from bridge.description.kinds import Kind


@dataclass(frozen=True, slots=True)
class Key:
    """``field`` is an attribute of what the table describes; a ``needed`` one has no default."""

    name: str
    kind: Kind
    field: str
    means: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A table of the file (``""``: its beginning). ``many``: an array of tables; ``of`` what each is, or where the fields belong."""

    name: str
    of: str
    keys: tuple[Key, ...]
    many: bool = False

    def key(self, name: str) -> Key | None:
        """The key of this name."""
        return next((key for key in self.keys if key.name == name), None)


ADDRESS = (
    Key("drop", k.TITLE, "slug", "the drop's name in addresses", needed=True),
    Key("organizer", k.TITLE, "organizer", "whose drop it is; `--organizer` may say so instead"),
    Key("location", k.TITLE, "location", "where its stock is kept; `main` when it is made, and never another later"),
)
FACTS = (
    Key("title", k.TITLE, "title", "what customers read"),
    Key("description", k.LONG, "description", "a few sentences that calendar apps show too"),
    Key("place", k.LINE, "place", "where slots are that name no place"),
    Key("timezone", k.ZONE, "timezone", "the zone of all times in this file"),
    Key("language", k.LANGUAGE, "language", "what the drop speaks"),
    Key("currency", k.CURRENCY, "currency", "what its prices are in"),
    Key("color", k.COLOR, "color", "the calendar's colour"),
    Key("public", k.FLAG, "is_public", "whether it has a public page and feed"),
)
SLOTS = (
    Key("capacity", k.or_none(k.whole(MAX_CAPACITY)), "capacity", "places of an event without a `Places:` line"),
    Key("limit", k.or_none(k.whole(least=1)), "limit", "units per customer and slot"),
    Key("opens", k.or_none(k.STARTS), "opens", "from when customers may order"),
    Key("closes", k.or_none(k.ENDS), "closes", "until when; a day is meant to its end"),
)
SOLD = (
    Key("sku", k.SKU, "sku", "the SKU", needed=True),
    Key("allotment", k.whole(), "allotment", "so many on each slot at most"),
    Key("price", k.MONEY, "price", "its price there, instead of the product's"),
    Key("add_on", k.FLAG, "add_on", "sold there as an add-on"),
)
EARLY = (
    Key("price", k.MONEY, "price", "the lower price", needed=True),
    Key("until", k.ENDS, "until", "until when; a day is meant to its end"),
    Key("units", k.whole(least=1), "units", "for the first so many units of each slot"),
)
PRODUCT = (
    Key("sku", k.SKU, "sku", "its SKU at the location", needed=True),
    Key("name", k.NAME, "name", "what it is called everywhere; else as the till calls it"),
    Key("story", k.LONG, "story", "what there is to tell about it"),
    Key("pictures", k.PICTURES, "pictures", "the main one first; paths start from the file's folder"),
    Key("price", k.MONEY, "price", "its price where a slot names no other"),
    Key("tax", k.RATE, "tax_rate", "the rate of the tax in or on its price"),
    Key("limit", k.whole(least=1), "limit", "units per customer over the whole drop"),
    Key("places", k.whole(), "places_per_unit", "places of a slot that a unit takes"),
    Key("add_on", k.FLAG, "add_on", "comes along with something else, and takes no place"),
)
SHIPPING = (
    Key("key", k.KEY, "key", "its short name", needed=True),
    Key("name", k.NAME, "name", "what customers read", needed=True),
    Key("fee", k.MONEY, "fee", "added once an order"),
    Key("tax", k.RATE, "tax_rate", "the rate of the tax in or on the fee"),
    Key("countries", k.COUNTRIES, "countries", "where it goes; anywhere when none is named"),
    Key("takes_places", k.FLAG, "takes_places", "whether what is sent takes places of the slot as well"),
    Key("note", k.LINE, "note", "a line for customers, such as how long it takes"),
)
PARTS = (
    Part("", "address", ADDRESS),
    Part("", "drop", FACTS),
    Part(
        "",
        "terms",
        (
            Key("story", k.LONG, "story", "what the pages tell about the drop"),
            Key("pictures", k.PICTURES, "pictures", "the main one first; paths start from the file's folder"),
        ),
    ),
    Part("slots", "defaults", SLOTS),
    Part("products", "products", PRODUCT, many=True),
    Part("questions", "questions", (
        Key("question", k.LINE, "question", "as a customer asks it", needed=True),
        Key("answer", k.LONG, "answer", "the answer", needed=True),
    ), many=True),
    Part("pickup", "terms", (
        Key("offered", k.FLAG, "has_pickup", "whether orders may be picked up"),
        Key("instructions", k.LONG, "pickup", "where and how, where the slot says nothing of its own"),
    )),
    Part("shipping", "shipping", SHIPPING, many=True),
    Part("payment", "terms", (
        Key("methods", k.METHODS, "pays_by", "ways to pay, in the order they are offered: `at_pickup`, and `stripe` once it is set up"),
        Key("taxes", k.TAXES, "tax_included", "whether prices hold their tax or it is added to them"),
        Key("hold", k.HOLD, "hold", "how long places are kept for someone who is ordering: 3 to 60 minutes"),
    )),
    Part("policies", "terms", (
        Key("cancel_until", k.BEFORE, "cancel_until", "up to how long before the start customers may change or cancel by themselves"),
        Key("refunds", k.LONG, "refund_policy", "what the pages say about refunds"),
    )),
    Part("waiting_list", "terms", (
        Key("open", k.FLAG, "waiting_list", "whether customers may wait for a place that comes free"),
        Key("offer_lasts", k.LASTS, "offer_lasts", "for how long it is kept for the next who waits"),
    )),
    Part("seller", "terms", (
        Key("address", k.LONG, "seller", "name and address on receipts"),
        Key("tax_id", k.NAME, "tax_id", "the tax number on receipts"),
    )),
    Part("activity", "terms", (
        Key("last", k.LASTS, "activity", "“n people booked” counts the bookings of this time"),
        Key("from", k.whole(), "activity_floor", "and is shown from so many people on"),
    )),
)  # fmt: skip
SELLS, EARLY_NAME = "sells", "early"
"""Keys of a shape of their own: what slots sell, in ``[slots]``; and a product's early price."""
EXTRA = {"slots": (SELLS,), "products": (EARLY_NAME,)}
