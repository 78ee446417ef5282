"""The relay: at least once with the same key, whatever happens in between; nothing is lost and nothing is tried for ever."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import InvalidInput, PermanentFault, TransientFault, Unreachable
from bridge.flows.relay import BATCH, LONGEST, SHORTEST, TRIES, deliver_due, pause
from tests.house import bakery

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


class Postman:
    """Notes what it is handed, and fails as told: a fault for each key."""

    def __init__(self):
        self.keys, self.faults, self.payloads = [], {}, []

    def __call__(self, payload, key, now):
        self.keys.append(key)
        self.payloads.append(payload)
        if key in self.faults:
            raise self.faults[key]


@pytest.fixture
def postman():
    return Postman()


def enqueue(shop, *keys, topic="mail.order"):
    with shop.house.work() as work:
        for key in keys:
            work.enqueue(topic, key, {"for": key}, shop.clock())


def deliver(shop, postman, **others):
    return deliver_due(shop.house.work, {"mail": postman, **others}, shop.clock())


def rows(shop, standing):
    with shop.house.read() as views:
        return {row.key: row for row in views.outbox(standing)}


def test_what_is_due_is_delivered_once(shop, postman):
    enqueue(shop, "a", "b")
    assert deliver(shop, postman) == 2
    assert deliver(shop, postman) == 0
    assert postman.keys == ["a", "b"]
    assert postman.payloads == [{"for": "a"}, {"for": "b"}]


def test_what_nobody_delivers_waits(shop, postman):
    enqueue(shop, "a", topic="refund")
    assert deliver(shop, postman) == 0
    assert set(rows(shop, "waiting")) == {"a"}


def test_a_passing_fault_is_tried_again_later_and_others_go_on(shop, postman, clock):
    enqueue(shop, "a", "b")
    postman.faults["a"] = TransientFault("greylisted")
    deliver(shop, postman)
    assert rows(shop, "waiting")["a"].reason == "greylisted"
    assert set(rows(shop, "done")) == {"b"}
    assert deliver(shop, postman) == 0
    clock.turn(minutes=1)
    del postman.faults["a"]
    assert deliver(shop, postman) == 1
    assert set(rows(shop, "done")) == {"a", "b"}


def test_a_lasting_fault_is_kept_with_its_sentence(shop, postman):
    enqueue(shop, "a", "b")
    postman.faults = {"a": PermanentFault("There is no such mailbox."), "b": InvalidInput("That order is unknown.")}
    deliver(shop, postman)
    assert {key: row.reason for key, row in rows(shop, "given up").items()} == {
        "a": "There is no such mailbox.",
        "b": "That order is unknown.",
    }


def test_a_fault_that_never_passes_is_given_up_after_days(shop, postman, clock):
    enqueue(shop, "a")
    postman.faults["a"] = TransientFault("mailbox full")
    began = clock()
    while rows(shop, "waiting"):
        deliver(shop, postman)
        clock.turn(minutes=20)
    assert timedelta(days=4) < clock() - began < timedelta(days=6)
    assert "mailbox full" in rows(shop, "given up")["a"].reason


def test_a_service_that_is_away_is_asked_once_and_nothing_is_ever_given_up_for_it(shop, postman, clock):
    enqueue(shop, *(f"k{number:03}" for number in range(3 * BATCH)))
    postman.faults = dict.fromkeys(rows(shop, "waiting"), Unreachable("the mail server does not answer"))
    assert deliver(shop, postman) == 1
    assert deliver(shop, postman) == 0
    for _ in range(24 * 7):
        clock.turn(hours=1)
        assert deliver(shop, postman) <= 1
    assert len(rows(shop, "waiting")) == 3 * BATCH
    postman.faults, postman.keys = {}, []
    clock.turn(hours=1)
    while deliver(shop, postman):
        pass
    assert sorted(postman.keys) == sorted(rows(shop, "done"))
    assert len(postman.keys) == 3 * BATCH


def test_a_backlog_of_one_kind_does_not_keep_another_waiting(shop, postman):
    enqueue(shop, *(f"k{number:03}" for number in range(3 * BATCH)))
    enqueue(shop, "refund", topic="refund")
    refunds = Postman()
    assert deliver(shop, postman, refund=refunds) == BATCH
    assert refunds.keys == ["refund"]


def test_a_fault_of_ours_is_told_without_the_words_of_it(shop, postman, caplog):
    enqueue(shop, "a", "b")
    postman.faults["a"] = KeyError("cleo@example.org")
    assert deliver(shop, postman) == 2
    assert "KeyError" in rows(shop, "waiting")["a"].reason
    assert "test_relay" in caplog.text
    assert "cleo" not in caplog.text + rows(shop, "waiting")["a"].reason


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_clock_that_dies_with_a_row_in_hand_leaves_it_to_the_next(shop, postman, clock, moment):
    enqueue(shop, "a", "b")
    program = f"""
import os, signal
from datetime import datetime
from bridge.flows.relay import deliver_due
from bridge.settings import Settings
from bridge.wiring import bridge
house = bridge(Settings().replace(database={{"url": os.environ["URL"]}}))
def die(payload, key, now):
    if {moment!r} == "after":
        print(key, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
deliver_due(house.work, {{"mail": die}}, datetime.fromisoformat({clock().isoformat()!r}))
"""
    url = shop.house.database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "URL": url}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert deliver(shop, postman) == 1
    assert postman.keys == ["b"]
    clock.turn(minutes=11)
    assert deliver(shop, postman) == 1
    assert postman.keys == ["b", "a"]
    assert done.stdout.split() == (["a"] if moment == "after" else [])


@given(st.text(), st.integers(1, 10_000))
def test_a_pause_is_between_a_minute_and_an_hour_and_grows(key, attempts):
    assert SHORTEST <= pause(key, attempts) <= LONGEST
    assert pause(key, attempts + 2) > pause(key, attempts) or pause(key, attempts) > LONGEST * 0.7


def test_rows_that_failed_together_are_not_tried_together():
    assert len({pause(f"mail/{number}", 5) for number in range(50)}) == 50


def test_patience_is_counted_in_tries():
    assert 100 < TRIES < 200
