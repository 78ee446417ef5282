"""Letters are ordered with the change and written when they are sent: once each, and only what is still true."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.errors import InvalidInput
from bridge.flows.house import House
from bridge.flows.relay import deliver_due
from bridge.flows.tell import Telling, compose, tell, tell_waiting
from bridge.notify.fake import FakeNotifier
from tests.cast import CLEO
from tests.house import bakery, event
from tests.letters.samples import BEFORE, SLOT, seen, waiting

HOUSE = House("https://shop.example", address="shop@shop.example")


class Books:
    """Orders and waiting lists by id, as they are now."""

    def __init__(self):
        self.orders = {12: seen()}
        self.waiting = {5: waiting()}

    def order_by_id(self, order_id):
        return self.orders.get(order_id)

    def waiting_seen_by_id(self, waiting_id):
        return self.waiting.get(waiting_id)

    @contextmanager
    def open(self):
        yield self


@pytest.fixture
def books():
    return Books()


@pytest.fixture
def shop(database_url, clock, books):
    with bakery(database_url, clock) as made:
        made.notifier = FakeNotifier({})
        made.handlers = {"mail.": Telling(books.open, made.notifier, HOUSE)}
        yield made


def say(shop, *arguments, **facts):
    with shop.house.work() as work:
        tell(work, *arguments, shop.clock(), **facts)


def deliver(shop):
    return deliver_due(shop.house.work, shop.handlers, shop.clock())


def test_a_letter_goes_out_once_for_each_change(shop):
    say(shop, 12, "confirmed")
    say(shop, 12, "confirmed")
    say(shop, 12, "changed", mark=1)
    say(shop, 12, "changed", mark=2)
    while deliver(shop):
        pass
    assert list(shop.notifier.sent) == ["mail/12/confirmed/0", "mail/12/changed/1", "mail/12/changed/2"]
    assert {message.to for message in shop.notifier.sent.values()} == {CLEO.email}


def test_a_change_that_is_rolled_back_tells_nobody(shop):
    def change_of_mind():
        with shop.house.work() as work:
            tell(work, 12, "confirmed", shop.clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_of_mind()
    assert deliver(shop) == 0


def test_a_letter_says_what_is_true_when_it_is_sent(shop, books):
    say(shop, 12, "moved", mark=1, before=BEFORE)
    books.orders[12] = seen(slot=replace(SLOT, place="The new oven"), free_change=True, sequence=2)
    deliver(shop)
    (message,) = shop.notifier.sent.values()
    assert "The new oven" in message.text
    assert "Old mill" in message.text
    assert "SEQUENCE:2" in message.calendar


@pytest.mark.parametrize(
    ("kind", "state", "is_sent"),
    [
        ("confirmed", "placed", True),
        ("confirmed", "cancelled", False),
        ("changed", "expired", False),
        ("moved", "picked_up", False),
        ("cancelled", "cancelled", True),
        ("cancelled", "placed", False),
        ("payment_needed", "pending", True),
        ("payment_needed", "paid", False),
        ("unpaid", "expired", True),
        ("unpaid", "paid", False),
        ("clearing", "paid", False),
        ("refunded", "expired", True),
        ("refunded", "cancelled", True),
    ],
)
def test_what_is_true_no_more_is_not_told(shop, books, kind, state, is_sent):
    say(shop, 12, kind)
    books.orders[12] = seen(state=state)
    assert deliver(shop) == 1
    assert len(shop.notifier.sent) == is_sent
    assert deliver(shop) == 0


def test_nobody_is_told_of_an_order_that_was_erased_or_has_no_address(shop, books):
    say(shop, 12, "confirmed")
    say(shop, 99, "confirmed")
    books.orders[12] = seen(email="")
    assert deliver(shop) == 2
    assert shop.notifier.sent == {}


def test_a_payment_is_asked_for_only_while_it_can_be_made(shop, books, clock):
    say(shop, 12, "payment_needed")
    books.orders[12] = seen(state="pending", expires_at=clock() - timedelta(minutes=1))
    deliver(shop)
    assert shop.notifier.sent == {}


@pytest.mark.parametrize(
    ("kind", "state", "minutes", "is_sent"),
    [
        ("waiting_joined", "waiting", 0, True),
        ("waiting_joined", "left", 0, False),
        ("waiting_offer", "offered", 30, True),
        ("waiting_offer", "offered", -1, False),
        ("waiting_offer", "taken", 30, False),
    ],
)
def test_an_offer_is_sent_only_while_it_stands(shop, books, clock, kind, state, minutes, is_sent):
    with shop.house.work() as work:
        tell_waiting(work, 5, kind, clock(), mark=1)
    books.waiting[5] = waiting(state=state, offered_until=clock() + timedelta(minutes=minutes))
    assert deliver(shop) == 1
    assert len(shop.notifier.sent) == is_sent


@pytest.mark.parametrize(
    "payload",
    [{}, {"order": "12", "kind": "confirmed"}, {"order": 12, "kind": "birthday"}, {"order": 12, "kind": "confirmed"}, {"waiting": None}],
)
def test_a_payload_that_is_none_of_ours_is_refused(books, clock, payload):
    with pytest.raises(InvalidInput):
        compose(books, payload, HOUSE, clock())


def test_what_keeps_in_the_outbox_and_in_the_log_names_nobody(shop, caplog):
    say(shop, 12, "moved", before=BEFORE)
    shop.notifier.away = True
    deliver(shop)
    with shop.house.read() as views:
        (row,) = views.outbox("waiting")
    told = f"{row}{caplog.text}"
    assert "switched off" in caplog.text
    assert CLEO.email not in told
    assert CLEO.title not in told


class TestEdits:
    """Letters about an organizer's edits, from the edit to the customer."""

    @pytest.fixture
    def bread(self, database_url, clock):
        with bakery(database_url, clock) as made:
            made.put(event(notes="Places: 4"))
            made.publish()
            made.placed = made.buy(made.slots()[0].public_id, 1, email=CLEO.email).secret
            made.notifier = FakeNotifier({})
            made.handlers = {"mail.": Telling(made.house.read, made.notifier, HOUSE)}
            deliver(made)
            made.notifier.sent.clear()
            yield made

    def test_three_quick_edits_are_one_letter_that_says_what_changed_since_the_customer_was_told(self, bread):
        for minute in ("15", "30", "45"):
            bread.put(event(notes="Places: 4", start=f"20261205T09{minute}00Z"))
            bread.clock.turn(minutes=1)
            assert deliver(bread) == 0
        bread.clock.turn(minutes=1)
        deliver(bread)
        (message,) = bread.notifier.sent.values()
        assert "10:45–11:15\n  (Before: Saturday 5 December 2026, 10:00–10:30)" in message.text
        assert f"SEQUENCE:{bread.seen(bread.placed).order.sequence}" in message.calendar
        bread.put(event(notes="Places: 4\nPickup: Ring twice", start="20261205T100000Z"))
        bread.clock.turn(minutes=2)
        deliver(bread)
        later = list(bread.notifier.sent.values())[1]
        assert "11:00–11:30\n  (Before: Saturday 5 December 2026, 10:45–11:15)" in later.text
        assert "Pickup: Ring twice" in later.text

    def test_an_edit_that_is_taken_back_in_time_is_no_letter(self, bread):
        bread.put(event(notes="Places: 4", start="20261205T110000Z"))
        bread.put(event(notes="Places: 4"))
        bread.clock.turn(minutes=2)
        assert deliver(bread) == 1
        assert bread.notifier.sent == {}

    def test_who_is_told_that_it_is_cancelled_is_not_told_that_it_was_moved(self, bread):
        bread.put(event(notes="Places: 4", start="20261205T110000Z"))
        bread.put(event(notes="Places: 4", start="20261205T110000Z", more="STATUS:CANCELLED\r\n"))
        bread.clock.turn(minutes=2)
        while deliver(bread):
            pass
        assert [message.calendar_method for message in bread.notifier.sent.values()] == ["CANCEL"]

    def test_an_edit_while_the_letter_about_the_last_one_is_sent_is_told_as_well(self, bread):
        bread.put(event(notes="Places: 4", start="20261205T110000Z"))
        bread.clock.turn(minutes=2)
        send = bread.notifier.send

        def slowly(message, key):
            bread.notifier.send = send
            bread.put(event(notes="Places: 4", start="20261205T120000Z"))
            send(message, key)

        bread.notifier.send = slowly
        deliver(bread)
        bread.clock.turn(minutes=2)
        deliver(bread)
        first, second = bread.notifier.sent.values()
        assert "12:00–12:30\n  (Before: Saturday 5 December 2026, 10:00–10:30)" in first.text
        assert "13:00–13:30\n  (Before: Saturday 5 December 2026, 12:00–12:30)" in second.text
