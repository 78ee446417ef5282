"""Lines that nearly are settings: told to their writer, taken as nothing.

A letter wrong or without its accents before a colon, a word of another language, or a name without the colon before what only a
setting says. Whatever could be a sentence is none.
"""

import re
import unicodedata
from functools import lru_cache

from bridge.written import plain
from bridge.written_names import BULLET, MEANT, NAMES, WHERE
from bridge.written_prose import is_word

_LONGEST = 4_100
_SHORTEST_NAME, _LONG_NAME, _LONGEST_NAME = 5, 9, 40
_NAME = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)?")
_NO_COLON = re.compile(r"(?P<name>[^\W\d_]{3,30}+(?:-[^\W\d_]{1,30}+)?+) ?[=;,.–—-]? ?(?P<value>\S.*)")
_SAID_WITHOUT_COLON = {
    "Places": re.compile(r"\d"),
    "Limit": re.compile(r"\d"),
    "Preorder": re.compile(r"\S"),
    "Sells": re.compile(r"[^,;@]+(?:@ ?\D{0,5}\d| [x×*] ?\d)"),
}
"""How the value begins that no sentence has behind the name: what is not said of a setting is too much like one."""


def near_miss(line: str, language: str) -> tuple[str, str] | None:
    """The setting that ``line``, which is none, nearly names, and what it would say; None for anything else."""
    if len(line) > _LONGEST:
        return None
    text = " ".join(plain(line).replace("\uff1a", ":").strip(BULLET).split())
    name, colon, value = (part.strip() for part in text.partition(":"))
    name = unicodedata.normalize("NFC", name[: 2 * _LONGEST_NAME])
    if colon and len(name) <= _LONGEST_NAME and value and _NAME.fullmatch(name) and (setting := _nearly(name, language)):
        return setting, value
    return _without_colon(text, language)


def _without_colon(text: str, language: str) -> tuple[str, str] | None:
    head, tail = text[:_LONGEST_NAME], text[_LONGEST_NAME:]
    found = _NO_COLON.fullmatch(unicodedata.normalize("NFC", head) + tail)
    setting = _exactly(found["name"], language) if found and found["name"].casefold() not in WHERE else None
    says = _SAID_WITHOUT_COLON.get(setting or "")
    return (setting, found["value"]) if found and setting and says and says.match(found["value"]) else None


def _exactly(name: str, language: str) -> str | None:
    return _folded_names(language).get(_folded(name))


@lru_cache(maxsize=1024)
def _nearly(name: str, language: str) -> str | None:
    """The setting of the one name that ``name`` can be meant for."""
    if exactly := _exactly(name, language):
        return exactly
    folded = _folded(name)
    if not _SHORTEST_NAME - 1 <= len(folded) <= _LONGEST_NAME or is_word(folded, language):
        return None
    own = _folded_names(language, every=False)
    return next((setting for known, setting in own.items() if _is_slip(folded, known)), None)


def _is_slip(written: str, name: str) -> bool:
    """Whether ``written`` is ``name`` with a slip of the finger, of which long names that begin alike may have two."""
    if len(name) < _SHORTEST_NAME:
        return False
    slips = 2 if len(name) >= _LONG_NAME and written[0] == name[0] else 1
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
    """The names of ``language`` and of English, without accents, with their settings; behind them ``every`` other word there is."""
    spoken = dict.fromkeys((language, "en", *(NAMES if every else ())))
    found: dict[str, str] = {}
    for known in spoken:
        for setting, some in NAMES.get(known, {}).items():
            for name in some:
                found.setdefault(_folded(name), setting)
    for setting, some in MEANT.items() if every else ():
        for name in some:
            found.setdefault(_folded(name), setting)
    return found


def _folded(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in apart if letter.isalpha())
