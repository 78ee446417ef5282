"""What stays of a slot's page while its counts change is kept, and never longer than all that it was made of."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import template_rendered

from bridge.checkout.counted import Frames
from bridge.checkout.language import chosen
from bridge.checkout.printing import filled
from bridge.checkout.slot_page import page_values, slot_seen
from bridge.core.drops import Offer, PreorderWindow
from bridge.core.ports_shop import Picture
from bridge.core.terms import EarlyPrice, Product, Question, ShippingOption, Terms
from bridge.wording import LANGUAGES
from tests.window import LOAVES, SATURDAY, Window, left, offer, slot

SLOT = "/slots/k3v9q1"
LOAF = Product("LOAF", "Loaf & more", "Baked <at> night.", price=850, early=EarlyPrice(700, units=6), pictures=("a" * 64,))
BAG = Product("BAG", "Bag", price=20, add_on=True)
TERMS = Terms(
    products=(LOAF, BAG),
    story="Once, see https://a.example/?a=1&b=2",
    questions=(Question("Is it good?", "Yes."),),
    shipping=(ShippingOption("post", "Post", 490),),
    pays_by=("fake", "at_pickup"),
    refund_policy="None.",
    activity_floor=2,
)
SOLD = (Offer("LOAF", "Loaf & more", 20, id=1), Offer("BAG", "Bag", add_on=True, id=2))
NEXT_YEAR = datetime(2027, 1, 9, 9, tzinfo=UTC)


def goods(loaves, bags=3, **values):
    offers = offer("LOAF", "Loaf & more", loaves, 850), offer("BAG", "Bag", bags, 20, add_on=True)
    return replace(left(loaves or 0, offers=offers), **values)


COUNTS = {
    "places": [left(7), left(6), left(3), left(1), left(0, state="sold_out"), left(2)],
    "goods": [goods(7), goods(5, 2), goods(1, 0), goods(0, 1, state="sold_out"), goods(4)],
    "ends": [goods(3, state="cancelled"), goods(2, state="cancelled"), goods(2, state="closed"), goods(1, state="closed")],
    "soon": [left(7, state="soon"), goods(5, state="soon"), goods(4, state="soon")],
}


@pytest.fixture
def window(clock):
    made = Window(slot(1, availability=goods(7)), clock=clock)
    made.describe(TERMS)
    made.sold = SOLD
    made.stored["a" * 64] = Picture("a" * 64, 800, 600, "#aabbcc", (("webp", (400, 800)), ("jpg", (400, 800))))
    return made


def shown(app, language="en"):
    return app.test_client().get(SLOT, headers={"Accept-Language": language}).get_data(as_text=True)


def made_whole(window, app, language="en"):
    """The page as its template says it, from all that is true by now."""
    now = window.now()
    with app.test_request_context(SLOT, headers={"Accept-Language": language}) as asked:
        seen = slot_seen(window, "k3v9q1", now)
        words = chosen(asked.request, seen.drop.language).at(now)
        return filled("slot.html", words, **page_values(window, seen, words, now))


@contextmanager
def fillings(app):
    """The names of the templates that are filled meanwhile."""
    names = []

    def note(_app, template, **_):
        names.append(template.name)

    with template_rendered.connected_to(note, app):
        yield names


@pytest.mark.parametrize("starts_at", [SATURDAY, NEXT_YEAR], ids=["this year", "next year"])
@pytest.mark.parametrize("terms", [Terms(), TERMS, replace(TERMS, waiting_list=False, shipping=())], ids=["none", "shop", "pickup"])
@pytest.mark.parametrize("counts", COUNTS)
def test_a_page_with_new_counts_is_the_one_that_would_be_made_of_them_alone(window, clock, counts, terms, starts_at):
    app = window.app()
    window.describe(terms)
    for number, seen in enumerate(COUNTS[counts]):
        window.sold = (replace(SOLD[0], claimed=number * 2), SOLD[1])
        window.booked = [(str(who), clock()) for who in range(number)]
        opens = PreorderWindow(starts_at - timedelta(days=2) if counts == "soon" else None, starts_at - timedelta(hours=9))
        window.put(slot(1, availability=seen, starts_at=starts_at, preorder=opens, updated_at=clock.turn(seconds=1), sequence=number))
        for language in LANGUAGES:
            assert shown(app, language) == made_whole(window, app, language)


def put(window, **values):
    window.put(replace(window.slots["k3v9q1"], **values))


def drop(window, **values):
    window.shelves[LOAVES.path] = replace(window.shelves[LOAVES.path], **values)


CHANGES = {
    "story": lambda window: window.describe(replace(TERMS, story="Another tale.")),
    "questions": lambda window: window.describe(replace(TERMS, questions=(Question("Is it late?", "No."),))),
    "policy": lambda window: window.describe(replace(TERMS, refund_policy="All of it.")),
    "pickup": lambda window: window.describe(replace(TERMS, pickup="At the back door.")),
    "shipping": lambda window: window.describe(replace(TERMS, shipping=(ShippingOption("post", "Post", 490, countries=("DE", "FR")),))),
    "paying": lambda window: window.describe(replace(TERMS, pays_by=("stripe", "at_pickup"))),
    "deadline": lambda window: window.describe(replace(TERMS, cancel_until=timedelta(hours=3))),
    "price": lambda window: window.describe(replace(TERMS, products=(replace(LOAF, price=900), BAG))),
    "tax": lambda window: window.describe(replace(TERMS, tax_included=False)),
    "title of the drop": lambda window: drop(window, title="Sunday loaves"),
    "colour": lambda window: drop(window, color="#ffeecc"),
    "place": lambda window: drop(window, place="Elsewhere"),
    "organizer": lambda window: drop(window, organizer_title="Ada & sons"),
    "language of the drop": lambda window: drop(window, language="fr"),
    "currency": lambda window: drop(window, currency="JPY"),
    "title": lambda window: put(window, title="Another title"),
    "notes": lambda window: put(window, notes="Bring a bag: https://b.example"),
    "own pickup": lambda window: put(window, pickup="By the well."),
    "link": lambda window: put(window, url="https://c.example/"),
    "limit": lambda window: put(window, limit=3),
    "picture": lambda window: put(window, image="https://d.example/e.jpg"),
    "time": lambda window: put(window, starts_at=SATURDAY - timedelta(hours=1)),
    "year": lambda window: put(window, starts_at=NEXT_YEAR, ends_at=NEXT_YEAR + timedelta(hours=1)),
    "window": lambda window: put(window, preorder=PreorderWindow(None, SATURDAY - timedelta(hours=5))),
    "opening": lambda window: put(window, availability=goods(7, state="soon"), preorder=PreorderWindow(SATURDAY - timedelta(hours=5))),
    "cancelled": lambda window: put(window, availability=goods(7, state="cancelled")),
    "places alone": lambda window: put(window, availability=left(4)),
    "no add-ons": lambda window: put(window, availability=replace(goods(7), offers=goods(7).offers[:1])),
    "end of changes": lambda window: window.clock.set(SATURDAY - timedelta(hours=23)),
    "new year": lambda window: (window.clock.set(datetime(2027, 1, 1, 12, tzinfo=UTC)), put(window)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_on_the_next_view(window, change):
    app = window.app()
    before = shown(app)
    CHANGES[change](window)
    after = shown(app)
    assert after != before
    assert after == made_whole(window, app)


def test_a_stored_picture_is_shown_once_it_is_there(window):
    stored, window.stored = window.stored, {}
    app = window.app()
    assert "/pictures/" not in shown(app)
    window.stored = stored
    put(window, sequence=1)
    assert "/pictures/" in shown(app)


def test_a_language_that_is_chosen_by_address_stays_in_the_links(window):
    client = window.app().test_client()
    assert "/ada/loaves/?lang=de" not in client.get(SLOT, headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert "/ada/loaves/?lang=de" in client.get(SLOT + "?lang=de").get_data(as_text=True)
    assert "/ada/loaves/?lang=de" not in client.get(SLOT, headers={"Accept-Language": "de"}).get_data(as_text=True)


def test_no_mark_of_a_gap_is_left_on_a_page(window):
    assert not re.search(r"[0-9a-f]{32}[0-9];", shown(window.app()))


def test_a_change_of_counts_does_not_have_the_whole_page_made_again(window):
    app = window.app()
    with fillings(app) as names:
        for count in (7, 6, 5):
            put(window, availability=goods(count), sequence=count)
            assert f'max="{count}"' in shown(app)
        assert names == ["shop/slot.html"]
        window.describe(replace(TERMS, story="Another tale."))
        shown(app)
        assert names == ["shop/slot.html"] * 2


@pytest.mark.parametrize(("budget", "times"), [(0, 4), (10_000_000, 2)])
def test_what_is_kept_of_pages_has_a_bound(window, budget, times):
    app, frames, now = window.app(), Frames(budget), window.now()
    with app.test_request_context(SLOT) as asked:
        words, seen = chosen(asked.request), slot_seen(window, "k3v9q1", now)
        values = page_values(window, seen, words.at(now), now)
        with fillings(app) as names:
            pages = {frames.filled(key, words, values) for key in "abab"}
    assert len(pages) == 1
    assert len(names) == times
