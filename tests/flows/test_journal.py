"""The journal: every act of commerce with its drop, slot, price and amount, and nobody's name."""

import pytest
from sqlalchemy import select

from bridge.core.terms import Product
from bridge.flows.changing import change_order
from bridge.flows.holds import release_hold
from bridge.flows.waiting import join_waiting, leave_waiting
from bridge.store import tables as t
from tests.house import event

CLEO = {"email": "cleo@example.org", "name": "Cleo Cliché", "note": "Ring twice"}
COMMERCE = ("hold.", "order.", "refund.", "waiting.", "slot.")


@pytest.fixture
def shop(shop):
    """Loaves at 4.50 on two slots of three places each, paid first."""
    shop.describe(products=(Product("LOAF", "Loaf", price=450), Product("BAG", "Bag", price=20, add_on=True)), pays_by=("fake",))
    for name, start in (("a", "20261205T090000Z"), ("b", "20261206T090000Z")):
        shop.put(event(name, "Places: 3\nSells: LOAF, BAG add-on", start=start), f"{name}.ics")
    shop.publish()
    return shop


def journal(shop):
    with shop.house.database.read() as db:
        return db.execute(select(t.journal).order_by(t.journal.c.id)).all()


def told(shop, kind):
    return [row.data for row in journal(shop) if row.kind == kind]


def paid(shop, public_id, **units):
    order = shop.buy(public_id, units=units, method="fake", **CLEO).secret
    shop.provider.pay(shop.start_payment(order))
    shop.hear()
    return order


def everything(shop):
    """Each act there is, by one customer who leaves her name everywhere."""
    first, second = (slot.public_id for slot in shop.slots())
    left = shop.hold(first, LOAF=1)
    with shop.house.work() as work:
        release_hold(work, left, now=shop.clock())
    shop.hold(first, LOAF=1)
    shop.buy(first, units={"LOAF": 1}, method="fake", **CLEO)
    shop.clock.turn(hours=1)
    shop.expire()
    order = paid(shop, first, LOAF=3, BAG=1)
    shop.publish()
    with shop.house.work() as work:
        turn = join_waiting(work, first, {"LOAF": 1}, email="cleo+wait@example.org", name="Cleo Cliché", language="en", now=shop.clock())
    with shop.house.work() as work:
        change_order(work, order, {"LOAF": 2}, to=second, now=shop.clock())
    shop.publish()
    with shop.house.work() as work:
        leave_waiting(work, turn.secret, now=shop.clock())
    shop.cancel(order)
    shop.deliver()
    shop.hear()


def test_every_act_on_a_slot_names_its_slot_and_drop(shop):
    everything(shop)
    rows = [row for row in journal(shop) if row.kind.startswith(COMMERCE)]
    assert {row.kind for row in rows} >= {
        "hold.taken",
        "hold.released",
        "order.placed",
        "order.paid",
        "order.lapsed",
        "order.changed",
        "order.cancelled",
        "refund.requested",
        "refund.settled",
        "waiting.joined",
        "waiting.offered",
        "waiting.ended",
        "slot.sold_out",
    }
    assert [row.kind for row in rows if row.drop_id != shop.drop.id or row.slot_id is None] == []


def test_the_journal_knows_no_person(shop):
    everything(shop)
    text = " ".join(f"{row.actor} {row.data}" for row in journal(shop)).lower()
    assert not [word for word in ("cleo", "clich", "example.org", "ring twice") if word in text]


def test_what_was_chosen_is_told_with_its_price_and_amount_add_ons_left_out_of_the_price(shop):
    first = shop.slots()[0].public_id
    shop.hold(first, LOAF=1, BAG=1)
    shop.clock.turn(hours=1)
    shop.expire()
    paid(shop, first, LOAF=2, BAG=1)
    for kind, amount in (("hold.taken", 470), ("hold.released", 470), ("order.placed", 920), ("order.paid", 920)):
        (one,) = told(shop, kind)
        assert (kind, one["price"], one["amount"]) == (kind, 450, amount)


def test_what_was_kept_for_someone_who_waits_is_no_hold_of_a_customer(shop):
    first = shop.slots()[0].public_id
    order = paid(shop, first, LOAF=3)
    shop.publish()
    with shop.house.work() as work:
        join_waiting(work, first, {"LOAF": 1}, email="dan@example.org", name="Dan", language="en", now=shop.clock())
    shop.cancel(order)
    shop.publish()
    shop.clock.turn(hours=3)
    shop.expire()
    assert (told(shop, "hold.taken"), told(shop, "hold.released")) == ([], [])
    assert (len(told(shop, "waiting.offered")), told(shop, "waiting.ended")) == (1, [{"outcome": "lapsed"}])


def test_holds_that_the_organizer_ended_are_told_as_hers(shop):
    shop.hold(shop.slots()[0].public_id, LOAF=1)
    shop.put(event("a", "Places: 3\nSells: LOAF, BAG add-on", more="STATUS:CANCELLED\r\n"))
    assert [row.actor for row in journal(shop) if row.kind == "hold.released"] == ["ada"]


def test_a_slot_is_told_to_be_sold_out_once_each_time_it_is(shop):
    first = shop.slots()[0].public_id
    order = paid(shop, first, LOAF=3)
    shop.publish()
    shop.publish()
    assert len(told(shop, "slot.sold_out")) == 1
    shop.cancel(order)
    shop.publish()
    paid(shop, first, LOAF=3)
    shop.publish()
    assert len(told(shop, "slot.sold_out")) == 2
