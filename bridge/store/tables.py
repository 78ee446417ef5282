"""All tables, constraints and indexes.

Moments are kept as microseconds since the epoch (UTC) and come back as aware datetimes; money as minor units; zones by
IANA name. What many rows are scanned for is kept apart from long texts, so that a listing never reads one.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
    type_coerce,
)
from sqlalchemy.types import JSON

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micro(moment: datetime | None) -> int | None:
    """An aware moment as it is stored: microseconds since the epoch."""
    return None if moment is None else (moment - EPOCH) // MICROSECOND


def raw(moment: ColumnElement[Any]) -> ColumnElement[int]:
    """A column of moments as it is stored."""
    return type_coerce(moment, BigInteger)


def seconds(moment: ColumnElement[Any]) -> ColumnElement[int]:
    """A column of moments as whole seconds since the epoch."""
    return type_coerce(raw(moment).op("/")(1_000_000), BigInteger)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as microseconds since the epoch, so that both databases compare and index it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return micro(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Seconds(TypeDecorator[timedelta]):
    """A timedelta as whole seconds."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.total_seconds())

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(seconds=value)


Key = BigInteger().with_variant(Integer, "sqlite")
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Key, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Key, ForeignKey(f"{target}.id"), nullable=nullable)


organizers = Table(
    "organizers",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("title", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
)

app_passwords = Table(
    "app_passwords",
    metadata,
    _id(),
    _ref("organizer_id", "organizers"),
    Column("label", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("hash", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    Index("ix_app_passwords_organizer_id", "organizer_id"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    _id(),
    Column("key", String(128), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_sign_in_failures_key_at", "key", "at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    _id(),
    _ref("organizer_id", "organizers"),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
)

locations = Table(
    "locations",
    metadata,
    _id(),
    _ref("organizer_id", "organizers"),
    Column("name", String(64), nullable=False),
    UniqueConstraint("organizer_id", "name"),
)

connections = Table(
    "connections",
    metadata,
    _id(),
    _ref("organizer_id", "organizers"),
    _ref("location_id", "locations"),
    Column("name", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("config", JSON, nullable=False),
    Column("cursor", Text, nullable=False, server_default=""),
    Column("interval", Seconds, nullable=False),
    Column("stale_after", Seconds),
    Column("stale_buffer", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
    Column("last_ok_at", Moment),
    Column("skew", Integer, nullable=False, server_default="0"),
    UniqueConstraint("organizer_id", "name"),
)

drops = Table(
    "drops",
    metadata,
    _id(),
    _ref("organizer_id", "organizers"),
    _ref("location_id", "locations"),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("timezone", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("language", String(16), nullable=False),
    Column("color", String(32), nullable=False, server_default=""),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("components", Text, nullable=False),
    Column("capacity", Integer),
    Column("preorder_opens", Moment),
    Column("preorder_closes", Moment),
    Column("limit_per_customer", Integer),
    Column("is_public", Boolean, nullable=False, server_default=true()),
    Column("awaits_slots", Boolean, nullable=False, server_default=false()),
    Column("image", Text, nullable=False, server_default=""),
    Column("place", Text, nullable=False, server_default=""),
    Column("transparent", Boolean, nullable=False, server_default=false()),
    Column("properties", JSON, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("oldest_revision", BigInteger, nullable=False, server_default="0"),
    Column("longest", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Index(
        "uq_drops_organizer_id_slug",
        "organizer_id",
        "slug",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
)

resources = Table(
    "resources",
    metadata,
    _id(),
    _ref("drop_id", "drops"),
    Column("name", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("component", String(16), nullable=False),
    Column("is_slot", Boolean, nullable=False),
    Column("edit", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("octets", Integer, nullable=False),
    Column("recurring", Boolean, nullable=False),
    Column("starts_at", Moment),
    Column("ends_at", Moment),
    Column("listed_from", Moment),
    Column("listed_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("removed_at", Moment),
    UniqueConstraint("drop_id", "name"),
    Index("ix_resources_drop_id_revision", "drop_id", "revision", "id"),
    Index(
        "uq_resources_drop_id_uid",
        "drop_id",
        "uid",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
    Index(
        "ix_resources_unlisted",
        "drop_id",
        "component",
        sqlite_where=text("removed_at IS NULL AND listed_until IS NOT NULL"),
        postgresql_where=text("removed_at IS NULL AND listed_until IS NOT NULL"),
    ),
)

sources = Table(
    "sources",
    metadata,
    Column("resource_id", Key, ForeignKey("resources.id"), primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("template", Text),
)

renderings = Table(
    "renderings",
    metadata,
    Column("resource_id", Key, ForeignKey("resources.id"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

spans = Table(
    "spans",
    metadata,
    _id(),
    _ref("drop_id", "drops"),
    _ref("resource_id", "resources"),
    Column("component", String(16), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Index("ix_spans_range", "drop_id", "component", "starts_at", "ends_at", "resource_id"),
    Index("ix_spans_resource_id", "resource_id"),
)

slots = Table(
    "slots",
    metadata,
    _id(),
    Column("public_id", String(16), nullable=False, unique=True),
    _ref("drop_id", "drops"),
    _ref("resource_id", "resources"),
    Column("recurrence_id", String(32), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("all_day", Boolean, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("geo", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("image", Text, nullable=False),
    Column("color", Text, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("pickup", Text, nullable=False),
    Column("problems", JSON, nullable=False),
    Column("preorder_opens", Moment),
    Column("preorder_closes", Moment),
    Column("limit_per_customer", Integer),
    Column("capacity", Integer, nullable=False),
    Column("claimed", Integer, nullable=False, server_default="0"),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("published", BigInteger, nullable=False, server_default="0"),
    Column("removed_at", Moment),
    CheckConstraint("claimed >= 0 AND claimed <= capacity", name="claimed_fits"),
    Column("waiting", Integer, nullable=False, server_default="0"),
    Index("ix_slots_resource_id", "resource_id"),
    Index("ix_slots_drop_id_starts_at", "drop_id", "starts_at"),
    Index(
        "ix_slots_dirty",
        "drop_id",
        sqlite_where=text("version <> published"),
        postgresql_where=text("version <> published"),
    ),
)

stock_items = Table(
    "stock_items",
    metadata,
    _id(),
    _ref("location_id", "locations"),
    _ref("connection_id", "connections", nullable=True),
    Column("sku", String(64), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("counted", BigInteger),
    Column("counted_at", Moment),
    Column("moved", BigInteger, nullable=False, server_default="0"),
    Column("promised", BigInteger, nullable=False, server_default="0"),
    Column("buffer", Integer, nullable=False, server_default="0"),
    Column("stale_buffer", Integer, nullable=False, server_default="0"),
    Column("stale_after", Seconds),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("published", BigInteger, nullable=False, server_default="1"),
    UniqueConstraint("location_id", "sku"),
    CheckConstraint("promised >= 0", name="promised_fits"),
    Index(
        "ix_stock_items_dirty",
        "id",
        sqlite_where=text("version <> published"),
        postgresql_where=text("version <> published"),
    ),
)

movements = Table(
    "movements",
    metadata,
    _id(),
    _ref("item_id", "stock_items"),
    Column("quantity", BigInteger, nullable=False),
    Column("happened_at", Moment, nullable=False),
    Column("source", Text, nullable=False),
    Index("ix_movements_item_id_happened_at", "item_id", "happened_at"),
)

offers = Table(
    "offers",
    metadata,
    _id(),
    _ref("slot_id", "slots"),
    _ref("stock_item_id", "stock_items"),
    Column("position", Integer, nullable=False),
    Column("sku", String(64), nullable=False),
    Column("allotment", Integer),
    Column("claimed", Integer, nullable=False, server_default="0"),
    Column("price", BigInteger),
    Column("add_on", Boolean, nullable=False),
    Column("places_per_unit", Integer, nullable=False),
    UniqueConstraint("slot_id", "sku"),
    CheckConstraint("claimed >= 0 AND (allotment IS NULL OR claimed <= allotment)", name="claimed_fits"),
    Index("ix_offers_stock_item_id", "stock_item_id", "slot_id"),
)

public_renderings = Table(
    "public_renderings",
    metadata,
    Column("slot_id", Key, ForeignKey("slots.id"), primary_key=True, autoincrement=False),
    _ref("drop_id", "drops"),
    Column("revision", BigInteger, nullable=False),
    Column("available", Boolean, nullable=False),
    Column("availability", Text, nullable=False),
    Column("notices", Text, nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("octets", Integer, nullable=False),
    Column("gone", Boolean, nullable=False, server_default=false()),
    Index("ix_public_renderings_drop_id_revision", "drop_id", "revision", "slot_id"),
    Index("ix_public_renderings_due_at", "due_at"),
)

public_texts = Table(
    "public_texts",
    metadata,
    Column("slot_id", Key, ForeignKey("slots.id"), primary_key=True, autoincrement=False),
    Column("template", Text, nullable=False),
    Column("text", Text, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    _id(),
    _ref("slot_id", "slots"),
    Column("secret", String(64), nullable=False, unique=True),
    Column("places", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("visitor", String(64), nullable=False, server_default=""),
    Column("waiting_id", BigInteger),
    Index("ix_holds_slot_id", "slot_id"),
    Index("ix_holds_visitor", "visitor"),
    Index("ix_holds_expires_at", "expires_at"),
)

hold_lines = Table(
    "hold_lines",
    metadata,
    _id(),
    _ref("hold_id", "holds"),
    _ref("offer_id", "offers"),
    _ref("stock_item_id", "stock_items"),
    Column("units", Integer, nullable=False),
    Column("price", BigInteger, nullable=False, server_default="0"),
    Index("ix_hold_lines_hold_id", "hold_id"),
    Index("ix_hold_lines_offer_id", "offer_id"),
)

orders = Table(
    "orders",
    metadata,
    _id(),
    _ref("slot_id", "slots"),
    Column("secret", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("places", Integer, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("number", String(16), nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("email_key", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default=""),
    Column("language", String(16), nullable=False, server_default="en"),
    Column("currency", String(3), nullable=False, server_default=""),
    Column("method", String(32), nullable=False, server_default="at_pickup"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("fulfilment", String(16), nullable=False, server_default="pickup"),
    Column("address", JSON),
    Column("shipping", Text, nullable=False, server_default=""),
    Column("shipping_fee", BigInteger, nullable=False, server_default="0"),
    Column("shipping_tax_rate", Integer, nullable=False, server_default="0"),
    Column("tax_included", Boolean, nullable=False, server_default=true()),
    Column("note", Text, nullable=False, server_default=""),
    Column("expires_at", Moment),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("free_change", Boolean, nullable=False, server_default=false()),
    Column("changed_at", Moment),
    Column("cancelled_at", Moment),
    Column("hold", String(64)),
    Index("ix_orders_slot_id", "slot_id"),
    Index("ix_orders_of_persons", "slot_id", sqlite_where=text("email <> ''"), postgresql_where=text("email <> ''")),
    Index("uq_orders_hold", "hold", unique=True),
    Index("ix_orders_email_key", "email_key"),
    Index("ix_orders_number", "number"),
    Index(
        "ix_orders_expires_at", "expires_at", sqlite_where=text("expires_at IS NOT NULL"), postgresql_where=text("expires_at IS NOT NULL")
    ),
)

order_lines = Table(
    "order_lines",
    metadata,
    _id(),
    _ref("order_id", "orders"),
    _ref("offer_id", "offers", nullable=True),
    _ref("stock_item_id", "stock_items"),
    Column("sku", String(64), nullable=False),
    Column("units", Integer, nullable=False),
    Column("acknowledged", Integer, nullable=False, server_default="0"),
    Column("price", BigInteger),
    Column("name", Text, nullable=False, server_default=""),
    Column("tax_rate", Integer, nullable=False, server_default="0"),
    Column("add_on", Boolean, nullable=False, server_default=false()),
    Column("places_per_unit", Integer, nullable=False, server_default="1"),
    Index("ix_order_lines_order_id", "order_id"),
    Index("ix_order_lines_offer_id", "offer_id"),
    Index("ix_order_lines_stock_item_id", "stock_item_id"),
)

journal = Table(
    "journal",
    metadata,
    _id(),
    Column("at", Moment, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("actor", Text, nullable=False),
    _ref("drop_id", "drops", nullable=True),
    _ref("slot_id", "slots", nullable=True),
    Column("data", JSON, nullable=False),
    Index("ix_journal_drop_id_at", "drop_id", "at"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("source", String(80), primary_key=True),
    Column("message_id", String(200), primary_key=True),
    Column("at", Moment, nullable=False),
    Index("ix_inbox_at", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("topic", String(64), nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("payload", JSON, nullable=False),
    Column("due_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("done_at", Moment),
    Index("ix_outbox_due_at", "due_at"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)

told = Table(
    "told",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""What the processes of an installation tell each other, wherever they run: the server's address."""
