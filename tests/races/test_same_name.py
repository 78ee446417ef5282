"""Two who make the same thing at the same moment: one has it, the other is told."""

import threading
from concurrent.futures import ThreadPoolExecutor

from bridge.core.errors import AlreadyExists
from bridge.flows.drops import create_drop

BOTH = 2


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
