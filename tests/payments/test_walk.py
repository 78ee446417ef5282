"""From an order to its money and back, through a server, an emulated Stripe and the webhooks between them; on both databases."""

import time
from dataclasses import replace

import pytest

from bridge.core.terms import Terms
from bridge.flows.payments import reconcile, start_payment
from bridge.flows.relay import deliver_due
from bridge.site import site
from tests.house import bakery, event
from tests.payments.emulated import SECRET_KEY, WEBHOOK_SECRET, emulated, listening, press


class Walk:
    """A shop that sells a loaf by Stripe."""

    def __init__(self, shop, emulator, house):
        self.shop, self.emulator, self.house = shop, emulator, house
        self.slot = shop.slots()[0].public_id

    def order(self):
        """A pending order, and the page to pay it at."""
        made = self.shop.buy(self.slot, units={"LOAF": 2}, method="stripe")
        payments = self.house.payments("stripe")
        return made, start_payment(self.house.work, "stripe", payments, made.secret, self.house.house, self.shop.clock())

    def seen(self, order):
        with self.house.read() as views:
            return views.order(order.secret)

    def deliver(self):
        """What the clock does about the outbox."""
        with self.house.handlers() as handlers:
            while deliver_due(self.house.work, handlers, self.shop.clock()):
                pass
        assert self.emulator.delivery.quiet()

    def given_back(self):
        return sum(refund["amount"] for refund in self.emulator.account.refunds.values())


@pytest.fixture
def walk(database_url, clock):
    with bakery(database_url, clock) as shop, emulated() as emulator:
        emulator.account.ahead = int(clock().timestamp() - time.time())
        shop.put(event(notes="Places: 4\nSells: LOAF x4 @ 12.50"))
        shop.count("LOAF", 4)
        with shop.house.work() as work:
            work.save_terms(shop.drop.id, Terms(pays_by=("stripe",)), clock())
        shop.publish()
        keys = {"secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET, "api_base": emulator.account.base_url}
        house = replace(shop.house, settings=shop.house.settings.replace(stripe=keys))
        with listening(site(house)) as url:
            emulator.delivery.url, emulator.delivery.retry = f"{url}/hooks/payments/stripe", 0
            yield Walk(shop, emulator, house)
        house.payments("stripe").close()


def test_an_order_is_paid_by_the_time_its_customer_comes_back(walk):
    order, url = walk.order()
    assert press(url, "pay").headers["Location"].endswith("?paid=1")
    seen = walk.seen(order)
    assert (seen.order.state, seen.money.paid) == ("paid", 2500)
    assert [attempt["status"] for attempt in walk.emulator.delivery.attempts] == [204]


def test_news_that_never_came_are_asked_for(walk):
    walk.emulator.delivery.hold = True
    order, url = walk.order()
    press(url, "pay_and_leave")
    assert walk.seen(order).order.state == "pending"
    walk.shop.clock.turn(minutes=2)
    reconcile(walk.house.work, walk.house.payments, walk.shop.clock())
    assert walk.seen(order).order.state == "paid"
    walk.emulator.delivery.release("given", 3)
    assert walk.emulator.delivery.quiet()
    assert walk.seen(order).money.paid == 2500


def test_an_order_that_lapses_closes_its_payment_page(walk):
    order, url = walk.order()
    walk.shop.clock.turn(minutes=60)
    walk.shop.expire()
    walk.deliver()
    assert walk.seen(order).order.state == "expired"
    assert "expired" in press(url, "pay").text


def test_money_that_came_late_is_given_back_when_nothing_is_left(walk):
    order, url = walk.order()
    walk.emulator.delivery.hold = True
    press(url, "pay_and_leave")
    walk.shop.clock.turn(minutes=60)
    walk.shop.expire()
    walk.shop.count("LOAF", 0)
    walk.shop.publish()
    walk.emulator.account.ahead += 3600
    walk.emulator.delivery.release("given", 2)
    assert walk.emulator.delivery.quiet()
    walk.deliver()
    seen = walk.seen(order)
    assert (seen.order.state, seen.money.kept, walk.given_back()) == ("expired", 0, 2500)


def test_a_cancelled_order_gets_its_money_back_once(walk):
    order, url = walk.order()
    press(url, "pay")
    walk.shop.cancel(order.secret)
    walk.deliver()
    walk.deliver()
    seen = walk.seen(order)
    assert (seen.order.state, seen.money.kept, walk.given_back()) == ("cancelled", 0, 2500)


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("paid", [True, False])
def test_while_a_bank_debit_is_on_its_way_the_page_says_so_and_asks_for_no_money(walk, heard, paid):
    order, url = walk.order()
    page, browser = f"/orders/{order.secret}", site(walk.house).test_client()
    walk.emulator.delivery.hold = not heard
    press(url, "debit")
    assert walk.emulator.delivery.quiet() or not heard
    if not heard:
        walk.shop.clock.turn(minutes=2)
        reconcile(walk.house.work, walk.house.payments, walk.shop.clock())
    text = browser.get(f"{page}?paid=1").get_data(as_text=True)
    assert "Your payment is on its way, which takes a bank some days." in text
    assert "Waiting for your payment" not in text
    assert "Pay now" not in text
    assert "http-equiv" not in text
    assert "It is kept for you meanwhile, until Sat 5 Dec 10:00 at the latest." in text
    assert "Your payment is on its way" in browser.get(f"{page}/change").get_data(as_text=True)
    cancelling = browser.get(f"{page}/cancel").get_data(as_text=True)
    assert "As soon as it is here, it goes back to where it was paid from." in cancelling
    assert "Nothing was paid" not in cancelling
    assert browser.post(f"{page}/pay").status_code == 409
    walk.shop.clock.turn(minutes=2)
    walk.emulator.account.settle(walk.seen(order).money.payments[0].reference, paid=paid)
    if not heard:
        walk.shop.clock.turn(minutes=5)
        reconcile(walk.house.work, walk.house.payments, walk.shop.clock())
    assert walk.emulator.delivery.quiet() or not heard
    text = browser.get(page).get_data(as_text=True)
    assert ("Your order is paid" in text, "Your payment failed" in text) == (paid, not paid)
    assert "Pay now" not in text
    assert walk.seen(order).slot.claimed == (2 if paid else 0)


def test_a_debit_that_is_told_of_late_undoes_nothing(walk):
    order, url = walk.order()
    walk.emulator.delivery.hold = True
    press(url, "debit")
    reference = walk.seen(order).money.payments[0].reference
    walk.emulator.account.settle(reference, paid=False)
    walk.shop.clock.turn(minutes=2)
    reconcile(walk.house.work, walk.house.payments, walk.shop.clock())
    assert walk.seen(order).money.payments[0].state == "lapsed"
    walk.emulator.delivery.release("given", 1)
    assert walk.emulator.delivery.quiet()
    assert walk.seen(order).money.payments[0].state == "lapsed"
