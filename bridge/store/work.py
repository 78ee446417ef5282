"""The unit of work: one transaction and everything that may be written in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection as Db
from sqlalchemy import bindparam, delete, insert, select

from bridge.core.events import Event
from bridge.store import tables as t
from bridge.store.accounts import Accounts
from bridge.store.claims import Claims
from bridge.store.dialect import insert_into
from bridge.store.drops import Drops
from bridge.store.holds import Holds
from bridge.store.ledger import Ledger
from bridge.store.money import Moneys
from bridge.store.orders import Orders
from bridge.store.outbox import Outbox
from bridge.store.people import People
from bridge.store.prepared import Prepared
from bridge.store.publishing import Publishing
from bridge.store.resources import Resources
from bridge.store.shop import Shop
from bridge.store.slots import Slots
from bridge.store.traffic import Traffic
from bridge.store.views import SqlViews, Wrap
from bridge.store.waitlists import Waitlists

_RECORD = insert(t.journal)
_RECORD_OF_DROP = Prepared(_RECORD, ("at", "kind", "actor", "slot_id", "data", "drop_id"))
_RECORD_OF_SLOT = _RECORD.values(drop_id=select(t.slots.c.drop_id).where(t.slots.c.id == bindparam("its_slot")).scalar_subquery())


class SqlWork(
    Accounts, Drops, Resources, Slots, Shop, Ledger, Claims, Holds, Orders, Moneys, Waitlists, Publishing, Outbox, People, Traffic
):
    """Fills ``UnitOfWork``: each base is one subject, all over the same transaction."""

    def __init__(self, db: Db, wrap: Wrap) -> None:
        Drops.__init__(self, db)
        self._db = db
        self.views = SqlViews(db, wrap)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails inside leaves nothing behind, and the transaction lives on."""
        raised = dict(self._revisions)
        try:
            with self._db.begin_nested():
                yield
        except BaseException:
            self._revisions = raised
            raise

    def record(self, event: Event, *, actor: str, now: datetime, drop_id: int | None = None, slot_id: int | None = None) -> None:
        """One row of the journal; what concerns a slot concerns its drop."""
        values = {"at": now, "kind": event.kind, "actor": actor, "slot_id": slot_id, "data": event.data()}
        if drop_id is None and slot_id is not None:
            self._db.execute(_RECORD_OF_SLOT, {**values, "its_slot": slot_id})
        else:
            _RECORD_OF_DROP.later(self._db, {**values, "drop_id": drop_id})

    def prune_journal(self, before: datetime, most: int) -> int:
        """Forgets the oldest rows of the journal that are from ``before``; returns how many."""
        c = t.journal.c
        oldest = select(c.id).where(c.at < before).order_by(c.id).limit(most)
        return self._db.execute(delete(t.journal).where(c.id.in_(oldest))).rowcount

    def tell(self, name: str, value: str, now: datetime) -> None:
        """What other processes of this installation are to know."""
        statement = insert_into(self._db, t.told).values(name=name, value=value, at=now)
        self._db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value, "at": now}))

    def beat(self, name: str, now: datetime) -> None:
        """The heartbeat of a job."""
        statement = insert_into(self._db, t.heartbeats).values(name=name, at=now)
        self._db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": now}))
