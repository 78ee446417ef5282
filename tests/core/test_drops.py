"""What an edit does to slots already sold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.drops import (
    DropDefaults,
    OccurrenceDraft,
    Offer,
    OfferDraft,
    PreorderWindow,
    Problem,
    Slot,
    SlotSettings,
)
from bridge.core.editing import applied, check_removal, is_slot
from bridge.core.errors import CapacityBelowClaimed, InvalidCalendarObject, InvalidInput, SlotHasOrders

SATURDAY = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)


def draft(rid="", start=SATURDAY, **settings):
    return OccurrenceDraft(rid, start, start + timedelta(minutes=30), False, "Europe/Berlin", "Pickup", settings=SlotSettings(**settings))


def slot(rid="", start=SATURDAY, **other):
    return Slot(rid, start, start + timedelta(minutes=30), False, "Europe/Berlin", "Pickup", **{"capacity": 24, "id": 1, **other})


def test_an_event_is_a_slot_by_its_own_line_or_by_the_drops_default():
    assert is_slot(draft(places=0), DropDefaults())
    assert is_slot(draft(), DropDefaults(12))
    assert not is_slot(draft(), DropDefaults())


def test_a_line_that_cannot_be_read_keeps_a_slot_a_slot_but_makes_none():
    unread = draft(problems=(Problem("Places", "two dozen", "not-a-whole-number"),))
    assert is_slot(unread, DropDefaults(), slot())
    assert not is_slot(unread, DropDefaults())
    assert applied(unread, DropDefaults(), slot()).capacity == 24


def test_the_events_own_lines_come_before_the_drops():
    window = PreorderWindow(None, SATURDAY)
    defaults = DropDefaults(12, window, 2)
    made = applied(draft(places=5, limit=1), defaults, None)
    assert (made.capacity, made.limit, made.preorder) == (5, 1, window)


def test_a_window_that_cannot_be_read_is_neither_the_drops_nor_forgotten_where_it_was_known():
    unread = draft(places=5, problems=(Problem("Preorder", "gibberish", "not-a-date"),))
    window, drops = PreorderWindow(None, SATURDAY), DropDefaults(preorder=PreorderWindow(SATURDAY - timedelta(days=3)))
    new = applied(unread, drops, None)
    assert (new.preorder, new.unclear) == (PreorderWindow(), "window")
    again = applied(unread, drops, replace(new, id=7))
    assert (again.preorder, again.unclear) == (PreorderWindow(), "window")
    known = applied(unread, drops, slot(preorder=window))
    assert (known.preorder, known.unclear) == (window, "")
    mended = applied(draft(places=5), drops, again)
    assert (mended.preorder, mended.unclear) == (drops.preorder, "")


def test_an_equal_edit_changes_nothing():
    before = replace(applied(draft(places=24, offers=(OfferDraft("LOAF", 20, 650),)), DropDefaults(), None), id=7, claimed=3)
    assert applied(draft(places=24, offers=(OfferDraft("LOAF", 20, 650),)), DropDefaults(), before) == before


def test_capacity_never_falls_below_what_is_claimed():
    with pytest.raises(CapacityBelowClaimed, match="7 places"):
        applied(draft(places=6), DropDefaults(), slot(claimed=7))
    assert applied(draft(places=7), DropDefaults(), slot(claimed=7)).capacity == 7


def test_a_cancelled_slot_keeps_room_for_what_is_claimed():
    cancelled = replace(draft(places=0), cancelled=True)
    assert applied(cancelled, DropDefaults(), slot(claimed=7)).capacity == 7


def test_an_allotment_never_falls_below_what_is_sold_and_a_sold_offer_stays():
    sold = slot(offers=(Offer("LOAF", allotment=20, claimed=5, id=1),))
    with pytest.raises(CapacityBelowClaimed):
        applied(draft(places=24, offers=(OfferDraft("LOAF", 4),)), DropDefaults(), sold)
    with pytest.raises(SlotHasOrders):
        applied(draft(places=24, offers=(OfferDraft("BUN"),)), DropDefaults(), sold)


@pytest.mark.parametrize("places", [-1, 1_000_001])
def test_a_capacity_that_cannot_be_is_refused(places):
    with pytest.raises(InvalidInput):
        applied(draft(places=places), DropDefaults(), None)


def test_a_slot_with_orders_is_not_removed():
    check_removal([slot()])
    with pytest.raises(SlotHasOrders, match="cancelled instead"):
        check_removal([slot(claimed=1)])


@pytest.mark.parametrize(
    "edit",
    [
        draft(places=6),
        draft(places=24, offers=(OfferDraft("LOAF", 4),)),
        draft(places=24, offers=(OfferDraft("LOAF", places_per_unit=2),)),
        draft(places=24, offers=(OfferDraft("BUN"),)),
    ],
    ids=["places", "allotment", "places of a unit", "product"],
)
def test_what_is_refused_for_a_slots_orders_names_it_and_its_time_there(edit):
    sold = slot(claimed=7, offers=(Offer("LOAF", claimed=7, id=1),))
    with pytest.raises((CapacityBelowClaimed, SlotHasOrders), match="“Pickup” on 2026-12-05 10:00"):
        applied(edit, DropDefaults(), sold)
    with pytest.raises((CapacityBelowClaimed, SlotHasOrders), match=r"“Pickup” on 2026-12-05(?! \d\d:)"):
        applied(replace(edit, all_day=True), DropDefaults(), replace(sold, all_day=True))


def test_a_slot_that_ends_before_it_starts_is_refused_unless_it_is_cancelled():
    ends_first = replace(draft(places=24), ends_at=SATURDAY, backwards=True)
    with pytest.raises(InvalidCalendarObject, match="“Pickup” on 2026-12-05 10:00 does not end after it starts"):
        applied(ends_first, DropDefaults(), None)
    assert applied(replace(ends_first, cancelled=True), DropDefaults(), slot(claimed=7)).cancelled
