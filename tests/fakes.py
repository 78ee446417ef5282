"""Stand-ins that are real implementations of something small."""

from datetime import UTC, datetime, timedelta

WEDNESDAY = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is turned. Call it for the time."""

    def __init__(self, now: datetime = WEDNESDAY) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def turn(self, **by: float) -> datetime:
        """Forward (or back) by ``days=``, ``hours=``, ``minutes=``, ``seconds=``…; returns the new time."""
        self._now += timedelta(**by)
        return self._now

    def set(self, now: datetime) -> None:
        """To a moment, which has to be aware."""
        assert now.tzinfo is not None
        self._now = now
