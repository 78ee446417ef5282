"""Who a request is from, and the snapshot or transaction it works in."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.caldav_plugin.kept import KeptAnswers
from bridge.caldav_plugin.refusals import DavError
from bridge.core.accounts import Role
from bridge.core.calendars import Audience
from bridge.core.ports import UnitOfWork, Views
from bridge.flows.house import House
from bridge.settings import Settings


class Bridge(Protocol):
    """What this face needs of the house."""

    @property
    def settings(self) -> Settings:
        """The settings of this start."""

    @property
    def house(self) -> House:
        """What flows are told."""

    def now(self) -> datetime:
        """The present moment, in UTC."""

    def read(self) -> AbstractContextManager[Views]:
        """One snapshot."""

    def glance(self) -> AbstractContextManager[Views]:
        """What is committed by now, anew for each question."""

    def work(self) -> AbstractContextManager[UnitOfWork]:
        """One transaction: committed on clean exit, else rolled back."""


class Sight:
    """The house as one request sees it: what it reads, the sign-in included, it reads in one snapshot.

    The snapshot ends with the request, or where a change begins: a transaction of its own then reads what is there by then.
    With ``glancing`` there is none: for a request that asks who signs in, and then for one thing.
    """

    def __init__(self, bridge: Bridge, *, glancing: bool = False) -> None:
        self._bridge = bridge
        self._open = bridge.glance if glancing else bridge.read
        self._held = ExitStack()
        self._views: Views | None = None
        self.settings, self.house, self.now = bridge.settings, bridge.house, bridge.now

    @contextmanager
    def read(self) -> Iterator[Views]:
        """The request's snapshot. After a failure in it there is a new one."""
        if self._views is None:
            self._views = self._held.enter_context(self._open())
        try:
            yield self._views
        except BaseException:
            self._views = None
            self._held.__exit__(*sys.exc_info())
            raise

    def apart(self) -> AbstractContextManager[Views]:
        """A snapshot that outlives the request, for an answer that is still being streamed."""
        return self._bridge.read()

    @contextmanager
    def work(self) -> Iterator[UnitOfWork]:
        """One transaction: committed on clean exit, else rolled back."""
        self.end()
        with self._bridge.work() as work:
            yield work

    def end(self) -> None:
        """Ends the snapshot."""
        self._views = None
        self._held.close()


@dataclass(slots=True)
class Visit:
    """One request. ``organizer`` is empty and ``role`` None for anyone without a sign-in.

    ``kept`` are the mount's answers that many ask for. ``work`` is set while Radicale holds its storage lock for writing;
    ``stream`` replaces the body of the answer. ``if_match`` is the header for Radicale's DELETE, judged in its transaction;
    ``refused`` a refusal with a status of the 500s.
    """

    bridge: Sight
    audience: Audience
    kept: KeptAnswers
    organizer: str = ""
    role: Role | None = None
    work: UnitOfWork | None = None
    if_match: str | None = None
    stream: Any = None
    refused: DavError | None = None


visiting: ContextVar[Visit] = ContextVar("visiting")
