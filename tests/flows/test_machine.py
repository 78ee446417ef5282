"""Whatever organizers, tills, customers and clocks do, in whatever order: nobody has what was not free."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bridge.core.errors import Refusal
from bridge.flows.audit import drop_differences
from bridge.store.audit import differences
from tests.house import Bakery, event

NAMES = st.sampled_from(["a", "b"])
SKUS = st.sampled_from(["LOAF", "BUN"])


class Machine(RuleBasedStateMachine):
    """Two events, two SKUs, and everything that can happen to them."""

    url, clock = "", None

    def __init__(self):
        super().__init__()
        self.shop = Bakery(self.fresh(), self.clock)
        self.holds, self.orders, self.messages = [], [], 0

    def teardown(self):
        self.shop.house.database.dispose()

    def tried(self, act, *args, **kwargs):
        before = self.shop.revision
        try:
            return act(*args, **kwargs)
        except Refusal:
            assert self.shop.revision == before
            return None

    @rule(
        name=NAMES,
        places=st.integers(0, 6),
        loaves=st.none() | st.integers(0, 6),
        weekly=st.booleans(),
        hour=st.integers(8, 10),
        cancelled=st.booleans(),
    )
    def edit(self, name, places, loaves, weekly, hour, cancelled):
        sells = f"\nSells: LOAF{'' if loaves is None else f' x{loaves}'}, BUN add-on"
        more = ("RRULE:FREQ=WEEKLY;COUNT=2\r\n" if weekly else "") + ("STATUS:CANCELLED\r\n" if cancelled else "")
        self.tried(self.shop.put, event(name, f"Places: {places}{sells}", start=f"20261205T{hour:02}0000Z", more=more), f"{name}.ics")

    @rule(name=NAMES)
    def remove(self, name):
        self.tried(self.shop.remove, f"{name}.ics")

    @rule(sku=SKUS, quantity=st.integers(-2, 9), late=st.integers(0, 120))
    def count(self, sku, quantity, late):
        self.messages += 1
        self.shop.count(sku, quantity, at=self.clock() - timedelta(seconds=late), message=f"c{self.messages}")

    @rule(sku=SKUS, quantity=st.integers(-3, 3), late=st.integers(0, 120), again=st.booleans())
    def move(self, sku, quantity, late, again):
        self.messages += not again
        self.shop.move(sku, quantity, f"m{self.messages}", at=self.clock() - timedelta(seconds=late))

    @precondition(lambda self: self.shop.slots())
    @rule(data=st.data(), loaves=st.integers(0, 3), buns=st.integers(0, 2), places=st.integers(0, 2))
    def hold(self, data, loaves, buns, places):
        slot = data.draw(st.sampled_from(self.shop.slots()))
        units = {sku: count for sku, count in (("LOAF", loaves), ("BUN", buns)) if count}
        with self.shop.house.read() as views:
            free = {item.sku: item.free(self.clock()) for _, item in views.stock_items("ada")}
        held = self.tried(self.shop.hold, slot.public_id, places, minutes=2, **units)
        if held:
            self.holds.append(held)
            assert all(free[sku] is None or count <= free[sku] for sku, count in units.items())

    @precondition(lambda self: self.holds)
    @rule()
    def order(self):
        placed = self.tried(self.shop.order, self.holds.pop())
        if placed:
            self.orders.append(placed)

    @precondition(lambda self: self.orders)
    @rule()
    def cancel(self):
        self.shop.cancel(self.orders.pop())

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds):
        self.clock.turn(seconds=seconds)
        self.shop.expire()

    @rule()
    def publish(self):
        self.shop.publish()

    @invariant()
    def every_number_follows_from_its_source(self):
        with self.shop.house.database.read() as connection:
            assert list(differences(connection)) == []
        with self.shop.house.work() as work:
            assert list(drop_differences(work, self.shop.drop, self.shop.house.house, self.clock())) == []

    @invariant()
    def once_published_everyone_sees_what_is_true(self):
        self.shop.publish()
        assert self.shop.publish() == 0
        for slot in self.shop.slots():
            assert 0 <= slot.availability.left <= slot.availability.places_left <= slot.availability.capacity


def run(fresh, clock, examples):
    machine = type("Run", (Machine,), {"fresh": staticmethod(fresh), "clock": clock})
    quick = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
    )
    run_state_machine_as_test(machine, settings=quick)


def test_on_sqlite(tmp_path, sqlite_template, clock):
    import itertools
    import shutil

    numbers = itertools.count()

    def fresh():
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    run(fresh, clock, 25)


def test_on_postgresql(postgres, postgres_template, clock):
    import uuid

    made = []

    def fresh():
        while made:
            postgres.drop(made.pop())
        made.append(f"machine_{uuid.uuid4().hex}")
        return postgres.create(made[0], postgres_template)

    run(fresh, clock, 8)


@pytest.mark.deep
def test_for_long(tmp_path, sqlite_template, clock):
    import itertools
    import shutil

    numbers = itertools.count()

    def fresh():
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    run(fresh, clock, 400)
