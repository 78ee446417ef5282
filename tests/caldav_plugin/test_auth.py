"""Signing in: app passwords, revoked at once, guessed slowly."""

import base64
from typing import Any

import pytest

from bridge.caldav_plugin import auth
from bridge.caldav_plugin.application import Application
from bridge.wiring import Bridge
from tests.caldav_plugin.device import D, Device, basic, event
from tests.cast import ADA, Person
from tests.fakes import Clock

STRANGER = Person("ada", "", "", "guess")


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long wrong passwords were made to wait, without waiting."""
    slept: list[float] = []
    monkeypatch.setattr(auth.time, "sleep", slept.append)
    return slept


def test_a_wrong_password_and_an_unknown_name_look_alike(private: Application) -> None:
    wrong, unknown = (
        Device(private, STRANGER)("GET", "/ada/bread/"),
        Device(private, Person("nobody", "", "", "guess"))("GET", "/ada/bread/"),
    )
    assert wrong.status == unknown.status == 401
    assert wrong.octets == unknown.octets
    assert wrong.headers == unknown.headers


def test_wrong_passwords_are_answered_more_and_more_slowly(private: Application, naps: list[float]) -> None:
    for number in range(4):
        Device(private, Person("ada", "", "", f"guess {number}"))("GET", "/")
    assert naps == sorted(naps)
    assert naps[-1] > naps[0]


def test_too_many_failures_block_the_account_even_for_the_right_password_until_the_window_is_over(
    private: Application, clock: Clock
) -> None:
    for number in range(10):
        assert Device(private, Person("ada", "", "", f"guess {number}"))("GET", "/").status == 401
    blocked = Device(private, ADA)("GET", "/")
    assert blocked.status == 429
    assert int(blocked.headers["Retry-After"]) > 0
    clock.turn(minutes=6)
    assert Device(private, ADA)("GET", "/").status == 200


def test_a_device_that_is_signed_in_is_not_locked_out_by_somebody_elses_guesses(private: Application) -> None:
    phone = Device(private, ADA)
    assert phone("GET", "/").status == 200
    for number in range(12):
        Device(private, Person("ada", "", "", f"guess {number}"))("GET", "/", environ={"REMOTE_ADDR": "10.0.0.9"})
    assert phone("GET", "/").status == 200


def test_a_revoked_password_is_refused_at_once(house: Bridge, private: Application, clock: Clock) -> None:
    phone = Device(private, ADA)
    assert phone("PUT", "/ada/bread/e.ics", event()).status == 201
    with house.work() as work:
        for password in work.views.app_passwords("ada"):
            if password.role == "owner":
                work.revoke_app_password(password.id, clock())
    assert phone("GET", "/ada/bread/e.ics").status == 401
    assert phone("DELETE", "/ada/bread/e.ics").status == 401


def test_the_last_use_is_shown_to_the_minute(house: Bridge, private: Application, clock: Clock) -> None:
    def last_used() -> Any:
        with house.read() as views:
            return next(one.last_used_at for one in views.app_passwords("ada") if one.role == "owner")

    phone = Device(private, ADA)
    assert last_used() is None
    phone("GET", "/")
    first = last_used()
    assert first == clock()
    clock.turn(seconds=30)
    phone("GET", "/")
    assert last_used() == first
    clock.turn(seconds=40)
    phone("GET", "/")
    assert last_used() == clock()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic YWRh",
        "Bearer abc",
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + "A" * 7,
        "basic\x00",
        "Digest username=ada",
    ],
)
def test_a_broken_authorization_is_a_challenge_not_an_error(private: Application, header: str) -> None:
    reply = Device(private, None)("PROPFIND", "/", environ={"HTTP_AUTHORIZATION": header, "CONTENT_TYPE": "text/xml; charset=klingon"})
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Basic")


def test_the_scheme_is_named_in_any_case(private: Application) -> None:
    header = basic(ADA.name, ADA.password).replace("Basic", "bAsIc")
    assert Device(private, None)("GET", "/", environ={"HTTP_AUTHORIZATION": header}).status == 200


def test_a_password_belongs_to_one_name_only(private: Application) -> None:
    assert Device(private, Person("dee", "", "", ADA.password)).propfind("/", f"{D}displayname").status == 401


def test_nothing_secret_is_written_to_the_log(private: Application, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    Device(private, ADA)("GET", "/ada/bread/none.ics")
    Device(private, Person("ada", "", "", "wrong secret"))("PUT", "/ada/bread/e.ics", "nonsense")
    assert ADA.password not in caplog.text
    assert "wrong secret" not in caplog.text
    assert basic(ADA.name, ADA.password).split()[1] not in caplog.text


def test_a_phone_that_capitalises_the_name_signs_in_all_the_same(private: Application) -> None:
    phone = Device(private, Person("Ada ", "", "", ADA.password))
    principal = phone.propfind("/", f"{D}current-user-principal").prop(f"{D}current-user-principal")
    assert principal is not None
    assert principal.findtext(f"{D}href") == "/dav/ada/"
