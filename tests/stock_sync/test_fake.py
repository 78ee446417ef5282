"""The simulated till: it trades, it fails, and whoever listens to it through the flow is never led to oversell."""

from datetime import timedelta
from multiprocessing.pool import ThreadPool

import pytest

from bridge.core.errors import InvalidInput, PermanentFault, TransientFault
from bridge.core.tills import Connection
from bridge.flows.stock import pull
from bridge.stock_sync.fake import KEEP, FakeTill

STOCK = {"LOAF": 12, "BUN": 30}


@pytest.fixture
def till(tmp_path):
    return FakeTill({"stock": STOCK, "state": str(tmp_path / "deep" / "till.json")})


@pytest.fixture
def connection(house):
    """Ada's connection to the till."""
    with house.work() as work:
        location = work.views.location("ada", "main")
        return work.add_connection(Connection(0, location.organizer_id, "ada", "stall", "fake", location.id, {}))


@pytest.fixture
def listen(house, connection, clock, till):
    """Polls, some seconds later, and returns what customers can have."""

    def ask(seconds=5.0):
        clock.turn(seconds=seconds)
        with house.read() as views:
            latest = next(one for one in views.connections() if one.id == connection.id)
        pull(house.work, latest, till, clock())
        with house.read() as views:
            return {item.sku: item.free(clock()) for _, item in views.stock_items("ada")}

    return ask


def problem_of(house):
    with house.read() as views:
        return views.connections("ada")[0].problem


def test_it_tells_its_stock_and_then_each_sale(listen, till, clock):
    assert listen() == STOCK
    clock.turn(seconds=1)
    till.ring_up("LOAF", 2, clock())
    assert listen() == {"LOAF": 10, "BUN": 30}
    assert listen() == {"LOAF": 10, "BUN": 30}


@pytest.mark.parametrize("off", [3600, -3600, 20, -20])
def test_a_till_that_is_ahead_or_behind_is_understood(listen, till, clock, off):
    till.behave(clock_off=off)
    assert listen() == STOCK
    clock.turn(seconds=60)
    till.ring_up("LOAF", 2, clock())
    assert listen(60)["LOAF"] == 10


def test_a_till_whose_clock_is_put_right_goes_on(listen, till, clock):
    till.behave(clock_off=7200)
    listen()
    till.behave()
    clock.turn(seconds=60)
    till.ring_up("LOAF", 2, clock())
    assert listen()["LOAF"] == 10


@pytest.mark.parametrize(("trouble", "fault"), [("down", TransientFault), ("refused", PermanentFault)])
def test_a_till_that_does_not_answer_is_a_problem_and_changes_no_count(house, listen, till, clock, trouble, fault):
    listen()
    till.behave(trouble)
    with pytest.raises(fault):
        till.check()
    till.ring_up("LOAF", 4, clock())
    assert listen()["LOAF"] == 12
    assert problem_of(house)
    till.behave()
    assert listen(600)["LOAF"] == 8
    assert problem_of(house) == ""


def test_a_count_below_zero_leaves_nothing(listen, till):
    till.behave("negative")
    assert listen() == {"LOAF": 0, "BUN": 0}


def test_an_absurd_count_is_not_believed_and_is_a_problem(house, listen, till):
    listen()
    till.behave("absurd")
    assert listen() == STOCK
    assert "believable" in problem_of(house)


def test_a_product_that_went_missing_is_right_again_when_it_is_back(listen, till, clock):
    listen()
    till.behave("missing")
    clock.turn(seconds=1)
    till.ring_up("LOAF", 5, clock())
    listen()
    till.behave()
    assert listen()["LOAF"] == 7


def test_who_was_away_for_long_is_told_counts_instead(clock):
    till = FakeTill({"stock": STOCK})
    cursor = till.counts("", clock()).cursor
    for _ in range(KEEP + 1):
        till.ring_up("BUN", 0, clock.turn(seconds=1))
    assert {count.sku for count in till.counts(cursor, clock()).counts} == set(STOCK)


def test_it_sells_by_itself_about_as_often_as_told(clock):
    till = FakeTill({"stock": {"BUN": 1000}, "rate": 5, "seed": 7})
    cursor = till.counts("", clock()).cursor
    sold = 0
    for _ in range(120):
        polled = till.counts(cursor, clock.turn(seconds=5))
        cursor = polled.cursor
        sold -= sum(movement.quantity for movement in polled.movements)
        assert all(clock() - timedelta(seconds=5) <= movement.happened_at <= clock() for movement in polled.movements)
    assert 80 < sold < 160
    assert till.in_stock("BUN") == 1000 - sold


def test_it_restocks_when_all_is_gone(clock):
    till = FakeTill({"stock": {"BUN": 3, "NONE": 0}, "rate": 1, "seed": 7})
    cursor = till.counts("", clock()).cursor
    moved = []
    for _ in range(5):
        polled = till.counts(cursor, clock.turn(seconds=5))
        cursor = polled.cursor
        moved += [movement.quantity for movement in polled.movements]
    assert 3 in moved
    assert till.in_stock("BUN") >= 0


def test_what_is_spared_is_left_for_those_who_order(clock):
    till = FakeTill({"stock": {"BUN": 7}, "rate": 1, "seed": 7, "spares": 4})
    cursor, seen = till.counts("", clock()).cursor, set()
    for _ in range(30):
        cursor = till.counts(cursor, clock.turn(seconds=1)).cursor
        seen.add(till.in_stock("BUN"))
    assert min(seen) == 4
    assert max(seen) > 7


def test_a_night_without_polls_is_not_sold_all_at_once(clock):
    till = FakeTill({"stock": {"BUN": 10_000}, "rate": 1, "seed": 7})
    cursor = till.counts("", clock()).cursor
    assert len(till.counts(cursor, clock.turn(hours=12)).movements) < 100


def test_two_processes_share_one_till_and_lose_no_sale(tmp_path, clock):
    config = {"stock": {"BUN": 500}, "state": str(tmp_path / "till.json")}
    with ThreadPool(4) as pool:
        pool.map(lambda _: FakeTill(config).ring_up("BUN", 1, clock()), range(100))
    assert FakeTill(config).in_stock("BUN") == 400


@pytest.mark.parametrize("config", [{"trouble": "gremlins"}, {"stok": {}}])
def test_a_config_that_cannot_be_used_is_refused(config):
    with pytest.raises(InvalidInput):
        FakeTill(config)
