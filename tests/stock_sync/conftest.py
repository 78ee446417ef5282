"""A house with Ada's bakery and Dee's deli in it, and the API as a client sees it."""

import pytest

from bridge.flows.tokens import new_api_token
from bridge.settings import Settings
from bridge.site import site
from bridge.wiring import bridge as build
from tests.cast import ADA, DEE
from tests.stock_sync.tryton.fixtures import counter, tryton_server

__all__ = ["counter", "tryton_server"]


@pytest.fixture
def settings(sqlite_url):
    return Settings.model_validate({"database": {"url": sqlite_url}})


@pytest.fixture
def house(settings, clock):
    """Ada and Dee with a location each."""
    made = build(settings, now=clock)
    with made.work() as work:
        for person in (ADA, DEE):
            organizer = work.add_organizer(person.name, person.title, clock())
            if work.views.location(person.name, "main") is None:
                work.add_location(organizer.id, "main")
    yield made
    made.database.dispose()


@pytest.fixture
def token(house):
    """Makes a token: ``token("stock:write", of="dee")``."""

    def make(*scopes, of="ada", label="counter"):
        with house.work() as work:
            return new_api_token(work, work.views.organizer(of), label, scopes, house.now())[1]

    return make


@pytest.fixture
def app(house):
    return site(house)


class Caller:
    """A script with a token. ``caller("PUT", "/locations/main/stock/LOAF", {"count": 3})`` returns (status, answer)."""

    def __init__(self, app, token):
        self._client, self._token = app.test_client(), token

    def __call__(self, method, path, body=None, **how):
        response = self.raw(method, path, **({"json": body} if body is not None else {}), **how)
        return response.status_code, response.get_json()

    def raw(self, method, path, **how):
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return self._client.open("/api/v1" + path, method=method, headers=headers | how.pop("headers", {}), **how)


@pytest.fixture
def caller(app, token):
    """The script of Ada's till, which may do everything."""
    return Caller(app, token("stock:read", "stock:write", "drops:read"))


@pytest.fixture
def caller_with(app, token):
    return lambda *scopes, of="ada": Caller(app, token(*scopes, of=of))
