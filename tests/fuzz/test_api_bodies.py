"""Requests to the JSON API gone wrong: each is answered as the document says, and what is refused changes nothing."""

import io
import json
import os
import random

import pytest
from flask import Flask

from bridge.flows.tokens import SCOPES, new_api_token
from bridge.settings import Settings
from bridge.stock_sync.api import api
from bridge.wiring import bridge
from tests.house import Bakery

INPUTS = 100_000 if os.environ.get("DEEP") else 1_500
ALLOWED = {200, 400, 401, 403, 404, 405, 413, 415, 422}
METHODS = ["PUT", "POST", "GET", "HEAD", "PATCH", "DELETE", "OPTIONS", "TRACE"]
PATHS = [
    "/locations/main/stock/LOAF",
    "/locations/ada/main/stock/BUN",
    "/locations/main/stock",
    "/locations/main/movements",
    "/drops/bread/slots",
    "/drops",
    "/",
    "/locations/dee/main/stock/LOAF",
    "/locations//stock/x",
    "/locations/main/stock/",
    "/locations/main/stock/a/../b",
    "/locations/main/stock/\x00",
    "/locations/main/stock/\xed\xa0\x80",
    "/locations/main/stock/a\nb",
    "/locations/\xff/stock",
    "/openapi.json/",
    "//",
]
QUERIES = [
    "",
    "offset=1",
    "offset=-1",
    "limit=0",
    "limit=1e3",
    "start=now",
    "start=2026-12-02T09:00:00Z",
    "offset=9999999",
    "a=%00",
    "start=%ff",
]
BODIES = [
    {"count": 12, "counted_at": "2026-12-02T08:00:00Z", "message_id": "m", "name": "Loaf", "sent_at": "2026-12-02T08:00:01+01:00"},
    {"counts": [{"sku": "LOAF", "count": 1}, {"sku": "BUN", "count": 2, "counted_at": "2026-12-02T08:00:00Z"}]},
    {"sku": "LOAF", "quantity": -1, "happened_at": "2026-12-02T08:30:00Z", "message_id": "s"},
    {"movements": [{"sku": "LOAF", "quantity": -1, "happened_at": "2026-12-02T08:30:00Z", "message_id": "s"}]},
]
VALUES = [
    None,
    True,
    -1,
    0,
    1e308,
    10**30,
    1.5,
    "",
    "\x00",
    "\ud800",
    "x" * 300,
    [],
    {},
    [[[[]]]],
    "2026-13-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
]
PIECES = [
    b"\x00",
    b"\xff",
    b"NaN",
    b"1e999",
    b"9" * 5000,
    b"[" * 3000,
    b'{"count":',
    b"\\ud800",
    b",",
    b"}",
    b'"',
    b"\xef\xbb\xbf",
    b" " * 1000,
]
TYPES = [
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "",
    "application/json" * 50,
    "multipart/form-data; boundary=x",
]


def spoilt(value, chance):
    """A JSON value with something in it replaced, renamed, doubled or gone."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        made = dict(value)
        match chance.randrange(4):
            case 0:
                del made[key]
            case 1:
                made[chance.choice(["sku", "count", "x", ""])] = made.pop(key)
            case _:
                made[key] = spoilt(made[key], chance)
        return made
    if isinstance(value, list) and value and chance.random() < 0.7:
        return [*value[:-1], spoilt(value[-1], chance)] * chance.choice([1, 1, 2, 600])
    return chance.choice(VALUES)


def body_of(chance):
    value = chance.choice(BODIES)
    data = json.dumps(spoilt(value, chance) if chance.random() < 0.7 else value).encode()
    if chance.random() < 0.3:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.choice(PIECES) + data[at + chance.choice([0, 0, 1, 20]) :]
    return data


@pytest.fixture
def bakery(sqlite_url, clock):
    made = Bakery(sqlite_url, clock)
    yield made
    made.house.database.dispose()


def ledger_of(house):
    """All that a message could have changed."""
    with house.read() as views:
        return [item for _, item in views.stock_items()]


def test_nothing_that_is_sent_crashes_the_api_and_what_is_refused_changes_nothing(bakery, sqlite_url, clock):
    house = bridge(Settings.model_validate({"database": {"url": sqlite_url}, "api": {"rate": 10**9}}), now=clock)
    with house.work() as work:
        token = new_api_token(work, work.views.organizer("ada"), "fuzz", SCOPES, clock())[1]
    app = Flask("fuzz")
    app.register_blueprint(api(house))
    known = ledger_of(house)
    for seed in range(INPUTS):
        chance = random.Random(seed)
        body = body_of(chance)
        environ = {
            "REQUEST_METHOD": chance.choice(METHODS[:2] if chance.random() < 0.8 else METHODS),
            "PATH_INFO": "/api/v1" + chance.choice(PATHS[:4] if chance.random() < 0.8 else PATHS),
            "QUERY_STRING": chance.choice(QUERIES),
            "CONTENT_TYPE": "application/json" if chance.random() < 0.9 else chance.choice(TYPES),
            "CONTENT_LENGTH": str(len(body)) if chance.random() < 0.95 else chance.choice(["", "-1", "x", "0", "99"]),
            "HTTP_AUTHORIZATION": f"Bearer {token}" if chance.random() < 0.95 else chance.choice(["Bearer", "Bearer \xff", "Basic x", ""]),
            "wsgi.input": io.BytesIO(body),
        }
        status, kind = answered(app, environ)
        assert status in ALLOWED, (seed, status, environ, body[:300])
        if status != 200:
            assert kind == "application/problem+json", (seed, status, environ)
            assert ledger_of(house) == known, (seed, status, environ, body[:300])
        else:
            known = ledger_of(house)
    house.database.dispose()


def answered(app, environ):
    """(status, content type) of a request as the web server would hand it over."""
    base = {"SERVER_NAME": "shop.example", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "https"}
    base |= {"wsgi.errors": io.StringIO(), "wsgi.multithread": True, "SCRIPT_NAME": "", "HTTP_HOST": "shop.example"}
    told = []
    body = app.wsgi_app(
        base | environ, lambda status, headers, exc_info=None: told.append((int(status[:3]), dict(headers).get("Content-Type")))
    )
    b"".join(body)
    body.close()
    return told[0]
