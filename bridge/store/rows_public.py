"""What is stored of what customers see, to values and back."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, select

from bridge.core.availability import Availability, OfferAvailability, State
from bridge.core.calendars import PublicSlot, Shown
from bridge.core.drops import PreorderWindow
from bridge.store import tables as t

_compact = json.JSONEncoder(separators=(",", ":")).encode


@lru_cache(maxsize=4096)
def availability_text(value: Availability) -> str:
    """An availability as compact JSON; equal availabilities give equal texts."""
    offers = [
        [o.sku, o.name, o.left, o.reason, int(o.add_on), o.price, o.as_of.timestamp() if o.as_of else None, o.oversold]
        for o in value.offers
    ]
    # Of the few slots of which places are kept for a waiting list.
    kept = [value.offered] if value.offered else []
    return _compact([value.state, value.places_left, value.capacity, value.left, value.reason, offers, *kept])


def availability(text: str) -> Availability:
    """The availability that ``availability_text`` wrote."""
    state, places_left, capacity, left, reason, offers, *kept = json.loads(text)
    return Availability(state, places_left, capacity, left, reason, tuple(_offer_availability(offer) for offer in offers), *kept)


def shown(row: Row[Any]) -> Shown:
    """What is shown of a slot. What is shown on thousands is compared as it is stored, and not made anew for that."""
    state: State = json.loads(row.availability[1 : row.availability.index(",")])
    return Shown(row.availability, state, row.notices, row.template, row.gone)


def _offer_availability(fields: Sequence[Any]) -> OfferAvailability:
    sku, name, left, reason, add_on, price, as_of, oversold = fields
    moment = datetime.fromtimestamp(as_of, UTC) if as_of is not None else None
    return OfferAvailability(sku, name, left, reason, bool(add_on), price, moment, oversold)


PUBLIC_SLOT = (
    select(
        t.slots,
        t.public_renderings.c.availability,
        t.public_renderings.c.updated_at,
        t.drops.c.slug,
        t.organizers.c.name.label("organizer"),
    )
    .join(t.public_renderings, t.public_renderings.c.slot_id == t.slots.c.id)
    .join(t.drops, t.drops.c.id == t.slots.c.drop_id)
    .join(t.organizers, t.organizers.c.id == t.drops.c.organizer_id)
    .where(t.drops.c.is_public, t.drops.c.removed_at.is_(None), t.public_renderings.c.gone.is_(False))
)


def public_slot(row: Row[Any]) -> PublicSlot:
    """A slot as customers see it, from a row of ``PUBLIC_SLOT``."""
    return PublicSlot(
        public_id=row.public_id,
        drop=f"{row.organizer}/{row.slug}",
        title=row.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        all_day=row.all_day,
        timezone=row.timezone,
        availability=availability(row.availability),
        place=row.place,
        geo=row.geo,
        notes=row.notes,
        pickup=row.pickup,
        url=row.url,
        image=row.image,
        color=row.color,
        categories=tuple(row.categories),
        preorder=PreorderWindow(row.preorder_opens, row.preorder_closes),
        limit=row.limit_per_customer,
        removed=row.removed_at is not None,
        updated_at=row.updated_at,
        sequence=row.sequence,
        position=row.id,
    )
