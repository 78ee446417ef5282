"""Killed in the middle of a race for boxes: no order that was acknowledged is lost, nothing is sold twice, nobody pays twice."""

import json
import os
import random
import time

import pytest
from sqlalchemy import select

from bridge.payments.fake import FakePayments
from bridge.settings import Settings
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.wiring import bridge
from tests.crash.buyers import Buyers, deliver, now
from tests.crash.devices import event
from tests.crash.installation import Installation, Server
from tests.postgres import OPTIONS, Cluster

KILLS = int(os.environ.get("KILLS", "20" if os.environ.get("DEEP") else "2"))
BOXES = 120
TERMS = """
drop = "bread"
organizer = "ada"
[payment]
methods = ["at_pickup", "fake"]
[[products]]
sku = "LOAF"
name = "Loaf"
price = 6.50
"""


def open_shop(installation):
    """One slot with so many boxes, at a pickup desk and a simulated provider; its public id."""
    state = installation.folder / "payments.json"
    installation.environment |= {
        "DROPBRIDGE_PAYMENTS__FAKE_STATE": str(state),
        "DROPBRIDGE_MAIL__ADAPTER": "fake",
        "DROPBRIDGE_MAIL__FOLDER": str(installation.folder / "mail"),
        "DROPBRIDGE_SERVER__TRUSTED_PROXIES": "127.0.0.1",
        "DROPBRIDGE_CHECKOUT__RATE": "100000",
    }
    (installation.folder / "bread.toml").write_text(TERMS)
    installation.say("drop", "apply", "bread.toml")
    (installation.folder / "boxes.ics").write_text(event(1, 1, "LOAF").replace("Places: 24", f"Places: {BOXES}"), newline="")
    installation.say("drop", "import", "ada", "bread", "boxes.ics")
    house = house_of(installation)
    with house.read() as views:
        drop = views.drop("ada", "bread")
        (slot,) = (slot for slot in views.public_slots(drop.id) if slot.availability.capacity == BOXES)
    return house, slot.public_id, state


def house_of(installation):
    return bridge(Settings().replace(database={"url": installation.url}))


class Race:
    """The shop under buyers, and what has to be true of it whenever it stands still."""

    def __init__(self, installation):
        self.installation = installation
        self.house, self.slot, self.state = open_shop(installation)
        self.server = Server(installation)
        self.server.start()
        self.buyers = Buyers(self.server.port, self.slot, crowd=8)

    def __enter__(self):
        self.buyers.begin()
        return self

    def __exit__(self, *_):
        self.buyers.stop()
        self.server.kill()
        self.house.database.dispose()

    def standing(self):
        with self.house.database.read() as db:
            key = db.execute(select(t.slots.c.id).where(t.slots.c.public_id == self.slot)).scalar_one()
            orders = dict(db.execute(select(t.orders.c.secret, t.orders.c.state).where(t.orders.c.slot_id == key)).all())
            holds = db.execute(select(t.holds.c.places, t.holds.c.expires_at).where(t.holds.c.slot_id == key)).all()
            claimed = db.execute(select(t.slots.c.claimed).where(t.slots.c.id == key)).scalar_one()
        return orders, holds, claimed

    def assert_nothing_is_lost(self):
        """Every order that was acknowledged is there, and no place is gone but to an order, or to a hold for as long as one lasts."""
        told = self.buyers.told
        self.house.database.dispose()
        orders, holds, claimed = self.standing()
        assert not told.odd, told.odd[:3]
        assert len(set(told.orders)) == len(told.orders) > 0
        assert set(told.orders) <= {secret for secret, state in orders.items() if state in {"placed", "pending", "paid"}}
        assert claimed == len(orders) + sum(places for places, _ in holds) <= BOXES
        longest = self.house.settings.checkout.hold_minutes * 60
        assert all((expires_at - now()).total_seconds() <= longest for _, expires_at in holds)

    def assert_nobody_pays_twice(self):
        """Each payment is for one order, whose total it is; what came twice is on its way back."""
        provider = FakePayments(self.state)
        with self.house.database.read() as db:
            # Of a payment whose start was cut off nobody has the address: only whom the server remembers can pay.
            started = list(db.execute(select(shop.payments.c.reference)).scalars())
        assert started
        for reference in started:
            provider.pay(reference)
        deliver(provider, self.server.port)
        deliver(provider, self.server.port)
        known = json.loads(self.state.read_text())["payments"]
        taken = sum(payment["amount"] for payment in known.values() if payment["state"] == "paid")
        orders, _, _ = self.standing()
        kept = paid = 0
        with self.house.read() as views:
            for secret in orders:
                seen = views.order(secret)
                kept += seen.money.kept
                paid += seen.money.paid
                assert seen.money.kept == (seen.order.total if seen.order.state == "paid" else 0)
        assert taken == paid
        assert kept == 650 * sum(state == "paid" for state in orders.values())


@pytest.mark.slow
def test_a_killed_server_keeps_every_order_it_acknowledged(installation):
    pause = random.Random()
    with Race(installation) as race:
        for _ in range(KILLS):
            time.sleep(pause.uniform(0.5, 1.5))
            race.server.kill()
            race.server.start()
        time.sleep(1)
        race.buyers.stop()
        race.assert_nothing_is_lost()
        race.assert_nobody_pays_twice()
        installation.assert_sound()


@pytest.mark.slow
def test_a_database_that_crashes_in_the_middle_loses_no_order(durable_postgresql):
    cluster, installation = durable_postgresql
    with Race(installation) as race:
        for _ in range(KILLS):
            time.sleep(1)
            cluster.crash()
        time.sleep(2)
        race.buyers.stop()
        race.assert_nothing_is_lost()
        race.assert_nobody_pays_twice()
        installation.assert_sound()


@pytest.fixture
def durable_postgresql(tmp_path):
    """A PostgreSQL of its own that keeps what it has committed, whatever happens to it."""
    cluster = Cluster({**OPTIONS, "synchronous_commit": "on"})
    installation = Installation(tmp_path, cluster.create("race"))
    installation.say("upgrade")
    installation.furnish()
    yield cluster, installation
    cluster.stop()
