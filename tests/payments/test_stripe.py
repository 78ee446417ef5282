"""Stripe's adapter: what it asks for, and how it takes trouble."""

import logging
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import InvalidInput, PermanentFault, TransientFault, Unreachable
from bridge.core.sockets import Item
from bridge.payments.stripe import VERSION, Stripe
from bridge.payments.stripe_session import LOCALES, locale, session_parameters
from bridge.payments.stripe_units import THREE_DECIMAL, Units
from bridge.wording import minor_digits
from tests.contracts.stripe_spec import SPEC, Misfit, check_event, check_exchange
from tests.payments.emulated import SECRET_KEY, WEBHOOK_SECRET, adapter, asked, emulated, listening, press

UNITS = Units(minor_digits)
NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)


@pytest.fixture
def emulator():
    with emulated() as made:
        yield made


@pytest.fixture
def stripe(emulator):
    with adapter(emulator) as made:
        yield made


def lines(**other):
    """What the payment page lists: name, quantity and price of each line."""
    rows = session_parameters(asked(**other), UNITS, NOON)["line_items"]
    return [(row["price_data"]["product_data"]["name"], row["quantity"], row["price_data"]["unit_amount"]) for row in rows]


# -- amounts


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [
        (1250, "EUR", 1250),
        (500, "JPY", 500),
        (500, "eur", 500),
        (5, "ISK", 500),
        (1045, "HUF", 1045),
        (80045, "TWD", 80045),
        (5120, "KWD", 5120),
        (7000, "LBP", 700000),
        (300, "XOF", 300),
    ],
)
def test_amounts_are_asked_for_as_stripe_counts_them(amount, currency, theirs):
    assert UNITS.to_stripe(amount, currency) == theirs
    assert UNITS.from_stripe(theirs, currency) == amount


@pytest.mark.parametrize(("amount", "currency"), [(5124, "KWD"), (5, "UGX"), (100, "LYD"), (10, "CLF")])
def test_amounts_that_stripe_cannot_take_for_certain_are_refused_with_a_sentence(amount, currency):
    with pytest.raises(PermanentFault, match=currency):
        UNITS.to_stripe(amount, currency)


@given(st.sampled_from(sorted(list_currencies())), st.integers(1, 10**12))
def test_an_amount_in_any_currency_comes_back_as_it_was_or_is_refused(currency, amount):
    try:
        theirs = UNITS.to_stripe(amount, currency)
    except PermanentFault:
        return
    assert UNITS.from_stripe(theirs, currency) == amount
    assert currency not in THREE_DECIMAL or theirs % 10 == 0


def test_a_currency_whose_last_digit_we_do_not_show_is_refused_in_part_only():
    ours = Units(lambda _currency: 2)
    assert ours.to_stripe(50000, "JPY") == 500
    with pytest.raises(PermanentFault):
        ours.to_stripe(50001, "JPY")


# -- what is asked for


def test_the_page_lists_the_items_when_they_come_to_the_amount():
    assert lines() == [("Country loaf", 2, 850), ("Tote", 1, 1800)]


def test_items_that_do_not_come_to_the_amount_are_one_line_that_does():
    assert lines(amount=3990) == [("2 × Country loaf, Tote", 1, 3990)]
    assert lines(amount=3000) == [("2 × Country loaf, Tote", 1, 3000)]
    assert lines(items=()) == [("K3V9-Q2", 1, 3500)]
    assert lines(items=(Item("Loaf", 4, 1000), Item("Voucher", 1, -500))) == [("4 × Loaf, Voucher", 1, 3500)]


def test_items_that_stripe_cannot_price_are_one_line():
    assert lines(amount=10250, currency="KWD", items=(Item("Oud", 2, 5125),)) == [("2 × Oud", 1, 10250)]


@given(st.lists(st.builds(Item, st.text(), st.integers(-1, 20), st.integers(-5, 5000)), max_size=120), st.integers(1, 10**6))
def test_the_lines_always_come_to_the_amount(items, amount):
    rows = lines(items=tuple(items), amount=amount)
    assert sum(quantity * price for _, quantity, price in rows) == amount
    assert len(rows) <= 100
    assert all(0 < len(name) <= 250 and quantity >= 1 for name, quantity, _ in rows)


def test_stripe_ends_the_session_half_an_hour_after_us_and_within_its_own_limits():
    assert session_parameters(asked(expires_at=NOON), UNITS, NOON)["expires_at"] == int((NOON + timedelta(minutes=31)).timestamp())
    assert "expires_at" not in session_parameters(asked(expires_at=NOON + timedelta(days=1)), UNITS, NOON)


def test_the_request_is_the_same_whenever_it_is_made():
    once = asked()
    assert session_parameters(once, UNITS, NOON) == session_parameters(once, UNITS, NOON - timedelta(minutes=3))


@pytest.mark.parametrize(
    ("language", "name"), [("de", "de"), ("de-AT", "de"), ("fr-CA", "fr-CA"), ("en-US", "en"), ("gsw", "auto"), ("", "auto")]
)
def test_the_page_speaks_the_customers_language_where_it_can(language, name):
    assert locale(language) == name


def test_the_languages_are_those_of_stripes_description():
    form = SPEC["paths"]["/v1/checkout/sessions"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert set(form["properties"]["locale"]["enum"]) == LOCALES | {"auto"}


def test_what_stripe_is_told_of_the_customer_is_the_address_and_the_order(stripe, emulator):
    stripe.start(asked(), "one")
    form = dict(emulator.log[-1]["form"])
    assert form["customer_email"] == "cleo@example.org"
    assert form["client_reference_id"] == form["metadata[order]"] == form["payment_intent_data[metadata][order]"] == "K3V9-Q2"
    assert (form["success_url"], form["cancel_url"]) == ("http://shop.test/orders/x?paid=1", "http://shop.test/orders/x")
    assert form["adaptive_pricing[enabled]"] == "false"


def test_an_address_that_stripe_would_not_take_does_not_stop_the_payment(stripe):
    assert stripe.start(asked(email="zoë@bäckerei.example"), "one").url


def test_each_request_names_the_version_and_tells_nothing_of_this_machine(stripe, emulator):
    stripe.start(asked(), "one")
    headers = emulator.log[-1]["headers"]
    assert headers["Stripe-Version"] == VERSION == SPEC["info"]["version"]
    assert "telemetry" not in str(headers).lower()
    assert "platform" not in headers["X-Stripe-Client-User-Agent"]


def test_each_write_carries_a_key(stripe, emulator):
    started = stripe.start(asked(), "one")
    press(started.url, "pay")
    stripe.end(started.reference, "end")
    stripe.refund(stripe.look(started.reference).settled, 100, "EUR", "refund")
    posts = [seen["headers"].get("Idempotency-Key", "") for seen in emulator.log if seen["method"] == "POST"]
    assert len(posts) == 3
    assert posts[1:] == ["end", "refund"]
    assert re.fullmatch("[0-9a-f]{64}", posts[0])


def test_a_netrc_of_this_machine_does_not_replace_the_key(stripe, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert stripe.check() == "Stripe accepts the key (test mode: no real money moves)."


# -- how payments go on


def test_a_bank_debit_is_clearing_until_the_bank_has_spoken(stripe, emulator):
    for paid, state in ((True, "paid"), (False, "ended")):
        started = stripe.start(asked(), f"paid {paid}")
        press(started.url, "debit")
        assert stripe.look(started.reference).state == "clearing"
        assert stripe.end(started.reference, "end").state == "clearing"
        emulator.account.settle(started.reference, paid=paid)
        assert stripe.look(started.reference).state == state


def test_a_session_ends_by_itself(stripe, emulator):
    started = stripe.start(asked(), "one")
    emulator.account.ahead = 40 * 60
    assert stripe.look(started.reference).state == "ended"
    assert stripe.end(started.reference, "end").state == "ended"


def test_a_refund_may_take_its_time_and_may_fail_after_all(stripe, emulator):
    started = stripe.start(asked(), "one")
    press(started.url, "pay")
    emulator.account.next_refund = "pending"
    refund = stripe.refund(stripe.look(started.reference).settled, 3500, "EUR", "refund")
    assert refund.state == "pending"
    emulator.account.decide_refund(refund.reference, "succeeded")
    assert stripe.look_at_refund(refund.reference).state == "done"
    emulator.account.decide_refund(refund.reference, "failed")
    failed = stripe.look_at_refund(refund.reference)
    assert failed.state == "failed"
    assert failed.failure == "Stripe could not give the money back: the card has expired or was cancelled. Give it back in another way."


def test_a_refund_whose_key_stripe_has_forgotten_is_still_made_once(stripe, emulator):
    started = stripe.start(asked(), "one")
    press(started.url, "pay")
    money = stripe.look(started.reference).settled
    first = stripe.refund(money, 1000, "EUR", "refund")
    emulator.account.ahead = 26 * 3600
    assert stripe.refund(money, 1000, "EUR", "refund").reference == first.reference
    assert len(emulator.account.refunds) == 1


def test_a_refund_whose_answer_was_lost_is_made_once(stripe, emulator):
    started = stripe.start(asked(), "one")
    press(started.url, "pay")
    money = stripe.look(started.reference).settled
    emulator._trouble = {"status": 500, "times": 2, "after": True}
    with pytest.raises(TransientFault):
        stripe.refund(money, 1000, "EUR", "refund")
    emulator._trouble = {}
    stripe.refund(money, 1000, "EUR", "refund")
    assert [one["amount"] for one in emulator.account.refunds.values()] == [1000]


def test_a_start_whose_answer_was_lost_is_one_session(stripe, emulator):
    once = asked()
    emulator._trouble = {"status": 500, "times": 1, "after": True}
    with pytest.raises(TransientFault):
        stripe.start(once, "one")
    assert stripe.start(once, "one").reference in emulator.account.sessions
    assert len(emulator.account.sessions) == 1


# -- trouble


def faulty(status, body, content_type="application/json"):
    """A Stripe that answers everything with this."""

    def application(_environ, start_response):
        length = ("Content-Length", str(len(body)))
        start_response(f"{status} X", [("Content-Type", content_type), length, ("Stripe-Should-Retry", "false")])
        return [body]

    return application


def made(base, **config):
    given = {"secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET, "api_base": base} | config
    return Stripe(SimpleNamespace(**given), minor_digits, retries=0)


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (400, b'{"error": {"type": "invalid_request_error", "message": "No sk_test_4eC39"}}', PermanentFault, "Stripe refused"),
        (401, b'{"error": {"message": "Invalid API Key provided: sk_test_***7dc"}}', Unreachable, "stripe.secret_key"),
        (403, b'{"error": {"message": "The key rk_test_***7dc lacks"}}', Unreachable, "permission"),
        (402, b'{"error": {"type": "card_error", "message": "declined"}}', PermanentFault, "declined"),
        (404, b'{"error": {"type": "invalid_request_error", "message": "No such session"}}', PermanentFault, "No such session"),
        (400, b'{"error": {"code": "balance_insufficient", "message": "x"}}', TransientFault, "holds too little"),
        (400, b'{"error": {"type": "idempotency_error", "message": "x"}}', PermanentFault, "other particulars"),
        (409, b'{"error": {"type": "idempotency_error", "message": "x"}}', TransientFault, "tried again"),
        (429, b'{"error": {"message": "slow"}}', Unreachable, "slow down"),
        (500, b'{"error": {"type": "api_error", "message": "sk_test_4eC39"}}', TransientFault, "trouble"),
        (503, b"<html>down</html>", TransientFault, "trouble"),
        (200, b"<html>Sign in to the Wi-Fi</html>", TransientFault, "not Stripe"),
        (200, b"[]", TransientFault, "not Stripe"),
        (200, b"{}", TransientFault, "not Stripe"),
        (200, b'"yes"', TransientFault, "not Stripe"),
        (200, b'{"id": 5, "url": null, "object": "refund"}', TransientFault, "not Stripe"),
        (400, b'{"error": []}', TransientFault, "not Stripe"),
        (400, b'{"error": "sk_test_4eC39"}', TransientFault, "not Stripe"),
    ],
)
def test_every_trouble_is_a_sentence_that_says_what_to_do_and_holds_no_secret(status, body, kind, says):
    with listening(faulty(status, body)) as base:
        stripe = made(base)
        acts = (
            lambda: stripe.start(asked(), "one"),
            lambda: stripe.look("cs_1"),
            lambda: stripe.end("cs_1", "end"),
            lambda: stripe.look_at_refund("re_1"),
        )
        for act in acts:
            with pytest.raises((PermanentFault, TransientFault)) as caught:
                act()
            assert type(caught.value) is kind
            assert says in str(caught.value)
            assert not re.search("sk_|rk_|4eC39|7dc", str(caught.value))
            assert caught.value.__cause__ is None
        stripe.close()


def test_a_stripe_that_cannot_be_reached_is_a_passing_fault():
    stripe = made("http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="cannot be reached"):
        stripe.look("cs_1")
    stripe.close()


def test_the_library_tries_again_before_we_are_told(emulator):
    class Once:
        first = True

        def __call__(self, environ, start_response):
            if self.first:
                self.first = False
                return faulty_once(environ, start_response)
            return emulator(environ, start_response)

    def faulty_once(_environ, start_response):
        start_response("503 X", [("Content-Type", "application/json"), ("Content-Length", "2"), ("Stripe-Should-Retry", "true")])
        return [b"{}"]

    with listening(Once()) as base, adapter(emulator, api_base=base, retries=1) as stripe:
        assert stripe.start(asked(), "one").url


def test_a_wrong_key_is_said_by_the_check(emulator):
    with adapter(emulator, secret_key="sk_test_wrong") as stripe, pytest.raises(Unreachable, match=r"stripe\.secret_key"):
        stripe.check()


def test_a_missing_webhook_secret_is_said_by_the_check(emulator):
    with adapter(emulator, webhook_secret="") as stripe, pytest.raises(PermanentFault, match=r"stripe\.webhook_secret"):
        stripe.check()


def test_without_a_key_there_is_no_stripe():
    with pytest.raises(InvalidInput, match=r"stripe\.secret_key"):
        made("http://127.0.0.1:9", secret_key="")


def test_logs_hold_nothing_of_the_customer_and_no_key(stripe, caplog):
    caplog.set_level(logging.DEBUG)
    started = stripe.start(asked(), "one")
    with pytest.raises(PermanentFault):
        stripe.look("cs_nobody")
    assert started.reference not in caplog.text
    for secret in ("cleo", "example.org", SECRET_KEY):
        assert secret not in caplog.text


# -- the judge


def test_the_judge_of_exchanges_sees_a_wrong_field(stripe, emulator):
    started = stripe.start(asked(), "one")
    stripe.look(started.reference)
    post, get = emulator.log[-2:]
    check_exchange(post)
    wrong = [
        post | {"form": [*post["form"], ["colour", "red"]]},
        post | {"form": [*post["form"], ["line_items[0][colour]", "red"]]},
        post | {"form": [[key, "often" if key == "mode" else value] for key, value in post["form"]]},
        post | {"form": [[key, "many" if key.endswith("[quantity]") else value] for key, value in post["form"]]},
        post | {"form": [[key, "soon" if key == "expires_at" else value] for key, value in post["form"]]},
        post | {"body": post["body"] | {"colour": "red"}},
        post | {"body": post["body"] | {"amount_total": "35.00"}},
        post | {"body": post["body"] | {"status": "paid"}},
        post | {"body": {name: value for name, value in post["body"].items() if name != "payment_status"}},
        get | {"query": [["colour", "red"]]},
        get | {"path": "/v1/payments/x"},
    ]
    for seen in wrong:
        with pytest.raises(Misfit):
            check_exchange(seen)


def test_the_judge_of_events_sees_a_wrong_field(stripe, emulator):
    press(stripe.start(asked(), "one").url, "pay")
    event = emulator.account.events[-1]
    check_event(event)
    told = event["data"]["object"]
    for wrong in (event | {"colour": "red"}, event | {"created": "now"}, event | {"data": {"object": told | {"mode": 1}}}):
        with pytest.raises(Misfit):
            check_event(wrong)
