"""What reports are made of: sums over the journal and the counted views of one drop, by its indexes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, bindparam, case, cast, func, literal, null, or_, select

from bridge.core.drops import Offer
from bridge.core.report import Counted, SlotFacts, Sold
from bridge.store import rows
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.store.among import among

_j, _s, _o, _i, _v = t.journal.c, t.slots.c, t.offers.c, t.stock_items.c, shop.seen.c


def _number(name: str) -> ColumnElement[int]:
    return func.coalesce(cast(_j.data[name].as_string(), BigInteger), 0)


_KINDS = {
    "hold.taken": "hold",
    "order.paid": "order",
    "order.lapsed": "abandoned",
    "order.cancelled": "cancelled",
    "refund.requested": "refund",
    "waiting.joined": "joined",
    "waiting.offered": "offered",
}
_BY_CUSTOMERS = _j.actor.in_(["customer", "clock"])
_WHAT = case(
    _KINDS,
    value=_j.kind,
    else_=case(
        (and_(_j.kind == "order.placed", _j.data["pending"].as_boolean().is_(False)), literal("order")),
        (and_(_j.kind == "hold.released", _BY_CUSTOMERS), literal("abandoned")),
        (_j.kind == "waiting.ended", _j.data["outcome"].as_string()),
        else_=null(),
    ),
)
_COUNTED = (
    select(
        _j.slot_id,
        _number("price").label("price"),
        _WHAT.label("what"),
        func.count().label("times"),
        func.sum(_number("units")).label("units"),
        func.sum(_number("amount")).label("amount"),
    )
    .where(_j.drop_id == bindparam("drop"), _j.slot_id.is_not(None))
    .where(_j.kind.in_([*_KINDS, "order.placed", "hold.released", "waiting.ended"]))
    .group_by("slot_id", "price", "what")
)
_SEEN = (
    select(_v.slot_id, _v.price, func.sum(_v.views).label("times"))
    .join(t.slots, _s.id == _v.slot_id)
    .where(_s.drop_id == bindparam("drop"))
    .group_by(_v.slot_id, _v.price)
)
_MOMENTS = (
    select(_j.slot_id, _j.kind, func.min(t.raw(_j.at)).label("at"))
    .where(_j.drop_id == bindparam("drop"), _j.kind.in_(["slot.added", "slot.sold_out"]), _j.slot_id.is_not(None))
    .group_by(_j.slot_id, _j.kind)
)
_OFFERS = rows.OFFER.where(_s.drop_id == bindparam("drop")).order_by(_o.slot_id, _o.position)
_STANDING = or_(_s.removed_at.is_not(None), _s.cancelled).is_(False)


class ReportViews:
    """Fills ``ports_reports.ReportViews``."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def counted(self, drop_id: int, since: datetime | None, until: datetime | None) -> list[Counted]:
        """What happened from ``since`` until before ``until``, by slot and price; hours of views that begin within them."""
        acts = self._db.execute(_within(_COUNTED, _j.at, since, until), {"drop": drop_id})
        seen = self._db.execute(_within(_SEEN, _v.hour, since, until), {"drop": drop_id})
        found = [Counted(row.slot_id, row.price, row.what, row.times, int(row.units), int(row.amount)) for row in acts if row.what]
        return found + [Counted(row.slot_id, row.price, "view", int(row.times)) for row in seen]

    def slots_reported(self, drop_id: int) -> list[SlotFacts]:
        """Every slot there ever was of a drop, as it is now."""
        moments = {(row.slot_id, row.kind): t.EPOCH + row.at * t.MICROSECOND for row in self._db.execute(_MOMENTS, {"drop": drop_id})}
        sold: dict[int, list[Sold]] = {}
        for row in self._db.execute(_OFFERS, {"drop": drop_id}):
            offer = rows.offer(row)
            sold.setdefault(row.slot_id, []).append(Sold(offer.sku, offer.name or offer.sku, offer.claimed, offer.allotment))
        found = self._db.execute(select(t.slots).where(_s.drop_id == drop_id))
        return [
            SlotFacts(
                id=row.id,
                public_id=row.public_id,
                title=row.title,
                starts_at=row.starts_at,
                timezone=row.timezone,
                capacity=row.capacity,
                claimed=row.claimed,
                ended=row.cancelled or row.removed_at is not None,
                opens=row.preorder_opens,
                shown_at=moments.get((row.id, "slot.added")),
                sold_out_at=moments.get((row.id, "slot.sold_out")),
                sold=tuple(sold.get(row.id, ())),
                all_day=row.all_day,
            )
            for row in found
        ]

    def products_sold(self, drop_id: int, now: datetime) -> list[Sold]:
        """What slots that were not called off have given away of each SKU, of their allotments together, else of what was counted."""
        found: dict[int, list[Offer]] = {}
        for row in self._db.execute(_OFFERS.where(_STANDING), {"drop": drop_id}):
            found.setdefault(row.stock_item_id, []).append(rows.offer(row))
        free = self._free(found, now)
        return sorted((_sold(offers, free[item]) for item, offers in found.items()), key=lambda one: (one.name.casefold(), one.sku))

    def _free(self, item_ids: Iterable[int], now: datetime) -> dict[int, int | None]:
        keys = sorted(item_ids)
        items = self._db.execute(rows.ITEM.where(among(_i.id)), {"keys": keys}) if keys else ()
        return {row.id: rows.item(row).free(now) for row in items}


def _within(query: Select[Any], moment: ColumnElement[Any], since: datetime | None, until: datetime | None) -> Select[Any]:
    if since is not None:
        query = query.where(moment >= since)
    return query if until is None else query.where(moment < until)


def _sold(offers: list[Offer], free: int | None) -> Sold:
    units = sum(offer.claimed for offer in offers)
    allotted = [offer.allotment for offer in offers]
    if None not in allotted:
        of: int | None = sum(number for number in allotted if number is not None)
    else:
        of = None if free is None else units + free
    return Sold(offers[0].sku, offers[0].name or offers[0].sku, units, of)
