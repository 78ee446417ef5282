"""Holds: claims that expire."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from bridge.core.claims import Claim, Line
from bridge.core.drops import Slot
from bridge.core.ports_orders import Held
from bridge.store import tables as t
from bridge.store.prepared import Prepared

_h, _l = t.holds.c, t.hold_lines.c
_ADD = Prepared(insert(t.holds).returning(_h.id), ("slot_id", "secret", "places", "expires_at", "created_at", "visitor", "waiting_id"))
_ADD_LINE = Prepared(insert(t.hold_lines), ("hold_id", "offer_id", "stock_item_id", "units", "price"))
_HOLD = Prepared(
    select(t.holds, _l.offer_id, _l.stock_item_id, _l.units, _l.price)
    .outerjoin(t.hold_lines, _l.hold_id == _h.id)
    .where(_h.secret == bindparam("asked"))
    .order_by(_l.id)
)
_LINES = Prepared(select(_l.offer_id, _l.stock_item_id, _l.units, _l.price).where(_l.hold_id == bindparam("key")).order_by(_l.id))
_OF_VISITOR = Prepared(
    select(func.count().label("n")).where(_h.visitor == bindparam("asked"), _h.expires_at > bindparam("now", type_=t.Moment))
)
_REMOVE_LINES = Prepared(delete(t.hold_lines).where(_l.hold_id == bindparam("key")))
_REMOVE = Prepared(delete(t.holds).where(_h.id == bindparam("key")))


def held(db: Db, row: Any) -> Held:
    """A hold, from its row."""
    return _held(row, _LINES.all(db, {"key": row.id}))


def _held(row: Any, lines: Iterable[Any]) -> Held:
    claimed = tuple(Line(x.offer_id, x.stock_item_id, x.units, 0, x.price) for x in lines)
    return Held(row.id, row.slot_id, row.secret, row.places, row.expires_at, claimed, row.visitor, row.waiting_id)


def hold(db: Db, secret: str) -> Held | None:
    """The hold of this secret, expired or not."""
    found = _HOLD.all(db, {"asked": secret})
    return _held(found[0], [row for row in found if row.offer_id is not None]) if found else None


class Holds:
    """The holds of one transaction."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add_hold(
        self, slot: Slot, claim: Claim, expires_at: datetime, now: datetime, *, visitor: str = "", waiting_id: int | None = None
    ) -> Held:
        """Writes the hold that was claimed."""
        secret = secrets.token_urlsafe(24)
        values = {
            "slot_id": slot.id,
            "secret": secret,
            "places": claim.places,
            "expires_at": expires_at,
            "created_at": now,
            "visitor": visitor,
            "waiting_id": waiting_id,
        }
        key = int(_ADD.one(self._db, values).id)
        self._add_held(key, claim.lines)
        return Held(key, slot.id, secret, claim.places, expires_at, claim.lines, visitor, waiting_id)

    def _add_held(self, key: int, lines: Sequence[Line]) -> None:
        for x in lines:
            values = {"hold_id": key, "offer_id": x.offer_id, "stock_item_id": x.stock_item_id, "units": x.units, "price": x.price}
            _ADD_LINE.later(self._db, values)

    def hold(self, secret: str) -> Held | None:
        """The hold of this secret, expired or not."""
        return hold(self._db, secret)

    def save_hold(self, changed: Held) -> bool:
        """Stores what it holds now and until when; False when it is gone. Its slot must be locked."""
        values = {"places": changed.places, "expires_at": changed.expires_at}
        if self._db.execute(update(t.holds).where(_h.id == changed.id).values(**values)).rowcount == 0:
            return False
        _REMOVE_LINES.later(self._db, {"key": changed.id})
        self._add_held(changed.id, changed.lines)
        return True

    def holds_of(self, visitor: str, now: datetime) -> int:
        """How many holds of a visitor have yet to expire."""
        return int(_OF_VISITOR.one(self._db, {"asked": visitor, "now": now}).n)

    def holds_on(self, slot_id: int) -> list[Held]:
        """Every hold on a slot, by id."""
        return self._holds(select(t.holds).where(_h.slot_id == slot_id).order_by(_h.id))

    def expired_holds(self, now: datetime, limit: int) -> list[Held]:
        """Holds whose time is over."""
        return self._holds(select(t.holds).where(_h.expires_at <= now).order_by(_h.expires_at).limit(limit))

    def _holds(self, query: Select[Any]) -> list[Held]:
        return [held(self._db, row) for row in self._db.execute(query).all()]

    def take_away_hold(self, hold: Held) -> bool:
        """Ends the hold; False when another transaction already did. Its slot must be locked."""
        _REMOVE_LINES.later(self._db, {"key": hold.id})
        return _REMOVE.run(self._db, {"key": hold.id}) == 1
