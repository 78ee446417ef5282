"""The ledger's arithmetic: whatever comes, late, twice or out of order, ends at the same number."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import InvalidInput
from bridge.core.stock import Count, Movement, StockItem, checked_quantity, counted, moved, settled

NINE = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)
minutes = st.integers(0, 600).map(lambda n: NINE + timedelta(minutes=n))
counts = st.builds(Count, st.just("LOAF"), st.integers(-20, 500), minutes, st.uuids().map(str))
movements = st.builds(Movement, st.just("LOAF"), st.integers(-9, 9), minutes, st.uuids().map(str))


class Ledger:
    """An item and the movements it has seen, as a store keeps them."""

    def __init__(self):
        self.item, self.seen = StockItem("LOAF"), {}

    def take(self, message):
        if message.message_id in self.seen:
            return
        self.seen[message.message_id] = message
        if isinstance(message, Movement):
            self.item = moved(self.item, message)
        else:
            self.item = counted(self.item, message, [m for m in self.seen.values() if isinstance(m, Movement)])


@given(st.lists(counts | movements, max_size=12), st.data())
def test_any_order_and_any_repetition_gives_the_same_item(messages, data):
    straight, shuffled = Ledger(), Ledger()
    for message in messages:
        straight.take(message)
    repeated = messages + data.draw(st.lists(st.sampled_from(messages), max_size=5)) if messages else []
    for message in data.draw(st.permutations(repeated)):
        shuffled.take(message)
    told = [m for m in messages if isinstance(m, Count)]
    if told:
        assert (straight.item.count, straight.item.counted_at, straight.item.moved) == (
            shuffled.item.count,
            shuffled.item.counted_at,
            shuffled.item.moved,
        )
        latest = max(m.counted_at for m in told)
        assert straight.item.count == min(m.quantity for m in told if m.counted_at == latest)
        assert straight.item.moved == sum(m.quantity for m in messages if isinstance(m, Movement) and m.happened_at > latest)


@given(st.integers(-50, 500), st.integers(0, 50), st.integers(0, 20), st.integers(-50, 50))
def test_free_is_never_negative_and_never_more_than_is_there(count, promised, buffer, since):
    item = StockItem("LOAF", count=count, counted_at=NINE, moved=since, promised=promised, buffer=buffer)
    free = item.free(NINE)
    assert free == max(0, count + since - promised - buffer)
    assert item.oversold == max(0, promised - max(0, count + since))
    assert item.oversold <= promised
    assert not (free and item.oversold)


def test_an_item_nobody_counted_limits_nothing():
    assert StockItem("LOAF", moved=-3).free(NINE) is None
    assert StockItem("LOAF", promised=3).oversold == 0


def test_a_late_count_does_not_undo_a_sale():
    item = counted(StockItem("LOAF"), Count("LOAF", 10, NINE, "a"), [])
    item = moved(item, Movement("LOAF", -2, NINE + timedelta(minutes=5), "b"))
    late = counted(item, Count("LOAF", 12, NINE - timedelta(minutes=1), "c"), [])
    assert late.free(NINE) == 8


def test_a_stale_count_keeps_more_back_until_the_till_confirms_it():
    item = StockItem("LOAF", count=10, counted_at=NINE, buffer=1, stale_buffer=4, stale_after=timedelta(minutes=15))
    later = NINE + timedelta(minutes=15)
    assert (item.free(NINE), item.free(later)) == (9, 6)
    assert item.is_stale(later)
    confirmed = StockItem("LOAF", count=10, counted_at=NINE, stale_after=timedelta(minutes=15), confirmed_at=later)
    assert not confirmed.is_stale(later)


def test_a_clock_that_is_ahead_or_behind_is_set_right_when_it_says_its_own_time():
    fast, slow = NINE + timedelta(minutes=10), NINE - timedelta(minutes=10)
    assert settled(fast - timedelta(minutes=1), NINE, sent_at=fast) == NINE - timedelta(minutes=1)
    assert settled(slow - timedelta(minutes=1), NINE, sent_at=slow) == NINE - timedelta(minutes=1)
    assert settled(NINE - timedelta(seconds=5), NINE, sent_at=NINE + timedelta(seconds=30)) == NINE - timedelta(seconds=5)


def test_a_time_in_the_future_means_now():
    assert settled(NINE + timedelta(days=1), NINE) == NINE


@pytest.mark.parametrize("quantity", [1_000_000_001, -1_000_000_001])
def test_an_absurd_quantity_is_refused(quantity):
    with pytest.raises(InvalidInput):
        checked_quantity(quantity)
