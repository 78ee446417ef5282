"""What a drop sells, and to whom"""

import sqlalchemy as sa
from alembic import op

from bridge.store import tables as t

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organizer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("last_seen_at", t.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_customers_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("organizer_id", "email_key", name=op.f("uq_customers_organizer_id_email_key")),
    )
    op.create_table(
        "pictures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organizer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("color", sa.String(length=7), server_default="", nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_pictures_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("organizer_id", "digest", name=op.f("uq_pictures_organizer_id_digest")),
    )
    op.create_index("ix_pictures_digest", "pictures", ["digest"], unique=False)

    op.create_table(
        "picture_files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("picture_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.id"], name=op.f("fk_picture_files_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_files")),
        sa.UniqueConstraint("picture_id", "width", "format", name=op.f("uq_picture_files_picture_id_width_format")),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("story", sa.Text(), server_default="", nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("tax_rate", sa.Integer(), server_default="0", nullable=False),
        sa.Column("early_price", sa.BigInteger(), nullable=True),
        sa.Column("early_until", t.Moment(), nullable=True),
        sa.Column("early_units", sa.Integer(), nullable=True),
        sa.Column("limit_per_customer", sa.Integer(), nullable=True),
        sa.Column("places_per_unit", sa.Integer(), server_default="1", nullable=False),
        sa.Column("add_on", sa.Boolean(), nullable=False),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name=op.f("fk_products_drop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("drop_id", "sku", name=op.f("uq_products_drop_id_sku")),
    )
    op.create_table(
        "terms",
        sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("described", sa.JSON(), nullable=False),
        sa.Column("changed_at", t.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name=op.f("fk_terms_drop_id")),
        sa.PrimaryKeyConstraint("drop_id", name=op.f("pk_terms")),
    )
    op.create_table(
        "seen",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", t.Moment(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_seen_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen")),
        sa.UniqueConstraint("slot_id", "hour", "price", name=op.f("uq_seen_slot_id_hour_price")),
    )
    op.create_table(
        "waiting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.Column("offered_until", t.Moment(), nullable=True),
        sa.Column("hold", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_waiting_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sa.UniqueConstraint("secret", name=op.f("uq_waiting_secret")),
    )
    op.create_index("ix_waiting_email_key", "waiting", ["email_key"], unique=False)
    op.create_index("ix_waiting_slot_id", "waiting", ["slot_id", "state", "id"], unique=False)
    op.create_index(
        "uq_waiting_slot_id_email_key",
        "waiting",
        ["slot_id", "email_key"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'offered')"),
        postgresql_where=sa.text("state IN ('waiting', 'offered')"),
    )

    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("settled", sa.String(length=200), server_default="", nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.Column("expires_at", t.Moment(), nullable=True),
        sa.Column("paid_at", t.Moment(), nullable=True),
        sa.Column("look_at", t.Moment(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount_is_money")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_payments_provider_reference")),
    )
    op.create_index(
        "ix_payments_look_at",
        "payments",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_index("ix_payments_order_id", "payments", ["order_id"], unique=False)
    op.create_index("ix_payments_settled", "payments", ["settled"], unique=False)

    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=200), server_default="", nullable=False),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_at", t.Moment(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_is_money")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index("ix_refunds_order_id", "refunds", ["order_id"], unique=False)
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"], unique=False)
    op.create_index("ix_refunds_reference", "refunds", ["reference"], unique=False)

    op.add_column("hold_lines", sa.Column("price", sa.BigInteger(), server_default="0", nullable=False))

    op.add_column("holds", sa.Column("visitor", sa.String(length=64), server_default="", nullable=False))
    op.add_column("holds", sa.Column("waiting_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_holds_visitor", "holds", ["visitor"], unique=False)

    op.add_column("order_lines", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("order_lines", sa.Column("tax_rate", sa.Integer(), server_default="0", nullable=False))
    op.add_column("order_lines", sa.Column("add_on", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("order_lines", sa.Column("places_per_unit", sa.Integer(), server_default="1", nullable=False))

    op.add_column("orders", sa.Column("number", sa.String(length=16), server_default="", nullable=False))
    op.add_column("orders", sa.Column("email", sa.Text(), server_default="", nullable=False))
    op.add_column("orders", sa.Column("email_key", sa.Text(), server_default="", nullable=False))
    op.add_column("orders", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("orders", sa.Column("language", sa.String(length=16), server_default="en", nullable=False))
    op.add_column("orders", sa.Column("currency", sa.String(length=3), server_default="", nullable=False))
    op.add_column("orders", sa.Column("method", sa.String(length=32), server_default="at_pickup", nullable=False))
    op.add_column("orders", sa.Column("total", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("fulfilment", sa.String(length=16), server_default="pickup", nullable=False))
    op.add_column("orders", sa.Column("address", sa.JSON(), nullable=True))
    op.add_column("orders", sa.Column("shipping", sa.Text(), server_default="", nullable=False))
    op.add_column("orders", sa.Column("shipping_fee", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("shipping_tax_rate", sa.Integer(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("tax_included", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("orders", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("orders", sa.Column("expires_at", t.Moment(), nullable=True))
    op.add_column("orders", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("free_change", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("orders", sa.Column("changed_at", t.Moment(), nullable=True))
    op.add_column("orders", sa.Column("cancelled_at", t.Moment(), nullable=True))
    op.create_index("ix_orders_email_key", "orders", ["email_key"], unique=False)
    op.create_index(
        "ix_orders_expires_at",
        "orders",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index("ix_orders_number", "orders", ["number"], unique=False)

    op.add_column("slots", sa.Column("waiting", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE orders SET total = (SELECT coalesce(sum(units * coalesce(price, 0)), 0) FROM order_lines WHERE order_id = orders.id), "
        "currency = (SELECT currency FROM drops JOIN slots ON slots.drop_id = drops.id WHERE slots.id = orders.slot_id)"
    )
