"""Holds: claims that expire."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Select, Text, bindparam, delete, func, insert, select, update

from bridge.core.claims import Claim, Line
from bridge.core.drops import Slot
from bridge.core.ports_orders import ForHolds, Held
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.ledger import LOCK_ITEMS
from bridge.store.prepared import Prepared, at_once
from bridge.store.shop import PRODUCTS, TERMS, terms_of

_h, _l = t.holds.c, t.hold_lines.c
_ADD = Prepared(insert(t.holds).returning(_h.id), ("slot_id", "secret", "places", "expires_at", "created_at", "visitor", "waiting_id"))
_ADD_LINE = Prepared(insert(t.hold_lines), ("hold_id", "offer_id", "stock_item_id", "units", "price"))
HOLDS = Prepared(
    select(t.holds, _l.offer_id, _l.stock_item_id, _l.units, _l.price)
    .outerjoin(t.hold_lines, _l.hold_id == _h.id)
    .where(among(_h.secret, "secrets", Text))
    .order_by(_h.id, _l.id)
)
_LINES = Prepared(select(_l.offer_id, _l.stock_item_id, _l.units, _l.price).where(_l.hold_id == bindparam("key")).order_by(_l.id))
_OF_VISITORS = Prepared(
    select(_h.visitor, func.count().label("n"))
    .where(among(_h.visitor, "visitors", Text), _h.expires_at > bindparam("now", type_=t.Moment))
    .group_by(_h.visitor)
)
_IS_PUBLIC = Prepared(select(t.drops.c.is_public).where(t.drops.c.id == bindparam("drop")))
_REMOVE_LINES = Prepared(delete(t.hold_lines).where(among(_l.hold_id)))
_REMOVE = Prepared(delete(t.holds).where(among(_h.id)))


def held(db: Db, row: Any) -> Held:
    """A hold, from its row."""
    return _held(row, _LINES.all(db, {"key": row.id}))


def _held(row: Any, lines: Iterable[Any]) -> Held:
    claimed = tuple(Line(x.offer_id, x.stock_item_id, x.units, 0, x.price) for x in lines)
    return Held(row.id, row.slot_id, row.secret, row.places, row.expires_at, claimed, row.visitor, row.waiting_id)


def hold(db: Db, secret: str) -> Held | None:
    """The hold of this secret, expired or not."""
    return next(iter(of_rows(HOLDS.all(db, {"secrets": [secret]}))), None)


def of_rows(found: Sequence[Any]) -> list[Held]:
    """The holds that there are, from the rows of ``HOLDS``."""
    each = [list(group) for _, group in groupby(found, key=lambda row: row.id)]
    return [_held(group[0], [row for row in group if row.offer_id is not None]) for group in each]


def _values(made: Held, now: datetime) -> dict[str, Any]:
    return {
        "slot_id": made.slot_id,
        "secret": made.secret,
        "places": made.places,
        "expires_at": made.expires_at,
        "created_at": now,
        "visitor": made.visitor,
        "waiting_id": made.waiting_id,
    }


def taking_away(holds: Iterable[Held]) -> list[tuple[Prepared, dict[str, Any]]]:
    """What ends the holds; the last of it touches a row for each, unless another transaction already ended it."""
    keys = {"keys": sorted(hold.id for hold in holds)}
    return [(_REMOVE_LINES, keys), (_REMOVE, keys)]


class Holds:
    """The holds of one transaction."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add_hold(
        self, slot: Slot, claim: Claim, expires_at: datetime, now: datetime, *, visitor: str = "", waiting_id: int | None = None
    ) -> Held:
        """Writes the hold that was claimed."""
        return self._written([(slot, claim, visitor, waiting_id)], expires_at, now)[0]

    def add_holds(self, claims: Sequence[tuple[Slot, Claim, str]], expires_at: datetime, now: datetime) -> list[Held]:
        """Writes the holds that were claimed, each on its slot and with its visitor."""
        return self._written([(slot, claim, visitor, None) for slot, claim, visitor in claims], expires_at, now) if claims else []

    def _written(self, claims: Sequence[tuple[Slot, Claim, str, int | None]], expires_at: datetime, now: datetime) -> list[Held]:
        made = [
            Held(0, slot.id, secrets.token_urlsafe(24), claim.places, expires_at, claim.lines, visitor, waiting_id)
            for slot, claim, visitor, waiting_id in claims
        ]
        keys = at_once(self._db, [(_ADD, _values(one, now)) for one in made])
        numbered = [replace(one, id=int(found.rows[0].id)) for one, found in zip(made, keys, strict=True)]
        for one in numbered:
            self._add_held(one.id, one.lines)
        return numbered

    def for_holds(self, drop_id: int, item_ids: Iterable[int], visitors: Iterable[str], now: datetime) -> ForHolds:
        """What holds on slots of a drop depend on. The items are locked in the order of their ids."""
        asked = {"drop": drop_id, "keys": sorted(set(item_ids)), "visitors": sorted(set(visitors) - {""}), "now": now}
        questions = (_IS_PUBLIC, TERMS, PRODUCTS, LOCK_ITEMS, _OF_VISITORS)
        shown, told, sold, items, begun = at_once(self._db, [(each, asked) for each in questions])
        stock = {row.id: rows.item(row) for row in items.rows}
        return ForHolds(bool(shown.rows[0].is_public), terms_of(told.rows, sold.rows), stock, {row.visitor: row.n for row in begun.rows})

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
        _REMOVE_LINES.later(self._db, {"keys": [changed.id]})
        self._add_held(changed.id, changed.lines)
        return True

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
        return at_once(self._db, taking_away([hold]))[-1].touched == 1
