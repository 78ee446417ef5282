"""Two who make the same thing at the same moment: one has it, the other is told."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.core.errors import AlreadyExists
from bridge.flows.drops import add_organizer, create_drop
from bridge.settings import Settings
from bridge.wiring import bridge

BOTH = 2


@pytest.fixture
def unset(database_url, clock):
    made = bridge(Settings().replace(database={"url": database_url}), now=clock)
    yield made
    made.database.dispose()


def test_of_two_calendars_of_one_name_one_is_made_and_one_refused(shop, clock):
    looked = threading.Barrier(BOTH)

    def make(_):
        try:
            with shop.house.work() as work:
                ada = work.views.organizer("ada")
                if not shop.house.database.is_sqlite:  # there the second cannot even look before the first is done
                    looked.wait(30)
                create_drop(work, ada, "cake", now=clock(), actor="ada")
        except AlreadyExists:
            return 0
        return 1

    with ThreadPoolExecutor(BOTH) as both:
        assert sum(both.map(make, range(BOTH))) == 1
    with shop.house.read() as views:
        assert sorted(drop.slug for drop in views.drops("ada")) == ["bread", "cake"]


def test_of_two_with_the_link_of_a_new_server_one_becomes_its_organizer(unset, clock):
    looked = threading.Barrier(BOTH)

    def make(name):
        with unset.work() as work:
            if not unset.database.is_sqlite:
                looked.wait(30)
            work.lock_organizers()
            if not work.views.organizers():
                add_organizer(work, name, now=clock())

    with ThreadPoolExecutor(BOTH) as both:
        list(both.map(make, ("ada", "dee")))
    with unset.read() as views:
        assert len(views.organizers()) == 1
