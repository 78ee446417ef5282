"""Where stock is kept, the tills that count it there, and what one answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.core.stock import Count, Movement


@dataclass(frozen=True, slots=True)
class Location:
    """Where stock is kept; each organizer starts with ``main``."""

    id: int
    organizer_id: int
    organizer: str
    name: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A till. ``config`` is the vendor's own; ``cursor`` is opaque to all but its adapter.

    ``stale_after``: how old a count may be before it is shown with its time, and ``stale_buffer`` units are kept back
    from then on. ``problem`` is the last failure as a
    sentence for the organizer, empty when the till answers. ``skew`` is the till's clock less ours in seconds.
    """

    id: int
    organizer_id: int
    organizer: str
    name: str
    kind: str
    location_id: int
    config: Mapping[str, Any]
    cursor: str = ""
    interval: timedelta = timedelta(seconds=5)
    stale_after: timedelta | None = None
    stale_buffer: int = 0
    due_at: datetime | None = None
    failures: int = 0
    problem: str = ""
    last_ok_at: datetime | None = None
    skew: float = 0.0


@dataclass(frozen=True, slots=True)
class Polled:
    """One answer of a till: counts and movements in any order, the cursor to come back with, and the till's clock."""

    counts: tuple[Count, ...] = ()
    movements: tuple[Movement, ...] = ()
    cursor: str = ""
    till_now: datetime | None = None
