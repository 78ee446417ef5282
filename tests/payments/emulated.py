"""Stripe's emulator behind real HTTP on this machine, and a shop's end of its webhooks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import requests
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from bridge.core.sockets import Asked, Item
from bridge.payments.emulator.server import Emulator
from bridge.payments.stripe import Stripe
from bridge.wording import minor_digits
from tests.contracts.stripe_spec import check_event, check_exchange

SECRET_KEY, WEBHOOK_SECRET = "sk_test_4eC39HqLyjWDarjtT1zdp7dc", "whsec_test"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args: Any) -> None:
        """Says nothing."""


@contextmanager
def listening(application: Any) -> Iterator[str]:
    """The address of a WSGI application on loopback."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def emulated() -> Iterator[Emulator]:
    """A fresh emulator; all that was said to it and by it fits Stripe's own description when it is left."""
    emulator = Emulator("", SECRET_KEY, WEBHOOK_SECRET)
    with listening(emulator) as url:
        emulator.account.base_url = url
        yield emulator
    for seen in emulator.log:
        check_exchange(seen)
    for event in emulator.account.events:
        check_event(event)


@contextmanager
def adapter(emulator: Emulator, **config: Any) -> Iterator[Stripe]:
    """Our adapter, talking to the emulator."""
    retries = config.pop("retries", 0)
    given = {"secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET, "api_base": emulator.account.base_url}
    made = Stripe(SimpleNamespace(**given | config), minor_digits, retries=retries)
    try:
        yield made
    finally:
        made.close()


@cache
def unreachable_stripe() -> Stripe:
    """An adapter that is asked for nothing but to parse."""
    return Stripe(SimpleNamespace(secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET, api_base="http://127.0.0.1:9"), minor_digits)


def asked(amount: int = 3500, currency: str = "EUR", **other: Any) -> Asked:
    """Two loaves and a tote."""
    known: dict[str, Any] = {
        "order": "K3V9-Q2",
        "amount": amount,
        "currency": currency,
        "items": (Item("Country loaf", 2, 850), Item("Tote", 1, 1800)),
        "email": "cleo@example.org",
        "language": "de",
        "done_url": "http://shop.test/orders/x?paid=1",
        "back_url": "http://shop.test/orders/x",
        "expires_at": datetime.now(UTC) + timedelta(minutes=5),
    }
    return Asked(**known | other)


def press(url: str, button: str) -> requests.Response:
    """A button of the payment page, without following where it leads."""
    return requests.post(url, {"do": button}, timeout=15, allow_redirects=False)


class Shop:
    """Takes webhooks, and answers each with the next of ``answers``, at the end 204."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.got.append((dict(request.headers), request.get_data()))
        return Response(status=self.answers.pop(0) if self.answers else 204)(environ, start_response)
