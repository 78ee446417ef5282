"""Who may send a form: our own pages, at a bearable rate. Nothing that is kept tells who a visitor is.

Ordering needs no cookie, so a foreign page that posts here has nobody's rights to borrow; it is turned away all the same
(OWASP, Cross-Site Request Forgery Prevention: fetch metadata, then Origin). A request with neither header is no browser's.
"""

import hashlib
import hmac
import json
import math
import time
from collections import Counter
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import Request
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from werkzeug.exceptions import Forbidden, TooManyRequests

from bridge.settings import Settings

_OURS = frozenset({"same-origin", "none"})
_PREFIX = 64
_PARTS = 30
_REMEMBERED = 50_000
_LOOK = RateLimitItemPerSecond(1, 3)


class Guard:
    """Judges requests that would change something. The counts are kept by each process for itself."""

    def __init__(self, settings: Settings, key: str) -> None:
        self._host = urlsplit(settings.base_url).netloc
        self._key = key.encode()
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(settings.checkout.rate)
        self._at_once = max(1, settings.checkout.rate // _PARTS)
        self._counted: Counter[str] = Counter()

    def admit(self, request: Request) -> str:
        """The visitor, as a keyed hash of the address. Raises ``Forbidden`` (another site sent it), ``TooManyRequests``."""
        if not self._is_ours(request):
            raise Forbidden
        visitor = self.visitor(request)
        if not self._counts(visitor):
            resets = self._limiter.get_window_stats(self._rate, visitor).reset_time
            raise TooManyRequests(retry_after=max(1, math.ceil(resets - time.time())))
        return visitor

    def _counts(self, visitor: str) -> bool:
        """Whether one more request is bearable. Several are counted at once: each count costs the library a thread."""
        self._counted[visitor] += 1
        if self._counted[visitor] < self._at_once:
            return self._limiter.test(self._rate, visitor)
        del self._counted[visitor]
        if len(self._counted) > _REMEMBERED:
            self._counted.clear()
        return self._limiter.hit(self._rate, visitor, cost=self._at_once)

    def may_look(self, secret: str) -> bool:
        """Whether a provider may be asked after this order again."""
        return self._limiter.hit(_LOOK, hashlib.sha256(secret.encode()).hexdigest())

    def visitor(self, request: Request) -> str:
        """Tells visitors apart for as long as this server runs; an IPv6 network is one."""
        return hmac.new(self._key, _network(request.remote_addr or "").encode(), hashlib.sha256).hexdigest()[:32]

    def signed(self, visitor: str, fields: Mapping[str, str]) -> str:
        """Tells one form from another: who sent it, and all that was in it."""
        told = json.dumps([visitor, sorted(fields.items())])
        return hmac.new(self._key, told.encode(), hashlib.sha256).hexdigest()[:32]

    def _is_ours(self, request: Request) -> bool:
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in _OURS
        origin = request.headers.get("Origin")
        # A proxy may have ended TLS before us: the host alone is compared.
        return origin is None or _host(origin) in {self._host, request.host}


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(int(known) >> _PREFIX) if isinstance(known, IPv6Address) else str(known)
