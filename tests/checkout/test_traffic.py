"""A slot's page counts who looks at it without knowing them, and says how many booked of late, never too many."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.terms import EarlyPrice, Product, Terms
from bridge.core.traffic import Tally, View, hour_of, is_told, lately
from bridge.site import site
from tests.fakes import WEDNESDAY
from tests.house import bakery, event

PHONE = "Mozilla/5.0 (Linux; Android 14; CUBOT X90) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
LOAF = Product("LOAF", "Loaf", price=450, early=EarlyPrice(400, units=2))
BAG = Product("BAG", "Bag", price=20, add_on=True)


@pytest.fixture
def shop(sqlite_url, clock):
    with bakery(sqlite_url, clock) as made:
        made.describe(products=(LOAF, BAG), activity=timedelta(hours=3), activity_floor=3)
        made.put(event(notes="Places: 24\nSells: LOAF, BAG add-on"))
        made.publish()
        made.client = site(made.house).test_client()
        made.address = f"/slots/{made.slots()[0].public_id}"
        yield made


def look(shop, method="GET", path="", **headers):
    return shop.client.open(shop.address + path, method=method, headers={"User-Agent": PHONE} | headers)


def counted(shop):
    """Views by price since the last time."""
    found = {}
    for view, times in shop.house.tally.take().items():
        found[view.price] = found.get(view.price, 0) + times
    return found


def test_each_look_at_the_page_is_a_view_at_the_price_it_shows(shop):
    for _ in range(3):
        look(shop)
    shop.buy(shop.slots()[0].public_id, units={"LOAF": 2})
    shop.publish()
    look(shop)
    assert counted(shop) == {400: 3, 450: 1}


def test_a_view_is_kept_with_its_hour_and_nothing_of_who_looked(shop):
    response = look(shop, Cookie="who=cleo")
    assert list(shop.house.tally.take()) == [View(shop.slots()[0].position, WEDNESDAY, 400)]
    assert "Set-Cookie" not in response.headers


def test_who_has_the_page_still_and_looks_again_counts(shop):
    tag = look(shop).headers["ETag"]
    assert look(shop, **{"If-None-Match": tag}).status_code == 304
    assert counted(shop) == {400: 2}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X-Moz": "prefetch"}),
        ("GET", {"X-Purpose": "preview"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"}),
        ("GET", {"User-Agent": "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"}),
        ("GET", {"User-Agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"}),
        ("GET", {"User-Agent": "WhatsApp/2.23.20.0"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)"}),
        ("GET", {"User-Agent": "curl/8.5.0"}),
        ("GET", {"User-Agent": "python-requests/2.32"}),
    ],
)
def test_what_nobody_looks_at_is_no_view(shop, method, headers):
    assert look(shop, method, **headers).status_code == 200
    assert counted(shop) == {}


def test_the_short_form_within_the_drops_page_and_what_is_not_there_are_no_views(shop):
    assert look(shop, path="/card").status_code == 200
    assert shop.client.get("/slots/zzzzzz", headers={"User-Agent": PHONE}).status_code == 404
    assert counted(shop) == {}


def test_a_look_writes_nothing_while_it_is_answered(shop):
    with shop.house.database.write():
        assert look(shop).status_code == 200


def buy(shop, times=1, **buyer):
    return [shop.buy(shop.slots()[0].public_id, units={"LOAF": 1}, **buyer).secret for _ in range(times)]


def says(shop, n, language="en"):
    page = look(shop, path=f"?lang={language}").get_data(as_text=True)
    told = {
        "en": f"{n} people booked this date in the last 3 hours.",
        "de": f"{n} Personen haben diesen Termin in den letzten 3 Stunden gebucht.",
        "fr": f"{n} personnes ont réservé cette date au cours des 3 dernières heures.",
        "es": f"{n} personas han reservado esta fecha en las últimas 3 horas.",
    }
    return told[language] in page


def silent(shop):
    return "booked this date" not in look(shop, path="?lang=en").get_data(as_text=True)


def test_the_page_says_how_many_booked_once_they_are_enough_to_speak_of(shop):
    buy(shop, 2)
    shop.publish()
    assert silent(shop)
    buy(shop, 1)
    shop.publish()
    assert all(says(shop, 3, language) for language in ("en", "de", "fr", "es"))


def test_one_who_orders_often_is_one(shop):
    buy(shop, 4, email="cleo@example.org")
    shop.publish()
    assert silent(shop)


def test_orders_that_were_given_back_or_wait_for_money_are_not_counted(shop):
    shop.describe(products=(LOAF,), pays_by=("fake", "at_pickup"), activity=timedelta(hours=3), activity_floor=3)
    first, *_ = buy(shop, 4)
    buy(shop, 2, method="fake")
    shop.cancel(first)
    shop.publish()
    assert says(shop, 3)


def test_a_page_that_is_kept_never_says_more_than_is_true(shop):
    buy(shop, 2)
    shop.clock.turn(minutes=30)
    buy(shop, 2)
    shop.publish()
    assert says(shop, 4)
    shop.clock.turn(minutes=149, seconds=30)
    assert says(shop, 2) is False
    assert silent(shop)


def test_a_booking_that_changes_nothing_else_is_told_within_a_minute(shop):
    public_id = shop.slots()[0].public_id
    holds = [shop.hold(public_id, LOAF=1) for _ in range(3)]
    shop.publish()
    assert silent(shop)
    for hold in holds:
        shop.order(hold)
    shop.publish()
    shop.clock.turn(seconds=61)
    assert says(shop, 3)


def test_the_page_is_not_made_again_for_each_booking_that_is_no_longer_recent(shop):
    buy(shop, 5)
    shop.publish()
    look(shop)
    tag = look(shop).headers["ETag"]
    shop.clock.turn(seconds=59)
    assert look(shop).headers["ETag"] == tag


TERMS = st.builds(Terms, activity=st.integers(60, 86_400).map(lambda n: timedelta(seconds=n)), activity_floor=st.integers(0, 9))


@given(TERMS, st.integers(0, 86_400), st.integers(0, 60))
def test_whoever_is_counted_booked_within_the_time_that_is_said_however_late_the_page_is_read(terms, ago, later):
    told = lately(terms, "open", WEDNESDAY)
    if told is not None and WEDNESDAY - timedelta(seconds=ago) > told.since:
        read = min(told.until, WEDNESDAY + timedelta(seconds=later))
        assert read - (WEDNESDAY - timedelta(seconds=ago)) <= timedelta(minutes=told.minutes)


@given(TERMS, st.integers(0, 20))
def test_below_the_floor_nobody_is_spoken_of_and_never_nobody(terms, people):
    assert is_told(people, terms) == (people >= terms.activity_floor and people > 0)


@pytest.mark.parametrize("state", ["soon", "closed", "cancelled"])
def test_a_slot_that_cannot_be_booked_says_nothing(state):
    assert lately(Terms(), state, WEDNESDAY) is None


def test_counts_of_all_threads_add_up_and_what_was_given_back_is_not_lost():
    tally, view = Tally(), View(1, hour_of(WEDNESDAY), 450)
    tally.add(view)
    taken = tally.take()
    tally.add(view, 2)
    tally.give_back(taken)
    assert tally.take() == {view: 3}
    assert tally.take() == {}
