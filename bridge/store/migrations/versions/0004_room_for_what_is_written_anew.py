"""Room on PostgreSQL's pages for what every stock change writes anew"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# With room on its page, a new version of a row needs no new entry in any index; within 4 kB, both texts of a slot stay in the row.
OPTIONS = {
    "renderings": "fillfactor = 70, toast_tuple_target = 4096",
    "public_texts": "fillfactor = 70, toast_tuple_target = 4096",
}
TEXTS = (("renderings", "text"), ("public_texts", "template"), ("public_texts", "text"))
LZ4 = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, options in OPTIONS.items():
        op.execute(f"ALTER TABLE {table} SET ({options})")
    if op.get_bind().exec_driver_sql(LZ4).scalar():
        for table, column in TEXTS:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION lz4")
