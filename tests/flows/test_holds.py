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
from bridge.flows.waiting import join_waiting
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


USUAL = [{"ROLL": 2}, {"ROLL": 1}, {"LOAF": 1}, {"LOAF": 3, "ROLL": 1}, {"LOAF": 2, "MUG": 1}, {"MUG": 1}]
ODD = st.dictionaries(st.sampled_from(["LOAF", "ROLL", "MUG", "HAT"]), st.integers(0, 4), max_size=3)
GOODS = st.sampled_from(USUAL) | ODD
PLACES = st.sampled_from([0, 0, 0, 0, 2, -1])
WISHES = st.lists(
    st.tuples(st.sampled_from(["a", "b", "a", "b", "closed", "gone"]), GOODS, PLACES, st.sampled_from(["", "", "one", "two"])),
    min_size=1,
    max_size=9,
)
CROWDED = "Places: 12\nSells: LOAF x4 @ 5, ROLL @ 3, MUG add-on x2 @ 9"
ALSO = "Places: 5\nSells: ROLL @ 3, LOAF @ 6"
OVER = "Places: 3\nSells: ROLL\nPreorder: until 1 day before"


def had(taken):
    """What somebody got, or was told."""
    if isinstance(taken, Refusal):
        return (taken.kind, str(taken))
    hold, _ = taken
    return (hold.places, [line._replace(offer_id=0) for line in hold.lines], hold.expires_at)


def one_by_one(shop, wishes):
    """What each of them gets who comes when those before are served; nothing of it is kept."""
    answers = []
    with suppress(Undone), shop.house.work() as work:
        for wish in wishes:
            asked = {"places": wish.places, "visitor": wish.visitor, "most": 2, "now": shop.clock()}
            try:
                with work.savepoint():
                    taken = take_hold(work, wish.public_id, wish.units, **asked)
            except Refusal as refusal:
                taken = refusal
            answers.append(had(taken))
        raise Undone
    return answers


class Undone(Exception):
    pass


def open_slots(shop, *, counted):
    """Two slots that share their rolls, one that can no longer be ordered, and one that never was; public ids by name."""
    shop.describe(products=(Product("LOAF", price=500, early=EarlyPrice(400, None, 2)), Product("ROLL", places_per_unit=2)))
    for name, notes, start in (("a", CROWDED, "05T09"), ("b", ALSO, "06T09"), ("closed", OVER, "04T09")):
        shop.put(event(name, notes=notes, start=f"202612{start}0000Z"), f"{name}.ics")
    shop.clock.turn(seconds=1)
    shop.count("ROLL", counted)
    by_start = {slot.starts_at.day: slot.public_id for slot in shop.slots()}
    return {"a": by_start[5], "b": by_start[6], "closed": by_start[4], "gone": "not-a-slot"}


@given(wished=WISHES, counted=st.integers(0, 5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_those_who_are_served_together_get_what_they_would_one_by_one(shop, wished, counted):
    slots = open_slots(shop, counted=counted)
    wishes = [Wish(slots[name], *wish) for name, *wish in wished]
    expected = one_by_one(shop, wishes)
    with shop.house.work() as work:
        together = take_holds(work, wishes, most=2, now=shop.clock())
        assert [had(taken) for taken in together] == expected
        for taken in together:
            if not isinstance(taken, Refusal):
                release_hold(work, taken[0].secret, now=shop.clock())
    with shop.house.database.read() as connection:
        assert list(differences(connection)) == []


def test_who_wants_a_slot_that_others_wait_for_is_seen_to_after_those_who_want_another(shop):
    shop.describe(waiting_list=True)
    shop.put(event("a", "Places: 1"), "a.ics")
    shop.put(event("b", "Places: 1", start="20261206T090000Z"), "b.ics")
    shop.publish()
    waited, other = (slot.public_id for slot in sorted(shop.slots(), key=lambda slot: slot.starts_at))
    order = shop.order(shop.hold(waited, 1))
    with shop.house.work() as work:
        join_waiting(work, waited, {}, places=1, email="dee@example.org", name="Dee", language="en", now=shop.clock())
    shop.cancel(order)
    with shop.house.work() as work:
        nobody, taken = take_holds(work, [Wish(waited, {}, 1), Wish(other, {}, 1)], now=shop.clock())
        assert (nobody, had(taken)[0]) == (None, 1)
    with shop.house.work() as work:
        (told,) = take_holds(work, [Wish(waited, {}, 1)], now=shop.clock())
        assert had(told)[0] == "sold-out"
        assert [waiting.state for waiting in work.waiting_on(1, 9)] == []


def test_who_wants_what_is_not_sold_spoils_it_for_nobody(shop):
    shop.put(event(notes="Places: 2"))
    (slot,) = shop.slots()
    wishes = [Wish(slot.public_id, {"HAT": 1}), *(Wish(slot.public_id, {}, n) for n in (1, 9, 1, 1))]
    with shop.house.work() as work:
        told = [had(taken)[0] for taken in take_holds(work, wishes, now=shop.clock())]
    assert told == ["invalid-input", 1, "sold-out", 1, "sold-out"]
    assert state(shop, slot.public_id) == "sold_out"
