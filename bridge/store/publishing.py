"""What is to be shown anew, and where it is put.

A change of stock raises the item's ``version`` and touches no slot, so that a push costs the same however many slots
sell the item. Publishing is serialised by the lock on the drop.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection as Db
from sqlalchemy import Table, bindparam, or_, select, union, update

from bridge.core.drops import Offer, Slot
from bridge.core.ports import PublicText, Shown
from bridge.core.stock import StockItem
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.dialect import upsert_for

BATCH = 500
# All of them are named in one statement, and both databases have a limit to what one can carry.
AT_ONCE = 10_000


_SAVE_TEXT = update(t.renderings).where(t.renderings.c.resource_id == bindparam("key")).values(text=bindparam("new"))
_SAVE_STAMP = (
    update(t.resources)
    .where(t.resources.c.id == bindparam("key"))
    .values(revision=bindparam("new_revision"), octets=bindparam("size"), changed_at=bindparam("now"))
)
_MARK_SLOT = update(t.slots).where(t.slots.c.id == bindparam("key")).values(published=bindparam("seen"))
_SET_DUE = (
    update(t.public_renderings).where(t.public_renderings.c.slot_id == bindparam("key")).values(due_at=bindparam("moment"))
)


class Publishing:
    """Reads what is dirty, writes renderings."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def dirty_items(self) -> list[tuple[int, int]]:
        """Stock items changed since they were last published, with the version seen; the first ``AT_ONCE`` of them."""
        c = t.stock_items.c
        query = select(c.id, c.version).where(c.version != c.published).order_by(c.id).limit(AT_ONCE)
        return [(row.id, row.version) for row in self._db.execute(query)]

    def dirty_drops(self, item_ids: Sequence[int], now: datetime) -> list[int]:
        """Drops with a slot that changed, whose time has come, or that sells one of the items."""
        s, p, o = t.slots.c, t.public_renderings.c, t.offers.c
        queries = [
            select(s.drop_id).where(s.version != s.published),
            select(p.drop_id).where(p.due_at <= now),
            select(s.drop_id).join(t.offers, o.slot_id == s.id).where(o.stock_item_id.in_(item_ids), s.removed_at.is_(None)),
        ]
        return sorted(self._db.execute(union(*queries[: 3 if item_ids else 2])).scalars())

    def slots_to_publish(self, drop_id: int, item_ids: Sequence[int], now: datetime) -> list[int]:
        """The ids of the slots of ``drop_id`` that ``dirty_drops`` meant."""
        s, p, o = t.slots.c, t.public_renderings.c, t.offers.c
        queries = [
            select(s.id).where(s.drop_id == drop_id, s.version != s.published),
            select(p.slot_id).where(p.drop_id == drop_id, p.due_at <= now),
            select(s.id).join(t.offers, o.slot_id == s.id).where(
                o.stock_item_id.in_(item_ids), s.drop_id == drop_id, s.removed_at.is_(None)
            ),
        ]
        return sorted(self._db.execute(union(*queries[: 3 if item_ids else 2])).scalars())

    def slots_shown_with(self, resource_ids: Sequence[int], known: Mapping[int, Slot]) -> list[Slot]:
        """Every live slot of these resources, by start; those ``known`` by id are not read again."""
        found: list[int] = []
        for start in range(0, len(resource_ids), BATCH):
            c = t.slots.c
            some = resource_ids[start : start + BATCH]
            found += self._db.execute(select(c.id).where(c.resource_id.in_(some), c.removed_at.is_(None))).scalars()
        there = [known[key] for key in found if key in known]
        return sorted(there + self.slots([key for key in found if key not in known]), key=lambda slot: slot.starts_at)

    def slots(self, slot_ids: Sequence[int]) -> list[Slot]:
        slots: list[Slot] = []
        for start in range(0, len(slot_ids), BATCH):
            some = slot_ids[start : start + BATCH]
            # Slots before offers: a claim in between leaves the slot's version old, so that it is looked at again.
            found = self._db.execute(select(t.slots).where(t.slots.c.id.in_(some)).order_by(t.slots.c.id)).all()
            offers: dict[int, list[Offer]] = {}
            for row in self._db.execute(rows.OFFER.where(t.offers.c.slot_id.in_(some)).order_by(t.offers.c.position)):
                offers.setdefault(row.slot_id, []).append(rows.offer(row))
            slots += [rows.slot(row, offers.get(row.id, ())) for row in found]
        return slots

    def waiting_slots(self, slot_ids: Sequence[int], now: datetime) -> set[int]:
        """Those of the slots that are yet to be published."""
        s, p, o, i = t.slots.c, t.public_renderings.c, t.offers.c, t.stock_items.c
        found: set[int] = set()
        for start in range(0, len(slot_ids), BATCH):
            some = slot_ids[start : start + BATCH]
            changed = select(s.id).where(s.id.in_(some), s.version != s.published)
            due = select(p.slot_id).where(p.slot_id.in_(some), p.due_at <= now)
            sold = select(o.slot_id).join(t.stock_items, i.id == o.stock_item_id)
            query = union(changed, due, sold.where(o.slot_id.in_(some), i.version != i.published))
            found.update(self._db.execute(query).scalars())
        return found

    def stock_for(self, slots: Iterable[Slot]) -> dict[int, StockItem]:
        """The stock items that the slots' offers name."""
        wanted = sorted({offer.stock_item_id for slot in slots for offer in slot.offers if offer.stock_item_id})
        found: dict[int, StockItem] = {}
        for start in range(0, len(wanted), BATCH):
            query = rows.ITEM.where(t.stock_items.c.id.in_(wanted[start : start + BATCH]))
            found.update({row.id: rows.item(row) for row in self._db.execute(query)})
        return found

    def shown(self, slot_ids: Sequence[int]) -> dict[int, Shown]:
        """What is shown of these slots."""
        p, x = t.public_renderings.c, t.public_texts.c
        found: dict[int, Shown] = {}
        for start in range(0, len(slot_ids), BATCH):
            query = select(p.slot_id, p.availability, p.notices, p.gone, x.template).join(t.public_texts, x.slot_id == p.slot_id)
            for row in self._db.execute(query.where(p.slot_id.in_(slot_ids[start : start + BATCH]))):
                found[row.slot_id] = Shown(rows.availability(row.availability), row.notices, row.template, row.gone)
        return found

    def templates(self, resource_ids: Sequence[int]) -> dict[int, str]:
        """The organizer templates of these resources."""
        c = t.sources.c
        found: dict[int, str] = {}
        for start in range(0, len(resource_ids), BATCH):
            some = resource_ids[start : start + BATCH]
            query = select(c.resource_id, c.template).where(c.resource_id.in_(some), c.template.is_not(None))
            found.update({row.resource_id: row.template for row in self._db.execute(query)})
        return found

    def save_public(self, texts: Sequence[PublicText], revision: int, now: datetime) -> None:
        """Stores public renderings under one revision."""
        if not texts:
            return
        shown = [
            {
                "slot_id": x.slot_id,
                "drop_id": x.drop_id,
                "revision": revision,
                "available": x.availability.state in ("open", "soon") and x.availability.left > 0,
                "availability": rows.availability_text(x.availability),
                "notices": x.notices,
                "updated_at": now,
                "due_at": x.due_at,
                "octets": x.octets,
                "gone": x.gone,
            }
            for x in texts
        ]
        self._upsert(t.public_renderings, shown)
        self._upsert(t.public_texts, [{"slot_id": x.slot_id, "template": x.template, "text": x.text} for x in texts])

    def _upsert(self, table: Table, values: Sequence[Mapping[str, object]]) -> None:
        self._db.execute(upsert_for(self._db.dialect.name, table), [dict(value) for value in values])

    def set_due(self, due: Iterable[tuple[int, datetime | None]]) -> None:
        """Puts down when each slot is to be looked at again, though nothing changed."""
        values = [{"key": slot_id, "moment": moment} for slot_id, moment in due]
        if values:
            self._db.execute(_SET_DUE, values)

    def save_renderings(self, texts: Sequence[tuple[int, str]], revision: int, now: datetime) -> None:
        """Stores organizer renderings under one revision."""
        if not texts:
            return
        self._db.execute(_SAVE_TEXT, [{"key": key, "new": text} for key, text in texts])
        stamps = {"new_revision": revision, "now": now}
        self._db.execute(_SAVE_STAMP, [{"key": key, "size": len(text.encode()), **stamps} for key, text in texts])

    def mark_slots_published(self, slots: Iterable[Slot]) -> None:
        """Clears the marks of the versions that were rendered; a later change keeps its mark."""
        values = [{"key": slot.id, "seen": slot.version} for slot in slots]
        if values:
            self._db.execute(_MARK_SLOT, values)

    def mark_items_published(self, items: Iterable[tuple[int, int]]) -> None:
        """Clears the marks of the versions that were rendered; a later change keeps its mark."""
        values = [{"key": item_id, "seen": version} for item_id, version in sorted(items)]
        if values:
            i = t.stock_items
            self._db.execute(update(i).where(i.c.id == bindparam("key")).values(published=bindparam("seen")), values)

    def retire(self, drop_id: int, ended_before: datetime, removed_before: datetime, revision: int, limit: int) -> int:
        """Takes slots that ended or were removed long ago out of the feed. Returns how many."""
        s, p = t.slots.c, t.public_renderings.c
        old = or_(s.ends_at < ended_before, s.removed_at < removed_before)
        query = select(p.slot_id).join(t.slots, s.id == p.slot_id).where(p.drop_id == drop_id, p.gone.is_(False), old)
        gone = list(self._db.execute(query.limit(limit)).scalars())
        if gone:
            statement = update(t.public_renderings).where(p.slot_id.in_(gone))
            self._db.execute(statement.values(gone=True, revision=revision, due_at=None))
        return len(gone)

    def retirable(self, ended_before: datetime, removed_before: datetime) -> list[int]:
        """Drops that have public renderings to retire."""
        s, p = t.slots.c, t.public_renderings.c
        old = or_(s.ends_at < ended_before, s.removed_at < removed_before)
        query = select(p.drop_id).join(t.slots, s.id == p.slot_id).where(p.gone.is_(False), old).distinct()
        return sorted(self._db.execute(query).scalars())
