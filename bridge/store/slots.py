"""Slots and what they sell, as an organizer's edit leaves them."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import and_, bindparam, delete, insert, select, update

from bridge.core.counting import counted
from bridge.core.drops import Offer, Slot
from bridge.core.errors import CapacityBelowClaimed
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.dialect import added, insert_ignoring
from bridge.store.tables_shop import products

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
BATCH = 500
_s, _o = t.slots.c, t.offers.c
# Those that were removed as well: one that comes back is written after the others, and may have the lower id.
_ALL_OF = rows.TO_SHOW.where(_s.resource_id == bindparam("key")).order_by(_s.id).with_for_update(key_share=True)
_OFFERS_OF = (
    rows.OFFER.where(_s.resource_id == bindparam("key"), _s.removed_at.is_(None)).order_by(_o.position)
)
_ADD_SLOT = insert(t.slots)
_SAVE_SLOT = (
    update(t.slots)
    .where(_s.id == bindparam("key"), _s.claimed <= bindparam("fits"))
    .values(version=_s.version + 1, published=_s.version + bindparam("shown"), removed_at=None)
)
_SAVE_OFFER = update(t.offers).where(_o.id == bindparam("key"))
_i = t.stock_items.c
_ITEMS = (
    select(_i.id, _i.sku, _i.name, products.c.name.label("product_name"))
    .outerjoin(products, and_(products.c.drop_id == bindparam("drop"), products.c.sku == _i.sku))
    .where(_i.location_id == bindparam("location"), _i.sku.in_(bindparam("skus", expanding=True)))
)


class Slots:
    """The slots of resources. Whoever writes them has locked the drop first."""

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def slots_of(self, resource_id: int) -> list[Slot]:
        found = [row for row in self._db.execute(_ALL_OF, {"key": resource_id}) if row.removed_at is None]
        return rows.slots(found, self._db.execute(_OFFERS_OF, {"key": resource_id}).all() if found else ())

    def removed_slots(self, resource_id: int) -> list[Slot]:
        found = [row for row in self._db.execute(_ALL_OF, {"key": resource_id}) if row.removed_at is not None]
        found.sort(key=attrgetter("removed_at", "id"))
        return rows.slots(found, self._db.execute(rows.OFFERS, {"keys": [row.id for row in found]}).all() if found else ())

    def save_slot(self, slot: Slot, location_id: int) -> Slot:
        """Adds or changes a slot and its offers; a SKU never seen becomes a stock item. Raises ``CapacityBelowClaimed``."""
        shown = int(not self._is_to_be_looked_at_again(slot))
        if slot.id:
            values = {"key": slot.id, "fits": slot.capacity, "shown": shown, **rows.slot_values(slot)}
            if self._db.execute(_SAVE_SLOT, values).rowcount == 0:
                raise CapacityBelowClaimed(f"More than {counted(slot.capacity, 'place', 'places')} of “{slot.title}” are taken by now.")
            kept = [offer.id for offer in slot.offers if offer.id]
            self._remove_offers(slot.id, kept)
        else:
            public_id = "".join(secrets.choice(ALPHABET) for _ in range(8))
            key = added(self._db, _ADD_SLOT, public_id=public_id, drop_id=slot.drop_id, published=shown, **rows.slot_values(slot))
            slot = replace(slot, id=key, public_id=public_id)
        return replace(slot, version=slot.version + 1, offers=self._save_offers(slot, location_id))

    def add_items(self, location_id: int, skus: Iterable[str]) -> None:
        """Makes stock items of those SKUs that are none yet, in the order of their names."""
        wanted = sorted(set(skus))
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            known = self._db.execute(select(_i.sku).where(_i.location_id == location_id, _i.sku.in_(batch))).scalars()
            if new := sorted(set(batch) - set(known)):
                values = [{"location_id": location_id, "sku": sku} for sku in new]
                self._db.execute(insert_ignoring(self._db, t.stock_items).values(values))

    def _is_to_be_looked_at_again(self, slot: Slot) -> bool:
        # Whoever publishes a count while this transaction is open does not see that the slot sells the item from now on,
        # and takes its mark away. SQLite has one writer at a time.
        again = self._db.dialect.name != "sqlite" and any(not offer.id for offer in slot.offers)
        # What an edit adds belongs first to those on the waiting list, whom the clock serves.
        again = again or slot.waiting > 0
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
        items = self._items(slot.drop_id, location_id, [offer.sku for offer in slot.offers])
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

    def _items(self, drop_id: int, location_id: int, skus: list[str]) -> dict[str, tuple[int, str]]:
        """The stock item of each SKU, and what it is called in this drop."""
        asked = {"drop": drop_id, "location": location_id, "skus": skus}
        found = {row.sku: (row.id, row.product_name or row.name) for row in self._db.execute(_ITEMS, asked)}
        new = [{"location_id": location_id, "sku": sku} for sku in sorted(set(skus) - set(found))]
        if new:
            self._db.execute(insert_ignoring(self._db, t.stock_items).values(new))
            found = {row.sku: (row.id, row.product_name or row.name) for row in self._db.execute(_ITEMS, asked)}
        return found

    def remove_slot(self, slot_id: int, now: datetime) -> None:
        c = t.slots.c
        removed = {"removed_at": now, "version": c.version + 1, "published": c.version + 1}
        self._db.execute(update(t.slots).where(c.id == slot_id).values(**removed))
