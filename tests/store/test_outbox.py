"""The outbox: one clock at a time tries a row, a dead one's lease runs out, and what was given up is kept with its reason."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Select, event

from tests.house import bakery

LEASE = timedelta(minutes=10)


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


def enqueue(shop, *keys, topic="mail.order"):
    with shop.house.work() as work:
        for key in keys:
            work.enqueue(topic, key, {"order": 1}, shop.clock())


def claim(shop, prefix="mail"):
    with shop.house.work() as work:
        return work.claim_due(prefix, shop.clock(), LEASE)


def standing(shop):
    with shop.house.read() as views:
        return {row.key: name for name in ("waiting", "given up", "done") for row in views.outbox(name)}


def test_the_same_key_twice_is_one_consequence(shop):
    enqueue(shop, "a")
    enqueue(shop, "a")
    assert claim(shop).key == "a"
    assert claim(shop) is None


def test_what_is_due_longest_comes_first_and_what_is_not_due_not_at_all(shop, clock):
    enqueue(shop, "later")
    clock.turn(hours=-1)
    assert claim(shop) is None
    enqueue(shop, "earlier")
    clock.turn(hours=1)
    assert [claim(shop).key, claim(shop).key] == ["earlier", "later"]


def test_only_the_kind_that_is_asked_for_is_claimed(shop):
    enqueue(shop, "refund", topic="refund")
    enqueue(shop, "odd", topic="mai%")
    assert claim(shop, "mail") is None
    assert claim(shop, "mai%").key == "odd"


def test_a_lease_that_runs_out_hands_the_row_to_another_clock(shop, clock):
    enqueue(shop, "a")
    first = claim(shop)
    clock.turn(minutes=9)
    assert claim(shop) is None
    clock.turn(minutes=2)
    second = claim(shop)
    assert (first.attempts, second.attempts) == (1, 2)
    with shop.house.work() as work:
        assert not work.postpone(first, clock(), "too late to say")
        assert not work.give_up(first, "too late to say")
        assert work.give_up(second, "no such mailbox")
    assert standing(shop) == {"a": "given up"}


def test_what_was_done_is_done_also_by_a_clock_whose_lease_ran_out(shop, clock):
    enqueue(shop, "a")
    first = claim(shop)
    clock.turn(minutes=11)
    second = claim(shop)
    with shop.house.work() as work:
        work.delivered(first, clock())
        assert not work.postpone(second, clock(), "greylisted")
    assert standing(shop) == {"a": "done"}


def test_what_was_given_up_can_be_tried_again_and_nothing_else(shop, clock):
    enqueue(shop, "a", "b")
    found = claim(shop)
    with shop.house.work() as work:
        work.give_up(found, "no such mailbox")
        assert work.retry(found.id, clock())
        assert not work.retry(found.id, clock())
        assert not work.retry(9999, clock())
    assert {claim(shop).key, claim(shop).key} == {"a", "b"}


def test_what_bounced_counts_as_given_up_once(shop, clock):
    enqueue(shop, "a")
    found = claim(shop)
    with shop.house.work() as work:
        assert not work.bounced(found.id, "not even sent")
        work.delivered(found, clock())
        assert work.bounced(found.id, "mailbox full")
        assert not work.bounced(found.id, "mailbox full")
    with shop.house.read() as views:
        assert [row.reason for row in views.outbox("given up")] == ["mailbox full"]
        assert views.outbox_counts() == {"waiting": 0, "given up": 1}


def test_what_is_held_back_is_what_is_due_of_that_kind(shop, clock):
    enqueue(shop, "leased", "a", "b")
    enqueue(shop, "refund", topic="refund")
    claim(shop)
    with shop.house.work() as work:
        assert work.hold_back("mail", clock(), clock() + timedelta(hours=1), "away") == 2
    assert claim(shop) is None
    assert claim(shop, "refund").key == "refund"
    clock.turn(minutes=10)
    assert claim(shop).key == "leased"


def test_only_what_is_done_is_forgotten(shop, clock):
    enqueue(shop, "done", "given up", "waiting")
    for end in ("delivered", "give_up"):
        found = claim(shop)
        with shop.house.work() as work:
            work.delivered(found, clock()) if end == "delivered" else work.give_up(found, "no such mailbox")
    with shop.house.work() as work:
        assert work.prune_outbox(clock() + timedelta(days=1)) == 1
    assert standing(shop) == {"given up": "given up", "waiting": "waiting"}


def test_many_clocks_at_once_claim_each_row_once(shop):
    enqueue(shop, *(f"k{number}" for number in range(40)))
    ready = threading.Barrier(4)

    def drain(_):
        ready.wait(30)
        found = []
        while (row := claim(shop)) is not None:
            found.append(row.key)
        return found

    with ThreadPoolExecutor(4) as clocks:
        claimed = [key for keys in clocks.map(drain, range(4)) for key in keys]
    assert sorted(claimed) == sorted(f"k{number}" for number in range(40))


def test_two_that_look_at_the_same_row_do_not_both_get_it(postgresql_url, clock, monkeypatch):
    """With the row's lock taken out, the conditional update alone decides. On PostgreSQL; SQLite has one writer at a time."""
    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)
    both_have_looked = threading.Barrier(2)

    def meet(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE outbox"):
            both_have_looked.wait(30)

    with bakery(postgresql_url, clock) as shop:
        enqueue(shop, "a")
        event.listen(shop.house.database.writer, "before_cursor_execute", meet)
        with ThreadPoolExecutor(2) as clocks:
            claimed = [row for row in clocks.map(lambda _: claim(shop), range(2)) if row is not None]
    assert len(claimed) == 1


def test_a_commit_that_enqueues_wakes_the_clock(shop):
    from bridge.store.waking import waking

    with waking(shop.house.database) as listener:
        listener.wait(0.05)
        enqueue(shop, "a")
        assert listener.wait(10)
