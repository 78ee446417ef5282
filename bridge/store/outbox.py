"""The outbox: each row tried by one clock at a time, whose lease runs out should it die."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy import Connection as Db

from bridge.core.ports_outbox import Consequence
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.dialect import insert_for
from bridge.store.prepared import Prepared

_c = t.outbox.c
_ENQUEUE = Prepared(lambda kind: insert_for(kind, t.outbox).on_conflict_do_nothing(), ("topic", "key", "payload", "due_at"))
_WAITS = (_c.done_at.is_(None), _c.due_at.is_not(None))
_GIVEN_UP = (_c.done_at.is_(None), _c.due_at.is_(None))


def of_kind(prefix: str) -> ColumnElement[bool]:
    """Whether the topic begins with ``prefix``."""
    return _c.topic.startswith(prefix, autoescape=True)


def consequence(row: Row[Any]) -> Consequence:
    """A row of the outbox."""
    return Consequence(row.id, row.topic, row.key, row.payload, row.due_at, row.attempts, row.reason, row.done_at)


class Outbox:
    """Fills ``ports_outbox.Outbox`` for one transaction. What is enqueued wakes the clock."""

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def enqueue(self, topic: str, key: str, payload: Mapping[str, Any], due_at: datetime) -> None:
        """A consequence that must happen, once per ``key``."""
        self.leaves_dirty = True
        values = {"topic": topic, "key": key, "payload": dict(payload), "due_at": due_at}
        _ENQUEUE.later(self._db, values)

    def is_due(self, prefix: str, now: datetime) -> bool:
        """Whether there is a row that is due and whose topic begins with ``prefix``."""
        return self._db.execute(select(_c.id).where(*_WAITS, _c.due_at <= now, of_kind(prefix)).limit(1)).first() is not None

    def put_off(self, beginning: str, due_at: datetime) -> bool:
        """Whether a row whose key begins so was still untried; it is, and is due at ``due_at`` instead."""
        # A clock that has claimed it may have read already what it tells: that row is no longer to be counted on.
        untried = (*_WAITS, _c.attempts == 0, _c.key.startswith(beginning, autoescape=True))
        return self._db.execute(update(t.outbox).where(*untried).values(due_at=due_at)).rowcount > 0

    def claim_due(self, prefix: str, now: datetime, lease: timedelta) -> Consequence | None:
        """The row due longest whose topic begins with ``prefix``, leased; None when there is none."""
        due = select(_c.id, _c.due_at).where(*_WAITS, _c.due_at <= now, of_kind(prefix)).order_by(_c.due_at, _c.id).limit(1)
        found = self._db.execute(due.with_for_update(skip_locked=True, key_share=True)).first()
        if found is None:
            return None
        # Between the look and the lease another clock may have been quicker: then its due time is another.
        still = (_c.id == found.id, _c.due_at == found.due_at, _c.done_at.is_(None))
        leased = update(t.outbox).where(*still).values(due_at=now + lease, attempts=_c.attempts + 1)
        row = self._db.execute(leased.returning(*t.outbox.columns)).first()
        return consequence(row) if row else None

    def delivered(self, consequence: Consequence, now: datetime) -> None:
        """It happened, whoever has the lease by now."""
        self._db.execute(
            update(t.outbox).where(_c.id == consequence.id, _c.done_at.is_(None)).values(done_at=now, due_at=None, reason="")
        )

    def postpone(self, consequence: Consequence, due_at: datetime, reason: str) -> bool:
        """Another try at ``due_at``; False when the row is another's by now."""
        return self._end(consequence, due_at=due_at, reason=reason)

    def give_up(self, consequence: Consequence, reason: str) -> bool:
        """No further try; False when the row is another's by now."""
        return self._end(consequence, due_at=None, reason=reason)

    def _end(self, consequence: Consequence, **values: Any) -> bool:
        leased = (_c.id == consequence.id, _c.attempts == consequence.attempts, _c.due_at == consequence.due_at, _c.done_at.is_(None))
        return self._db.execute(update(t.outbox).where(*leased).values(**values)).rowcount == 1

    def hold_back(self, prefix: str, now: datetime, due_at: datetime, reason: str) -> int:
        """Puts off what is due of this kind and in nobody's hands."""
        due = select(_c.id).where(*_WAITS, _c.due_at <= now, of_kind(prefix)).order_by(_c.id)
        found = self._db.execute(due.with_for_update(skip_locked=True, key_share=True)).scalars().all()
        if found:
            self._db.execute(update(t.outbox).where(among(_c.id)).values(due_at=due_at, reason=reason), {"keys": list(found)})
        return len(found)

    def bounced(self, row_id: int, reason: str) -> bool:
        """A row that was done did not arrive: it counts as given up."""
        done = (_c.id == row_id, _c.done_at.is_not(None))
        return self._db.execute(update(t.outbox).where(*done).values(done_at=None, due_at=None, reason=reason)).rowcount == 1

    def retry(self, row_id: int, now: datetime) -> bool:
        """A row that was given up is due again, as on its first day."""
        self.leaves_dirty = True
        again = update(t.outbox).where(_c.id == row_id, *_GIVEN_UP).values(due_at=now, attempts=0)
        return self._db.execute(again).rowcount == 1

    def prune_outbox(self, before: datetime) -> int:
        """Forgets rows that were done before."""
        return self._db.execute(delete(t.outbox).where(_c.done_at < before)).rowcount
