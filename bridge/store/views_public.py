"""Slots as customers see them: for the feeds, the pages and the API."""

from datetime import datetime
from operator import itemgetter

from sqlalchemy import Connection, bindparam, exists, func, select

from bridge.core.calendars import Coming, FeedRow, Offered, PublicSlot
from bridge.core.drops import Drop
from bridge.core.ports_shop import SlotTold
from bridge.store import rows_public as rows
from bridge.store import tables as t
from bridge.store.prepared import Prepared, at_once
from bridge.store.rows import DROP, OFFER, drop, offer
from bridge.store.shop import terms_of
from bridge.store.tables_shop import products, terms

_p, _s, _t = t.public_renderings.c, t.slots.c, terms.c
# Whatever happens to any slot raises these.
_RAISED = {"revision", "changed_at"}
_WITH_DROP = (
    DROP.add_columns(_p.revision.label("shown_at"), _t.changed_at.label("described_at"))
    .join(t.slots, _s.drop_id == t.drops.c.id)
    .join(t.public_renderings, _p.slot_id == _s.id)
    .outerjoin(terms, _t.drop_id == t.drops.c.id)
    .where(_s.public_id == bindparam("asked"), t.drops.c.is_public, _p.gone.is_(False))
)
_steady = itemgetter(*(at for at, column in enumerate(_WITH_DROP.exported_columns) if column.name not in _RAISED))
_VERSION = Prepared(_WITH_DROP)
_ROWS = (
    select(_p.slot_id, _p.revision, _s.timezone, _p.available, t.seconds(_s.preorder_opens), _p.gone, t.public_texts.c.text)
    .join(t.slots, _s.id == _p.slot_id)
    .join(t.public_texts, t.public_texts.c.slot_id == _p.slot_id)
    .where(_p.drop_id == bindparam("drop"), _p.revision > bindparam("since"), _p.slot_id > bindparam("after"))
    .order_by(_p.slot_id)
    .limit(bindparam("most"))
)
_FEED, _FEED_SINCE = Prepared(_ROWS.where(_p.gone.is_(False))), Prepared(_ROWS)
_WITHDRAWN = Prepared(
    select(_s.public_id)
    .join(t.public_renderings, _p.slot_id == _s.id)
    .where(_p.drop_id == bindparam("drop"), _p.revision > bindparam("since"), _p.gone)
)
_PUBLIC_SLOT = Prepared(rows.PUBLIC_SLOT.where(_s.public_id == bindparam("asked")))
_ITS_DROP = select(_s.drop_id).where(_s.public_id == bindparam("asked")).scalar_subquery()
_ITS_TERMS = Prepared(select(_t.described).where(_t.drop_id == _ITS_DROP))
_ITS_PRODUCTS = Prepared(select(products).where(products.c.drop_id == _ITS_DROP).order_by(products.c.position))
_ITS_OFFERS = Prepared(OFFER.where(_s.public_id == bindparam("asked"), _s.removed_at.is_(None)).order_by(t.offers.c.position))
_MANY = 2**31


class PublicViews:
    """Reads the public audience's renderings, and the values behind them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def feed_rows(self, drop_id: int, since: int = -1, *, after: int = -1, limit: int | None = None) -> list[FeedRow]:
        asked = {"drop": drop_id, "since": since, "after": after, "most": limit or _MANY}
        return [FeedRow(*row) for row in (_FEED if since < 0 else _FEED_SINCE).all(self._db, asked)]

    def withdrawn(self, drop_id: int, since: int) -> list[str]:
        return [row.public_id for row in _WITHDRAWN.all(self._db, {"drop": drop_id, "since": since})]

    def public_slots(
        self,
        drop_id: int,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        since: int = -1,
        limit: int | None = None,
        offset: int = 0,
        sku: str = "",
        available: bool = False,
    ) -> list[PublicSlot]:
        query = rows.PUBLIC_SLOT.limit(limit).offset(offset or None)
        if since >= 0:
            newer = select(_p.slot_id).where(_p.drop_id == drop_id, _p.revision > since)
            query = query.where(_s.id.in_(newer)).order_by(_s.id)
        else:
            query = query.where(_s.drop_id == drop_id).order_by(_s.starts_at, _s.id)
        if start is not None:
            query = query.where(_s.ends_at > start)
        if end is not None:
            query = query.where(_s.starts_at < end)
        if sku:
            query = query.where(exists().where(t.offers.c.slot_id == _s.id, t.offers.c.sku == sku))
        if available:
            query = query.where(_p.available)
        return [rows.public_slot(row) for row in self._db.execute(query)]

    def offered(self, drop_id: int, now: datetime) -> list[Offered]:
        items = t.stock_items.c
        query = (
            select(t.offers.c.sku, func.max(items.name))
            .join(t.slots, _s.id == t.offers.c.slot_id)
            .join(t.public_renderings, _p.slot_id == _s.id)
            .join(t.stock_items, items.id == t.offers.c.stock_item_id)
            .where(_s.drop_id == drop_id, _s.ends_at > now, _s.removed_at.is_(None), _p.gone.is_(False), t.offers.c.add_on.is_(False))
            .group_by(t.offers.c.sku)
        )
        found = [Offered(sku, name or sku) for sku, name in self._db.execute(query)]
        return sorted(found, key=lambda one: (one.name.casefold(), one.sku))

    def coming(self, now: datetime, *, after: int, limit: int) -> list[Coming]:
        query = (
            select(_s.id, _s.public_id, _p.updated_at)
            .join(t.public_renderings, _p.slot_id == _s.id)
            .join(t.drops, t.drops.c.id == _s.drop_id)
            .where(t.drops.c.is_public, t.drops.c.removed_at.is_(None), _p.gone.is_(False), _s.removed_at.is_(None))
            .where(_s.ends_at > now, _s.id > after)
            .order_by(_s.id)
            .limit(limit)
        )
        return [Coming(*row) for row in self._db.execute(query)]

    def public_slot(self, public_id: str) -> PublicSlot | None:
        row = _PUBLIC_SLOT.first(self._db, {"asked": public_id})
        return rows.public_slot(row) if row else None

    def slot_version(self, public_id: str) -> tuple[Drop, object] | None:
        row = _VERSION.first(self._db, {"asked": public_id})
        return (drop(row), _steady(row)) if row else None

    def slot_told(self, public_id: str) -> SlotTold | None:
        asked = {"asked": public_id}
        statements = (_PUBLIC_SLOT, _VERSION, _ITS_TERMS, _ITS_PRODUCTS, _ITS_OFFERS)
        slots, versions, told, described, offers = (found.rows for found in at_once(self._db, [(each, asked) for each in statements]))
        if not slots or not versions:
            return None
        (row,), sold = versions, tuple(map(offer, offers))
        return SlotTold(rows.public_slot(slots[0]), drop(row), terms_of(told, described), sold, _steady(row))
