"""How a commit that leaves slots dirty wakes the clock, in whatever process it runs; the clock's tick is the safety net.

PostgreSQL: NOTIFY, sent with the commit itself. SQLite: a datagram to a local socket named after the database file.
"""

import contextlib
import hashlib
import os
import select
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection

from bridge.store import libpq
from bridge.store.engine import Database

if TYPE_CHECKING:
    import psycopg

CHANNEL = "dropbridge_dirty"
LONGEST_SOCKET_PATH = 100


class Listener(Protocol):
    """Where a clock waits."""

    def wait(self, seconds: float) -> bool:
        """True when woken, False when the time ran out."""

    def close(self) -> None: ...


def announce(database: Database, connection: Connection) -> None:
    """Has the commit of this transaction wake the clock, where the database itself can carry the message."""
    if not database.is_sqlite:
        libpq.later(connection, CHANNEL, f"NOTIFY {CHANNEL}", [])


def announced(database: Database) -> None:
    """Wakes the clock of an embedded database after its commit."""
    if database.is_sqlite:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(b"!", str(_address(database)))


def listener(database: Database) -> Listener:
    """A new listener; the newest one of an embedded database gets the messages."""
    return Datagrams(_address(database)) if database.is_sqlite else Notifications(database)


def is_listened_to(database: Database) -> bool:
    """Whether a clock of a running server waits on this database."""
    if database.is_sqlite:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
            return probe.connect_ex(str(_address(database))) == 0
    with database.glance() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = %(query)s"
        return bool(connection.exec_driver_sql(asked, {"query": f"LISTEN {CHANNEL}"}).scalar())


def _address(database: Database) -> Path:
    path = Path(database.url.database or "").absolute()
    beside = path.with_name(path.name + "-clock")
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"dropbridge-{os.getuid()}-{name}"


class Datagrams:
    """Waits on a local socket."""

    def __init__(self, address: Path) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address.unlink(missing_ok=True)
        self._socket.bind(str(address))
        address.chmod(0o600)
        self._socket.setblocking(False)

    def wait(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._socket], [], [], seconds)
        while ready:
            try:
                self._socket.recv(16)
            except BlockingIOError:
                return True
        return False

    def close(self) -> None:
        self._socket.close()


class Notifications:
    """Waits for NOTIFY on a connection of its own, and makes a new one when it is lost."""

    def __init__(self, database: Database) -> None:
        self._url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, seconds: float) -> bool:
        import psycopg

        try:
            connection = self._connection or self._connect()
            return any(True for _ in connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error:
            self.close()
            select.select([], [], [], seconds)
            return True

    def _connect(self) -> "psycopg.Connection[Any]":
        import psycopg

        self._connection = psycopg.connect(self._url, autocommit=True)
        self._connection.execute(f"LISTEN {CHANNEL}")
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def waking(database: Database) -> Iterator[Listener]:
    """A listener for as long as the clock runs."""
    found = listener(database)
    try:
        yield found
    finally:
        found.close()
