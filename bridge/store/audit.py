"""Every derived number computed again from its source, for ``dropbridge doctor``."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, select, type_coerce
from sqlalchemy import Connection as Db

from bridge.core.orders import CLAIMING
from bridge.store import tables as t
from bridge.store import tables_shop as shop


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


def _raw(moment: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(moment, BigInteger)


def _total(column: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
    return select(func.coalesce(func.sum(column), 0)).where(and_(*where)).scalar_subquery()


def _sums() -> dict[str, Select[Any]]:
    s, o, i = t.slots.c, t.offers.c, t.stock_items.c
    h, hl, d, dl, m = t.holds.c, t.hold_lines.c, t.orders.c, t.order_lines.c, t.movements.c
    w, p, r = shop.waiting.c, shop.payments.c, shop.refunds.c
    live = d.state.in_(sorted(CLAIMING))
    lines = (dl.order_id == d.id, live)
    held, ordered = _total(h.places, h.slot_id == s.id), _total(d.places, d.slot_id == s.id, live)
    units_held, units_ordered = _total(hl.units, hl.offer_id == o.id), _total(dl.units, dl.offer_id == o.id, *lines)
    promised = _total(hl.units, hl.stock_item_id == i.id)
    unknown = _total(dl.units - dl.acknowledged, dl.stock_item_id == i.id, *lines)
    later = _total(m.quantity, m.item_id == i.id, _raw(m.happened_at) > func.coalesce(_raw(i.counted_at), 0))
    waiting = select(func.count()).where(w.slot_id == s.id, w.state == "waiting").scalar_subquery()
    sold = _total(dl.units * dl.price, dl.order_id == d.id)
    kept = _total(p.amount, p.order_id == d.id, p.state == "paid") - _total(r.amount, r.order_id == d.id, r.state != "failed")
    newest = _newest(t.resources.c.revision, t.resources.c.drop_id)
    shown = _newest(t.public_renderings.c.revision, t.public_renderings.c.drop_id)
    revision = t.drops.c.revision
    return {
        "places claimed on slot": _compared(s.id, s.claimed, held + ordered),
        "units claimed of offer": _compared(o.id, o.claimed, units_held + units_ordered),
        "units promised of stock item": _compared(i.id, i.promised, promised + unknown),
        "units moved since the count of stock item": _compared(i.id, i.moved, later),
        "money kept of order that ended": _compared(d.id, kept, literal(0)).where(~live, kept != 0),
        "money kept of order, at most": _compared(d.id, kept, d.total).where(live, kept > d.total),
        "customers waiting for slot": _compared(s.id, s.waiting, waiting),
        "total of order": _compared(d.id, d.total, sold + d.shipping_fee).where(d.tax_included),
        "revision of drop, at least": _compared(t.drops.c.id, revision, newest).where(newest > revision),
        "revision of drop, at least for customers": _compared(t.drops.c.id, revision, shown).where(shown > revision),
    }


def _compared(key: ColumnElement[int], stored: ColumnElement[int], computed: Any) -> Select[Any]:
    return select(key.label("id"), stored.label("stored"), computed.label("computed"))


def _newest(revision: ColumnElement[int], drop_id: ColumnElement[int]) -> Any:
    return select(func.coalesce(func.max(revision), 0)).where(drop_id == t.drops.c.id).scalar_subquery()
