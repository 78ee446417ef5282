"""Drops, and their revisions."""

from datetime import datetime

from sqlalchemy import Connection as Db
from sqlalchemy import bindparam, func, insert, select, update

from bridge.core.drops import Drop
from bridge.store import rows
from bridge.store import tables as t

_RAISE = (
    update(t.drops)
    .where(t.drops.c.id == bindparam("key"))
    .values(revision=t.drops.c.revision + 1, changed_at=bindparam("now"))
    .returning(t.drops.c.revision)
)
_LOCK_DROP = {
    skip: rows.DROP.where(t.drops.c.id == bindparam("key")).with_for_update(key_share=True, of=t.drops, skip_locked=skip)
    for skip in (True, False)
}


class Drops:
    """Drops. Whoever writes below one has locked it first."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._revisions: dict[int, int] = {}

    def add_drop(self, drop: Drop, now: datetime) -> Drop:
        # Above every revision there was: entity tags of a removed drop must not pass for those of one made again at its address.
        begins = select(func.coalesce(func.max(t.drops.c.revision), 0) + 1).scalar_subquery()
        key = self._db.execute(
            insert(t.drops).values(
                organizer_id=drop.organizer_id,
                location_id=drop.location_id,
                created_at=now,
                changed_at=now,
                revision=begins,
                oldest_revision=begins,
                is_public=drop.is_public,
                awaits_slots=drop.awaits_slots,
                **rows.drop_values(drop),
            )
        ).inserted_primary_key
        assert key is not None
        return rows.drop(self._db.execute(rows.DROP.where(t.drops.c.id == key[0])).one())

    def save_drop(self, drop: Drop, now: datetime) -> None:
        values = rows.drop_values(drop)
        if not drop.awaits_slots:  # One that does is read as not public, which nobody decided.
            values |= {"is_public": drop.is_public, "awaits_slots": False}
        self._db.execute(update(t.drops).where(t.drops.c.id == drop.id).values(changed_at=now, **values))

    def remove_drop(self, drop_id: int, now: datetime) -> None:
        self._db.execute(update(t.drops).where(t.drops.c.id == drop_id).values(removed_at=now))
        c, p = t.slots.c, t.public_renderings.c
        self._db.execute(update(t.slots).where(c.drop_id == drop_id, c.removed_at.is_(None)).values(removed_at=now))
        self._db.execute(update(t.slots).where(c.drop_id == drop_id).values(published=c.version))
        self._db.execute(update(t.public_renderings).where(p.drop_id == drop_id).values(due_at=None))

    def lock_drop(self, drop_id: int, *, skip_locked: bool = False) -> Drop | None:
        row = self._db.execute(_LOCK_DROP[skip_locked], {"key": drop_id}).first()
        return rows.drop(row) if row else None

    def next_revision(self, drop_id: int, now: datetime) -> int:
        if drop_id not in self._revisions:
            self._revisions[drop_id] = self._db.execute(_RAISE, {"key": drop_id, "now": now}).scalar_one()
        return self._revisions[drop_id]

    def has_claims(self, drop_id: int) -> bool:
        """Whether a slot of the drop is claimed by a customer. The slots are locked: nobody claims one from now on."""
        c = t.slots.c
        query = select(c.claimed).where(c.drop_id == drop_id, c.removed_at.is_(None)).order_by(c.id)
        return any(self._db.execute(query.with_for_update(key_share=True)).scalars().all())
