"""What an event sells, as organizers write it: ``LOAF x20 @ 12.50, BUN, TOTE @ 18 add-on``."""

import re
from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_symbol

from bridge.core.drops import OfferDraft
from bridge.wording import minor_digits, wording
from bridge.written import Unreadable

_MOST_OFFERS = 100
_MOST_UNITS = 1_000_000
_MOST_MONEY = 10**11
_LONGEST_SKU = 64
_ADD_ON = {
    "add-on", "add-ons", "addon", "add on", "extra",
    "zusatz", "zusatzartikel", "beilage",
    "supplément", "supplement", "en plus", "option",
    "complemento", "adicional",
}  # fmt: skip
# “3x” says how many, and not of what.
_ONLY_UNITS = re.compile(r"\d+x")
# A comma is part of a price only between its digits and at most three more: "@ 12,50, BUN", "@ 12,BUN", "@ 12, 50".
_PRICE = re.compile(r"(?P<before>[^\d\s.,;@+-]{0,5}) {0,3}(?P<amount>\d{1,12}(?:[.,' ]\d{3})*(?:[.,]\d{1,3})?)(?![\d.])")
_AFTER = re.compile(r" {0,3}([^\W\d_]{3}|[^\w\s.,;@()+×*-]{1,3})(?![\w-])")
_TIMES = re.compile(r"[x×*] {0,3}(\d{1,20})(?=[ ,;@(]|$)", re.IGNORECASE)


def read_offers(value: str, *, language: str, currency: str) -> tuple[OfferDraft, ...]:
    """The offers in the order written; prices in minor units of ``currency``, with a decimal point or comma.

    Raises ``Unreadable`` for the whole line, and in it each entry that is not understood or names a SKU again.
    """
    offers: dict[str, OfferDraft] = {}
    bad: list[Unreadable] = []
    position = 0
    while (position := _skipped(value, position)) < len(value):
        start, position = position, _entry_end(value, position)
        try:
            offer, position = _entry(value, start, language, currency)
        except Unreadable as why:  # what is quoted is the entry, so that each is named
            bad.append(Unreadable(why.reason, value[start:position].strip()))
            continue
        if offer.sku in offers:
            bad.append(Unreadable("sold-twice", offer.sku))
        offers[offer.sku] = offer
        if len(offers) + len(bad) > _MOST_OFFERS:
            raise Unreadable("too-long", value)
    if bad:
        raise Unreadable(bad[0].reason, bad[0].written, tuple(bad[1:]))
    if not offers:
        raise Unreadable("not-an-offer", value)
    return tuple(offers.values())


def _entry_end(value: str, start: int) -> int:
    """Where the entry ends whatever it says: at a comma or semicolon that is not inside a price."""
    position = start
    while position < len(value) and value[position] not in ",;":
        price = _PRICE.match(value, _blanks(value, position + 1)) if value[position] == "@" else None
        position = price.end() if price else position + 1
    return position


def _skipped(value: str, position: int) -> int:
    while position < len(value) and value[position] in " ,;":
        position += 1
    return position


def _entry(value: str, start: int, language: str, currency: str) -> tuple[OfferDraft, int]:
    sku, position = _sku(value, start)
    allotment: int | None = None
    price: int | None = None
    add_on = False
    while (position := _blanks(value, position)) < len(value) and value[position] not in ",;":
        if value[position] == "@" and price is None:
            price, position = _price(value, position + 1, language, currency)
        elif (found := _TIMES.match(value, position)) and allotment is None:
            allotment, position = _units(found[1]), found.end()
        elif not add_on:
            add_on, position = _words(value, position)
        else:
            raise Unreadable("not-an-offer", value)
    return OfferDraft(sku, allotment, price, add_on), position


def _blanks(value: str, position: int) -> int:
    while position < len(value) and value[position] == " ":
        position += 1
    return position


def _sku(value: str, start: int) -> tuple[str, int]:
    end = start
    while end < len(value) and (value[end].isalnum() or value[end] in "-_./"):
        end += 1
    sku = value[start:end]
    if not any(character.isalnum() for character in sku) or len(sku) > _LONGEST_SKU:
        raise Unreadable("not-an-offer", value)
    if _ONLY_UNITS.fullmatch(sku) or (end < len(value) and value[end] not in " ,;@"):
        raise Unreadable("not-an-offer", value)
    return sku, end


def _units(digits: str) -> int:
    if int(digits) > _MOST_UNITS:
        raise Unreadable("too-large", digits)
    return int(digits)


def _words(value: str, position: int) -> tuple[bool, int]:
    found = re.compile(r"[^,;@]*").match(value, position)
    words = found[0] if found else ""
    said, times, _ = words.partition(" x") if re.search(r" [x×*] {0,3}\d", words) else (words, "", "")
    if " ".join(said.strip(" ()+").casefold().split()) not in _ADD_ON:
        raise Unreadable("not-an-offer", value)
    return True, position + (len(said) if times else len(words))


def _price(value: str, position: int, language: str, currency: str) -> tuple[int, int]:
    position = _blanks(value, position)
    found = _PRICE.match(value, position)
    if found is None:
        raise Unreadable("not-a-price", value)
    names, end = _currency_names(currency, language), found.end()
    after = _AFTER.match(value, end)
    if after is not None and (after[1].casefold() in names or not after[1].islower()):
        end = after.end()
    if any(said and said.casefold() not in names for said in (found["before"], value[found.end() : end].strip())):
        raise Unreadable("another-currency", value[position:end])
    amount = _amount(found["amount"], language, minor_digits(currency))
    if amount is None:
        raise Unreadable("not-a-price", found[0].strip())
    minor = int(amount.scaleb(minor_digits(currency)))
    if minor > _MOST_MONEY:
        raise Unreadable("too-large", found[0].strip())
    return minor, end


def _amount(written: str, language: str, digits: int) -> Decimal | None:
    """The number, when its separators can be read in one way only and it is no finer than the currency."""
    whole, separator, fraction = written, "", ""
    if found := re.fullmatch(r"(.*)([.,])(\d{1,3})", written):
        whole, separator, fraction = found[1], found[2], found[3]
    if len(fraction) == 3 and digits < 3:
        if separator != ("," if wording(language).language == "en" else "."):
            return None
        whole, fraction = whole + fraction, ""
    if len(fraction) > digits or (separator and separator in whole and fraction):
        return None
    number = re.sub(r"[.,' ]", "", whole)
    return Decimal(f"{int(number)}.{int(fraction or 0):0{len(fraction) or 1}}")


@lru_cache(maxsize=64)
def _currency_names(currency: str, language: str) -> frozenset[str]:
    symbols = {get_currency_symbol(currency.upper(), locale) for locale in (wording(language).locale, "en", "en_GB")}
    narrow = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CAD": "$", "AUD": "$", "NZD": "$", "MXN": "$"}.get(currency.upper(), "")
    return frozenset(name.casefold() for name in (currency, narrow, *symbols) if name)
