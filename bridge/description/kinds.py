"""How each kind of value is written in a description, and read back exactly: no amount ever passes through a float."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bridge.core.colors import is_color
from bridge.core.terms import LONGEST_HOLD, MAX_PRICE, MAX_TAX_RATE, MAX_UNITS, SHORTEST_HOLD
from bridge.description.faults import Misread
from bridge.wording import LANGUAGES, is_country, is_currency, is_spoken, minor_digits

NONE, NEVER, DIGEST = "none", "never", "sha256:"
_NUMBER = re.compile(r"\d{1,13}(?:[.,]\d{1,3})?")
_RATE = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?) {0,2}%?")
_SPAN = re.compile(r"(\d{1,8}) {0,2}([a-z]+)")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_SHORT = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}
_STORED = re.compile(r"sha256:[0-9a-f]{64}")
_TINY = 30


@dataclass(frozen=True, slots=True)
class Context:
    """What values are read in: the drop's currency and zone."""

    currency: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Kind:
    """``read`` raises ``Misread``; what ``write`` gives is read as the same value. ``says`` is for the manual."""

    says: str
    read: Callable[[Any, Context], Any]
    write: Callable[[Any, Context], Any] = lambda value, _context: value


def _text(most: int, *, empty: bool = True) -> Kind:
    def read(value: Any, _context: Context) -> str:
        if not isinstance(value, str):
            raise Misread("must be text: write it between quotation marks.")
        if not empty and not value.strip():
            raise Misread("must not be empty.")
        if "\0" in value:
            raise Misread("holds a NUL, which no text may: leave it out.")
        if len(value) > most:
            raise Misread(f"may have at most {most} characters.")
        return value

    return Kind("text", read)


def _chosen(says: str, is_one: Callable[[str], bool], told: str) -> Kind:
    def read(value: Any, _context: Context) -> str:
        if not isinstance(value, str) or not is_one(value):
            raise Misread(told)
        return value

    return Kind(says, read)


def _flag(value: Any, _context: Context) -> bool:
    if not isinstance(value, bool):
        raise Misread("must be true or false, without quotation marks.")
    return value


def whole(most: int = MAX_UNITS, least: int = 0) -> Kind:
    """A whole number between ``least`` and ``most``."""

    def read(value: Any, _context: Context) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Misread(f"must be a whole number from {least} to {most}.")
        return value

    return Kind("number", read)


def or_none(kind: Kind) -> Kind:
    """The same, or ``"none"``, which is read as None."""
    return Kind(
        f'{kind.says}, or `"{NONE}"`',
        lambda value, context: None if value == NONE else kind.read(value, context),
        lambda value, context: NONE if value is None else kind.write(value, context),
    )


def _money(value: Any, context: Context) -> int:
    digits, amount = minor_digits(context.currency), _decimal(value, context)
    example = Decimal(1250).scaleb(-digits)
    if amount is None:
        raise Misread(f'is not a price: write it as {example} or "{example} {context.currency}".')
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise Misread(f"has more decimals than {context.currency}: write at most {digits}, as in {example}.")
    if not 0 <= minor <= MAX_PRICE:
        raise Misread(f"must be between 0 and {Decimal(MAX_PRICE).scaleb(-digits):,}.")
    return int(minor)


def _decimal(value: Any, context: Context) -> Decimal | None:
    """The amount as it was written; None for what is no number, or could be read in two ways."""
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value.adjusted()) < _TINY and value.as_tuple().exponent > -_TINY else None  # type: ignore[operator]
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value) if abs(value) < 10**_TINY else None
    if not isinstance(value, str):
        return None
    number = value.strip().removeprefix(context.currency).removesuffix(context.currency).strip()
    # Three digits may be thousands, in one language or another.
    thousands = re.search(r",\d{3}$" if minor_digits(context.currency) > 2 else r"[.,]\d{3}$", number)
    if not _NUMBER.fullmatch(number) or thousands:
        return None
    return Decimal(number.replace(",", "."))


def _write_money(minor: int, context: Context) -> Decimal | int:
    digits = minor_digits(context.currency)
    return Decimal(minor).scaleb(-digits) if digits else minor


def _rate(value: Any, _context: Context) -> int:
    written = f"{value:f}" if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _TINY else value
    written = str(written) if isinstance(written, int) and not isinstance(written, bool) else written
    found = _RATE.fullmatch(written.strip()) if isinstance(written, str) else None
    rate = Decimal(found[1].replace(",", ".")).scaleb(3) if found else Decimal(-1)
    if not 0 <= rate <= MAX_TAX_RATE:
        raise Misread('is not a tax rate: write a number from 0 to 100 with at most three decimals, such as 7, 8.875 or "7 %".')
    return int(rate)


def _write_rate(rate: int, _context: Context) -> str:
    return f"{(Decimal(rate) / 1000).normalize():f} %"


def span(least: timedelta, most: timedelta, *, never: bool = False) -> Kind:
    """A length of time between ``least`` and ``most``; ``never`` is read as None."""
    example = written_span(max(least, timedelta(hours=1)))
    told = f'must be a length of time from {written_span(least)} to {written_span(most)}, such as "{example}"'

    def read(value: Any, _context: Context) -> timedelta | None:
        if never and value == NEVER:
            return None
        found = _SPAN.fullmatch(value.strip().lower()) if isinstance(value, str) else None
        unit = _UNITS.get(_SHORT.get(found[2], found[2].removesuffix("s"))) if found else None
        if found is None or unit is None or not least <= (length := timedelta(seconds=int(found[1]) * unit)) <= most:
            raise Misread(told + (f', or "{NEVER}".' if never else "."))
        return length

    return Kind(f'time, or `"{NEVER}"`' if never else "time", read, lambda value, _context: NEVER if value is None else written_span(value))


def written_span(length: timedelta) -> str:
    """``2 hours``: in the largest unit that it is whole in."""
    seconds = int(length.total_seconds())
    unit = next((name for name, size in reversed(_UNITS.items()) if seconds and seconds % size == 0), "second")
    count = seconds // _UNITS[unit]
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _moment(*, ends: bool) -> Kind:
    """A moment; a day alone is its beginning, or, for what ``ends`` with it, the midnight after it."""

    def read(value: Any, context: Context) -> datetime:
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) else value
            if isinstance(value, str) and len(value.strip()) <= len("2026-12-04"):
                found = found.date()
            if isinstance(found, date) and not isinstance(found, datetime):
                found = datetime.combine(found + timedelta(days=1) if ends else found, time())
            if isinstance(found, datetime):
                return (found if found.tzinfo else found.replace(tzinfo=context.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise Misread("is not a date or time: write 2026-12-04, 2026-12-04T18:00:00 or 2026-12-04T18:00:00+01:00, without quotation marks.")

    return Kind("moment", read, _write_moment)


def _write_moment(moment: datetime, context: Context) -> datetime:
    offset = moment.astimezone(context.zone).utcoffset() or timedelta()
    # TOML has no seconds in an offset, as zones had before there were standard times.
    return moment.astimezone(timezone(offset) if not offset % timedelta(minutes=1) else UTC)


def _listed(kind: Kind, most: int, *, says: str = "", alone: bool = False) -> Kind:
    """Values of ``kind``; one may stand ``alone``."""

    def read(value: Any, context: Context) -> tuple[Any, ...]:
        if alone and not isinstance(value, list):
            value = [value]
        if not isinstance(value, list):
            raise Misread('must be a list: write it as ["…", "…"].')
        if len(value) > most:
            raise Misread(f"may have at most {most} entries.")
        return tuple(kind.read(one, context) for one in value)

    return Kind(says or f"list of {kind.says}", read, lambda value, context: [kind.write(one, context) for one in value])


def _picture(value: Any, _context: Context) -> str:
    """A path as it is written, or the digest of a stored picture behind ``sha256:``."""
    if not isinstance(value, str) or not value.strip() or "\0" in value or len(value) > 1000:
        raise Misread('must be the name of a picture file, such as "loaf.jpg".')
    if value.startswith(DIGEST) and not _STORED.fullmatch(value):
        raise Misread(f"is not a stored picture: write {DIGEST} and then its 64 hexadecimal digits, or name its file.")
    return value


def _country(value: Any, _context: Context) -> str:
    if not isinstance(value, str) or not is_country(value):
        raise Misread(f'names “{str(value)[:20]}”, which is no country: use ISO 3166 codes such as "DE".')
    return value


def _taxes(value: Any, _context: Context) -> bool:
    if value not in ("included", "added"):
        raise Misread('must be "included" (prices include tax) or "added" (tax is added to them).')
    return bool(value == "included")


_METHOD = re.compile(r"[a-z][a-z0-9_]{0,31}")
TITLE, LINE, LONG = _text(500, empty=False), _text(1000), _text(20_000)
NAME = _text(200)
SKU = _text(64, empty=False)
FLAG = Kind("true or false", _flag)
MONEY = Kind("price", _money, _write_money)
RATE = Kind("tax rate", _rate, _write_rate)
STARTS, ENDS = _moment(ends=False), _moment(ends=True)
HOLD = span(SHORTEST_HOLD, LONGEST_HOLD)
LASTS = span(timedelta(minutes=1), timedelta(days=30))
BEFORE = span(timedelta(), timedelta(days=365), never=True)
PICTURES = _listed(Kind("picture", _picture), 20, says="picture, or list of them", alone=True)
TAXES = Kind('`"included"` or `"added"`', _taxes, lambda value, _context: "included" if value else "added")
ZONE = _chosen("time zone", available_timezones().__contains__, "is not a time zone: use an IANA name such as Europe/Berlin.")
CURRENCY = _chosen("currency", is_currency, "is not a currency: use an ISO 4217 code such as EUR.")
LANGUAGE = _chosen(
    "language",
    lambda tag: bool(re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", tag)) and is_spoken(tag),
    f"is not a language we have words for: use one of {', '.join(LANGUAGES)}, or a tag such as de-CH.",
)
COLOR = _chosen(
    "colour",
    lambda said: not said or is_color(said),
    "is not a colour: write it as #D2691E, or by its name in CSS, such as chocolate.",
)
COUNTRIES = _listed(Kind("country", _country), 250)
METHODS = _listed(_chosen("method", lambda name: bool(_METHOD.fullmatch(name)), 'is not a way to pay: use names such as "at_pickup".'), 10)
KEY = _chosen(
    "name", lambda name: bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name)), "must be a short name of a-z, 0-9, dash and underscore."
)
