"""Views are written down by any number of processes, none of them lost and none counted twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bridge.core.errors import TransientFault
from bridge.core.traffic import Tally, View
from bridge.flows.traffic import write_views
from bridge.store import tables_shop as shop_tables
from bridge.wiring import bridge
from tests.fakes import WEDNESDAY
from tests.house import event

PROCESSES = 4


@pytest.fixture
def views(shop):
    """What a view of either of two slots is counted by, at one of two prices."""
    for name, start in (("a", "20261205T090000Z"), ("b", "20261206T090000Z")):
        shop.put(event(name, start=start), f"{name}.ics")
    shop.publish()
    return [View(slot.position, WEDNESDAY, price) for slot in shop.slots() for price in (400, 450)]


def written(shop):
    with shop.house.database.read() as db:
        c = shop_tables.seen.c
        return {View(row.slot_id, row.hour, row.price): row.views for row in db.execute(select(c.slot_id, c.hour, c.price, c.views))}


def test_views_add_up_by_slot_hour_and_price(shop, views):
    tally, later = Tally(), views[0]._replace(hour=WEDNESDAY + timedelta(hours=1))
    for _ in range(2):
        tally.add(views[0])
        tally.add(views[1])
        assert write_views(shop.house.work, tally) == 2
    tally.add(later)
    write_views(shop.house.work, tally)
    assert write_views(shop.house.work, tally) == 0
    assert written(shop) == {views[0]: 2, views[1]: 2, later: 1}


def test_what_cannot_be_written_is_written_the_next_time(shop, views):
    tally = Tally()
    tally.add(views[0])

    def unreachable():
        raise TransientFault("The database cannot be reached.")

    with pytest.raises(TransientFault):
        write_views(unreachable, tally)
    tally.add(views[0])
    write_views(shop.house.work, tally)
    assert written(shop) == {views[0]: 2}


def test_processes_that_write_at_the_same_moment_lose_nothing(shop, views):
    together = threading.Barrier(PROCESSES)

    def process(number):
        house = bridge(shop.house.settings, now=shop.clock)
        for _ in range(5):
            for view in views if number % 2 else reversed(views):
                house.tally.add(view)
            together.wait()
            write_views(house.work, house.tally)
        house.database.dispose()

    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(process, range(PROCESSES)))
    assert written(shop) == dict.fromkeys(views, 5 * PROCESSES)
    with shop.house.database.read() as db:
        assert db.execute(select(func.count()).select_from(shop_tables.seen)).scalar() == len(views)
