"""Claims on places, allotments and stock: each one conditional update, where no row touched means sold out.

The same statement arbitrates on SQLite (begun IMMEDIATE) and on PostgreSQL. Slots are locked before stock items.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection as Db
from sqlalchemy import Text, bindparam, or_, select, update

from bridge.core.claims import Line, Wanted
from bridge.core.drops import Slot
from bridge.core.ports_orders import Held
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.holds import HOLDS, of_rows
from bridge.store.prepared import Prepared, at_once

_s, _o, _i = t.slots.c, t.offers.c, t.stock_items.c
_ASKED = among(_s.public_id, "asked", Text)
_LIVE = Prepared(select(t.slots).where(_ASKED, _s.removed_at.is_(None)).order_by(_s.id).with_for_update(key_share=True))
_SLOTS = Prepared(select(t.slots).where(among(_s.id)).order_by(_s.id).with_for_update(key_share=True))
_OFFERS = Prepared(rows.OFFER.where(_ASKED).order_by(_o.position))
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
TAKE: dict[str, Prepared] = {"places": _PLACES, "offer": _UNITS, "stock": _STOCK}
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
        return self.slots_and_holds([public_id], ())[0].get(public_id)

    def slots_and_holds(self, public_ids: Iterable[str], secrets: Iterable[str]) -> tuple[dict[str, Slot], dict[str, Held]]:
        """The same of several, locked in the order of their ids, and the holds of these secrets behind those locks, expired or not."""
        asked, own = {"asked": sorted(set(public_ids))}, {"secrets": sorted(set(secrets) - {""})}
        (found, _), (sold, _), *kept = at_once(self._db, [(_LIVE, asked), (_OFFERS, asked), *([(HOLDS, own)] if own["secrets"] else [])])
        slots = {slot.public_id: slot for slot in rows.slots(found, sold)}
        return slots, {hold.secret: hold for hold in of_rows(kept[0].rows)} if kept else {}

    def slot_id(self, public_id: str) -> int | None:
        """The id of a live slot."""
        return self._db.execute(select(_s.id).where(_s.public_id == public_id, _s.removed_at.is_(None))).scalar()

    def slots_for_claim(self, slot_ids: Iterable[int]) -> dict[int, Slot]:
        """The slots with their offers, removed ones too, locked in the order of their ids."""
        asked = {"keys": sorted(set(slot_ids))}
        (found, _), (sold, _) = at_once(self._db, [(_SLOTS, asked), (_OFFERS_OF_ALL, asked)])
        return {slot.id: slot for slot in rows.slots(found, sold)}

    def claim(self, wanted: Sequence[Wanted]) -> Wanted | None:
        """Raises all of these numbers, in their order; the first of them that there was not enough of, when there is one.

        The transaction, or its savepoint, has to be given up then.
        """
        self.leaves_dirty = True
        done = at_once(self._db, [(TAKE[one.kind], {"key": one.id, "more": one.units, "reserve": one.reserve}) for one in wanted])
        return next((one for one, (_, touched) in zip(wanted, done, strict=True) if not touched), None)

    def release(self, slot_id: int, places: int, lines: Sequence[Line]) -> None:
        """Gives places, allotments and stock back."""
        self.leaves_dirty = True
        _FREE_PLACES.run(self._db, {"key": slot_id, "less": places})
        for line in lines:
            _FREE_UNITS.run(self._db, {"key": line.offer_id, "less": line.units})
        for line in sorted(lines, key=lambda line: line.stock_item_id):
            _FREE_STOCK.run(self._db, {"key": line.stock_item_id, "less": line.units - line.acknowledged})
