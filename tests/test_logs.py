"""Logs: one entry a request, and no secret in any of them."""

import base64
import io
import json
import logging
import threading
from urllib.parse import quote

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES
from apscheduler.schedulers.background import BackgroundScheduler
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from bridge.logs import JsonLines, RequestLog, TextLines, configure, redact


@pytest.fixture
def written():
    """What was written since the test began, at info."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure("info", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)


@Request.application
def hello(request):
    logging.getLogger("bridge.test").info("greeting")
    return Response("hello")


@Request.application
def broken(request):
    raise RuntimeError(f"failed with {request.headers['Authorization']}")


def test_a_request_is_one_entry_without_its_query_and_headers(written):
    Client(RequestLog(hello)).get("/ada/bread/?token=s3cret", headers={"Authorization": "Basic YWRhOnMzY3JldA=="}, buffered=True)
    [_, entry] = written()
    assert (entry["method"], entry["path"], entry["status"], entry["octets"]) == ("GET", "/ada/bread/", 200, 5)
    assert "s3cret" not in json.dumps(entry)
    assert "YWRhOnMzY3JldA" not in json.dumps(entry)


def test_what_happens_during_a_request_carries_its_id_and_so_does_the_answer(written):
    answer = Client(RequestLog(hello)).get("/", buffered=True)
    assert [entry["event"] for entry in written()] == ["greeting", "request"]
    assert {entry["request"] for entry in written()} == {answer.headers["X-Request-Id"]}


SECRET = "kJ3-ab_9xQ0"


@pytest.mark.parametrize(
    "path",
    [f"/orders/{SECRET}", f"/orders/{SECRET}/receipt", f"/holds/{SECRET}", f"/waiting/{SECRET}", f"/feeds/{SECRET}.ics"],
)
@pytest.mark.parametrize("style", [JsonLines, TextLines])
def test_an_address_that_opens_something_is_masked_in_the_entry_of_its_request(path, style):
    stream, root = io.StringIO(), logging.getLogger("bridge.web")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(style())
    root.addHandler(handler)
    root.setLevel("INFO")
    try:
        Client(RequestLog(hello)).get(f"{path}?offer={SECRET}", buffered=True)
    finally:
        root.removeHandler(handler)
        root.setLevel(logging.NOTSET)
    assert path.split("/")[1] in stream.getvalue()
    assert SECRET not in stream.getvalue()


@settings(max_examples=300, deadline=None)
@given(
    st.binary(min_size=24, max_size=24).map(lambda random: base64.urlsafe_b64encode(random).decode()),
    st.sampled_from(
        [
            *("/ORDERS/{}", "/order/{}", "/Orders/{}/receipt", "/orders//{}", "/orders/ {}", "/orders/“{}”", "/orders/{}.", "/{}", "//{}/"),
            *("/slots/{}", "/orders/x{}", "/orders{}", "/orders-{}", "/order:{}", "/de/waiting/{}/leave", "/SETUP/{}", "/shop/?order={}"),
            *("/x?a=1&{}", "/ada/bread/{}.ics", "/dav/ada/{}", "/orders/<{}>", "/orders/{}ö", "https://shop.example/order/{}?lang=de"),
        ]
    ),
    st.integers(0, 6),
)
def test_a_secret_is_masked_wherever_it_stands_in_an_address(secret, address, lost):
    stands_alone = address[address.index("{") - 1] in "/="
    kept = secret[: -lost or None] if stands_alone else secret
    assume(any(map(str.isupper, kept)) and any(map(str.islower, kept)))  # of random letters one in ten million is not so
    seen = io.StringIO()
    handler = logging.StreamHandler(seen)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("bridge.web")
    log.addHandler(handler)
    log.setLevel("INFO")
    try:
        Client(RequestLog(hello)).get(quote(address.partition("?")[0].format(kept), safe="/:"), buffered=True)
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    assert kept not in seen.getvalue()
    assert kept not in redact(f"GET {address.format(kept)} was not found")


def test_a_path_is_written_as_people_read_it(written):
    Client(RequestLog(hello)).get("/ada/Brötchen/", buffered=True)
    assert written()[1]["path"] == "/ada/Brötchen/"


def test_a_failure_is_logged_with_its_traceback_but_not_with_the_password(written):
    with pytest.raises(RuntimeError):
        Client(RequestLog(broken)).get("/", headers={"Authorization": "Bearer abcdefgh12345"})
    [entry] = written()
    assert entry["status"] == 500
    assert "RuntimeError: failed with Bearer …" in entry["error"]
    assert "abcdefgh12345" not in entry["error"]


def test_radicales_chatter_is_not_heard(written):
    logging.getLogger("radicale").info("PROPFIND request for '/ada/' received from 192.0.2.7 using password")
    logging.getLogger("radicale").warning("odd")
    assert [entry["event"] for entry in written()] == ["odd"]


def fail():
    raise RuntimeError("this tick failed")


def test_a_tick_that_is_left_out_because_the_last_is_at_work_is_no_news_and_one_that_fails_is(written):
    working, left_out = threading.Event(), threading.Event()
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_listener(lambda _: left_out.set(), EVENT_JOB_MAX_INSTANCES)
    scheduler.add_job(working.wait, "interval", seconds=0.02, max_instances=1)
    failing = threading.Event()
    scheduler.add_listener(lambda _: failing.set(), EVENT_JOB_ERROR)
    scheduler.add_job(fail)
    scheduler.start()
    try:
        assert left_out.wait(20)
        assert failing.wait(20)
    finally:
        working.set()
        scheduler.shutdown()
    assert [(entry["level"], "this tick failed" in entry["error"]) for entry in written()] == [("error", True)]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Basic YWRhOnNlY3JldA==", "YWRhOnNlY3JldA"),
        ("{'HTTP_AUTHORIZATION': 'Bearer tok_abcdef123456'}", "tok_abcdef123456"),
        ("{'Authorization': 'Digest x'}", "Digest x"),
        ("postgresql+psycopg://bridge:hunter2@db/bridge refused", "hunter2"),
        ("GET /feeds/kJ3-ab_9x.ics", "kJ3-ab_9x"),
        ("GET /orders/kJ3-ab_9x/calendar.ics", "kJ3-ab_9x"),
        ("POST /holds/kJ3-ab_9x/release", "kJ3-ab_9x"),
        ("GET /waiting/kJ3-ab_9x/leave", "kJ3-ab_9x"),
        ("redirected to /slots/k3v9q2?offer=kJ3-ab_9x", "kJ3-ab_9x"),
        ("redirected to /slots/k3v9q2?lang=de&hold=kJ3-ab_9x", "kJ3-ab_9x"),
        ("550 5.1.1 <cleo.o'neil+bread@mail.example.org>: no such user", "neil"),
        ("Key (email_key)=(cleo@example.org) already exists.", "cleo"),
        ("open http://127.0.0.1:8000/setup/zzz-one-time", "zzz-one-time"),
        ("password=hunter2&x=1", "hunter2"),
        ('{"api_key": "sk_live_1234"}', "sk_live_1234"),
        ("signed with whsec_4eC39HqLyj, not rk_live_x", "4eC39HqLyj"),
        ("Cookie: session=abcdef", "abcdef"),
    ],
)
def test_no_secret_passes(text, secret):
    assert secret in text
    assert secret not in redact(text)


def test_what_is_no_secret_stays_as_it_is():
    text = "PUT /dav/ada/bread/loaf.ics by ada: sqlite:///var/bridge.db at http://127.0.0.1:8000/slots/k3v9q2"
    assert redact(text) == text


@pytest.mark.parametrize(
    "path",
    [
        "/slots/k3v9q2xw/order",
        "/ada/saturday-bread-and-morning-buns-in-december-2026/calendar.ics",
        "/dav/ada/bread/5F1C9E2A-7B3D-4E8F-9A6B-0C1D2E3F4A5B.ics",
        "/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/640.webp",
        '  File "/opt/dropbridge/bridge/store/migrations/versions/0002_what_a_drop_sells_and_to_whom.py", line 7, in upgrade',
        "payment pi_3MtwBwLkdIwHu7ix28a3tqPa: see https://stripe.example/help",
    ],
)
def test_public_addresses_and_names_of_files_can_be_read(path):
    assert redact(path) == path


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()])
def test_facts_given_along_are_written_and_cleaned(formatter):
    record = logging.makeLogRecord({"msg": "till %s", "args": ("main",), "levelname": "INFO", "url": "http://u:pw@till/"})
    line = formatter.format(record)
    assert "till main" in line
    assert "http://u:…@till/" in line
