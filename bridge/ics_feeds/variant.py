"""What a subscriber asked for beyond the plain feed, and how an event is shown for it."""

from collections.abc import Mapping
from typing import NamedTuple

from bridge.core.errors import InvalidInput

_YES = {"1", "true", "yes", ""}
_NO = {"0", "false", "no"}


class Variant(NamedTuple):
    """``available``: only what can be claimed; ``alarms``: ring at a preorder's opening; ``language``: empty for the drop's own."""

    available: bool = False
    alarms: bool = False
    language: str = ""

    @property
    def tag(self) -> str:
        """A short name, empty for the plain feed."""
        return ("a" if self.available else "") + ("r" if self.alarms else "") + self.language


def variant(query: Mapping[str, str], languages: tuple[str, ...]) -> Variant:
    """The variant of an address. Unknown names and languages are passed over; raises ``InvalidInput`` for a value that means nothing."""
    only = query.get("only", "")
    if only not in ("", "available"):
        raise InvalidInput("“only” takes the value “available”.")
    alarms = query.get("alarms", "0").lower()
    if alarms not in _YES | _NO:
        raise InvalidInput("“alarms” takes the value 1 or 0.")
    return Variant(bool(only), alarms in _YES, spoken(query.get("lang", ""), languages))


def spoken(wanted: str, languages: tuple[str, ...]) -> str:
    """The language of ours that ``wanted`` (``de``, ``de-AT``) names, else empty."""
    first = wanted.replace("_", "-").lower().partition("-")[0]
    return first if first in languages else ""


def query_of(asked: Variant) -> str:
    """The query that asks for the variant again, with its question mark; empty for the plain feed."""
    parts = ["only=available"] * asked.available + ["alarms=1"] * asked.alarms + [f"lang={asked.language}"] * bool(asked.language)
    return "?" + "&".join(parts) if parts else ""
