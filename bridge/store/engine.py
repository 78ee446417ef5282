"""Engines: what differs between SQLite and PostgreSQL when a transaction begins.

SQLite runs in WAL; a write begins IMMEDIATE, behind a lock file that queues the writers of all processes: SQLite's own
busy handler polls, and under load that starves a writer until it fails. PostgreSQL reads in REPEATABLE READ, so that
a revision and the rows read after it belong together, and writes in READ COMMITTED.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidatePoolError, OperationalError

from bridge.core.errors import AlreadyExists, PermanentFault, Refusal, TransientFault
from bridge.store import libpq, prepared
from bridge.store.dialect import from_json
from bridge.store.spare import Spare
from bridge.store.told import told

BUSY_MILLISECONDS = 30_000
LOCK_WAIT = "15s"
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
POOL = 32
PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
UNTIL_KEPT = 6
"""PostgreSQL plans a statement for its values five times before it looks whether one plan for all of them is as good."""
UNIQUE_VIOLATION = "23505"
_wait_for_disk = getattr(os, "fdatasync", os.fsync)


class Database:
    """One database. ``read()`` and ``write()`` are transactions; ``write`` commits on clean exit, else rolls back.

    Both raise ``TransientFault`` when the database cannot be reached or stays locked by something foreign.
    """

    def __init__(self, url: str, *, pool_size: int = POOL) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock_path: Path | None = None
        if self.is_sqlite:
            path = Path(self.url.database or "")
            self._lock_path = path.with_name(path.name + "-writer")
            self.reader = self.writer = self._sqlite(pool_size)
        else:
            self.writer = self._postgresql(pool_size)
            # Reading connections have one transaction mode for good: to set and reset it costs a tenth of a request.
            self.reader = self._postgresql(pool_size, isolation_level="AUTOCOMMIT")
            # What is written is found by its keys: to plan that anew for each of the first customers takes as long as to do it.
            _begin_with(self.writer, f"SET lock_timeout = '{LOCK_WAIT}'; SET plan_cache_mode = force_generic_plan")
            _begin_with(self.reader, "SET default_transaction_read_only = on")
            for engine in (self.writer, self.reader):
                libpq.watch(engine)
                event.listen(engine, "checkout", _still_there)
        self._spare = {engine: Spare(engine, pool_size) for engine in {self.reader, self.writer}}

    def _postgresql(self, pool_size: int, **options: Any) -> Engine:
        return create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_use_lifo=True,
            pool_pre_ping=False,
            pool_recycle=3600,
            hide_parameters=True,
            json_deserializer=from_json,
            connect_args={"client_encoding": "utf8"},
            **options,
        )

    @property
    def is_there(self) -> bool:
        """Whether there is a database file; always so of a server's database."""
        return not self.is_sqlite or Path(self.url.database or "").exists()

    def _sqlite(self, pool_size: int) -> Engine:
        engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_use_lifo=True,
            hide_parameters=True,
            json_deserializer=from_json,
            connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False, "cached_statements": 256},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot that cannot write."""
        with self.glance() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
                yield connection
            else:
                libpq.run(connection, SNAPSHOT)
                yield connection
                # psycopg drops all prepared statements after a rollback, which is what the pool would end it with.
                libpq.run(connection, "COMMIT")

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """What is committed by now, anew for each statement: for questions whose answers need not belong together."""
        with translated(), self._spare[self.reader].connected() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction that may write; on the disk when this returns.

        One that is not ``durable`` is not waited for until it is on the disk: a power failure, and nothing less, may undo it.
        """
        with translated(), self._spare[self.writer].connected() as connection:
            before = self._changes(connection)
            with self.turn(), connection.begin():
                if self.is_sqlite:
                    _begin_immediate(connection)
                elif not durable:
                    libpq.begin(connection, b"SET LOCAL synchronous_commit = off")
                yield connection
            if durable and self._changes(connection) != before:
                self._to_disk()

    def _changes(self, connection: Connection) -> int:
        """How many rows this connection to SQLite has changed so far."""
        if not self.is_sqlite:
            return 0
        driver: Any = connection.connection.driver_connection
        return int(driver.total_changes)

    def _to_disk(self) -> None:
        """Waits until what SQLite's log holds is on the disk: after the turn, so that the next writer need not wait for it.

        A log that is gone or was begun anew meanwhile has been brought into the database, which SQLite does with a wait of its own.
        """
        try:
            log = os.open(f"{self.url.database}-wal", os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            _wait_for_disk(log)
        except OSError as error:
            raise TransientFault("The disk does not take what was written; try again in a moment.") from error
        finally:
            os.close(log)

    def make_room(self) -> None:
        """Makes the folder of a database file, for its owner alone. Raises ``PermanentFault``."""
        if self.is_sqlite:
            folder = Path(self.url.database or "").parent
            try:
                folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            except OSError as error:
                raise _cannot_be_written(folder, error) from error

    def make_file(self) -> None:
        """Makes an empty database file, for its owner alone, where there is none; SQLite gives its log the same mode.

        Raises ``PermanentFault``.
        """
        if self.is_sqlite:
            path = Path(self.url.database or "")
            try:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
            except OSError as error:
                raise _cannot_be_written(path, error) from error

    def files(self) -> list[Path]:
        """The files there are of an SQLite database: itself, its log, and the log's index; none of a server's."""
        if not self.is_sqlite:
            return []
        named = [Path(f"{self.url.database}{end}") for end in ("", "-wal", "-shm")]
        return [path for path in named if path.exists()]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The writers' queue of SQLite; nothing on PostgreSQL. Raises ``PermanentFault`` where no file can be made."""
        if self._lock_path is None:
            yield
            return
        try:
            handle = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, PRIVATE)
        except OSError as error:
            raise _cannot_be_written(self._lock_path, error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def make_ready(
        self, connections: int, rehearse: Callable[[Connection], None] | None = None, look: Callable[[Connection], None] | None = None
    ) -> None:
        """Opens so many connections to read by and as many to write by, each with all that is known to be asked on it.

        ``look`` is done on each of the former until its plans are kept; on each of the latter ``rehearse`` is gone through twice,
        in a transaction that is taken back. Raises ``TransientFault``.
        """
        with translated(), ExitStack() as opened:
            for engine in {self.reader, self.writer}:
                for db in [opened.enter_context(self._spare[engine].connected()) for _ in range(connections)]:
                    prepared.make_ready(db)
                    for act in [rehearse, rehearse] if rehearse is not None and engine is self.writer else ():
                        self._rehearsed(db, act)
                    for act in [look] * UNTIL_KEPT if look is not None and engine is self.reader else ():
                        act(db)

    def _rehearsed(self, connection: Connection, act: Callable[[Connection], None]) -> None:
        with self.turn():
            if self.is_sqlite:
                _begin_immediate(connection)
            else:
                libpq.run(connection, "BEGIN")
            try:
                with suppress(Refusal):
                    act(connection)
            finally:
                if self.is_sqlite:
                    connection.exec_driver_sql("ROLLBACK")
                else:
                    # By psycopg it would take what is prepared with it.
                    libpq.settle(connection)
                    libpq.run(connection, "ROLLBACK")

    def dispose(self) -> None:
        """Closes every connection."""
        for spare in self._spare.values():
            spare.close()
        self.writer.dispose()
        self.reader.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turns the database's own outages into ``TransientFault``, a name taken meanwhile into ``AlreadyExists``.

    A file that is no database any more is a ``PermanentFault``.
    """
    try:
        yield
    except IntegrityError as error:
        if _is_taken(error):
            raise AlreadyExists("Somebody else made this at the same moment; look again.") from error
        raise
    except OperationalError as error:
        raise TransientFault("The database cannot be reached or is locked; try again in a moment.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise TransientFault("The connection to the database was lost; try again in a moment.") from error
        if getattr(error.orig, "sqlite_errorcode", None) in _DAMAGED:
            raise PermanentFault("The file of the database is damaged or none. Bring a backup back: dropbridge restore FILE") from error
        raise


def _cannot_be_written(path: Path, error: OSError) -> PermanentFault:
    told = f"{path} cannot be made: {error.strerror}."
    return PermanentFault(f"{told} The folder of the database has to be there, and writable for dropbridge.")


_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def _is_taken(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", "") == UNIQUE_VIOLATION or "UNIQUE constraint failed" in str(error.orig)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        # Commits do not wait for the disk; ``_to_disk`` does for those that have to.
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "cache_size = -4000",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    # All writers of all processes wait while this is done: asked of the driver itself, it takes a tenth of the time.
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute("BEGIN IMMEDIATE").close()
    except sqlite3.Error as error:
        raise told(connection, error) from error


def _still_there(driver: Any, _record: Any, _checked_out: Any) -> None:
    # A server that was restarted has ended them all, which nobody need hear of who comes when it is back.
    if libpq.is_lost(driver):
        raise InvalidatePoolError


def _begin_with(engine: Engine, setting: str) -> None:
    def given(connection: Any, _record: Any) -> None:
        autocommit, connection.autocommit = connection.autocommit, True
        connection.execute(setting)
        connection.autocommit = autocommit

    event.listen(engine, "connect", given)
