"""Counts and movements, and tills that are down, slow, wrong or out of time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.errors import InvalidInput, PermanentFault, TransientFault
from bridge.core.stock import Count, Movement
from bridge.core.tills import Connection, Polled
from bridge.flows.stock import acknowledge, pull, record_counts
from bridge.store.audit import differences
from tests.house import event


@pytest.fixture
def bread(shop):
    """A slot that sells loaves, of which there are ten."""
    shop.put(event(notes="Places: 99\nSells: LOAF"))
    shop.count("LOAF", 10)
    shop.publish()
    return shop


def left(shop):
    shop.publish()
    return shop.slots()[0].availability.left


def test_a_count_changes_what_every_reader_sees(bread):
    assert left(bread) == 10
    assert "LOAF 10 left" in bread.text()
    assert "10 left" in bread.feed()


def test_a_sale_at_the_till_is_laid_over_the_count(bread, clock):
    clock.turn(minutes=1)
    assert bread.move("LOAF", -3, "m1")
    assert left(bread) == 7


def test_the_same_message_twice_changes_nothing(bread, clock):
    clock.turn(minutes=1)
    bread.move("LOAF", -3, "m1")
    before = bread.revision
    assert not bread.move("LOAF", -3, "m1")
    assert left(bread) == 7
    assert bread.revision == before + 1


def test_an_older_count_changes_nothing(bread, clock):
    assert not bread.count("LOAF", 99, at=clock() - timedelta(minutes=1))
    assert left(bread) == 10


def test_a_movement_that_the_count_has_seen_changes_nothing(bread, clock):
    assert not bread.move("LOAF", -3, "late", at=clock() - timedelta(minutes=1))
    assert left(bread) == 10


def test_a_sale_that_arrives_before_its_count_is_not_lost(bread, clock):
    later = clock() + timedelta(minutes=5)
    clock.set(later + timedelta(minutes=5))
    bread.move("LOAF", -2, "m", at=later)
    bread.count("LOAF", 50, at=later - timedelta(minutes=1))
    assert left(bread) == 48


def test_a_negative_count_is_a_fact_and_sells_nothing(bread, clock):
    clock.turn(minutes=1)
    assert bread.count("LOAF", -4)
    assert left(bread) == 0
    assert bread.slots()[0].availability.state == "sold_out"


def test_a_count_below_what_is_promised_takes_nothing_from_anyone_and_is_told(bread, clock):
    hold = bread.hold(bread.slots()[0].public_id, LOAF=6)
    bread.order(hold)
    clock.turn(minutes=1)
    bread.count("LOAF", 4)
    assert left(bread) == 0
    with bread.house.read() as views:
        ((_, item),) = views.stock_items("ada")
    assert (item.promised, item.oversold) == (6, 2)
    assert "2" in bread.text().split("live stock")[1]


@pytest.mark.parametrize("quantity", [10**9 + 1, -(10**12)])
def test_an_absurd_count_is_refused(bread, quantity, clock):
    clock.turn(minutes=1)
    with pytest.raises(InvalidInput, match="LOAF"):
        bread.count("LOAF", quantity)
    assert left(bread) == 10


@pytest.mark.parametrize("sku", ["", " LOAF", "LO\nAF", "x" * 65, "a\0b"])
def test_a_sku_that_cannot_be_is_refused(bread, sku):
    with pytest.raises(InvalidInput):
        bread.count(sku, 1)


def test_many_counts_are_taken_together_or_not_at_all(bread, clock):
    clock.turn(minutes=1)
    counts = [Count("LOAF", 3, clock(), "a"), Count("BUN", 10**10, clock(), "b")]
    with pytest.raises(InvalidInput), bread.house.work() as work:
        record_counts(work, work.views.location("ada", "main"), counts, source="test", now=clock(), actor="test")
    assert left(bread) == 10


def test_a_count_from_the_future_counts_from_now_and_hides_no_sale(bread, clock):
    clock.turn(minutes=1)
    bread.count("LOAF", 20, at=clock() + timedelta(days=1))
    clock.turn(minutes=1)
    assert bread.move("LOAF", -1, "m")
    assert left(bread) == 19


def test_an_acknowledged_sale_does_not_twitch(bread, clock):
    bread.order(bread.hold(bread.slots()[0].public_id, LOAF=2))
    assert left(bread) == 8
    with bread.house.read() as views:
        ((_, item),) = views.stock_items("ada")
    clock.turn(minutes=1)
    for _ in range(2):
        with bread.house.work() as work:
            acknowledge(work, item.id, 2, clock(), "ack-1", now=clock())
        assert left(bread) == 8
    clock.turn(minutes=1)
    bread.count("LOAF", 8)
    assert left(bread) == 8


def told(bread, units, message):
    """The till acknowledges loaves."""
    with bread.house.read() as views:
        ((_, item),) = views.stock_items("ada")
    with bread.house.work() as work:
        acknowledge(work, item.id, units, bread.clock.turn(minutes=1), message, now=bread.clock())


def promised(bread):
    with bread.house.read() as views:
        ((_, item),) = views.stock_items("ada")
    with bread.house.database.read() as connection:
        assert list(differences(connection)) == []
    return item.promised


def test_what_the_till_knows_of_is_given_back_by_the_till_alone(bread):
    orders = [bread.order(bread.hold(bread.slots()[0].public_id, LOAF=2)) for _ in range(2)]
    told(bread, 3, "first")
    assert promised(bread) == 1
    bread.cancel(orders[0])
    assert promised(bread) == 1
    bread.cancel(orders[1])
    assert promised(bread) == 0
    assert left(bread) == 7


def test_a_till_may_learn_of_an_order_after_it_was_cancelled(bread):
    bread.cancel(bread.order(bread.hold(bread.slots()[0].public_id, LOAF=2)))
    told(bread, 2, "late")
    assert promised(bread) == 0
    assert left(bread) == 8


def test_ten_changes_are_one_new_text(bread, clock):
    before = bread.revision
    for number in range(10):
        clock.turn(seconds=1)
        bread.move("LOAF", -1, f"m{number}")
    assert left(bread) == 0
    assert bread.revision == before + 1


def test_a_change_that_shows_nothing_else_says_nothing(shop, clock):
    shop.put(event(notes="Places: 3\nSells: LOAF"))
    shop.count("LOAF", 10)
    shop.publish()
    before = shop.revision
    clock.turn(minutes=1)
    shop.count("LOAF", 9)
    shop.publish()
    assert shop.revision == before


class Till:
    """A till that answers as it is told."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def counts(self, cursor, now):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def connection(bread):
    with bread.house.work() as work:
        place = work.views.location("ada", "main")
        wanted = Connection(0, place.organizer_id, "ada", "till", "fake", place.id, {}, stale_after=timedelta(minutes=15), stale_buffer=2)
        work.add_connection(wanted)
    return lambda: _only(bread)


def _only(shop):
    with shop.house.read() as views:
        (found,) = views.connections()
    return found


def ask(shop, connection, clock, *answers):
    return pull(shop.house.work, connection(), Till(*answers), clock())


def test_a_till_is_asked_and_its_counts_taken(bread, connection, clock):
    clock.turn(minutes=1)
    sold = Movement("LOAF", -1, clock() + timedelta(seconds=1), "m1")
    told = Polled((Count("LOAF", 6, clock(), "c1", "Country loaf"),), (sold,), "7", clock())
    clock.turn(seconds=2)
    assert ask(bread, connection, clock, told)
    assert left(bread) == 5
    assert connection().cursor == "7"
    assert "Country loaf 5 left" in bread.text()


def test_a_till_that_is_down_is_told_to_the_organizer_and_asked_ever_less_often(bread, connection, clock):
    clock.turn(minutes=1)
    assert ask(bread, connection, clock, Polled((Count("LOAF", 6, clock(), "c1"),), (), "", clock()))
    left(bread)
    waits = []
    for _ in range(3):
        assert not ask(bread, connection, clock, TransientFault("The till does not answer."))
        waits.append(connection().due_at - clock())
        clock.set(connection().due_at)
    assert waits == sorted(waits)
    assert waits[2] > waits[0]
    assert left(bread) == 6
    assert "The till does not answer" in bread.text()


def test_a_till_that_comes_back_is_told_too(bread, connection, clock):
    ask(bread, connection, clock, Polled((Count("LOAF", 6, clock(), "c0"),), (), "", clock()))
    ask(bread, connection, clock, PermanentFault("The key was refused."))
    left(bread)
    assert "The key was refused" in bread.text()
    clock.turn(minutes=10)
    ask(bread, connection, clock, Polled())
    left(bread)
    assert "The key was refused" not in bread.text()


def test_counts_of_a_silent_till_grow_stale_and_keep_more_back(bread, connection, clock):
    clock.turn(minutes=1)
    ask(bread, connection, clock, Polled((Count("LOAF", 6, clock(), "c1"),), (), "", clock()))
    assert left(bread) == 6
    clock.turn(minutes=16)
    assert left(bread) == 4
    assert bread.slots()[0].availability.as_of is not None
    ask(bread, connection, clock, Polled())
    assert left(bread) == 6


def test_a_till_ahead_of_time_is_set_right_and_its_sales_count(bread, connection, clock):
    ahead = timedelta(hours=2)
    clock.turn(minutes=1)
    ask(bread, connection, clock, Polled((Count("LOAF", 6, clock() + ahead, "c1"),), (), "", clock() + ahead))
    clock.turn(minutes=1)
    ask(bread, connection, clock, Polled((), (Movement("LOAF", -2, clock() + ahead, "m1"),), "", clock() + ahead))
    assert left(bread) == 4
    assert connection().skew == ahead.total_seconds()


def test_a_till_behind_in_time_is_set_right_and_its_sales_count(bread, connection, clock):
    behind = timedelta(hours=2)
    clock.turn(minutes=1)
    ask(bread, connection, clock, Polled((), (Movement("LOAF", -2, clock() - behind, "m1"),), "", clock() - behind))
    assert left(bread) == 8


def test_one_absurd_sku_does_not_stop_the_others_and_is_told(bread, connection, clock):
    clock.turn(minutes=1)
    ask(bread, connection, clock, Polled((Count("LOAF", 3, clock(), "a"), Count("BUN", 10**12, clock(), "b")), (), "", clock()))
    assert left(bread) == 3
    assert "BUN" in connection().problem


def test_one_absurd_sale_does_not_stop_the_others_and_is_told(bread, connection, clock):
    clock.turn(minutes=1)
    sales = (Movement("LOAF", -1, clock(), "a"), Movement("LOAF", -(10**12), clock(), "b"))
    ask(bread, connection, clock, Polled((), sales, "", clock()))
    assert left(bread) == 9
    assert "LOAF" in connection().problem


class Meanwhile:
    """A till that answers while somebody does something to its connection."""

    def __init__(self, shop, do):
        self.shop, self.do = shop, do

    def counts(self, cursor, now):
        with self.shop.house.work() as work:
            self.do(work)
        return Polled((Count("LOAF", 4, now, "c9"),), (), "9", now)


def test_what_is_set_while_a_till_is_asked_stays_set(bread, connection, clock):
    clock.turn(minutes=1)
    asked = connection()
    till = Meanwhile(bread, lambda work: work.save_connection(replace(asked, stale_buffer=7)))
    assert pull(bread.house.work, asked, till, clock())
    assert (connection().stale_buffer, connection().cursor) == (7, "9")


def test_a_till_that_is_removed_while_it_is_asked_counts_nothing_more(bread, connection, clock):
    clock.turn(minutes=1)
    asked = connection()
    pull(bread.house.work, asked, Meanwhile(bread, lambda work: work.remove_connection(asked.id)), clock())
    assert left(bread) != 4


def test_goods_that_a_shop_which_counts_has_never_counted_are_pointed_out(bread):
    bread.put(event("b", notes="Places: 9\nSells: LAOF, TOTE x3"), "b.ics")
    told = bread.text("b.ics")
    assert "LAOF was never counted" in told
    assert "TOTE was never" not in told
    bread.count("LAOF", 3)
    bread.publish()
    assert "never counted" not in bread.text("b.ics")


def test_a_shop_that_counts_nothing_is_not_asked_to(shop):
    shop.put(event(notes="Places: 9\nSells: LOAF"))
    assert "never counted" not in shop.text()


def test_a_poll_is_taken_by_one_clock_only(bread, connection, clock):
    one, other = connection(), connection()
    assert pull(bread.house.work, one, Till(Polled()), clock())
    assert not pull(bread.house.work, other, Till(), clock())
