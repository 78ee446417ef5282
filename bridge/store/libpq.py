"""Prepared statements of PostgreSQL, asked of libpq itself: psycopg's own way there takes three times as long as the database.

psycopg drops all prepared statements of a connection when a transaction is rolled back: what was prepared here is forgotten then
as well (``watch``), and prepared again under another name.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from select import POLLIN, POLLOUT, poll
from struct import Struct
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, PipelineStatus, TransactionStatus
from sqlalchemy import Connection as Db
from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.exc import DBAPIError

from bridge.store.dialect import from_json
from bridge.store.told import told

NUMBERED = asyncpg.dialect()  # type: ignore[no-untyped-call]
"""Statements compiled for it have their parameters numbered, as libpq takes them."""

Asked = tuple[object, str, Sequence[bytes | None]]
"""A statement by a key, its text, and the values it is asked with."""
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
_WHOLE_NUMBERS, _BOOLEAN, _JSON = (20, 21, 23), 16, (114, 3802)
_NOT_PREPARED = b"26000"
_names = itertools.count(1)
BINARY = 1
"""The format of what ``array_of`` makes."""
_MANY = 20  # From here on it pays to have psycopg's own reader made ready.


def watch(engine: Engine) -> None:
    """Has every connection of ``engine`` forget what was prepared on it once psycopg has dropped that, and wait for ``later`` in time."""
    event.listen(engine, "before_cursor_execute", lambda db, *_: settle(db))
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _roll_back)
    event.listen(engine, "rollback_savepoint", lambda db, *_: db.info.pop("prepared", None))
    event.listen(engine, "reset", lambda driver, record, _: _forget(driver, record.info))


def is_lost(driver: Any) -> bool:
    """Whether the server has ended this connection, which nobody is using: what it said last, and that it did, then waits to be read."""
    pgconn = driver.pgconn
    waiting = poll()
    waiting.register(pgconn.socket, POLLIN)
    try:
        while waiting.poll(0):
            pgconn.consume_input()
    except psycopg.Error:
        return True
    return bool(pgconn.status == ConnStatus.BAD)


def _commit(db: Db) -> None:
    """Together with what is still under way; psycopg then finds nothing left to commit, and spends nothing on it."""
    pgconn = _of(db)
    if pgconn.pipeline_status != PipelineStatus.OFF:
        pgconn.send_query_params(b"COMMIT", None)
        settle(db)
    elif pgconn.transaction_status == TransactionStatus.INTRANS:
        run(db, "COMMIT")


def _roll_back(db: Db) -> None:
    if not db.invalidated:
        with suppress(DBAPIError):
            settle(db)
        _forget(db.connection.driver_connection, db.info)


def _forget(driver: Any, info: dict[Any, Any]) -> None:
    """Of what is over already psycopg drops nothing."""
    if driver is not None and driver.pgconn.transaction_status != TransactionStatus.IDLE:
        info.pop("prepared", None)


def run(db: Db, command: str) -> None:
    """Begins or ends a transaction, without what that costs in the layers above."""
    try:
        _checked(_of(db).exec_(command.encode()))
    except psycopg.Error as error:
        raise told(db, error) from error


def begin(db: Db, *settings: bytes) -> None:
    """Begins a transaction with the first thing that is asked in it: one way to the server less. ``settings`` are its own."""
    pgconn = _of(db)
    pgconn.enter_pipeline_mode()
    for command in (b"BEGIN", *settings):
        pgconn.send_query_params(command, None)


def ask(db: Db, key: object, text: str, given: Sequence[bytes | None]) -> Any:
    """The result of the statement ``text``, by which name ``key`` it was prepared before or not. Raises ``psycopg.Error``."""
    pgconn, name = _ready(db, key, text)
    if pgconn.pipeline_status != PipelineStatus.OFF:
        pgconn.send_query_prepared(name, given)
        return _settled(pgconn)[-1]
    result = pgconn.exec_prepared(name, given)
    if result.error_field(DiagnosticField.SQLSTATE) == _NOT_PREPARED and pgconn.transaction_status == TransactionStatus.IDLE:
        del db.info["prepared"][key]
        return ask(db, key, text, given)
    return _checked(result)


def ask_all(db: Db, asked: Sequence[Asked]) -> list[Any]:
    """The results of all of these, asked in one way to the server. Raises ``psycopg.Error``."""
    prepare(db, {key: text for key, text, _ in asked})
    is_reading = _of(db).transaction_status == TransactionStatus.IDLE and not _needs_to_begin(db.connection.driver_connection)
    for key, text, given in asked:
        pgconn, name = _ready(db, key, text)
        if pgconn.pipeline_status == PipelineStatus.OFF:
            pgconn.enter_pipeline_mode()
        pgconn.send_query_prepared(name, given)
    try:
        return _settled(_of(db))[-len(asked) :]
    except psycopg.errors.InvalidSqlStatementName:
        if not is_reading:
            raise
        for key, _, _ in asked:
            db.info["prepared"].pop(key, None)
        return ask_all(db, asked)


def later(db: Db, key: object, text: str, given: Sequence[bytes | None], formats: Sequence[int] | None = None) -> None:
    """Has the statement carried out along with what is asked next, at the latest with the commit, which then raises what goes wrong.

    The values are texts unless ``formats`` says that they are ``BINARY``: those are many, and the server begins with them at once.
    """
    pgconn, name = _ready(db, key, text)
    if pgconn.pipeline_status == PipelineStatus.OFF:
        pgconn.enter_pipeline_mode()
    pgconn.send_query_prepared(name, given, formats)
    if formats is not None:
        pgconn.send_flush_request()
        _sent(pgconn)


def begin_to_ask(db: Db, asked: Sequence[Asked]) -> None:
    """Asks all of these and goes on: ``answer`` gives their results. Raises ``psycopg.Error``."""
    settle(db)
    prepare(db, {key: text for key, text, _ in asked})
    if _needs_to_begin(db.connection.driver_connection):
        run(db, "BEGIN")
    for key, text, given in asked:
        pgconn, name = _ready(db, key, text)
        if pgconn.pipeline_status == PipelineStatus.OFF:
            pgconn.enter_pipeline_mode()
        pgconn.send_query_prepared(name, given)
        pgconn.send_flush_request()
        _sent(pgconn)


def answer(db: Db) -> Any:
    """The result of the earliest question that was begun and has not been answered yet. Raises ``psycopg.Error``."""
    pgconn = _of(db)
    found = _next(pgconn)
    _next(pgconn)
    return _checked(found)


def settle(db: Db) -> None:
    """Waits for what is to be done ``later``. Raises ``DBAPIError`` when it could not be done."""
    pgconn = _of(db)
    if pgconn.pipeline_status == PipelineStatus.OFF:
        return
    try:
        _settled(pgconn)
    except psycopg.Error as error:
        raise told(db, error) from error


def _settled(pgconn: Any) -> list[Any]:
    """The results of all that is under way, in its order. Raises ``psycopg.Error`` for the first that failed."""
    pgconn.pipeline_sync()
    _sent(pgconn)
    results = list(_until_sync(pgconn))
    pgconn.exit_pipeline_mode()
    return [_checked(result) for result in results]


def _next(pgconn: Any) -> Any:
    """The next result; None behind the last one of a statement."""
    while pgconn.is_busy():
        _ready_to(pgconn, POLLIN)
        pgconn.consume_input()
    return pgconn.get_result()


def _until_sync(pgconn: Any) -> Iterator[Any]:
    while True:
        result = _next(pgconn)
        if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
            return
        if result is not None:
            yield result
        elif pgconn.status == ConnStatus.BAD:
            raise psycopg.OperationalError("the connection is lost")


def _sent(pgconn: Any) -> None:
    while pgconn.flush():
        if _ready_to(pgconn, POLLIN | POLLOUT) & POLLIN:
            pgconn.consume_input()


def _ready_to(pgconn: Any, events: int) -> int:
    """Libpq would wait with the interpreter's lock held, and keep from going on whoever it waits for."""
    waiting = poll()
    waiting.register(pgconn.socket, events)
    ((_, found),) = waiting.poll()
    return found


def _of(db: Db) -> Any:
    driver: Any = db.connection.driver_connection
    return driver.pgconn


def _ready(db: Db, key: object, text: str) -> tuple[Any, bytes]:
    """The connection, within a transaction unless it has none, and the name that the statement is prepared by."""
    driver: Any = db.connection.driver_connection
    pgconn, prepared = driver.pgconn, db.info.setdefault("prepared", {})
    name = prepared.get(key)
    if name is None:
        settle(db)
        name = b"dropbridge_%d" % next(_names)
        _checked(pgconn.prepare(name, text.encode()))
        prepared[key] = name
    if _needs_to_begin(driver):
        begin(db)
    return pgconn, name


def _needs_to_begin(driver: Any) -> bool:
    return not driver.autocommit and driver.pgconn.transaction_status == TransactionStatus.IDLE


def prepare(db: Db, texts: Mapping[Any, str]) -> None:
    """Prepares, in one way to the server, what ``ask`` and ``later`` will be asked for by these keys. Raises ``DBAPIError``."""
    pgconn, prepared = _of(db), db.info.setdefault("prepared", {})
    named = {key: b"dropbridge_%d" % next(_names) for key in texts if key not in prepared}
    if not named:
        return
    settle(db)
    pgconn.enter_pipeline_mode()
    for key, name in named.items():
        pgconn.send_prepare(name, texts[key].encode())
    settle(db)
    prepared.update(named)


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
    found = ("{" + ",".join(_element(each) for each in value) + "}" if isinstance(value, list) else str(value)).encode()
    if b"\0" in found:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) octets")
    return found


# An array's header holds its dimensions, whether it has NULLs, the type of its elements, how many they are and where they begin.
_HEADER, _LENGTH = Struct("!5i").pack, Struct("!i").pack
_NULL = _LENGTH(-1)


def _text(value: Any) -> bytes:
    octets = str(value).encode()
    return _LENGTH(len(octets)) + octets


_ELEMENTS: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "BIGINT": (20, partial(Struct("!iq").pack, 8)),
    "INTEGER": (23, partial(Struct("!ii").pack, 4)),
    "BOOLEAN": (16, partial(Struct("!i?").pack, 1)),
    "TEXT": (25, _text),
}


def array_of(kind: str, values: Sequence[Any]) -> bytes:
    """Many values as one binary array of ``kind``: as text, thousands of calendar texts are escaped here only to be unescaped there."""
    oid, pack = _ELEMENTS[kind]
    header = _HEADER(1, 1, oid, len(values), 1)
    return b"".join([header, *[_NULL if value is None else pack(value) for value in values]])


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows(db: Db, result: Any, loaders: Sequence[Callable[[bytes], Any]]) -> Sequence[Sequence[Any]]:
    """Every row, its values as ``loaders_of`` reads them."""
    if result.ntuples > _MANY:
        reading = Transformer(db.connection.driver_connection)
        reading.set_pgresult(result)
        return reading.load_rows(0, result.ntuples, list)
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
