"""Migrations: from any release's tables to this one's, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bridge.store.engine import Database, translated

FOLDER = Path(__file__).with_name("migrations")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The newest migration this release knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(connection: Connection) -> str:
    """The migration that the database is at; empty for a new one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_current(database: Database) -> bool:
    """Whether the database needs no ``dropbridge upgrade``."""
    with database.read() as connection:
        return current(connection) == head()


def upgrade(database: Database, revision: str = "head") -> tuple[str, str]:
    """Migrates to ``revision``; returns where the database was and is. Two at once wait for each other."""
    with translated(), database.turn(), database.writer.connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7231948820)")
        before = current(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        return before, current(connection)
