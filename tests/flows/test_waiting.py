"""Waiting lists: first come first served, nobody passed over who could be served, nothing kept for ever."""

from datetime import timedelta

import pytest

from bridge.core.errors import AlreadyExists, InvalidInput, NotPossible, SoldOut, WindowClosed
from bridge.core.orders import Buyer
from bridge.core.terms import EarlyPrice, Product, Terms
from bridge.flows.audit import drop_differences
from bridge.flows.changing import change_order
from bridge.flows.holds import change_hold
from bridge.flows.placing import Ordering, place_order
from bridge.flows.waiting import join_waiting, leave_waiting
from bridge.store.audit import differences
from tests.house import event


@pytest.fixture
def full(shop):
    """Three places, all ordered; ``shop.sold`` is the order."""
    shop.put(event(notes="Places: 3\nSells: LOAF"))
    shop.publish()
    shop.sold = shop.buy(shop.slots()[0].public_id, units={"LOAF": 3}).secret
    shop.publish()
    return shop


def join(shop, who, units=1):
    with shop.house.work() as work:
        return join_waiting(
            work,
            shop.slots()[0].public_id,
            {"LOAF": units},
            email=f"{who}@example.org",
            name=who.title(),
            language="en",
            now=shop.clock(),
        )


def waiting(shop, turn):
    with shop.house.read() as views:
        return views.waiting_seen(turn.secret).waiting


def left(shop):
    shop.publish()
    return shop.slots()[0].availability.places_left


def test_what_comes_free_is_kept_for_the_first_and_shown_to_nobody(full):
    first, second = join(full, "cleo"), join(full, "dan")
    full.cancel(full.sold)
    full.publish()
    assert [waiting(full, turn).state for turn in (first, second)] == ["offered", "offered"]
    assert left(full) == 1


def test_the_organizer_reads_what_is_offered_to_the_waiting_list_and_what_became_of_it(full):
    assert "\\n3 places taken\\n" in full.text()
    turn, other = join(full, "cleo"), join(full, "dan")
    with full.house.work() as work:
        change_order(work, full.sold, {"LOAF": 1}, now=full.clock())
    full.publish()
    assert "\\n1 place taken\\n2 places offered to the waiting list\\n" in full.text()
    assert "offered" not in full.feed()
    full.put(event(notes="Places: 3\nSells: LOAF\nPickup: Side door"))
    assert "\\n1 place taken\\n2 places offered to the waiting list\\n" in full.text(), "an edit says the same"
    full.order(waiting(full, turn).hold)
    full.publish()
    assert "\\n2 places taken\\n1 place offered to the waiting list\\n" in full.text()
    with full.house.work() as work:
        leave_waiting(work, other.secret, now=full.clock())
    full.publish()
    assert "\\n2 places taken\\n" in full.text()
    assert "waiting list" not in full.text()
    with full.house.work() as work:
        assert list(drop_differences(work, full.drop, full.house.house, full.clock())) == []


def test_the_next_whom_it_is_enough_for_is_served(full):
    large, small = join(full, "cleo", 3), join(full, "dan", 1)
    with full.house.work() as work:
        change_order(work, full.sold, {"LOAF": 2}, now=full.clock())
    full.publish()
    assert (waiting(full, large).state, waiting(full, small).state, left(full)) == ("waiting", "offered", 0)


def test_somebody_who_comes_by_cannot_snatch_it(full):
    turn = join(full, "cleo", 3)
    full.cancel(full.sold)
    with pytest.raises(SoldOut):
        full.buy(full.slots()[0].public_id, units={"LOAF": 1})
    full.publish()
    assert waiting(full, turn).state == "offered"


@pytest.fixture
def shared(shop):
    """Four places: an order of two, ``shop.sold``, and two that ``shop.hers`` changes: an order there or elsewhere, or a hold."""
    shop.put(event("a", "Places: 4\nSells: LOAF, BUN"), "a.ics")
    shop.put(event("b", "Places: 9\nSells: LOAF, BUN", start="20261205T110000Z"), "b.ics")
    shop.count("LOAF", 20)
    shop.publish()
    shop.sold = shop.buy(shop.slots()[0].public_id, units={"LOAF": 2}).secret
    yield shop
    with shop.house.database.read() as db:
        assert list(differences(db)) == []


def ordered(shop):
    order = shop.buy(shop.slots()[0].public_id, units={"LOAF": 2}).secret
    return lambda work, **units: change_order(work, order, units, now=shop.clock())


def ordered_elsewhere(shop):
    order = shop.buy(shop.slots()[1].public_id, units={"LOAF": 2}).secret
    to = shop.slots()[0].public_id
    shop.hold(to, LOAF=2)
    return lambda work, **units: change_order(work, order, units, to=to, now=shop.clock())


def held(shop):
    hold = shop.hold(shop.slots()[0].public_id, LOAF=2)
    return lambda work, **units: change_hold(work, hold, units, now=shop.clock())


def ordering(shop):
    public_id = shop.slots()[0].public_id
    hold = shop.hold(public_id, LOAF=2)
    return lambda work, **units: place_order(work, Ordering(public_id, units, Buyer("eve@example.org", "Eve"), hold=hold), now=shop.clock())


def changed(shop, change, **units):
    with shop.house.work() as work:
        return change(work, **units)


@pytest.mark.parametrize("has", [ordered, ordered_elsewhere, held, ordering])
def test_somebody_who_has_something_already_cannot_snatch_it(shared, has):
    change = has(shared)
    turn = join(shared, "cleo", 2)
    shared.cancel(shared.sold)
    with pytest.raises(SoldOut):
        changed(shared, change, LOAF=4 if has is not ordered_elsewhere else 2)
    shared.publish()
    assert waiting(shared, turn).state == "offered"


@pytest.mark.parametrize("has", [ordered, ordered_elsewhere, held, ordering])
def test_somebody_who_has_something_already_may_have_what_is_left_once_the_list_had_its_turn(shared, has):
    change = has(shared)
    turn, large = join(shared, "cleo", 1), join(shared, "dan", 2)
    shared.cancel(shared.sold)
    more = 3 if has is not ordered_elsewhere else 1
    assert sum(line.units for line in changed(shared, change, LOAF=more).lines) == more
    assert (waiting(shared, turn).state, waiting(shared, large).state, left(shared)) == ("offered", "waiting", 0)


@pytest.mark.parametrize("has", [ordered, held, ordering])
def test_a_waiting_list_keeps_nobody_from_having_less(shared, has):
    change = has(shared)
    turn = join(shared, "cleo", 1)
    changed(shared, change, LOAF=1)
    shared.publish()
    assert (waiting(shared, turn).state, left(shared)) == ("offered", 0)


@pytest.mark.parametrize(("has", "prices"), [(ordered, {500: 1, 650: 2}), (held, {500: 2, 650: 1}), (ordering, {500: 2, 650: 1})])
def test_what_is_added_costs_what_it_costs_once_the_list_had_its_turn(shared, has, prices):
    shared.describe(products=(Product("LOAF", "Loaf", price=650, early=EarlyPrice(500, units=3)),))
    change = has(shared)
    join(shared, "cleo", 1)
    shared.cancel(shared.sold)
    assert {line.price: line.units for line in changed(shared, change, LOAF=3).lines} == prices


def test_an_offer_becomes_an_order_of_theirs(full):
    turn = join(full, "cleo", 2)
    full.cancel(full.sold)
    full.publish()
    hold = waiting(full, turn).hold
    placed = full.buy(full.slots()[0].public_id, units={"LOAF": 2}, hold=hold, email="cleo@example.org")
    assert (placed.state, placed.units, waiting(full, turn).state, left(full)) == ("placed", 2, "taken", 1)


def test_an_offer_that_nobody_takes_goes_to_the_next(full, clock):
    first, second = join(full, "cleo", 3), join(full, "dan", 3)
    full.cancel(full.sold)
    full.publish()
    clock.turn(seconds=Terms().offer_lasts.total_seconds() - 1)
    full.expire()
    full.publish()
    assert [waiting(full, turn).state for turn in (first, second)] == ["offered", "waiting"]
    clock.turn(seconds=2)
    full.expire()
    full.publish()
    assert [waiting(full, turn).state for turn in (first, second)] == ["lapsed", "offered"]


def test_who_leaves_gives_way(full):
    first, second = join(full, "cleo", 3), join(full, "dan", 3)
    full.cancel(full.sold)
    full.publish()
    with full.house.work() as work:
        leave_waiting(work, first.secret, now=full.clock())
        leave_waiting(work, first.secret, now=full.clock())
    full.publish()
    assert [waiting(full, turn).state for turn in (first, second)] == ["left", "offered"]


def test_an_organizer_who_adds_places_serves_the_list_first(full):
    turn = join(full, "cleo", 2)
    full.put(event(notes="Places: 6\nSells: LOAF"))
    full.publish()
    assert (waiting(full, turn).state, left(full)) == ("offered", 1)


def test_goods_that_come_in_at_the_till_serve_the_list_first(shop):
    shop.put(event(notes="Places: 9\nSells: LOAF"))
    shop.count("LOAF", 0)
    shop.publish()
    turn = join(shop, "cleo", 2)
    shop.clock.turn(minutes=1)
    shop.count("LOAF", 5)
    shop.publish()
    assert waiting(shop, turn).state == "offered"
    shop.publish()
    assert shop.slots()[0].availability.offers[0].left == 3


def test_one_customer_waits_once_however_they_write_their_address(full):
    join(full, "cleo")
    with pytest.raises(AlreadyExists):
        join(full, "cleo+again")


def test_nobody_waits_for_what_can_be_had(shop):
    shop.put(event(notes="Places: 3\nSells: LOAF"))
    shop.publish()
    with pytest.raises(NotPossible):
        join(shop, "cleo")


def test_who_wants_more_than_is_left_may_wait_unless_the_slot_never_had_so_much(shop):
    shop.put(event(notes="Places: 3\nSells: LOAF"))
    shop.publish()
    shop.hold(shop.slots()[0].public_id, LOAF=1)
    assert join(shop, "cleo", 3).state == "waiting"
    with pytest.raises(InvalidInput, match="This date has 3 places in all"):
        join(shop, "dan", 4)


def test_a_drop_may_have_no_waiting_list(full):
    full.describe(waiting_list=False)
    with pytest.raises(NotPossible):
        join(full, "cleo")


def test_no_offer_is_made_once_ordering_is_over(full, clock):
    turn = join(full, "cleo")
    clock.turn(days=4)
    full.cancel(full.sold, by="organizer")
    full.publish()
    assert waiting(full, turn).state == "waiting"
    with pytest.raises(WindowClosed):
        join(full, "dan")


def test_an_offer_ends_with_the_preorder(full, clock):
    turn = join(full, "cleo")
    full.put(event(notes="Places: 3\nSells: LOAF\nPreorder: until 2 Dec 2026 10:30"))
    full.cancel(full.sold)
    full.publish()
    assert waiting(full, turn).offered_until == clock() + timedelta(minutes=30)
