"""Claims: taken whole or not at all, given back once."""

from datetime import timedelta

import pytest

from bridge.core.errors import HoldExpired, InvalidInput, LimitReached, NotFound, SoldOut, WindowClosed
from tests.house import event


@pytest.fixture
def bread(shop):
    shop.put(event(notes="Places: 4\nSells: LOAF x3, TOTE add-on\nLimit: 3 per customer"))
    shop.count("LOAF", 10)
    shop.count("TOTE", 1)
    shop.publish()
    return shop


def shown(shop):
    shop.publish()
    (slot,) = shop.slots()
    return slot.availability.places_left, {offer.sku: offer.left for offer in slot.availability.offers}


def test_a_hold_takes_places_allotment_and_stock_together(bread):
    bread.hold(bread.slots()[0].public_id, LOAF=2, TOTE=1)
    assert shown(bread) == (2, {"LOAF": 1, "TOTE": 0})


def test_what_cannot_be_had_whole_takes_nothing(bread):
    with pytest.raises(SoldOut):
        bread.hold(bread.slots()[0].public_id, LOAF=2, TOTE=2)
    assert shown(bread) == (4, {"LOAF": 3, "TOTE": 1})


def test_an_order_keeps_what_the_hold_had_and_a_cancelled_one_gives_it_back_once(bread):
    order = bread.order(bread.hold(bread.slots()[0].public_id, LOAF=3))
    assert shown(bread) == (1, {"LOAF": 0, "TOTE": 1})
    bread.cancel(order)
    assert shown(bread) == (4, {"LOAF": 3, "TOTE": 1})
    bread.cancel(order)
    assert shown(bread) == (4, {"LOAF": 3, "TOTE": 1})
    with pytest.raises(NotFound):
        bread.cancel("no-such-order")


def test_an_expired_hold_gives_back_and_can_be_no_order(bread, clock):
    hold = bread.hold(bread.slots()[0].public_id, LOAF=3)
    clock.turn(minutes=5)
    with pytest.raises(HoldExpired):
        bread.order(hold)
    assert bread.expire() == 1
    assert bread.expire() == 0
    assert shown(bread) == (4, {"LOAF": 3, "TOTE": 1})


def test_a_customer_has_a_limit(bread):
    with pytest.raises(LimitReached):
        bread.hold(bread.slots()[0].public_id, LOAF=4)


@pytest.mark.parametrize("units", [{}, {"LOAF": 0}, {"LOAF": -1}, {"BUN": 1}])
def test_what_is_not_sold_cannot_be_held(bread, units):
    with pytest.raises(InvalidInput):
        bread.hold(bread.slots()[0].public_id, **units)


def test_nothing_is_held_outside_the_window(shop, clock):
    shop.put(event(notes="Places: 4\nPreorder: 3 Dec 2026 09:00 - 4 Dec 2026 18:00"))
    (slot,) = shop.slots()
    with pytest.raises(WindowClosed, match="not opened"):
        shop.hold(slot.public_id, places=1)
    clock.set(slot.preorder.opens)
    shop.hold(slot.public_id, places=1)
    clock.set(slot.preorder.closes)
    with pytest.raises(WindowClosed, match="over"):
        shop.hold(slot.public_id, places=1)


def test_the_window_opens_on_the_page_by_itself(shop, clock):
    shop.put(event(notes="Places: 4\nPreorder: 3 Dec 2026 09:00 - 4 Dec 2026 18:00"))
    assert shop.slots()[0].availability.state == "soon"
    clock.set(shop.slots()[0].preorder.opens + timedelta(seconds=1))
    assert shop.publish() == 1
    assert shop.slots()[0].availability.state == "open"


def test_a_cancelled_slot_sells_nothing(shop):
    shop.put(event())
    shop.put(event(more="STATUS:CANCELLED\r\n"))
    with pytest.raises(WindowClosed):
        shop.hold(shop.slots()[0].public_id, places=1)


def test_what_only_cancelled_orders_were_for_can_be_taken_off_sale(bread):
    bread.cancel(bread.order(bread.hold(bread.slots()[0].public_id, LOAF=1, TOTE=1)))
    bread.put(event(notes="Places: 4\nSells: LOAF x3"))
    assert shown(bread) == (4, {"LOAF": 3})
