"""Requests gone wrong: nothing they hold may crash the server, hang it, or change anything when it is refused."""

import base64
import io
import os
import random
import signal
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import Any

import pytest

from bridge.caldav_plugin.application import Application
from tests.caldav_plugin.conftest import made
from tests.caldav_plugin.shelf import calendar, event
from tests.cast import ADA
from tests.fakes import Clock
from tests.fuzz.corpus import CALENDARS, MEMBERS, Sent, requests, xml
from tests.fuzz.mutations import mutated

SHARES, INPUTS = (100, 1_000) if os.environ.get("DEEP") else (4, 400)
PATIENCE = 20
KEPT = ("drops", "resources", "sources", "renderings", "spans", "slots", "offers", "public_renderings", "public_texts")
ADDED_TO = ("journal", "outbox", "inbox")


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
    assert status < 500 or (sent.method, status) == ("MOVE", 502), (told[0], sent)
    for name, value in headers.items():
        assert isinstance(value, str), (name, value, sent)
        assert value.isprintable() or not value, (name, value, sent)
        value.encode("latin-1")
    if "xml" in headers.get("Content-Type", "") and "Content-Encoding" not in headers and octets:
        ET.fromstring(octets)
    return status


def contents(path: str) -> list[list[Any]]:
    """All that must not change."""
    with closing(sqlite3.connect(path)) as database:
        kept = [database.execute(f"SELECT * FROM {table}").fetchall() for table in KEPT]
        return kept + [database.execute(f"SELECT count(*) FROM {table}").fetchall() for table in ADDED_TO]


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
    assert {204, 207, 400, 403, 404, 405} <= statuses
    check_that_all_is_well(private)


def check_that_all_is_well(app: Application) -> None:
    """Whatever was accepted can still be listed, searched, expanded and read."""
    for sent in {repr(sent): sent for sent in requests()}.values():
        if sent.method in ("REPORT", "PROPFIND"):
            assert answered(app, sent, "/dav") in (200, 207, 403, 404), sent


DEEP = 50_000
EXTREMES = {
    "elements nested without end": b"<D:propfind xmlns:D='DAV:'>" + b"<D:prop>" * DEEP + b"</D:prop>" * DEEP + b"</D:propfind>",
    "filters nested without end": xml(
        "C:calendar-query", "<C:filter>" + "<C:comp-filter name='VCALENDAR'>" * DEEP + "</C:comp-filter>" * DEEP + "</C:filter>"
    ),
    "a property nested without end": xml("D:propertyupdate", f"<D:set><D:prop>{'<x>' * DEEP}{'</x>' * DEEP}</D:prop></D:set>"),
    "parts nested without end": xml(
        "C:calendar-query", f"<D:prop><C:calendar-data>{'<C:comp>' * DEEP}{'</C:comp>' * DEEP}</C:calendar-data></D:prop>"
    ),
    "laughs by the billion": b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]><D:propfind xmlns:D='DAV:'>&b;</D:propfind>",
    "a file of the server's own": b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><D:propfind xmlns:D='DAV:'>&a;</D:propfind>",
    "attributes by the thousand": f"<D:propfind xmlns:D='DAV:' {' '.join(f'a{n}=' + repr('x') for n in range(20_000))}/>".encode(),
    "properties by the thousand": xml("D:propfind", "<D:prop>" + "".join(f"<x{n}/>" for n in range(20_000)) + "</D:prop>"),
    "addresses by the thousand": xml(
        "C:calendar-multiget", "<D:prop><D:getetag/></D:prop>" + "<D:href>/dav/ada/bread/0.ics</D:href>" * 10_000
    ),
    "words by the thousand": xml(
        "C:calendar-query",
        "<C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'>"
        + "<C:prop-filter name='SUMMARY'><C:text-match>a</C:text-match></C:prop-filter>" * 10_000
        + "</C:comp-filter></C:comp-filter></C:filter>",
    ),
    "components nested without end": calendar("BEGIN:VEVENT\n" * DEEP + "END:VEVENT\n" * DEEP).encode(),
    "a line without end": calendar("BEGIN:VEVENT\nUID:x\nDTSTART:20261207T090000Z\nSUMMARY:" + "x" * 900_000 + "\nEND:VEVENT").encode(),
    "folds without end": calendar("BEGIN:VEVENT\nUID:x\nDTSTART:20261207T090000Z\nSUMMARY:" + "\n " * 200_000 + "x\nEND:VEVENT").encode(),
    "properties of an event by the thousand": event("DTSTART:20261207T090000Z", *["X-A:1"] * 50_000).encode(),
    "settings by the thousand": event("DTSTART:20261207T090000Z", "DESCRIPTION:" + "Places: 3\\n" * 20_000).encode(),
    "marks by the thousand": event("DTSTART:20261207T090000Z", "DESCRIPTION:" + "―― live stock ――\\n" * 20_000).encode(),
    "dates by the thousand": event("DTSTART:20261207T090000Z", "RDATE:" + ",".join(["20261208T090000Z"] * 40_000)).encode(),
    "exceptions by the thousand": event("DTSTART:20261207T090000Z", "RRULE:FREQ=DAILY", *["EXDATE:20261208T090000Z"] * 20_000).encode(),
    "quotes without end": event("DTSTART:20261207T090000Z", "ATTENDEE" + ';CN="a' * 50_000 + ":mailto:x").encode(),
    "parameters without end": event("DTSTART:20261207T090000Z", "ATTENDEE" + ";A=b,c" * 50_000 + ":mailto:x").encode(),
    "backslashes without end": event("DTSTART:20261207T090000Z", "SUMMARY:" + "\\" * 400_001).encode(),
    "more than anybody needs": b"x" * 30_000_000,
}


def test_extreme_bodies_are_answered_or_refused(sqlite_url: str) -> None:
    private, _, path = furnished(sqlite_url)
    restocked(private)
    for body in EXTREMES.values():
        for method, where in (("PROPFIND", "/ada/bread/"), ("REPORT", "/ada/bread/"), ("PROPPATCH", "/ada/bread/"), ("PUT", MEMBERS[0])):
            before = contents(path)
            status = answered(private, Sent(method, where, body), "/dav")
            assert status < 400 or contents(path) == before
        if status < 400:
            check_that_all_is_well(private)
