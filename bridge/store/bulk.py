"""One statement for many rows: the values go to the driver as they are, without a step of SQLAlchemy's for each of them.

PostgreSQL gets them as one array for each column: a statement for each row costs it, and us, more than the row itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import Column, String, Table
from sqlalchemy import Connection as Db

from bridge.store import libpq
from bridge.store.told import told


class Bulk:
    """Writes columns of the rows whose primary key is given; without ``changed`` whole rows, which are added where there are none.

    Rows of PostgreSQL are locked in no order: whoever writes them holds a lock that keeps others away.
    """

    def __init__(self, table: Table, *changed: str) -> None:
        self._table = table
        (self._key,) = table.primary_key.columns
        self._is_upsert = not changed
        self._columns = list(table.columns) if self._is_upsert else [self._key, *(table.columns[name] for name in changed)]
        self._text: dict[str, str] = {}

    def run(self, db: Db, values: Sequence[Mapping[str, Any]]) -> None:
        """Writes each of ``values``, which are named as the columns and given as those store them (``tables.micro``)."""
        if not values:
            return
        kind = db.dialect.name
        text = self._text.get(kind) or self._text.setdefault(kind, self._written(db))
        columns = self._columns if self._is_upsert or kind != "sqlite" else [*self._columns[1:], self._key]
        if kind == "sqlite":
            db.exec_driver_sql(text, [tuple(each[column.name] for column in columns) for each in values])
        else:
            given = [libpq.array_of(_kind(db, column), [each[column.name] for each in values]) for column in columns]
            try:
                libpq.later(db, self, text, given, [libpq.BINARY] * len(given))
            except psycopg.Error as error:
                raise told(db, error) from error

    def _written(self, db: Db) -> str:
        table, key, named = self._table.name, self._key.name, ", ".join(column.name for column in self._columns)
        others = [column.name for column in self._columns if column is not self._key]
        is_sqlite = db.dialect.name == "sqlite"
        marks = ["?"] * len(self._columns) if is_sqlite else [f"${at}::{_kind(db, column)}[]" for at, column in enumerate(self._columns, 1)]
        given = ", ".join(marks)
        if self._is_upsert:
            rows = f"VALUES ({given})" if is_sqlite else f"SELECT * FROM unnest({given})"  # noqa: S608 # our own names
            return f"INSERT INTO {table} ({named}) {rows} ON CONFLICT ({key}) DO UPDATE SET {_each(others, '{0} = excluded.{0}')}"
        if is_sqlite:
            return f"UPDATE {table} SET {_each(others, '{0} = ?')} WHERE {key} = ?"  # noqa: S608 # our own names
        changes = _each(others, "{0} = new.{0}")
        return f"UPDATE {table} SET {changes} FROM unnest({given}) AS new ({named}) WHERE {table}.{key} = new.{key}"  # noqa: S608 # our own names


def _each(names: Sequence[str], pattern: str) -> str:
    return ", ".join(map(pattern.format, names))


def _kind(db: Db, column: Column[Any]) -> str:
    # A cast to VARCHAR(64) would cut what is longer, and say nothing.
    return "TEXT" if isinstance(column.type, String) else column.type.compile(db.dialect)
