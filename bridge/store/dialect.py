"""Statements that both databases know under another import."""

import json
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

_EMPTY: dict[str | bytes, type] = {"[]": list, b"[]": list, "{}": dict, b"{}": dict}


def from_json(text: str | bytes) -> Any:
    """A value from JSON. Of thousands of rows most hold nothing there."""
    empty = _EMPTY.get(text)
    return empty() if empty else json.loads(text)


def insert_for(dialect: str, table: Table) -> Any:
    """An INSERT with the dialect's ``on_conflict_…`` methods."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


@cache
def upsert_for(dialect: str, table: Table) -> Any:
    """An INSERT of whole rows that replaces the row of the same primary key."""
    statement = insert_for(dialect, table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def insert_into(db: Connection, table: Table) -> Any:
    """As ``insert_for``, for the database at hand."""
    return insert_for(db.dialect.name, table)


def insert_ignoring(db: Connection, table: Table) -> Any:
    """An INSERT that leaves a row alone that is there already."""
    return insert_into(db, table).on_conflict_do_nothing()


def added(db: Connection, statement: Insert, **values: Any) -> int:
    """Executes the INSERT of one row. Returns its key."""
    key = db.execute(statement, values).inserted_primary_key
    assert key is not None
    return int(key[0])
