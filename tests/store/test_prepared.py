"""What is asked of the driver itself goes in and comes out as through SQLAlchemy, and fails as it would there."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Text, bindparam, insert, select, update

from bridge.core.errors import AlreadyExists
from bridge.core.orders import Address
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.engine import Database
from bridge.store.prepared import Prepared
from tests.house import bakery, event

_s, _f = t.slots.c, t.sign_in_failures.c
SLOTS = Prepared(select(t.slots).where(among(_s.public_id, kind=Text)))
NAMED = Prepared(select(_f.id, _f.at).where(_f.key != "none", _f.id > bindparam("least")).order_by(_f.id))
ADD = Prepared(insert(t.sign_in_failures).returning(_f.id), ("key", "at"))
RENAME = Prepared(update(t.sign_in_failures).where(_f.key == bindparam("asked")).values(key=bindparam("renamed")))
TELL = Prepared(insert(t.told), ("name", "value", "at"))


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as opened:
        yield opened


def test_rows_are_what_sqlalchemy_would_find(shop):
    shop.put(event(notes="Places: 8\nSells: LOAF @ 8.50\nPreorder: nonsense"))
    (slot,) = shop.slots()
    with shop.house.database.read() as connection:
        (row,) = SLOTS.all(connection, {"keys": [slot.public_id]})
        wanted = connection.execute(select(t.slots).where(_s.public_id == slot.public_id)).one()
    assert row == tuple(wanted)
    assert (row.starts_at, row.problems, row.cancelled) == (wanted.starts_at, wanted.problems, False)
    assert row.problems


def test_keys_counts_and_fixed_values_serve_both_databases(database, clock):
    with database.write() as connection:
        first = ADD.one(connection, {"key": "one", "at": clock()}).id
        second = ADD.one(connection, {"key": "two", "at": clock() + timedelta(seconds=1)}).id
        assert [row.id for row in NAMED.all(connection, {"least": 0})] == [first, second]
        assert NAMED.first(connection, {"least": first}) == (second, clock() + timedelta(seconds=1))
        assert NAMED.first(connection, {"least": second}) is None
        assert RENAME.run(connection, {"asked": "one", "renamed": "three"}) == 1
        assert RENAME.run(connection, {"asked": "one", "renamed": "three"}) == 0


def add_and_tell(database, clock):
    with database.write() as connection:
        ADD.one(connection, {"key": "one", "at": clock()})
        TELL.run(connection, {"name": "door", "value": "shut", "at": clock()})


def test_what_failed_is_undone_and_told_as_any_failure(database, clock):
    with database.write() as connection:
        TELL.run(connection, {"name": "door", "value": "open", "at": clock()})
    with pytest.raises(AlreadyExists):
        add_and_tell(database, clock)
    with database.read() as connection:
        assert NAMED.all(connection, {"least": 0}) == []


def test_an_order_keeps_its_address_and_its_lines(shop):
    shop.describe(pays_by=("at_pickup", "fake"))
    shop.put(event(notes="Places: 8\nSells: LOAF @ 8.50"))
    (slot,) = shop.slots()
    sent = Address("Lange Straße 1", "", "10115", "Berlin", "DE")
    secret = shop.order(shop.hold(slot.public_id, LOAF=2))
    order = shop.seen(secret).order
    assert (order.address, [(line.sku, line.units, line.price) for line in order.lines]) == (None, [("LOAF", 2, 850)])
    with shop.house.work() as work:
        there = work.order_for_change(order.id)
        assert work.save_order(replace(there, address=sent, fulfilment="shipping"), there.state)
    assert shop.seen(secret).order.address == sent
