"""Holds: who comes too late is told so at once, and never wrongly."""

from datetime import timedelta

import pytest

from bridge.core.availability import availability
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
