"""The words and signs that dates are written with, in every language of ours."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale

from bridge.wording import wording

# "09:00-18:00" is a stretch of time; only an ISO time has an offset from UTC behind it.
_TOKEN = re.compile(r"(?:(?<=[Tt]\d\d:\d\d)|(?<=[Tt]\d\d:\d\d:\d\d))[+-][01]\d:[0-5]\d(?![\d:])|\d+|[^\W\d_]+(?:'[^\W\d_]+)*|\S")
DASHES = frozenset("-–—−→")


@lru_cache(maxsize=1024)
def _bare(word: str) -> str:
    spread = unicodedata.normalize("NFD", word.casefold().replace("ß", "ss"))
    return "".join(c for c in spread if not unicodedata.combining(c))


def _some(words: str) -> frozenset[str]:
    return frozenset(_bare(word) for word in words.split())


FROM = _some("from since opens ab von vom seit öffnet de du des depuis desde del ouvre abre")
UNTIL = _some("until till til bis jusqu'au jusqu'a jusque hasta closes schließt ferme cierra")
TO = UNTIL | _some("to a au al and")
BEFORE_DATE = _some("the on am den dem der zum le la el les au du , .")
BEFORE_TIME = _some("at um gegen a las la los t , .")
OF = _some("of de del . ,")
ORDINAL = _some("st nd rd th er º ª ° .")
HOURS = _some("h uhr hrs heures heure horas hora o'clock std")
NOON = _some("noon mittag midi mediodia")


def tokens(value: str) -> list[str]:
    """Numbers, words and signs, in one case and without accents that keyboards lack."""
    return [_bare(token) for token in _TOKEN.findall(value.replace("’", "'"))]


@lru_cache(maxsize=16)
def names(language: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Month names and weekday names, in every form that the language and English have."""
    months: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    for locale in (wording(language).locale, Locale("en"), Locale("en", "GB")):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context][width].items():
                    months.setdefault(_bare(name).strip("."), number)
                    months.setdefault(_bare(name).strip(".")[:4], number)
            for width in ("wide", "abbreviated", "short"):
                for number, name in locale.days[context].get(width, {}).items():
                    weekdays.setdefault(_bare(name).strip("."), number)
    for name, number in tuple(months.items()):
        if len({n for other, n in months.items() if other.startswith(name[:3])}) == 1:
            months.setdefault(name[:3], number)
    return months, weekdays
