"""What every flow is told about the house it runs in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

CLOCK_MAY_BE_SILENT = timedelta(seconds=30)
"""How old the clock's heartbeat may be."""


@dataclass(frozen=True, slots=True)
class House:
    """``base_url`` is what links are made from, without a trailing slash.

    ``horizon``: how far ahead a recurring event becomes slots; ``past`` how far back. ``max_occurrences`` within them
    are allowed for a slot. ``max_octets`` of UTF-8 is the largest event. ``address`` is what its mail comes from.
    An organizer's first drop is in ``language``, ``timezone`` and ``currency`` unless it says otherwise.
    """

    base_url: str = "http://127.0.0.1:8000"
    horizon: timedelta = timedelta(days=400)
    past: timedelta = timedelta(days=31)
    max_occurrences: int = 500
    max_octets: int = 1_048_576
    keep: timedelta = timedelta(days=30)
    language: str = "en"
    timezone: str = "UTC"
    currency: str = "EUR"
    address: str = ""

    @property
    def host(self) -> str:
        """The host that links name."""
        return urlsplit(self.base_url).hostname or "localhost"

    def link(self, public_id: str) -> str:
        """The address of a slot's page."""
        return f"{self.base_url}/slots/{public_id}"

    def order_link(self, secret: str) -> str:
        """The address of a customer's order."""
        return f"{self.base_url}/orders/{secret}"

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """The horizon at ``now``, on whole days so that it moves once a day. What left the feed lies before it."""
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return day - min(self.past, self.keep - timedelta(days=1)), day + self.horizon
