"""Whatever customers, providers, tills, clocks and the organizer do, in whatever order: nobody has what was not free, no money is lost."""

import itertools
import shutil
import uuid
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from bridge.core.claims import goes_beyond
from bridge.core.errors import Refusal
from bridge.core.orders import Address
from bridge.core.terms import EarlyPrice, Product, ShippingOption
from bridge.flows.audit import drop_differences
from bridge.flows.changing import change_order
from bridge.flows.holds import change_hold, release_hold
from bridge.flows.orders import claim_of
from bridge.flows.payments import reconcile
from bridge.flows.waiting import join_waiting, leave_waiting, offer_next
from bridge.store import tables as t
from bridge.store.audit import differences
from tests.house import Bakery, event

PRODUCTS = (
    Product("LOAF", "Loaf", price=650, tax_rate=7000, early=EarlyPrice(500, units=2), limit=5),
    Product("BUN", "Bun", price=280, add_on=True),
)
POST = ShippingOption("post", "Post", fee=490, tax_rate=19000)
HOME = Address("Mill Lane 12", "12345", "Milltown", "DE")
UNITS = st.fixed_dictionaries({"LOAF": st.integers(0, 3), "BUN": st.integers(0, 2)}).map(lambda d: {k: v for k, v in d.items() if v})
PEOPLE = st.sampled_from(["ann", "bob", "cid"])
HOW = st.sampled_from(["at_pickup", "fake", "sent"])


class Machine(RuleBasedStateMachine):
    """Two slots that sell loaves and buns."""

    url, clock = "", None

    def __init__(self):
        super().__init__()
        self.shop = Bakery(self.fresh(), self.clock)
        self.holds, self.orders, self.paying, self.turns, self.messages = [], [], [], [], 0

    def teardown(self):
        self.shop.house.database.dispose()

    @initialize()
    def open(self):
        self.shop.describe(products=PRODUCTS, shipping=(POST,), pays_by=("at_pickup", "fake"), offer_lasts=timedelta(minutes=4))
        for name, hour in (("a", 9), ("b", 10)):
            self.shop.put(event(name, "Places: 4\nSells: LOAF x5, BUN", start=f"20261205T{hour:02}0000Z"), f"{name}.ics")
        self.shop.publish()

    def tried(self, act, *args, **kwargs):
        """What the act gives, None when it is refused; a refusal changes nothing."""
        before = self.everything()
        try:
            return act(*args, **kwargs)
        except Refusal:
            assert self.everything() == before
            return None

    def everything(self):
        with self.shop.house.database.read() as db:
            return [db.execute(select(table).order_by(table.c.id)).all() for table in (t.slots, t.offers, t.stock_items, t.holds, t.orders)]

    def within(self, act, *args, **kwargs):
        def tried():
            with self.shop.house.work() as work:
                return act(work, *args, now=self.clock(), **kwargs)

        return self.tried(tried)

    def due(self, slot_id):
        """Those on a slot's waiting list for whom something is free by now; nothing changes."""

        class Undone(Exception):
            pass

        with suppress(Undone), self.shop.house.work() as work:
            waiting = [turn.id for turn in work.waiting_on(slot_id, 50)]
            offer_next(work, work.slots_for_claim([slot_id])[slot_id], self.clock())
            due = [key for key in waiting if work.waiting_by_id(key).state == "offered"]
            raise Undone
        return due

    def got(self, due, *, more):
        """Nobody gets more before those who wait for it, and have it for the asking, had their turn."""
        with self.shop.house.work() as work:
            assert not more or all(work.waiting_by_id(key).state == "offered" for key in due)

    def slot(self, data):
        return data.draw(st.sampled_from(self.shop.slots())).public_id

    # Customers

    @rule(data=st.data(), units=UNITS, places=st.integers(0, 1))
    def hold(self, data, units, places):
        held = self.tried(self.shop.hold, self.slot(data), places, minutes=3, **units)
        if held:
            self.holds.append(held)

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), units=UNITS)
    def hold_something_else(self, data, units):
        self.hold_instead(data.draw(st.sampled_from(self.holds)), units)

    def hold_instead(self, secret, units):
        with self.shop.house.work() as work:
            before = work.hold(secret)
        due = self.due(before.slot_id) if before else []
        after = self.within(change_hold, secret, units)
        self.got(due, more=after and goes_beyond(before.claim, after.claim))

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def leave(self, data):
        self.within(release_hold, data.draw(st.sampled_from(self.holds)))

    @rule(data=st.data(), units=UNITS, who=PEOPLE, how=HOW, use_hold=st.booleans())
    def order(self, data, units, who, how, use_hold):
        hold = data.draw(st.sampled_from(self.holds)) if use_hold and self.holds else ""
        sent = {"fulfilment": "shipping", "shipping": "post", "address": HOME} if how == "sent" else {}
        method = "at_pickup" if how == "at_pickup" else "fake"
        buyer = {"email": f"{who}@example.org", "method": method, **sent}
        placed = self.tried(self.shop.buy, self.slot(data), units=units, hold=hold, **buyer)
        if placed:
            self.orders.append(placed.secret)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), units=UNITS, elsewhere=st.booleans())
    def change(self, data, units, elsewhere):
        to = self.slot(data) if elsewhere else ""
        self.change_to(data.draw(st.sampled_from(self.orders)), units, to)

    def change_to(self, secret, units, to=""):
        before = self.shop.seen(secret).order
        with self.shop.house.work() as work:
            target = work.slot_id(to) if to else before.slot_id
        due = self.due(target)
        after = self.within(change_order, secret, units, to=to)
        self.got(due, more=after and (after.slot_id != before.slot_id or goes_beyond(claim_of(before), claim_of(after))))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), by=st.sampled_from(["customer", "organizer"]))
    def cancel(self, data, by):
        self.tried(self.shop.cancel, data.draw(st.sampled_from(self.orders)), by=by)

    @rule(data=st.data(), units=UNITS, who=PEOPLE)
    def wait(self, data, units, who):
        turn = self.within(join_waiting, self.slot(data), units, email=f"{who}@example.org", name=who, language="en")
        if turn:
            self.turns.append(turn.secret)

    @rule(data=st.data(), held=st.booleans(), who=PEOPLE)
    def something_comes_free_where_others_wait_and_somebody_wants_more(self, data, held, who):
        slot = self.slot(data)
        has = self.tried(self.shop.hold, slot, LOAF=1) if held else self.tried(self.shop.buy, slot, units={"LOAF": 1})
        leaves = [kept for kept in (self.tried(self.shop.hold, slot, LOAF=1) for _ in range(4)) if kept]
        turn = self.within(join_waiting, slot, {"LOAF": 1}, email=f"{who}@example.org", name=who, language="en")
        for kept in leaves[:1]:
            self.within(release_hold, kept)
        if has and held:
            self.hold_instead(has, {"LOAF": 2})
        elif has:
            self.change_to(has.secret, {"LOAF": 2})
        self.holds += [*leaves, has] if has and held else leaves
        self.orders += [has.secret] if has and not held else []
        self.turns += [turn.secret] if turn else []

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def stop_waiting(self, data):
        self.within(leave_waiting, data.draw(st.sampled_from(self.turns)))

    @precondition(lambda self: self.turns)
    @rule(data=st.data(), who=PEOPLE)
    def take_an_offer(self, data, who):
        with self.shop.house.read() as views:
            turn = views.waiting_seen(data.draw(st.sampled_from(self.turns)))
        placed = self.tried(
            self.shop.buy, turn.slot.public_id, units=dict(turn.waiting.units), hold=turn.waiting.hold, email=f"{who}@example.org"
        )
        if placed:
            self.orders.append(placed.secret)

    # Money

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def start_to_pay(self, data):
        started = self.tried(self.shop.start_payment, data.draw(st.sampled_from(self.orders)))
        if started:
            self.paying.append(started)

    @precondition(lambda self: self.paying)
    @rule(data=st.data(), mood=st.sampled_from(["", "late", "slow"]))
    def pay(self, data, mood):
        self.shop.provider.behave(mood)
        self.shop.provider.pay(data.draw(st.sampled_from(self.paying)))

    @rule(data=st.data(), units=UNITS, who=PEOPLE, told=st.booleans())
    def order_by_bank_debit(self, data, units, who, told):
        placed = self.tried(self.shop.buy, self.slot(data), units=units, email=f"{who}@example.org", method="fake")
        started = self.tried(self.shop.start_payment, placed.secret) if placed else None
        if placed:
            self.orders.append(placed.secret)
        if started:
            self.paying.append(started)
            self.shop.provider.behave("slow")
            self.shop.provider.pay(started)
        if told:
            self.shop.hear()

    @precondition(lambda self: self.paying)
    @rule(data=st.data(), paid=st.booleans())
    def a_bank_pays_or_does_not(self, data, paid):
        self.shop.provider.settle(data.draw(st.sampled_from(self.paying)), paid=paid)

    @rule()
    def the_provider_tells_all_again(self):
        self.shop.hear()

    @rule()
    def the_provider_is_asked(self):
        reconcile(self.shop.house.work, self.shop.house.payments, self.clock())

    @rule()
    def what_follows_is_done(self):
        self.shop.deliver()

    # The shop

    @rule(
        name=st.sampled_from("ab"), places=st.integers(0, 8), loaves=st.integers(0, 8), cancelled=st.integers(0, 9), hour=st.integers(8, 11)
    )
    def edit(self, name, places, loaves, cancelled, hour):
        more = "" if cancelled else "STATUS:CANCELLED\r\n"
        text = event(name, f"Places: {places}\nSells: LOAF x{loaves}, BUN", start=f"20261205T{hour:02}0000Z", more=more)
        self.tried(self.shop.put, text, f"{name}.ics")

    @rule(sku=st.sampled_from(["LOAF", "BUN"]), quantity=st.integers(-1, 9), late=st.integers(0, 90))
    def count(self, sku, quantity, late):
        self.messages += 1
        self.shop.count(sku, quantity, at=self.clock() - timedelta(seconds=late), message=f"c{self.messages}")

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds):
        self.clock.turn(seconds=seconds)
        self.shop.expire()

    @rule()
    def publish(self):
        self.shop.publish()

    # What always holds

    @invariant()
    def every_number_follows_from_its_source(self):
        with self.shop.house.database.read() as db:
            assert list(differences(db)) == []
        with self.shop.house.work() as work:
            assert list(drop_differences(work, self.shop.drop, self.shop.house.house, self.clock())) == []

    @invariant()
    def nobody_has_what_there_is_not(self):
        with self.shop.house.database.read() as db:
            slots = db.exec_driver_sql("SELECT claimed, capacity FROM slots WHERE removed_at IS NULL").all()
            offers = db.exec_driver_sql("SELECT claimed, allotment FROM offers WHERE allotment IS NOT NULL").all()
        assert all(0 <= claimed <= there for claimed, there in (*slots, *offers))

    @invariant()
    def every_unit_of_money_is_accounted_for(self):
        for secret in self.orders:
            seen = self.shop.seen(secret)
            assert seen.order.total == seen.order.totals.gross
            if seen.order.state == "paid":
                assert seen.money.kept <= seen.order.total
            elif seen.order.state != "picked_up":
                assert seen.money.kept == 0
            taken = sum(
                one["amount"] for one in self.shop.provider._memory["payments"].values() if one["settled"] in self.settled(seen.money)
            )
            assert taken == seen.money.paid

    @staticmethod
    def settled(money):
        return {payment.settled for payment in money.payments if payment.settled}

    @invariant()
    def money_that_takes_days_keeps_an_order_until_its_slot_starts(self):
        for secret in self.orders:
            seen = self.shop.seen(secret)
            if seen.order.state == "pending" and seen.money.is_clearing:
                assert seen.order.expires_at >= seen.slot.starts_at
            assert not (seen.order.state == "pending" and seen.money.has_failed)

    @invariant()
    def nobody_has_more_than_the_limit_allows(self):
        for who in ("ann", "bob", "cid"):
            with self.shop.house.work() as work:
                assert work.ordered_in(self.shop.drop.id, f"{who}@example.org").get("LOAF", 0) <= 5


def run(fresh, clock, examples, steps=30):
    machine = type("Run", (Machine,), {"fresh": staticmethod(fresh), "clock": clock})
    quick = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
    )
    run_state_machine_as_test(machine, settings=quick)


@pytest.fixture
def fresh_sqlite(tmp_path, sqlite_template):
    numbers = itertools.count()

    def fresh():
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    return fresh


def test_on_sqlite(fresh_sqlite, clock):
    run(fresh_sqlite, clock, 20)


def test_on_postgresql(postgres, postgres_template, clock):
    made = []

    def fresh():
        while made:
            postgres.drop(made.pop())
        made.append(f"machine_{uuid.uuid4().hex}")
        return postgres.create(made[0], postgres_template)

    run(fresh, clock, 6)


@pytest.mark.deep
def test_for_long(fresh_sqlite, clock):
    run(fresh_sqlite, clock, 400, 50)
