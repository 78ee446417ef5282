"""Lines that nearly are settings: told to their writer, taken as nothing.

A word off by a letter or without its accents before a colon, a name of another language, or one without the colon before a
number. Whatever could be a sentence is none.
"""

import re
import unicodedata
from functools import lru_cache

from bridge.written import plain
from bridge.written_names import BULLET, NAMES, WHERE

_LONGEST = 60
_SHORTEST_NAME, _LONG_NAME = 5, 9
_COUNTS = frozenset({"Places", "Limit"})
_NO_COLON = re.compile(r"(?P<name>[^\W\d_][^\W\d_ -]{2,30}) ?[=;.–—-]? ?(?P<value>\d.*)")
_NAME = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)?")


def near_miss(line: str, language: str) -> tuple[str, str] | None:
    """The setting that ``line``, which is none, nearly names, and what it would say; None for anything else."""
    if len(line) > _LONGEST:
        return None
    text = " ".join(plain(line).replace("\uff1a", ":").strip(BULLET).split())
    name, colon, value = (part.strip() for part in text.partition(":"))
    if colon:
        setting = _nearly(name, language) if value and _NAME.fullmatch(name) else None
        return (setting, value) if setting else None
    found = _NO_COLON.fullmatch(text)
    setting = _exactly(found["name"], language) if found and found["name"].casefold() not in WHERE else None
    return (setting, found["value"]) if found and setting in _COUNTS else None


def _exactly(name: str, language: str) -> str | None:
    return _folded_names(language).get(_folded(name))


@lru_cache(maxsize=1024)
def _nearly(name: str, language: str) -> str | None:
    """The setting of the one name that ``name`` can be meant for."""
    folded = _folded(name)
    if len(folded) < _SHORTEST_NAME - 1 or len(folded) > 30:
        return None
    own = _folded_names(language, every=False)
    return _exactly(name, language) or next((setting for known, setting in own.items() if _is_slip(folded, known)), None)


def _is_slip(written: str, name: str) -> bool:
    """Whether ``written`` is ``name`` with a slip of the finger, of which long names may have two; never in the first letter."""
    if len(name) < _SHORTEST_NAME or written[0] != name[0]:
        return False
    slips = 2 if len(name) >= _LONG_NAME else 1
    return abs(len(written) - len(name)) <= slips and _slips(written, name) <= slips


def _slips(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many, or swapped with the next."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for to, wanted in enumerate(other, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, last[to - 2] + 1)
            row.append(cost)
    return row[-1]


@lru_cache(maxsize=16)
def _folded_names(language: str, *, every: bool = True) -> dict[str, str]:
    """The names of ``language`` and of English, without accents, with their settings; behind them ``every`` other there is."""
    spoken = dict.fromkeys((language, "en", *(NAMES if every else ())))
    found: dict[str, str] = {}
    for known in spoken:
        for setting, some in NAMES.get(known, {}).items():
            for name in some:
                found.setdefault(_folded(name), setting)
    return found


def _folded(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in apart if letter.isalpha())
