"""A sync token never skips a change: revisions are raised by a locked row, so commit order is revision order."""

import contextlib
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.store.drops import Drops
from tests.house import event

WAIT = 1.0


def seen_by_a_reader(shop, since, known):
    """One sync: the new token and every name heard of until now."""
    with shop.house.read() as views:
        drop = views.drop("ada", "bread")
        changes = views.changes(drop.id, "organizer", since)
    return drop.revision, known | {change.name for change in changes}


def two_writers_and_a_reader(shop):
    """The first writer takes its revision and dawdles; the second one commits; the reader syncs before and after."""
    has_revision, may_commit = threading.Event(), threading.Event()

    def dawdle():
        with shop.house.work() as work:
            put(shop, work, "slow")
            has_revision.set()
            may_commit.wait(WAIT)

    def hurry():
        has_revision.wait(30)
        with shop.house.work() as work:
            put(shop, work, "quick")

    with ThreadPoolExecutor(2) as writers:
        slow, quick = writers.submit(dawdle), writers.submit(hurry)
        has_revision.wait(30)
        token, known = seen_by_a_reader(shop, 0, set())
        if not shop.house.database.is_sqlite:
            quick_done(quick)
            token, known = seen_by_a_reader(shop, token, known)
        may_commit.set()
        slow.result(30)
        quick.result(30)
    return seen_by_a_reader(shop, token, known)[1]


def quick_done(quick):
    with contextlib.suppress(TimeoutError):
        quick.result(WAIT / 2)


def put(shop, work, name):
    from bridge.flows.edit import put_event

    put_event(work, shop.drop, f"{name}.ics", event(name, None), shop.house.house, now=shop.clock(), actor="ada")


def test_no_change_is_ever_skipped(shop):
    assert two_writers_and_a_reader(shop) == {"slow.ics", "quick.ics"}


def test_without_the_locked_row_a_change_is_skipped(request, monkeypatch, clock):
    """On PostgreSQL; SQLite has one writer at a time whatever we do."""
    from tests.house import bakery

    numbers = itertools.count(10)
    with bakery(request.getfixturevalue("postgresql_url"), clock) as shop:

        def from_a_sequence(self, drop_id, now):
            if "number" not in self.__dict__:
                self.number = next(numbers)
                with shop.house.database.write() as other:
                    other.exec_driver_sql(f"UPDATE drops SET revision = GREATEST(revision, {self.number}) WHERE id = {drop_id}")
            return self.number

        monkeypatch.setattr(Drops, "next_revision", from_a_sequence)
        monkeypatch.setattr(Drops, "lock_drop", lambda self, drop_id, **_: shop.drop)
        assert two_writers_and_a_reader(shop) == {"quick.ics"}


def test_many_writers_and_a_reader_that_never_stops_end_with_the_same_members(shop):
    done = threading.Event()
    known = {}

    def follow():
        token = 0
        while True:
            last = done.is_set()
            with shop.house.read() as views:
                drop = views.drop("ada", "bread")
                for change in views.changes(drop.id, "organizer", token):
                    known[change.name] = None if change.gone else change.etag
            token = drop.revision
            if last:
                return

    def write(writer):
        for number in range(6):
            name = f"{writer}-{number % 3}"
            shop.put(event(name, f"Places: {number + 1}"), f"{name}.ics")
            if number == 2:
                shop.remove(f"{name}.ics")

    reader = threading.Thread(target=follow)
    reader.start()
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(4)))
    done.set()
    reader.join(60)
    with shop.house.read() as views:
        there = {member.name: member.etag for member in views.listing(shop.drop.id, "organizer")}
    assert {name: etag for name, etag in known.items() if etag} == there


@pytest.mark.parametrize("clocks", [2, 4])
def test_several_clocks_publish_each_change_once(shop, clocks):
    shop.put(event(notes="Places: 24\nSells: LOAF"))
    shop.count("LOAF", 10)
    before = shop.revision
    ready = threading.Barrier(clocks)

    def tick(_):
        ready.wait(30)
        return shop.publish()

    with ThreadPoolExecutor(clocks) as ticking:
        assert sum(ticking.map(tick, range(clocks))) == 1
    shop.publish()
    assert shop.revision == before + 1
