"""Who a request is from, and the snapshot or transaction it works in."""

from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.core.ports import Audience, Role, UnitOfWork, Views
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

    def work(self) -> AbstractContextManager[UnitOfWork]:
        """One transaction: committed on clean exit, else rolled back."""


@dataclass(slots=True)
class Visit:
    """One request. ``organizer`` is empty and ``role`` None for anyone without a sign-in.

    ``work`` is set while Radicale holds its storage lock for writing; ``stream`` replaces the body of the answer.
    ``if_match`` is the header for Radicale's DELETE, judged in its transaction.
    """

    bridge: Bridge
    audience: Audience
    organizer: str = ""
    role: Role | None = None
    work: UnitOfWork | None = None
    if_match: str | None = None
    stream: Any = None


visiting: ContextVar[Visit] = ContextVar("visiting")
