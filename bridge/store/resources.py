"""What organizers write: calendar resources, the texts kept of them, and when they take place."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection as Db
from sqlalchemy import Text, bindparam, cast, delete, func, insert, select, union_all, update

from bridge.core.calendars import Member
from bridge.core.drops import EventDraft
from bridge.store import tables as t
from bridge.store.dialect import added, upsert_for

UNBOUNDED = t.EPOCH

_r = t.resources.c
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


class Resources:
    """Calendar resources. Whoever writes them has locked the drop first."""

    def __init__(self, db: Db) -> None:
        self._db = db

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
            there = added(self._db, _ADD_RESOURCE, drop_id=drop_id, name=name, created_at=now, octets=0, **values)
            self._add_spans(drop_id, there, draft, _spans(draft))
        else:
            self._db.execute(_SAVE_RESOURCE, {"key": there, **values})
            self._save_spans(drop_id, there, draft)
        return there

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
