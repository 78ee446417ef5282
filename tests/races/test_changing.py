"""Orders that are changed while others wait, change theirs, or the same one is changed in another tab: nobody waits for ever."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.flows.changing import change_order
from bridge.flows.waiting import join_waiting
from tests.house import event

DAWDLE = 0.3


@pytest.fixture
def other():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_who_moves_to_a_slot_with_a_waiting_list_locks_the_goods_of_both_in_their_order(shop, clock, other):
    for sku in ("BUN", "LOAF"):
        shop.count(sku, 9)
    shop.put(event("a", "Places: 5\nSells: BUN, LOAF"), "a.ics")
    shop.put(event("b", "Places: 3\nSells: LOAF", start="20261212T090000Z"), "b.ics")
    shop.publish()
    first, second = (slot.public_id for slot in shop.slots())
    moves, ends = shop.buy(first, units={"BUN": 1}).secret, shop.buy(second, units={"LOAF": 3}).secret
    with shop.house.work() as work:
        join_waiting(work, second, {"LOAF": 1}, email="cleo@example.org", name="Cleo", language="en", now=clock())
    shop.cancel(ends)
    with shop.house.read() as views:
        bun, loaf = (item.id for _, item in views.stock_items("ada"))
    assert bun < loaf

    def move():
        with shop.house.work() as work:
            return change_order(work, moves, {"LOAF": 1}, to=second, now=clock())

    with shop.house.work() as work:
        work.lock_items([bun])
        moving = other.submit(move)
        time.sleep(DAWDLE)
        assert loaf in work.lock_items([loaf])
    moving.result(30)
    assert shop.seen(moves).slot.public_id == second
