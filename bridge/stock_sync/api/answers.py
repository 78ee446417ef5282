"""What is answered: stock items, what became of a message, drops and slots."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop
from bridge.core.stock import StockItem
from bridge.flows.stock import Recorded

Moment = Annotated[datetime, WithJsonSchema({"type": "string", "format": "date-time"})]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Answer):
    """A SKU at a location."""

    sku: str
    name: str
    count: int | None = Field(description="The latest count; null until somebody counted.")
    counted_at: Moment | None
    moved: int = Field(description="The sum of the movements later than the count.")
    promised: int = Field(description="Units that customers hold here and the till does not know of yet.")
    left: int | None = Field(description="Units that can still be claimed; null while nobody counted.")
    oversold: int = Field(description="Units that are promised and, as the till says, not there.")
    stale: bool = Field(description="Whether the count is older than the till's limit.")


class Outcome(Item):
    """A stock item after a message, and what became of the message."""

    applied: bool
    reason: Literal["applied", "older", "repeated"]
    taken_as: Moment = Field(description="The moment that the message was taken to speak of.")


class Outcomes(_Answer):
    """One outcome for each message, in their order."""

    results: list[Outcome]


class Items(_Answer):
    """The stock of a location, by SKU."""

    items: list[Item]


class OfferAnswer(_Answer):
    """What is left of one product on a slot."""

    sku: str
    name: str
    left: int | None
    reason: Literal["", "places", "allotment", "stock"]
    add_on: bool
    price: int | None = Field(description="In minor units of the drop's currency.")
    as_of: Moment | None = Field(description="When it was counted, if that is too long ago.")


class SlotAnswer(_Answer):
    """A slot, as customers see it."""

    id: str
    title: str
    starts_at: Moment
    ends_at: Moment
    timezone: str
    place: str
    state: Literal["open", "soon", "sold_out", "closed", "cancelled"]
    capacity: int
    places_left: int
    left: int = Field(description="How many can really be claimed: the smallest of places, allotments and stock.")
    offers: list[OfferAnswer]


class Slots(_Answer):
    """Slots of a drop, the soonest first. ``next`` is the offset to go on with, null at the end."""

    slots: list[SlotAnswer]
    next: int | None


class DropAnswer(_Answer):
    """A drop."""

    slug: str
    title: str
    timezone: str
    currency: str
    language: str
    public: bool
    revision: int = Field(description="Raised by every change of what calendars show.")


class Drops(_Answer):
    """The organizer's drops."""

    drops: list[DropAnswer]


class Index(_Answer):
    """Where to go from here."""

    openapi: str
    locations: str
    drops: str


def item(stock: StockItem, now: datetime) -> dict[str, Any]:
    """An ``Item``."""
    return {
        "sku": stock.sku,
        "name": stock.name or stock.sku,
        "count": stock.count,
        "counted_at": _told(stock.counted_at),
        "moved": stock.moved,
        "promised": stock.promised,
        "left": stock.free(now),
        "oversold": stock.oversold,
        "stale": stock.is_stale(now),
    }


def outcome(recorded: Recorded, taken_as: datetime, now: datetime) -> dict[str, Any]:
    """An ``Outcome``."""
    return item(recorded.item, now) | {"applied": recorded.applied, "reason": recorded.reason, "taken_as": _told(taken_as)}


def drop(found: Drop) -> dict[str, Any]:
    """A ``DropAnswer``."""
    return {
        "slug": found.slug,
        "title": found.title,
        "timezone": found.timezone,
        "currency": found.currency,
        "language": found.language,
        "public": found.is_public,
        "revision": found.revision,
    }


def slot(found: PublicSlot) -> dict[str, Any]:
    """A ``SlotAnswer``."""
    seen = found.availability
    return {
        "id": found.public_id,
        "title": found.title,
        "starts_at": _told(found.starts_at),
        "ends_at": _told(found.ends_at),
        "timezone": found.timezone,
        "place": found.place,
        "state": seen.state,
        "capacity": seen.capacity,
        "places_left": seen.places_left,
        "left": seen.left,
        "offers": [
            {
                "sku": offer.sku,
                "name": offer.name,
                "left": offer.left,
                "reason": offer.reason,
                "add_on": offer.add_on,
                "price": offer.price,
                "as_of": _told(offer.as_of),
            }
            for offer in seen.offers
        ],
    }


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
