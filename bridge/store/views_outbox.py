"""What waits in the outbox, what was given up, and what is done."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from bridge.core.ports_outbox import Consequence, Standing
from bridge.store import tables as t
from bridge.store.outbox import consequence, of_kind

_c = t.outbox.c
_STANDING = {
    "waiting": (_c.done_at.is_(None), _c.due_at.is_not(None)),
    "given up": (_c.done_at.is_(None), _c.due_at.is_(None)),
    "done": (_c.done_at.is_not(None),),
}


class OutboxViews:
    """Fills ``ports_outbox.OutboxViews``."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def outbox(self, standing: Standing, limit: int = 1000) -> list[Consequence]:
        query = select(t.outbox).where(*_STANDING[standing]).order_by(_c.id).limit(limit)
        return [consequence(row) for row in self._db.execute(query)]

    def outbox_counts(self, prefix: str = "", due_by: datetime | None = None) -> dict[Standing, int]:
        due = [] if due_by is None else [_c.due_at <= due_by]
        return {"waiting": self._count("waiting", prefix, *due), "given up": self._count("given up", prefix)}

    def _count(self, standing: Standing, prefix: str, *further: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(t.outbox).where(*_STANDING[standing], of_kind(prefix), *further)
        return int(self._db.execute(query).scalar_one())

    def outbox_keys(self, prefix: str, after: int = 0, limit: int = 1000) -> Sequence[tuple[int, str]]:
        query = select(_c.id, _c.key).where(of_kind(prefix), _c.id > after).order_by(_c.id).limit(limit)
        return [(row.id, row.key) for row in self._db.execute(query)]
