"""What organizers write: drops, their calendar resources, and the slots read from them."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Insert, Text, bindparam, cast, delete, func, insert, select, union_all, update

from bridge.core.drops import EventDraft, Offer, Slot
from bridge.core.errors import CapacityBelowClaimed
from bridge.core.ports import Drop, Member
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.dialect import insert_ignoring, upsert_for

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
UNBOUNDED = t.EPOCH


_r, _s, _o = t.resources.c, t.slots.c, t.offers.c
_MEMBERS = (
    select(_r.id, _r.name, _r.uid, _r.removed_at, t.sources.c.source)
    .join(t.sources, t.sources.c.resource_id == _r.id)
    .where(_r.drop_id == bindparam("drop"))
)
# Two lookups: of one with OR both databases make a scan of the drop, since only live resources are indexed by UID.
_MEMBER = union_all(
    _MEMBERS.where(_r.name == bindparam("name")),
    _MEMBERS.where(_r.uid == bindparam("uid"), _r.removed_at.is_(None), _r.name != bindparam("name")),
)
_ADD_RESOURCE = insert(t.resources)
_SAVE_RESOURCE = update(t.resources).where(_r.id == bindparam("key"))
_SAVE_OCTETS = update(t.resources).where(_r.id == bindparam("key")).values(octets=bindparam("size"))
_SPANS = select(t.spans.c.starts_at, t.spans.c.ends_at).where(t.spans.c.resource_id == bindparam("key"))
_DELETE_SPANS = delete(t.spans).where(t.spans.c.resource_id == bindparam("key"))
_ADD_SPAN = insert(t.spans)
_LENGTHEN = update(t.drops).where(t.drops.c.id == bindparam("key"), t.drops.c.longest < bindparam("size")).values(longest=bindparam("size"))
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
_SLOTS_OF = (
    select(t.slots).where(_s.resource_id == bindparam("key"), _s.removed_at.is_(None)).order_by(_s.id).with_for_update(key_share=True)
)
_OFFERS_OF = (
    rows.OFFER.join(t.slots, _s.id == _o.slot_id).where(_s.resource_id == bindparam("key"), _s.removed_at.is_(None)).order_by(_o.position)
)
_ADD_SLOT = insert(t.slots)
_SAVE_SLOT = (
    update(t.slots)
    .where(_s.id == bindparam("key"), _s.claimed <= bindparam("fits"))
    .values(version=_s.version + 1, published=_s.version + bindparam("shown"))
)
_SAVE_OFFER = update(t.offers).where(_o.id == bindparam("key"))
_ITEMS = select(t.stock_items.c.id, t.stock_items.c.sku, t.stock_items.c.name).where(
    t.stock_items.c.location_id == bindparam("location"), t.stock_items.c.sku.in_(bindparam("skus", expanding=True))
)


class Edits:
    """Drops, resources and slots. Whoever writes below a drop has locked it first."""

    leaves_dirty = False

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

    def member(self, drop_id: int, name: str, uid: str = "") -> Member:
        found = Member()
        for row in self._db.execute(_MEMBER, {"drop": drop_id, "name": name, "uid": uid}):
            if row.name == name:
                live = row.removed_at is None
                found = found._replace(id=row.id, is_live=live, uid=row.uid if live else "", source=row.source if live else None)
            elif row.removed_at is None:
                found = found._replace(other=row.name)
        return found

    def resource_ids(self, drop_id: int) -> list[tuple[int, str]]:
        """Every live resource's id and name."""
        c = t.resources.c
        query = select(c.id, c.name).where(c.drop_id == drop_id, c.removed_at.is_(None)).order_by(c.id)
        return [(row.id, row.name) for row in self._db.execute(query)]

    def source(self, drop_id: int, name: str) -> str | None:
        c = t.resources.c
        query = select(t.sources.c.source).join(t.resources).where(c.drop_id == drop_id, c.name == name, c.removed_at.is_(None))
        return self._db.execute(query).scalar()

    def save_resource(
        self,
        drop_id: int,
        name: str,
        draft: EventDraft,
        horizon: tuple[datetime, datetime],
        *,
        there: int | None,
        is_slot: bool,
        revision: int,
        now: datetime,
        edited: bool = True,
    ) -> int:
        values = {
            "uid": draft.uid,
            "component": draft.component,
            "is_slot": is_slot,
            **({"edit": revision} if edited else {}),
            "revision": revision,
            "recurring": draft.recurring,
            "starts_at": draft.starts_at,
            "ends_at": draft.ends_at,
            "changed_at": now,
            "removed_at": None,
            **_listed(draft, horizon),
        }
        if there is None:
            there = self._added(_ADD_RESOURCE, drop_id=drop_id, name=name, created_at=now, octets=0, **values)
            self._add_spans(drop_id, there, draft, _spans(draft))
        else:
            self._db.execute(_SAVE_RESOURCE, {"key": there, **values})
            self._save_spans(drop_id, there, draft)
        return there

    def _added(self, statement: Insert, **values: Any) -> int:
        key = self._db.execute(statement, values).inserted_primary_key
        assert key is not None
        return int(key[0])

    def save_texts(self, resource_id: int, source: str, template: str | None, text: str) -> None:
        dialect = self._db.dialect.name
        self._db.execute(upsert_for(dialect, t.sources), {"resource_id": resource_id, "source": source, "template": template})
        self._db.execute(upsert_for(dialect, t.renderings), {"resource_id": resource_id, "text": text})
        self._db.execute(_SAVE_OCTETS, {"key": resource_id, "size": len(text.encode())})

    def _save_spans(self, drop_id: int, resource_id: int, draft: EventDraft) -> None:
        wanted = _spans(draft)
        there = [(row.starts_at, row.ends_at) for row in self._db.execute(_SPANS, {"key": resource_id})]
        if sorted(there) == wanted:
            return
        if there:
            self._db.execute(_DELETE_SPANS, {"key": resource_id})
        self._add_spans(drop_id, resource_id, draft, wanted)

    def _add_spans(self, drop_id: int, resource_id: int, draft: EventDraft, wanted: list[tuple[datetime, datetime]]) -> None:
        if not wanted:
            return
        same = {"drop_id": drop_id, "resource_id": resource_id, "component": draft.component}
        self._db.execute(_ADD_SPAN, [{**same, "starts_at": start, "ends_at": end} for start, end in wanted])
        self._db.execute(_LENGTHEN, {"key": drop_id, "size": max(end - start for start, end in wanted) // t.MICROSECOND})

    def extend_spans(self, drop_id: int, resource_id: int, draft: EventDraft, horizon: tuple[datetime, datetime]) -> None:
        """Lists a recurrence's occurrences within a horizon that moved on; no edit of the organizer's."""
        self._db.execute(update(t.resources).where(t.resources.c.id == resource_id).values(**_listed(draft, horizon)))
        self._save_spans(drop_id, resource_id, draft)

    def recurring_resources(self, until: datetime, limit: int) -> list[tuple[int, int, str]]:
        """Recurring resources listed to less than ``until``: drop, id and name."""
        c = t.resources.c
        query = (
            select(c.drop_id, c.id, c.name)
            .join(t.drops, t.drops.c.id == c.drop_id)
            .where(c.removed_at.is_(None), c.component == "VEVENT", c.listed_until < until, c.listed_until > UNBOUNDED)
            .where(c.is_slot, t.drops.c.removed_at.is_(None))
            .limit(limit)
        )
        return [(row.drop_id, row.id, row.name) for row in self._db.execute(query)]

    def rename_resource(self, drop_id: int, name: str, new_name: str, revision: int, now: datetime) -> None:
        c = t.resources.c
        aside = f"\n{secrets.token_hex(8)}"
        there = update(t.resources).where(c.drop_id == drop_id)
        self._db.execute(there.where(c.name == new_name).values(name=aside))
        moved = {"name": new_name, "edit": revision, "revision": revision, "changed_at": now}
        self._db.execute(there.where(c.name == name).values(**moved))
        swapped = there.where(c.name == aside).values(name=name, revision=revision, changed_at=now, removed_at=now)
        if self._db.execute(swapped).rowcount == 0:
            gone = {"uid": aside, "component": "VEVENT", "is_slot": False, "edit": revision, "octets": 0, "recurring": False}
            moments = {"created_at": now, "changed_at": now, "removed_at": now}
            added = self._db.execute(insert(t.resources).values(drop_id=drop_id, name=name, revision=revision, **gone, **moments))
            assert added.inserted_primary_key is not None
            key = added.inserted_primary_key[0]
            self.save_texts(key, "", None, "")

    def forget_changes(self, drop_id: int, before: datetime) -> None:
        c, d = t.resources.c, t.drops.c
        old = (c.drop_id == drop_id, c.removed_at < before, c.name.not_like("\n%"))
        newest = self._db.execute(select(func.max(c.revision)).where(*old)).scalar()
        if newest is not None:
            self._db.execute(update(t.resources).where(*old).values(name="\n" + cast(c.id, Text), revision=0))
            self._db.execute(update(t.drops).where(d.id == drop_id, d.oldest_revision < newest).values(oldest_revision=newest))

    def remove_resource(self, resource_id: int, revision: int, now: datetime) -> None:
        c = t.resources.c
        self._db.execute(update(t.resources).where(c.id == resource_id).values(removed_at=now, changed_at=now, revision=revision))
        self._db.execute(update(t.sources).where(t.sources.c.resource_id == resource_id).values(source="", template=None))
        self._db.execute(update(t.renderings).where(t.renderings.c.resource_id == resource_id).values(text=""))
        self._db.execute(delete(t.spans).where(t.spans.c.resource_id == resource_id))

    def slots_of(self, resource_id: int) -> list[Slot]:
        found = self._db.execute(_SLOTS_OF, {"key": resource_id}).all()
        offers: dict[int, list[Offer]] = {}
        for row in self._db.execute(_OFFERS_OF, {"key": resource_id}) if found else ():
            offers.setdefault(row.slot_id, []).append(rows.offer(row))
        return [rows.slot(row, offers.get(row.id, ())) for row in found]

    def save_slot(self, slot: Slot, location_id: int) -> Slot:
        """Adds or changes a slot and its offers; a SKU never seen becomes a stock item. Raises ``CapacityBelowClaimed``."""
        shown = int(not self._is_to_be_looked_at_again(slot))
        if slot.id:
            values = {"key": slot.id, "fits": slot.capacity, "shown": shown, **rows.slot_values(slot)}
            if self._db.execute(_SAVE_SLOT, values).rowcount == 0:
                raise CapacityBelowClaimed(f"More than {slot.capacity} places of “{slot.title}” are taken by now.")
            kept = [offer.id for offer in slot.offers if offer.id]
            self._remove_offers(slot.id, kept)
        else:
            public_id = "".join(secrets.choice(ALPHABET) for _ in range(8))
            key = self._added(_ADD_SLOT, public_id=public_id, drop_id=slot.drop_id, published=shown, **rows.slot_values(slot))
            slot = replace(slot, id=key, public_id=public_id)
        return replace(slot, version=slot.version + 1, offers=self._save_offers(slot, location_id))

    def _is_to_be_looked_at_again(self, slot: Slot) -> bool:
        # Whoever publishes a count while this transaction is open does not see that the slot sells the item from now on,
        # and takes its mark away. SQLite has one writer at a time.
        again = self._db.dialect.name != "sqlite" and any(not offer.id for offer in slot.offers)
        self.leaves_dirty = self.leaves_dirty or again
        return again

    def _remove_offers(self, slot_id: int, kept: list[int]) -> None:
        gone = list(self._db.execute(select(_o.id).where(_o.slot_id == slot_id, _o.id.not_in(kept))).scalars())
        if gone:
            # Cancelled orders stay, with what they were for.
            self._db.execute(update(t.order_lines).where(t.order_lines.c.offer_id.in_(gone)).values(offer_id=None))
            self._db.execute(delete(t.offers).where(_o.id.in_(gone)))

    def _save_offers(self, slot: Slot, location_id: int) -> tuple[Offer, ...]:
        if not slot.offers:
            return ()
        items = self._items(location_id, [offer.sku for offer in slot.offers])
        added, saved = [], []
        for position, offer in enumerate(slot.offers):
            item_id, name = items[offer.sku]
            values: dict[str, Any] = {
                "position": position,
                "allotment": offer.allotment,
                "price": offer.price,
                "add_on": offer.add_on,
                "places_per_unit": offer.places_per_unit,
            }
            if offer.id:
                self._db.execute(_SAVE_OFFER, {"key": offer.id, **values})
            else:
                added.append({"slot_id": slot.id, "sku": offer.sku, "stock_item_id": item_id, **values})
            saved.append(replace(offer, name=name or offer.sku, stock_item_id=item_id))
        if added:
            self._db.execute(insert(t.offers), added)
        return tuple(saved)

    def _items(self, location_id: int, skus: list[str]) -> dict[str, tuple[int, str]]:
        asked = {"location": location_id, "skus": skus}
        found = {row.sku: (row.id, row.name) for row in self._db.execute(_ITEMS, asked)}
        new = [{"location_id": location_id, "sku": sku} for sku in sorted(set(skus) - set(found))]
        if new:
            self._db.execute(insert_ignoring(self._db, t.stock_items).values(new))
            found = {row.sku: (row.id, row.name) for row in self._db.execute(_ITEMS, asked)}
        return found

    def remove_slot(self, slot_id: int, now: datetime) -> None:
        c = t.slots.c
        removed = {"removed_at": now, "version": c.version + 1, "published": c.version + 1}
        self._db.execute(update(t.slots).where(c.id == slot_id).values(**removed))


def _spans(draft: EventDraft) -> list[tuple[datetime, datetime]]:
    return sorted({(o.starts_at, o.ends_at) for o in draft.occurrences})


def _listed(draft: EventDraft, horizon: tuple[datetime, datetime]) -> dict[str, datetime | None]:
    """From when to when the spans tell every occurrence; both None when they always do."""
    if draft.component != "VEVENT":
        return {"listed_from": None, "listed_until": UNBOUNDED}
    if not draft.complete:
        last = draft.occurrences[-1].starts_at if draft.occurrences else UNBOUNDED
        return {"listed_from": horizon[0], "listed_until": min(last, horizon[1])}
    within = draft.starts_at is not None and draft.starts_at >= horizon[0] and draft.ends_at is not None and draft.ends_at <= horizon[1]
    if not draft.recurring or within:
        return {"listed_from": None, "listed_until": None}
    return {"listed_from": horizon[0], "listed_until": horizon[1] - timedelta(seconds=1)}
