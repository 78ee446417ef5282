"""The one-time link of a new server."""

import re

import pytest
from werkzeug.test import Client

from bridge.caldav_plugin.auth import sign_ins
from bridge.flows.access import SignedIn
from bridge.settings import Settings
from bridge.site import web
from bridge.wiring import bridge

LINK = "/setup/a-token"


@pytest.fixture
def house(sqlite_url, clock):
    made = bridge(Settings().replace(database={"url": sqlite_url}), now=clock, setup_token="a-token")
    yield made
    made.database.dispose()


def test_it_makes_the_first_organizer_who_can_then_sign_in(house, clock):
    client = Client(web(house))
    assert "Sign-in name" in client.get(LINK).get_data(as_text=True)
    answer = client.post(LINK, data={"name": "ada", "title": "Ada's Bakery"})
    assert answer.status_code == 201
    password = re.search(r"<code>(\w{4}(?:-\w{4})+)</code>", answer.get_data(as_text=True)).group(1)
    assert isinstance(sign_ins(house).sign_in("ada", password, "127.0.0.1", clock()), SignedIn)


def test_it_works_once(house):
    client = Client(web(house))
    client.post(LINK, data={"name": "ada"})
    assert client.get(LINK).status_code == 410
    assert client.post(LINK, data={"name": "dee"}).status_code == 410
    with house.read() as views:
        assert [organizer.name for organizer in views.organizers()] == ["ada"]


@pytest.mark.parametrize("name", ["", "Ada Lovelace", "dav", "../x", "a" * 65])
def test_a_name_that_will_not_do_is_explained_and_kept(house, name):
    answer = Client(web(house)).post(LINK, data={"name": name, "title": "Ada's"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert "Ada&#39;s" in answer.get_data(as_text=True)


@pytest.mark.parametrize("token", ["wrong", "a-toke", "a-token2"])
def test_another_token_opens_nothing(house, token):
    assert Client(web(house)).get(f"/setup/{token}").status_code == 404


def test_without_a_token_there_is_no_such_page(sqlite_url, clock):
    house = bridge(Settings().replace(database={"url": sqlite_url}), now=clock)
    assert Client(web(house)).get("/setup/").status_code == 404
    assert Client(web(house)).get(LINK).status_code == 404
    house.database.dispose()
