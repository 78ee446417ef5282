"""Where a drop can send to, by name."""

from functools import lru_cache

from babel import Locale

from bridge.core.terms import ShippingOption, Terms
from bridge.wording import Wording, is_country


def countries(terms: Terms, words: Wording) -> tuple[tuple[str, str], ...]:
    """Where it can be sent to, by name; everywhere unless each option names its countries."""
    return _named(terms.shipping, words.locale)


@lru_cache(maxsize=64)
def _named(shipping: tuple[ShippingOption, ...], locale: Locale) -> tuple[tuple[str, str], ...]:
    if not shipping:
        return ()
    names = _territories(locale)
    codes = {code for option in shipping for code in option.countries}
    if not all(option.countries for option in shipping):
        codes = set(names)
    return tuple(sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1]))


def _territories(locale: Locale) -> dict[str, str]:
    return {code: str(name) for code, name in locale.territories.items() if is_country(code)}
