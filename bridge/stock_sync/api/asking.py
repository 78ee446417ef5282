"""Who asks: bearer tokens (RFC 6750), their scopes, and how often each may ask."""

import math
import time
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from flask import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from bridge.core.accounts import ApiToken
from bridge.core.ports import UnitOfWork, Views
from bridge.flows.tokens import digest, is_due
from bridge.settings import Settings
from bridge.stock_sync.api.problems import Problem

_REALM = 'Bearer realm="dropbridge"'


class House(Protocol):
    """What the API asks of the house."""

    @property
    def settings(self) -> Settings: ...
    def now(self) -> datetime: ...
    def read(self) -> AbstractContextManager[Views]:
        """One snapshot."""

    def work(self) -> AbstractContextManager[UnitOfWork]:
        """One transaction."""


class Door:
    """Lets tokens in. The count of requests is kept by each process for itself."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(house.settings.api.rate)

    def admit(self, request: Request, scope: str) -> ApiToken:
        """The request's token, which has ``scope``. Raises ``Problem``: 401, 403 or 429."""
        token = self._token(request)
        self._count(token)
        if scope not in token.scopes:
            challenge = f'{_REALM}, error="insufficient_scope", scope="{scope}"'
            detail = f"This token has no scope {scope}: make one that has it."
            raise Problem(403, "not-permitted", detail, headers={"WWW-Authenticate": challenge})
        now = self._house.now()
        if is_due(token, now):
            with self._house.work() as work:
                work.touch_api_token(token.id, now)
        return token

    def _token(self, request: Request) -> ApiToken:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            detail = "Send a token: Authorization: Bearer drb_…"
            raise Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": _REALM})
        with self._house.read() as views:
            token = views.api_token(digest(secret.strip()))
        if token is None:
            challenge = f'{_REALM}, error="invalid_token"'
            detail = "This token is not known, or was revoked: make a new one."
            raise Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": challenge})
        return token

    def _count(self, token: ApiToken) -> None:
        if not self._limiter.hit(self._rate, str(token.id)):
            resets = self._limiter.get_window_stats(self._rate, str(token.id)).reset_time
            wait = max(1, math.ceil(resets - time.time()))
            detail = f"A token may make {self._rate.amount} requests a minute: wait {wait} s, or send several counts at once."
            raise Problem(429, "too-many-requests", detail, headers={"Retry-After": str(wait)})
