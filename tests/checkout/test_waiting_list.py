"""The waiting list from a customer's side: joined, offered, ordered, left."""

import re

import pytest

from tests.checkout.test_ordering import said, value_of

BEN = {"name": "Ben", "email": "ben@example.org"}


@pytest.fixture
def full(shop):
    """A slot that is sold out, and the order that has all of it."""
    slot = shop.open("Places: 2")
    secret = shop.ordered(slot, places=2)
    shop.publish()
    return slot, secret


def waiting_of(shop, slot):
    with shop.house.work() as work:
        return work.waiting_on(work.slot_id(slot), 10)


def test_whoever_finds_it_sold_out_joins_and_is_told_so(shop, full):
    slot, _ = full
    assert f'action="/slots/{slot}/waiting"' in shop.get(f"/slots/{slot}")
    answer = shop.post(f"/slots/{slot}/waiting", 303, places=1, **BEN)
    assert "You are on the waiting list" in said(shop.client.get(answer.headers["Location"]))
    again = shop.post(f"/slots/{slot}/waiting", 303, places=1, **BEN | {"email": "Ben+x@example.org"})
    assert again.headers["Location"] == answer.headers["Location"]
    assert [one.name for one in waiting_of(shop, slot)] == ["Ben"]


def test_who_waits_is_told_of_letters_only_where_they_are_sent(shop, full):
    slot, _ = full
    assert "No mail can be sent to you yet" in shop.get(f"/slots/{slot}")
    for language, written in {"en": "We have written", "de": "geschrieben", "fr": "avons écrit", "es": "hemos escrito"}.items():
        page = f"/slots/{slot}/waiting?lang={language}"
        assert written not in shop.get(page)
        assert f'href="/slots/{slot}?lang={language}">' in shop.get(page).partition("<h1>")[2]
        assert written in shop.with_mail().get(page).get_data(as_text=True)
    assert "No mail can be sent to you yet" in shop.get(f"/slots/{slot}/waiting")
    assert "You get a mail." in said(shop.with_mail().get(f"/slots/{slot}"))


def test_what_is_wrong_is_said_and_kept(shop, full):
    slot, _ = full
    answer = shop.post(f"/slots/{slot}/waiting", 422, places=1, name="Ben", email="ben")
    assert "This is no e-mail address" in said(answer)
    assert value_of(answer.get_data(as_text=True), "email") == "ben"
    assert waiting_of(shop, slot) == []


@pytest.mark.parametrize(
    ("notes", "asked", "sentence"),
    [
        ("Places: 2", {"places": 3}, "This date has 2 places in all."),
        ("Places: 2\nSells: LOAF", {"units__LOAF": 3}, "This date has 2 places in all."),
        ("Places: 9\nSells: LOAF x2", {"units__LOAF": 3}, "This date has 2 of Country loaf in all."),
        ("Places: 9\nSells: LOAF x2\nLimit: 1", {"units__LOAF": 2}, "At most 1 per customer."),
    ],
)
def test_nobody_waits_for_more_than_the_slot_will_ever_have(shop, notes, asked, sentence):
    if "LOAF" in notes:
        shop.sell()
    slot = shop.open(notes)
    for _ in range(2):
        shop.hold(slot, **({"LOAF": 1} if "LOAF" in notes else {"places": 1}))
    shop.publish()
    assert ('max="2"' if "Limit" not in notes else 'max="1"') in shop.get(f"/slots/{slot}")
    answer = shop.post(f"/slots/{slot}/waiting", 409 if "Limit" in notes else 422, **asked, **BEN)
    assert sentence in said(answer)
    assert waiting_of(shop, slot) == []


def test_where_there_is_enough_nobody_has_to_wait(shop):
    slot = shop.open()
    answer = shop.post(f"/slots/{slot}/waiting", 409, places=1, **BEN)
    assert "This can be ordered now; there is no need to wait." in said(answer)
    assert f'action="/slots/{slot}/order"' in answer.get_data(as_text=True)


def test_what_comes_free_is_kept_for_the_first_and_ordered_by_its_link(shop, full):
    slot, secret = full
    shop.post(f"/slots/{slot}/waiting", 303, places=2, **BEN)
    (turn,) = waiting_of(shop, slot)
    shop.post(f"/orders/{secret}/cancel", 303)
    shop.publish()
    shop.order_by(slot, 409, places=1)
    page = shop.get(f"/slots/{slot}?offer={turn.secret}")
    assert "Kept for you until 12:00." in page
    assert (value_of(page, "email"), value_of(page, "places")) == ("ben@example.org", "2")
    assert "Something came free for you" in said(shop.client.get(f"/waiting/{turn.secret}"))
    shop.order_by(slot, places=2, hold=value_of(page, "hold"), **BEN)
    assert "You have ordered it" in said(shop.client.get(f"/waiting/{turn.secret}"))
    assert "This offer has ended." in said(shop.client.get(f"/slots/{slot}?offer={turn.secret}"))


@pytest.mark.parametrize(
    ("language", "kept", "only", "beyond"),
    [
        ("en", "2 kept for you", "Only 2 are kept for you, and there are no more.", "Beyond what you have, no more"),
        ("de", "2 für Sie reserviert", "Nur 2 sind für Sie reserviert, mehr gibt es nicht.", "Zusätzlich zu dem, was Sie haben, ist kein"),
    ],
)
def test_whoever_wants_more_than_is_kept_for_them_is_told_how_much_that_is(shop, language, kept, only, beyond):
    shop.sell()
    slot = shop.open("Places: 2")
    secret = shop.ordered(slot, units__LOAF=2)
    shop.publish()
    shop.post(f"/slots/{slot}/waiting", 303, units__LOAF=2, **BEN)
    (turn,) = waiting_of(shop, slot)
    shop.post(f"/orders/{secret}/cancel", 303)
    shop.publish()
    answer = shop.client.get(f"/slots/{slot}?offer={turn.secret}&lang={language}")
    assert kept in said(answer)
    assert not re.search(r"\b0 left|noch 0", said(answer))
    page = answer.get_data(as_text=True)
    assert 'max="2"' in re.search(r'<input id="units-1"[^>]*>', page)[0]
    assert f'data-most="{only}"' in page
    refused = shop.post(
        f"/slots/{slot}/order?lang={language}", 409, hold=value_of(page, "hold"), units__LOAF=3, way="pickup", method="at_pickup", **BEN
    )
    assert beyond in said(refused)
    assert kept in said(refused)
    assert "sold out" not in said(refused).replace("Sold out", "")
    shop.order_by(slot, units__LOAF=2, hold=value_of(page, "hold"), **BEN)


def test_the_list_is_left_by_a_button_and_by_nothing_else(shop, full):
    slot, _ = full
    shop.post(f"/slots/{slot}/waiting", 303, places=1, **BEN)
    (turn,) = waiting_of(shop, slot)
    page = shop.get(f"/waiting/{turn.secret}/leave")
    assert re.search(r'<form method="post" action="/waiting/[\w-]+/leave"', page)
    assert len(waiting_of(shop, slot)) == 1
    answer = shop.post(f"/waiting/{turn.secret}/leave", 303)
    assert "You have left the waiting list" in said(shop.client.get(answer.headers["Location"]))
    assert waiting_of(shop, slot) == []
    shop.get("/waiting/" + "x" * 32, 404)


def test_an_offer_of_another_slot_opens_nothing(shop, full):
    slot, _ = full
    shop.post(f"/slots/{slot}/waiting", 303, places=1, **BEN)
    (turn,) = waiting_of(shop, slot)
    other = shop.open("Places: 3", "b", start="20261206T090000Z")
    assert "ben@example.org" not in shop.get(f"/slots/{other}?offer={turn.secret}")
    shop.get(f"/slots/{slot}?offer=%00")
