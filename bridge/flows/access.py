"""Signing in with an app password.

A device sends its password with every request, so one that was verified is remembered, by a keyed digest in memory, and
costs no argon2 again; whether it was revoked is asked again after a fifth of a second. Failures are counted per account and per address.
"""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock
from time import monotonic

from argon2 import Parameters, extract_parameters
from argon2.low_level import ARGON2_VERSION, Type, hash_secret

from bridge.core.accounts import AppPassword, Organizer, Role, checked_label
from bridge.core.ports import UnitOfWork, Views

Snapshots = Callable[[], AbstractContextManager[Views]]
REMEMBERED = 10_000
TOUCH_EVERY = timedelta(minutes=1)
SLOWEST = 2.0
# Apps send several requests in a row; between two of them nobody can have taken a password back and relied on it.
LIVE_FOR = 0.2
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# RFC 9106's second choice costs 64 MiB; an app password has 80 random bits, so a third of it is plenty.
COST = Parameters(Type.ID, ARGON2_VERSION, salt_len=16, hash_len=32, time_cost=2, memory_cost=19_456, parallelism=1)

_working = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and with which password."""

    organizer: str
    role: Role
    password_id: int


@dataclass(frozen=True, slots=True)
class SignInFailed:
    """``delay``: seconds to wait before saying so. ``blocked``: seconds for which no password of this account will be looked at."""

    delay: float = 0.0
    blocked: int = 0


@dataclass(slots=True)
class _Known:
    signed_in: SignedIn
    touched_at: datetime
    asked_at: float = -LIVE_FOR


def new_app_password(work: UnitOfWork, organizer: Organizer, label: str, role: Role, now: datetime) -> tuple[AppPassword, str]:
    """Makes an app password; the second value is the password itself, which is kept nowhere. Raises ``InvalidInput``."""
    checked_label(label)
    password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
    others = work.views.app_passwords(organizer.name)
    return add_app_password(work, organizer, label, role, password, now, others), password


def add_app_password(
    work: UnitOfWork, organizer: Organizer, label: str, role: Role, password: str, now: datetime, others: list[AppPassword]
) -> AppPassword:
    """Makes an app password of a given text.

    An organizer's passwords share their salt: one computation then tries all of them, and takes no longer for five
    devices than for none.
    """
    salt = next((_salt(other.hash) for other in others), None) or secrets.token_bytes(16)
    return work.add_app_password(organizer.id, label, role, _hashed(password, salt), now)


class SignIns:
    """Verifies sign-ins; safe to share between threads. ``attempts`` failures within ``window`` block an account or address."""

    def __init__(
        self,
        read: Snapshots,
        work: Callable[[], AbstractContextManager[UnitOfWork]],
        attempts: int,
        window: timedelta,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        self._read, self._work = read, work
        self._attempts, self._window = attempts, window
        self._elapsed = elapsed
        self._key = secrets.token_bytes(32)
        self._unknown = [_hashed(secrets.token_hex(), secrets.token_bytes(16))]
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = Lock()

    def sign_in(self, name: str, password: str, address: str, now: datetime, read: Snapshots | None = None) -> SignedIn | SignInFailed:
        """Who this is. Unknown names, wrong and revoked passwords fail alike, and cost the same.

        ``read`` lends a snapshot for the question whether a password that was verified before is still live.
        """
        digest = hmac.digest(self._key, f"{name}\0{password}".encode("utf-8", "surrogatepass"), "sha256")
        known = self._known.get(digest)
        if known is not None and self._is_live(known, read or self._read):
            self._touch(digest, known, now)
            return known.signed_in
        with self._read() as views:
            failures = self._failures(views, name, address, now)
            # PostgreSQL takes no NUL, and nobody is called by what cannot be printed.
            kept = views.app_passwords(name) if name.isprintable() else []
        stored = [one for one in kept if one.revoked_at is None]
        return self._verify(digest, name, password, address, now, stored, failures)

    def _is_live(self, known: _Known, read: Snapshots) -> bool:
        asked_at = self._elapsed()
        if asked_at - known.asked_at < LIVE_FOR:
            return True
        with read() as views:
            live = views.app_password_is_live(known.signed_in.password_id)
        known.asked_at = asked_at if live else -LIVE_FOR
        return live

    def _failures(self, views: Views, name: str, address: str, now: datetime) -> int:
        return max(views.sign_in_failures(key, now - self._window) for key in _keys(name, address))

    def _verify(
        self, digest: bytes, name: str, password: str, address: str, now: datetime, stored: list[AppPassword], failures: int
    ) -> SignedIn | SignInFailed:
        if failures >= self._attempts:
            return SignInFailed(blocked=int(self._window.total_seconds()))
        found = _match(password, stored, self._unknown)
        if found is None:
            with self._work() as work:
                for key in _keys(name, address):
                    work.add_sign_in_failure(key, now)
            return SignInFailed(delay=min(SLOWEST, 0.05 * 2**failures))
        signed_in = SignedIn(name, found.role, found.id)
        self._remember(digest, _Known(signed_in, now))
        with self._work() as work:
            work.clear_sign_in_failures(_keys(name, address)[0])
            work.touch_app_password(found.id, now)
        return signed_in

    def _touch(self, digest: bytes, known: _Known, now: datetime) -> None:
        if now - known.touched_at >= TOUCH_EVERY:
            known.touched_at = now
            with self._work() as work:
                work.touch_app_password(known.signed_in.password_id, now)

    def _remember(self, digest: bytes, known: _Known) -> None:
        with self._lock:
            self._known[digest] = known
            self._known.move_to_end(digest)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def _keys(name: str, address: str) -> tuple[str, str]:
    account = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"account:{account}", f"address:{address[:100]}"


def _match(password: str, stored: list[AppPassword], unknown: list[str]) -> AppPassword | None:
    computed: dict[bytes, str] = {}
    found = None
    for known in [one.hash for one in stored] or unknown:
        salt = _salt(known)
        if salt is not None and salt not in computed:
            computed[salt] = _hashed(password, salt, known)
    for one in stored:
        if hmac.compare_digest(computed.get(_salt(one.hash) or b"", ""), one.hash):
            found = one
    return found


def _salt(hash: str) -> bytes | None:
    parts = hash.split("$")
    return base64.b64decode(parts[4] + "=" * (-len(parts[4]) % 4)) if len(parts) == 6 else None


def _hashed(password: str, salt: bytes, like: str | None = None) -> str:
    cost = extract_parameters(like) if like else COST
    secret = password.encode("utf-8", "surrogatepass")
    with _working:
        return hash_secret(
            secret, salt, cost.time_cost, cost.memory_cost, cost.parallelism, cost.hash_len, cost.type, cost.version
        ).decode()
