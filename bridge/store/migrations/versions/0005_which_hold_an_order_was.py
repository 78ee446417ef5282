"""Which hold an order was, so that the same form sent twice is one order"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("hold", sa.String(length=64), nullable=True))
    op.create_index("uq_orders_hold", "orders", ["hold"], unique=True)
