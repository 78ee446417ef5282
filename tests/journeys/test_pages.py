"""The shop window in a real browser."""

import logging
import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from bridge.wording import LANGUAGES
from tests.journeys.browser import barriers, chromium, resize, wait
from tests.window import LOAVES, SATURDAY, Window, left, offer, preorder, slot

GERMAN = "Donaudampfschifffahrtsgesellschaftskapitänsmützenversteigerungsabendveranstaltung"
ARABIC = "خبز الريف – الاستلام يوم السبت"
PICTURE = "https://pictures.invalid/loaf.jpg"
SAMPLE = (Path(__file__).parent / "order_form_sample.html").read_text(encoding="utf-8")
STATES = ("open", "soon", "sold_out", "closed", "cancelled")
SLOTS = {
    "open": "k3v9q1",
    "sold out": "k3v9q3",
    "closed": "k3v9q4",
    "cancelled": "k3v9q5",
    "few": "k3v9q6",
    "long words": "k3v9q90",
    "all day": "k3v9q91",
    "soon": "k3v9q93",
    "Arabic": "k3v9q94",
    "with a picture": "k3v9q95",
}
PAGES = {
    "front": "/",
    "organizer": "/ada/",
    "drop": "/ada/loaves/",
    "later dates": "/ada/loaves/?page=2",
    "drop, filtered": "/ada/loaves/?day=2026-12-07&product=LOAF&only=available",
    "drop of few dates": "/ada/long/",
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
    opens = datetime.now(UTC) + timedelta(days=9, hours=3)
    waiting = preorder(max(opens, clock() + timedelta(days=1)))
    slots.append(slot(93, drop="ada/long", availability=left(9, state="soon", offers=offers), preorder=waiting))
    slots.append(slot(94, drop="ada/long", title=ARABIC, place="ساحة السوق ٥", pickup="الباب الجانبي", notes="أحضر حقيبة من فضلك."))
    slots.append(slot(95, drop="ada/long", image=PICTURE, availability=left(7, offers=offers)))
    return Window(*slots, drops=drops, clock=clock)


@pytest.fixture
def window(clock):
    return stocked(clock)


class Wire:
    """The connection on which the calendar's dates come: quick, unless it is held or cut."""

    def __init__(self, app):
        self.app = app
        self.free = threading.Event()
        self.free.set()
        self.cut = False

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].endswith("/slots.json"):
            self.free.wait(60)
            if self.cut:
                start_response("503 Service Unavailable", [("Cache-Control", "no-store")])
                return []
        return self.app(environ, start_response)


@pytest.fixture
def wire(window):
    return Wire(window.app())


@pytest.fixture
def site(wire):
    server = make_server("127.0.0.1", 0, wire, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    wire.free.set()
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


logging.getLogger("werkzeug").setLevel(logging.WARNING)
SIZES = pytest.mark.parametrize(("width", "dark"), [(320, False), (360, True), (1280, False), (1280, True)])


def has_no_barrier(browser, name):
    assert barriers(browser) == [], name
    wide, there = browser.execute_script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= there, name


def view(browser, name):
    browser.execute_script(f"document.querySelector('[data-view={name}]').click()")


def chips(browser):
    return [one for one in browser.find_elements(By.CSS_SELECTOR, ".calendar .chip") if one.is_displayed()]


@SIZES
def test_no_page_has_a_barrier_or_scrolls_sideways(browser, site, width, dark):
    resize(browser, width, dark=dark)
    for name, path in PAGES.items():
        browser.get(site + path)
        browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        browser.execute_script("document.querySelector('[data-view=list]')?.click()")
        has_no_barrier(browser, name)


@SIZES
def test_neither_calendar_nor_dialog_nor_the_form_to_come_has_a_barrier(browser, site, width, dark):
    resize(browser, width, dark=dark)
    browser.get(site + "/ada/loaves/?lang=de")
    view(browser, "calendar")
    wait(browser, chips)
    has_no_barrier(browser, "calendar")
    browser.find_element(By.CSS_SELECTOR, ".chip").send_keys(Keys.ENTER)
    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, "dialog[open] h2"))
    has_no_barrier(browser, "dialog")
    browser.get(site + "/slots/k3v9q1")
    browser.execute_script("document.querySelector('.order').outerHTML = arguments[0]", SAMPLE)
    has_no_barrier(browser, "form")


def test_a_date_opens_beside_the_list_and_gives_the_focus_back(browser, site, window):
    resize(browser, 390)
    browser.get(site + "/ada/loaves/")
    link = browser.find_element(By.CSS_SELECTOR, ".slot a")
    link.send_keys(Keys.ENTER)
    dialog = browser.find_element(By.TAG_NAME, "dialog")
    wait(browser, lambda _: "Choose this date" in dialog.text)
    assert "7 of 24 places left" in dialog.text
    assert browser.switch_to.active_element.text == "Country loaf pickup"
    for _ in range(12):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        inside = "return document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)"
        assert browser.execute_script(inside)
    window.put(replace(window.slots["k3v9q1"], availability=left(3)))
    wait(browser, lambda _: "3 left" in dialog.text and "3 of 24 places left" in dialog.text)
    browser.find_element(By.CSS_SELECTOR, "dialog h2").send_keys(Keys.ESCAPE)
    wait(browser, lambda _: not dialog.is_displayed())
    assert browser.switch_to.active_element == link


def test_the_dialog_leads_to_the_page_of_the_date(browser, site):
    resize(browser, 390)
    browser.get(site + "/ada/loaves/?lang=de")
    browser.find_element(By.CSS_SELECTOR, ".slot a").click()
    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, "dialog .button.strong"))[0].click()
    wait(browser, lambda _: browser.current_url.endswith("/slots/k3v9q1?lang=de"))


def loading(browser):
    return browser.find_element(By.CSS_SELECTOR, "[role=status][data-loading]")


@pytest.mark.parametrize("width", [390, 1280])
def test_while_the_calendar_loads_the_page_says_so_and_the_list_stays_where_it_is(browser, site, wire, width):
    resize(browser, width)
    browser.get(site + "/")
    browser.execute_script("localStorage.setItem('dropbridge:view', 'list')")
    browser.get(site + "/ada/loaves/?lang=en")
    there = "const one = document.querySelector('.slot').getBoundingClientRect(); return [one.top, document.documentElement.scrollHeight]"
    before = browser.execute_script(there)
    wire.free.clear()
    view(browser, "calendar")
    wait(browser, lambda _: loading(browser).text == "The calendar is loading …")
    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, ".calendar .ec-day"))
    assert browser.execute_script(there) == before
    assert browser.find_element(By.CSS_SELECTOR, ".slot a").is_displayed()
    assert not browser.find_element(By.CSS_SELECTOR, ".calendar").is_displayed()
    has_no_barrier(browser, "loading")
    wire.free.set()
    wait(browser, chips)
    assert loading(browser).text == ""
    assert not browser.find_element(By.CSS_SELECTOR, "[data-list]").is_displayed()


def test_who_opens_a_date_while_the_calendar_loads_comes_back_to_the_list(browser, site, wire):
    resize(browser, 390)
    browser.get(site + "/ada/loaves/?lang=en")
    wire.free.clear()
    view(browser, "calendar")
    wait(browser, lambda _: loading(browser).text)
    link = browser.find_element(By.CSS_SELECTOR, ".slot a")
    link.send_keys(Keys.ENTER)
    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, "dialog[open] h2"))
    wire.free.set()
    wait(browser, lambda _: not browser.execute_script("return arguments[0].textContent", loading(browser)))
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert browser.switch_to.active_element == link
    view(browser, "calendar")
    wait(browser, chips)


def test_a_calendar_whose_dates_do_not_come_gives_way_to_the_list_and_can_be_tried_again(browser, site, wire):
    resize(browser, 390)
    browser.get(site + "/ada/loaves/?lang=en")
    wire.cut = True
    view(browser, "calendar")
    wait(browser, lambda _: browser.find_element(By.CSS_SELECTOR, "[data-view=list]").get_attribute("aria-pressed") == "true")
    assert loading(browser).text == ""
    assert browser.find_element(By.CSS_SELECTOR, ".slot a").is_displayed()
    wire.cut = False
    view(browser, "calendar")
    wait(browser, chips)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 390])
def test_what_the_filters_say_is_read_whole_on_a_phone(browser, site, language, width):
    resize(browser, width)
    browser.get(f"{site}/ada/loaves/?lang={language}")
    cut = """return [...document.querySelectorAll(".filters :is(select, input[type=date])")].filter((field) => {
      const had = field.offsetWidth;
      field.style.width = "max-content";
      return field.offsetWidth > had;
    }).map((field) => field.name)"""
    assert browser.execute_script("return document.querySelectorAll('.filters select').length") == 1
    assert browser.execute_script(cut) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_label_is_broken_on_a_phone(browser, site, language):
    resize(browser, 360)
    browser.get(f"{site}/slots/k3v9q93?lang={language}")
    broken = """return [...document.querySelectorAll(".about dt")].filter((label) => {
      const words = document.createRange();
      words.selectNodeContents(label);
      return words.getClientRects().length > label.textContent.trim().split(" ").length;
    }).map((label) => label.textContent)"""
    assert browser.execute_script(broken) == []


def test_the_choice_of_calendar_or_list_is_remembered(browser, site):
    resize(browser, 390)
    browser.get(site + "/ada/loaves/")
    shown = browser.find_element(By.CSS_SELECTOR, "[data-list]")
    assert shown.is_displayed()
    browser.find_element(By.CSS_SELECTOR, "[data-view=calendar]").click()
    wait(browser, chips)
    assert not shown.is_displayed()
    browser.get(site + "/ada/loaves/")
    wait(browser, chips)
    browser.find_element(By.CSS_SELECTOR, "[data-view=list]").click()
    browser.get(site + "/ada/loaves/")
    assert browser.find_element(By.CSS_SELECTOR, "[data-list]").is_displayed()


def test_the_calendar_is_walked_with_arrow_keys(browser, site):
    resize(browser, 1280)
    browser.get(site + "/ada/loaves/")
    view(browser, "calendar")
    wait(browser, chips)

    def at():
        return " ".join(browser.switch_to.active_element.get_attribute("textContent").split())

    def press(key):
        browser.switch_to.active_element.send_keys(key)
        return at()

    browser.find_element(By.CSS_SELECTOR, ".chip[href$=k3v9q1]").send_keys(Keys.ARROW_RIGHT)
    assert at() == "Saturday 5 December 11:00 Country loaf pickup Opens soon"
    assert press(Keys.ARROW_LEFT) == "Saturday 5 December 10:00 Country loaf pickup 7 left"
    assert press(Keys.ARROW_DOWN).startswith("Saturday 12 December 10:00")
    assert press(Keys.END).startswith("Tuesday 22 December 11:00")
    assert press(Keys.ARROW_UP).startswith("Tuesday 15 December")
    assert press(Keys.HOME).startswith("Saturday 5 December 10:00")
    press(Keys.PAGE_DOWN)
    wait(browser, lambda _: browser.find_element(By.CSS_SELECTOR, ".ec-title").text == "4 Jan – 7 Feb 2027")


def test_counts_in_the_calendar_are_live(browser, site, window):
    resize(browser, 1280)
    browser.get(site + "/ada/loaves/")
    view(browser, "calendar")
    first = wait(browser, chips)[0]
    assert "7 left" in first.text
    window.put(replace(window.slots["k3v9q1"], availability=left(4)))
    wait(browser, lambda _: "4 left" in chips(browser)[0].text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [753, 900, 1088, 1280])
def test_the_words_of_a_chip_stay_whole(browser, site, language, width):
    resize(browser, width)
    browser.get(f"{site}/ada/loaves/?lang={language}")
    view(browser, "calendar")
    wait(browser, chips)
    broken = """return [...document.querySelectorAll(".calendar .chip .badge")].filter((badge) => {
      const words = document.createRange();
      words.selectNodeContents(badge);
      const [box, chip] = [badge.getBoundingClientRect(), badge.closest(".chip").getBoundingClientRect()];
      const lines = new Set([...words.getClientRects()].map((line) => Math.round(line.top)));
      return lines.size > 1 && !badge.textContent.trim().includes(" ") || box.right > chip.right + 1;
    }).map((badge) => badge.textContent)"""
    assert browser.execute_script(broken) == []


def test_filters_act_at_once_on_list_and_calendar(browser, site):
    resize(browser, 1280)
    browser.get(site + "/ada/long/?lang=en")
    view(browser, "list")
    rows = browser.find_elements(By.CSS_SELECTOR, ".slot")
    assert len([row for row in rows if row.is_displayed()]) == 5
    browser.find_element(By.CSS_SELECTOR, "[name=only]").click()
    badges = [row.find_element(By.CSS_SELECTOR, ".badge").text for row in rows if row.is_displayed()]
    assert badges == ["7 left", "Opens soon", "7 left", "7 left"]
    assert browser.current_url.endswith("/ada/long/?lang=en&only=available")
    view(browser, "calendar")
    wait(browser, lambda _: len(chips(browser)) == 4)
    browser.refresh()
    view(browser, "list")
    assert len([row for row in browser.find_elements(By.CSS_SELECTOR, ".slot") if row.is_displayed()]) == 4


def test_times_are_told_in_the_visitors_zone_only_where_it_differs(browser, site):
    for zone, told in (("America/New_York", "Sat 5 Dec, 04:00–05:00 where you are (Eastern Standard Time)"), ("Europe/Paris", "")):
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": zone})
        browser.get(site + "/slots/k3v9q1")
        assert browser.find_element(By.CSS_SELECTOR, ".yours").text == told
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_an_opening_counts_down(browser, site):
    browser.get(site + "/slots/k3v9q93?lang=en")
    assert re.fullmatch(r"\d+ days \d\d:\d\d:\d\d", browser.find_element(By.CSS_SELECTOR, ".countdown").text)


def test_a_count_changes_on_the_page_while_one_looks(browser, site, window):
    resize(browser, 390)
    browser.get(site + "/ada/loaves/")
    badge = browser.find_element(By.CSS_SELECTOR, '[data-slot="k3v9q1"]')
    assert badge.text == "7 left"
    window.put(replace(window.slots["k3v9q1"], availability=left(3, offers=(offer("LOAF", "Country loaf", 2), offer("BUN", "Bun", 0)))))
    wait(browser, lambda _: badge.text == "3 left")
    assert "few" in badge.get_attribute("class").split()
    told = browser.find_element(By.CSS_SELECTOR, "[aria-live=polite]").get_attribute("textContent")
    row = browser.find_element(By.CSS_SELECTOR, ".slot")
    assert [cell.text for cell in row.find_elements(By.CSS_SELECTOR, "[data-offer]")] == ["2 left", "Sold out"]
    assert told == "Country loaf pickup 10:00 – 11:00: 3 left"


@pytest.mark.parametrize(("minutes", "said"), [(60, "Preorder closed"), (-1, "Over")])
def test_a_date_that_ends_while_one_looks_is_over_and_one_that_closes_is_closed(browser, site, window, minutes, said):
    browser.get(site + "/slots/k3v9q1?lang=en")
    badge = browser.find_element(By.CSS_SELECTOR, ".standing .badge")
    assert badge.get_attribute("data-over-at").startswith("2026-12-05T11:00")
    ends = "document.querySelector('.standing .badge').dataset.overAt = new Date(Date.now() + arguments[0] * 60000).toISOString()"
    browser.execute_script(ends, minutes)
    window.put(replace(window.slots["k3v9q1"], availability=left(0, state="closed", offers=(offer("LOAF", "Country loaf", 4, 1250),))))
    wait(browser, lambda _: badge.text != "7 left")
    assert badge.text == said
    assert browser.find_element(By.CSS_SELECTOR, "[data-offer=LOAF]").text == ("" if said == "Over" else "4 left")


def test_a_slots_offers_change_with_it(browser, site, window):
    browser.get(site + "/slots/k3v9q1?lang=de")
    offers = (offer("LOAF", "Country loaf", 1, 1250), offer("BUN", "Morning bun", 4, 320), offer("TOTE", "Tote", 0, 1800))
    window.put(replace(window.slots["k3v9q1"], availability=left(0, state="sold_out", offers=offers)))
    badge = browser.find_element(By.CSS_SELECTOR, ".standing .badge")
    wait(browser, lambda _: badge.text == "Ausverkauft")
    shown = {cell.get_attribute("data-offer"): cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "[data-offer]")}
    assert shown == {"LOAF": "noch 1", "BUN": "noch 4", "TOTE": "Ausverkauft"}


def test_the_console_has_nothing_to_complain_about(browser, site):
    browser.get_log("browser")
    resize(browser, 1280)
    for path in ("/", "/ada/loaves/", "/slots/k3v9q1"):
        browser.get(site + path)
        if path == "/ada/loaves/":
            view(browser, "calendar")
            wait(browser, chips)[0].click()
            wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, "dialog[open] h2"))
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
