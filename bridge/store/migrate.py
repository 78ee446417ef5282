"""Migrations: from any release's tables to this one's, by Alembic, which is imported by those who migrate alone."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from bridge.store.engine import Database, translated

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).with_name("migrations")


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The newest migration this release knows: the number that the last file's name begins with."""
    return max(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*.py"))


def current(connection: Connection) -> str:
    """The migration that the database is at; empty for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or "")


def is_current(database: Database) -> bool:
    """Whether the database needs no ``dropbridge upgrade``."""
    with database.read() as connection:
        return current(connection) == head()


def upgrade(database: Database, revision: str = "head") -> tuple[str, str]:
    """Migrates to ``revision``; returns where the database was and is. Two at once wait for each other."""
    from alembic import command

    database.make_room()
    database.make_file()
    with translated(), database.turn(), database.writer.connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7231948820)")
        before = current(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        return before, current(connection)
