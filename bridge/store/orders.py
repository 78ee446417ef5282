"""Orders: claims that stay, and who made them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Select, bindparam, case, delete, func, insert, select, update

from bridge.core.orders import CLAIMING, Order, OrderState, email_key
from bridge.core.ports_orders import Held
from bridge.store import rows_orders as rows
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.store.among import among
from bridge.store.dialect import insert_into
from bridge.store.holds import taking_away
from bridge.store.prepared import Prepared, at_once

_o, _l = t.orders.c, t.order_lines.c
_ADD = Prepared(insert(t.orders).returning(_o.id), ("slot_id", "secret", "hold", "email_key", *rows.ORDER_COLUMNS))
_ADD_LINE = Prepared(insert(t.order_lines), ("order_id", *rows.LINE_COLUMNS))
_OF_HOLD = Prepared(select(t.orders).where(_o.hold == bindparam("asked")))
_LIVE = _o.state.in_(sorted(CLAIMING))
_COUNTED = func.coalesce(func.sum(case((_l.add_on, 0), else_=_l.units)), 0)
_UNDER_KEY = (_o.email_key == bindparam("asked"), _LIVE, _o.id != bindparam("besides"))
_UNITS_ON = (
    select(_COUNTED).select_from(t.orders.join(t.order_lines, _l.order_id == _o.id)).where(_o.slot_id == bindparam("key"), *_UNDER_KEY)
)
_TAKEN = func.coalesce(func.sum(_l.units * _l.places_per_unit), 0)
_BARE_ON = (
    select(_o.id, _o.places, _TAKEN.label("taken"))
    .select_from(t.orders.outerjoin(t.order_lines, _l.order_id == _o.id))
    .where(_o.slot_id == bindparam("key"), *_UNDER_KEY, _o.places > 0)
    .group_by(_o.id, _o.places)
)
_UNITS_IN = (
    select(_l.sku, func.sum(_l.units))
    .select_from(t.orders.join(t.order_lines, _l.order_id == _o.id).join(t.slots, t.slots.c.id == _o.slot_id))
    .where(t.slots.c.drop_id == bindparam("key"), *_UNDER_KEY)
    .group_by(_l.sku)
)

_i = t.stock_items.c
_TILL_OF = Prepared(select(_i.id, _i.connection_id, _i.sku).where(among(_i.id), _i.connection_id.is_not(None)))


def _own(order: Order, made_from: str) -> dict[str, Any]:
    return {"slot_id": order.slot_id, "secret": order.secret, "hold": made_from or None, "email_key": email_key(order.email)}


class Orders:
    """The orders of one transaction."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def lock_customer(self, organizer_id: int, email_key: str, now: datetime) -> None:
        """Nobody else orders under this key until the end of the transaction."""
        statement = insert_into(self._db, shop.customers).values(organizer_id=organizer_id, email_key=email_key, last_seen_at=now)
        self._db.execute(statement.on_conflict_do_update(index_elements=["organizer_id", "email_key"], set_={"last_seen_at": now}))

    def ordered_on(self, slot_id: int, email_key: str, besides: int = 0) -> int:
        """What a customer has ordered on a slot as its limit counts it, the order ``besides`` left out."""
        asked = {"key": slot_id, "asked": email_key, "besides": besides}
        bare = sum(max(0, row.places - row.taken) for row in self._db.execute(_BARE_ON, asked))
        return int(self._db.execute(_UNITS_ON, asked).scalar_one()) + int(bare)

    def ordered_in(self, drop_id: int, email_key: str, besides: int = 0) -> dict[str, int]:
        """Units by SKU that a customer has ordered in a drop."""
        found = self._db.execute(_UNITS_IN, {"key": drop_id, "asked": email_key, "besides": besides})
        return {sku: int(units) for sku, units in found}

    def add_orders(self, orders: Sequence[tuple[Order, str]], ends: Sequence[Held] = ()) -> list[Order] | None:
        """The orders with their ids, each with the hold or form it was made from; None when one of ``ends`` is a hold no more."""
        adding = [(_ADD, _own(order, made_from) | rows.order_values(order)) for order, made_from in orders]
        done = at_once(self._db, [*adding, *(taking_away(ends) if ends else ())])
        if ends and done[-1].touched != len(ends):
            return None
        numbered = [rows.numbered(order, int(found.rows[0].id)) for (order, _), found in zip(orders, done, strict=False)]
        for order in numbered:
            self._add_ordered(order.id, order)
        return numbered

    def _add_ordered(self, key: int, order: Order) -> None:
        for line in order.lines:
            _ADD_LINE.later(self._db, {"order_id": key, **rows.line_values(line)})

    def order_at(self, secret: str) -> tuple[int, int] | None:
        """The ids of an order and its slot, without a lock."""
        row = self._db.execute(select(_o.id, _o.slot_id).where(_o.secret == secret)).first()
        return (row.id, row.slot_id) if row else None

    def slot_of_order(self, order_id: int) -> int | None:
        """The slot of an order, without a lock."""
        return self._db.execute(select(_o.slot_id).where(_o.id == order_id)).scalar()

    def order_for_change(self, order_id: int) -> Order | None:
        """The order, locked; its slot must be locked before."""
        found = self._orders(select(t.orders).where(_o.id == order_id).with_for_update(key_share=True))
        return found[0] if found else None

    def orders_on(self, slot_id: int, states: Iterable[OrderState]) -> list[Order]:
        """Orders on a slot, locked; the slot must be locked before."""
        query = select(t.orders).where(_o.slot_id == slot_id, _o.state.in_(sorted(states))).order_by(_o.id)
        return self._orders(query.with_for_update(key_share=True))

    def _orders(self, query: Select[Any]) -> list[Order]:
        return rows.orders(self._db, self._db.execute(query).all())

    def save_order(self, order: Order, was: OrderState) -> bool:
        """Stores the order and its lines if it still is in the state ``was``; False when it is not."""
        values = {"slot_id": order.slot_id, **rows.order_values(order)}
        if self._db.execute(update(t.orders).where(_o.id == order.id, _o.state == was).values(**values)).rowcount == 0:
            return False
        if rows.lines_of(self._db, order.id) != order.lines:
            self._db.execute(delete(t.order_lines).where(_l.order_id == order.id))
            self._add_ordered(order.id, order)
        return True

    def lapsed_orders(self, now: datetime, limit: int) -> list[tuple[int, int]]:
        """Orders, each with its slot, whose payment did not come in time."""
        query = select(_o.id, _o.slot_id).where(_o.expires_at <= now, _o.state == "pending").order_by(_o.expires_at).limit(limit)
        return [(row.id, row.slot_id) for row in self._db.execute(query)]

    def has_orders(self, drop_id: int) -> bool:
        """Whether anything was ever ordered in a drop."""
        query = select(_o.id).join(t.slots, t.slots.c.id == _o.slot_id).where(t.slots.c.drop_id == drop_id).limit(1)
        return self._db.execute(query).first() is not None

    def order_of_hold(self, hold: str) -> Order | None:
        """The order that a hold became."""
        found = rows.orders(self._db, _OF_HOLD.all(self._db, {"asked": hold}))
        return found[0] if found else None

    def order_of_form(self, slot_id: int, email_key: str, form: str, since: datetime) -> Order | None:
        """What a customer ordered on a slot of late by a form that begins so, and has not cancelled."""
        made = (_o.slot_id == slot_id, _o.email_key == email_key, _o.hold.startswith(form, autoescape=True), _o.placed_at >= since)
        found = self._orders(select(t.orders).where(*made, _LIVE).order_by(_o.id).limit(1))
        return found[0] if found else None

    def till_of(self, item_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
        """The connection that counts each item, and the SKU; items without a till are left out."""
        wanted = sorted(set(item_ids) - {0})
        found = _TILL_OF.all(self._db, {"keys": wanted}) if wanted else ()
        return {row.id: (row.connection_id, row.sku) for row in found}
