"""Bearer tokens of the API: 256 random bits, of which only the SHA-256 is kept."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from bridge.core.accounts import ApiToken, Organizer, checked_label
from bridge.core.errors import InvalidInput
from bridge.core.ports import UnitOfWork

SCOPES = ("stock:read", "stock:write", "drops:read")
PREFIX = "drb_"
TOUCH_EVERY = timedelta(minutes=1)


def new_api_token(work: UnitOfWork, organizer: Organizer, label: str, scopes: Iterable[str], now: datetime) -> tuple[ApiToken, str]:
    """Makes a token; the second value is the token itself, which is kept nowhere. Raises ``InvalidInput``."""
    wanted = frozenset(scopes)
    if unknown := sorted(wanted - set(SCOPES)):
        raise InvalidInput(f"There is no scope {unknown[0]!r}; there are {', '.join(SCOPES)}.")
    if not wanted:
        raise InvalidInput(f"A token needs at least one scope of {', '.join(SCOPES)}.")
    token = PREFIX + secrets.token_urlsafe(32)
    return work.add_api_token(organizer.id, checked_label(label), wanted, digest(token), now), token


def digest(token: str) -> str:
    """What is kept of a token. Needs no salt and no slow hash: nobody can guess 256 bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_due(token: ApiToken, now: datetime) -> bool:
    """Whether its use has to be put down: once a minute is enough, and spares a write."""
    return token.last_used_at is None or now - token.last_used_at >= TOUCH_EVERY
