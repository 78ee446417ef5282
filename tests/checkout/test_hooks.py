"""Where providers bring their news: verified, laid down once, and never an answer that makes them give up."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.checkout.hooks import LARGEST, hooks
from bridge.core.errors import InvalidInput, NotFound, PermanentFault, TransientFault
from bridge.payments.fake import FakePayments
from tests.payments.emulated import asked, unreachable_stripe

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)


class Paid:
    """A house with a simulated provider and a Stripe; what is recorded is kept, unless ``fails``."""

    def __init__(self):
        self.fake, self.recorded, self.fails = FakePayments(), [], None

    def now(self):
        return NOW

    @contextmanager
    def work(self):
        yield None

    def payments(self, name):
        found = {"fake": self.fake, "stripe": unreachable_stripe()}.get(name)
        if found is None:
            raise InvalidInput("There is no such way of paying.")
        return found

    def record(self, open_work, provider, news, now):
        with open_work():
            if self.fails:
                raise self.fails
            self.recorded += [(provider, one, now) for one in news]


@pytest.fixture
def house():
    return Paid()


@pytest.fixture
def client(house):
    flask = Flask("bridge", static_folder=None)
    flask.register_blueprint(hooks(house, house.record))
    return flask.test_client()


def news_of(house, at=NOW):
    """A signed message: an order was paid."""
    started = house.fake.start(asked(), "one")
    house.fake.pay(started.reference)
    return house.fake.messages(at)[0]


def is_problem(answer, status, kind):
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json["type"] == f"urn:dropbridge:problem:{kind}"
    assert answer.json["status"] == status
    assert answer.json["detail"].endswith(".")


def test_news_are_laid_down_and_answered_with_nothing(house, client):
    headers, body = news_of(house)
    answer = client.post("/hooks/payments/fake", data=body, headers=headers)
    assert (answer.status_code, answer.data) == (204, b"")
    [(provider, news, now)] = house.recorded
    assert (provider, news.state, news.amount, now) == ("fake", "paid", 3500, NOW)


def test_a_repetition_is_handed_on_with_the_same_id(house, client):
    headers, body = news_of(house)
    for _ in range(2):
        client.post("/hooks/payments/fake", data=body, headers=headers)
    assert len({news.message_id for _, news, _ in house.recorded}) == 1


def test_a_message_is_read_octet_for_octet_whatever_type_it_claims(house, client):
    headers, body = news_of(house)
    for claimed in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        assert client.post("/hooks/payments/fake", data=body, headers=headers, content_type=claimed).status_code == 204


def test_forged_and_old_messages_are_refused_and_change_nothing(house, client):
    headers, body = news_of(house)
    old, _ = house.fake.messages(NOW - timedelta(minutes=6))[0]
    for sent, content in ((headers, body + b" "), ({}, body), (old, body), (headers, b"")):
        is_problem(client.post("/hooks/payments/fake", data=content, headers=sent), 400, "not-permitted")
    assert house.recorded == []


@pytest.mark.parametrize("provider", ["barter", "at_pickup", "Stripe", "%00", "a b", "x" * 300])
def test_a_provider_that_is_not_set_up_is_not_there(client, provider):
    is_problem(client.post(f"/hooks/payments/{provider}", data=b"{}"), 404, "not-found")


def test_a_body_that_is_too_large_is_not_read(house, client):
    is_problem(client.post("/hooks/payments/fake", data=b"x" * (LARGEST + 1)), 413, "too-large")
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    is_problem(client.post("/hooks/payments/fake", data=b"x" * (LARGEST + 1), environ_overrides=chunked), 413, "too-large")


def test_other_methods_are_told_which_one_there_is(client):
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = client.open("/hooks/payments/fake", method=method)
        is_problem(answer, 405, "method-not-allowed")
        assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("fault", [TransientFault("x"), PermanentFault("secret"), NotFound("secret")])
def test_trouble_of_our_own_makes_the_provider_come_again(house, client, fault):
    headers, body = news_of(house)
    house.fails = fault
    answer = client.post("/hooks/payments/fake", data=body, headers=headers)
    is_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "secret" not in answer.text
    house.fails = None
    assert client.post("/hooks/payments/fake", data=body, headers=headers).status_code == 204


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    provider=st.sampled_from(["stripe", "fake"]),
    signed=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])),
    body=st.binary(),
)
def test_garbage_is_never_more_than_a_bad_request(house, client, provider, signed, body):
    headers = {"Stripe-Signature": signed, "Fake-Signature": signed}
    assert client.post(f"/hooks/payments/{provider}", data=body, headers=headers).status_code == 400
    assert house.recorded == []
