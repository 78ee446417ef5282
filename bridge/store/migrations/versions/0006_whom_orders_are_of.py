"""Whom orders are of, so that those whose time is over are found without reading all orders"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    condition = sa.text("email <> ''")
    op.create_index("ix_orders_of_persons", "orders", ["slot_id"], sqlite_where=condition, postgresql_where=condition)
