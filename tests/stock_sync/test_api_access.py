"""Who may ask what, and how a refusal looks."""

import pytest

from bridge.core.errors import InvalidInput, Refusal
from bridge.flows.tokens import SCOPES, digest, new_api_token
from bridge.settings import Settings
from bridge.stock_sync.api.problems import STATUS, TITLES, refused
from tests.stock_sync.conftest import Caller

LOAF = "/locations/main/stock/LOAF"
NEEDS = [
    ("GET", "/locations/main/stock", "stock:read"),
    ("GET", LOAF, "stock:read"),
    ("PUT", LOAF, "stock:write"),
    ("POST", "/locations/main/stock", "stock:write"),
    ("POST", "/locations/main/movements", "stock:write"),
    ("GET", "/drops", "drops:read"),
    ("GET", "/drops/saturday/slots", "drops:read"),
]


def kinds(kind=Refusal):
    return {kind}.union(*(kinds(below) for below in kind.__subclasses__()))


def test_every_refusal_has_its_answer(app):
    assert set(STATUS) == {kind for kind in kinds() if kind.__module__ == "bridge.core.errors"}
    with app.app_context():
        for kind in STATUS:
            refusal = kind("No.", "name") if kind.__name__ == "UidConflict" else kind("No.")
            answer = refused(refusal)
            assert answer.status_code == STATUS[kind]
            assert answer.get_json()["type"] == f"urn:dropbridge:problem:{kind.kind}"
            assert answer.get_json()["detail"] == "No."


@pytest.mark.parametrize(("method", "path", "scope"), NEEDS)
def test_nobody_is_let_in_without_a_token(app, method, path, scope):
    response = Caller(app, None).raw(method, path, json={})
    assert (response.status_code, response.content_type) == (401, "application/problem+json")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path", "scope"), NEEDS)
def test_a_token_without_the_scope_is_told_which_one_is_needed(caller_with, method, path, scope):
    others = [other for other in SCOPES if other != scope]
    response = caller_with(*others).raw(method, path, json={})
    assert response.status_code == 403
    assert scope in response.get_json()["detail"]
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer drb_wrong", "Basic YTpi", "drb_wrong", "Bearer é", "Bearer " + "x" * 5000])
def test_what_is_no_token_is_refused(app, header):
    response = Caller(app, None).raw("GET", "/drops", headers={"Authorization": header})
    assert response.status_code == 401


def test_the_scheme_may_be_written_in_any_case(app, token):
    assert Caller(app, None).raw("GET", "/drops", headers={"Authorization": f"bearer {token('drops:read')}"}).status_code == 200


def test_a_revoked_token_opens_nothing(app, house, token):
    caller = Caller(app, token("drops:read"))
    assert caller("GET", "/drops")[0] == 200
    with house.work() as work:
        work.revoke_api_token(work.views.api_tokens("ada")[0].id, house.now())
    assert caller("GET", "/drops")[0] == 401


@pytest.mark.parametrize(
    "path", ["/locations/ada/main/stock", "/locations/ada/main/stock/LOAF", "/locations/other/stock", "/drops/bread/slots"]
)
def test_another_organizers_things_are_not_there(caller, caller_with, house, path):
    caller("PUT", LOAF, {"count": 4})
    status, problem = caller_with(*SCOPES, of="dee")("GET", path)
    assert (status, problem["type"]) == (404, "urn:dropbridge:problem:not-found")
    assert caller_with("stock:write", of="dee")("PUT", "/locations/ada/main/stock/LOAF", {"count": 9})[0] == 404
    assert caller("GET", LOAF)[1]["count"] == 4


def test_locations_of_one_name_are_kept_apart(caller, caller_with):
    caller("PUT", LOAF, {"count": 4})
    dee = caller_with("stock:read", "stock:write", of="dee")
    assert dee("GET", "/locations/main/stock")[1] == {"items": []}
    dee("PUT", LOAF, {"count": 9})
    assert caller("GET", LOAF)[1]["count"] == 4


def test_only_the_digest_of_a_token_is_kept(house, token, settings):
    secret = token("drops:read")
    assert secret.startswith("drb_")
    assert len(secret) >= 47
    with house.read() as views:
        assert views.api_token(digest(secret)).scopes == {"drops:read"}
        assert views.api_token(secret) is None


def test_the_use_of_a_token_is_put_down_once_a_minute(caller, house, clock):
    def used():
        with house.read() as views:
            return views.api_tokens("ada")[0].last_used_at

    caller("GET", "/drops")
    first = used()
    clock.turn(seconds=30)
    caller("GET", "/drops")
    assert used() == first == clock() - (clock() - first)
    clock.turn(seconds=30)
    caller("GET", "/drops")
    assert used() == clock()


@pytest.mark.parametrize("scopes", [(), ("stock:steal",)])
def test_a_token_has_scopes_that_exist(house, scopes):
    with pytest.raises(InvalidInput), house.work() as work:
        new_api_token(work, work.views.organizer("ada"), "till", scopes, house.now())


ODD = ["//", "/%00", "/a%0Ab", "/%FF", "/locations/main/stock/%00", "/locations/main/stock/LO%00AF", "/locations/%00/stock"]


@pytest.mark.parametrize("path", ["/nothing", "/locations/main", "/locations/main/stock/", "/drops/x", *ODD])
def test_what_is_not_there_is_a_problem_too(caller, path):
    response = caller.raw("GET", path)
    if response.status_code != 200:
        assert (response.status_code, response.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST", "OPTIONS", "TRACE"])
def test_a_method_that_is_not_taken_names_those_that_are(caller, method):
    response = caller.raw(method, LOAF)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, PUT")
    assert response.content_type == "application/problem+json"


def test_head_answers_as_get(caller):
    response = caller.raw("HEAD", "/drops")
    assert (response.status_code, response.data) == (200, b"")


def test_a_token_that_asks_too_often_is_told_when_to_come_back(house, token, sqlite_url, clock):
    from flask import Flask

    from bridge.stock_sync.api import api
    from bridge.wiring import bridge

    hasty = Flask("hasty")
    slow = bridge(Settings.model_validate({"database": {"url": sqlite_url}, "api": {"rate": 5}}), now=clock)
    hasty.register_blueprint(api(slow))
    caller, other = Caller(hasty, token("drops:read")), Caller(hasty, token("drops:read"))
    answers = [caller.raw("GET", "/drops") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].get_json()["type"] == "urn:dropbridge:problem:too-many-requests"
    assert other.raw("GET", "/drops").status_code == 200
    slow.database.dispose()


def test_every_kind_of_problem_is_in_the_openapi_document(caller):
    document = caller("GET", "/openapi.json")[1]
    assert set(document["components"]["responses"]) == set(TITLES)


def test_the_index_needs_no_token_and_leads_on(app):
    status, index = Caller(app, None)("GET", "/")
    assert status == 200
    assert set(index) == {"openapi", "locations", "drops"}
