"""A new server's first page, in a real browser, in each of its states."""

import threading

import pytest
from selenium.webdriver.common.by import By
from werkzeug.serving import make_server

from bridge.settings import Settings
from bridge.site import site
from bridge.wiring import bridge
from tests.journeys.browser import barriers, chromium, resize


@pytest.fixture
def link(sqlite_url, clock):
    house = bridge(Settings().replace(database={"url": sqlite_url}), now=clock, setup_token="a-token")
    server = make_server("127.0.0.1", 0, site(house), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/setup/a-token"
    server.shutdown()
    thread.join()
    server.server_close()
    house.database.dispose()


@pytest.fixture
def browser():
    driver = chromium()
    yield driver
    driver.quit()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_first_organizer_meets_no_barrier(browser, link, width):
    def looked_at(state):
        assert barriers(browser) == [], state
        wide, there = browser.execute_script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= there, state

    def sent(name):
        field = browser.find_element(By.ID, "name")
        field.clear()
        field.send_keys(name)
        browser.find_element(By.TAG_NAME, "button").click()

    resize(browser, width)
    browser.get(link)
    looked_at("form")
    sent("Ada Lovelace")
    looked_at("refused")
    assert browser.find_element(By.ID, "name").get_attribute("value") == "Ada Lovelace"
    sent("ada")
    looked_at("done")
    assert "/dav/" in browser.find_element(By.TAG_NAME, "dl").text
    browser.get(link)
    looked_at("over")
