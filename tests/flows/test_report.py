"""Reports: small drops, figured out by hand."""

from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.errors import InvalidInput, Refusal
from bridge.core.report import Counted, Figures, SlotFacts, Sold, figures, report
from bridge.core.terms import EarlyPrice, Product
from bridge.core.traffic import View, hour_of
from bridge.flows.changing import change_order
from bridge.flows.drops import create_drop
from bridge.flows.holds import release_hold
from bridge.flows.report import report_on
from bridge.flows.waiting import join_waiting, leave_waiting
from tests.fakes import WEDNESDAY
from tests.house import event

LOAF, JAM = Product("LOAF", "Loaf", price=450, early=EarlyPrice(400, units=1)), Product("JAM", "Jam", price=700)
BAG = Product("BAG", "Bag", price=20, add_on=True)


@pytest.fixture
def shop(shop):
    """Two slots of four places; three loaves are allotted to the first."""
    shop.describe(products=(LOAF, JAM, BAG), pays_by=("fake", "at_pickup"))
    shop.put(event("a", "Places: 4\nSells: LOAF x3, BAG add-on"), "a.ics")
    shop.put(event("b", "Places: 4\nSells: LOAF, JAM", start="20261206T090000Z"), "b.ics")
    shop.publish()
    return shop


def ids(shop):
    return [slot.public_id for slot in shop.slots()]


def seen(shop, slot, price, times):
    with shop.house.work() as work:
        work.add_views({View(shop.slots()[slot].position, hour_of(shop.clock()), price): times})


def told(shop, **window):
    with shop.house.read() as views:
        return report_on(views, shop.drop, shop.clock(), **window)


def join(shop, public_id, who):
    with shop.house.work() as work:
        return join_waiting(work, public_id, {"LOAF": 1}, email=f"{who}@example.org", name=who, language="en", now=shop.clock())


def test_a_drop_that_nobody_looked_at_has_zeros_and_no_shares(shop):
    made = told(shop)
    assert made.total == Figures()
    assert (made.total.conversion, made.total.average, made.total.abandonment, made.sold_out_after) == (None, None, None, None)
    assert (made.capacity, made.claimed, made.sell_through) == (8, 0, 0)


def test_views_holds_orders_and_what_was_abandoned_by_slot_and_price(shop):
    first, second = ids(shop)
    seen(shop, 0, 400, 3)
    seen(shop, 0, 450, 5)
    seen(shop, 1, 400, 2)
    left = shop.hold(first, LOAF=1, BAG=1)
    with shop.house.work() as work:
        release_hold(work, left, now=shop.clock())
    shop.hold(first, LOAF=1)
    shop.clock.turn(minutes=10)
    shop.expire()
    shop.order(shop.hold(first, LOAF=1, BAG=2))
    shop.buy(first, units={"LOAF": 2})
    shop.buy(second, units={"JAM": 1}, method="fake")
    shop.clock.turn(hours=1)
    shop.expire()
    made = told(shop)
    one, other = made.slots
    assert one.figures == Figures(views=8, holds=3, orders=2, units=5, value=440 + 900, abandoned=2)
    assert (one.figures.conversion, one.figures.average, one.figures.abandonment) == (0.25, 670, 0.5)
    assert [(part.price, part.figures) for part in one.prices] == [
        (400, Figures(views=3, holds=3, orders=1, units=3, value=440, abandoned=2)),
        (450, Figures(views=5, orders=1, units=2, value=900)),
    ]
    assert other.figures == Figures(views=2, abandoned=1)
    assert [(part.price, part.figures.abandoned) for part in other.prices] == [(400, 0), (700, 1)]
    assert (made.total.views, made.total.orders, made.total.conversion, made.total.average) == (10, 2, 0.2, 670)


def test_an_order_that_is_paid_first_counts_once_it_is_paid(shop):
    first = ids(shop)[0]
    order = shop.buy(first, units={"LOAF": 2}, method="fake").secret
    assert told(shop).total == Figures()
    shop.provider.pay(shop.start_payment(order))
    shop.hear()
    assert told(shop).total == Figures(orders=1, units=2, value=850)


def test_what_was_cancelled_and_given_back(shop):
    first = ids(shop)[0]
    order = shop.buy(first, units={"LOAF": 2}, method="fake").secret
    shop.provider.pay(shop.start_payment(order))
    shop.hear()
    with shop.house.work() as work:
        change_order(work, order, {"LOAF": 1}, now=shop.clock())
    shop.cancel(order)
    assert told(shop).total == Figures(orders=1, units=2, value=850, cancelled=1, cancelled_value=400, refunds=2, refunded=850)


def test_a_waiting_list_by_how_each_turn_ended(shop):
    first = ids(shop)[0]
    orders = [shop.buy(first, units={"LOAF": 1}).secret for _ in range(3)]
    shop.publish()
    turns = [join(shop, first, who) for who in ("cleo", "dan", "eve", "finn")]
    for order in orders:
        shop.cancel(order)
    shop.publish()
    with shop.house.work() as work:
        leave_waiting(work, turns[2].secret, now=shop.clock())
    shop.publish()
    with shop.house.read() as views:
        taken = views.waiting_seen(turns[0].secret).waiting.hold
    shop.order(taken, email="cleo@example.org")
    shop.clock.turn(hours=3)
    shop.expire()
    total = told(shop).total
    assert (total.waiting_joined, total.waiting_offered, total.waiting_taken, total.waiting_lapsed, total.waiting_left) == (4, 4, 1, 2, 1)
    assert (total.holds, total.abandoned, total.orders) == (0, 0, 4)


def test_sell_through_by_places_allotment_and_stock(shop):
    first, second = ids(shop)
    shop.count("JAM", 5)
    shop.buy(first, units={"LOAF": 2})
    shop.buy(second, units={"LOAF": 1, "JAM": 2})
    made = told(shop)
    assert (made.claimed, made.capacity, made.sell_through) == (5, 8, 0.625)
    assert made.products == (Sold("BAG", "Bag", 0), Sold("JAM", "Jam", 2, 5), Sold("LOAF", "Loaf", 3))
    assert made.slots[0].slot.sold == (Sold("LOAF", "Loaf", 2, 3), Sold("BAG", "Bag", 0))
    assert made.products[1].share == 0.4


def test_time_to_sell_out_begins_with_the_opening_and_ends_when_nothing_is_left_of_any_slot(shop):
    notes = "Places: 4\nSells: LOAF x3, BAG add-on\nPreorder: from 3 December 2026 18:00"
    shop.put(event("a", notes), "a.ics")
    shop.clock.set(WEDNESDAY + timedelta(days=1, hours=8, minutes=10))
    assert shop.slots()[0].preorder.opens == WEDNESDAY + timedelta(days=1, hours=8)
    shop.publish()
    first, second = ids(shop)
    shop.buy(first, units={"LOAF": 3})
    shop.publish()
    made = told(shop)
    assert [one.slot.sold_out_after for one in made.slots] == [timedelta(minutes=10), None]
    assert made.sold_out_after is None
    shop.clock.turn(minutes=20)
    shop.buy(second, units={"LOAF": 4})
    shop.publish()
    assert told(shop).slots[1].slot.sold_out_after == timedelta(days=1, hours=8, minutes=30)
    assert told(shop).sold_out_after == timedelta(days=1, hours=8, minutes=30)


def test_a_slot_that_was_called_off_keeps_its_figures_but_not_its_places(shop):
    shop.buy(ids(shop)[0], units={"LOAF": 2})
    shop.put(event("a", "Places: 4\nSells: LOAF x3, BAG add-on", more="STATUS:CANCELLED\r\n"), "a.ics")
    made = told(shop)
    assert (made.capacity, made.claimed, made.total.orders, made.total.cancelled) == (4, 0, 1, 1)
    assert made.slots[0].slot.ended


def test_only_what_happened_within_the_window_is_counted(shop):
    first = ids(shop)[0]
    start = shop.clock()
    seen(shop, 0, 400, 1)
    shop.buy(first, units={"LOAF": 1})
    shop.clock.turn(hours=2)
    middle = shop.clock()
    seen(shop, 0, 450, 2)
    shop.buy(first, units={"LOAF": 1})
    assert (told(shop, until=middle).total.views, told(shop, until=middle).total.value) == (1, 400)
    assert (told(shop, since=middle).total.views, told(shop, since=middle).total.value) == (2, 450)
    assert told(shop, since=start).total == told(shop).total
    with pytest.raises(InvalidInput):
        told(shop, since=middle, until=middle)


def test_another_drop_is_not_in_it(shop):
    with shop.house.read() as views:
        other = views.organizer("dee")
    with shop.house.work() as work:
        olives = create_drop(work, other, "olives", now=shop.clock(), actor="dee", timezone="Europe/Berlin")
    shop.buy(ids(shop)[0], units={"LOAF": 1})
    with shop.house.read() as views:
        made = report_on(views, olives, shop.clock())
    assert (made.slots, made.total, made.products, made.sold_out_after) == ((), Figures(), (), None)


ACTS = st.sampled_from(["view", "hold", "drop", "buy", "cancel", "wait", "expire", "move"])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ACTS, st.integers(0, 1)), max_size=14))
def test_whatever_happens_the_slots_add_up_to_the_drop_and_to_what_was_done(shop, acts):
    done = {"view": 0, "hold": 0, "order": 0, "value": 0, "cancel": 0}
    before = told(shop).total
    orders = []
    for act, slot in acts:
        public_id = ids(shop)[slot]
        try:
            if act == "view":
                seen(shop, slot, 450, 2)
                done["view"] += 2
            elif act in ("hold", "drop"):
                hold = shop.hold(public_id, LOAF=1)
                done["hold"] += 1
                if act == "drop":
                    with shop.house.work() as work:
                        release_hold(work, hold, now=shop.clock())
            elif act == "buy":
                order = shop.buy(public_id, units={"LOAF": 1})
                orders.append(order.secret)
                done["order"] += 1
                done["value"] += order.total
            elif act == "cancel" and orders:
                shop.cancel(orders.pop())
                done["cancel"] += 1
            elif act == "move" and orders:
                with shop.house.work() as work:
                    change_order(work, orders[-1], {"LOAF": 1}, to=public_id, now=shop.clock())
            elif act == "wait":
                join(shop, public_id, f"who{len(acts)}")
            elif act == "expire":
                shop.clock.turn(minutes=6)
                shop.expire()
                shop.publish()
        except Refusal:
            continue
    made = told(shop)
    for name in (field.name for field in fields(Figures)):
        assert getattr(made.total, name) == sum(getattr(one.figures, name) for one in made.slots)
        if name in ("views", "holds", "orders", "units", "value", "abandoned"):
            assert getattr(made.total, name) == sum(getattr(part.figures, name) for one in made.slots for part in one.prices)
    assert made.claimed == sum(one.slot.claimed for one in made.slots)
    total = made.total
    assert done == {
        "view": total.views - before.views,
        "hold": total.holds - before.holds,
        "order": total.orders - before.orders,
        "value": total.value - before.value,
        "cancel": total.cancelled - before.cancelled,
    }


COUNTED = st.builds(
    Counted,
    st.integers(1, 3),
    st.sampled_from([0, 400, 450]),
    st.sampled_from(["view", "hold", "order", "abandoned", "cancelled", "refund", "joined", "offered", "taken", "lapsed", "left"]),
    st.integers(1, 9),
    st.integers(0, 9),
    st.integers(0, 10**12),
)


@given(st.lists(COUNTED))
def test_sums_over_slots_are_the_sums_over_all(counted):
    slots = [SlotFacts(n, f"s{n}", "", WEDNESDAY, "UTC", 4, n, ended=False) for n in (1, 2, 3)]
    made = report(slots, counted, ())
    assert made.total == figures(counted)
    for field in fields(Figures):
        assert getattr(made.total, field.name) == sum(getattr(one.figures, field.name) for one in made.slots)
