"""The one sum."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.availability import as_time_passes, availability, changes_at
from bridge.core.drops import Offer, PreorderWindow, Problem, Slot
from bridge.core.stock import StockItem

NOW = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)
SLOT = Slot("", SATURDAY, SATURDAY + timedelta(minutes=30), False, "Europe/Berlin", "Pickup", 24)


def item(key, count, **other):
    return StockItem(f"S{key}", count=count, counted_at=NOW, id=key, **other)


offers = st.builds(
    Offer,
    sku=st.sampled_from(["S1", "S2", "S3"]),
    allotment=st.none() | st.integers(0, 30),
    claimed=st.integers(0, 10),
    add_on=st.booleans(),
    places_per_unit=st.integers(0, 3),
    stock_item_id=st.sampled_from([1, 2, 3]),
)


@given(
    st.integers(0, 50), st.integers(0, 60), st.lists(offers, max_size=4), st.lists(st.none() | st.integers(-5, 60), min_size=3, max_size=3)
)
def test_no_more_is_promised_than_places_allotments_and_stock_allow(capacity, claimed, sold, counts):
    slot = replace(SLOT, capacity=capacity, claimed=claimed, offers=tuple(sold))
    stock = {key: item(key, count) for key, count in enumerate(counts, 1)}
    seen = availability(slot, stock, NOW)
    assert seen.places_left == max(0, capacity - claimed)
    assert 0 <= seen.left <= seen.places_left
    for offer, shown in zip(slot.offers, seen.offers, strict=True):
        if shown.left is None:
            assert offer.places_per_unit == 0
            continue
        assert shown.left >= 0
        assert shown.left * offer.places_per_unit <= seen.places_left
        if offer.allotment is not None:
            assert shown.left <= max(0, offer.allotment - offer.claimed)
        if stock[offer.stock_item_id].free(NOW) is not None:
            assert shown.left <= stock[offer.stock_item_id].free(NOW)
    assert (seen.state == "open") == (seen.left > 0)


def test_the_smallest_of_the_three_is_shown_and_named():
    stock = {1: item(1, 5)}
    sold = Offer("LOAF", "Country loaf", allotment=20, stock_item_id=1)
    assert availability(replace(SLOT, offers=(sold,)), stock, NOW).left == 5
    assert availability(replace(SLOT, offers=(sold,)), stock, NOW).reason == "stock"
    few = replace(sold, allotment=3)
    assert availability(replace(SLOT, offers=(few,)), stock, NOW).reason == "allotment"
    assert availability(replace(SLOT, capacity=2, offers=(sold,)), stock, NOW).reason == "places"


def test_an_add_on_takes_no_place_and_does_not_hold_the_slot_open():
    tote = Offer("TOTE", add_on=True, places_per_unit=0, stock_item_id=2)
    loaf = Offer("LOAF", stock_item_id=1)
    seen = availability(replace(SLOT, offers=(loaf, tote)), {1: item(1, 0), 2: item(2, 9)}, NOW)
    assert (seen.state, seen.left, seen.offers[1].left) == ("sold_out", 0, 9)


@pytest.mark.parametrize(
    ("window", "state"),
    [
        (PreorderWindow(NOW + timedelta(hours=1), None), "soon"),
        (PreorderWindow(NOW, None), "open"),
        (PreorderWindow(None, NOW), "closed"),
        (PreorderWindow(None, NOW + timedelta(seconds=1)), "open"),
    ],
)
def test_the_window_opens_at_its_first_moment_and_is_closed_at_its_last(window, state):
    assert availability(replace(SLOT, preorder=window), {}, NOW).state == state


def test_a_slot_that_is_over_is_closed_and_a_cancelled_one_cancelled():
    assert availability(SLOT, {}, SLOT.ends_at).state == "closed"
    assert availability(replace(SLOT, cancelled=True), {}, NOW).state == "cancelled"
    assert availability(replace(SLOT, removed=True), {}, NOW).state == "cancelled"


def test_what_nobody_can_tell_is_not_on_sale_whatever_time_it_is():
    window = PreorderWindow(NOW + timedelta(hours=1), None)
    unclear = replace(SLOT, preorder=window, problems=(Problem("Sells", "LOAF @ a few coins", "not-a-price"),))
    seen = availability(unclear, {}, NOW)
    opened = NOW + timedelta(hours=2)
    assert (seen.state, seen.left, seen.reason) == ("soon", 0, "goods")
    assert as_time_passes(seen, window, unclear.ends_at, opened).state == availability(unclear, {}, opened).state == "soon"
    assert as_time_passes(seen, window, unclear.ends_at, unclear.ends_at).state == "closed"
    assert availability(replace(unclear, cancelled=True), {}, NOW).state == "cancelled"
    assert availability(replace(unclear, offers=(Offer("LOAF"),)), {}, opened).state == "open"


@given(
    st.builds(PreorderWindow, *[st.none() | st.integers(-90, 90).map(lambda hours: NOW + timedelta(hours=hours))] * 2),
    st.sampled_from(["not-a-date", "closes-before-it-opens", "from-or-until", "empty", "near-miss"]),
    st.lists(offers, max_size=2),
    st.integers(-90, 90),
)
def test_an_opening_that_nobody_can_tell_never_opens_and_a_known_window_holds(window, reason, sold, hours):
    asked = NOW + timedelta(hours=hours)
    plain = replace(SLOT, preorder=window, offers=tuple(sold))
    seen = availability(replace(plain, problems=(Problem("Preorder", "gibberish", reason),)), {}, asked)
    if window != PreorderWindow() or reason == "near-miss":
        assert seen == availability(plain, {}, asked)
        return
    over = asked >= SLOT.ends_at
    assert (seen.state, seen.left, seen.reason) == ("closed" if over else "soon", 0, "window")
    later = as_time_passes(seen, window, SLOT.ends_at, asked + timedelta(hours=1))
    assert later.state == ("closed" if asked + timedelta(hours=1) >= SLOT.ends_at else "soon")


def test_a_stale_count_is_shown_with_its_time_and_its_warning():
    stale = item(1, 5, stale_after=timedelta(minutes=1), promised=7)
    seen = availability(replace(SLOT, offers=(Offer("LOAF", stock_item_id=1),)), {1: stale}, NOW + timedelta(minutes=2))
    assert seen.as_of == NOW
    assert seen.offers[0].oversold == 2


def test_the_next_moment_that_changes_something_is_known():
    slot = replace(SLOT, preorder=PreorderWindow(NOW + timedelta(hours=1), NOW + timedelta(hours=2)))
    assert changes_at(slot, {}, NOW) == NOW + timedelta(hours=1)
    assert changes_at(slot, {}, NOW + timedelta(hours=1)) == NOW + timedelta(hours=2)
    assert changes_at(slot, {}, NOW + timedelta(hours=2)) == slot.ends_at
    assert changes_at(slot, {}, slot.ends_at) is None
