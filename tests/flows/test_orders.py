"""Claims: taken whole or not at all, given back once."""

from datetime import timedelta

import pytest

from bridge.core.errors import HoldExpired, InvalidInput, LimitReached, NotFound, SoldOut, WindowClosed
from bridge.core.orders import Address, Buyer
from bridge.core.terms import ShippingOption
from bridge.flows.changing import change_order
from bridge.flows.drops import describe_drop
from bridge.flows.holds import Wish, take_holds
from bridge.flows.placing import Ordering, place_order
from bridge.flows.stock import acknowledge, taken_back
from bridge.store.audit import differences
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


def test_a_new_slot_whose_goods_are_not_understood_sells_nothing_until_they_are(shop):
    shop.put(event(notes="Places: 4\nSells: LOAF @ a few coins"))
    (slot,) = shop.slots()
    for wish in ({"places": 1}, {"LOAF": 1}):
        with pytest.raises((WindowClosed, InvalidInput)):
            shop.hold(slot.public_id, **wish)
    with pytest.raises(WindowClosed, match="Ordering has not opened yet"):
        shop.buy(slot.public_id, 1)
    shop.put(event(notes="Places: 4\nSells: LOAF @ 6.50"))
    shop.hold(slot.public_id, LOAF=1)


@pytest.fixture
def wished(shop):
    """Orders without a hold, as a form without a script sends them; says which order it is."""
    shop.put(event(notes="Places: 9\nSells: LOAF, BUN"))
    shop.publish()
    (slot,) = shop.slots()

    def wish(form="f" * 32, email="cleo@example.org"):
        with shop.house.work() as work:
            return place_order(work, Ordering(slot.public_id, {"LOAF": 1}, Buyer(email, "Cleo"), form=form), now=shop.clock()).secret

    return wish


def test_the_same_form_within_a_minute_is_the_same_order(wished, clock):
    first = wished()
    clock.turn(seconds=59)
    assert (wished(), wished(email="Cleo+again@example.org")) == (first, first)


@pytest.mark.parametrize("other", [{"form": "e" * 32}, {"form": ""}, {"form": "f" * 31}, {"email": "dee@example.org"}])
def test_another_form_within_a_minute_is_an_order_of_its_own(wished, other):
    assert wished(**other) != wished()
    assert wished(**other) != wished()


@pytest.fixture
def used(shop):
    """A hold that was made an order; orders by it again, with what is said to be different."""
    shop.put(event(notes="Places: 9\nSells: LOAF, BUN"))
    shop.put(event("b", notes="Places: 9\nSells: LOAF, BUN", start="20261207T090000Z"), "b.ics")
    shop.publish()
    slot, other = shop.slots()
    hold = shop.hold(slot.public_id, LOAF=1)

    def again(*, units=(("LOAF", 1),), at=slot, email="cleo@example.org", **wish):
        return shop.buy(at.public_id, units=dict(units), hold=hold, email=email, **wish).secret

    again.other = other
    return again


def taken(shop):
    with shop.house.read() as views:
        return sum(views.slot_now(slot.public_id)[0].claimed for slot in shop.slots())


def test_a_used_hold_with_the_same_wish_is_the_same_order(shop, used):
    first = used()
    assert (used(), used(email="Cleo@example.org"), used(units=[("LOAF", 1), ("BUN", 0)])) == (first,) * 3
    assert taken(shop) == 1


@pytest.mark.parametrize("wish", [{"units": [("LOAF", 2)]}, {"units": [("BUN", 1)]}, {"email": "dee@example.org"}])
def test_a_used_hold_with_another_wish_is_an_order_of_its_own(shop, used, wish):
    first, second = used(), used(**wish)
    assert second != first
    assert shop.seen(second).order.units == dict(wish.get("units", [("LOAF", 1)])).popitem()[1]
    assert taken(shop) == 1 + shop.seen(second).order.places


def test_a_used_hold_on_another_slot_or_of_a_cancelled_order_is_an_order_of_its_own(shop, used):
    first = used()
    elsewhere = used(at=used.other)
    assert shop.seen(elsewhere).slot.public_id == used.other.public_id
    shop.cancel(first)
    assert used() not in {first, elsewhere}


def test_the_same_form_later_or_of_a_cancelled_order_is_an_order_of_its_own(shop, wished, clock):
    first = wished()
    clock.turn(minutes=2)
    second = wished()
    assert second != first
    shop.cancel(second)
    assert wished() not in {first, second}


def test_places_are_not_sent(shop):
    post = ShippingOption("post", "By post", 590, 19000, takes_places=False)
    shop.describe(pays_by=("fake",), shipping=(post,), has_pickup=False)
    shop.put(event(notes="Places: 4"))
    (slot,) = shop.slots()
    sent = Address("Lange Straße 1", "10115", "Berlin", "DE")
    with pytest.raises(InvalidInput, match="cannot be sent"):
        shop.buy(slot.public_id, 2, method="fake", fulfilment="shipping", shipping="post", address=sent)
    assert shop.slots()[0].availability.places_left == 4
    order = shop.buy(slot.public_id, 2, method="fake")
    assert (order.places, order.total) == (2, 0)


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


@pytest.fixture
def two_days(shop):
    """Two slots of loaves at 6.50 and 9.00, twelve in stock."""
    shop.put(event("a", "Places: 4\nSells: LOAF @ 6.50"), "a.ics")
    shop.put(event("b", "Places: 4\nSells: LOAF @ 9", start="20261205T110000Z"), "b.ics")
    shop.count("LOAF", 12)
    shop.publish()
    yield shop
    with shop.house.database.read() as db:
        assert list(differences(db)) == []


def moved(shop, order, units, to):
    with shop.house.work() as work:
        return change_order(work, order, {"LOAF": units}, to=to, now=shop.clock())


def test_what_was_ordered_keeps_its_price_wherever_it_moves_and_what_is_added_costs_what_it_does_there(two_days):
    first, second = (slot.public_id for slot in two_days.slots())
    order = two_days.buy(first, units={"LOAF": 1}).secret
    after = moved(two_days, order, 2, second)
    assert [(line.units, line.price) for line in after.lines] == [(1, 650), (1, 900)]
    two_days.publish()
    assert [slot.availability.places_left for slot in two_days.slots()] == [4, 2]


@pytest.mark.parametrize("units", [1, 2, 3])
@pytest.mark.parametrize("known", [0, 1, 2])
def test_goods_move_along_and_are_counted_once_however_many_of_them_the_till_knows_of(two_days, known, units):
    free = 12 - units
    first, second = (slot.public_id for slot in two_days.slots())
    order = two_days.buy(first, units={"LOAF": 2}).secret
    (line,) = two_days.seen(order).order.lines
    if known:
        with two_days.house.work() as work:
            acknowledge(work, line.stock_item_id, known, two_days.clock.turn(minutes=1), "booked", now=two_days.clock())
    moved(two_days, order, units, second)
    if units < known:
        with two_days.house.work() as work:
            taken_back(work, line.stock_item_id, known - units, two_days.clock(), "brought back", now=two_days.clock())
    two_days.publish()
    assert {slot.availability.offers[0].left for slot in two_days.slots()} <= {free, 4, 4 - units}
    with two_days.house.read() as views:
        ((_, item),) = views.stock_items("ada")
    assert item.free(two_days.clock()) == free


def test_what_cannot_be_had_elsewhere_stays_where_it_is(two_days):
    first, second = (slot.public_id for slot in two_days.slots())
    two_days.buy(second, units={"LOAF": 3})
    order = two_days.buy(first, units={"LOAF": 2}).secret
    with pytest.raises(SoldOut):
        moved(two_days, order, 2, second)
    assert two_days.seen(order).slot.public_id == first


def test_a_drop_that_is_shown_to_nobody_sells_nothing_but_what_is_kept_for_somebody_already(shop):
    shop.put(event(notes="Places: 9"))
    shop.publish()
    (slot,) = shop.slots()
    kept = shop.hold(slot.public_id, 1)
    with shop.house.work() as work:
        describe_drop(work, shop.drop, shop.house.house, now=shop.clock(), actor="ada", is_public=False)
    for buy in (shop.hold, shop.buy):
        with pytest.raises(NotFound):
            buy(slot.public_id, 1)
    with shop.house.work() as work:
        (told,) = take_holds(work, [Wish(slot.public_id, {}, 1)], now=shop.clock())
    assert isinstance(told, NotFound)
    assert shop.seen(shop.order(kept)).order.places == 1
    with shop.house.work() as work:
        assert work.slot_for_claim(slot.public_id).claimed == 1
