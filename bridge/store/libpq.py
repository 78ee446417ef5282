"""Prepared statements of PostgreSQL, asked of libpq itself: psycopg's own way there takes three times as long as the database.

psycopg drops all prepared statements of a connection when a transaction is rolled back: what was prepared here is forgotten then
as well (``forget_at_rollback``), and prepared again under another name.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from sqlalchemy import Connection as Db
from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql import asyncpg

from bridge.store.dialect import from_json

NUMBERED = asyncpg.dialect()  # type: ignore[no-untyped-call]
"""Statements compiled for it have their parameters numbered, as libpq takes them."""

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
_WHOLE_NUMBERS, _BOOLEAN, _JSON = (20, 21, 23), 16, (114, 3802)
_NOT_PREPARED = b"26000"
_names = itertools.count(1)


def forget_at_rollback(engine: Engine) -> None:
    """Has every connection of ``engine`` forget what was prepared on it once psycopg has dropped that."""
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "rollback_savepoint", _forget)


def _forget(db: Db, *_: object) -> None:
    if not db.invalidated:
        db.info.pop("prepared", None)


def ask(db: Db, key: object, text: str, given: Sequence[bytes | None]) -> Any:
    """The result of the statement ``text``, by which name ``key`` it was prepared before or not. Raises ``psycopg.Error``."""
    driver: Any = db.connection.driver_connection
    pgconn = driver.pgconn
    if not driver.autocommit and pgconn.transaction_status == TransactionStatus.IDLE:
        _checked(pgconn.exec_(b"BEGIN"))
    prepared: dict[object, bytes] = db.info.setdefault("prepared", {})
    name = prepared.get(key)
    if name is None:
        name = b"dropbridge_%d" % next(_names)
        _checked(pgconn.prepare(name, text.encode()))
        prepared[key] = name
    result = pgconn.exec_prepared(name, given)
    if result.error_field(DiagnosticField.SQLSTATE) == _NOT_PREPARED and pgconn.transaction_status == TransactionStatus.IDLE:
        del prepared[key]
        return ask(db, key, text, given)
    return _checked(result)


def _checked(result: Any) -> Any:
    if result.status in _DONE:
        return result
    state, told = result.error_field(DiagnosticField.SQLSTATE), result.error_field(DiagnosticField.MESSAGE_PRIMARY)
    if state is None:
        raise psycopg.OperationalError("the connection is lost")
    # The details may name what was to be written.
    raise psycopg.errors.lookup(state.decode())((told or b"").decode("utf-8", "replace"))


def octets(value: Any) -> bytes | None:
    """A value as libpq takes it. Raises ``psycopg.DataError`` for a text that libpq would take for ended early."""
    if value is None:
        return None
    if isinstance(value, list):
        return ("{" + ",".join(_element(each) for each in value) + "}").encode()
    found = str(value).encode()
    if b"\0" in found:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) octets")
    return found


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows(result: Any, loaders: Sequence[Callable[[bytes], Any]]) -> list[list[Any]]:
    """Every row, its values as ``loaders_of`` reads them."""
    columns = range(len(loaders))
    get = result.get_value
    return [
        [None if (value := get(row, column)) is None else loaders[column](value) for column in columns] for row in range(result.ntuples)
    ]


def loaders_of(result: Any) -> list[Callable[[bytes], Any]]:
    """What makes values of a result's columns: texts, whole numbers, truth values and JSON."""
    return [_loader(result.ftype(column)) for column in range(result.nfields)]


def _loader(kind: int) -> Callable[[bytes], Any]:
    if kind in _WHOLE_NUMBERS:
        return int
    if kind in _JSON:
        return from_json
    return b"t".__eq__ if kind == _BOOLEAN else bytes.decode
