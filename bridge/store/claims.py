"""Claims on places, allotments and stock: each one conditional update, where no row touched means sold out.

The same statement arbitrates on SQLite (begun IMMEDIATE) and on PostgreSQL. Slots are locked before stock items.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection as Db
from sqlalchemy import delete, insert, or_, select, update

from bridge.core.drops import Offer, Slot
from bridge.core.errors import SoldOut
from bridge.core.ports import Held, Line
from bridge.core.stock import StockItem
from bridge.store import rows
from bridge.store import tables as t


class Claims:
    """Holds and orders as far as availability needs them.

    Rows are locked FOR NO KEY UPDATE: a hold or order being inserted shares its slot's key with others, and two that then
    asked for the whole row would wait for each other for ever.
    """

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def slot_for_claim(self, public_id: str) -> Slot | None:
        """The slot with its offers, locked."""
        c = t.slots.c
        row = self._db.execute(
            select(t.slots).where(c.public_id == public_id, c.removed_at.is_(None)).with_for_update(key_share=True)
        ).first()
        if row is None:
            return None
        found = self._db.execute(rows.OFFER.where(t.offers.c.slot_id == row.id).order_by(t.offers.c.position))
        return rows.slot(row, [rows.offer(offer) for offer in found])

    def claim_places(self, slot: Slot, places: int) -> None:
        """Takes places. Raises ``SoldOut``."""
        self.leaves_dirty = True
        c = t.slots.c
        free = (c.claimed + places <= c.capacity, c.removed_at.is_(None), c.cancelled.is_(False))
        statement = update(t.slots).where(c.id == slot.id, *free).values(claimed=c.claimed + places, version=c.version + 1)
        if self._db.execute(statement).rowcount == 0:
            raise SoldOut(f"Fewer than {places} places are left.")

    def claim_offer(self, offer: Offer, units: int) -> None:
        """Takes units of an allotment. Raises ``SoldOut``."""
        c = t.offers.c
        fits = or_(c.allotment.is_(None), c.claimed + units <= c.allotment)
        if self._db.execute(update(t.offers).where(c.id == offer.id, fits).values(claimed=c.claimed + units)).rowcount == 0:
            raise SoldOut(f"Fewer than {units} of {offer.name} are left on this slot.")

    def claim_stock(self, item: StockItem, units: int, reserve: int) -> None:
        """Promises units of stock, keeping ``reserve`` back. Raises ``SoldOut``."""
        c = t.stock_items.c
        fits = or_(c.counted.is_(None), c.counted + c.moved - c.promised - reserve >= units)
        statement = update(t.stock_items).where(c.id == item.id, fits).values(promised=c.promised + units, version=c.version + 1)
        if self._db.execute(statement).rowcount == 0:
            raise SoldOut(f"Fewer than {units} of {item.name} are left.")

    def release(self, slot_id: int, places: int, lines: Sequence[Line]) -> None:
        """Gives places, allotments and stock back."""
        self.leaves_dirty = True
        s, o, i = t.slots.c, t.offers.c, t.stock_items.c
        self._db.execute(update(t.slots).where(s.id == slot_id).values(claimed=s.claimed - places, version=s.version + 1))
        for line in lines:
            self._db.execute(update(t.offers).where(o.id == line.offer_id).values(claimed=o.claimed - line.units))
        for line in sorted(lines, key=lambda line: line.stock_item_id):
            statement = update(t.stock_items).where(i.id == line.stock_item_id)
            self._db.execute(statement.values(promised=i.promised - line.units + line.acknowledged, version=i.version + 1))

    def add_hold(self, slot: Slot, places: int, lines: Sequence[Line], expires_at: datetime, now: datetime) -> Held:
        """Writes the hold that was claimed."""
        secret = secrets.token_urlsafe(24)
        values = {"slot_id": slot.id, "secret": secret, "places": places, "expires_at": expires_at, "created_at": now}
        key = self._db.execute(insert(t.holds).values(**values)).inserted_primary_key
        assert key is not None
        if lines:
            written = [{"hold_id": key[0], "offer_id": x.offer_id, "stock_item_id": x.stock_item_id, "units": x.units} for x in lines]
            self._db.execute(insert(t.hold_lines), written)
        return Held(int(key[0]), slot.id, secret, places, expires_at, tuple(lines))

    def hold(self, secret: str) -> Held | None:
        """The hold of this secret, expired or not."""
        row = self._db.execute(select(t.holds).where(t.holds.c.secret == secret)).first()
        return self._held(row) if row else None

    def expired_holds(self, now: datetime, limit: int) -> list[Held]:
        """Holds whose time is over."""
        query = select(t.holds).where(t.holds.c.expires_at <= now).order_by(t.holds.c.expires_at).limit(limit)
        return [self._held(row) for row in self._db.execute(query).all()]

    def _held(self, row: object) -> Held:
        c = t.hold_lines.c
        key: int = row.id  # type: ignore[attr-defined]
        found = self._db.execute(select(c.offer_id, c.stock_item_id, c.units).where(c.hold_id == key))
        lines = tuple(Line(x.offer_id, x.stock_item_id, x.units) for x in found)
        return Held(key, row.slot_id, row.secret, row.places, row.expires_at, lines)  # type: ignore[attr-defined]

    def take_away_hold(self, hold: Held) -> bool:
        """Ends the hold; False when another transaction already did."""
        self._db.execute(select(t.slots.c.id).where(t.slots.c.id == hold.slot_id).with_for_update(key_share=True))
        self._db.execute(delete(t.hold_lines).where(t.hold_lines.c.hold_id == hold.id))
        return self._db.execute(delete(t.holds).where(t.holds.c.id == hold.id)).rowcount == 1

    def add_order(self, hold: Held, state: str, now: datetime) -> str:
        """Turns a hold into an order that keeps its claims. Returns the order's secret."""
        secret = secrets.token_urlsafe(24)
        values = {"slot_id": hold.slot_id, "secret": secret, "state": state, "places": hold.places, "placed_at": now}
        key = self._db.execute(insert(t.orders).values(**values)).inserted_primary_key
        assert key is not None
        for line in hold.lines:
            sku, price = self._db.execute(select(t.offers.c.sku, t.offers.c.price).where(t.offers.c.id == line.offer_id)).one()
            written = {"offer_id": line.offer_id, "stock_item_id": line.stock_item_id, "sku": sku, "units": line.units, "price": price}
            self._db.execute(insert(t.order_lines).values(order_id=key[0], **written))
        return secret

    def cancel_order(self, secret: str) -> tuple[int, int, tuple[Line, ...]] | None:
        """Marks an order cancelled: its slot, places and lines; None when there is none to cancel."""
        c, x = t.orders.c, t.order_lines.c
        row = self._db.execute(select(c.id, c.slot_id, c.places).where(c.secret == secret)).first()
        if row is None:
            return None
        self._db.execute(select(t.slots.c.id).where(t.slots.c.id == row.slot_id).with_for_update(key_share=True))
        statement = update(t.orders).where(c.id == row.id, c.state != "cancelled").values(state="cancelled")
        if self._db.execute(statement).rowcount == 0:
            return None
        # The items before the lines: the till may be acknowledging some of them at this moment.
        i = t.stock_items.c
        sold = select(x.stock_item_id).where(x.order_id == row.id)
        self._db.execute(select(i.id).where(i.id.in_(sold)).order_by(i.id).with_for_update(key_share=True))
        found = self._db.execute(select(x.offer_id, x.stock_item_id, x.units, x.acknowledged).where(x.order_id == row.id))
        return row.slot_id, row.places, tuple(Line(*line) for line in found)
