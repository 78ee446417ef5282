"""Alembic's entry: runs within a connection that ``bridge.store.migrate`` hands over."""

from alembic import context

import bridge.store.tables_shop  # noqa: F401 # its tables belong to the metadata
from bridge.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
    user_module_prefix="t.",
)
with context.begin_transaction():
    context.run_migrations()
