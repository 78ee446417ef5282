"""The house's words in the reader's language: texts, plurals, moments, money.

English is the message id; ``locale/<language>.po`` holds the others. A language nobody translated reads English.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_percent, get_currency_precision

LANGUAGES = ("en", "de", "fr", "es")
_CODE_AT_DIGIT = re.compile(r"([^\W\d_])(?=\d)")
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
_PLURAL_TAGS = ("zero", "one", "two", "few", "many", "other")


def N_(msgid: str) -> str:  # noqa: N802 (the name every gettext tool knows)
    """Marks a text kept in a table for the catalogues; returns it as it is."""
    return msgid


MOMENT, MOMENT_OF_YEAR = N_("EEE d MMM HH:mm"), N_("EEE d MMM y HH:mm")
DAY, DAY_OF_YEAR = N_("EEE d MMM"), N_("EEE d MMM y")
TIME = N_("HH:mm")
_TAX_WITHIN, _TAX_ON_TOP = N_("of which {rate} tax"), N_("plus {rate} tax")


class Wording:
    """One language. Never raises for a message that is not translated: it is said in English."""

    __slots__ = ("_forms", "_index", "_now", "_texts", "language", "locale")

    def __init__(self, locale: Locale, texts: dict[str, str], forms: dict[str, tuple[str, ...]], now: datetime | None = None) -> None:
        self.locale = locale
        self.language = locale.language
        self._texts = texts
        self._forms = forms
        self._index = _plural_index(locale)
        self._now = now

    def at(self, now: datetime) -> "Wording":
        """The same words for who reads at ``now``: what is of another year is told with its year."""
        return Wording(self.locale, self._texts, self._forms, now)

    def text(self, msgid: str, **values: object) -> str:
        """The message, with ``{name}`` replaced by the value of that name."""
        template = self._texts.get(msgid, msgid)
        return template.format(**values) if values else template

    def plural(self, msgid: str, msgid_plural: str, n: int, **values: object) -> str:
        """The form of the message for ``n`` things, which it may name as ``{n}``."""
        forms = self._forms.get(msgid) or (msgid, msgid_plural)
        return forms[min(self._index(n), len(forms) - 1)].format(n=n, **values)

    def forms(self, msgid: str, msgid_plural: str) -> tuple[str, ...]:
        """Every form that ``plural`` may choose, as templates."""
        return self._forms.get(msgid) or (msgid, msgid_plural)

    def moment(self, when: datetime, zone: ZoneInfo, *, year: bool = False) -> str:
        """Day and time of an aware ``when`` in ``zone``: ``Fri 4 Dec 18:00``; with ``year`` always with its year."""
        return _formatted(self.locale, self.text(MOMENT_OF_YEAR if year or self._is_far(when, zone) else MOMENT), when, zone)

    def day(self, when: datetime, zone: ZoneInfo, *, year: bool = False) -> str:
        """The day of an aware ``when`` in ``zone``: ``Fri 4 Dec``; with ``year`` always with its year."""
        return _formatted(self.locale, self.text(DAY_OF_YEAR if year or self._is_far(when, zone) else DAY), when, zone)

    def _is_far(self, when: datetime, zone: ZoneInfo) -> bool:
        return self._now is not None and when.astimezone(zone).year != self._now.astimezone(zone).year

    def time(self, when: datetime, zone: ZoneInfo) -> str:
        """The time of an aware ``when`` in ``zone``: ``18:00``."""
        return _formatted(self.locale, self.text(TIME), when, zone)

    def money(self, minor: int, currency: str) -> str:
        """``minor`` units of an ISO 4217 currency, with as many decimals as it has."""
        return _money(self.locale, minor, currency)

    def percent(self, rate: int) -> str:
        """A tax rate in thousandths of a percent: ``7%``, ``8.875%``."""
        return str(format_percent(Decimal(rate).scaleb(-5), locale=self.locale, decimal_quantization=False))

    def tax(self, rate: int, *, included: bool) -> str:
        """What the tax of a rate is called below a sum that includes it, or that it is added to."""
        return self.text(_TAX_WITHIN if included else _TAX_ON_TOP, rate=self.percent(rate))

    def country(self, code: str) -> str:
        """What a country is called; the code itself for one that nobody knows."""
        return str(self.locale.territories.get(code, code))


def wording(language: str) -> Wording:
    """The words for a language tag (``de``, ``de-AT``, ``de_CH``); English when there are none."""
    return _wording(language.replace("-", "_"))


def is_spoken(language: str) -> bool:
    """Whether there are words for a language tag."""
    return language.replace("-", "_").partition("_")[0].lower() in LANGUAGES


def is_currency(code: str) -> bool:
    """Whether ``code`` is the ISO 4217 code of money that is legal tender somewhere, or was: no metal, no unit of account."""
    return code in _tenders()


@cache
def _tenders() -> frozenset[str]:
    # CLDR's list by territory (UTS 35, part 3, supplemental currency data): code, first day, last day, whether it is legal tender.
    return frozenset(code for used in get_global("territory_currencies").values() for code, _, _, is_tender in used if is_tender)


def is_country(code: str) -> bool:
    """Whether ``code`` is the ISO 3166-1 alpha-2 code of a country or territory, in capitals."""
    return re.fullmatch("[A-Z]{2}", code) is not None and code not in _NO_COUNTRIES and code in _english().territories


@cache
def _english() -> Locale:
    return Locale("en")


def minor_digits(currency: str) -> int:
    """How many decimals an ISO 4217 currency has; 2 for one that nobody knows."""
    return get_currency_precision(currency.upper())


@lru_cache(maxsize=256)
def _wording(tag: str) -> Wording:
    try:
        locale = Locale.parse(tag)
    except (ValueError, TypeError, UnknownLocaleError):
        locale = Locale("en")
    if locale.language not in LANGUAGES:
        locale = Locale("en")
    texts, forms = _catalogue(locale.language)
    return Wording(locale, texts, forms)


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    texts: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    if language == "en":
        return texts, forms
    with (files("bridge") / "locale" / f"{language}.po").open("rb") as source:
        for message in read_po(source, locale=language):
            if not message.id or not message.string:
                continue
            if isinstance(message.id, str):
                texts[message.id] = str(message.string)
            else:
                forms[message.id[0]] = tuple(message.string)
    return texts, forms


@lru_cache(maxsize=256)
def _plural_index(locale: Locale) -> Callable[[int], int]:
    rule = locale.plural_form
    order = [tag for tag in _PLURAL_TAGS if tag in rule.tags or tag == "other"]
    return lambda n: order.index(rule(n))


@lru_cache(maxsize=8192)
def _formatted(locale: Locale, pattern: str, when: datetime, zone: ZoneInfo) -> str:
    return format_datetime(when, pattern, tzinfo=zone, locale=locale)


@lru_cache(maxsize=4096)
def _money(locale: Locale, minor: int, currency: str) -> str:
    said = format_currency(Decimal(minor).scaleb(-minor_digits(currency)), currency.upper(), locale=locale)
    # Babel leaves out the space that CLDR asks for between letters and digits (UTS 35, part 3, currencySpacing).
    return _CODE_AT_DIGIT.sub("\\1\N{NO-BREAK SPACE}", said)
