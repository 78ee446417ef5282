"""The next slot of each drop, for lists of drops."""

from datetime import datetime

from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop
from bridge.core.ports import Views

MAX_DROPS = 100
_LOOK_AT = 50
_REMEMBERED = 4096


class Upcoming:
    """Looks a drop's next slot up once per revision, so that a list of drops costs no more than its drops."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, PublicSlot | None]] = {}

    def soonest_first(self, views: Views, drops: list[Drop], now: datetime) -> list[tuple[Drop, PublicSlot | None]]:
        """At most ``MAX_DROPS`` of ``drops`` with the next slot of each; those without one come last."""
        found = [(drop, self.of(views, drop, now)) for drop in drops[:MAX_DROPS]]
        return sorted(found, key=lambda pair: (pair[1] is None, pair[1].starts_at if pair[1] else now))

    def of(self, views: Views, drop: Drop, now: datetime) -> PublicSlot | None:
        """The soonest slot of ``drop`` that has not ended."""
        revision, slot = self._known.get(drop.id, (-1, None))
        if revision == drop.revision and (slot is None or slot.ends_at > now):
            return slot
        slots = views.public_slots(drop.id, now, limit=_LOOK_AT)
        slot = next((slot for slot in slots if not slot.removed), None)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[drop.id] = (drop.revision, slot)
        return slot
