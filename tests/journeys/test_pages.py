"""The shop window in a real browser."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from tests.journeys.browser import barriers, chromium, resize
from tests.window import LOAVES, SATURDAY, Window, left, offer, slot

GERMAN = "Donaudampfschifffahrtsgesellschaftskapitänsmützenversteigerungsabendveranstaltung"
STATES = ("open", "soon", "sold_out", "closed", "cancelled")
SLOTS = {"open": "k3v9q1", "sold out": "k3v9q3", "cancelled": "k3v9q5", "few": "k3v9q6", "long words": "k3v9q90", "all day": "k3v9q91"}
PAGES = {
    "front": "/",
    "organizer": "/ada/",
    "drop": "/ada/loaves/",
    "later dates": "/ada/loaves/?page=2",
    "drop in German": "/ada/long/?lang=de",
    "empty drop": "/ada/empty/",
    **{f"slot: {name}": f"/slots/{public_id}" for name, public_id in SLOTS.items()},
    "removed slot": "/slots/k3v9q92",
    "nothing": "/nobody/nothing/",
}


def stocked(clock):
    offers = (offer("LOAF", "Country loaf", 5, 1250), offer("BUN", "Morning bun", 0, 320), offer("TOTE", "Tote", None, 1800, add_on=True))
    drops = (
        LOAVES,
        replace(LOAVES, id=2, slug="long", title=GERMAN, language="de", color="yellow", description=GERMAN),
        replace(LOAVES, id=3, slug="empty", title="Winter ceramics", description="", place="", color=""),
    )
    slots = [
        slot(number + 1, availability=left(7, state=state, offers=offers), notes="See https://example.org/", limit=2)
        for number, state in enumerate(STATES)
    ]
    slots += [
        slot(number, starts_at=SATURDAY + timedelta(days=number // 4, hours=number % 4), availability=left(2)) for number in range(6, 70)
    ]
    slots.append(
        slot(
            90,
            drop="ada/long",
            title=GERMAN,
            place=GERMAN,
            availability=left(0, state="sold_out", offers=(offer("X", GERMAN, 0, 123_456_789),)),
        )
    )
    slots.append(slot(91, drop="ada/long", all_day=True, title="", color="#ffff00"))
    slots.append(slot(92, removed=True))
    return Window(*slots, drops=drops, clock=clock)


@pytest.fixture
def window(clock):
    return stocked(clock)


@pytest.fixture
def site(window):
    server = make_server("127.0.0.1", 0, window.app(), threaded=True)
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


@pytest.mark.parametrize(("width", "dark"), [(320, False), (390, True), (1280, False)])
def test_no_page_has_a_barrier_or_scrolls_sideways(browser, site, width, dark):
    resize(browser, width, dark=dark)
    for name, path in PAGES.items():
        browser.get(site + path)
        browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert barriers(browser) == [], name
        wide, there = browser.execute_script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= there, name


def test_a_count_changes_on_the_page_while_one_looks(browser, site, window):
    resize(browser, 1280)
    browser.get(site + "/ada/loaves/")
    badge = browser.find_element(By.CSS_SELECTOR, '[data-slot="k3v9q1"]')
    assert badge.text == "7 left"
    window.put(replace(window.slots["k3v9q1"], availability=left(3, offers=(offer("LOAF", "Country loaf", 2), offer("BUN", "Bun", 0)))))
    WebDriverWait(browser, 20).until(lambda _: badge.text == "3 left")
    assert "few" in badge.get_attribute("class").split()
    told = browser.find_element(By.CSS_SELECTOR, "[aria-live=polite]").get_attribute("textContent")
    row = browser.find_element(By.CSS_SELECTOR, ".slot")
    assert [cell.text for cell in row.find_elements(By.CSS_SELECTOR, "[data-offer]")] == ["2 left", "Sold out"]
    assert told == "Country loaf pickup 10:00 – 11:00: 3 left"


def test_a_slots_offers_change_with_it(browser, site, window):
    browser.get(site + "/slots/k3v9q1?lang=de")
    offers = (offer("LOAF", "Country loaf", 1, 1250), offer("BUN", "Morning bun", 4, 320), offer("TOTE", "Tote", 0, 1800))
    window.put(replace(window.slots["k3v9q1"], availability=left(0, state="sold_out", offers=offers)))
    badge = browser.find_element(By.CSS_SELECTOR, ".standing .badge")
    WebDriverWait(browser, 20).until(lambda _: badge.text == "Ausverkauft")
    shown = {cell.get_attribute("data-offer"): cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "[data-offer]")}
    assert shown == {"LOAF": "noch 1", "BUN": "noch 4", "TOTE": "Ausverkauft"}


def test_the_console_has_nothing_to_complain_about(browser, site):
    browser.get_log("browser")
    for path in ("/", "/ada/loaves/", "/slots/k3v9q1"):
        browser.get(site + path)
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def test_the_calendar_address_can_be_copied(browser, site):
    browser.get(site + "/ada/loaves/")
    browser.find_element(By.CSS_SELECTOR, "summary").click()
    button = browser.find_element(By.CSS_SELECTOR, "[data-copy=feed]")
    button.click()
    WebDriverWait(browser, 5).until(lambda _: button.text == "Copied")


def test_the_keyboard_reaches_the_content_first(browser, site):
    browser.get(site + "/ada/loaves/")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    skip = browser.switch_to.active_element
    assert skip.text == "Skip to the content"
    skip.send_keys(Keys.ENTER)
    assert browser.current_url.endswith("#main")


def test_a_browser_reads_the_compressed_feed(browser, site, window):
    window.put(*(slot(number) for number in range(100, 500)))
    browser.get(site + "/")
    fetched = "fetch(arguments[0]).then(async (answer) => arguments[1]([answer.headers.get('content-encoding'), await answer.text()]))"
    coding, text = browser.execute_async_script(fetched, site + "/ada/loaves/calendar.ics")
    assert coding == "gzip"
    assert text.count("BEGIN:VEVENT") == 400 + 70
    assert text.endswith("END:VCALENDAR\r\n")


def test_without_scripts_everything_is_still_there(site):
    with quitting(chromium(scripts=False)) as plain:
        plain.get(site + "/ada/loaves/")
        page = plain.find_element(By.TAG_NAME, "main").text
        assert "7 left" in page
        assert not plain.find_element(By.CSS_SELECTOR, "[data-copy=feed]").is_displayed()
        plain.find_element(By.CSS_SELECTOR, ".slot a").send_keys(Keys.ENTER)
        assert "Country loaf" in plain.find_element(By.TAG_NAME, "h1").text
