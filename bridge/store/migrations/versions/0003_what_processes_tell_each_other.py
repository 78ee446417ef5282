"""What processes tell each other: the address that a running server is reached at"""

import sqlalchemy as sa
from alembic import op

from bridge.store import tables as t

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", t.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_told")),
    )
