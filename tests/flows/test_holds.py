"""Holds: who comes too late is told so at once, and never wrongly."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.availability import availability
from bridge.core.errors import Refusal
from bridge.core.terms import EarlyPrice, Product
from bridge.flows.holds import Wish, release_hold, take_hold, take_holds
from bridge.store.audit import differences
from tests.house import event

NOTES = {
    "places": "Places: 2",
    "allotment": "Places: 9\nSells: LOAF x2",
    "count": "Places: 9\nSells: LOAF",
    "one of two goods": "Places: 9\nSells: LOAF x2, ROLL",
    "an add-on": "Places: 2\nSells: LOAF, MUG add-on",
}


def told_at_once(shop, public_id):
    with shop.house.glance() as views:
        return views.is_full(public_id, shop.clock())


def state(shop, public_id):
    with shop.house.glance() as views:
        slot, stock = views.slot_now(public_id)
    return availability(slot, stock, shop.clock()).state


@pytest.mark.parametrize("notes", NOTES.values(), ids=NOTES)
def test_who_comes_too_late_is_told_so_at_once(shop, notes):
    shop.put(event(notes=notes))
    (slot,) = shop.slots()
    shop.count("LOAF", 2)
    for _ in range(2):
        assert (told_at_once(shop, slot.public_id), state(shop, slot.public_id)) == (False, "open")
        shop.hold(slot.public_id, **({"LOAF": 1} if "LOAF" in notes else {"places": 1}))
    full = "ROLL" not in notes
    assert (told_at_once(shop, slot.public_id), state(shop, slot.public_id)) == (full, "sold_out" if full else "open")
    shop.clock.turn(minutes=6)
    shop.expire()
    assert not told_at_once(shop, slot.public_id)


@pytest.mark.parametrize(
    ("notes", "later"),
    [
        ("Places: 0\nPreorder: from 3 Dec 2026 9:00", timedelta()),
        ("Places: 0\nPreorder: until 2 Dec 2026 18:00", timedelta(days=1)),
        ("Places: 0", timedelta(days=7)),
    ],
    ids=["not open yet", "closed", "over"],
)
def test_what_cannot_be_ordered_is_not_called_sold_out(shop, notes, later):
    shop.put(event(notes=notes))
    (slot,) = shop.slots()
    shop.clock.turn(seconds=later.total_seconds())
    assert state(shop, slot.public_id) != "sold_out"
    assert not told_at_once(shop, slot.public_id)


GOODS = st.dictionaries(st.sampled_from(["LOAF", "ROLL", "MUG", "HAT"]), st.integers(0, 4), max_size=3)
WISHES = st.lists(st.builds(Wish, GOODS, st.integers(-1, 3), st.sampled_from(["", "one", "two"])), min_size=1, max_size=9)
CROWDED = "Places: 7\nSells: LOAF x4 @ 5, ROLL @ 3, MUG add-on x2 @ 9"


def had(taken):
    """What somebody got, or was told."""
    if isinstance(taken, Refusal):
        return (taken.kind, str(taken))
    hold, _ = taken
    return (hold.places, [line._replace(offer_id=0) for line in hold.lines], hold.expires_at)


def one_by_one(shop, public_id, wishes):
    """What each of them gets who comes when those before are served; nothing of it is kept."""
    answers = []
    with suppress(Undone), shop.house.work() as work:
        for wish in wishes:
            try:
                with work.savepoint():
                    taken = take_hold(work, public_id, wish.units, places=wish.places, visitor=wish.visitor, most=2, now=shop.clock())
            except Refusal as refusal:
                taken = refusal
            answers.append(had(taken))
        raise Undone
    return answers


class Undone(Exception):
    pass


@given(wishes=WISHES, counted=st.integers(0, 6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_those_who_are_served_together_get_what_they_would_one_by_one(shop, wishes, counted):
    shop.describe(products=(Product("LOAF", price=500, early=EarlyPrice(400, None, 2)), Product("ROLL", places_per_unit=2)))
    shop.put(event(notes=CROWDED))
    shop.clock.turn(seconds=1)
    shop.count("ROLL", counted)
    (slot,) = shop.slots()
    public_id = slot.public_id
    expected = one_by_one(shop, public_id, wishes)
    with shop.house.work() as work:
        together = take_holds(work, public_id, wishes, most=2, now=shop.clock())
        assert [had(taken) for taken in together] == expected
        for taken in together:
            if not isinstance(taken, Refusal):
                release_hold(work, taken[0].secret, now=shop.clock())
    with shop.house.database.read() as connection:
        assert list(differences(connection)) == []


def test_who_wants_what_is_not_sold_spoils_it_for_nobody(shop):
    shop.put(event(notes="Places: 2"))
    (slot,) = shop.slots()
    wishes = [Wish({"HAT": 1}), Wish({}, 1), Wish({}, 9), Wish({}, 1), Wish({}, 1)]
    with shop.house.work() as work:
        told = [had(taken)[0] for taken in take_holds(work, slot.public_id, wishes, now=shop.clock())]
    assert told == ["invalid-input", 1, "sold-out", 1, "sold-out"]
    assert state(shop, slot.public_id) == "sold_out"
