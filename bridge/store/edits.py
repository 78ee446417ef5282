"""What organizers write: drops, their calendar resources, and the slots read from them."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Text, cast, delete, func, insert, select, update

from bridge.core.drops import EventDraft, Offer, Slot
from bridge.core.errors import CapacityBelowClaimed
from bridge.core.ports import Drop
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.dialect import insert_ignoring

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
UNBOUNDED = t.EPOCH


class Edits:
    """Drops, resources and slots. Whoever writes below a drop has locked it first."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._revisions: dict[int, int] = {}

    def add_drop(self, drop: Drop, now: datetime) -> Drop:
        key = self._db.execute(
            insert(t.drops).values(
                organizer_id=drop.organizer_id,
                location_id=drop.location_id,
                created_at=now,
                changed_at=now,
                revision=1,
                oldest_revision=1,
                **rows.drop_values(drop),
            )
        ).inserted_primary_key
        assert key is not None
        return rows.drop(self._db.execute(rows.DROP.where(t.drops.c.id == key[0])).one())

    def save_drop(self, drop: Drop, now: datetime) -> None:
        self._db.execute(update(t.drops).where(t.drops.c.id == drop.id).values(changed_at=now, **rows.drop_values(drop)))

    def remove_drop(self, drop_id: int, now: datetime) -> None:
        self._db.execute(update(t.drops).where(t.drops.c.id == drop_id).values(removed_at=now))
        c, p = t.slots.c, t.public_renderings.c
        self._db.execute(update(t.slots).where(c.drop_id == drop_id, c.removed_at.is_(None)).values(removed_at=now))
        self._db.execute(update(t.slots).where(c.drop_id == drop_id).values(published=c.version))
        self._db.execute(update(t.public_renderings).where(p.drop_id == drop_id).values(due_at=None))

    def lock_drop(self, drop_id: int, *, skip_locked: bool = False) -> Drop | None:
        query = rows.DROP.where(t.drops.c.id == drop_id).with_for_update(of=t.drops, skip_locked=skip_locked)
        row = self._db.execute(query).first()
        return rows.drop(row) if row else None

    def next_revision(self, drop_id: int, now: datetime) -> int:
        if drop_id not in self._revisions:
            c = t.drops.c
            statement = update(t.drops).where(c.id == drop_id).values(revision=c.revision + 1, changed_at=now)
            self._revisions[drop_id] = self._db.execute(statement.returning(c.revision)).scalar_one()
        return self._revisions[drop_id]

    def has_claims(self, drop_id: int) -> bool:
        """Whether a slot of the drop is claimed by a customer."""
        c = t.slots.c
        query = select(func.count()).where(c.drop_id == drop_id, c.removed_at.is_(None), c.claimed > 0)
        return bool(self._db.execute(query).scalar_one())

    def resource_id(self, drop_id: int, name: str) -> int | None:
        c = t.resources.c
        return self._db.execute(select(c.id).where(c.drop_id == drop_id, c.name == name, c.removed_at.is_(None))).scalar()

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
        is_slot: bool,
        revision: int,
        now: datetime,
        edited: bool = True,
    ) -> int:
        c = t.resources.c
        values = {
            "uid": draft.uid,
            "component": draft.component,
            "is_slot": is_slot,
            **({"edit": revision} if edited else {}),
            "revision": revision,
            "octets": 0,
            "recurring": draft.recurring,
            "starts_at": draft.starts_at,
            "ends_at": draft.ends_at,
            "changed_at": now,
            "removed_at": None,
            **_listed(draft, horizon),
        }
        key = self._db.execute(select(c.id).where(c.drop_id == drop_id, c.name == name)).scalar()
        if key is None:
            added = self._db.execute(insert(t.resources).values(drop_id=drop_id, name=name, created_at=now, **values)).inserted_primary_key
            assert added is not None
            key = int(added[0])
            self._db.execute(insert(t.sources).values(resource_id=key, source=draft.source))
            self._db.execute(insert(t.renderings).values(resource_id=key, text=""))
        else:
            self._db.execute(update(t.resources).where(c.id == key).values(**values))
            self._db.execute(update(t.sources).where(t.sources.c.resource_id == key).values(source=draft.source, template=None))
        self._save_spans(drop_id, key, draft)
        return key

    def _save_spans(self, drop_id: int, resource_id: int, draft: EventDraft) -> None:
        wanted = sorted({(o.starts_at, o.ends_at) for o in draft.occurrences})
        c = t.spans.c
        there = self._db.execute(select(c.starts_at, c.ends_at).where(c.resource_id == resource_id)).all()
        if sorted((row.starts_at, row.ends_at) for row in there) == wanted:
            return
        if there:
            self._db.execute(delete(t.spans).where(c.resource_id == resource_id))
        if not wanted:
            return
        spans = [
            {"drop_id": drop_id, "resource_id": resource_id, "component": draft.component, "starts_at": start, "ends_at": end}
            for start, end in wanted
        ]
        self._db.execute(insert(t.spans), spans)
        longest = max(end - start for start, end in wanted) // t.MICROSECOND
        d = t.drops.c
        self._db.execute(update(t.drops).where(d.id == drop_id, d.longest < longest).values(longest=longest))

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
            self._db.execute(insert(t.sources).values(resource_id=key, source=""))
            self._db.execute(insert(t.renderings).values(resource_id=key, text=""))

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
        c = t.slots.c
        query = select(t.slots).where(c.resource_id == resource_id, c.removed_at.is_(None)).order_by(c.id).with_for_update()
        found = self._db.execute(query).all()
        offers = self._offers([row.id for row in found])
        return [rows.slot(row, offers.get(row.id, ())) for row in found]

    def _offers(self, slot_ids: Sequence[int]) -> dict[int, list[Offer]]:
        offers: dict[int, list[Offer]] = {}
        if slot_ids:
            query = rows.OFFER.where(t.offers.c.slot_id.in_(slot_ids)).order_by(t.offers.c.position)
            for row in self._db.execute(query):
                offers.setdefault(row.slot_id, []).append(rows.offer(row))
        return offers

    def save_slot(self, slot: Slot, location_id: int) -> Slot:
        """Adds or changes a slot and its offers; a SKU never seen becomes a stock item. Raises ``CapacityBelowClaimed``."""
        c = t.slots.c
        if slot.id:
            statement = update(t.slots).where(c.id == slot.id, c.claimed <= slot.capacity)
            if self._db.execute(statement.values(version=c.version + 1, **rows.slot_values(slot))).rowcount == 0:
                raise CapacityBelowClaimed(f"More than {slot.capacity} places of “{slot.title}” are taken by now.")
        else:
            public_id = "".join(secrets.choice(ALPHABET) for _ in range(8))
            statement_ = insert(t.slots).values(public_id=public_id, drop_id=slot.drop_id, **rows.slot_values(slot))
            key = self._db.execute(statement_).inserted_primary_key
            assert key is not None
            slot = replace(slot, id=int(key[0]), public_id=public_id)
        return replace(slot, version=slot.version + 1, offers=self._save_offers(slot, location_id))

    def _save_offers(self, slot: Slot, location_id: int) -> tuple[Offer, ...]:
        c = t.offers.c
        kept = [offer.id for offer in slot.offers if offer.id]
        self._db.execute(delete(t.offers).where(c.slot_id == slot.id, c.id.not_in(kept)))
        saved = []
        for position, offer in enumerate(slot.offers):
            item_id, name = self._item(location_id, offer.sku)
            values: dict[str, Any] = {
                "position": position,
                "allotment": offer.allotment,
                "price": offer.price,
                "add_on": offer.add_on,
                "places_per_unit": offer.places_per_unit,
            }
            if offer.id:
                self._db.execute(update(t.offers).where(c.id == offer.id).values(**values))
                saved.append(replace(offer, name=name, stock_item_id=item_id))
            else:
                statement = insert(t.offers).values(slot_id=slot.id, sku=offer.sku, stock_item_id=item_id, **values)
                key = self._db.execute(statement).inserted_primary_key
                assert key is not None
                saved.append(replace(offer, id=int(key[0]), name=name, stock_item_id=item_id))
        return tuple(saved)

    def _item(self, location_id: int, sku: str) -> tuple[int, str]:
        c = t.stock_items.c
        query = select(c.id, c.name).where(c.location_id == location_id, c.sku == sku)
        row = self._db.execute(query).first()
        if row is None:
            self._db.execute(insert_ignoring(self._db, t.stock_items).values(location_id=location_id, sku=sku))
            row = self._db.execute(query).one()
        return row.id, row.name or sku

    def remove_slot(self, slot_id: int, now: datetime) -> None:
        c = t.slots.c
        self._db.execute(update(t.slots).where(c.id == slot_id).values(removed_at=now, version=c.version + 1))


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
