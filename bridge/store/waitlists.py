"""Waiting lists: who wants what comes free on a slot, first come first served. Whoever writes here has locked the slot."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection as Db
from sqlalchemy import select, update

from bridge.core.ports_orders import Waiting, WaitingState
from bridge.store import rows_orders as rows
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.store.among import among
from bridge.store.dialect import insert_ignoring

_w, _s = shop.waiting.c, t.slots.c
_WAITED_FOR = select(_s.id).where(among(_s.id), _s.waiting > 0, _s.removed_at.is_(None)).order_by(_s.id)


class Waitlists:
    """The waiting lists of one transaction."""

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def add_waiting(self, waiting: Waiting, email_key: str) -> Waiting | None:
        """With its id; None when this customer waits for the slot already."""
        values = {
            "slot_id": waiting.slot_id,
            "secret": waiting.secret,
            "state": waiting.state,
            "units": dict(waiting.units),
            "places": waiting.places,
            "email": waiting.email,
            "email_key": email_key,
            "name": waiting.name,
            "language": waiting.language,
            "created_at": waiting.created_at,
        }
        row = self._db.execute(insert_ignoring(self._db, shop.waiting).values(**values).returning(_w.id)).first()
        if row is None:
            return None
        self._count(waiting.slot_id, 1)
        return replace(waiting, id=row.id)

    def waiting(self, secret: str) -> Waiting | None:
        """Who has this secret."""
        row = self._db.execute(select(shop.waiting).where(_w.secret == secret)).first()
        return rows.waiting(row) if row else None

    def waiting_by_id(self, waiting_id: int) -> Waiting | None:
        """Who has this id."""
        row = self._db.execute(select(shop.waiting).where(_w.id == waiting_id)).first()
        return rows.waiting(row) if row else None

    def waiting_on(self, slot_id: int, limit: int) -> list[Waiting]:
        """Who waits for a slot, the first first."""
        query = select(shop.waiting).where(_w.slot_id == slot_id, _w.state == "waiting").order_by(_w.id).limit(limit)
        return [rows.waiting(row) for row in self._db.execute(query)]

    def waited_for(self, slot_ids: Sequence[int]) -> list[int]:
        """Those of the slots that somebody waits for."""
        return list(self._db.execute(_WAITED_FOR, {"keys": list(slot_ids)}).scalars()) if slot_ids else []

    def save_waiting(self, waiting: Waiting, was: WaitingState) -> bool:
        """Stores it if it still is in the state ``was``."""
        values = {"state": waiting.state, "offered_until": waiting.offered_until, "hold": waiting.hold}
        if self._db.execute(update(shop.waiting).where(_w.id == waiting.id, _w.state == was).values(**values)).rowcount == 0:
            return False
        self._count(waiting.slot_id, (waiting.state == "waiting") - (was == "waiting"))
        return True

    def _count(self, slot_id: int, more: int) -> None:
        """Also a turn that ends is shown, since the places that were kept for it are no longer."""
        self.leaves_dirty = True
        self._db.execute(update(t.slots).where(_s.id == slot_id).values(waiting=_s.waiting + more, version=_s.version + 1))
