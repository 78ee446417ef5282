"""The tables of what a drop sells, of customers' money and of their waiting; see ``tables`` for the rules that hold for all."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import JSON

from bridge.store.tables import Key, Moment, _id, _ref, metadata

terms = Table(
    "terms",
    metadata,
    Column("drop_id", Key, ForeignKey("drops.id"), primary_key=True, autoincrement=False),
    Column("described", JSON, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

products = Table(
    "products",
    metadata,
    _id(),
    _ref("drop_id", "drops"),
    Column("sku", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("story", Text, nullable=False, server_default=""),
    Column("price", BigInteger),
    Column("tax_rate", Integer, nullable=False, server_default="0"),
    Column("early_price", BigInteger),
    Column("early_until", Moment),
    Column("early_units", Integer),
    Column("limit_per_customer", Integer),
    Column("places_per_unit", Integer, nullable=False, server_default="1"),
    Column("add_on", Boolean, nullable=False),
    Column("pictures", JSON, nullable=False),
    UniqueConstraint("drop_id", "sku"),
)

pictures = Table(
    "pictures",
    metadata,
    _id(),
    _ref("organizer_id", "organizers"),
    Column("digest", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("color", String(7), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("organizer_id", "digest"),
    Index("ix_pictures_digest", "digest"),
)

picture_files = Table(
    "picture_files",
    metadata,
    _id(),
    _ref("picture_id", "pictures"),
    Column("width", Integer, nullable=False),
    Column("format", String(8), nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("picture_id", "width", "format"),
)

customers = Table(
    "customers",
    metadata,
    _id(),
    _ref("organizer_id", "organizers"),
    Column("email_key", Text, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    UniqueConstraint("organizer_id", "email_key"),
)

payments = Table(
    "payments",
    metadata,
    _id(),
    _ref("order_id", "orders"),
    Column("provider", String(32), nullable=False),
    Column("reference", String(200), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(16), nullable=False),
    Column("url", Text, nullable=False, server_default=""),
    Column("settled", String(200), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("paid_at", Moment),
    Column("look_at", Moment),
    UniqueConstraint("provider", "reference"),
    CheckConstraint("amount > 0", name="amount_is_money"),
    Index("ix_payments_order_id", "order_id"),
    Index("ix_payments_settled", "settled"),
    Index("ix_payments_look_at", "look_at", sqlite_where=text("look_at IS NOT NULL"), postgresql_where=text("look_at IS NOT NULL")),
)

refunds = Table(
    "refunds",
    metadata,
    _id(),
    _ref("payment_id", "payments"),
    _ref("order_id", "orders"),
    Column("amount", BigInteger, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reference", String(200), nullable=False, server_default=""),
    Column("failure", Text, nullable=False, server_default=""),
    Column("requested_at", Moment, nullable=False),
    CheckConstraint("amount > 0", name="amount_is_money"),
    Index("ix_refunds_payment_id", "payment_id"),
    Index("ix_refunds_order_id", "order_id"),
    Index("ix_refunds_reference", "reference"),
)

waiting = Table(
    "waiting",
    metadata,
    _id(),
    _ref("slot_id", "slots"),
    Column("secret", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("units", JSON, nullable=False),
    Column("places", Integer, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("offered_until", Moment),
    Column("hold", String(64), nullable=False, server_default=""),
    Index("ix_waiting_slot_id", "slot_id", "state", "id"),
    Index("ix_waiting_email_key", "email_key"),
    Index(
        "uq_waiting_slot_id_email_key",
        "slot_id",
        "email_key",
        unique=True,
        sqlite_where=text("state IN ('waiting', 'offered')"),
        postgresql_where=text("state IN ('waiting', 'offered')"),
    ),
)

seen = Table(
    "seen",
    metadata,
    _id(),
    _ref("slot_id", "slots"),
    Column("hour", Moment, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("views", Integer, nullable=False),
    UniqueConstraint("slot_id", "hour", "price"),
)
