"""Orders, holds and waiting lists as their pages read them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, and_, bindparam, exists, func, or_, select

from bridge.core.drops import Drop, Slot, sells_goods
from bridge.core.events import OrderCancelled
from bridge.core.orders import BOOKED, CLAIMING, Order
from bridge.core.ports_orders import CancelledBy, ForOrders, Held, OrderSeen, WaitingSeen
from bridge.core.stock import StockItem
from bridge.store import holds, rows, rows_orders
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.store.among import among
from bridge.store.prepared import Prepared, at_once
from bridge.store.shop import ShopViews, terms_of

_s, _o, _j = t.slots.c, t.orders.c, t.journal.c
_DROP_OF_SLOT = Prepared(
    rows.DROP.join(t.slots, _s.drop_id == t.drops.c.id)
    .where(_s.public_id == bindparam("asked"), _s.removed_at.is_(None))
    .add_columns(_s.limit_per_customer.label("slot_limit"))
)
_AMONG = (among(_s.public_id, "asked", Text), _s.removed_at.is_(None))
_LIMITS = Prepared(select(_s.public_id, _s.limit_per_customer).where(*_AMONG))
_ITS_DROP = select(_s.drop_id).where(*_AMONG).limit(1).scalar_subquery()
_DROP_OF_SLOTS = Prepared(rows.DROP.where(t.drops.c.id == _ITS_DROP))
_TERMS_OF_SLOT = Prepared(select(shop.terms.c.described).where(shop.terms.c.drop_id == _ITS_DROP))
_PRODUCTS_OF_SLOT = Prepared(select(shop.products).where(shop.products.c.drop_id == _ITS_DROP).order_by(shop.products.c.position))
_SLOT = select(t.slots).where(_s.id == bindparam("key"))
_BOOKED = Prepared(
    select(func.count(_o.email_key.distinct()).label("people")).where(
        _o.slot_id == bindparam("key"),
        _o.placed_at > bindparam("since", type_=t.Moment),
        or_(*(_o.state == state for state in sorted(BOOKED))),
    )
)
_OF_FORM = Prepared(
    select(_o.id)
    .join(t.slots, _s.id == _o.slot_id)
    .where(
        _s.public_id == bindparam("asked"),
        _s.removed_at.is_(None),
        _o.email_key == bindparam("key", type_=Text),
        func.substr(_o.hold, 1, func.length(bindparam("form", type_=Text))) == bindparam("form", type_=Text),
        _o.placed_at >= bindparam("since", type_=t.Moment),
        or_(*(_o.state == state for state in sorted(CLAIMING))),
    )
    .limit(1)
)
_WHO_CANCELLED = select(_j.actor).where(
    _j.drop_id == bindparam("drop"),
    _j.at == bindparam("at", type_=t.Moment),
    _j.slot_id == bindparam("slot"),
    _j.kind == OrderCancelled.kind,
)
_LIVE_SLOT = Prepared(select(t.slots).where(_s.public_id == bindparam("asked"), _s.removed_at.is_(None)))
_OFFERS = Prepared(rows.OFFER.where(t.offers.c.slot_id == bindparam("key")).order_by(t.offers.c.position))
_STOCK = Prepared(rows.ITEM.where(among(t.stock_items.c.id)))
_NOW = bindparam("now", type_=BigInteger)
_x, _i = t.offers.c, t.stock_items.c
_SELLS = exists().where(_x.slot_id == _s.id, _x.add_on.is_(False), _x.places_per_unit > 0)
_HAS_SOME = (
    exists()
    .where(_x.slot_id == _s.id, _x.add_on.is_(False), _x.places_per_unit > 0, _i.id == _x.stock_item_id)
    .where(or_(_x.allotment.is_(None), _x.claimed < _x.allotment))
    .where(or_(_i.counted.is_(None), _i.counted + _i.moved - _i.promised - _i.buffer > 0))
)
_FULL = Prepared(
    select(_s.id).where(
        _s.public_id == bindparam("asked"),
        _s.removed_at.is_(None),
        _s.cancelled.is_(False),
        or_(_s.claimed >= _s.capacity, and_(_SELLS, ~_HAS_SOME)),
        or_(_s.preorder_opens.is_(None), t.raw(_s.preorder_opens) <= _NOW),
        or_(_s.preorder_closes.is_(None), t.raw(_s.preorder_closes) > _NOW),
        t.raw(_s.ends_at) > _NOW,
    ),
)
# Orders outlive their drop's calendar: whoever removed that one still owes them their page.
_ANY_DROP: Select[Any] = (
    select(
        t.drops,
        t.organizers.c.name.label("organizer"),
        t.organizers.c.title.label("organizer_title"),
        t.organizers.c.email.label("organizer_email"),
        t.drops.c.is_public.label("shown"),
    )
    .join(t.organizers, t.organizers.c.id == t.drops.c.organizer_id)
    .where(t.drops.c.id == bindparam("key"))
)


class OrderPages(ShopViews):
    """Reads what an order's page, a hold or a turn on the waiting list is told with."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def order(self, secret: str) -> OrderSeen | None:
        return self._order(select(t.orders).where(_o.secret == secret))

    def order_by_id(self, order_id: int) -> OrderSeen | None:
        return self._order(select(t.orders).where(_o.id == order_id))

    def _order(self, query: Select[Any]) -> OrderSeen | None:
        found = rows_orders.orders(self._db, self._db.execute(query).all())
        if not found:
            return None
        order = found[0]
        slot, drop = self._slot(order.slot_id)
        return OrderSeen(order, slot, drop, self.terms(drop.id), rows_orders.money(self._db, order.id), self._cancelled_by(order, drop.id))

    def _cancelled_by(self, order: Order, drop_id: int) -> CancelledBy:
        """As the journal has it; the organizer ends all orders of a slot at one moment."""
        if order.state != "cancelled":
            return ""
        at = {"drop": drop_id, "at": order.cancelled_at, "slot": order.slot_id}
        actor = self._db.execute(_WHO_CANCELLED, at).scalars().first()
        return "" if actor is None else "customer" if actor == "customer" else "organizer"

    def _slot(self, slot_id: int) -> tuple[Slot, Drop]:
        row = self._db.execute(_SLOT, {"key": slot_id}).one()
        (slot,) = rows.slots([row], self._db.execute(rows.OFFERS, {"keys": [slot_id]}))
        return slot, rows.drop(self._db.execute(_ANY_DROP, {"key": slot.drop_id}).one())

    def hold_seen(self, secret: str) -> Held | None:
        return holds.hold(self._db, secret)

    def waiting_seen(self, secret: str) -> WaitingSeen | None:
        return self._turn(select(shop.waiting).where(shop.waiting.c.secret == secret))

    def waiting_seen_by_id(self, waiting_id: int) -> WaitingSeen | None:
        return self._turn(select(shop.waiting).where(shop.waiting.c.id == waiting_id))

    def _turn(self, query: Select[Any]) -> WaitingSeen | None:
        row = self._db.execute(query).first()
        if row is None:
            return None
        slot, drop = self._slot(row.slot_id)
        return WaitingSeen(rows_orders.waiting(row), slot, drop, self.terms(drop.id))

    def drop_of_slot(self, public_id: str) -> tuple[Drop, int | None] | None:
        row = _DROP_OF_SLOT.first(self._db, {"asked": public_id})
        return (rows.drop(row), row.slot_limit) if row else None

    def selling(self, public_ids: Iterable[str]) -> ForOrders | None:
        """What orders on these live slots depend on, which are of one drop; None when none of them is there."""
        asked = {"asked": sorted(set(public_ids))}
        questions = (_DROP_OF_SLOTS, _LIMITS, _TERMS_OF_SLOT, _PRODUCTS_OF_SLOT)
        (found, _), (slots, _), (told, _), (sold, _) = at_once(self._db, [(each, asked) for each in questions])
        limits = {row.public_id: row.limit_per_customer for row in slots}
        return ForOrders(rows.drop(found[0]), terms_of(told, sold), limits) if found else None

    def people_booked(self, slot_id: int, since: datetime) -> int:
        """How many people have booked a slot later than ``since``, by orders that stand."""
        return int(_BOOKED.one(self._db, {"key": slot_id, "since": since}).people)

    def slot_now(self, public_id: str) -> tuple[Slot, dict[int, StockItem]] | None:
        """A live slot with its offers and the stock they draw on, as they are by now; nothing is locked."""
        row = _LIVE_SLOT.first(self._db, {"asked": public_id})
        if row is None:
            return None
        slot = rows.slot(row, [rows.offer(offer) for offer in _OFFERS.all(self._db, {"key": row.id})])
        items = sorted({offer.stock_item_id for offer in slot.offers if offer.stock_item_id})
        found = _STOCK.all(self._db, {"keys": items}) if items else ()
        return slot, {item.id: rows.item(item) for item in found}

    def is_full(self, public_id: str, now: datetime) -> bool:
        """Whether nothing is left on a live slot that could else be ordered at ``now``; what an old count keeps back is not looked at."""
        return _FULL.first(self._db, {"asked": public_id, "now": t.micro(now)}) is not None

    def has_order_of_form(self, public_id: str, email_key: str, form: str, since: datetime) -> bool:
        """Whether a customer ordered on a live slot of late by a form that begins so, and has not cancelled; nothing is locked."""
        asked = {"asked": public_id, "key": email_key, "form": form, "since": since}
        return _OF_FORM.first(self._db, asked) is not None

    def alternatives(self, slot: Slot, now: datetime, limit: int) -> list[Slot]:
        """Other slots of the drop that have yet to end and sell all that ``slot`` sells, goods or mere places, by start."""
        query = select(t.slots).where(_s.drop_id == slot.drop_id, _s.id != slot.id, _s.removed_at.is_(None), _s.cancelled.is_(False))
        found = self._db.execute(query.where(_s.ends_at > now).order_by(_s.starts_at, _s.id).limit(limit)).all()
        listed = rows.slots(found, self._db.execute(rows.OFFERS, {"keys": [row.id for row in found]}))
        wanted = {offer.sku for offer in slot.offers}
        goods = sells_goods(slot.offers)
        return [one for one in listed if wanted <= {offer.sku for offer in one.offers} and sells_goods(one.offers) == goods]
