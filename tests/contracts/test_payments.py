"""What every payment provider promises, kept by the simulated one and by Stripe's adapter in front of the emulator."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.errors import NotPermitted, PermanentFault, TransientFault
from bridge.core.sockets import PaymentNews, Payments, RefundNews
from bridge.payments.emulator.delivery import signature
from bridge.payments.fake import FakePayments
from tests.payments.emulated import WEBHOOK_SECRET, adapter, asked, emulated, press, unreachable_stripe

ORDER = ["open", "clearing", "paid", "ended"], ["pending", "done", "failed"]


class Provider(NamedTuple):
    """A provider, and the hands of customers and banks."""

    payments: Payments
    pay: Any
    messages: Any
    fall_ill: Any


@pytest.fixture(params=["fake", "stripe"])
def provider(request, tmp_path):
    if request.param == "fake":
        fake = FakePayments(tmp_path / "payments.json")
        yield Provider(fake, lambda started: fake.pay(started.reference), fake.messages, lambda: fake.behave("down"))
        return
    with emulated() as emulator, adapter(emulator) as stripe:

        def messages(now):
            bodies = [json.dumps(event).encode() for event in emulator.account.events]
            return [({"Stripe-Signature": signature(body, WEBHOOK_SECRET, int(now.timestamp()))}, body) for body in bodies]

        def ill():
            emulator._trouble = {"status": 503, "times": 100}

        yield Provider(stripe, lambda started: press(started.url, "pay").status_code == 303, messages, ill)


def now():
    return datetime.now(UTC)


def paid(provider, amount=3500):
    """The money of a payment that was made."""
    started = provider.payments.start(asked(amount), f"start {amount}")
    assert provider.pay(started)
    return provider.payments.look(started.reference)


def told(provider):
    """All news that were sent, each parsed."""
    return [news for headers, body in provider.messages(now()) for news in provider.payments.parse(headers, body, now())]


def test_check_says_what_was_reached(provider):
    assert provider.payments.check().endswith(".")


def test_a_started_payment_is_open_and_has_a_place_to_pay_at(provider):
    started = provider.payments.start(asked(), "one")
    assert started.url.startswith("http")
    assert started.expires_at > now() + timedelta(minutes=25)
    assert provider.payments.look(started.reference) == PaymentNews(started.reference, "open", 3500, "EUR")


def test_a_start_that_is_repeated_is_one_payment(provider):
    once = asked()
    assert provider.payments.start(once, "one") == provider.payments.start(once, "one")
    assert provider.payments.start(once, "two").reference != provider.payments.start(once, "one").reference


def test_an_order_that_was_prolonged_can_still_be_started_under_its_key(provider):
    once = asked()
    provider.payments.start(once, "one")
    assert provider.payments.start(asked(expires_at=once.expires_at + timedelta(minutes=5)), "one").url


def test_nothing_is_not_asked_for(provider):
    with pytest.raises(PermanentFault):
        provider.payments.start(asked(0), "one")


def test_money_that_came_is_paid_and_has_a_name_for_refunds(provider):
    news = paid(provider)
    assert (news.state, news.amount, news.currency) == ("paid", 3500, "EUR")
    assert news.settled


def test_nobody_pays_twice(provider):
    started = provider.payments.start(asked(), "one")
    assert provider.pay(started)
    before = provider.payments.look(started.reference)
    assert not provider.pay(started)
    assert provider.payments.look(started.reference) == before


def test_an_ended_payment_takes_no_money_and_stays_ended(provider):
    started = provider.payments.start(asked(), "one")
    assert provider.payments.end(started.reference, "end one").state == "ended"
    assert not provider.pay(started)
    assert provider.payments.end(started.reference, "end one").state == "ended"
    assert provider.payments.end(started.reference, "end again").state == "ended"
    assert provider.payments.look(started.reference).state == "ended"


def test_money_that_was_faster_than_the_end_is_told_as_paid(provider):
    started = provider.payments.start(asked(), "one")
    provider.pay(started)
    news = provider.payments.end(started.reference, "end one")
    assert (news.state, news.amount) == ("paid", 3500)
    assert news == provider.payments.look(started.reference)


def test_money_goes_back_in_parts_and_never_more_than_came(provider):
    money = paid(provider)
    first = provider.payments.refund(money.settled, 1000, "EUR", "refund 1")
    assert (first.state, first.amount, first.settled) == ("done", 1000, money.settled)
    with pytest.raises(PermanentFault):
        provider.payments.refund(money.settled, 2501, "EUR", "refund 2")
    assert provider.payments.refund(money.settled, 2500, "EUR", "refund 3").state == "done"
    with pytest.raises(PermanentFault):
        provider.payments.refund(money.settled, 1, "EUR", "refund 4")


def test_all_of_it_goes_back_at_once(provider):
    money = paid(provider)
    refund = provider.payments.refund(money.settled, 3500, "EUR", "refund")
    assert provider.payments.look_at_refund(refund.reference) == refund


def test_a_refund_that_is_repeated_gives_back_once(provider):
    money = paid(provider)
    first = provider.payments.refund(money.settled, 2000, "EUR", "refund")
    assert provider.payments.refund(money.settled, 2000, "EUR", "refund") == first
    assert provider.payments.refund(money.settled, 1500, "EUR", "the rest").state == "done"


def test_the_key_of_a_refund_stands_for_one_amount(provider):
    money = paid(provider)
    provider.payments.refund(money.settled, 2000, "EUR", "refund")
    with pytest.raises(PermanentFault):
        provider.payments.refund(money.settled, 1500, "EUR", "refund")


def test_money_that_nobody_knows_is_not_given_back(provider):
    paid(provider)
    for act in (
        lambda: provider.payments.refund("pi_nobody", 100, "EUR", "refund"),
        lambda: provider.payments.look_at_refund("re_nobody"),
        lambda: provider.payments.look("cs_nobody"),
        lambda: provider.payments.end("cs_nobody", "end"),
    ):
        with pytest.raises(PermanentFault):
            act()


def test_a_provider_that_is_down_is_a_passing_fault_in_every_verb(provider):
    money = paid(provider)
    provider.fall_ill()
    for act in (
        provider.payments.check,
        lambda: provider.payments.start(asked(), "two"),
        lambda: provider.payments.look(money.reference),
        lambda: provider.payments.end(money.reference, "end"),
        lambda: provider.payments.refund(money.settled, 100, "EUR", "refund"),
        lambda: provider.payments.look_at_refund("re_1"),
    ):
        with pytest.raises(TransientFault):
            act()


def test_what_was_paid_is_told_with_an_id_that_repetitions_share(provider):
    money = paid(provider)
    news = [one for one in told(provider) if isinstance(one, PaymentNews)]
    assert [(one.reference, one.state, one.amount, one.currency, one.settled) for one in news] == [
        (money.reference, "paid", 3500, "EUR", money.settled)
    ]
    assert news[0].message_id
    assert told(provider) == told(provider)


def test_every_message_has_an_id_of_its_own(provider):
    money = paid(provider)
    ended = provider.payments.start(asked(700, items=()), "two")
    provider.payments.end(ended.reference, "end two")
    provider.payments.refund(money.settled, 1000, "EUR", "refund")
    ids = [one.message_id for one in told(provider)]
    assert len(ids) == len(set(ids)) >= 3


def test_in_whatever_order_news_come_the_furthest_of_them_is_how_it_stands(provider):
    money = paid(provider)
    ended = provider.payments.start(asked(1800, items=()), "two")
    provider.payments.end(ended.reference, "end two")
    refund = provider.payments.refund(money.settled, 1000, "EUR", "refund")
    stands = {money.reference: "paid", ended.reference: "ended", refund.reference: "done"}
    for order in permutations(told(provider)):
        known: dict[str, str] = {}
        for news in order:
            states = ORDER[isinstance(news, RefundNews)]
            known[news.reference] = max(news.state, known.get(news.reference, news.state), key=states.index)
        assert known == stands


def test_a_message_counts_for_five_minutes(provider):
    paid(provider)
    headers, body = provider.messages(now() - timedelta(seconds=290))[0]
    assert provider.payments.parse(headers, body, now())
    headers, body = provider.messages(now() - timedelta(seconds=310))[0]
    with pytest.raises(NotPermitted):
        provider.payments.parse(headers, body, now())


def test_a_forged_message_is_refused(provider):
    paid(provider)
    headers, body = provider.messages(now())[0]
    name, value = next(iter(headers.items()))
    forged = [
        ({}, body),
        ({name: ""}, body),
        ({name: value[:-1] + ("0" if value[-1] != "0" else "1")}, body),
        ({name: value}, body.replace(b"3500", b"9500")),
        ({name: value}, body + b" "),
        ({name: value}, b""),
        ({name: value.replace("v1=", "v0=")} if "v1=" in value else {}, body),
        ({name: f"{int(now().timestamp())}"}, body),
    ]
    for changed, content in forged:
        with pytest.raises(NotPermitted):
            provider.payments.parse(changed, content, now())


def test_header_names_are_read_in_any_case(provider):
    paid(provider)
    headers, body = provider.messages(now())[0]
    assert provider.payments.parse({name.upper(): value for name, value in headers.items()}, body, now())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.text() | st.from_regex(r"t=-?\d+(,v1=.*)?", fullmatch=True), body=st.binary())
def test_garbage_is_refused_and_nothing_else(provider, header, body):
    for name in ("Stripe-Signature", "Fake-Signature"):
        with pytest.raises(NotPermitted):
            provider.payments.parse({name: header}, body, now())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["checkout.session", "paid", "refund", "eur"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
FIELDS = ["id", "object", "status", "payment_status", "payment_intent", "amount_total", "amount", "currency", "failure_reason"]
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON
KINDS = ["checkout.session.completed", "checkout.session.async_payment_failed", "refund.updated", "refund.failed", "charge.refunded"]
EVENTS = st.fixed_dictionaries({
    "id": st.just("evt_1") | JSON,
    "type": st.sampled_from(KINDS) | JSON,
    "data": st.fixed_dictionaries({"object": OBJECTS}) | JSON,
})


@given(body=st.binary() | EVENTS.map(lambda event: json.dumps(event).encode()) | st.just(b"[" * 100_000))
def test_what_is_signed_and_makes_no_sense_is_no_news(body):
    header = {"Stripe-Signature": signature(body, WEBHOOK_SECRET, int(now().timestamp()))}
    try:
        news = unreachable_stripe().parse(header, body, now())
    except NotPermitted:
        assert not _is_text(body)
    else:
        assert isinstance(news, list)
        assert all(0 <= one.amount < 10**16 for one in news)


def _is_text(body):
    try:
        return bool(body.decode()) or True
    except UnicodeDecodeError:
        return False
