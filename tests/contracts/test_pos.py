"""What every till promises, kept by the simulated one and by a real Tryton."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from bridge.core.errors import NotPermitted, PermanentFault
from bridge.core.ports import Pos
from bridge.core.stock import Movement
from bridge.stock_sync.fake import FakeTill
from bridge.stock_sync.tryton import Tryton
from tests.stock_sync.tryton.fixtures import counter, tryton_server

__all__ = ["counter", "tryton_server"]
SKU = "BUN"


class Shop(NamedTuple):
    """A till, and the hands behind it."""

    pos: Pos
    sell: Any
    again: Any
    """Makes the adapter anew, as another process would."""


@pytest.fixture(params=["fake", pytest.param("tryton", marks=pytest.mark.xdist_group("tryton"))])
def shop(request, tmp_path):
    if request.param == "fake":
        config = {"stock": {"LOAF": 12, SKU: 30}, "names": {SKU: "Morning bun"}, "state": str(tmp_path / "till.json")}
        till = FakeTill(config)
        return Shop(till, lambda quantity: till.ring_up(SKU, quantity, now()), lambda: FakeTill(config))
    hands, server = request.getfixturevalue("counter"), request.getfixturevalue("tryton_server")
    return Shop(Tryton(server.config), lambda quantity: hands.sell(SKU, quantity), lambda: Tryton(server.config))


def now():
    return datetime.now(UTC)


class Ledger:
    """What somebody knows who has heard all that the till told."""

    def __init__(self, pos):
        self.pos, self.cursor, self.known = pos, "", {}

    def ask(self):
        polled = self.pos.counts(self.cursor, now())
        self.cursor = polled.cursor
        for count in polled.counts:
            self.known[count.sku] = (count.quantity, count.counted_at)
        for movement in polled.movements:
            quantity, counted_at = self.known[movement.sku]
            if movement.happened_at > counted_at:
                self.known[movement.sku] = (quantity + movement.quantity, counted_at)
        return polled

    def __getitem__(self, sku):
        return self.known[sku][0]


def test_check_says_what_was_reached(shop):
    assert shop.pos.check().endswith(".")


def test_the_first_answer_tells_all_there_is(shop):
    polled = shop.pos.counts("", now())
    assert {"LOAF", SKU} <= {count.sku for count in polled.counts}
    assert {count.sku: count.name for count in polled.counts}[SKU] == "Morning bun"


def test_every_message_has_an_id_of_its_own(shop):
    first = shop.pos.counts("", now())
    shop.sell(1)
    second = shop.pos.counts(first.cursor, now())
    ids = [message.message_id for polled in (first, second) for message in (*polled.counts, *polled.movements)]
    assert len(ids) == len(set(ids))
    assert max(map(len, ids)) <= 200


def test_a_sale_is_told_once_and_in_full(shop):
    ledger = Ledger(shop.pos)
    ledger.ask()
    before = ledger[SKU]
    shop.sell(2)
    ledger.ask()
    assert ledger[SKU] == before - 2
    ledger.ask()
    assert ledger[SKU] == before - 2


def test_what_is_brought_back_is_there_again(shop):
    ledger = Ledger(shop.pos)
    ledger.ask()
    before = ledger[SKU]
    shop.sell(-1)
    ledger.ask()
    assert ledger[SKU] == before + 1


def test_nothing_new_is_an_empty_answer(shop):
    ledger = Ledger(shop.pos)
    ledger.ask()
    ledger.ask()
    polled = ledger.ask()
    assert (polled.counts, polled.movements) == ((), ())


def test_another_process_goes_on_from_the_cursor(shop):
    ledger = Ledger(shop.pos)
    ledger.ask()
    before = ledger[SKU]
    shop.sell(1)
    ledger.pos = shop.again()
    ledger.ask()
    assert ledger[SKU] == before - 1


@pytest.mark.parametrize("cursor", ["nonsense", "{}", "-1", "null", '{"version": 1}', "9" * 30, "\u0663"])
def test_a_cursor_that_means_nothing_starts_from_the_beginning(shop, cursor):
    assert SKU in {count.sku for count in shop.pos.counts(cursor, now()).counts}


def test_the_tills_clock_is_told_and_its_counts_are_dated_by_it(shop):
    asked = now()
    polled = shop.pos.counts("", asked)
    assert abs(polled.till_now - asked) < timedelta(minutes=1)
    assert all(abs(count.counted_at - asked) < timedelta(minutes=1) for count in polled.counts)


def test_a_sale_of_ours_is_booked_once_for_its_key(shop):
    ledger = Ledger(shop.pos)
    ledger.ask()
    before = ledger[SKU]
    key = f"order-{now().isoformat()}"
    for pos in (shop.pos, shop.again()):
        pos.adjust(Movement(SKU, -3, now(), key), key)
    ledger.ask()
    assert ledger[SKU] == before - 3


def test_a_sale_of_what_the_till_does_not_have_is_refused_for_good(shop):
    with pytest.raises(PermanentFault, match="NO-SUCH-SKU"):
        shop.pos.adjust(Movement("NO-SUCH-SKU", -1, now(), "k"), f"missing-{now().isoformat()}")


def test_what_is_not_the_tills_webhook_is_not_believed(shop):
    with pytest.raises(NotPermitted):
        shop.pos.parse({"Content-Type": "application/json"}, b'[{"sku": "BUN", "count": 1000}]')
