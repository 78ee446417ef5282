"""Claims on places, allotments and stock: each one conditional update, where no row touched means sold out.

The same statement arbitrates on SQLite (begun IMMEDIATE) and on PostgreSQL. Slots are locked before stock items.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection as Db
from sqlalchemy import bindparam, or_, select, update

from bridge.core.claims import Line
from bridge.core.drops import Offer, Slot
from bridge.core.errors import SoldOut
from bridge.core.stock import StockItem
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.prepared import Prepared, in_turn

_s, _o, _i = t.slots.c, t.offers.c, t.stock_items.c
_SLOT = Prepared(select(t.slots).where(_s.public_id == bindparam("asked"), _s.removed_at.is_(None)).with_for_update(key_share=True))
_SLOTS = Prepared(select(t.slots).where(among(_s.id)).order_by(_s.id).with_for_update(key_share=True))
_OFFERS = Prepared(rows.OFFER.where(_s.public_id == bindparam("asked")).order_by(_o.position))
_OFFERS_OF_ALL = Prepared(rows.OFFERS)
_PLACES = Prepared(
    update(t.slots)
    .where(
        _s.id == bindparam("key"),
        _s.claimed + bindparam("more") <= _s.capacity,
        _s.removed_at.is_(None),
        _s.cancelled.is_(False),
    )
    .values(claimed=_s.claimed + bindparam("more"), version=_s.version + 1)
)
_UNITS = Prepared(
    update(t.offers)
    .where(_o.id == bindparam("key"), or_(_o.allotment.is_(None), _o.claimed + bindparam("more") <= _o.allotment))
    .values(claimed=_o.claimed + bindparam("more"))
)
_STOCK = Prepared(
    update(t.stock_items)
    .where(
        _i.id == bindparam("key"),
        or_(_i.counted.is_(None), _i.counted + _i.moved - _i.promised - bindparam("reserve") >= bindparam("more")),
    )
    .values(promised=_i.promised + bindparam("more"), version=_i.version + 1)
)
_FREE_PLACES = Prepared(
    update(t.slots).where(_s.id == bindparam("key")).values(claimed=_s.claimed - bindparam("less"), version=_s.version + 1)
)
_FREE_UNITS = Prepared(update(t.offers).where(_o.id == bindparam("key")).values(claimed=_o.claimed - bindparam("less")))
_FREE_STOCK = Prepared(
    update(t.stock_items).where(_i.id == bindparam("key")).values(promised=_i.promised - bindparam("less"), version=_i.version + 1)
)


class Claims:
    """What can be claimed, and given back.

    Rows are locked FOR NO KEY UPDATE: a hold or order being inserted shares its slot's key with others, and two that then
    asked for the whole row would wait for each other for ever.
    """

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def slot_for_claim(self, public_id: str) -> Slot | None:
        """The slot with its offers, locked."""
        found, sold = in_turn(self._db, {"asked": public_id}, _SLOT, _OFFERS)
        return rows.slot(found[0], [rows.offer(offer) for offer in sold]) if found else None

    def slot_id(self, public_id: str) -> int | None:
        """The id of a live slot."""
        return self._db.execute(select(_s.id).where(_s.public_id == public_id, _s.removed_at.is_(None))).scalar()

    def slots_for_claim(self, slot_ids: Iterable[int]) -> dict[int, Slot]:
        """The slots with their offers, removed ones too, locked in the order of their ids."""
        found, sold = in_turn(self._db, {"keys": sorted(set(slot_ids))}, _SLOTS, _OFFERS_OF_ALL)
        return {slot.id: slot for slot in rows.slots(found, sold)}

    def claim_places(self, slot: Slot, places: int) -> None:
        """Takes places. Raises ``SoldOut``."""
        self.leaves_dirty = True
        if _PLACES.run(self._db, {"key": slot.id, "more": places}) == 0:
            raise SoldOut("Fewer than {n} places are left.", n=places)

    def claim_offer(self, offer: Offer, units: int) -> None:
        """Takes units of an allotment. Raises ``SoldOut``."""
        if _UNITS.run(self._db, {"key": offer.id, "more": units}) == 0:
            raise SoldOut("Fewer than {n} of {name} are left on this slot.", n=units, name=offer.name or offer.sku)

    def claim_stock(self, item: StockItem, units: int, reserve: int) -> None:
        """Promises units of stock, keeping ``reserve`` back. Raises ``SoldOut``."""
        self.leaves_dirty = True
        if _STOCK.run(self._db, {"key": item.id, "more": units, "reserve": reserve}) == 0:
            raise SoldOut("Fewer than {n} of {name} are left.", n=units, name=item.name)

    def release(self, slot_id: int, places: int, lines: Sequence[Line]) -> None:
        """Gives places, allotments and stock back."""
        self.leaves_dirty = True
        _FREE_PLACES.run(self._db, {"key": slot_id, "less": places})
        for line in lines:
            _FREE_UNITS.run(self._db, {"key": line.offer_id, "less": line.units})
        for line in sorted(lines, key=lambda line: line.stock_item_id):
            _FREE_STOCK.run(self._db, {"key": line.stock_item_id, "less": line.units - line.acknowledged})
