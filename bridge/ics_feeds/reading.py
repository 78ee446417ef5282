"""What the feeds and pages ask of the house, and which names can exist at all."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from bridge.core.errors import NotFound
from bridge.core.ports import Views
from bridge.settings import Settings

MAX_NAME = 255


class Reading(Protocol):
    """The reading half of the house."""

    @property
    def settings(self) -> Settings: ...
    def now(self) -> datetime: ...
    def read(self) -> AbstractContextManager[Views]:
        """One snapshot."""

    def glance(self) -> AbstractContextManager[Views]:
        """What is committed by now, anew for each question."""


def checked_name(name: str) -> str:
    """``name`` if something can be called so, else ``NotFound``: databases refuse NUL and half a surrogate pair."""
    if "\0" in name or len(name) > MAX_NAME or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise NotFound("There is nothing of this name.")
    return name
