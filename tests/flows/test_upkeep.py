"""What the passing of time alone does: old rows go, and nothing that is still asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bridge.flows import upkeep
from bridge.scheduler import Clock
from bridge.store import tables as t
from tests.house import event

TOMBSTONES, KEPT = timedelta(days=180), timedelta(days=730)


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
