"""Connections that were done with, used again without asking SQLAlchemy's pool, which costs as much as a question."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from sqlalchemy import Connection, Engine

from bridge.store import libpq

KEPT_SECONDS = 600


class Spare:
    """The connections of one engine, of which at most ``most`` are kept: the last that was done with is the next. Safe among threads."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine, self._most = engine, most
        self._kept: deque[tuple[Connection, float]] = deque()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection that nobody else uses meanwhile. One on which something failed, or is not at its end, goes back to the pool."""
        connection = self._next() or self._engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if connection.in_transaction() or connection.invalidated or len(self._kept) >= self._most:
            connection.close()
        else:
            self._kept.append((connection, monotonic()))

    def close(self) -> None:
        """Gives back to the pool what is kept."""
        while self._kept:
            self._kept.pop()[0].close()

    def _next(self) -> Connection | None:
        while self._kept:
            try:
                connection, since = self._kept.pop()
            except IndexError:
                break
            if monotonic() - since < KEPT_SECONDS and not self._is_lost(connection):
                return connection
            # The pool finds out what became of it, and of the others.
            connection.close()
        return None

    def _is_lost(self, connection: Connection) -> bool:
        return self._engine.dialect.name == "postgresql" and libpq.is_lost(connection.connection.driver_connection)
