"""Stripe's emulator: as strict as Stripe where a mistake of ours would show, and a page that people can pay on."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import requests

from bridge.payments.emulator.account import Account
from bridge.payments.emulator.objects import VERSION
from tests.payments.emulated import SECRET_KEY, Shop, adapter, asked, emulated, listening, press, unreachable_stripe

FORM = {
    "mode": "payment",
    "success_url": "http://shop.test/done",
    "cancel_url": "http://shop.test/back",
    "line_items[0][quantity]": "2",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "850",
    "line_items[0][price_data][product_data][name]": "Loaf <b>&",
}


@pytest.fixture
def emulator():
    with emulated() as made:
        yield made


@pytest.fixture
def ask(emulator):
    """One request as a program would send it."""

    def send(method, path, form=None, *, key="", headers=None):
        sent = {"Authorization": f"Bearer {SECRET_KEY}", "Stripe-Version": VERSION, **(headers or {})}
        sent |= {"Idempotency-Key": key} if key else {}
        return requests.request(method, f"{emulator.account.base_url}{path}", data=form, headers=sent, timeout=15)

    return send


@pytest.fixture
def pull(emulator):
    """One of the strings."""

    def string(path, **body):
        return requests.post(f"{emulator.account.base_url}/_control/{path}", json=body, timeout=15).json()

    return string


@pytest.fixture
def shop(pull):
    """Where the emulator's webhooks go."""
    taking = Shop()
    with listening(taking) as url:
        pull("webhooks", url=url, retry=0)
        yield taking


def kinds(shop):
    return [json.loads(body)["type"] for _, body in shop.got]


def error(answer):
    return answer.status_code, answer.json()["error"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sk_test_other", "Basic abc"])
def test_a_wrong_key_is_not_let_in(ask, header):
    assert ask("GET", "/v1/refunds", headers={"Authorization": header}).status_code == 401


def test_another_version_is_refused(ask):
    assert ask("GET", "/v1/refunds", headers={"Stripe-Version": "2020-08-27"}).status_code == 400


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"colour": "red"}, "colour"),
        ({"line_items[0][colour]": "red"}, "line_items[0][colour]"),
        ({"mode": "often"}, "mode"),
        ({"success_url": None}, "success_url"),
        ({"success_url": "shop"}, "success_url"),
        ({"customer_email": "cleo"}, "customer_email"),
        ({"locale": "tlh"}, "locale"),
        ({"line_items[0][quantity]": "0"}, "line_items[0][quantity]"),
        ({"line_items[0][quantity]": "many"}, "line_items[0][quantity]"),
        ({"line_items[0][price_data][currency]": "EUR"}, "line_items[0][price_data][currency]"),
        ({"line_items[0][price_data][currency]": "isk"}, "line_items[0][price_data][unit_amount]"),
        ({"line_items[0][price_data][product_data][name]": ""}, "line_items[0][price_data][product_data][name]"),
        ({"expires_at": str(int(time.time()) + 60)}, "expires_at"),
        ({"expires_at": str(int(time.time()) + 90_000)}, "expires_at"),
        ({"line_items[0][price_data][unit_amount]": "10"}, None),
    ],
)
def test_a_session_that_stripe_would_refuse_is_refused_by_name(emulator, ask, change, param):
    form = {name: value for name, value in (FORM | change).items() if value is not None}
    status, told = error(ask("POST", "/v1/checkout/sessions", form))
    assert (status, told["type"], told.get("param")) == (400, "invalid_request_error", param)
    assert emulator.account.sessions == {}
    # These are no requests of ours: the description is right to refuse most of them.
    emulator.log.clear()


def test_a_key_replays_its_answer_and_is_bound_to_its_parameters(ask):
    first = ask("POST", "/v1/checkout/sessions", FORM, key="one")
    again = ask("POST", "/v1/checkout/sessions", FORM, key="one")
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    status, told = error(ask("POST", "/v1/checkout/sessions", FORM | {"locale": "de"}, key="one"))
    assert (status, told["type"]) == (400, "idempotency_error")
    assert ask("POST", "/v1/checkout/sessions", FORM, key="two").json()["id"] != first.json()["id"]


def test_a_key_also_replays_a_refusal_that_was_carried_out(ask, emulator):
    made = ask("POST", "/v1/checkout/sessions", FORM).json()
    press(made["url"], "pay")
    refused = ask("POST", f"/v1/checkout/sessions/{made['id']}/expire", key="end")
    assert refused.status_code == 400
    assert ask("POST", f"/v1/checkout/sessions/{made['id']}/expire", key="end").headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(ask, pull):
    first = ask("POST", "/v1/checkout/sessions", FORM, key="one").json()
    pull("clock", ahead=25 * 3600)
    assert ask("POST", "/v1/checkout/sessions", FORM, key="one").json()["id"] != first["id"]


def test_lists_come_in_pages_the_newest_first(ask):
    made = [ask("POST", "/v1/checkout/sessions", FORM).json()["id"] for _ in range(3)]
    page = ask("GET", "/v1/checkout/sessions?limit=2").json()
    assert [one["id"] for one in page["data"]] == made[:0:-1]
    assert page["has_more"]
    rest = ask("GET", f"/v1/checkout/sessions?limit=2&starting_after={made[1]}").json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([made[0]], False)


def test_what_is_not_there_is_404(ask, emulator):
    for path in ("/v1/checkout/sessions/cs_x", "/v1/payment_intents/pi_x", "/v1/refunds/re_x"):
        assert error(ask("GET", path))[1]["code"] == "resource_missing"
    assert ask("GET", "/v1/customers").status_code == 404
    emulator.log.pop()


# -- the page


def test_the_page_shows_what_is_bought_and_leads_back(ask):
    page = requests.get(ask("POST", "/v1/checkout/sessions", FORM).json()["url"], timeout=15)
    assert "2 × Loaf &lt;b&gt;&amp;" in page.text
    assert "1700 EUR" in page.text
    assert 'href="http://shop.test/back"' in page.text
    assert "<script" not in page.text


def test_paying_leads_to_the_shop_and_can_be_done_once(ask, emulator):
    made = ask("POST", "/v1/checkout/sessions", FORM | {"success_url": "http://shop.test/done?s={CHECKOUT_SESSION_ID}"}).json()
    assert press(made["url"], "pay").headers["Location"] == f"http://shop.test/done?s={made['id']}"
    again = press(made["url"], "pay")
    assert (again.status_code, "all done" in again.text) == (200, True)
    assert len(emulator.account.intents) == 1


def test_a_declined_card_says_so_and_another_may_be_tried(ask, emulator):
    made = ask("POST", "/v1/checkout/sessions", FORM).json()
    assert "Your card was declined" in press(made["url"], "decline").text
    assert emulator.account.intents == {}
    assert press(made["url"], "pay").status_code == 303


def test_who_pays_and_never_comes_back_has_paid(ask):
    made = ask("POST", "/v1/checkout/sessions", FORM).json()
    assert press(made["url"], "pay_and_leave").status_code == 200
    assert ask("GET", f"/v1/checkout/sessions/{made['id']}").json()["payment_status"] == "paid"


def test_an_expired_page_takes_no_money(ask, emulator):
    made = ask("POST", "/v1/checkout/sessions", FORM).json()
    ask("POST", f"/v1/checkout/sessions/{made['id']}/expire")
    assert "expired" in press(made["url"], "pay").text
    assert emulator.account.intents == {}


# -- webhooks


def test_the_shop_has_heard_of_the_money_before_the_customer_comes_back(ask, shop):
    press(ask("POST", "/v1/checkout/sessions", FORM).json()["url"], "pay")
    assert kinds(shop) == ["checkout.session.completed"]
    headers, body = shop.got[0]
    news = unreachable_stripe().parse(headers, body, datetime.now(UTC))
    assert [(one.state, one.amount) for one in news] == [("paid", 1700)]


def test_a_webhook_is_brought_again_until_it_is_taken(ask, shop, pull):
    shop.answers = [500, 503, 302]
    press(ask("POST", "/v1/checkout/sessions", FORM).json()["url"], "pay")
    assert kinds(shop) == ["checkout.session.completed"] * 4
    assert len({body for _, body in shop.got}) == 1


def test_webhooks_can_be_doubled_and_turned_round(emulator, shop, pull):
    pull("webhooks", hold=True)
    with adapter(emulator) as stripe:
        started = stripe.start(asked(), "one")
        press(started.url, "pay")
        stripe.refund(stripe.look(started.reference).settled, 100, "EUR", "refund")
    assert shop.got == []
    assert pull("deliver", order="reversed", times=2)["events"] == 4
    requests.get(f"{emulator.account.base_url}/_control/quiet", timeout=15)
    kind = ["charge.refund.updated", "refund.updated", "refund.created", "checkout.session.completed"]
    assert kinds(shop) == [one for one in kind for _ in range(2)]


def test_a_bank_debit_and_a_refund_can_be_decided_later(emulator, shop, pull):
    with adapter(emulator) as stripe:
        started = stripe.start(asked(), "one")
        press(started.url, "debit")
        pull(f"sessions/{started.reference}/settle", paid=True)
        pull("refunds/next", status="pending")
        refund = stripe.refund(stripe.look(started.reference).settled, 100, "EUR", "refund")
        pull(f"refunds/{refund.reference}", status="failed")
        assert stripe.look_at_refund(refund.reference).state == "failed"
    requests.get(f"{emulator.account.base_url}/_control/quiet", timeout=15)
    assert kinds(shop)[:2] == ["checkout.session.completed", "checkout.session.async_payment_succeeded"]
    assert "refund.failed" in kinds(shop)


# -- as a program


def test_it_runs_as_a_program_of_its_own():
    command = [sys.executable, "-m", "bridge.payments.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ}) as process:
        try:
            url = process.stdout.readline().rpartition(" ")[2].strip()
            answer = requests.get(f"{url}/v1/refunds", headers={"Authorization": "Bearer sk_test_emulator"}, timeout=15)
        finally:
            process.terminate()
    assert answer.json() == {"object": "list", "data": [], "has_more": False, "url": "/v1/refunds"}


def test_the_server_does_not_know_it():
    command = [sys.executable, "-c", "import sys, bridge.wsgi, bridge.scheduler, bridge.payments.stripe; print(*sys.modules)"]
    assert "bridge.payments.emulator" not in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_an_account_without_a_listener_keeps_its_events():
    account = Account("http://127.0.0.1")
    account.tell("checkout.session.expired", {"id": "cs_1", "object": "checkout.session"})
    assert account.events[0]["type"] == "checkout.session.expired"
