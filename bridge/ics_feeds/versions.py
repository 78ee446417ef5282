"""Which state of a feed there is: the drops' revisions, and whether a slot is today, when apps should look more often."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bridge.core.drops import Drop
from bridge.ics_feeds.answers import Version
from bridge.ics_feeds.reading import Reading
from bridge.ics_feeds.variant import Variant

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class FeedVersion(Version):
    """``often``: a slot of the feed is today in the drop's zone."""

    often: bool = False


class Versions:
    """Versions of feeds. Whether a slot is today is asked once per revision and day, so that a poll reads one row."""

    def __init__(self, bridge: Reading) -> None:
        self._bridge = bridge
        self._today: dict[int, tuple[int, date, bool]] = {}

    def of(self, drops: Sequence[Drop], asked: Variant) -> FeedVersion:
        """The version of the feed of ``drops``. A revision alone would come again after a restored backup, with its time it does not."""
        now = self._bridge.now()
        often = any(self._has_slot_today(drop, now) for drop in drops)
        changed_at = max((drop.changed_at for drop in drops if drop.changed_at is not None), default=None)
        marks = [f"{drop.id}.{drop.revision}.{_micro(drop.changed_at):x}" for drop in drops]
        mark = marks[0] if len(marks) == 1 else hashlib.sha256(" ".join(marks).encode()).hexdigest()[:24]
        return FeedVersion(f"{mark}{'.often' if often else ''}{'.' + asked.tag if asked.tag else ''}", changed_at, often)

    def _has_slot_today(self, drop: Drop, now: datetime) -> bool:
        zone = ZoneInfo(drop.timezone)
        today = now.astimezone(zone).date()
        revision, day, answer = self._today.get(drop.id, (-1, today, False))
        if (revision, day) == (drop.revision, today):
            return answer
        start = datetime.combine(today, time(), zone)
        with self._bridge.read() as views:
            answer = bool(views.public_slots(drop.id, start, start + timedelta(days=1), limit=1))
        if len(self._today) >= _REMEMBERED:
            self._today.clear()
        self._today[drop.id] = (drop.revision, today, answer)
        return answer


def _micro(moment: datetime | None) -> int:
    return int(moment.timestamp() * 1_000_000) if moment else 0
