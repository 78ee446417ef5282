"""A purchase is gone through before customers come: nothing is left of it, and nobody hears of it."""

import pytest
from sqlalchemy import func, select

from bridge import ical
from bridge.flows.rehearsal import look_at, rehearse, to_rehearse
from bridge.store import prepared
from bridge.store import tables as t
from bridge.store import tables_shop as shop_tables
from bridge.store.views import SqlViews
from bridge.store.waking import waking
from bridge.store.work import SqlWork
from tests.house import bakery, event

TABLES = [t.slots, t.offers, t.stock_items, t.holds, t.orders, t.order_lines, t.outbox, t.journal, shop_tables.customers]


def everything(shop):
    with shop.house.database.read() as connection:
        return {table.name: connection.execute(table.select().order_by(*table.primary_key)).all() for table in TABLES}


@pytest.mark.parametrize("notes", ["Places: 4\nSells: LOAF @ 4.50 (2), MUG as add-on", "Places: 1", "Places: 2\nLimit: 1", "Places: 0"])
def test_nothing_is_left_of_it(shop, notes):
    shop.put(event(notes=notes))
    shop.publish()
    before = everything(shop)
    with waking(shop.house.database) as listener:
        shop.house.make_ready(2)
        assert not listener.wait(0.2)
    assert everything(shop) == before


def test_an_order_is_gone_through_on_every_connection_and_what_it_asks_stays_prepared(shop):
    shop.put(event(notes="Places: 2\nSells: LOAF @ 4.50"))
    shop.publish()
    (slot,), seen = shop.slots(), []

    def act(db):
        rehearse(SqlWork(db, ical.wrap_public), slot.public_id, shop.clock())
        seen.append(db.execute(select(func.count()).select_from(t.orders)).scalar())

    shop.house.database.make_ready(2, act)
    assert seen == [1, 1, 1, 1]
    with shop.house.database.write() as connection:
        if not shop.house.database.is_sqlite:
            assert connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar() >= len(prepared._known)


PLANNED = "SELECT sum(custom_plans), sum(generic_plans) FROM pg_prepared_statements WHERE statement LIKE '%%public_id%%'"


def test_postgresql_has_planned_what_a_page_asks_before_the_first_look(postgresql_url, clock):
    with bakery(postgresql_url, clock) as shop:
        shop.put(event(notes="Places: 2\nSells: LOAF @ 4.50"))
        shop.publish()
        (slot,) = shop.slots()
        shop.house.make_ready(1)
        with shop.house.database.glance() as connection:
            before = connection.exec_driver_sql(PLANNED).one()
            look_at(SqlViews(connection, ical.wrap_public), slot.public_id, clock())
            after = connection.exec_driver_sql(PLANNED).one()
    assert after[0] == before[0]
    assert after[1] > before[1]


def test_what_cannot_be_ordered_is_not_rehearsed(shop):
    shop.put(event(notes="Places: 0"))
    shop.publish()
    with shop.house.read() as views:
        assert to_rehearse(views, shop.clock()) == ""
    shop.put(event("b", notes="Places: 3", start="20261207T090000Z"), "b.ics")
    shop.publish()
    with shop.house.read() as views:
        assert to_rehearse(views, shop.clock()) == shop.slots()[-1].public_id
