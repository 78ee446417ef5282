"""What must surely happen, one by one: the outbox, as Protocols.

A row waits (``due_at`` is set), is done (``done_at`` is set), or was given up (neither is; ``reason`` says why).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

Standing = Literal["waiting", "given up", "done"]


@dataclass(frozen=True, slots=True)
class Consequence:
    """One row of the outbox. ``attempts`` counts the tries, the one under way included; ``reason`` is why the last one failed.

    While a clock tries it, ``due_at`` is when its lease ends and another clock may.
    """

    id: int
    topic: str
    key: str
    payload: Mapping[str, Any]
    due_at: datetime | None
    attempts: int = 0
    reason: str = ""
    done_at: datetime | None = None

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        if self.done_at is not None:
            return "done"
        return "given up" if self.due_at is None else "waiting"


class OutboxViews(Protocol):
    """Reads of the outbox."""

    def outbox(self, standing: Standing, limit: int = 1000) -> list[Consequence]:
        """Rows that stand so, the oldest first."""

    def outbox_counts(self, prefix: str = "", due_by: datetime | None = None) -> dict[Standing, int]:
        """How many rows whose topic begins with ``prefix`` wait (with ``due_by`` only those due by then), and how many were given up."""

    def outbox_keys(self, prefix: str, after: int = 0, limit: int = 1000) -> Sequence[tuple[int, str]]:
        """Id and key of the rows whose topic begins with ``prefix``, by id, those behind ``after``."""


class Outbox(Protocol):
    """Writes of the outbox, within a unit of work."""

    def enqueue(self, topic: str, key: str, payload: Mapping[str, Any], due_at: datetime) -> None:
        """A consequence that must happen, once per ``key``: the same key again changes nothing. The commit wakes the clock."""

    def is_due(self, prefix: str, now: datetime) -> bool:
        """Whether there is a row that is due and whose topic begins with ``prefix``."""

    def put_off(self, beginning: str, due_at: datetime) -> bool:
        """Whether a row whose key begins so was still untried; it is, and is due at ``due_at`` instead."""

    def claim_due(self, prefix: str, now: datetime, lease: timedelta) -> Consequence | None:
        """The row due longest whose topic begins with ``prefix``, for this clock alone until the lease runs out; None: none is due."""

    def delivered(self, consequence: Consequence, now: datetime) -> None:
        """It happened; also when the lease had run out by then."""

    def postpone(self, consequence: Consequence, due_at: datetime, reason: str) -> bool:
        """Another try at ``due_at``; False when the lease had run out and the row is another's by now."""

    def hold_back(self, prefix: str, now: datetime, due_at: datetime, reason: str) -> int:
        """Puts off what is due of this kind, untried; how many rows that were."""

    def give_up(self, consequence: Consequence, reason: str) -> bool:
        """No further try; ``reason`` is for the organizer. False as ``postpone``."""

    def bounced(self, row_id: int, reason: str) -> bool:
        """A row that was done did not arrive after all: it counts as given up. False when that is known, or there is no such row."""

    def retry(self, row_id: int, now: datetime) -> bool:
        """A row that was given up is due again; False when it was not given up."""

    def prune_outbox(self, before: datetime) -> int:
        """Forgets rows that were done before; how many."""
