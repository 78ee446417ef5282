"""Customers as persons: what is known of one, and how it is forgotten while the books stay right."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, cast, delete, literal_column, or_, select, update
from sqlalchemy import Connection as Db

from bridge.core.ports_outbox import Consequence
from bridge.core.ports_people import Turn
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.store.among import among
from bridge.store.outbox import consequence

_o, _s, _d, _w, _c, _x = t.orders.c, t.slots.c, t.drops.c, shop.waiting.c, shop.customers.c, t.outbox.c
# Written out: SQLite takes a partial index only for the very words of its condition, not for a parameter.
_OF_PERSONS = _o.email.op("<>")(literal_column("''"))


def _about(what: str) -> ColumnElement[bool]:
    return and_(_x.topic == f"mail.{what}", among(cast(_x.payload[what].as_string(), BigInteger), f"{what}s"))


_LETTERS = or_(_about("order"), _about("waiting"))


def _of(query: Select[Any], slot_id: ColumnElement[int], organizer_id: int | None) -> Select[Any]:
    if organizer_id is None:
        return query
    return query.join(t.slots, _s.id == slot_id).join(t.drops, _d.id == _s.drop_id).where(_d.organizer_id == organizer_id)


class PeopleViews:
    """Fills ``ports_people.PeopleViews``."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def orders_of(self, email_key: str, organizer_id: int | None) -> list[int]:
        query = select(_o.id).where(_o.email_key == email_key).order_by(_o.id)
        return list(self._db.execute(_of(query, _o.slot_id, organizer_id)).scalars())

    def turns_of(self, email_key: str, organizer_id: int | None) -> list[Turn]:
        query = select(_w.id, _w.slot_id).where(_w.email_key == email_key).order_by(_w.id)
        return [Turn(*row) for row in self._db.execute(_of(query, _w.slot_id, organizer_id))]

    def seen_by(self, email_key: str, organizer_id: int | None) -> dict[str, datetime]:
        query = select(t.organizers.c.name, _c.last_seen_at).join(shop.customers, _c.organizer_id == t.organizers.c.id)
        found = self._db.execute(query.where(*_customer(email_key, organizer_id)).order_by(t.organizers.c.name))
        return {row.name: row.last_seen_at for row in found}

    def letters_about(self, order_ids: Sequence[int], waiting_ids: Sequence[int]) -> list[Consequence]:
        found = self._db.execute(select(t.outbox).where(_LETTERS).order_by(_x.id), {"orders": order_ids, "waitings": waiting_ids})
        return [consequence(row) for row in found]

    def orders_to_erase(self, ended_before: datetime, limit: int) -> list[int]:
        query = select(_o.id).select_from(t.slots).join(t.orders, _s.id == _o.slot_id).where(_s.ends_at < ended_before, _OF_PERSONS)
        return list(self._db.execute(query.limit(limit)).scalars())

    def turns_to_erase(self, ended_before: datetime, limit: int) -> list[Turn]:
        query = select(_w.id, _w.slot_id).join(t.slots, _s.id == _w.slot_id).where(_s.ends_at < ended_before)
        return [Turn(*row) for row in self._db.execute(query.order_by(_w.id).limit(limit))]


class People:
    """Fills ``ports_people.PeopleWork`` for one transaction."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def forget_customer(self, email_key: str, organizer_id: int | None) -> None:
        """Removes what tells that somebody is a customer. Comes before slots are locked."""
        self._db.execute(delete(shop.customers).where(*_customer(email_key, organizer_id)))

    def forget_customers(self, last_seen_before: datetime) -> None:
        """The same for everybody who ordered last before a moment."""
        self._db.execute(delete(shop.customers).where(_c.last_seen_at < last_seen_before))

    def erase_persons(self, order_ids: Sequence[int]) -> None:
        """Empties name, e-mail, its key, address and note of orders."""
        # An update alone locks rows as they lie: whoever locks the orders of a slot does so by id.
        self._db.execute(select(_o.id).where(among(_o.id)).order_by(_o.id).with_for_update(key_share=True), {"keys": order_ids})
        emptied = update(t.orders).where(among(_o.id)).values(name="", email="", email_key="", address=None, note="")
        self._db.execute(emptied, {"keys": order_ids})

    def remove_turns(self, turns: Sequence[Turn]) -> None:
        """Removes turns on waiting lists, whose slots must be locked."""
        keys = {"keys": [turn.id for turn in turns]}
        waited = self._db.execute(select(_w.slot_id).where(among(_w.id), _w.state == "waiting"), keys).scalars()
        for slot_id, fewer in sorted(Counter(waited).items()):
            self._db.execute(update(t.slots).where(_s.id == slot_id).values(waiting=_s.waiting - fewer, version=_s.version + 1))
        self._db.execute(delete(shop.waiting).where(among(_w.id)), keys)

    def remove_letters(self, order_ids: Sequence[int], waiting_ids: Sequence[int]) -> int:
        """Removes letters that were not delivered. Returns how many."""
        undelivered = delete(t.outbox).where(_LETTERS, _x.done_at.is_(None))
        return self._db.execute(undelivered, {"orders": order_ids, "waitings": waiting_ids}).rowcount

    def prune_views(self, before: datetime) -> None:
        """Forgets the views of hours before a moment."""
        self._db.execute(delete(shop.seen).where(shop.seen.c.hour < before))


def _customer(email_key: str, organizer_id: int | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [_c.email_key == email_key]
    return where if organizer_id is None else [*where, _c.organizer_id == organizer_id]
