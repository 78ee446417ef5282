"""Requests gone wrong: nothing they hold may crash the server, hang it, or change anything when it is refused."""

import base64
import io
import os
import random
import signal
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from bridge.caldav_plugin.application import Application
from tests.caldav_plugin.conftest import made
from tests.cast import ADA
from tests.fakes import Clock
from tests.fuzz.corpus import CALENDARS, MEMBERS, Sent, requests
from tests.fuzz.mutations import mutated

SHARES = 10
INPUTS = (100_000 if os.environ.get("DEEP") else 2_000) // SHARES
PATIENCE = 20
KEPT = (
    "drops",
    "resources",
    "sources",
    "renderings",
    "spans",
    "slots",
    "offers",
    "public_renderings",
    "public_texts",
    "journal",
    "outbox",
    "inbox",
)


@contextmanager
def patience(sent: Sent) -> Iterator[None]:
    """A hang is a failure that names the request."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"no answer to {sent}")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def environ(sent: Sent, mount: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": mount,
        "PATH_INFO": sent.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:8000",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": "Basic " + base64.b64encode(f"{ADA.name}:{ADA.password}".encode()).decode(),
        "CONTENT_LENGTH": str(len(sent.body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent.body),
        "wsgi.errors": io.StringIO(),
    } | sent.environ


def answered(app: Application, sent: Sent, mount: str) -> int:
    """The status of an answer, which has to be one that a client can read."""
    told: list[Any] = []
    with patience(sent):
        octets = b"".join(app(environ(sent, mount), lambda status, headers: told.extend([status, headers])))
    status, headers = int(told[0][:3]), dict(told[1])
    assert status < 500, (told[0], sent)
    for name, value in headers.items():
        assert isinstance(value, str), (name, value, sent)
        assert value.isprintable() or not value, (name, value, sent)
        value.encode("latin-1")
    if "xml" in headers.get("Content-Type", "") and "Content-Encoding" not in headers and octets:
        ET.fromstring(octets)
    return status


def contents(path: str) -> list[list[Any]]:
    """All that must not change."""
    with sqlite3.connect(path) as database:
        return [database.execute(f"SELECT * FROM {table}").fetchall() for table in KEPT]


def furnished(url: str) -> tuple[Application, Application, str]:
    house = made(url, Clock())
    return Application(house, "organizer"), Application(house, "public"), url.removeprefix("sqlite:///")


def restocked(app: Application) -> None:
    """Puts back what mutations have taken away, and leaves most of what they have brought."""
    answered(app, Sent("MKCALENDAR", "/ada/bread/"), "/dav")
    for path, text in zip(MEMBERS, CALENDARS, strict=True):
        answered(app, Sent("PUT", path, text.encode(), {"CONTENT_TYPE": "text/calendar", "HTTP_IF_NONE_MATCH": "*"}), "/dav")


@pytest.mark.parametrize("share", range(SHARES))
def test_no_request_crashes_hangs_or_changes_anything_when_refused(share: int, sqlite_url: str) -> None:
    chance = random.Random(f"share {share}")
    private, public, path = furnished(sqlite_url)
    corpus, before, statuses = requests(), contents(path), set()
    for number in range(INPUTS):
        if number % 50 == 0:
            restocked(private)
            before = contents(path)
        sent = mutated(chance.choice(corpus), chance)
        app, mount = (public, "/dav-public") if chance.random() < 0.05 else (private, "/dav")
        status = answered(app, sent, mount)
        statuses.add(status)
        now = contents(path)
        assert status < 400 or now == before, (status, sent)
        assert app is private or now == before, (status, sent)
        before = now
    assert {200, 201, 207, 400, 403, 404, 405} <= statuses
    check_that_all_is_well(private)


def check_that_all_is_well(app: Application) -> None:
    """Whatever was accepted can still be listed, searched, expanded and read."""
    for sent in requests():
        if sent.method in ("REPORT", "PROPFIND"):
            assert answered(app, sent, "/dav") in (200, 207, 403, 404), sent
