"""Pages by Tab alone: every control is reached in the order in which it is seen, shows that it is, and has a name to be read out."""

from itertools import pairwise

import pytest
from selenium.webdriver.common.keys import Keys

from bridge.core.terms import ShippingOption
from tests.journeys.browser import resize
from tests.journeys.test_buying import address, browser, shop

__all__ = ["address", "browser", "shop"]
POST = ShippingOption("post", "By post", 490, 19000, ("DE", "AT"))
AT = """
const one = document.activeElement;
if (one === document.body) return null;
const box = one.getBoundingClientRect();
const style = getComputedStyle(one.closest(".choice") || one);
one.dataset.walked = "";
return {
  what: one.outerHTML.slice(0, 120),
  top: box.top + scrollY, left: box.left, height: box.height,
  side: one.closest(".facts, .further, .shot") ? one.closest(".facts, .further, .shot").className : "",
  bar: Boolean(one.closest(".reach")),
  outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
};
"""
LEFT_OUT = """
const wanted = "a[href], button, input, select, textarea, summary, [tabindex='0']";
return [...document.querySelectorAll(wanted)].filter((one) =>
  one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }) && !("walked" in one.dataset)
  && !(one.type === "radio" && document.querySelector(`[name="${one.name}"][data-walked]`))
).map((one) => one.outerHTML.slice(0, 120));
"""
UPWARDS = "return [...document.querySelectorAll('[tabindex]')].filter((one) => one.tabIndex > 0).length"


def walked(browser):
    """What Tab comes by, from the top of the page until it leaves it."""
    browser.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
    stops = []
    while len(stops) < 120:
        browser.switch_to.active_element.send_keys(Keys.TAB)
        stop = browser.execute_script(AT)
        if stop is None or (stops and stop["what"] == stops[0]["what"]):
            return stops
        stops.append(stop | {"name": browser.switch_to.active_element.accessible_name})
    raise AssertionError("The page holds the focus for good.")


def follows(before, after):
    """Whether it is seen below or beside what came before it, within a column."""
    lower, beside = after["top"] >= before["top"] + before["height"] / 2, after["left"] > before["left"]
    return before["side"] != after["side"] or lower or (beside and after["top"] + after["height"] > before["top"])


def check(browser):
    stops = walked(browser)
    assert [stop["what"] for stop in stops if not stop["name"].strip()] == [], "without a name"
    assert [stop["what"] for stop in stops if not stop["outline"]] == [], "not to be seen that it has the focus"
    assert browser.execute_script(LEFT_OUT) == [], "never reached"
    assert browser.execute_script(UPWARDS) == 0
    # What stays in reach at the bottom of a phone has its place in the page all the same, and columns are read one by one.
    flow = [stop for stop in stops[1:] if not stop["bar"]]
    assert [pair for pair in pairwise(flow) if not follows(*pair)] == [], "elsewhere than it is seen"
    return [stop["name"] for stop in stops]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_slot_and_the_order_made_on_it_are_walked_by_tab_alone(browser, shop, address, width):
    shop.sell(shipping=(POST,), pays_by=("at_pickup", "fake"), questions=(), story="Baked by night.")
    slot = shop.open("Places: 5")
    resize(browser, width)
    browser.get(f"{address}/slots/{slot}")
    names = check(browser)
    assert names[0] == "Skip to the content"
    wanted = ["How many: Country loaf", "How many: Mug", "Pickup", "Name", "E-mail", "Pay when you pick it up", "Order now, pay at pickup"]
    places = [next(at for at, name in enumerate(names) if name.startswith(one)) for one in wanted]
    assert places == sorted(places)
    secret = shop.ordered(slot, units__LOAF=1)
    browser.get(f"{address}/orders/{secret}")
    names = check(browser)
    for name in ("Subscribe", "Change the quantity", "Move to another date", "Cancel the order", "Receipt", "Bread"):
        assert any(one.startswith(name) for one in names), (name, names)


@pytest.mark.parametrize("page", ["change", "move", "cancel", "receipt"])
def test_what_is_done_with_an_order_is_walked_by_tab_alone(browser, shop, address, page):
    shop.sell()
    slot = shop.open("Places: 5")
    shop.open("Places: 9", "b", start="20261207T090000Z")
    secret = shop.ordered(slot, units__LOAF=1)
    resize(browser, 390)
    browser.get(f"{address}/orders/{secret}/{page}")
    check(browser)


def test_a_waiting_list_and_its_offer_are_walked_by_tab_alone(browser, shop, address):
    shop.sell()
    slot = shop.open("Places: 1")
    secret = shop.ordered(slot, units__LOAF=1)
    shop.publish()
    resize(browser, 390)
    browser.get(f"{address}/slots/{slot}")
    assert "Join the waiting list" in check(browser)
    shop.post(f"/slots/{slot}/waiting", 303, units__LOAF=1, name="Ben", email="ben@example.org")
    with shop.house.work() as work:
        (turn,) = work.waiting_on(work.slot_id(slot), 10)
    shop.post(f"/orders/{secret}/cancel", 303)
    shop.publish()
    browser.get(f"{address}/waiting/{turn.secret}")
    assert "Order it now" in check(browser)
    browser.get(f"{address}/slots/{slot}?offer={turn.secret}")
    check(browser)
