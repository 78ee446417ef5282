"""What is wrong with a description: every fault with its line and field, told together."""

from collections.abc import Sequence
from typing import NamedTuple

from bridge.core.errors import BridgeError, InvalidInput


class Fault(NamedTuple):
    """``line`` counts from 1 (0: none); ``field`` is written ``products[2].price``, the first of a list being [1]."""

    line: int
    field: str
    sentence: str


class Misdescribed(InvalidInput):
    """A description that cannot be used; ``faults`` in the order of the file. The sentence has a line for each."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(_told(file, fault) for fault in self.faults))


class Misread(BridgeError):
    """One value cannot be used; the sentence says what would do."""


def _told(file: str, fault: Fault) -> str:
    where = f"{file}:{fault.line}" if fault.line else file
    return f"{where}: {fault.field}: {fault.sentence}" if fault.field else f"{where}: {fault.sentence}"
