"""Slots as customers see them: for the feeds, the pages and the API."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from bridge.core.ports import FeedRow, PublicSlot
from bridge.store import rows_public as rows
from bridge.store import tables as t

_p, _s = t.public_renderings.c, t.slots.c
_PUBLIC_SLOT = rows.PUBLIC_SLOT.where(_s.public_id == bindparam("asked"))


class PublicViews:
    """Reads the public audience's renderings, and the values behind them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def feed_rows(self, drop_id: int, since: int = -1, *, after: int = -1, limit: int | None = None) -> list[FeedRow]:
        query = (
            select(
                _p.slot_id,
                _p.revision,
                _s.timezone,
                _p.available,
                t.seconds(_s.preorder_opens),
                _p.gone,
                t.public_texts.c.text,
            )
            .join(t.slots, _s.id == _p.slot_id)
            .join(t.public_texts, t.public_texts.c.slot_id == _p.slot_id)
            .where(_p.drop_id == drop_id, _p.revision > since, _p.slot_id > after)
            .order_by(_p.slot_id)
            .limit(limit)
        )
        if since < 0:
            query = query.where(_p.gone.is_(False))
        return [FeedRow(*row) for row in self._db.execute(query)]

    def public_slots(
        self,
        drop_id: int,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        since: int = -1,
        limit: int | None = None,
        offset: int = 0,
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
        return [rows.public_slot(row) for row in self._db.execute(query)]

    def public_slot(self, public_id: str) -> PublicSlot | None:
        row = self._db.execute(_PUBLIC_SLOT, {"asked": public_id}).first()
        return rows.public_slot(row) if row else None
