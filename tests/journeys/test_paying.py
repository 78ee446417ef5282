"""Paying by card in a real browser, at Stripe's emulator: paid, declined, gone back, paid twice, the tab closed."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from werkzeug.serving import make_server

from bridge.core.drops import OfferDraft
from bridge.flows.orders import expire_orders
from bridge.site import site
from tests.checkout.conftest import Shop
from tests.fakes import Clock
from tests.journeys.browser import chromium, wait
from tests.journeys.test_buying import fill, press, text, until
from tests.payments.emulated import adapter, emulated


@pytest.fixture(scope="module")
def browser():
    driver = chromium()
    yield driver
    driver.quit()


class Counter:
    """The shop behind HTTP, with Stripe's emulator as its provider; its clock begins with the real time, as the emulator's does."""

    def __init__(self, url, stripe, emulator):
        self.shop = Shop(url, Clock(datetime.now(UTC)))
        self.server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        base = {"base_url": self.address}
        settings = self.shop.house.settings.replace(server=base)
        self.shop.house = replace(self.shop.house, settings=settings, house=replace(self.shop.house.house, **base))
        self.shop.house._payments["stripe"] = stripe
        self._site = site(self.shop.house)
        emulator.delivery.url = f"{self.address}/hooks/payments/stripe"
        self.emulator = emulator
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.shop.sell(pays_by=("stripe",), offers=(OfferDraft("LOAF"),))
        self.slot = self.shop.open("Places: 2", start=f"{self.shop.clock() + timedelta(days=5):%Y%m%dT090000Z}")

    def _answer(self, environ, start_response):
        return self._site(environ, start_response)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.shop.house.database.dispose()

    def order(self, browser):
        """Orders a loaf, up to Stripe's page; the order's secret."""
        browser.get(f"{self.address}/slots/{self.slot}")
        press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
        until(browser, "Kept for you for")
        fill(browser, name="Cleo", email="cleo@example.org")
        press(browser, "[data-call]")
        until(browser, "Pay with a card that is declined")
        with self.shop.house.database.read() as db:
            return db.exec_driver_sql("SELECT secret FROM orders ORDER BY id DESC").scalar()

    def state(self, secret):
        self.emulator.delivery.quiet()
        return self.shop.seen(secret).order.state

    def money(self, secret):
        return self.shop.seen(secret).money

    def deliver(self):
        self.shop.deliver()
        self.emulator.delivery.quiet()


@pytest.fixture
def counter(sqlite_url):
    with emulated() as emulator, adapter(emulator) as stripe:
        made = Counter(sqlite_url, stripe, emulator)
        yield made
        made.close()


def choose(browser, what):
    """Presses a button of the payment page, and waits for what comes of it."""
    button = browser.find_element(By.CSS_SELECTOR, f'button[value="{what}"]')
    button.click()
    wait(browser, staleness_of(button))


def test_paid_is_paid(browser, counter):
    order = counter.order(browser)
    assert counter.state(order) == "pending"
    choose(browser, "pay")
    until(browser, "Your order is paid")
    assert (counter.state(order), counter.money(order).kept) == ("paid", 850)


def test_a_declined_card_can_be_followed_by_another(browser, counter):
    order = counter.order(browser)
    choose(browser, "decline")
    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, '[role="alert"]'))
    assert counter.state(order) == "pending"
    choose(browser, "pay")
    until(browser, "Your order is paid")
    assert counter.state(order) == "paid"


def test_who_goes_back_finds_the_order_waiting_and_pays_later(browser, counter):
    order = counter.order(browser)
    browser.find_element(By.ID, "back").click()
    until(browser, "Waiting for your payment")
    assert (counter.state(order), counter.shop.free(counter.slot)) == ("pending", 1)
    press(browser, 'form[action$="/pay"] button, form[action*="/pay"] button')
    until(browser, "Pay with a card that is declined")
    choose(browser, "pay")
    until(browser, "Your order is paid")


def test_who_pays_and_closes_the_tab_has_paid(browser, counter):
    order = counter.order(browser)
    choose(browser, "pay_and_leave")
    assert counter.state(order) == "paid"
    browser.get(f"{counter.address}/orders/{order}")
    assert "Your order is paid" in text(browser)


def test_the_page_tells_the_truth_when_the_webhook_is_late(browser, counter):
    counter.emulator.delivery.hold = True
    order = counter.order(browser)
    choose(browser, "pay")
    until(browser, "Your order is paid")
    counter.emulator.delivery.release("given", 2)
    assert (counter.state(order), counter.money(order).paid) == ("paid", 850)


def test_a_page_that_was_paid_once_takes_no_second_payment(browser, counter):
    order = counter.order(browser)
    payment = browser.current_url
    choose(browser, "pay")
    until(browser, "Your order is paid")
    browser.get(payment)
    assert "can be used only once" in text(browser)
    assert counter.money(order).paid == 850


def test_who_closes_the_tab_without_paying_gives_way(browser, counter):
    order = counter.order(browser)
    payment = browser.current_url
    browser.get("about:blank")
    counter.shop.clock.turn(minutes=16)
    expire_orders(counter.shop.house.work, counter.shop.clock())
    counter.deliver()
    assert (counter.state(order), counter.shop.free(counter.slot)) == ("expired", 2)
    browser.get(payment)
    wait(browser, lambda _: "expired" in text(browser))
    assert counter.money(order).paid == 0


def test_a_cancelled_order_is_refunded_at_stripe(browser, counter):
    order = counter.order(browser)
    choose(browser, "pay")
    until(browser, "Your order is paid")
    press(browser, 'a[href$="/cancel"]')
    press(browser, ".reach button, main form button")
    until(browser, "cancelled")
    counter.deliver()
    assert (counter.state(order), counter.money(order).kept) == ("cancelled", 0)
    assert [refund.state for refund in counter.money(order).refunds] == ["done"]
