"""Ways of paying without a provider: at pickup, and the simulated one in trouble; and how a server comes by each."""

import time
from datetime import UTC, datetime

import pytest

from bridge import settings
from bridge.core.errors import InvalidInput, NotPermitted, PermanentFault, TransientFault
from bridge.payments.at_pickup import AtPickup
from bridge.payments.fake import FakePayments
from bridge.payments.stripe import Stripe
from bridge.wiring import ADAPTERS, bridge, payments_for
from tests.payments.emulated import SECRET_KEY, asked

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)


def test_at_pickup_the_customer_goes_straight_on_and_no_money_moves():
    once = asked()
    started = AtPickup().start(once, "one")
    assert (started.url, started.reference, started.expires_at) == (once.done_url, "", None)
    assert AtPickup().look("").state == AtPickup().end("", "end").state == "ended"


def test_money_taken_at_pickup_is_given_back_by_hand():
    for act in (lambda: AtPickup().refund("", 100, "EUR", "refund"), lambda: AtPickup().look_at_refund("")):
        with pytest.raises(PermanentFault, match="by hand"):
            act()


def test_nobody_brings_news_of_payments_at_pickup():
    with pytest.raises(NotPermitted):
        AtPickup().parse({}, b"{}", NOW)


def test_simulated_payments_are_kept_in_their_file(tmp_path):
    path = tmp_path / "var" / "payments.json"
    started = FakePayments(path).start(asked(), "one")
    assert FakePayments(path).pay(started.reference)
    assert FakePayments(path).look(started.reference).state == "paid"
    headers, body = FakePayments(path).messages(NOW)[0]
    assert FakePayments(path).parse(headers, body, NOW)[0].state == "paid"


def test_a_declined_card_leaves_a_simulated_payment_open():
    fake = FakePayments()
    started = fake.start(asked(), "one")
    fake.behave("declines")
    assert not fake.pay(started.reference)
    assert fake.look(started.reference).state == "open"


def test_late_money_comes_after_the_end():
    fake = FakePayments()
    started = fake.start(asked(), "one")
    fake.behave("late")
    fake.end(started.reference, "end")
    assert fake.pay(started.reference)
    assert fake.look(started.reference).state == "paid"


@pytest.mark.parametrize(("paid", "state"), [(True, "paid"), (False, "ended")])
def test_slow_money_is_clearing_until_it_is_settled_and_cannot_be_stopped(paid, state):
    fake = FakePayments()
    started = fake.start(asked(), "one")
    fake.behave("slow")
    assert not fake.settle(started.reference, paid=paid)
    assert fake.pay(started.reference)
    assert fake.end(started.reference, "end").state == "clearing"
    assert fake.settle(started.reference, paid=paid)
    assert fake.look(started.reference).state == state
    assert not fake.pay(started.reference)
    told = [fake.parse(headers, body, NOW)[0].state for headers, body in fake.messages(NOW)]
    assert told == ["clearing", state]


def test_a_simulated_bank_may_refuse_a_refund():
    fake = FakePayments()
    started = fake.start(asked(), "one")
    fake.pay(started.reference)
    fake.behave("refused")
    money = fake.look(started.reference).settled
    assert fake.refund(money, 3500, "EUR", "refund").failure
    fake.behave()
    assert fake.refund(money, 3500, "EUR", "another").state == "done"


def test_simulated_trouble_can_be_slow_and_be_over():
    fake = FakePayments()
    fake.behave("down", delay=0.01)
    before = time.monotonic()
    with pytest.raises(TransientFault):
        fake.check()
    assert time.monotonic() - before >= 0.01
    fake.behave()
    assert fake.check().startswith("A simulated")
    with pytest.raises(InvalidInput, match="declines, down, late, refused, slow"):
        fake.behave("bored")


def test_a_server_has_the_ways_of_paying_that_are_set_up(tmp_path):
    plain = settings.Settings()
    assert isinstance(payments_for("at_pickup", plain), AtPickup)
    with pytest.raises(InvalidInput, match=r"stripe\.secret_key"):
        payments_for("stripe", plain)
    for name in ("fake", "barter", "", "bridge.payments.fake.FakePayments"):
        with pytest.raises(InvalidInput):
            payments_for(name, plain)
    own = plain.replace(stripe={"secret_key": SECRET_KEY}, payments={"fake_state": str(tmp_path / "payments.json")})
    assert isinstance(payments_for("stripe", own), Stripe)
    assert isinstance(payments_for("fake", own), FakePayments)
    assert set(ADAPTERS["payments"]) == {"at_pickup", "stripe", "fake"}


def test_a_process_makes_each_way_of_paying_once(tmp_path):
    house = bridge(settings.load(environ={"DROPBRIDGE_DATABASE__URL": f"sqlite:///{tmp_path / 'bridge.db'}"}))
    assert house.payments("at_pickup") is house.payments("at_pickup")
    house.database.dispose()


@pytest.mark.parametrize("key", ["pk_test_public", "sk_test_with space", "hunter2", "sk_test_ü"])
def test_what_is_no_secret_key_stops_the_start_and_is_not_printed(key):
    with pytest.raises(settings.SettingsError, match=r"stripe\.secret_key: a secret key of Stripe begins with") as caught:
        settings.load(environ={"DROPBRIDGE_STRIPE__SECRET_KEY": key})
    assert key not in str(caught.value)


def test_secrets_come_from_files_and_are_not_printed(tmp_path):
    (tmp_path / "key").write_text(f"{SECRET_KEY}\n", encoding="utf-8")
    (tmp_path / "hook").write_text("whsec_4eC39\n", encoding="utf-8")
    files = {"SECRET_KEY": tmp_path / "key", "WEBHOOK_SECRET": tmp_path / "hook"}
    loaded = settings.load(environ={f"DROPBRIDGE_STRIPE__{name}_FILE": str(path) for name, path in files.items()})
    assert (loaded.stripe.secret_key, loaded.stripe.webhook_secret) == (SECRET_KEY, "whsec_4eC39")
    assert "4eC39" not in f"{loaded} {loaded!r} {loaded.stripe!r}"
