"""One row by its keys, asked of the driver itself.

What clients ask all day is answered from one row, and the layers above the driver cost more of it than the database does:
on PostgreSQL the question goes to libpq as a statement that the server has parsed and planned before.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from sqlalchemy import Connection as Db
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import asyncpg

Value = str | int
_NUMBERED = asyncpg.dialect()  # type: ignore[no-untyped-call]
_WHOLE_NUMBERS, _BOOLEAN = (20, 21, 23), 16
_NOT_PREPARED = b"26000"


class Quick:
    """A SELECT whose values are named by bind parameters, compiled once for each database.

    Values go in and come out as texts, numbers and truth values; a column is given as it is stored, see ``tables.raw``.
    """

    def __init__(self, name: str, statement: Select[Any]) -> None:
        self._name = name.encode()
        self._statement = statement
        self._compiled: dict[str, Any] = {}
        self._loaders: Sequence[Callable[[bytes], Any]] = ()

    def first(self, db: Db, **values: Value) -> Sequence[Any] | None:
        """The first row; None when there is none. Errors are those of ``Connection.execute``."""
        driver: Any = db.connection.driver_connection
        try:
            if db.dialect.name == "sqlite":
                return self._on_sqlite(db, driver, values)
            # psycopg drops all prepared statements after a rollback: what has to go on within a transaction is left to it.
            if driver.pgconn.transaction_status == TransactionStatus.IDLE:
                return self._on_postgresql(db, driver, values)
        except (_Failed, psycopg.Error, sqlite3.Error):
            # SQLAlchemy meets it too, and lets go of all connections that a restart of the database has cut.
            pass
        return db.execute(self._statement, values).first()

    def _on_sqlite(self, db: Db, driver: Any, values: dict[str, Value]) -> Sequence[Any] | None:
        compiled = self._compiled.get("sqlite") or self._compile("sqlite", db.dialect)
        everything = {**compiled.params, **values}
        row: Sequence[Any] | None = driver.execute(compiled.string, [everything[name] for name in compiled.positiontup]).fetchone()
        return row

    def _on_postgresql(self, db: Db, driver: Any, values: dict[str, Value]) -> Sequence[Any] | None:
        compiled = self._compiled.get("postgresql") or self._compile("postgresql", _NUMBERED)
        everything = {**compiled.params, **values}
        given = [_octets(everything[name]) for name in compiled.positiontup]
        if self._name not in db.info:
            _checked(driver.pgconn.prepare(self._name, compiled.string.encode()), ExecStatus.COMMAND_OK)
            db.info[self._name] = True
        result = driver.pgconn.exec_prepared(self._name, given)
        if result.error_field(DiagnosticField.SQLSTATE) == _NOT_PREPARED:
            del db.info[self._name]
        return self._row(_checked(result, ExecStatus.TUPLES_OK))

    def _row(self, result: Any) -> Sequence[Any] | None:
        if not result.ntuples:
            return None
        if not self._loaders:
            self._loaders = [_loader(result.ftype(column)) for column in range(result.nfields)]
        found = [result.get_value(0, column) for column in range(len(self._loaders))]
        return [None if value is None else load(value) for load, value in zip(self._loaders, found, strict=True)]

    def _compile(self, kind: str, dialect: Any) -> Any:
        self._compiled[kind] = self._statement.compile(dialect=dialect)
        return self._compiled[kind]


class _Failed(Exception):
    """The database did not answer as it should."""


def _checked(result: Any, wanted: ExecStatus) -> Any:
    if result.status != wanted:
        raise _Failed
    return result


def _octets(value: Value) -> bytes:
    octets = str(value).encode()
    # libpq would take the text for ended there.
    if b"\0" in octets:
        raise _Failed
    return octets


def _loader(kind: int) -> Callable[[bytes], Any]:
    if kind in _WHOLE_NUMBERS:
        return int
    return b"t".__eq__ if kind == _BOOLEAN else bytes.decode
