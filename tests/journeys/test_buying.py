"""From slot to order and back in a real browser: with and without a script, by keyboard, on a phone."""

import threading
from contextlib import contextmanager

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from bridge.core.terms import ShippingOption
from bridge.site import site
from tests.checkout.conftest import Shop
from tests.journeys.browser import barriers, chromium, resize, wait

POST = ShippingOption("post", "By post", 490, 19000, ("DE", "AT"), note="Two days.")


@pytest.fixture
def shop(sqlite_url, clock):
    made = Shop(sqlite_url, clock)
    yield made
    made.house.database.dispose()


@pytest.fixture
def address(shop):
    server = make_server("127.0.0.1", 0, site(shop.house), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def quitting(driver):
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def browser():
    with quitting(chromium()) as driver:
        yield driver


@pytest.fixture(scope="module")
def plain():
    with quitting(chromium(scripts=False)) as driver:
        yield driver


def looked_at(browser, state):
    assert barriers(browser) == [], state
    wide, there = browser.execute_script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= there, state


def find(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def press(browser, selector):
    """Clicks as a person does, who scrolls what they want to press out from under the bar that stays in reach."""
    target = find(browser, selector)
    # Works where pages run no scripts of their own.
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", target)
    target.click()


def fill(browser, **fields):
    for name, value in fields.items():
        field = find(browser, f"#{name}")
        field.clear()
        field.send_keys(value)


def text(browser):
    return find(browser, "main").text


def until(browser, sentence):
    wait(browser, lambda _: sentence in text(browser))


def sold(shop, **terms):
    shop.sell(shipping=(POST,), pays_by=("at_pickup", "fake"), pickup="Side door, ring twice.", seller="Ada's Bakery", **terms)
    return shop.open("Places: 5"), shop.open("Places: 9", "b", start="20261207T090000Z")


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_walk_three_from_slot_to_order_to_another_day_and_out(browser, shop, address, width, dark):
    slot, other = sold(shop)
    resize(browser, width, dark=dark)
    browser.get(f"{address}/slots/{slot}")
    looked_at(browser, "form")
    press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
    press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
    until(browser, "Kept for you for")
    WebDriverWait(browser, 10).until(lambda _: shop.free(slot) == 3)
    assert "€17.00" in find(browser, "[data-total]").text
    press(browser, 'input[value="ship:post"]')
    assert "€21.90" in find(browser, "[data-total]").text
    looked_at(browser, "held")
    press(browser, 'input[value="pickup"]')
    assert not find(browser, "#street").is_displayed()
    fill(browser, name="Cleo", email="cleo@example.org")
    assert browser.execute_script("return document.querySelector('[data-call]').getBoundingClientRect().top < innerHeight") or width > 600
    press(browser, "[data-call]")
    until(browser, "Your order is placed")
    assert shop.free(slot) == 3
    looked_at(browser, "placed")
    _changed_moved_and_cancelled(browser, shop, slot, other)


def _changed_moved_and_cancelled(browser, shop, slot, other):
    page = browser.current_url
    press(browser, 'a[href$="/change"]')
    looked_at(browser, "change")
    press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
    press(browser, ".reach button")
    until(browser, "3 × Country loaf")
    press(browser, 'a[href$="/move"]')
    looked_at(browser, "move")
    press(browser, f'input[value="{other}"]')
    press(browser, ".reach button")
    until(browser, "Mon 7 Dec")
    looked_at(browser, "moved")
    assert (shop.free(slot), shop.free(other)) == (5, 6)
    press(browser, 'a[href$="/receipt"]')
    looked_at(browser, "receipt")
    browser.get(page)
    press(browser, 'a[href$="/cancel"]')
    looked_at(browser, "cancel")
    press(browser, "main form button")
    until(browser, "This order was cancelled")
    looked_at(browser, "cancelled")
    assert shop.free(other) == 9


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_what_is_wrong_is_told_at_the_top_and_the_hold_runs_on(browser, shop, address, width, dark):
    slot, _ = sold(shop)
    resize(browser, width, dark=dark)
    browser.get(f"{address}/slots/{slot}")
    browser.execute_script("document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })")
    fill(browser, name="Cleo", email="cleo")
    press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
    press(browser, "[data-call]")
    until(browser, "Please look at this again")
    field = browser.switch_to.active_element
    assert (field.get_attribute("id"), field.get_attribute("aria-describedby").strip()) == ("email", "wrong-email")
    looked_at(browser, "errors")
    assert find(browser, "#name").get_attribute("value") == "Cleo"
    until(browser, "Kept for you for")
    assert shop.free(slot) == 4
    fill(browser, email="cleo@example.org")
    press(browser, "[data-call]")
    until(browser, "Your order is placed")
    assert shop.free(slot) == 4


def test_a_number_that_is_too_large_is_marked_at_once_and_costs_nothing(browser, shop, address):
    slot, _ = sold(shop)
    resize(browser, 360)
    browser.get(f"{address}/slots/{slot}")
    units = find(browser, "#units-1")
    press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
    WebDriverWait(browser, 10).until(lambda _: shop.free(slot) == 4)
    units.clear()
    units.send_keys("77")
    told = find(browser, "#wrong-units-1")
    assert (told.is_displayed(), told.text) == (True, "At most 5 can be ordered.")
    assert (units.get_attribute("aria-invalid"), units.get_attribute("aria-describedby")) == ("true", "wrong-units-1")
    assert not find(browser, "[data-total]").is_displayed()
    looked_at(browser, "too many")
    fill(browser, name="Cleo", email="cleo@example.org")
    press(browser, "[data-call]")
    assert browser.switch_to.active_element.get_attribute("id") == "units-1"
    assert browser.current_url.endswith(slot)
    units.send_keys(Keys.BACKSPACE, Keys.BACKSPACE, "2")
    assert not told.is_displayed()
    assert units.get_attribute("aria-invalid") is None
    press(browser, "[data-call]")
    until(browser, "Your order is placed")
    assert shop.free(slot) == 3


def test_leaving_the_page_gives_back_what_was_kept_and_coming_back_takes_it_again(browser, shop, address):
    slot, _ = sold(shop)
    resize(browser, 360)
    browser.get(f"{address}/slots/{slot}")
    press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
    WebDriverWait(browser, 10).until(lambda _: shop.free(slot) == 4)
    browser.get(f"{address}/ada/")
    WebDriverWait(browser, 10).until(lambda _: shop.free(slot) == 5)
    browser.back()
    more = find(browser, '.amount[data-sku="LOAF"] input')
    if more.get_attribute("value") == "1":
        more.send_keys(Keys.ARROW_UP)
        more.send_keys(Keys.TAB)
        WebDriverWait(browser, 10).until(lambda _: shop.free(slot) == 3)


def test_a_hold_that_runs_out_says_so_and_can_be_taken_again(browser, shop, address):
    slot, _ = sold(shop)
    resize(browser, 360)
    browser.get(f"{address}/slots/{slot}")
    browser.execute_script("document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })")
    press(browser, '.amount[data-sku="LOAF"] [data-step="1"]')
    WebDriverWait(browser, 10).until(lambda _: shop.free(slot) == 4)
    shop.later(minutes=4, seconds=58)
    fill(browser, name="Cleo", email="cleo")
    press(browser, "[data-call]")
    until(browser, "The time to order ran out. What you typed is still here.")
    looked_at(browser, "expired")
    shop.later(minutes=1)
    shop.expire()
    press(browser, "[data-restart]")
    until(browser, "Kept for you for")
    assert find(browser, "#name").get_attribute("value") == "Cleo"
    WebDriverWait(browser, 10).until(lambda _: shop.free(slot) == 4)


def test_sold_out_under_ones_hands_leads_to_the_waiting_list(browser, shop, address):
    slot = shop.open("Places: 2")
    resize(browser, 360)
    browser.get(f"{address}/slots/{slot}")
    looked_at(browser, "places")
    shop.ordered(slot, places=2)
    press(browser, '.amount [data-step="1"]')
    until(browser, "You can join the waiting list.")
    looked_at(browser, "sold out")
    shop.publish()
    press(browser, "[data-trouble] a")
    until(browser, "Join the waiting list")
    looked_at(browser, "waiting form")
    fill(browser, name="Ben", email="ben@example.org")
    press(browser, "#waiting-form .reach button")
    until(browser, "You are on the waiting list")
    looked_at(browser, "waiting")


def test_everything_works_without_a_script(plain, shop, address):
    slot, other = sold(shop)
    plain.get(f"{address}/slots/{slot}")
    assert "Kept" not in text(plain)
    fill(plain, name="Cleo", email="cleo@example", **{"units-1": "2"})
    press(plain, "[data-call]")
    until(plain, "Please look at this again")
    until(plain, "Kept for you until")
    fill(plain, email="cleo@example.org")
    press(plain, "[data-call]")
    until(plain, "Your order is placed")
    press(plain, 'a[href$="/move"]')
    press(plain, f'input[value="{other}"]')
    press(plain, ".reach button")
    until(plain, "Mon 7 Dec")
    press(plain, 'a[href$="/cancel"]')
    press(plain, "main form button")
    until(plain, "This order was cancelled")
    assert (shop.free(slot), shop.free(other)) == (5, 9)


def test_a_keyboard_is_enough(browser, shop, address):
    slot = shop.open("Places: 5")
    resize(browser, 1280)
    browser.get(f"{address}/slots/{slot}")
    places = find(browser, "#places")
    places.send_keys(Keys.ARROW_UP)
    for expected, typed in ((None, ""), ("name", "Cleo"), ("email", "cleo@example.org")):
        for _ in range(6):
            browser.switch_to.active_element.send_keys(Keys.TAB)
            if expected is None or browser.switch_to.active_element.get_attribute("id") == expected:
                break
        browser.switch_to.active_element.send_keys(typed)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    until(browser, "Your order is placed")
    assert "2 places" in text(browser)


def test_a_payment_is_made_at_the_provider_and_told_on_the_orders_page(browser, shop, address):
    slot, _ = sold(shop)
    resize(browser, 360)
    secret = shop.ordered(slot, units__LOAF="2", method="fake")
    browser.get(f"{address}/orders/{secret}")
    looked_at(browser, "pending")
    shop.provider.pay(shop.seen(secret).money.payments[0].reference)
    browser.get(f"{address}/orders/{secret}?paid=1")
    until(browser, "Your order is paid")
    looked_at(browser, "paid")
