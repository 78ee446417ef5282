"""Stock items, their movements, and the messages already seen."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection as Db
from sqlalchemy import delete, insert, select, update

from bridge.core.orders import CLAIMING
from bridge.core.stock import Movement, StockItem
from bridge.core.tills import Location
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.dialect import insert_ignoring
from bridge.store.prepared import Prepared

BATCH = 400

LOCK_ITEMS = Prepared(
    rows.ITEM.where(among(t.stock_items.c.id)).order_by(t.stock_items.c.id).with_for_update(key_share=True, of=t.stock_items)
)


class Ledger:
    """The ledger of one transaction. Items are locked by id before they are read for change."""

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def unseen(self, source: str, message_ids: Sequence[str], now: datetime) -> set[str]:
        """Records the messages and returns those that were not there before."""
        new: set[str] = set()
        # In one order: who pushes the same in another one would wait for a message of ours, and we for one of theirs.
        wanted = sorted(set(message_ids))
        for start in range(0, len(wanted), BATCH):
            values = [{"source": source, "message_id": key, "at": now} for key in wanted[start : start + BATCH]]
            statement = insert_ignoring(self._db, t.inbox).values(values).returning(t.inbox.c.message_id)
            new.update(self._db.execute(statement).scalars())
        return new

    def seen(self, source: str, message_id: str, now: datetime) -> bool:
        """Records the message; True when it was there already (then change nothing)."""
        return not self.unseen(source, [message_id], now)

    def items_for(self, location: Location, skus: Iterable[str]) -> dict[str, StockItem]:
        """The stock items of these SKUs, locked in the order of their ids; a SKU never seen becomes one."""
        wanted = sorted(set(skus))
        c = t.stock_items.c
        for start in range(0, len(wanted), BATCH):
            values = [{"location_id": location.id, "sku": sku} for sku in wanted[start : start + BATCH]]
            self._db.execute(insert_ignoring(self._db, t.stock_items).values(values))
        found: dict[str, StockItem] = {}
        for start in range(0, len(wanted), BATCH):
            where = (c.location_id == location.id, c.sku.in_(wanted[start : start + BATCH]))
            query = rows.ITEM.where(*where).order_by(c.id).with_for_update(key_share=True, of=t.stock_items)
            found.update({row.sku: rows.item(row) for row in self._db.execute(query)})
        return found

    def lock_items(self, item_ids: Iterable[int]) -> dict[int, StockItem]:
        """The items, locked in the order of their ids."""
        wanted = sorted(set(item_ids))
        found = LOCK_ITEMS.all(self._db, {"keys": wanted}) if wanted else ()
        return {row.id: rows.item(row) for row in found}

    def movements_after(self, item_id: int, moment: datetime) -> list[Movement]:
        """The movements later than ``moment``."""
        c = t.movements.c
        query = select(c.quantity, c.happened_at).where(c.item_id == item_id, c.happened_at > moment)
        return [Movement("", row.quantity, row.happened_at, "") for row in self._db.execute(query)]

    def add_movements(self, movements: Iterable[tuple[int, Movement]], source: str) -> None:
        """Lays movements down in the ledger."""
        values = [{"item_id": item_id, "quantity": m.quantity, "happened_at": m.happened_at, "source": source} for item_id, m in movements]
        if values:
            self._db.execute(insert(t.movements), values)

    def save_items(self, items: Iterable[StockItem], connection_id: int | None) -> None:
        """Stores counts and sums and marks the items as changed, so that every slot that sells them is looked at."""
        c = t.stock_items.c
        for item in items:
            self.leaves_dirty = True
            values = {
                "name": item.name if item.name != item.sku else "",
                "counted": item.count,
                "counted_at": item.counted_at,
                "moved": item.moved,
                "stale_after": item.stale_after,
                "version": c.version + 1,
            }
            if connection_id is not None:
                values["connection_id"] = connection_id
            self._db.execute(update(t.stock_items).where(c.id == item.id).values(**values))

    def touch_items(self, connection_id: int) -> None:
        """Has every slot that sells what the till counts looked at again: what is known of the till has changed."""
        self.leaves_dirty = True
        c = t.stock_items.c
        # An update alone locks rows as they lie, and could meet a customer's claim that holds the other half.
        self._db.execute(select(c.id).where(c.connection_id == connection_id).order_by(c.id).with_for_update(key_share=True))
        self._db.execute(update(t.stock_items).where(c.connection_id == connection_id).values(version=c.version + 1))

    def acknowledge_units(self, item_id: int, units: int) -> None:
        """Takes units off what orders are promised, the oldest first: the till knows of them now.

        Units of an order that was cancelled in the meantime are promised no more. The item must be locked.
        """
        self.leaves_dirty = True
        c, x, o = t.stock_items.c, t.order_lines.c, t.orders.c
        waiting = select(x.id, (x.units - x.acknowledged).label("units")).join(t.orders, o.id == x.order_id)
        waiting = waiting.where(x.stock_item_id == item_id, x.acknowledged < x.units, o.state.in_(sorted(CLAIMING))).order_by(x.id)
        left = units
        for line in self._db.execute(waiting).all():
            known = min(left, line.units)
            self._db.execute(update(t.order_lines).where(x.id == line.id).values(acknowledged=x.acknowledged + known))
            left -= known
            if not left:
                break
        values = {"promised": c.promised - (units - left), "version": c.version + 1}
        self._db.execute(update(t.stock_items).where(c.id == item_id).values(**values))

    def prune(self, before: datetime) -> None:
        """Forgets messages, failures and movements older than ``before`` that no count can need any more."""
        self._db.execute(delete(t.inbox).where(t.inbox.c.at < before))
        self._db.execute(delete(t.sign_in_failures).where(t.sign_in_failures.c.at < before))
        settled = select(t.stock_items.c.id).where(
            t.stock_items.c.id == t.movements.c.item_id, t.stock_items.c.counted_at >= t.movements.c.happened_at
        )
        self._db.execute(delete(t.movements).where(t.movements.c.happened_at < before, settled.exists()))
