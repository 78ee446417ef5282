"""One customer in two tabs: what they may have over all their orders is kept because they are locked, and is not without that."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.core.errors import LimitReached
from bridge.core.orders import Buyer
from bridge.core.terms import Product
from bridge.flows.placing import Ordering
from bridge.flows.placing_together import place_orders
from bridge.store.orders import Orders
from tests.house import bakery, event


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        made.describe(products=(Product("LOAF", "Loaf", limit=1),))
        made.put(event("a", "Places: 9\nSells: LOAF"), "a.ics")
        made.put(event("b", "Places: 9\nSells: LOAF", start="20261205T110000Z"), "b.ics")
        made.publish()
        yield made


def alone(shop, public_id, hold):
    """Orders the loaf as who comes when nobody else does."""
    shop.buy(public_id, units={"LOAF": 1}, hold=hold, email="cleo@example.org")


def in_a_crowd(shop, public_id, hold):
    """Orders it together with somebody else, as one process does for all who come to it at the same time."""
    other = Ordering(public_id, {"LOAF": 1}, Buyer(f"{hold}@example.org", "Dee"), hold=shop.hold(public_id, LOAF=1))
    own = Ordering(public_id, {"LOAF": 1}, Buyer("cleo@example.org", "Cleo"), hold=hold)
    with shop.house.work() as work:
        if place_orders(work, [own, other], now=shop.clock())[0] is not None:
            return
    alone(shop, public_id, hold)


@pytest.fixture(params=[alone, in_a_crowd])
def order(request):
    return request.param


def both_tabs(shop, order):
    """Orders the loaf that is kept in either tab at the same moment. Returns how many were had."""
    kept = [(slot.public_id, shop.hold(slot.public_id, LOAF=1)) for slot in shop.slots()]

    def had(tab):
        try:
            order(shop, *tab)
        except LimitReached:
            return 0
        return 1

    with ThreadPoolExecutor(2) as tabs:
        return sum(tabs.map(had, kept))


def meeting(monkeypatch, seconds):
    """Whoever has looked up what the customer ordered before waits for the other, if it comes."""
    met, looked_up = threading.Barrier(2), Orders.ordered_in

    def looked(self, *asked):
        found = looked_up(self, *asked)
        try:
            met.wait(seconds)
        except threading.BrokenBarrierError:
            met.reset()
        return found

    monkeypatch.setattr(Orders, "ordered_in", looked)


def test_a_customer_in_two_tabs_has_what_one_may_have(shop, order, monkeypatch):
    meeting(monkeypatch, 0.5)
    assert both_tabs(shop, order) == 1


def test_without_the_lock_they_have_twice_that(shop, order, monkeypatch):
    if shop.house.database.is_sqlite:
        # SQLite has one writer at a time: there the transaction itself is the guard.
        assert both_tabs(shop, order) == 1
        return
    meeting(monkeypatch, 10)
    monkeypatch.setattr(Orders, "lock_customer", lambda *_: None)
    assert both_tabs(shop, order) == 2
