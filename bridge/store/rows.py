"""Rows to values and back, explicitly: nothing outside the store sees a row."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, and_, case, exists, false, func, literal_column, or_, select

from bridge.core.accounts import ApiToken, AppPassword, Organizer
from bridge.core.drops import Drop, DropDefaults, Offer, PreorderWindow, Problem, Slot
from bridge.core.stock import StockItem
from bridge.core.tills import Connection, Location
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.tables_shop import products, waiting


def organizer(row: Row[Any]) -> Organizer:
    """An organizer."""
    return Organizer(row.id, row.name, row.title, row.email)


PUBLIC = and_(
    t.drops.c.is_public,
    or_(t.drops.c.awaits_slots.is_(False), exists().where(t.public_renderings.c.drop_id == t.drops.c.id).correlate(t.drops)),
)
DROP = (
    select(
        t.drops,
        t.organizers.c.name.label("organizer"),
        t.organizers.c.title.label("organizer_title"),
        t.organizers.c.email.label("organizer_email"),
        PUBLIC.label("shown"),
    )
    .join(t.organizers, t.organizers.c.id == t.drops.c.organizer_id)
    .where(t.drops.c.removed_at.is_(None))
)


def drop(row: Row[Any]) -> Drop:
    """A drop, from a row of ``DROP``."""
    return Drop(
        id=row.id,
        organizer_id=row.organizer_id,
        organizer=row.organizer,
        slug=row.slug,
        title=row.title,
        description=row.description,
        timezone=row.timezone,
        currency=row.currency,
        language=row.language,
        color=row.color,
        order=row.position,
        components=tuple(row.components.split(",")),
        defaults=DropDefaults(row.capacity, PreorderWindow(row.preorder_opens, row.preorder_closes), row.limit_per_customer),
        is_public=bool(row.shown),
        awaits_slots=row.awaits_slots,
        image=row.image,
        place=row.place,
        revision=row.revision,
        oldest_revision=row.oldest_revision,
        properties=row.properties,
        location_id=row.location_id,
        changed_at=row.changed_at,
        transparent=row.transparent,
        organizer_title=row.organizer_title,
        organizer_email=row.organizer_email,
    )


def drop_values(value: Drop) -> dict[str, Any]:
    """The columns of a drop that an organizer may change."""
    return {
        "slug": value.slug,
        "title": value.title,
        "description": value.description,
        "timezone": value.timezone,
        "currency": value.currency,
        "language": value.language,
        "color": value.color,
        "position": value.order,
        "components": ",".join(value.components),
        "capacity": value.defaults.capacity,
        "preorder_opens": value.defaults.preorder.opens,
        "preorder_closes": value.defaults.preorder.closes,
        "limit_per_customer": value.defaults.limit,
        "image": value.image,
        "place": value.place,
        "properties": dict(value.properties),
        "transparent": value.transparent,
    }


def slot(row: Row[Any], offers: Iterable[Offer] = ()) -> Slot:
    """A slot with its offers."""
    return Slot(
        recurrence_id=row.recurrence_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        all_day=row.all_day,
        timezone=row.timezone,
        title=row.title,
        capacity=row.capacity,
        place=row.place,
        geo=row.geo,
        notes=row.notes,
        url=row.url,
        image=row.image,
        color=row.color,
        categories=tuple(row.categories),
        cancelled=row.cancelled,
        removed=row.removed_at is not None,
        preorder=PreorderWindow(row.preorder_opens, row.preorder_closes),
        limit=row.limit_per_customer,
        pickup=row.pickup,
        problems=tuple(Problem(*problem) for problem in row.problems),
        offers=tuple(offers),
        claimed=row.claimed,
        id=row.id,
        public_id=row.public_id,
        drop_id=row.drop_id,
        resource_id=row.resource_id,
        version=row.version,
        sequence=row.sequence,
        waiting=row.waiting,
        offered=getattr(row, "offered", 0),
    )


# Turns are looked for and not holds, since hardly any slot has one: an index says so.
_OFFERED = (
    select(func.coalesce(func.sum(t.holds.c.places), 0)).join_from(waiting, t.holds, t.holds.c.secret == waiting.c.hold)
    .where(waiting.c.slot_id == t.slots.c.id, waiting.c.state == literal_column("'offered'"))
    .correlate(t.slots)
)
TO_SHOW = select(t.slots, case((t.slots.c.claimed > 0, _OFFERED.scalar_subquery()), else_=literal_column("0")).label("offered"))
"""Slots as they are read to be shown, with what is kept for waiting lists; the CASE spares those of which nothing is claimed."""


def slot_values(value: Slot) -> dict[str, Any]:
    """The columns of a slot that an edit sets; claims and versions are not among them."""
    return {
        "resource_id": value.resource_id,
        "recurrence_id": value.recurrence_id,
        "starts_at": value.starts_at,
        "ends_at": value.ends_at,
        "all_day": value.all_day,
        "timezone": value.timezone,
        "title": value.title,
        "place": value.place,
        "geo": value.geo,
        "notes": value.notes,
        "url": value.url,
        "image": value.image,
        "color": value.color,
        "categories": list(value.categories),
        "cancelled": value.cancelled,
        "pickup": value.pickup,
        "problems": [[p.setting, p.written, p.reason] for p in value.problems],
        "preorder_opens": value.preorder.opens,
        "preorder_closes": value.preorder.closes,
        "limit_per_customer": value.limit,
        "capacity": value.capacity,
        "sequence": value.sequence,
    }


OFFER = (
    select(
        t.offers,
        t.stock_items.c.name.label("item_name"),
        t.stock_items.c.connection_id.is_not(None).label("by_till"),
        products.c.name.label("product_name"),
    )
    .join(t.stock_items, t.stock_items.c.id == t.offers.c.stock_item_id)
    .join(t.slots, t.slots.c.id == t.offers.c.slot_id)
    .outerjoin(products, and_(products.c.drop_id == t.slots.c.drop_id, products.c.sku == t.offers.c.sku))
)


def offer(row: Row[Any]) -> Offer:
    """An offer, from a row of ``OFFER``; it is called what its product is called, else what its stock item is."""
    return Offer(
        sku=row.sku,
        name=row.product_name or row.item_name or row.sku,
        allotment=row.allotment,
        claimed=row.claimed,
        price=row.price,
        add_on=row.add_on,
        places_per_unit=row.places_per_unit,
        id=row.id,
        stock_item_id=row.stock_item_id,
        by_till=bool(row.by_till),
    )


OFFERS = OFFER.where(among(t.offers.c.slot_id)).order_by(t.offers.c.position)


def slots(found: Iterable[Row[Any]], sold: Iterable[Row[Any]]) -> list[Slot]:
    """Slots, each with its offers out of ``sold``, rows of ``OFFERS``."""
    offers: dict[int, list[Offer]] = {}
    for row in sold:
        offers.setdefault(row.slot_id, []).append(offer(row))
    return [slot(row, offers.get(row.id, ())) for row in found]


_COUNTS = t.stock_items.alias("counts")
_WHERE_COUNTED = select(_COUNTS.c.location_id).where(_COUNTS.c.counted.is_not(None))
ITEM: Select[Any] = select(
    t.stock_items,
    # A CASE is not looked into for an item that has a count: the others are searched for the few that have none.
    case((t.stock_items.c.counted.is_(None), t.stock_items.c.location_id.in_(_WHERE_COUNTED)), else_=false()).label("never_counted"),
    t.connections.c.last_ok_at.label("confirmed_at"),
    t.connections.c.name.label("till"),
    t.connections.c.problem,
    case((t.connections.c.id.is_not(None), t.connections.c.stale_after), else_=t.stock_items.c.stale_after).label("limit"),
    case((t.connections.c.id.is_not(None), t.connections.c.stale_buffer), else_=t.stock_items.c.stale_buffer).label("reserve"),
).outerjoin(t.connections, t.connections.c.id == t.stock_items.c.connection_id)


def item(row: Row[Any]) -> StockItem:
    """A stock item, from a row of ``ITEM``."""
    return StockItem(
        sku=row.sku,
        name=row.name or row.sku,
        count=row.counted,
        counted_at=row.counted_at,
        moved=row.moved,
        promised=row.promised,
        buffer=row.buffer,
        stale_buffer=row.reserve,
        stale_after=row.limit,
        confirmed_at=row.confirmed_at,
        id=row.id,
        location_id=row.location_id,
        version=row.version,
        notice=f"{row.till}: {row.problem}" if row.problem else "",
        never_counted=bool(row.never_counted),
    )


LOCATION = select(t.locations, t.organizers.c.name.label("organizer")).join(t.organizers, t.organizers.c.id == t.locations.c.organizer_id)


def location(row: Row[Any]) -> Location:
    """A location, from a row of ``LOCATION``."""
    return Location(row.id, row.organizer_id, row.organizer, row.name)


CONNECTION = select(t.connections, t.organizers.c.name.label("organizer")).join(
    t.organizers, t.organizers.c.id == t.connections.c.organizer_id
)


def connection(row: Row[Any]) -> Connection:
    """A connection, from a row of ``CONNECTION``."""
    return Connection(
        id=row.id,
        organizer_id=row.organizer_id,
        organizer=row.organizer,
        name=row.name,
        kind=row.kind,
        location_id=row.location_id,
        config=row.config,
        cursor=row.cursor,
        interval=row.interval,
        stale_after=row.stale_after,
        stale_buffer=row.stale_buffer,
        due_at=row.due_at,
        failures=row.failures,
        problem=row.problem,
        last_ok_at=row.last_ok_at,
        skew=row.skew,
    )


def connection_values(value: Connection) -> dict[str, Any]:
    """The columns of a connection."""
    return {
        "location_id": value.location_id,
        "name": value.name,
        "kind": value.kind,
        "config": dict(value.config),
        "cursor": value.cursor,
        "interval": value.interval,
        "stale_after": value.stale_after,
        "stale_buffer": value.stale_buffer,
        "due_at": value.due_at,
        "failures": value.failures,
        "problem": value.problem,
        "last_ok_at": value.last_ok_at,
        "skew": round(value.skew),
    }


def app_password(row: Row[Any]) -> AppPassword:
    """An app password."""
    return AppPassword(row.id, row.organizer_id, row.label, row.role, row.hash, row.created_at, row.last_used_at, row.revoked_at)


TOKEN = select(t.api_tokens, t.organizers.c.name.label("organizer")).join(t.organizers, t.organizers.c.id == t.api_tokens.c.organizer_id)


def api_token(row: Row[Any]) -> ApiToken:
    """An API token, from a row of ``TOKEN``."""
    scopes = frozenset(row.scopes.split())
    return ApiToken(row.id, row.organizer_id, row.organizer, row.label, scopes, row.created_at, row.last_used_at, row.revoked_at)
