"""The pages a customer sees, as text and headers; how they look in a browser is in tests/journeys."""

import gzip
import re
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.drops import PreorderWindow
from tests.cast import ADA
from tests.window import LOAVES, ORGANIZER, SATURDAY, Window, left, offer, slot

DROP = "/ada/loaves/"


@pytest.fixture
def window(clock):
    return Window(slot(1), slot(2, availability=left(2)), slot(3, availability=left(0, state="sold_out")), clock=clock)


@pytest.fixture
def client(window):
    return window.app().test_client()


def text(response, status=200):
    assert response.status_code == status, response.status
    assert response.mimetype == "text/html"
    return response.get_data(as_text=True)


class Links(HTMLParser):
    """Every link of a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found.append(dict(attrs).get("href"))


def seen(page):
    """The words of a page in their order."""
    return " ".join(re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def test_the_front_page_shows_public_drops_the_soonest_first(clock):
    later = replace(LOAVES, id=2, slug="jam", title="Jam day")
    idle = replace(LOAVES, id=3, slug="idle", title="Idle")
    hidden = replace(LOAVES, id=4, slug="hidden", title="Hidden")
    hidden = replace(hidden, is_public=False)
    slots = (slot(1, drop="ada/jam", starts_at=SATURDAY + timedelta(days=7)), slot(2), slot(3, drop="ada/hidden"))
    client = Window(*slots, drops=(idle, later, LOAVES, hidden), clock=clock).app().test_client()
    for path in ("/", "/ada/"):
        words = seen(text(client.get(path)))
        assert words.index("Saturday loaves") < words.index("Jam day") < words.index("Idle")
        assert "Next: Sat 5 Dec 11:00 7 left" in words
        assert "Hidden" not in words
    assert ADA.title.replace("'", "&#39;") in seen(text(client.get("/ada/")))


def test_settings_lines_of_a_drops_description_are_not_shown(clock):
    loaves = replace(LOAVES, description="Baked the night before.\nPlaces: 24")
    page = text(Window(slot(1), drops=(loaves,), clock=clock).app().test_client().get(DROP))
    assert "Baked the night before." in seen(page)
    assert "Places: 24" not in page


def test_a_server_without_drops_says_so():
    assert "There are no drops here yet." in text(Window(drops=()).app().test_client().get("/"))


def test_a_drop_lists_its_days_and_what_is_left(client):
    words = seen(text(client.get(DROP)))
    assert "Saturday 5 December 2026" in words
    assert "10:00 – 11:00 Country loaf pickup 7 left" in words
    assert "11:00 – 12:00 Country loaf pickup 2 left" in words
    assert "12:00 – 13:00 Country loaf pickup Sold out" in words
    assert "Central European Standard Time" in words


def test_a_drop_can_be_subscribed_to_in_every_app(client):
    links = Links(text(client.get(DROP))).found
    feed = "https://drops.example/ada/loaves/calendar.ics"
    assert "webcal://drops.example/ada/loaves/calendar.ics" in links
    asked = {urlsplit(link).hostname: parse_qs(urlsplit(link).query) for link in links if link and link.startswith("https:")}
    assert asked["calendar.google.com"]["cid"] == ["webcal://drops.example/ada/loaves/calendar.ics"]
    assert asked["outlook.live.com"] == asked["outlook.office.com"] == {"url": [feed], "name": ["Saturday loaves"]}
    page = text(client.get(DROP))
    assert f'value="{feed}"' in page
    assert 'value="https://drops.example/dav-public/ada/loaves/"' in page
    assert '<svg class="qr"' in page or 'class="qr"' in page


def test_a_drop_without_dates_says_so(clock):
    words = seen(text(Window(clock=clock).app().test_client().get(DROP)))
    assert "No dates are planned at the moment." in words
    assert "Subscribe" in words


def test_dates_that_are_over_or_removed_are_not_listed(window, client, clock):
    window.put(slot(4, removed=True, title="Removed"))
    clock.set(SATURDAY + timedelta(hours=1, minutes=30))
    words = seen(text(client.get(DROP)))
    assert "10:00 – 11:00" not in words
    assert "11:00 – 12:00" in words
    assert "Removed" not in words


def test_many_dates_come_in_pages(clock):
    window = Window(*(slot(number, title=f"Date <{number}>") for number in range(1, 200)), clock=clock)
    client = window.app().test_client()
    titles = []
    path = DROP
    while path:
        page = text(client.get(path))
        assert len(page) < 60_000
        titles += re.findall(r"Date &lt;(\d+)&gt;", page)
        later = re.search(r'rel="next" href="([^"]+)"', page)
        path = DROP + later[1] if later else None
    assert titles == [str(number) for number in range(1, 200)]


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 5000, "٣", "1e9", ""])
def test_an_absurd_page_is_the_first_or_an_empty_one(client, page):
    words = seen(text(client.get(DROP, query_string={"page": page})))
    assert "7 left" in words or "There are no further dates." in words


def test_a_slot_shows_all_that_a_customer_asks(window, client, clock):
    offers = (
        offer("LOAF", "Country loaf", 5, 1250),
        offer("BUN", "Morning bun", 0, 320),
        offer("TOTE", "Tote", None, None, add_on=True, as_of=clock()),
    )
    window.put(
        slot(
            1,
            availability=left(7, offers=offers),
            notes="Bring a bag <b>please</b>: https://example.org/bags?x=1&y=2.",
            place="Side street 5",
            geo="52.5;13.4",
            pickup="Side door",
            limit=2,
            image="https://example.org/loaf.jpg",
            preorder=PreorderWindow(closes=SATURDAY - timedelta(days=1)),
        )
    )
    page = text(client.get("/slots/k3v9q1"))
    words = seen(page)
    assert "Saturday 5 December 2026 10:00 – 11:00 Central European Standard Time" in words
    assert "7 of 24 places left" in words
    assert "Side street 5" in words
    assert "until Fri 4 Dec 10:00" in words
    assert "2 per customer" in words
    assert "Side door" in words
    assert "Country loaf 5 left €12.50" in words
    assert "Morning bun Sold out €3.20" in words
    assert "Tote Available (as of Wed 2 Dec 10:00)" in words
    assert "&lt;b&gt;please&lt;/b&gt;" in page
    assert '<a href="https://example.org/bags?x=1&amp;y=2" rel="nofollow noopener noreferrer">' in page
    assert 'src="https://example.org/loaf.jpg"' in page
    assert "https://www.openstreetmap.org/?mlat=52.5&amp;mlon=13.4" in page
    assert "Join the waiting list" not in words


def test_one_slot_can_be_taken_as_a_file(client):
    response = client.get("/slots/k3v9q2/calendar.ics")
    [event] = icalendar.Calendar.from_ical(response.data).walk("VEVENT")
    assert event["UID"] == "k3v9q2@dropbridge"
    assert "attachment" in response.headers["Content-Disposition"]
    assert "/slots/k3v9q2/calendar.ics" in Links(text(client.get("/slots/k3v9q2"))).found


def test_a_cancelled_slot_says_so_and_a_removed_one_is_gone(window, client):
    window.put(slot(1, availability=left(0, state="cancelled")), slot(2, removed=True))
    assert "This date is cancelled." in text(client.get("/slots/k3v9q1"))
    gone = text(client.get("/slots/k3v9q2"), 410)
    assert "This date was removed" in gone
    assert DROP in Links(gone).found


@pytest.mark.parametrize("path", ["/slots/k3v9q1", "/slots/k3v9q1/card", "/slots/k3v9q1/card?lang=de", DROP, "/"])
def test_nothing_is_left_of_a_date_that_was_cancelled(window, client, path):
    offers = (offer("LOAF", "Country loaf", 5), offer("MUG", "Mug", None, add_on=True))
    window.put(slot(1, availability=left(5, state="cancelled", offers=offers)), slot(2, removed=True), slot(3, removed=True))
    page = text(client.get(path))
    assert "ancel" in page or "Abgesagt" in page
    assert path == "/" or "Country loaf" in page
    assert not re.search(r"\d left|at this price|noch \d|Available|Verfügbar|\d of \d+ places", seen(page))


def test_what_is_counted_live_of_a_cancelled_date_is_nothing(window, client):
    window.put(slot(1, availability=left(5, state="cancelled", offers=(offer("LOAF", "Country loaf", 5),))))
    told = client.get(f"{DROP}live.json").get_json()["slots"]["k3v9q1"]
    assert (told["left"], told["places_left"], told["offers"]["LOAF"]["left"]) == (0, 0, 0)
    dates = client.get(f"{DROP}slots.json?from=2026-12-01&to=2026-12-20").get_json()["slots"]
    assert [one["left"] for one in dates if one["id"] == "k3v9q1"] == [0]


def test_a_slot_of_a_private_drop_is_not_found(clock):
    client = Window(slot(1), drops=(replace(LOAVES, is_public=False),), clock=clock).app().test_client()
    for path in (DROP, "/slots/k3v9q1", "/slots/k3v9q1/calendar.ics"):
        text(client.get(path), 404)


def test_a_link_that_is_none_of_the_web_is_not_a_link(window, client):
    window.put(slot(1, url="javascript:alert(1)", image="javascript:alert(1)", color='red"/><script>', place="Yard", geo='1;2"><b>'))
    page = text(client.get("/slots/k3v9q1"))
    assert "javascript:" not in page
    assert "<script>" not in page
    assert '2">' not in page


@pytest.mark.parametrize(("header", "query", "language"), [
    ("", "", "de"),
    ("fr-CH,fr;q=0.9", "", "fr"),
    ("fr", "?lang=es", "es"),
    ("fr", "?lang=es-MX", "es"),
    ("xx", "?lang=tlh", "de"),
    ("ja, en;q=0.3", "", "en"),
])  # fmt: skip
def test_the_address_then_the_browser_then_the_drop_choose_the_language(clock, header, query, language):
    client = Window(slot(1), drops=(replace(LOAVES, language="de"),), clock=clock).app().test_client()
    response = client.get("/slots/k3v9q1" + query, headers={"Accept-Language": header})
    assert f'<html lang="{language}"' in text(response)
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.headers["Vary"]


def test_german_pages_are_german_and_keep_the_language_in_their_links(client):
    page = text(client.get("/slots/k3v9q1?lang=de"))
    words = seen(page)
    assert "Samstag, 5. Dezember 2026" in words
    assert "noch 7" in words
    assert "Mitteleuropäische Normalzeit" in words
    assert DROP + "?lang=de" in Links(page).found


@pytest.mark.parametrize("path", ["/", "/ada/", DROP, "/slots/k3v9q1", "/nothing/here/", "/assets/none.css"])
def test_nothing_foreign_runs_on_a_page(client, path):
    response = client.get(path)
    page = response.get_data(as_text=True)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert " style=" not in page
    for sheet in re.findall(r"<style>(.*?)</style>", page, re.DOTALL):
        assert f"'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}'" in policy
    assert page.count("<style") <= 1
    assert not re.search(r"\son[a-z]+=", page)
    assert all("src=" in tag or "ld+json" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "Set-Cookie" not in response.headers
    assert "Strict-Transport-Security" not in response.headers
    assert "max-age" in client.get(path, base_url="https://drops.example").headers["Strict-Transport-Security"]


def test_files_of_the_pages_are_kept_by_browsers_for_good(client):
    page = text(client.get("/")) + text(client.get(DROP))
    names = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert {name.rpartition(".")[2] for name in names} == {"css", "js", "svg"}
    for name in names:
        response = client.get(name)
        assert "immutable" in response.headers["Cache-Control"]
        assert re.fullmatch(r"/assets/[a-z]+\.[0-9a-f]{12}\.\w+", name)


@pytest.mark.parametrize("path", ["/", "/ada/", DROP, "/slots/k3v9q1", "/nothing/here/"])
def test_pages_are_light(client, path):
    page = client.get(path, headers={"Accept-Encoding": "gzip"})
    words = gzip.decompress(page.data) if page.headers.get("Content-Encoding") == "gzip" else page.data
    names = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', words.decode()))
    files = {name: client.get(name, headers={"Accept-Encoding": "gzip"}) for name in names}
    assert {file.headers["Content-Encoding"] for file in files.values()} == {"gzip"}
    assert len(page.data) + sum(len(file.data) for file in files.values()) < 30_000


def test_the_calendar_comes_when_it_is_wanted_and_is_small(client):
    names = re.findall(r'data-(?:script|sheet)="(/assets/calendar[^"]+)"', text(client.get(DROP)))
    assert len(names) == 2
    assert sum(len(client.get(name, headers={"Accept-Encoding": "gzip"}).data) for name in names) < 60_000


def test_a_page_that_did_not_change_is_not_sent_again(window, client):
    first = client.get(DROP)
    again = client.get(DROP, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    window.put(slot(1, availability=left(6)))
    assert client.get(DROP, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_faults_have_pages(client, window):
    assert "There is nothing here" in text(client.get("/ada/cakes/"), 404)
    refused = client.post("/slots/k3v9q1")
    assert "This does not work here" in text(refused, 405)
    assert "GET" in refused.headers["Allow"]
    assert "Hier ist nichts" in text(client.get("/x/y/", headers={"Accept-Language": "de"}), 404)


def test_a_fault_of_ours_is_a_page_too(window, caplog):
    app = window.app()
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)
    page = text(app.test_client().get("/broken"), 500)
    assert "Something went wrong" in page
    assert "ZeroDivisionError" not in page


@pytest.mark.parametrize("host", ["..", "a..b", ".", "x" * 64])
def test_a_host_that_is_none_is_the_senders_mistake(client, caplog, host):
    for path in ("/", DROP, "/healthz", "/ada/loaves/calendar.ics", "/robots.txt", "/no/such/page", "/feeds/nothing.ics"):
        told = client.get(path, environ_overrides={"HTTP_HOST": host}, headers={"Accept-Language": "de"})
        assert told.status_code == 400
        assert told.get_data(as_text=True) == "Diese Anfrage ist nicht zu verstehen\n"
        assert told.content_type == "text/plain; charset=utf-8"
        assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert not caplog.records
    posted = client.post("/slots/k3v9q1/order", data={"name": "Cleo"}, environ_overrides={"HTTP_HOST": host})
    assert posted.status_code == 400
    assert client.get("/api/v1/nothing", environ_overrides={"HTTP_HOST": host}).status_code == 400


def test_a_page_that_fails_even_to_say_so_leaves_its_words(window, caplog):
    app = window.app()
    app.jinja_env.globals["url_for"] = lambda *_path, **_values: 1 / 0
    told = app.test_client().get("/no/such/page")
    assert (told.status_code, told.get_data(as_text=True).splitlines()[0]) == (404, "There is nothing here")
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert [record.message for record in caplog.records] == ["the page of a fault failed"]


def test_machines_get_their_own_faults(client):
    response = client.get("/api/v1/nothing")
    assert response.status_code == 404
    assert "stylesheet" not in response.get_data(as_text=True)


def test_robots_keep_to_the_pages(client):
    lines = client.get("/robots.txt").get_data(as_text=True).splitlines()
    assert "Disallow: /orders/" in lines
    assert "Disallow: /" not in lines
    assert client.get("/favicon.ico").mimetype == "image/svg+xml"


odd = st.text(st.characters(codec="utf-8"), max_size=40)
WINDOW = Window(slot(1)).app()


@given(odd, odd)
def test_whatever_is_asked_for_is_never_a_fault_of_ours(name, value):
    client, part = WINDOW.test_client(), quote(name, safe="")
    query = {"page": value, "lang": value, "slots": value, "alarms": value}
    for path in (f"/{part}/", f"/{part}/{part}/", f"/ada/{part}", f"/slots/{part}", f"/slots/{part}/calendar.ics", f"/assets/{part}"):
        assert client.get(path, query_string=query).status_code < 500
    headers = {"Accept-Language": value.encode().decode("latin-1").translate(dict.fromkeys(range(32)))}
    for path in (DROP, "/slots/k3v9q1", "/ada/loaves/calendar.ics", "/ada/loaves/live.json"):
        assert client.get(path, query_string=query, headers=headers).status_code in {200, 400}


def test_the_organizer_of_the_cast_is_the_one_on_the_page(client):
    assert ORGANIZER.title in seen(text(client.get(DROP))).replace("&#39;", "'")


def test_a_list_says_where_its_times_are_local_to_only_when_that_is_one_place(clock):
    everywhere = Window(slot(1, all_day=True, timezone="UTC"), slot(2), slot(3), clock=clock)
    assert "All times are local to the place: Central European Standard Time." in text(everywhere.app().test_client().get(DROP))
    abroad = Window(slot(1), slot(2, timezone="America/New_York"), clock=clock)
    assert "All times are local to the place.<" in text(abroad.app().test_client().get(DROP))
