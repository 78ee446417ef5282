"""Money: it comes late, twice or not at all, and every unit of it is either for an order or on its way back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.errors import InvalidInput, NotPossible, TransientFault
from bridge.core.orders import Address
from bridge.core.terms import EarlyPrice, Product, ShippingOption
from bridge.flows.changing import change_order
from bridge.flows.payments import reconcile
from bridge.store.audit import differences
from tests.house import event


@pytest.fixture
def bread(shop):
    shop.describe(products=(Product("LOAF", "Loaf", price=650, tax_rate=7000),), pays_by=("at_pickup", "fake"))
    shop.put(event(notes="Places: 2\nSells: LOAF"))
    shop.publish()
    yield shop
    with shop.house.database.read() as db:
        assert list(differences(db)) == []


def order(shop, units=1, method="fake"):
    return shop.buy(shop.slots()[0].public_id, units={"LOAF": units}, method=method).secret


def left(shop):
    shop.publish()
    return shop.slots()[0].availability.places_left


def state(shop, secret):
    return shop.seen(secret).order.state


def test_an_order_paid_at_pickup_stands_at_once(bread):
    placed = order(bread, method="at_pickup")
    assert state(bread, placed) == "placed"
    assert bread.letters(placed) == ["confirmed"]


def test_an_order_to_be_paid_first_stands_once_it_is_paid(bread):
    placed = order(bread)
    assert (state(bread, placed), bread.letters(placed), left(bread)) == ("pending", [], 1)
    bread.provider.pay(bread.start_payment(placed))
    bread.hear()
    bread.hear()
    assert (state(bread, placed), bread.letters(placed)) == ("paid", ["confirmed"])
    assert bread.seen(placed).money.kept == 650


def test_one_payment_is_started_however_often_it_is_asked_for(bread):
    placed = order(bread)
    assert bread.start_payment(placed) == bread.start_payment(placed)
    assert len(bread.seen(placed).money.payments) == 1


def test_what_was_not_paid_in_time_is_free_again_and_cannot_be_paid(bread, clock):
    placed = order(bread, 2)
    paying = bread.start_payment(placed)
    clock.turn(minutes=16)
    bread.expire()
    bread.deliver()
    assert (state(bread, placed), left(bread)) == ("expired", 2)
    assert not bread.provider.pay(paying)
    with pytest.raises(NotPossible):
        bread.start_payment(placed)


def test_money_that_comes_late_is_honoured_while_there_is_stock(bread, clock):
    placed = order(bread)
    paying = bread.start_payment(placed)
    clock.turn(minutes=16)
    bread.expire()
    bread.provider.behave("late")
    bread.deliver()
    bread.provider.pay(paying)
    bread.hear()
    assert (state(bread, placed), left(bread)) == ("paid", 1)
    assert bread.letters(placed) == ["confirmed"]


def test_money_that_comes_too_late_goes_back_and_that_is_explained(bread, clock):
    placed = order(bread)
    paying = bread.start_payment(placed)
    clock.turn(minutes=16)
    bread.expire()
    order(bread, 2, "at_pickup")
    bread.provider.behave("late")
    bread.provider.pay(paying)
    bread.hear()
    bread.deliver()
    bread.hear()
    (refund,) = bread.seen(placed).money.refunds
    assert (state(bread, placed), refund.amount, refund.reason, refund.state) == ("expired", 650, "late", "done")
    assert bread.letters(placed) == ["refunded"]


def test_the_money_is_in_when_the_time_runs_out_at_the_same_moment(bread, clock):
    placed = order(bread)
    bread.provider.pay(bread.start_payment(placed))
    clock.turn(minutes=16)
    bread.expire()
    bread.deliver()
    assert (state(bread, placed), left(bread)) == ("paid", 1)


def test_what_was_paid_twice_goes_back_once(bread):
    placed = order(bread)
    first = bread.start_payment(placed)
    bread.provider.end(first, "k")
    bread.hear()
    second = bread.start_payment(placed)
    assert first != second
    bread.provider.behave("late")
    bread.provider.pay(second)
    bread.provider.pay(first)
    bread.hear()
    bread.deliver()
    bread.hear()
    money = bread.seen(placed).money
    assert (money.paid, money.refunded, [refund.reason for refund in money.refunds]) == (1300, 650, ["twice"])


def test_a_cancelled_order_gets_all_its_money_back(bread):
    placed = order(bread, 2)
    bread.provider.pay(bread.start_payment(placed))
    bread.hear()
    bread.cancel(placed)
    bread.deliver()
    money = bread.seen(placed).money
    assert (state(bread, placed), left(bread), money.kept) == ("cancelled", 2, 0)
    assert [refund.state for refund in money.refunds] == ["done"]
    assert bread.letters(placed) == ["confirmed", "cancelled"]


def test_a_refund_that_the_bank_declines_is_owed_and_the_doctor_says_so(bread):
    placed = order(bread)
    bread.provider.pay(bread.start_payment(placed))
    bread.hear()
    bread.cancel(placed)
    bread.provider.behave("refused")
    bread.deliver()
    with bread.house.database.read() as db:
        (found,) = differences(db)
    assert (found.what, found.stored) == ("money kept of order that ended", 650)
    assert bread.seen(placed).money.refunds[0].failure.startswith("The customer's bank")
    bread.provider.behave()
    with bread.house.work() as work:
        payment = bread.seen(placed).money.payments[0]
        work.add_refund(payment, 650, "cancelled", bread.clock())


def test_a_provider_that_is_down_gets_its_refunds_later_and_once(bread, clock):
    placed = order(bread)
    bread.provider.pay(bread.start_payment(placed))
    bread.hear()
    bread.provider.behave("down")
    bread.cancel(placed)
    bread.deliver()
    assert bread.seen(placed).money.refunds[0].state == "requested"
    bread.provider.behave()
    clock.turn(hours=3)
    bread.deliver()
    clock.turn(hours=3)
    bread.deliver()
    assert [refund.state for refund in bread.seen(placed).money.refunds] == ["done"]


def test_a_webhook_that_never_comes_is_made_up_for_by_asking(bread, clock):
    placed = order(bread)
    bread.provider.pay(bread.start_payment(placed))
    clock.turn(minutes=2)
    assert reconcile(bread.house.work, bread.house.payments, clock()) == 1
    assert state(bread, placed) == "paid"
    assert reconcile(bread.house.work, bread.house.payments, clock() + timedelta(days=1)) == 0


def test_a_provider_that_cannot_be_asked_is_asked_again(bread, clock):
    placed = order(bread)
    bread.provider.pay(bread.start_payment(placed))
    bread.provider.behave("down")
    clock.turn(minutes=2)
    with pytest.raises(TransientFault):
        reconcile(bread.house.work, bread.house.payments, clock())
    bread.provider.behave()
    clock.turn(minutes=3)
    reconcile(bread.house.work, bread.house.payments, clock())
    assert state(bread, placed) == "paid"


def debit(shop, units=1):
    """An order that is paid by a way that takes days, and the payment; the provider has said so."""
    placed = order(shop, units)
    paying = shop.start_payment(placed)
    shop.provider.behave("slow")
    shop.provider.pay(paying)
    shop.hear()
    return placed, paying


def test_what_a_bank_debit_pays_for_is_kept_until_the_bank_has_paid(bread, clock):
    placed, paying = debit(bread, 2)
    clock.turn(days=2)
    bread.expire()
    assert (state(bread, placed), left(bread), bread.letters(placed)) == ("pending", 0, ["clearing"])
    with pytest.raises(NotPossible, match="takes a bank some days"):
        bread.start_payment(placed)
    bread.provider.settle(paying, paid=True)
    bread.hear()
    assert (state(bread, placed), left(bread), bread.letters(placed)) == ("paid", 0, ["clearing", "confirmed"])


def test_a_bank_debit_that_fails_ends_its_order_at_once_and_that_is_told(bread):
    placed, paying = debit(bread, 2)
    bread.provider.settle(paying, paid=False)
    bread.hear()
    bread.hear()
    assert (state(bread, placed), left(bread), bread.letters(placed)) == ("expired", 2, ["clearing", "unpaid"])
    assert bread.seen(placed).money.has_failed


def test_a_bank_debit_that_has_not_come_when_the_slot_starts_is_waited_for_no_longer(bread, clock):
    placed, paying = debit(bread)
    start = bread.slots()[0].starts_at
    clock.set(start - timedelta(seconds=1))
    bread.expire()
    assert state(bread, placed) == "pending"
    clock.set(start)
    bread.expire()
    bread.expire()
    assert (state(bread, placed), bread.letters(placed)) == ("expired", ["clearing", "unpaid"])
    assert not bread.seen(placed).money.has_failed
    clock.turn(days=1)
    bread.provider.settle(paying, paid=True)
    bread.hear()
    bread.deliver()
    assert (state(bread, placed), bread.seen(placed).money.kept) == ("expired", 0)
    assert bread.letters(placed)[-1] == "refunded"


@pytest.mark.parametrize("sold", [False, True])
def test_a_bank_debit_told_of_after_the_time_to_pay_has_what_is_still_there(bread, clock, sold):
    placed = order(bread, 2)
    paying = bread.start_payment(placed)
    bread.provider.behave("slow")
    bread.provider.pay(paying)
    clock.turn(minutes=16)
    bread.expire()
    assert (state(bread, placed), left(bread)) == ("expired", 2)
    if sold:
        order(bread, 1, "at_pickup")
    bread.deliver()
    assert (state(bread, placed), left(bread)) == (("expired", 1) if sold else ("pending", 0))
    assert bread.seen(placed).money.is_clearing
    bread.provider.settle(paying, paid=True)
    bread.hear()
    bread.deliver()
    assert (state(bread, placed), bread.seen(placed).money.kept) == (("expired", 0) if sold else ("paid", 1300))


def test_a_bank_debit_that_nobody_told_of_is_found_by_asking(bread, clock):
    placed = order(bread)
    paying = bread.start_payment(placed)
    bread.provider.behave("slow")
    bread.provider.pay(paying)
    clock.turn(minutes=2)
    reconcile(bread.house.work, bread.house.payments, clock())
    clock.turn(hours=2)
    bread.expire()
    assert state(bread, placed) == "pending"
    bread.provider.settle(paying, paid=False)
    reconcile(bread.house.work, bread.house.payments, clock())
    assert (state(bread, placed), left(bread)) == ("expired", 2)


def test_a_bank_debit_that_was_on_its_way_before_this_was_kept_is_kept(bread, clock):
    placed, _ = debit(bread)
    with bread.house.work() as work:
        work.save_order(replace(bread.seen(placed).order, expires_at=clock()), "pending")
    bread.expire()
    assert (state(bread, placed), bread.seen(placed).order.expires_at) == ("pending", bread.slots()[0].starts_at)


def test_a_bank_debit_of_an_order_that_was_cancelled_goes_back_when_it_comes(bread):
    placed, paying = debit(bread, 2)
    bread.cancel(placed)
    assert (state(bread, placed), left(bread)) == ("cancelled", 2)
    bread.provider.settle(paying, paid=True)
    bread.hear()
    bread.deliver()
    bread.hear()
    (refund,) = bread.seen(placed).money.refunds
    assert (state(bread, placed), refund.amount, refund.state) == ("cancelled", 1300, "done")
    assert bread.letters(placed) == ["clearing", "cancelled", "refunded"]


def test_an_organizer_who_cancels_the_date_ends_orders_whose_bank_debit_is_on_its_way(bread):
    placed, paying = debit(bread)
    bread.put(event(notes="Places: 2\nSells: LOAF", more="STATUS:CANCELLED\r\n"))
    assert state(bread, placed) == "cancelled"
    bread.provider.settle(paying, paid=False)
    bread.hear()
    assert (state(bread, placed), bread.letters(placed)) == ("cancelled", ["clearing", "cancelled"])


@pytest.mark.parametrize("start", ["20261205T110000Z", "20261204T110000Z"])
def test_a_date_that_is_moved_takes_along_how_long_a_bank_debit_is_waited_for(bread, start):
    placed, paying = debit(bread)
    bread.put(event(notes="Places: 2\nSells: LOAF", start=start))
    seen = bread.seen(placed)
    assert (seen.order.expires_at, seen.order.free_change) == (seen.slot.starts_at, True)
    bread.provider.settle(paying, paid=True)
    bread.hear()
    assert (state(bread, placed), bread.letters(placed)) == ("paid", ["clearing", "confirmed"])


@pytest.mark.parametrize("limit", ["of the product", "of the slot"])
@pytest.mark.parametrize("mood", ["late", "slow"])
def test_money_that_comes_late_does_not_go_beyond_the_limit_of_its_customer(bread, clock, limit, mood):
    most = 5 if limit == "of the product" else None
    bread.describe(products=(Product("LOAF", "Loaf", price=650, limit=most),), pays_by=("at_pickup", "fake"))
    bread.put(event(notes="Places: 20\nSells: LOAF" + ("" if most else "\nLimit: 5")))
    slot = bread.slots()[0].public_id
    first, other = (bread.buy(slot, units={"LOAF": 3}, method="fake", email=f"{who}@example.org").secret for who in ("cleo", "dan"))
    paying = {placed: bread.start_payment(placed) for placed in (first, other)}
    bread.provider.behave("slow")
    if mood == "slow":
        for one in paying.values():
            bread.provider.pay(one)
    clock.turn(minutes=16)
    bread.expire()
    again = bread.buy(slot, units={"LOAF": 3}, email="Cleo@example.org").secret
    if mood == "late":
        bread.provider.behave("late")
        for one in paying.values():
            bread.provider.pay(one)
    bread.hear()
    for one in paying.values():
        bread.provider.settle(one, paid=True)
    bread.hear()
    bread.deliver()
    assert [state(bread, placed) for placed in (first, other, again)] == ["expired", "paid", "placed"]
    assert (bread.seen(first).money.kept, left(bread)) == (0, 14)
    assert bread.letters(first)[-1] == "refunded"


def test_less_of_a_paid_order_gives_the_difference_back(bread):
    placed = order(bread, 2)
    bread.provider.pay(bread.start_payment(placed))
    bread.hear()
    with bread.house.work() as work:
        change_order(work, placed, {"LOAF": 1}, now=bread.clock())
    bread.deliver()
    seen = bread.seen(placed)
    assert (seen.order.total, seen.money.kept, left(bread)) == (650, 650, 1)
    assert [refund.reason for refund in seen.money.refunds] == ["changed"]


def test_who_closed_the_tab_is_asked_to_pay_after_a_while(bread, clock):
    order(bread)
    with bread.house.work() as work:
        assert work.claim_due("mail.", clock(), timedelta(minutes=1)) is None
        found = work.claim_due("mail.", clock() + timedelta(minutes=3), timedelta(minutes=1))
    assert found.payload["kind"] == "payment_needed"


def test_a_form_that_is_sent_twice_orders_once(bread):
    slot = bread.slots()[0].public_id
    hold = bread.hold(slot, LOAF=1)
    first, again = (bread.buy(slot, units={"LOAF": 1}, hold=hold, email="cleo@example.org") for _ in range(2))
    assert (first.secret, left(bread)) == (again.secret, 1)


def test_goods_are_not_to_be_had_as_bare_places(bread):
    with pytest.raises(InvalidInput):
        bread.buy(bread.slots()[0].public_id, 1)
    assert left(bread) == 2


@pytest.mark.parametrize("pays_by", [("fake",), ("fake", "at_pickup")])
def test_what_was_free_costs_something_later_only_where_that_is_paid_at_pickup(bread, pays_by):
    bread.describe(products=(Product("LOAF", "Loaf", price=650, early=EarlyPrice(0, None, 1)),), pays_by=pays_by)
    (slot,) = bread.slots()
    free = bread.buy(slot.public_id, units={"LOAF": 1}, method="fake")
    assert (free.state, free.total) == ("placed", 0)
    with bread.house.work() as work:
        if "at_pickup" in pays_by:
            assert change_order(work, free.secret, {"LOAF": 2}, now=bread.clock()).total == 650
            return
        with pytest.raises(NotPossible, match="order what is to be added as an order of its own"):
            change_order(work, free.secret, {"LOAF": 2}, now=bread.clock())
    assert bread.seen(free.secret).order == free


def test_an_order_of_parcels_grows_by_no_more_than_was_paid_and_one_for_pickup_is_paid_there(bread):
    bread.describe(
        products=(Product("LOAF", "Loaf", price=650, tax_rate=7000),),
        shipping=(ShippingOption("post", "By post", 490, 19000, takes_places=True),),
        pays_by=("at_pickup", "fake"),
    )
    bread.put(event(notes="Places: 9\nSells: LOAF"))
    slot = bread.slots()[0].public_id
    sent = {"fulfilment": "shipping", "shipping": "post", "address": Address("1 Mill Lane", "12345", "Berlin", "DE")}
    parcel, fetched = (bread.buy(slot, units={"LOAF": 2}, method="fake", **way).secret for way in (sent, {}))
    for placed in (parcel, fetched):
        bread.provider.pay(bread.start_payment(placed))
    bread.hear()
    with bread.house.work() as work, pytest.raises(NotPossible, match="more than was paid"):
        change_order(work, parcel, {"LOAF": 3}, now=bread.clock())
    assert (bread.seen(parcel).order.units, bread.seen(parcel).order.total) == (2, 1790)
    for placed, units in ((fetched, 3), (parcel, 1)):
        with bread.house.work() as work:
            change_order(work, placed, {"LOAF": units}, now=bread.clock())
    assert (bread.seen(fetched).order.units, bread.seen(parcel).order.units, left(bread)) == (3, 1, 5)
