"""Organizers, and what lets a device or a program in on their behalf. Of a secret only its hash is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.core.errors import InvalidInput

Role = Literal["owner", "editor", "viewer"]
LONGEST_LABEL = 100


def checked_label(label: str) -> str:
    """``label`` if an app password or a token can be told from others by it, else ``InvalidInput``."""
    if not label.strip() or not label.isprintable() or len(label) > LONGEST_LABEL:
        raise InvalidInput(f"A label has 1 to {LONGEST_LABEL} printable characters, such as “Ada's phone” or “Till script”.")
    return label


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who runs drops. ``name`` is the sign-in and the first part of every address."""

    id: int
    name: str
    title: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A revocable sign-in for one device. ``hash`` is argon2id in PHC form."""

    id: int
    organizer_id: int
    label: str
    role: Role
    hash: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A bearer token; only the SHA-256 of it is kept. ``scopes``: ``stock:read``, ``stock:write``, ``drops:read``."""

    id: int
    organizer_id: int
    organizer: str
    label: str
    scopes: frozenset[str]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
