"""Signing in: verified once, remembered by digest, revoked at once, and guessing leads nowhere."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.flows import access
from bridge.flows.access import SignedIn, SignInFailed, SignIns, add_app_password, new_app_password
from bridge.flows.drops import add_organizer
from bridge.settings import Settings
from bridge.wiring import Bridge, bridge
from tests.cast import ADA, BEN
from tests.fakes import Clock

HOME = "192.0.2.7"


@pytest.fixture
def house(database_url: str, clock: Clock) -> Iterator[Bridge]:
    """Ada's house, with a password of hers and one of Ben's."""
    house = bridge(Settings().replace(database={"url": database_url}), now=clock)
    with house.work() as work:
        ada = add_organizer(work, ADA.name, now=clock())
        add_app_password(work, ada, "phone", "owner", ADA.password, clock(), [])
        add_app_password(work, ada, "Ben", "editor", BEN.password, clock(), work.views.app_passwords("ada"))
    yield house
    house.database.dispose()


@pytest.fixture
def sign_ins(house: Bridge) -> SignIns:
    """Three failures within five minutes block."""
    return SignIns(house.read, house.work, 3, timedelta(minutes=5))


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The salts of all argon2 computations."""
    salts: list[bytes] = []
    compute = access.hash_secret

    def counted(secret: bytes, salt: bytes, *cost: object) -> bytes:
        salts.append(salt)
        return compute(secret, salt, *cost)  # type: ignore[arg-type]

    monkeypatch.setattr(access, "hash_secret", counted)
    return salts


def test_each_password_has_its_own_role(sign_ins: SignIns, clock: Clock) -> None:
    ada, ben = (sign_ins.sign_in("ada", person.password, HOME, clock()) for person in (ADA, BEN))
    assert isinstance(ada, SignedIn)
    assert isinstance(ben, SignedIn)
    assert (ada.role, ben.role) == ("owner", "editor")
    assert ada.organizer == ben.organizer == "ada"


def test_a_device_pays_for_argon2_once(sign_ins: SignIns, clock: Clock, hashings: list[bytes]) -> None:
    for _ in range(5):
        assert isinstance(sign_ins.sign_in("ada", ADA.password, HOME, clock()), SignedIn)
    assert len(hashings) == 1


def test_unknown_names_and_wrong_passwords_cost_the_same(sign_ins: SignIns, clock: Clock, hashings: list[bytes]) -> None:
    assert sign_ins.sign_in("ada", "guess", HOME, clock()) == SignInFailed(delay=0.05)
    wrong = len(hashings)
    assert sign_ins.sign_in("nobody", "guess", "192.0.2.8", clock()) == SignInFailed(delay=0.05)
    assert (wrong, len(hashings)) == (1, 2)


def test_a_revoked_password_is_refused_with_the_next_request(house: Bridge, sign_ins: SignIns, clock: Clock) -> None:
    signed_in = sign_ins.sign_in("ada", ADA.password, HOME, clock())
    assert isinstance(signed_in, SignedIn)
    with house.work() as work:
        work.revoke_app_password(signed_in.password_id, clock())
    assert isinstance(sign_ins.sign_in("ada", ADA.password, HOME, clock()), SignInFailed)
    assert isinstance(sign_ins.sign_in("ada", BEN.password, "192.0.2.8", clock()), SignedIn)


def test_failures_block_an_account_for_the_window_and_no_longer(sign_ins: SignIns, clock: Clock, hashings: list[bytes]) -> None:
    for guess in range(3):
        assert sign_ins.sign_in("ada", str(guess), f"192.0.2.{guess}", clock()) == SignInFailed(delay=0.05 * 2**guess)
    spent = len(hashings)
    assert sign_ins.sign_in("ada", ADA.password, HOME, clock()) == SignInFailed(blocked=300)
    assert len(hashings) == spent
    clock.turn(minutes=6)
    assert isinstance(sign_ins.sign_in("ada", ADA.password, HOME, clock()), SignedIn)


def test_failures_block_an_address_whatever_names_it_tries(sign_ins: SignIns, clock: Clock) -> None:
    for name in ("ada", "bob", "carl"):
        assert isinstance(sign_ins.sign_in(name, "guess", HOME, clock()), SignInFailed)
    assert sign_ins.sign_in("ada", ADA.password, HOME, clock()) == SignInFailed(blocked=300)
    assert isinstance(sign_ins.sign_in("ada", ADA.password, "192.0.2.99", clock()), SignedIn)


def test_a_success_forgets_the_accounts_failures(sign_ins: SignIns, clock: Clock) -> None:
    for guess in range(2):
        sign_ins.sign_in("ada", "typo", f"192.0.2.{guess}", clock())
    assert isinstance(sign_ins.sign_in("ada", ADA.password, HOME, clock()), SignedIn)
    for guess in range(2):
        assert sign_ins.sign_in("ada", "typo", f"192.0.2.{10 + guess}", clock()) == SignInFailed(delay=0.05 * 2**guess)


def test_a_new_password_is_shown_once_and_works_beside_the_others(house: Bridge, sign_ins: SignIns, clock: Clock) -> None:
    with house.work() as work:
        ada = work.views.organizer("ada")
        assert ada is not None
        kept, shown = new_app_password(work, ada, "watch", "viewer", clock())
    assert shown not in kept.hash
    assert kept.hash.startswith("$argon2id$")
    found = sign_ins.sign_in("ada", shown, HOME, clock())
    assert found == SignedIn("ada", "viewer", kept.id)
    assert isinstance(sign_ins.sign_in("ada", ADA.password, HOME, clock()), SignedIn)


def test_all_devices_of_an_organizer_are_tried_with_one_computation(
    house: Bridge, sign_ins: SignIns, clock: Clock, hashings: list[bytes]
) -> None:
    with house.work() as work:
        ada = work.views.organizer("ada")
        assert ada is not None
        for number in range(4):
            new_app_password(work, ada, f"device {number}", "owner", clock())
    hashings.clear()
    sign_ins.sign_in("ada", "guess", HOME, clock())
    assert len(hashings) == 1


def test_what_is_remembered_is_bounded(sign_ins: SignIns, clock: Clock, monkeypatch: pytest.MonkeyPatch, hashings: list[bytes]) -> None:
    monkeypatch.setattr(access, "REMEMBERED", 1)
    for person in (ADA, BEN, ADA):
        assert isinstance(sign_ins.sign_in("ada", person.password, HOME, clock()), SignedIn)
    assert len(hashings) == 3


@pytest.mark.parametrize("password", ["", "x" * 100_000, "\ud800", "\0", "pass:word"])
def test_any_text_may_be_tried_as_a_password(sign_ins: SignIns, clock: Clock, password: str) -> None:
    assert isinstance(sign_ins.sign_in("ada", password, HOME, clock()), SignInFailed)
    assert isinstance(sign_ins.sign_in(password or "nobody", password, "192.0.2.8", clock()), SignInFailed)
