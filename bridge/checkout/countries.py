"""Where a drop can send to, by name."""

from babel import Locale

from bridge.core.terms import Terms
from bridge.wording import Wording, is_country


def countries(terms: Terms, words: Wording) -> tuple[tuple[str, str], ...]:
    """Where it can be sent to, by name; everywhere unless each option names its countries."""
    if not terms.shipping:
        return ()
    names = _territories(words.locale)
    codes = {code for option in terms.shipping for code in option.countries}
    if not all(option.countries for option in terms.shipping):
        codes = set(names)
    return tuple(sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1]))


def _territories(locale: Locale) -> dict[str, str]:
    return {code: str(name) for code, name in locale.territories.items() if is_country(code)}
