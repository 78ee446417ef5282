"""What the passing of time alone does: old rows go, and nothing that is still asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bridge.core.traffic import View
from bridge.flows import upkeep
from bridge.scheduler import Clock
from bridge.store import tables as t
from bridge.store import tables_shop as shop_tables
from tests.house import event

TOMBSTONES, KEPT = timedelta(days=180), timedelta(days=730)


def views(shop):
    """How many rows of counted views there are."""
    with shop.house.database.read() as connection:
        return connection.execute(select(func.count()).select_from(shop_tables.seen)).scalar()


def told(shop):
    """What the journal holds, the oldest first."""
    with shop.house.database.read() as connection:
        return [row.kind for row in connection.execute(select(t.journal.c.kind).order_by(t.journal.c.id))]


def forget(shop):
    upkeep.forget(shop.house.work, TOMBSTONES, KEPT, shop.clock())


def test_the_journal_keeps_what_is_younger_than_the_setting_says(shop):
    shop.put(event("a"))
    old = told(shop)
    shop.clock.turn(days=729)
    forget(shop)
    assert told(shop) == old
    shop.put(event("b", start="20290101T090000Z"), "b.ics")
    shop.clock.turn(days=2)
    forget(shop)
    assert told(shop) == ["slot.added"]
    assert shop.resource().text


@pytest.mark.parametrize("rows", [2, 3, 4])
def test_a_long_journal_goes_in_parts_and_whole(shop, monkeypatch, rows):
    monkeypatch.setattr(upkeep, "ROWS_AT_ONCE", rows)
    for number in range(5):
        shop.put(event(str(number)), f"{number}.ics")
    shop.clock.turn(days=731)
    forget(shop)
    with shop.house.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.journal)).scalar() == 0


def test_the_clock_forgets_by_the_settings(shop):
    shop.put(event("a"))
    shop.clock.turn(days=31)
    settings = shop.house.settings.replace(journal={"keep_days": 30})
    Clock(replace(shop.house, settings=settings))._forget()
    assert told(shop) == []


def test_the_clock_forgets_persons_and_views_by_the_settings(shop):
    shop.put(event("a"))
    shop.publish()
    (slot,) = shop.slots()
    order = shop.buy(slot.public_id, 1, email="cleo@example.org", name="Cleo").secret
    with shop.house.work() as work:
        work.add_views({View(slot.position, shop.clock().replace(minute=0), 0): 3})
    settings = shop.house.settings.replace(journal={"keep_days": 40}, privacy={"keep_days": 30})
    clock = Clock(replace(shop.house, settings=settings))
    shop.clock.turn(days=31)
    clock._forget()
    assert shop.seen(order).order.name == "Cleo"
    shop.clock.turn(days=4)
    clock._forget()
    assert shop.seen(order).order.name == ""
    assert views(shop) == 1
    shop.clock.turn(days=10)
    clock._forget()
    assert views(shop) == 0
