"""Read models over one snapshot: rows in, plain values out; no parsing, no computing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import starmap
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, and_, bindparam, literal, or_, select, tuple_
from sqlalchemy.sql import ColumnElement

from bridge.core.accounts import Organizer
from bridge.core.calendars import Audience, Change, Listed, Resource
from bridge.core.drops import Drop
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.people import PeopleViews
from bridge.store.prepared import Prepared
from bridge.store.views_house import HouseViews
from bridge.store.views_orders import OrderPages
from bridge.store.views_outbox import OutboxViews
from bridge.store.views_public import PublicViews
from bridge.store.views_reports import ReportViews

BATCH = 500
LISTED = 5_000
LAST = 2**62


_r, _p, _s = t.resources.c, t.public_renderings.c, t.slots.c
_PUBLIC_NAME = (_s.public_id + ".ics").label("name")
_OWN = select(_r.name, _r.uid, _r.component, _r.edit, _r.revision, t.seconds(_r.changed_at), t.renderings.c.text).join(
    t.renderings, t.renderings.c.resource_id == _r.id
)
_PUBLIC = (
    select(
        _PUBLIC_NAME,
        (_s.public_id + "@dropbridge").label("uid"),
        literal("VEVENT").label("component"),
        _p.revision.label("edit"),
        _p.revision,
        t.seconds(_p.updated_at),
        t.public_texts.c.text,
        _s.timezone,
        _s.all_day,
    )
    .select_from(t.slots.join(t.public_renderings, _p.slot_id == _s.id).join(t.public_texts, t.public_texts.c.slot_id == _s.id))
    .where(_p.gone.is_(False))
)
_LISTED = {
    "organizer": select(_r.name, _r.component, _r.edit, _r.revision, t.seconds(_r.changed_at), _r.octets).where(_r.removed_at.is_(None)),
    "public": select(_PUBLIC_NAME, literal("VEVENT"), _p.revision.label("edit"), _p.revision, t.seconds(_p.updated_at), _p.octets)
    .select_from(t.slots.join(t.public_renderings, _p.slot_id == _s.id))
    .where(_p.gone.is_(False)),
}

# Statements of the requests that clients repeat all day are built once: building one costs more than running it.
_DROP = Prepared(rows.DROP.where(t.organizers.c.name == bindparam("organizer_name"), t.drops.c.slug == bindparam("drop_slug")))
_ONE = {
    "organizer": Prepared(_OWN.where(_r.drop_id == bindparam("drop"), _r.name == bindparam("key"), _r.removed_at.is_(None))),
    "public": Prepared(_PUBLIC.where(_p.drop_id == bindparam("drop"), _s.public_id == bindparam("key"))),
}
# The sum keeps SQLite from walking through the whole drop for a few names.
_NAMED = {
    "organizer": _OWN.where(_r.drop_id == bindparam("drop"), _r.removed_at.is_(None), among(_r.name, kind=Text)),
    "public": _PUBLIC.where(_p.drop_id + 0 == bindparam("drop"), among(_s.public_id, kind=Text)),
}
_ADDRESSED = (t.organizers.c.name == bindparam("organizer_name"), t.drops.c.slug == bindparam("drop_slug"), t.drops.c.removed_at.is_(None))
_AT = {
    "organizer": Prepared(
        _OWN.join(t.drops, t.drops.c.id == _r.drop_id)
        .join(t.organizers, t.organizers.c.id == t.drops.c.organizer_id)
        .where(*_ADDRESSED, _r.name == bindparam("key"), _r.removed_at.is_(None))
    ),
    "public": Prepared(
        _PUBLIC.join(t.drops, t.drops.c.id == _p.drop_id)
        .join(t.organizers, t.organizers.c.id == t.drops.c.organizer_id)
        .where(*_ADDRESSED, rows.PUBLIC, _s.public_id == bindparam("key"))
    ),
}
_SINCE = tuple_(bindparam("since", type_=BigInteger), bindparam("after", type_=BigInteger))
_CHANGES = {
    "organizer": select(_r.name, _r.component, _r.edit, _r.revision, _r.id, _r.removed_at.is_not(None))
    .where(_r.drop_id == bindparam("drop"), tuple_(_r.revision, _r.id) > _SINCE)
    .order_by(_r.revision, _r.id),
    "public": select(_PUBLIC_NAME, literal("VEVENT"), _p.revision, _p.revision.label("edit"), _p.slot_id, _p.gone)
    .select_from(t.slots.join(t.public_renderings, _p.slot_id == _s.id))
    .where(_p.drop_id == bindparam("drop"), tuple_(_p.revision, _p.slot_id) > _SINCE)
    .order_by(_p.revision, _p.slot_id),
}
Wrap = Callable[[str, str], str]


class SqlViews(PublicViews, HouseViews, OrderPages, OutboxViews, PeopleViews, ReportViews):
    """Fills ``Views``. ``wrap`` makes a standalone calendar of a public VEVENT and the zone it uses."""

    def __init__(self, connection: Connection, wrap: Wrap) -> None:
        self._db = connection
        self._wrap = wrap

    def _one(self, query: Select[Any]) -> Any:
        return self._db.execute(query).first()

    def organizer(self, name: str) -> Organizer | None:
        row = self._one(select(t.organizers).where(t.organizers.c.name == name))
        return rows.organizer(row) if row else None

    def organizers(self) -> list[Organizer]:
        return [rows.organizer(row) for row in self._db.execute(select(t.organizers).order_by(t.organizers.c.name))]

    def drop(self, organizer: str, slug: str) -> Drop | None:
        row = _DROP.first(self._db, {"organizer_name": organizer, "drop_slug": slug})
        return rows.drop(row) if row else None

    def drops(self, organizer: str | None = None, *, public: bool = False) -> list[Drop]:
        query = rows.DROP.order_by(t.drops.c.position, t.drops.c.title, t.drops.c.id)
        if organizer is not None:
            query = query.where(t.organizers.c.name == organizer)
        if public:
            query = query.where(rows.PUBLIC)
        return [rows.drop(row) for row in self._db.execute(query)]

    def _select(self, drop_id: int, audience: Audience) -> Select[Any]:
        if audience == "organizer":
            return _OWN.where(_r.drop_id == drop_id, _r.removed_at.is_(None))
        return _PUBLIC.where(_p.drop_id == drop_id)

    def _resource(self, row: Any, audience: Audience, exact: bool = True) -> Resource:
        if audience == "organizer":
            return Resource(row[0], row[1], row[2], row[3], row[4], row[5], row[6], exact)
        text = self._wrap(row[6], "UTC" if row[8] else row[7])
        return Resource(row[0], row[1], row[2], row[3], row[4], row[5], text, exact)

    def resource(self, drop_id: int, name: str, audience: Audience) -> Resource | None:
        return self._single(_ONE[audience], name, audience, drop=drop_id)

    def resource_at(self, organizer: str, slug: str, name: str, audience: Audience) -> Resource | None:
        return self._single(_AT[audience], name, audience, organizer_name=organizer, drop_slug=slug)

    def _single(self, query: Prepared, name: str, audience: Audience, **where: str | int) -> Resource | None:
        key = name if audience == "organizer" else name.removesuffix(".ics")
        row = query.first(self._db, {"key": key, **where}) if name != key or audience == "organizer" else None
        return self._resource(row, audience) if row else None

    def resources(self, drop_id: int, audience: Audience) -> Iterator[Resource]:
        order = _r.id if audience == "organizer" else _s.id
        result = self._db.execute(self._select(drop_id, audience).order_by(order), execution_options={"yield_per": BATCH})
        for row in result:
            yield self._resource(row, audience)

    def resources_named(self, drop_id: int, names: Sequence[str], audience: Audience) -> list[Resource]:
        keys = names if audience == "organizer" else [name.removesuffix(".ics") for name in names if name.endswith(".ics")]
        return [self._resource(row, audience) for row in self._db.execute(_NAMED[audience], {"drop": drop_id, "keys": keys}).all()]

    def listing(self, drop_id: int, audience: Audience) -> Iterator[Listed]:
        table, order = (_r, _r.id) if audience == "organizer" else (_p, _p.slot_id)
        query = _LISTED[audience].where(table.drop_id == drop_id).order_by(order)
        # libpq would hold all of a large listing, in blocks too small to be given back.
        result = self._db.execute(query, execution_options={"yield_per": LISTED})
        while some := result.fetchmany(LISTED):
            yield from starmap(Listed, some)

    def changes(self, drop_id: int, audience: Audience, since: int, after: int = 0, limit: int | None = None) -> list[Change]:
        query = _CHANGES[audience] if limit is None else _CHANGES[audience].limit(limit)
        found = self._db.execute(query, {"drop": drop_id, "since": since, "after": after or LAST})
        return [Change(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in found]

    def in_range(
        self, drop_id: int, audience: Audience, component: str | None, start: datetime | None, end: datetime | None
    ) -> list[Resource]:
        if audience == "public" and component not in (None, "VEVENT"):
            return []
        query = self._select(drop_id, audience)
        if component and audience == "organizer":
            query = query.where(_r.component == component)
        if start is None and end is None:
            return [self._resource(row, audience) for row in self._db.execute(query)]
        longest = self._longest(drop_id)
        if audience == "public":
            overlap = _overlap(_s.starts_at, _s.ends_at, start, end, longest)
            return [self._resource(row, audience) for row in self._db.execute(query.where(*overlap))]
        spans = t.spans.c
        where = [spans.drop_id == drop_id, *_overlap(spans.starts_at, spans.ends_at, start, end, longest)]
        where += [spans.component == component] if component else []
        listed = select(spans.resource_id).where(*where)
        exact = [self._resource(row, audience) for row in self._db.execute(query.where(_r.id.in_(listed)))]
        seen = {resource.name for resource in exact}
        doubtful = self._db.execute(query.where(*_unlisted(start, end)))
        return exact + [self._resource(row, audience, False) for row in doubtful if row[0] not in seen]

    def _longest(self, drop_id: int) -> int:
        return int(self._one(select(t.drops.c.longest).where(t.drops.c.id == drop_id))[0])

    def name_of_uid(self, drop_id: int, uid: str) -> str | None:
        row = self._one(select(_r.name).where(_r.drop_id == drop_id, _r.uid == uid, _r.removed_at.is_(None)))
        return str(row[0]) if row else None


def _overlap(
    starts: ColumnElement[Any], ends: ColumnElement[Any], start: datetime | None, end: datetime | None, longest: int
) -> list[ColumnElement[bool]]:
    """RFC 4791 section 9.9. No span is longer than ``longest`` microseconds: the index is bounded on both sides."""
    where: list[ColumnElement[bool]] = []
    if end is not None:
        where.append(starts < end)
    if start is not None:
        where.append(or_(ends > start, and_(ends == starts, starts == start)))
        where.append(t.raw(starts) >= (start - t.EPOCH) // t.MICROSECOND - longest)
    return where


def _unlisted(start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    """Members whose occurrences are not all listed as spans within the range, and whose bounds touch it."""
    outside: list[ColumnElement[bool]] = []
    outside.append(_r.listed_until < end if end is not None else _r.listed_until.is_not(None))
    outside.append(_r.listed_from > start if start is not None else _r.listed_from.is_not(None))
    where: list[ColumnElement[bool]] = [_r.listed_until.is_not(None), or_(*outside)]
    if end is not None:
        where.append(or_(_r.starts_at.is_(None), _r.starts_at < end))
    if start is not None:
        where.append(or_(_r.ends_at.is_(None), _r.ends_at >= start))
    return where
