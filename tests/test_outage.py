"""A database that cannot be reached is answered as a passing outage, by every face; never as a failure of ours."""

import base64
from contextlib import contextmanager
from dataclasses import replace

import pytest
from werkzeug.test import Client

from bridge.core.errors import TransientFault
from bridge.flows.access import add_app_password
from bridge.site import web
from tests.cast import ADA
from tests.house import bakery, event

SIGNED_IN = {"Authorization": "Basic " + base64.b64encode(f"ada:{ADA.password}".encode()).decode()}
FIND = '<propfind xmlns="DAV:"><allprop/></propfind>'


class Outage:
    """A database that can be switched off."""

    def __init__(self, database):
        self.database, self.down = database, False

    @contextmanager
    def read(self):
        self.fail()
        with self.database.read() as connection:
            yield connection
            self.fail()

    @contextmanager
    def glance(self):
        self.fail()
        with self.database.glance() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable=True):
        self.fail()
        with self.database.write() as connection:
            yield connection

    def fail(self):
        if self.down:
            raise TransientFault("The database cannot be reached.")

    def __getattr__(self, name):
        return getattr(self.database, name)


@pytest.fixture
def server(sqlite_url, clock):
    with bakery(sqlite_url, clock) as shop:
        with shop.house.work() as work:
            add_app_password(work, work.views.organizer("ada"), "phone", "owner", ADA.password, clock(), [])
        shop.put(event())
        outage = Outage(shop.house.database)
        client = Client(web(replace(shop.house, database=outage)))
        client.outage = outage
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/", ""),
        ("GET", "/ada/bread/", ""),
        ("GET", "/ada/bread/calendar.ics", ""),
        ("PROPFIND", "/dav/ada/bread/", FIND),
        ("GET", "/dav/ada/bread/a.ics", ""),
        ("PUT", "/dav/ada/bread/a.ics", event(notes="Places: 3")),
        ("PROPFIND", "/dav-public/ada/bread/", FIND),
    ],
)
def test_an_outage_is_said_to_pass_and_passes(server, method, path, body):
    headers = {**SIGNED_IN, "Depth": "1"} if "/dav" in path else {}
    assert server.open(path, method=method, data=body, headers=headers).status_code < 300
    server.outage.down = True
    answer = server.open(path, method=method, data=body, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    server.outage.down = False
    assert server.open(path, method=method, data=body, headers=headers).status_code < 300
