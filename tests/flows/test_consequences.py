"""What an organizer's edit means for those who ordered: the table of docs/organizers.md, row by row."""

from datetime import timedelta

import pytest

from bridge.core.errors import CapacityBelowClaimed, SlotHasOrders, TooLate, WindowClosed
from bridge.core.terms import Product
from bridge.flows.changing import change_order
from tests.house import event

NOTES = "Places: 4\nSells: LOAF"


@pytest.fixture
def ordered(shop):
    """A slot with one order of two loaves, paid; ``shop.order_`` is it."""
    shop.describe(products=(Product("LOAF", "Loaf", price=650),), pays_by=("at_pickup", "fake"))
    shop.put(event(notes=NOTES))
    shop.put(event("b", NOTES, start="20261205T110000Z"), "b.ics")
    shop.publish()
    shop.first, shop.second = shop.slots()
    shop.placed = shop.buy(shop.first.public_id, units={"LOAF": 2}, method="fake").secret
    shop.provider.pay(shop.start_payment(shop.placed))
    shop.hear()
    return shop


TOLD = {
    "the start": (event(notes=NOTES, start="20261205T093000Z"), ["moved"], True),
    "the place": (event(notes=NOTES, more="LOCATION:Back door\r\n"), ["moved"], True),
    "the title": (event(notes=NOTES, title="Bread pickup"), ["moved"], False),
    "the pickup instructions": (event(notes=NOTES + "\nPickup: Ring twice"), ["moved"], False),
    "more places": (event(notes="Places: 9\nSells: LOAF"), [], False),
    "fewer places that are enough": (event(notes="Places: 2\nSells: LOAF"), [], False),
    "the price of what is sold from now on": (event(notes="Places: 4\nSells: LOAF @ 9"), [], False),
    "other words": (event(notes="Come early!\n" + NOTES), [], False),
}


@pytest.mark.parametrize("what", TOLD)
def test_an_edit_of(ordered, what):
    text, letters, free = TOLD[what]
    ordered.put(text)
    seen = ordered.seen(ordered.placed)
    assert (ordered.letters(ordered.placed), seen.order.free_change, seen.order.sequence) == (["confirmed", *letters], free, len(letters))
    assert (seen.order.state, seen.money.kept) == ("paid", 1300)


REFUSED = {
    "fewer places than are taken": (event(notes="Places: 1\nSells: LOAF"), CapacityBelowClaimed),
    "an allotment below what is sold": (event(notes="Places: 4\nSells: LOAF x1"), CapacityBelowClaimed),
    "what is sold taken off": (event(notes="Places: 4\nSells: BUN"), SlotHasOrders),
    "no places any more": (event(notes="A talk with friends"), SlotHasOrders),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_is(ordered, what):
    text, refusal = REFUSED[what]
    before = ordered.text()
    with pytest.raises(refusal):
        ordered.put(text)
    assert ordered.text() == before
    assert ordered.letters(ordered.placed) == ["confirmed"]


def test_deleting_the_event_is_refused_with_the_sentence_that_says_to_cancel_it(ordered):
    with pytest.raises(SlotHasOrders, match="set its status to cancelled"):
        ordered.remove()


def test_cancelling_refunds_and_tells_everyone_and_gives_everything_back(ordered):
    waiting = ordered.hold(ordered.first.public_id, LOAF=1)
    at_pickup = ordered.buy(ordered.first.public_id, units={"LOAF": 1}).secret
    ordered.put(event(notes=NOTES, more="STATUS:CANCELLED\r\n"))
    ordered.deliver()
    assert ordered.seen(ordered.placed).money.kept == 0
    for placed in (ordered.placed, at_pickup):
        assert ordered.seen(placed).order.state == "cancelled"
        assert ordered.letters(placed) == ["confirmed", "cancelled"]
    with ordered.house.work() as work:
        assert work.hold(waiting) is None
    ordered.publish()
    assert ordered.slots()[0].availability.places_left == 4


def test_an_event_whose_orders_are_cancelled_can_be_deleted(ordered):
    ordered.put(event(notes=NOTES, more="STATUS:CANCELLED\r\n"))
    ordered.remove()
    ordered.publish()
    assert len(ordered.slots()) == 1


def test_a_moved_slot_lets_its_customers_cancel_at_any_time(ordered, clock):
    clock.turn(days=3)
    with pytest.raises(TooLate):
        ordered.cancel(ordered.placed)
    ordered.put(event(notes=NOTES, start="20261205T093000Z"))
    ordered.cancel(ordered.placed)
    assert ordered.seen(ordered.placed).order.state == "cancelled"


def test_a_moved_slot_lets_its_customers_pick_another(ordered, clock):
    clock.turn(days=2, hours=23)
    ordered.put(event(notes=NOTES, start="20261205T093000Z"))
    with ordered.house.work() as work:
        change_order(work, ordered.placed, {"LOAF": 2}, to=ordered.second.public_id, now=clock())
    ordered.publish()
    assert [slot.availability.places_left for slot in ordered.slots()] == [4, 2]
    assert ordered.seen(ordered.placed).slot.public_id == ordered.second.public_id


def test_whose_slot_is_not_moved_changes_in_time_or_not_at_all(ordered, clock):
    clock.turn(days=2, hours=1)
    with ordered.house.work() as work, pytest.raises(TooLate):
        change_order(work, ordered.placed, {"LOAF": 1}, now=clock())
    ordered.describe(cancel_until=timedelta(minutes=10))
    with ordered.house.work() as work:
        change_order(work, ordered.placed, {"LOAF": 1}, now=clock())


def test_nobody_moves_to_a_slot_that_is_over(ordered, clock):
    ordered.put(event("b", NOTES + "\nPreorder: until 2 Dec 2026 10:00", start="20261205T110000Z"), "b.ics")
    clock.turn(hours=2)
    with ordered.house.work() as work, pytest.raises(WindowClosed):
        change_order(work, ordered.placed, {"LOAF": 2}, to=ordered.second.public_id, now=clock())
    assert ordered.seen(ordered.placed).slot.public_id == ordered.first.public_id
