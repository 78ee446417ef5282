"""Statements that both databases know under another import."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(db: Connection, table: Table) -> Any:
    """An INSERT with the dialect's ``on_conflict_…`` methods."""
    return (sqlite if db.dialect.name == "sqlite" else postgresql).insert(table)


def insert_ignoring(db: Connection, table: Table) -> Any:
    """An INSERT that leaves a row alone that is there already."""
    return insert_into(db, table).on_conflict_do_nothing()
