"""A drop's dates narrowed down, as data, and their openings as events."""

import re
from dataclasses import replace
from datetime import timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.checkout.filters import filters
from bridge.checkout.next_steps import next_steps
from bridge.checkout.shown import local_times, shown
from bridge.core.ports_shop import Picture
from bridge.core.terms import Product, Question, ShippingOption, Terms
from bridge.flows.drops import describe_drop
from bridge.site import site
from bridge.wording import wording
from tests.house import bakery, event
from tests.window import LOAVES, SATURDAY, Window, left, offer, preorder, slot

DROP = "/ada/loaves/"
LOAF, BUN = offer("LOAF", "Country loaf", 5, 1250), offer("BUN", "Morning bun", 3, 320)
TOTE = offer("TOTE", "Tote", None, 1800, add_on=True)


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


@pytest.fixture
def window(clock):
    return Window(
        slot(1, title="First", availability=left(7, offers=(LOAF, TOTE))),
        slot(2, title="Second", availability=left(0, state="sold_out", offers=(LOAF, BUN))),
        slot(3, title="Third", starts_at=SATURDAY + timedelta(days=1), availability=left(2, offers=(BUN,))),
        clock=clock,
    )


@pytest.fixture
def client(window):
    return window.app().test_client()


def titles(client, query):
    page = client.get(DROP, query_string=query).get_data(as_text=True)
    return [title for title in ("First", "Second", "Third") if f">{title}<" in page]


@pytest.mark.parametrize(("query", "seen"), [
    ({}, ["First", "Second", "Third"]),
    ({"day": "2026-12-05"}, ["First", "Second"]),
    ({"day": "2026-12-06"}, ["Third"]),
    ({"product": "BUN"}, ["Second", "Third"]),
    ({"only": "available"}, ["First", "Third"]),
    ({"day": "2026-12-05", "product": "LOAF", "only": "available"}, ["First"]),
    ({"day": "2026-12-07"}, []),
    ({"product": "CAKE"}, []),
    ({"day": "5 December", "only": "some"}, ["First", "Second", "Third"]),
])  # fmt: skip
def test_dates_are_narrowed_down_by_the_address(client, query, seen):
    assert titles(client, query) == seen


def test_a_list_that_is_narrowed_down_says_what_was_asked_and_how_to_see_all(client):
    page = client.get(DROP + "?day=2026-12-07&product=LOAF&only=available&lang=de").get_data(as_text=True)
    assert "Kein Termin passt dazu." in page
    assert 'value="2026-12-07"' in page
    assert '<option value="LOAF" selected>' in page
    assert 'value="available" checked' in page
    assert 'name="lang" value="de"' in page
    assert f'href="{DROP}?lang=de"' in page
    assert 'href="?day=2026-12-07&amp;product=LOAF&amp;only=available&amp;lang=fr"' in page
    assert '<meta name="robots" content="noindex">' in page


def test_further_pages_stay_narrowed_down(clock):
    window = Window(*(slot(number, availability=left(offers=(LOAF,))) for number in range(1, 80)), clock=clock)
    page = window.app().test_client().get(DROP + "?product=LOAF").get_data(as_text=True)
    assert 'rel="next" href="?product=LOAF&amp;page=2"' in page


def test_products_to_choose_from_are_those_of_coming_dates(client, clock):
    page = client.get(DROP).get_data(as_text=True)
    assert ">Country loaf</option>" in page
    assert ">Morning bun</option>" in page
    assert ">Tote</option>" not in page


def test_the_database_narrows_down_and_names_products_alike(shop):
    client, clock = site(shop.house).test_client(), shop.clock
    shop.put(event("a", "Places: 24\nSells: LOAF x20, TOTE add-on", title="First"))
    shop.put(event("b", "Places: 24\nSells: BUN x20", title="Second", start="20261206T090000Z"), "b.ics")
    shop.put(event("c", "Places: 24\nSells: LOAF x20", title="Third", start="20261207T090000Z"), "c.ics")
    shop.put(event("d", "Places: 24\nSells: ODD x20", title="Fourth", start="20261208T090000Z"), "d.ics")
    shop.remove("d.ics")
    shop.publish()
    first = next(one for one in shop.slots() if one.title == "First")
    shop.order(shop.hold(first.public_id, LOAF=20))
    shop.publish()

    def seen(query):
        page = client.get("/ada/bread/", query_string=query).get_data(as_text=True)
        return [title for title in ("First", "Second", "Third") if f">{title}<" in page]

    assert seen({"product": "LOAF"}) == ["First", "Third"]
    assert seen({"product": "LOAF", "only": "available"}) == ["Third"]
    assert seen({"product": "LOAF", "day": "2026-12-05"}) == ["First"]
    with shop.house.read() as views:
        found = sorted((one for one in views.public_slots(shop.drop.id) if not one.removed), key=lambda one: one.position)
        assert [one.title for one in found] == ["First", "Second", "Third"]
        assert [one.sku for one in views.offered(shop.drop.id, clock())] == ["BUN", "LOAF"]
        assert [one.public_id for one in views.coming(clock(), after=-1, limit=10)] == [one.public_id for one in found]


@given(st.dictionaries(st.sampled_from(["day", "product", "only"]), st.text(max_size=80)))
def test_whatever_is_asked_for_can_be_looked_up(query):
    wanted = filters(query)
    start, end = wanted.window(SATURDAY, "Pacific/Kiritimati")
    assert start >= SATURDAY
    assert end is None or end.tzinfo is not None
    assert "\0" not in wanted.product


def test_dates_are_told_as_data(client, window):
    response = client.get(DROP + "slots.json?from=2026-12-05&to=2026-12-06&lang=de")
    told = response.json
    assert [one["title"] for one in told["slots"]] == ["First", "Second"]
    first = told["slots"][0]
    assert first["starts"] == "2026-12-05T10:00:00+01:00"
    assert first["ends"] == "2026-12-05T11:00:00+01:00"
    assert first["badge"] == ["open", "noch 7"]
    assert first["products"] == {"LOAF": "Country loaf"}
    assert (told["revision"], told["more"]) == (1, False)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Accept-Language" not in response.headers["Vary"]


def test_without_days_the_next_month_is_told(client):
    assert len(client.get(DROP + "slots.json").json["slots"]) == 3


@pytest.mark.parametrize("query", ["from=x", "to=x", "from=2026-12-05&to=2026-12-05", "from=2026-01-01&to=2026-12-31", "from=9999-12-31"])
def test_days_that_mean_nothing_are_refused_with_a_sentence(client, query):
    response = client.get(f"{DROP}slots.json?{query}")
    assert response.status_code == 400
    assert response.json["error"] == "invalid-input"
    assert "“to”" in response.json["hint"]


def test_dates_of_a_drop_that_is_not_there_are_not_found(client):
    response = client.get("/ada/none/slots.json")
    assert (response.status_code, response.json["error"]) == (404, "not-found")


def test_more_dates_than_one_answer_holds_are_owned_up_to(clock):
    many = (slot(number, starts_at=SATURDAY + timedelta(minutes=number)) for number in range(1, 1003))
    told = Window(*many, clock=clock).app().test_client().get(DROP + "slots.json").json
    assert (len(told["slots"]), told["more"]) == (1000, True)


def test_a_card_shows_what_the_page_shows_in_short(client):
    response = client.get("/slots/k3v9q1/card?lang=de")
    page = response.get_data(as_text=True)
    assert "<html" not in page
    for words in ("noch 7", "Country loaf", "12,50", "Diesen Termin wählen", 'href="/slots/k3v9q1?lang=de"'):
        assert words in page
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert client.get("/slots/none/card").status_code == 404


def test_the_opening_is_an_event_with_an_alarm(client, window, clock):
    opens = clock() + timedelta(days=1)
    window.put(slot(1, title="Brot; Kuchen, <Milch>", availability=left(7, state="soon"), preorder=preorder(opens), sequence=3))
    page = client.get("/slots/k3v9q1?lang=de").get_data(as_text=True)
    assert "Vorbestellen ab Do. 3. Dez. 10:00" in page
    assert f'data-until="{opens.isoformat()}"' in page
    assert 'href="/slots/k3v9q1/opening.ics"' in page
    response = client.get("/slots/k3v9q1/opening.ics")
    assert response.headers["Content-Disposition"] == 'attachment; filename="k3v9q1-opening.ics"'
    [found] = icalendar.Calendar.from_ical(response.data).walk("VEVENT")
    assert found["SUMMARY"] == "Preorder opens: Brot; Kuchen, <Milch>"
    assert found.decoded("DTSTART") == opens
    assert found["UID"] == "k3v9q1-opening@dropbridge"
    assert found["URL"] == "https://drops.example/slots/k3v9q1"
    assert found["SEQUENCE"] == 3
    [alarm] = found.walk("VALARM")
    assert alarm.decoded("TRIGGER") == opens


def test_a_slot_without_an_opening_has_no_event_of_it(client, window):
    assert client.get("/slots/k3v9q1/opening.ics").status_code == 404
    window.put(slot(1, removed=True, preorder=preorder(SATURDAY)))
    assert client.get("/slots/k3v9q1/opening.ics").status_code == 410


def test_what_happens_next_is_what_the_terms_keep_to(clock):
    words, one = wording("en"), shown(slot(1), wording("en"), clock())
    told = next_steps(one, Terms(products=(Product("LOAF"),)), "Side street 5", words, clock())
    assert told == (
        "You choose. Yours is kept for 5 minutes while you fill in the form.",
        "You get an e-mail with your order and the date for your calendar.",
        "You pick it up: Sat 5 Dec 10:00, Side street 5.",
        "You pay when you pick it up.",
        "Until Fri 4 Dec 10:00 you can change or cancel it yourself.",
    )
    sent = ShippingOption("post", "Post", takes_places=False)
    terms = Terms(products=(Product("LOAF"),), has_pickup=False, shipping=(sent,), pays_by=("stripe",), cancel_until=None)
    assert len(next_steps(one, terms, "", words, clock())) == 2
    assert next_steps(one, replace(terms, shipping=()), "", words, clock()) == ()
    assert next_steps(one, Terms(), "", words, clock()) == ()
    over = shown(replace(slot(1), availability=left(0, state="cancelled")), words, clock())
    assert next_steps(over, terms, "", words, clock()) == ()


def test_what_happens_next_leaves_out_the_time_to_change_once_it_is_over(clock):
    words, one = wording("en"), shown(slot(1), wording("en"), clock())
    terms = Terms(products=(Product("LOAF"),), cancel_until=timedelta(days=2))
    end = one.slot.starts_at - timedelta(days=2)
    said = "Until Thu 3 Dec 10:00 you can change or cancel it yourself."
    assert said in next_steps(one, terms, "", words, end - timedelta(seconds=1))
    assert not any(step.startswith("Until") for step in next_steps(one, terms, "", words, end))


def test_the_page_of_a_slot_stops_saying_that_when_it_is_over(shop):
    shop.put(event("a", "Places: 5"), "a.ics")
    shop.describe(products=(Product("LOAF"),), cancel_until=timedelta(days=2))
    shop.publish()
    with shop.house.read() as views:
        [found] = views.public_slots(shop.drop.id)
    client = site(shop.house).test_client()
    page = f"/slots/{found.public_id}"
    assert "you can change or cancel it yourself" in client.get(page).get_data(as_text=True)
    shop.clock.turn(days=1, minutes=1)
    assert "you can change or cancel it yourself" not in client.get(page).get_data(as_text=True)


def test_what_lasts_all_day_is_picked_up_on_a_day(clock):
    midnight = SATURDAY.replace(hour=0)
    one = shown(slot(1, all_day=True, timezone="UTC", starts_at=midnight), wording("en"), clock())
    told = next_steps(one, Terms(products=(Product("LOAF"),)), "", wording("en"), clock())
    assert "You pick it up: Sat 5 Dec." in told


def test_a_drop_of_another_zone_has_its_days_there(clock):
    far = replace(LOAVES, timezone="Pacific/Auckland")
    evening = slot(1, title="First", timezone="Pacific/Auckland", starts_at=SATURDAY + timedelta(hours=3))
    client = Window(evening, drops=(far,), clock=clock).app().test_client()
    assert titles(client, {"day": "2026-12-06"}) == ["First"]
    assert titles(client, {"day": "2026-12-05"}) == []
    [told] = client.get(DROP + "slots.json?from=2026-12-06&to=2026-12-07").json["slots"]
    assert told["starts"] == "2026-12-06T01:00:00+13:00"


def test_what_the_organizer_tells_of_a_drop_is_on_its_pages(client, window):
    assert "Questions and answers" not in client.get("/slots/k3v9q1").get_data(as_text=True)
    told = Terms(
        products=(Product("LOAF", pictures=("b" * 64,)),),
        story="Baked <slowly>.",
        questions=(Question("Is it vegan?", "Yes, see https://example.org/."),),
        pickup="Ring twice.",
        refund_policy="Until the day before.",
    )
    window.describe(told)
    window.stored["b" * 64] = Picture("b" * 64, 1600, 1200, "#aa8866", (("avif", (480, 1600)), ("jpg", (480, 1600))))
    page = client.get("/slots/k3v9q1").get_data(as_text=True)
    shown_words = (
        "Baked &lt;slowly&gt;.",
        "Is it vegan?",
        '<a href="https://example.org/"',
        "Ring twice.",
        "Until the day before.",
        "What happens next",
        f'srcset="/pictures/{"b" * 64}/480.avif 480w, /pictures/{"b" * 64}/1600.avif 1600w"',
        'width="1600" height="1200" fetchpriority="high"',
        f'property="og:image" content="https://drops.example/pictures/{"b" * 64}/1600.jpg"',
        'property="og:image:width" content="1600"',
    )
    assert [words for words in shown_words if words not in page] == []
    card = client.get("/slots/k3v9q1/card").get_data(as_text=True)
    assert "Is it vegan?" in card
    assert "Ring twice." in card


def test_a_drop_described_anew_is_shown_so_on_the_next_view(shop):
    client = site(shop.house).test_client()
    shop.put(event("a", "Places: 24"))
    path = f"/slots/{shop.slots()[0].public_id}"
    assert "Bring a bag." not in client.get(path).get_data(as_text=True)
    with shop.house.work() as work:
        drop = work.views.drop("ada", "bread")
        describe_drop(work, drop, shop.house.house, now=shop.clock(), actor="ada", terms=Terms(story="Bring a bag."))
    assert "Bring a bag." in client.get(path).get_data(as_text=True)


def test_the_products_to_choose_from_are_called_as_the_drop_calls_them(shop):
    shop.put(event("a", "Places: 5\nSells: MILK, RYE"), "a.ics")
    shop.describe(products=(Product("MILK", "Zopf"), Product("RYE", "Rye bread")))
    shop.publish()
    page = site(shop.house).test_client().get("/ada/bread/").get_data(as_text=True)
    assert re.findall(r'<option value="(\w+)">([^<]+)<', page) == [("RYE", "Rye bread"), ("MILK", "Zopf")]


@pytest.mark.parametrize(
    ("language", "zone"),
    [
        ("en", "Eastern Time"),
        ("de", "Nordamerikanische Ostküstenzeit"),
        ("fr", "heure de l’Est nord-américain"),
        ("es", "hora oriental"),
    ],
)
def test_a_list_from_summer_to_winter_names_its_zone_without_either(clock, language, zone):
    days = [slot(1, timezone="America/New_York", starts_at=SATURDAY + timedelta(days=after)) for after in (0, 120)]
    summer = shown(days[1], wording(language), clock())
    told = local_times([shown(one, wording(language), clock()) for one in days], wording(language))
    assert told.endswith(f": {zone}.")
    assert local_times([summer], wording(language)) != told
