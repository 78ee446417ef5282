"""What a page tells machines about itself: addresses in each language, feeds, a picture, and schema.org's words."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from bridge.checkout.shown import Picture
from bridge.wording import LANGUAGES, Wording

_SHORT = 160


@dataclass(frozen=True, slots=True)
class About:
    """``address`` is the canonical one, in the language that was asked for; ``alternates`` are (language, address)."""

    title: str
    description: str
    address: str
    alternates: tuple[tuple[str, str], ...]
    locale: str
    site: str
    kind: str = "website"
    picture: Picture | None = None
    feeds: tuple[tuple[str, str], ...] = ()
    data: Markup | None = None


def addresses(page: str, language: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The canonical address of ``page`` where ``language`` was asked for (may be empty), and those of every language."""
    each = tuple((code, f"{page}?lang={code}") for code in LANGUAGES)
    return (f"{page}?lang={language}" if language else page), (*each, ("x-default", page))


def absolute(picture: Picture | None, base_url: str) -> Picture | None:
    """The picture with an address that can be followed from elsewhere."""
    return replace(picture, url=base_url + picture.url) if picture is not None and picture.url.startswith("/") else picture


def in_short(text: str) -> str:
    """``text`` on one line, as long as search engines show it."""
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1].rsplit(" ", 1)[0] + "…"


def locale_of(words: Wording) -> str:
    """``de_DE``, as Open Graph names a language."""
    return _TERRITORY.get(words.language, words.language)


_TERRITORY = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "es": "es_ES"}
