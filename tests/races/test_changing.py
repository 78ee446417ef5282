"""Orders that are changed while others wait, change theirs, or the same one is changed in another tab: nobody waits for ever."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.core.errors import NotPossible
from bridge.flows.changing import change_order
from bridge.flows.orders import cancel_order
from bridge.flows.waiting import join_waiting
from bridge.store.orders import Orders
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


@pytest.fixture(params=[(0, 1), (1, 0)], ids=["later", "earlier"])
def moved(request, shop, clock):
    """An order, the slot where it is, and the one where it is moved to."""
    for name, start in (("a", "20261205T090000Z"), ("b", "20261212T090000Z")):
        shop.put(event(name, "Places: 5\nSells: LOAF", start=start), f"{name}.ics")
    shop.publish()
    here, there = (shop.slots()[place].public_id for place in request.param)
    return shop.buy(here, units={"LOAF": 1}).secret, here, there


def test_an_order_that_is_moved_while_it_is_cancelled_is_cancelled_where_it_is_now(shop, clock, other, moved):
    secret, here, there = moved

    def holding_on(public_id, but):
        with shop.house.work() as work:
            work.slot_for_claim(public_id)
            time.sleep(DAWDLE)
            work.slot_for_claim(but)

    with shop.house.work() as work:
        change_order(work, secret, {"LOAF": 1}, to=there, now=clock())
        cancelling = other.submit(shop.cancel, secret)
        # Behind the move it keeps the slot where the order is now, and then wants the one where the order was.
        keeping = other.submit(holding_on, there, here)
        time.sleep(DAWDLE)
    keeping.result(30)
    cancelling.result(30)
    shop.publish()
    assert shop.seen(secret).order.state == "cancelled"
    assert [slot.availability.places_left for slot in shop.slots()] == [5, 5]


def test_an_order_that_moves_each_time_it_is_looked_for_is_to_be_looked_at_again(shop, clock, moved, monkeypatch):
    secret, here, there = moved
    with shop.house.work() as work:
        change_order(work, secret, {"LOAF": 1}, to=there, now=clock())
        behind, order = work.slot_id(here), work.order_at(secret)[0]
    monkeypatch.setattr(Orders, "order_at", lambda *_: (order, behind))
    with shop.house.work() as work, pytest.raises(NotPossible, match="look again"):
        cancel_order(work, secret, now=clock())
    assert shop.seen(secret).order.state == "placed"
