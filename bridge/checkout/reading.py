"""What the pages ask of the house."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from bridge.core.ports import Views
from bridge.core.traffic import Tally
from bridge.settings import Settings


class Reading(Protocol):
    """The reading half of the house."""

    @property
    def settings(self) -> Settings: ...
    @property
    def ready_to_pay(self) -> Collection[str]:
        """The ways of paying that are set up here."""

    @property
    def tally(self) -> Tally: ...
    def now(self) -> datetime: ...
    def read(self) -> AbstractContextManager[Views]:
        """One snapshot."""

    def glance(self) -> AbstractContextManager[Views]:
        """What is committed by now, anew for each question."""
