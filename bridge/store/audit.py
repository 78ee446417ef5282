"""Every derived number computed again from its source, for ``dropbridge doctor``."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection as Db
from sqlalchemy import ColumnElement, Select, and_, func, select

from bridge.store import tables as t


class Difference(NamedTuple):
    """A stored number that its source does not bear out."""

    what: str
    id: int
    stored: int
    computed: int


def differences(db: Db) -> Iterator[Difference]:
    """What is stored otherwise than its source says; nothing when all is well."""
    for what, query in _sums().items():
        for row in db.execute(query):
            if row.stored != row.computed:
                yield Difference(what, row.id, int(row.stored), int(row.computed))


def integrity(db: Db) -> list[str]:
    """What the embedded database says of its own file."""
    if db.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in db.exec_driver_sql("PRAGMA quick_check(10)") if row[0] != "ok"]
    found += [f"{row[0]} row {row[1]} points nowhere in {row[2]}" for row in db.exec_driver_sql("PRAGMA foreign_key_check")]
    return found


def _total(column: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
    return select(func.coalesce(func.sum(column), 0)).where(and_(*where)).scalar_subquery()


def _sums() -> dict[str, Select[Any]]:
    s, o, i = t.slots.c, t.offers.c, t.stock_items.c
    h, hl, d, dl, m = t.holds.c, t.hold_lines.c, t.orders.c, t.order_lines.c, t.movements.c
    kept = d.state != "cancelled"
    live_lines = (dl.order_id == d.id, kept)
    newest = select(func.coalesce(func.max(t.resources.c.revision), 0)).where(t.resources.c.drop_id == t.drops.c.id).scalar_subquery()
    public = select(func.coalesce(func.max(t.public_renderings.c.revision), 0)).where(t.public_renderings.c.drop_id == t.drops.c.id)
    return {
        "places claimed on slot": select(
            s.id, s.claimed.label("stored"), (_total(h.places, h.slot_id == s.id) + _total(d.places, d.slot_id == s.id, kept)).label("computed")
        ),
        "units claimed of offer": select(
            o.id,
            o.claimed.label("stored"),
            (_total(hl.units, hl.offer_id == o.id) + _total(dl.units, dl.offer_id == o.id, *live_lines)).label("computed"),
        ),
        "units promised of stock item": select(
            i.id,
            i.promised.label("stored"),
            (
                _total(hl.units, hl.stock_item_id == i.id) + _total(dl.units - dl.acknowledged, dl.stock_item_id == i.id, *live_lines)
            ).label("computed"),
        ),
        "units moved since the count of stock item": select(
            i.id, i.moved.label("stored"), _total(m.quantity, m.item_id == i.id, m.happened_at > func.coalesce(i.counted_at, -(2**62))).label("computed")
        ),
        "revision of drop, at least": select(t.drops.c.id, t.drops.c.revision.label("stored"), newest.label("computed")).where(
            newest > t.drops.c.revision
        ),
        "revision of drop, at least for the public": select(
            t.drops.c.id, t.drops.c.revision.label("stored"), public.scalar_subquery().label("computed")
        ).where(public.scalar_subquery() > t.drops.c.revision),
    }
