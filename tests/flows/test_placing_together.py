"""Orders placed together: everybody gets what they would have got one by one, and nothing is ordered twice."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bridge.core.errors import Refusal
from bridge.core.orders import Address, Buyer
from bridge.core.terms import EarlyPrice, Product, ShippingOption
from bridge.flows.placing import Ordering, place_order
from bridge.flows.placing_together import place_orders
from bridge.store import tables as t
from bridge.store.audit import differences
from tests.house import event

LOAF = Product("LOAF", "Loaf", price=500, early=EarlyPrice(400, None, 2), limit=3)
ROLL = Product("ROLL", "Roll", price=90, places_per_unit=2)
HOME = Address("Way 1", "12345", "Berlin", "DE")
PAYS = ("at_pickup", "fake")
KEPT = [
    ("a", {"LOAF": 1}, 60),
    ("a", {"LOAF": 2, "ROLL": 1}, 60),
    ("a", {"ROLL": 1}, 60),
    ("b", {"LOAF": 1}, 60),
    ("b", {"LOAF": 2}, 60),
    ("b", {"ROLL": 1}, 60),
    ("b", {"LOAF": 3}, 5),
]
WISHES = st.lists(
    st.fixed_dictionaries(
        {
            "hold": st.integers(0, len(KEPT)),
            "email": st.sampled_from(["cleo@example.org", "Cleo+list@example.org", "dee@example.org", "eve@example.org", "nobody"]),
            "method": st.sampled_from([*PAYS, "shells"]),
            "other": st.none() | st.dictionaries(st.sampled_from(["LOAF", "ROLL", "HAT"]), st.integers(0, 2), min_size=1),
            "ship": st.booleans(),
        }
    ),
    min_size=2,
    max_size=7,
)


@pytest.fixture
def bread(shop):
    """Two slots that share their goods, and what is kept on them, of which the last was for too short a time; Cleo has ordered before.

    Who buys has a limit, and what is sent is paid first.
    """
    post = ShippingOption("post", "Post", fee=450, takes_places=False)
    shop.describe(products=(LOAF, ROLL), pays_by=PAYS, shipping=(post,))
    shop.put(event("a", "Places: 9\nSells: LOAF x4, ROLL\nLimit: 4 per customer"), "a.ics")
    shop.put(event("b", "Places: 14\nSells: LOAF, ROLL", start="20261206T090000Z"), "b.ics")
    shop.publish()
    shop.kept = kept(shop)
    shop.buy(shop.kept[-1][1], units={"LOAF": 2}, email="cleo@example.org")
    shop.clock.turn(minutes=10)
    return shop


def kept(shop):
    """What is kept for some, the public ids of their slots, and what they want of them; the last has nothing."""
    slots = dict(zip("ab", [slot.public_id for slot in sorted(shop.slots(), key=lambda slot: slot.starts_at)], strict=True))
    holds = [(shop.hold(slots[name], minutes=minutes, **units), slots[name], units) for name, units, minutes in KEPT]
    return [*holds, ("", slots["b"], {"LOAF": 1})]


def ordering(holds, wish):
    secret, public_id, units = holds[wish["hold"]]
    way = {"fulfilment": "shipping", "shipping": "post", "address": HOME} if wish["ship"] else {}
    return Ordering(public_id, wish["other"] or units, Buyer(wish["email"], "Cleo", method=wish["method"], **way), hold=secret)


def had(order):
    """What somebody got, or was told."""
    if isinstance(order, Refusal):
        return (order.kind, str(order))
    return (order.email, order.state, order.total, order.places, [(line.sku, line.units, line.price) for line in order.lines])


class Undone(Exception):
    pass


def one_by_one(work, shop, wishes):
    """What each of them gets who comes when those before are served."""
    for wish in wishes:
        try:
            with work.savepoint():
                yield place_order(work, wish, now=shop.clock())
        except Refusal as refusal:
            yield refusal


@given(wished=WISHES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_those_who_order_together_get_what_they_would_one_by_one(bread, wished):
    holds = bread.kept
    wishes = [ordering(holds, wish) for wish in wished]
    with suppress(Undone), bread.house.work() as work:
        together = place_orders(work, wishes, now=bread.clock())
        left = [wish for wish, order in zip(wishes, together, strict=True) if order is None]
        alone = list(one_by_one(work, bread, left))
        assert list(differences(work._db)) == []
        raise Undone
    served = [order for order in together if order is not None]
    in_turn = [wish for wish, order in zip(wishes, together, strict=True) if order is not None] + left
    with suppress(Undone), bread.house.work() as work:
        assert [had(order) for order in one_by_one(work, bread, in_turn)] == [had(order) for order in (*served, *alone)]
        raise Undone


def test_who_orders_what_was_kept_is_served_with_the_others(bread):
    holds = bread.kept
    wish = {"other": None, "ship": False}
    wishes = [ordering(holds, wish | {"hold": n, "email": f"{n}@example.org", "method": PAYS[n % 2]}) for n in range(6)]
    with bread.house.work() as work:
        orders = place_orders(work, wishes, now=bread.clock())
    assert [(order.email, order.state) for order in orders] == [(f"{n}@example.org", ("placed", "pending")[n % 2]) for n in range(6)]
    for wish, order in zip(wishes, orders, strict=True):
        with bread.house.work() as work:
            assert place_order(work, wish, now=bread.clock()).secret == order.secret
        assert bread.letters(order.secret) == ([] if order.state == "pending" else ["confirmed"])
    assert count(bread, t.holds) == 1
    assert count(bread, t.orders) == 7


def test_the_same_hold_twice_in_a_group_is_one_order(bread):
    hold, public_id, units = bread.kept[2]
    wishes = [Ordering(public_id, units, Buyer(email, "Cleo"), hold=hold) for email in ("cleo@example.org", "dee@example.org")]
    with bread.house.work() as work:
        first, second = place_orders(work, wishes, now=bread.clock())
    assert (first.email, second) == ("cleo@example.org", None)


def test_a_customer_who_orders_twice_in_a_group_has_no_more_than_one_may_have(bread):
    holds = bread.kept
    wishes = [Ordering(holds[n][1], holds[n][2], Buyer("dee@example.org", "Dee"), hold=holds[n][0]) for n in (1, 4)]
    with bread.house.work() as work:
        first, second = place_orders(work, wishes, now=bread.clock())
        assert (first is None, second) == (False, None)
        (told,) = one_by_one(work, bread, wishes[1:])
    assert told.kind == "limit-reached"


def test_who_has_ordered_before_has_no_more_than_one_may_have(bread):
    holds = bread.kept
    who = ((1, "cleo@example.org"), (0, "dee@example.org"))
    wishes = [Ordering(holds[n][1], holds[n][2], Buyer(email, "Cleo"), hold=holds[n][0]) for n, email in who]
    with bread.house.work() as work:
        cleo, dee = place_orders(work, wishes, now=bread.clock())
    assert (cleo, dee.email) == (None, "dee@example.org")


def test_a_hold_whose_time_is_over_is_nobodys_although_it_was_not_given_back_yet(bread):
    holds = bread.kept
    wishes = [Ordering(holds[n][1], holds[n][2], Buyer(f"{n}@example.org", "Dee"), hold=holds[n][0]) for n in (6, 5)]
    with bread.house.work() as work:
        late, other = place_orders(work, wishes, now=bread.clock())
        assert (late, other.email) == (None, "5@example.org")
        claimed = work.slots_for_claim([other.slot_id])[other.slot_id].claimed
        order = place_order(work, wishes[0], now=bread.clock())
        assert work.slots_for_claim([order.slot_id])[order.slot_id].claimed == claimed + 3


def test_a_hold_that_is_gone_by_then_makes_no_order(bread):
    hold, _, _ = bread.kept[0]
    order = bread.seen(bread.order(bread.kept[3][0])).order
    with suppress(Undone), bread.house.work() as work:
        held = work.hold(hold)
        assert work.take_away_hold(held)
        assert work.add_orders([(replace(order, secret="s" * 32, number="2222222"), hold)], [held]) is None
        raise Undone


def count(shop, table):
    with shop.house.database.read() as db:
        return db.execute(select(func.count()).select_from(table)).scalar_one()
