"""Edits that meet claims, counts and each other: nothing sold is removed, no count goes unshown, nobody waits for ever."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bridge.caldav_plugin.put import locked
from bridge.core.errors import DropHasOrders
from bridge.core.stock import Count
from bridge.core.tills import Connection
from bridge.flows.drops import create_drop, remove_drop
from bridge.flows.edit import put_event
from bridge.flows.holds import take_hold
from bridge.flows.stock import record_counts
from bridge.flows.upkeep import move_horizon
from tests.house import event

DAWDLE = 0.3


@pytest.fixture
def other():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_drop_is_not_removed_under_a_customer_who_is_taking_a_place(shop, clock, other):
    shop.put(event())
    (slot,) = shop.slots()

    def remove():
        with shop.house.work() as work:
            remove_drop(work, shop.drop, now=clock(), actor="ada")

    with shop.house.work() as work:
        take_hold(work, slot.public_id, {}, places=1, lasts=timedelta(minutes=5), now=clock())
        removal = other.submit(remove)
        time.sleep(DAWDLE)
    with pytest.raises(DropHasOrders):
        removal.result(30)
    assert [one.public_id for one in shop.slots()] == [slot.public_id]


def test_a_count_published_while_an_event_that_sells_it_is_written_is_shown(shop, clock, other):
    shop.count("LOAF", 10)
    shop.publish()
    clock.turn(minutes=1)
    with shop.house.work() as work:
        put_event(work, shop.drop, "a.ics", event(notes="Places: 99\nSells: LOAF"), shop.house.house, now=clock(), actor="ada")
        counting = other.submit(lambda: (shop.count("LOAF", 3), shop.publish()))
        time.sleep(DAWDLE)
    counting.result(30)
    shop.publish()
    assert shop.slots()[0].availability.left == 3


def test_moves_in_both_directions_do_not_wait_for_each_other(shop, clock, other):
    with shop.house.work() as work:
        cake = create_drop(work, work.views.organizer("ada"), "cake", now=clock(), actor="ada")
    with shop.house.work() as work:
        work.lock_drop(shop.drop.id)
        moving = other.submit(lock_both, shop, ("ada", "cake"), ("ada", "bread"))
        time.sleep(DAWDLE)
        assert work.lock_drop(cake.id) is not None
    assert moving.result(30) == ["cake", "bread"]


def series_that_sells(*skus):
    """An event of which each occurrence sells another thing."""
    text = event(notes=f"Places: 5\nSells: {skus[0]}", more=f"RRULE:FREQ=WEEKLY;COUNT={len(skus)}\r\n")
    for week, sku in enumerate(skus[1:], 1):
        start = f"202612{5 + 7 * week:02}T090000Z"
        own = event(notes=f"Places: 5\nSells: {sku}", start=start, more=f"RECURRENCE-ID:{start}\r\n")
        text = text.replace("END:VCALENDAR", own[own.index("BEGIN:VEVENT") : own.index("END:VCALENDAR")] + "END:VCALENDAR")
    return text


def test_events_that_name_the_same_new_goods_in_another_order_do_not_wait_for_each_other(shop, clock):
    with shop.house.work() as work:
        cake, place = create_drop(work, work.views.organizer("ada"), "cake", now=clock(), actor="ada"), work.views.location("ada", "main")

    def put(drop, *skus):
        with shop.house.work() as work:
            put_event(work, drop, "a.ics", series_that_sells(*skus), shop.house.house, now=clock(), actor="ada")

    with ThreadPoolExecutor(2) as pool:
        with shop.house.work() as work:
            work.items_for(place, ["MUG"])  # Both come as far as this one.
            puts = [pool.submit(put, shop.drop, "BUN", "MUG", "ROLL"), pool.submit(put, cake, "ROLL", "MUG", "BUN")]
            time.sleep(DAWDLE)
        for one in puts:
            one.result(30)
    assert [[offer.sku for offer in slot.availability.offers] for slot in shop.slots()] == [["BUN"], ["MUG"], ["ROLL"]]


def test_the_same_messages_in_another_order_do_not_wait_for_each_other(shop, clock):
    with shop.house.work() as work:
        place = work.views.location("ada", "main")

    def push(*skus):
        told = [Count(sku, 9, clock(), sku) for sku in skus]
        with shop.house.work() as work:
            return [one.reason for one in record_counts(work, place, told, source="till", now=clock(), actor="till")]

    with ThreadPoolExecutor(2) as pool:
        with shop.house.work() as work:
            work.unseen("till", ["MUG"], clock())  # Both come as far as this one.
            pushes = [pool.submit(push, "BUN", "MUG", "ROLL"), pool.submit(push, "ROLL", "MUG", "BUN")]
            time.sleep(DAWDLE)
        assert sorted(one.result(30) for one in pushes) == [["applied", "repeated", "applied"], ["repeated"] * 3]


def two_slots(shop, *, but=""):
    """The ids of a series' two slots, in their order; ``but`` are further lines."""
    shop.put(event(more=f"RRULE:FREQ=WEEKLY;COUNT=2\r\n{but}"))
    shop.publish()
    with shop.house.work() as work:
        return sorted(work.slot_id(slot.public_id) for slot in shop.slots())


def test_the_horizon_that_moves_and_an_order_that_moves_do_not_wait_for_each_other(shop, clock, other):
    shop.put(event(more="RRULE:FREQ=WEEKLY\r\n"))
    with shop.house.work() as work:
        ids = sorted(work.slot_id(slot.public_id) for slot in shop.slots())
    clock.turn(days=30)
    with shop.house.work() as work:
        work.slots_for_claim([ids[0]])
        moving = other.submit(move_horizon, shop.house.work, shop.house.house, clock())
        time.sleep(DAWDLE)
        assert ids[-1] in work.slots_for_claim([ids[-1]])
    assert moving.result(30) == 1
    assert len(shop.slots()) > len(ids)


def test_a_slot_that_comes_back_and_an_order_that_looks_at_it_do_not_wait_for_each_other(shop, other):
    first, last = two_slots(shop)
    two_slots(shop, but="EXDATE:20261205T090000Z\r\n")
    with shop.house.work() as work:
        work.slots_for_claim([first])
        coming_back = other.submit(two_slots, shop)
        time.sleep(DAWDLE)
        assert last in work.slots_for_claim([last])
    assert coming_back.result(30) == [first, last]


def test_a_series_that_is_cancelled_and_a_claim_on_the_goods_of_its_slots_do_not_wait_for_each_other(shop, other):
    series = event(notes="Places: 5\nSells: LOAF", more="RRULE:FREQ=WEEKLY;COUNT=2\r\n{cancelled}")
    own = event(notes="Places: 5\nSells: BUN", start="20261212T090000Z", more="RECURRENCE-ID:20261212T090000Z\r\n{cancelled}")
    series = series.replace("END:VCALENDAR", own[own.index("BEGIN:VEVENT") : own.index("END:VCALENDAR")] + "END:VCALENDAR")
    for sku in ("BUN", "LOAF"):
        shop.count(sku, 9)
    shop.put(series.format(cancelled=""))
    shop.publish()
    loaves, buns = (slot.public_id for slot in shop.slots())
    shop.buy(loaves, units={"LOAF": 1})
    shop.buy(buns, units={"BUN": 1})
    with shop.house.read() as views:
        bun, loaf = (item.id for _, item in views.stock_items("ada"))
    assert bun < loaf
    with shop.house.work() as work:
        work.lock_items([bun])
        cancelling = other.submit(shop.put, series.format(cancelled="STATUS:CANCELLED\r\n"))
        time.sleep(DAWDLE)
        assert loaf in work.lock_items([loaf])
    cancelling.result(30)
    assert [slot.availability.state for slot in shop.slots()] == ["cancelled", "cancelled"]


def lock_both(shop, source, target):
    with shop.house.work() as work:
        return [drop.slug for drop in locked(work, source, target)]


def test_a_till_that_falls_silent_and_a_claim_on_its_goods_do_not_wait_for_each_other(shop, clock, other):
    with shop.house.work() as work:
        place = work.views.location("ada", "main")
        till = work.add_connection(Connection(0, place.organizer_id, "ada", "till", "fake", place.id, {}))
    for sku in ("BUN", "LOAF"):
        told = [Count(sku, 9, clock(), sku)]
        with shop.house.work() as work:
            record_counts(work, place, told, source="test", now=clock(), actor="test", connection_id=till.id)
    with shop.house.read() as views:
        bun, loaf = (item.id for _, item in views.stock_items("ada"))
    shop.move("BUN", -1, "lies behind the other from now on", at=clock.turn(minutes=1))

    def fall_silent():
        with shop.house.work() as work:
            work.touch_items(till.id)

    with shop.house.work() as work:
        work.lock_items([bun])
        silence = other.submit(fall_silent)
        time.sleep(DAWDLE)
        assert loaf in work.lock_items([loaf])
    silence.result(30)
