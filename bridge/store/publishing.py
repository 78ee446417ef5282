"""What is to be shown anew, and where it is put.

A change of stock raises the item's ``version`` and touches no slot, so that a push costs the same however many slots
sell the item. Publishing is serialised by the lock on the drop.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Update, bindparam, exists, literal_column, or_, select, true, union, update

from bridge.core.availability import Availability
from bridge.core.calendars import PublicText, Shown
from bridge.core.drops import Drop, Slot
from bridge.core.events import DropDescribed, SlotAdded
from bridge.core.stock import StockItem
from bridge.store import rows, rows_public
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.bulk import Bulk
from bridge.store.prepared import Prepared, in_turn
from bridge.store.tables_shop import waiting

# So many are looked at in one tick that its transactions stay small.
AT_ONCE = 10_000
REWORDED = t.EPOCH
"""As the time when a slot is to be looked at again: it is put into words anew, whatever its numbers say."""
REWORDED_AT_ONCE = 1250

_s, _p, _o, _i, _x, _r = t.slots.c, t.public_renderings.c, t.offers.c, t.stock_items.c, t.public_texts.c, t.sources.c
_DIRTY_ITEMS = Prepared(select(_i.id, _i.version).where(_i.version != _i.published).order_by(_i.id).limit(bindparam("most")))
_DIRTY_SLOTS = Prepared(
    union(
        select(_s.drop_id, _s.id).where(_s.version != _s.published),
        select(_p.drop_id, _p.slot_id).where(_p.due_at <= bindparam("now", type_=t.Moment)),
        select(_s.drop_id, _s.id).join(t.offers, _o.slot_id == _s.id).where(among(_o.stock_item_id, "items"), _s.removed_at.is_(None)),
    )
)
_WAITING = Prepared(
    union(
        select(_s.id).where(among(_s.id), _s.version != _s.published),
        select(_p.slot_id).where(among(_p.slot_id), _p.due_at <= bindparam("now", type_=t.Moment)),
        select(_o.slot_id).join(t.stock_items, _i.id == _o.stock_item_id).where(among(_o.slot_id), _i.version != _i.published),
    )
)
_SLOTS = Prepared(rows.TO_SHOW.where(among(_s.id)).order_by(_s.id))
_SIBLINGS = Prepared(select(_s.id).where(among(_s.resource_id), _s.removed_at.is_(None)))
_ITEMS = Prepared(rows.ITEM.where(among(_i.id)))
_OFFERS = Prepared(rows.OFFERS)
_SHOWN = Prepared(

        select(_p.slot_id, _p.availability, _p.notices, _p.gone, _x.template)
        .join(t.public_texts, _x.slot_id == _p.slot_id)
        .where(among(_p.slot_id), or_(_p.due_at.is_(None), t.raw(_p.due_at) != literal_column("0")))

)
_TEMPLATES = Prepared(select(_r.resource_id, _r.template).where(among(_r.resource_id), _r.template.is_not(None)))
_MARKED = Prepared(select(_s.id).where(among(_s.id), _s.version != _s.published))

_WITHDRAW = update(t.public_renderings).where(among(_p.slot_id)).values(gone=True, revision=bindparam("raised"), due_at=None)
_TO_REWORD = (
    select(_p.slot_id)
    .join(t.slots, _s.id == _p.slot_id)
    .where(_p.drop_id == bindparam("drop"), _p.slot_id > bindparam("after"), _p.gone.is_(False), _s.removed_at.is_(None))
    .order_by(_p.slot_id)
)
_REWORD = update(t.public_renderings).where(among(_p.slot_id)).values(due_at=REWORDED)
_j = t.journal.c
_OF_CUSTOMERS = (t.holds.c.slot_id, t.orders.c.slot_id, waiting.c.slot_id)
_UNTOUCHED = select(_j.slot_id).where(
    _j.drop_id == bindparam("drop"),
    _j.kind == SlotAdded.kind,
    among(_j.slot_id),
    *(~exists().where(column == _j.slot_id) for column in _OF_CUSTOMERS),
)
_DESCRIBED = select(_j.id, _j.data).where(_j.drop_id == bindparam("drop"), _j.kind == DropDescribed.kind)

_ADD = Bulk(t.public_renderings)
_SHOW = Bulk(t.public_renderings, "revision", "available", "availability", "notices", "updated_at", "due_at", "octets", "gone")
_ADD_TEXT = Bulk(t.public_texts)
_SHOW_TEXT = Bulk(t.public_texts, "text")
_SET_DUE = Bulk(t.public_renderings, "due_at")
_SAVE_TEXT = Bulk(t.renderings, "text")
_SAVE_STAMP = Bulk(t.resources, "revision", "octets", "changed_at")
# One by one, in the order of their ids: so claims lock slots and items, without the lock on the drop.
_MARK_SLOT = update(t.slots).where(_s.id == bindparam("key")).values(published=bindparam("seen"))
_MARK_ITEM = update(t.stock_items).where(_i.id == bindparam("key")).values(published=bindparam("seen"))


class Publishing:
    """Reads what is dirty, writes renderings."""

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def _all(self, query: Prepared, **values: object) -> Sequence[Any]:
        return query.all(self._db, values)

    def dirty_items(self) -> list[tuple[int, int]]:
        """Stock items changed since they were last published, with the version seen; the first ``AT_ONCE`` of them."""
        return [(row.id, row.version) for row in self._all(_DIRTY_ITEMS, most=AT_ONCE)]

    def dirty_slots(self, item_ids: Sequence[int], now: datetime) -> dict[int, list[int]]:
        """Slots, by drop, that changed, whose time has come, or that sell one of the items; both in the order of their ids."""
        found: dict[int, list[int]] = {}
        for drop_id, slot_id in sorted(self._all(_DIRTY_SLOTS, now=now, items=item_ids)):
            found.setdefault(drop_id, []).append(slot_id)
        return found

    def waiting_slots(self, slot_ids: Sequence[int], now: datetime) -> set[int]:
        """Those of the slots that are yet to be published."""
        return {row[0] for row in self._all(_WAITING, keys=slot_ids, now=now)}

    def slots_shown_with(self, resource_ids: Sequence[int], known: Mapping[int, Slot]) -> list[Slot]:
        """Every live slot of these resources, by start; those ``known`` by id are not read again."""
        found = [row[0] for row in self._all(_SIBLINGS, keys=resource_ids)]
        there = [known[key] for key in found if key in known]
        return sorted(there + self.slots([key for key in found if key not in known]), key=lambda slot: slot.starts_at)

    def slots(self, slot_ids: Sequence[int]) -> list[Slot]:
        """The slots of these ids, with their offers."""
        # Slots before offers: a claim in between leaves the slot's version old, so that it is looked at again.
        found, sold = in_turn(self._db, {"keys": slot_ids}, _SLOTS, _OFFERS)
        return rows.slots(found, sold)

    def slots_and_shown(self, slot_ids: Sequence[int]) -> tuple[list[Slot], dict[int, Shown]]:
        """The slots of these ids, with their offers, and what is shown of them: PostgreSQL looks for one while the other is read."""
        answers = in_turn(self._db, {"keys": slot_ids}, _SLOTS, _OFFERS, _SHOWN)
        slots = rows.slots(next(answers), next(answers))
        return slots, {row.slot_id: rows_public.shown(row) for row in next(answers)}

    def stock_for(self, slots: Iterable[Slot]) -> dict[int, StockItem]:
        """The stock items that the slots' offers name."""
        wanted = sorted({offer.stock_item_id for slot in slots for offer in slot.offers if offer.stock_item_id})
        return {row.id: rows.item(row) for row in self._all(_ITEMS, keys=wanted)} if wanted else {}

    def shown(self, slot_ids: Sequence[int]) -> dict[int, Shown]:
        """What is shown of these slots, those left out that are to be put into words anew."""
        return {row.slot_id: rows_public.shown(row) for row in self._all(_SHOWN, keys=slot_ids)}

    def is_shown(self, shown: Shown, seen: Availability) -> bool:
        """Whether ``shown`` says just that."""
        return shown.written == rows_public.availability_text(seen)

    def templates(self, resource_ids: Sequence[int]) -> dict[int, str]:
        """The organizer templates of these resources."""
        return {row.resource_id: row.template for row in self._all(_TEMPLATES, keys=resource_ids)}

    def save_public(self, texts: Sequence[PublicText], revision: int, now: datetime) -> None:
        """Stores public renderings under one revision."""
        at = t.micro(now)
        _ADD.run(self._db, [_row(text, revision, at) for text in texts if text.template is not None])
        _SHOW.run(self._db, [_row(text, revision, at) for text in texts if text.template is None])
        _ADD_TEXT.run(self._db, [{"slot_id": x.slot_id, "template": x.template, "text": x.text} for x in texts if x.template is not None])
        _SHOW_TEXT.run(self._db, [{"slot_id": x.slot_id, "text": x.text} for x in texts if x.template is None])

    def set_due(self, due: Iterable[tuple[int, datetime | None]]) -> None:
        """Puts down when each slot is to be looked at again, though nothing changed."""
        _SET_DUE.run(self._db, [{"slot_id": slot_id, "due_at": t.micro(moment)} for slot_id, moment in due])

    def reword_slots(self, drop_id: int, lacking: Iterable[str] = (), *, after: int = 0) -> int:
        """Has some slots of a drop, which is locked, put into words anew by the clock: the first ones behind the id ``after``.

        Of ``lacking`` those alone that have no such value of their own. Returns the last one's id, 0 when there were none left.
        """
        query = _TO_REWORD.where(or_(*(_s[name] == "" for name in lacking)) if lacking else true()).limit(REWORDED_AT_ONCE)
        found = list(self._db.execute(query, {"drop": drop_id, "after": after}).scalars())
        if found:
            self.leaves_dirty = True
            self._db.execute(_REWORD, {"keys": found})
        return max(found, default=0)

    def save_renderings(self, texts: Sequence[tuple[int, str]], revision: int, now: datetime) -> None:
        """Stores organizer renderings under one revision."""
        _SAVE_TEXT.run(self._db, [{"resource_id": key, "text": text} for key, text in texts])
        stamps = {"revision": revision, "changed_at": t.micro(now)}
        _SAVE_STAMP.run(self._db, [{"id": key, "octets": len(text.encode()), **stamps} for key, text in texts])

    def mark_slots_published(self, slots: Iterable[Slot]) -> None:
        """Clears the marks of the versions that were rendered; a later change keeps its mark."""
        seen = {slot.id: slot.version for slot in slots}
        self._mark(_MARK_SLOT, [(key, seen[key]) for (key,) in self._all(_MARKED, keys=list(seen))])

    def mark_items_published(self, items: Iterable[tuple[int, int]]) -> None:
        """Clears the marks of the versions that were rendered; a later change keeps its mark."""
        self._mark(_MARK_ITEM, items)

    def _mark(self, statement: Update, versions: Iterable[tuple[int, int]]) -> None:
        marks = [{"key": key, "seen": version} for key, version in sorted(versions)]
        if marks:
            self._db.execute(statement, marks)

    def retire(self, drop_id: int, ended_before: datetime, removed_before: datetime, revision: int, limit: int) -> int:
        """Takes slots that ended or were removed long ago out of the feed. Returns how many."""
        s, p = t.slots.c, t.public_renderings.c
        old = or_(s.ends_at < ended_before, s.removed_at < removed_before)
        query = select(p.slot_id).join(t.slots, s.id == p.slot_id).where(p.drop_id == drop_id, p.gone.is_(False), old)
        gone = list(self._db.execute(query.limit(limit)).scalars())
        self.withdraw(gone, revision)
        return len(gone)

    def withdraw(self, slot_ids: Sequence[int], revision: int) -> None:
        """Takes slots out of everything that the public sees."""
        if slot_ids:
            self._db.execute(_WITHDRAW, {"keys": slot_ids, "raised": revision})

    def unnoticed(self, drop: Drop, slot_ids: Sequence[int], since: datetime) -> set[int]:
        """Those of the slots that no customer ever claimed or waited for, and that were made after ``since`` or never were public."""
        if not slot_ids:
            return set()
        seen_in = _j.at > since
        if not drop.is_public:
            told = self._db.execute(_DESCRIBED, {"drop": drop.id})
            seen_in = or_(seen_in, _j.id > max((key for key, data in told if "is_public" in data["changed"]), default=0))
        return set(self._db.execute(_UNTOUCHED.where(seen_in), {"drop": drop.id, "keys": slot_ids}).scalars())

    def retirable(self, ended_before: datetime, removed_before: datetime) -> list[int]:
        """Drops that have public renderings to retire."""
        s, p = t.slots.c, t.public_renderings.c
        old = or_(s.ends_at < ended_before, s.removed_at < removed_before)
        query = select(p.drop_id).join(t.slots, s.id == p.slot_id).where(p.gone.is_(False), old).distinct()
        return sorted(self._db.execute(query).scalars())


def _row(text: PublicText, revision: int, now: int | None) -> dict[str, Any]:
    seen = text.availability
    return {
        "slot_id": text.slot_id,
        "drop_id": text.drop_id,
        "revision": revision,
        "available": seen.state in ("open", "soon") and seen.left > 0,
        "availability": rows_public.availability_text(seen),
        "notices": text.notices,
        "updated_at": now,
        "due_at": t.micro(text.due_at),
        "octets": text.octets,
        "gone": text.gone,
    }
