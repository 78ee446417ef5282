"""Races that oversell when the guard is taken out, and do not when it is there: places, allotments and stock."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import bindparam, text, update

from bridge.core.claims import Claim, Line, sold_out, wanted_of
from bridge.core.errors import SoldOut
from bridge.store import claims
from bridge.store import tables as t
from bridge.store.prepared import Prepared
from tests.house import event

BUYERS = 8


def without_checks(database):
    """Takes the CHECKs out as well, which would stop the oversell with an ugly error."""
    if not database.is_sqlite:
        with database.write() as connection:
            connection.execute(text("ALTER TABLE slots DROP CONSTRAINT ck_slots_claimed_fits"))
            connection.execute(text("ALTER TABLE offers DROP CONSTRAINT ck_offers_claimed_fits"))


def unguarded(table, column):
    """What a claim would be if it believed what was read before: an update without a condition."""
    raised = {column: table.c[column] + bindparam("more")}
    return Prepared(update(table).where(table.c.id == bindparam("key")).values(**raised))


@pytest.fixture
def last_ones(shop):
    """Two places, an allotment of two, two in stock: whichever guard is looked at, two can be had."""
    shop.put(event(notes="Places: 2\nSells: LOAF x2"))
    shop.count("LOAF", 2)
    shop.publish()
    return shop


def race(shop):
    """Every buyer looks, and when all have seen that one is left, each claims one. Returns how many got it."""
    public_id = shop.slots()[0].public_id
    everyone_has_looked = threading.Barrier(BUYERS)

    def buy(_):
        with shop.house.work() as work:
            slot = work.slot_for_claim(public_id) if shop.house.database.is_sqlite else look(work, public_id)
            items = work.stock_for([slot])
        everyone_has_looked.wait(30)
        try:
            with shop.house.work() as work:
                if shop.house.database.is_sqlite:
                    work._db.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
                (offer,) = slot.offers
                wanted = wanted_of(slot, Claim(1, (Line(offer.id, offer.stock_item_id, 1),)), items, shop.clock())
                if (short := work.claim(wanted)) is not None:
                    raise sold_out(short, slot, items)
        except SoldOut:
            return 0
        return 1

    with ThreadPoolExecutor(BUYERS) as buyers:
        return sum(buyers.map(buy, range(BUYERS)))


def look(work, public_id):
    return next(slot for slot in work.slots_shown_with([1], {}) if slot.public_id == public_id)


GUARDS = {
    "places": (t.slots, "claimed"),
    "offer": (t.offers, "claimed"),
    "stock": (t.stock_items, "promised"),
}


def test_with_its_guards_it_sells_what_there_is(last_ones):
    assert race(last_ones) == 2


@pytest.mark.parametrize("kept", GUARDS)
def test_each_guard_alone_is_enough(last_ones, monkeypatch, kept):
    without_checks(last_ones.house.database)
    for name, guarded in GUARDS.items():
        if name != kept:
            monkeypatch.setitem(claims.TAKE, name, unguarded(*guarded))
    assert race(last_ones) == 2


def test_without_any_guard_it_oversells(last_ones, monkeypatch):
    without_checks(last_ones.house.database)
    for name, guarded in GUARDS.items():
        monkeypatch.setitem(claims.TAKE, name, unguarded(*guarded))
    assert race(last_ones) == BUYERS


def test_a_crowd_gets_exactly_what_is_free_through_the_whole_flow(shop):
    shop.put(event(notes="Places: 20\nSells: LOAF"))
    shop.count("LOAF", 12)
    shop.publish()
    public_id = shop.slots()[0].public_id

    def buy(_):
        try:
            return bool(shop.order(shop.hold(public_id, LOAF=1)))
        except SoldOut:
            return False

    with ThreadPoolExecutor(BUYERS) as buyers:
        assert sum(buyers.map(buy, range(40))) == 12
    shop.publish()
    assert shop.slots()[0].availability.left == 0
