"""The first tables"""

import sqlalchemy as sa
from alembic import op

from bridge.store import tables as t

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", t.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "inbox",
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("at", t.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("source", "message_id", name=op.f("pk_inbox")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_at", ["at"], unique=False)

    op.create_table(
        "organizers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizers")),
        sa.UniqueConstraint("name", name=op.f("uq_organizers_name")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("due_at", t.Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("done_at", t.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due_at", ["due_at"], unique=False)

    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("at", t.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_failures_key_at", ["key", "at"], unique=False)

    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organizer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.Column("last_used_at", t.Moment(), nullable=True),
        sa.Column("revoked_at", t.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_api_tokens_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_table(
        "app_passwords",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organizer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.Column("last_used_at", t.Moment(), nullable=True),
        sa.Column("revoked_at", t.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_app_passwords_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_passwords")),
    )
    with op.batch_alter_table("app_passwords", schema=None) as batch_op:
        batch_op.create_index("ix_app_passwords_organizer_id", ["organizer_id"], unique=False)

    op.create_table(
        "locations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organizer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_locations_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locations")),
        sa.UniqueConstraint("organizer_id", "name", name=op.f("uq_locations_organizer_id_name")),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organizer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("interval", t.Seconds(), nullable=False),
        sa.Column("stale_after", t.Seconds(), nullable=True),
        sa.Column("stale_buffer", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", t.Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("last_ok_at", t.Moment(), nullable=True),
        sa.Column("skew", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_connections_location_id")),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_connections_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("organizer_id", "name", name=op.f("uq_connections_organizer_id_name")),
    )
    op.create_table(
        "drops",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organizer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("color", sa.String(length=32), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("preorder_opens", t.Moment(), nullable=True),
        sa.Column("preorder_closes", t.Moment(), nullable=True),
        sa.Column("limit_per_customer", sa.Integer(), nullable=True),
        sa.Column("is_public", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("awaits_slots", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("image", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("transparent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("oldest_revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("longest", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.Column("changed_at", t.Moment(), nullable=False),
        sa.Column("removed_at", t.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_drops_location_id")),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_drops_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drops")),
    )
    with op.batch_alter_table("drops", schema=None) as batch_op:
        batch_op.create_index(
            "uq_drops_organizer_id_slug",
            ["organizer_id", "slug"],
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )

    op.create_table(
        "resources",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("component", sa.String(length=16), nullable=False),
        sa.Column("is_slot", sa.Boolean(), nullable=False),
        sa.Column("edit", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("octets", sa.Integer(), nullable=False),
        sa.Column("recurring", sa.Boolean(), nullable=False),
        sa.Column("starts_at", t.Moment(), nullable=True),
        sa.Column("ends_at", t.Moment(), nullable=True),
        sa.Column("listed_from", t.Moment(), nullable=True),
        sa.Column("listed_until", t.Moment(), nullable=True),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.Column("changed_at", t.Moment(), nullable=False),
        sa.Column("removed_at", t.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name=op.f("fk_resources_drop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resources")),
        sa.UniqueConstraint("drop_id", "name", name=op.f("uq_resources_drop_id_name")),
    )
    with op.batch_alter_table("resources", schema=None) as batch_op:
        batch_op.create_index("ix_resources_drop_id_revision", ["drop_id", "revision", "id"], unique=False)
        batch_op.create_index(
            "ix_resources_unlisted",
            ["drop_id", "component"],
            unique=False,
            sqlite_where=sa.text("removed_at IS NULL AND listed_until IS NOT NULL"),
            postgresql_where=sa.text("removed_at IS NULL AND listed_until IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_resources_drop_id_uid",
            ["drop_id", "uid"],
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )

    op.create_table(
        "stock_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("connection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", t.Moment(), nullable=True),
        sa.Column("moved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("promised", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("buffer", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stale_buffer", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stale_after", t.Seconds(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("published", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("promised >= 0", name=op.f("ck_stock_items_promised_fits")),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_stock_items_connection_id")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_stock_items_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_items")),
        sa.UniqueConstraint("location_id", "sku", name=op.f("uq_stock_items_location_id_sku")),
    )
    with op.batch_alter_table("stock_items", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_items_dirty",
            ["id"],
            unique=False,
            sqlite_where=sa.text("version <> published"),
            postgresql_where=sa.text("version <> published"),
        )

    op.create_table(
        "movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", t.Moment(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["stock_items.id"], name=op.f("fk_movements_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
    )
    with op.batch_alter_table("movements", schema=None) as batch_op:
        batch_op.create_index("ix_movements_item_id_happened_at", ["item_id", "happened_at"], unique=False)

    op.create_table(
        "renderings",
        sa.Column("resource_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_renderings_resource_id")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_renderings")),
    )
    op.create_table(
        "slots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resource_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recurrence_id", sa.String(length=32), nullable=False),
        sa.Column("starts_at", t.Moment(), nullable=False),
        sa.Column("ends_at", t.Moment(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("geo", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("image", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("pickup", sa.Text(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("preorder_opens", t.Moment(), nullable=True),
        sa.Column("preorder_closes", t.Moment(), nullable=True),
        sa.Column("limit_per_customer", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("published", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("removed_at", t.Moment(), nullable=True),
        sa.CheckConstraint("claimed >= 0 AND claimed <= capacity", name=op.f("ck_slots_claimed_fits")),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name=op.f("fk_slots_drop_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_slots_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
        sa.UniqueConstraint("public_id", name=op.f("uq_slots_public_id")),
    )
    with op.batch_alter_table("slots", schema=None) as batch_op:
        batch_op.create_index(
            "ix_slots_dirty",
            ["drop_id"],
            unique=False,
            sqlite_where=sa.text("version <> published"),
            postgresql_where=sa.text("version <> published"),
        )
        batch_op.create_index("ix_slots_drop_id_starts_at", ["drop_id", "starts_at"], unique=False)
        batch_op.create_index("ix_slots_resource_id", ["resource_id"], unique=False)

    op.create_table(
        "sources",
        sa.Column("resource_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_sources_resource_id")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_sources")),
    )
    op.create_table(
        "spans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resource_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("component", sa.String(length=16), nullable=False),
        sa.Column("starts_at", t.Moment(), nullable=False),
        sa.Column("ends_at", t.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name=op.f("fk_spans_drop_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_spans_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spans")),
    )
    with op.batch_alter_table("spans", schema=None) as batch_op:
        batch_op.create_index("ix_spans_range", ["drop_id", "component", "starts_at", "ends_at", "resource_id"], unique=False)
        batch_op.create_index("ix_spans_resource_id", ["resource_id"], unique=False)

    op.create_table(
        "holds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("expires_at", t.Moment(), nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_holds_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sa.UniqueConstraint("secret", name=op.f("uq_holds_secret")),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index("ix_holds_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_holds_slot_id", ["slot_id"], unique=False)

    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", t.Moment(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name=op.f("fk_journal_drop_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_journal_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_drop_id_at", ["drop_id", "at"], unique=False)

    op.create_table(
        "offers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stock_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("allotment", sa.Integer(), nullable=True),
        sa.Column("claimed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("add_on", sa.Boolean(), nullable=False),
        sa.Column("places_per_unit", sa.Integer(), nullable=False),
        sa.CheckConstraint("claimed >= 0 AND (allotment IS NULL OR claimed <= allotment)", name=op.f("ck_offers_claimed_fits")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_offers_slot_id")),
        sa.ForeignKeyConstraint(["stock_item_id"], ["stock_items.id"], name=op.f("fk_offers_stock_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("slot_id", "sku", name=op.f("uq_offers_slot_id_sku")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index("ix_offers_stock_item_id", ["stock_item_id", "slot_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("placed_at", t.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_orders_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("secret", name=op.f("uq_orders_secret")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_slot_id", ["slot_id"], unique=False)

    op.create_table(
        "public_renderings",
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("availability", sa.Text(), nullable=False),
        sa.Column("notices", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_at", t.Moment(), nullable=False),
        sa.Column("due_at", t.Moment(), nullable=True),
        sa.Column("octets", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name=op.f("fk_public_renderings_drop_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_public_renderings_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_public_renderings")),
    )
    with op.batch_alter_table("public_renderings", schema=None) as batch_op:
        batch_op.create_index("ix_public_renderings_drop_id_revision", ["drop_id", "revision", "slot_id"], unique=False)
        batch_op.create_index("ix_public_renderings_due_at", ["due_at"], unique=False)

    op.create_table(
        "public_texts",
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_public_texts_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_public_texts")),
    )
    op.create_table(
        "hold_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stock_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_hold_lines_hold_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_hold_lines_offer_id")),
        sa.ForeignKeyConstraint(["stock_item_id"], ["stock_items.id"], name=op.f("fk_hold_lines_stock_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_lines")),
    )
    with op.batch_alter_table("hold_lines", schema=None) as batch_op:
        batch_op.create_index("ix_hold_lines_hold_id", ["hold_id"], unique=False)
        batch_op.create_index("ix_hold_lines_offer_id", ["offer_id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stock_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_order_lines_offer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.ForeignKeyConstraint(["stock_item_id"], ["stock_items.id"], name=op.f("fk_order_lines_stock_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
    )
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.create_index("ix_order_lines_offer_id", ["offer_id"], unique=False)
        batch_op.create_index("ix_order_lines_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_order_lines_stock_item_id", ["stock_item_id"], unique=False)



def downgrade() -> None:
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_order_lines_stock_item_id")
        batch_op.drop_index("ix_order_lines_order_id")
        batch_op.drop_index("ix_order_lines_offer_id")

    op.drop_table("order_lines")
    with op.batch_alter_table("hold_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_hold_lines_offer_id")
        batch_op.drop_index("ix_hold_lines_hold_id")

    op.drop_table("hold_lines")
    op.drop_table("public_texts")
    with op.batch_alter_table("public_renderings", schema=None) as batch_op:
        batch_op.drop_index("ix_public_renderings_due_at")
        batch_op.drop_index("ix_public_renderings_drop_id_revision")

    op.drop_table("public_renderings")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_slot_id")

    op.drop_table("orders")
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_index("ix_offers_stock_item_id")

    op.drop_table("offers")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_drop_id_at")

    op.drop_table("journal")
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_index("ix_holds_slot_id")
        batch_op.drop_index("ix_holds_expires_at")

    op.drop_table("holds")
    with op.batch_alter_table("spans", schema=None) as batch_op:
        batch_op.drop_index("ix_spans_resource_id")
        batch_op.drop_index("ix_spans_range")

    op.drop_table("spans")
    op.drop_table("sources")
    with op.batch_alter_table("slots", schema=None) as batch_op:
        batch_op.drop_index("ix_slots_resource_id")
        batch_op.drop_index("ix_slots_drop_id_starts_at")
        batch_op.drop_index(
            "ix_slots_dirty", sqlite_where=sa.text("version <> published"), postgresql_where=sa.text("version <> published")
        )

    op.drop_table("slots")
    op.drop_table("renderings")
    with op.batch_alter_table("movements", schema=None) as batch_op:
        batch_op.drop_index("ix_movements_item_id_happened_at")

    op.drop_table("movements")
    with op.batch_alter_table("stock_items", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_stock_items_dirty", sqlite_where=sa.text("version <> published"), postgresql_where=sa.text("version <> published")
        )

    op.drop_table("stock_items")
    with op.batch_alter_table("resources", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_resources_drop_id_uid", sqlite_where=sa.text("removed_at IS NULL"), postgresql_where=sa.text("removed_at IS NULL")
        )
        batch_op.drop_index(
            "ix_resources_unlisted",
            sqlite_where=sa.text("removed_at IS NULL AND listed_until IS NOT NULL"),
            postgresql_where=sa.text("removed_at IS NULL AND listed_until IS NOT NULL"),
        )
        batch_op.drop_index("ix_resources_drop_id_revision")

    op.drop_table("resources")
    with op.batch_alter_table("drops", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_drops_organizer_id_slug", sqlite_where=sa.text("removed_at IS NULL"), postgresql_where=sa.text("removed_at IS NULL")
        )

    op.drop_table("drops")
    op.drop_table("connections")
    op.drop_table("locations")
    with op.batch_alter_table("app_passwords", schema=None) as batch_op:
        batch_op.drop_index("ix_app_passwords_organizer_id")

    op.drop_table("app_passwords")
    op.drop_table("api_tokens")
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_failures_key_at")

    op.drop_table("sign_in_failures")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_due_at")

    op.drop_table("outbox")
    op.drop_table("organizers")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_at")

    op.drop_table("inbox")
    op.drop_table("heartbeats")
