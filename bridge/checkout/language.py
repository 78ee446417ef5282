"""Which language a visitor reads: the one in the address, else the browser's, else the drop's."""

from flask import Request

from bridge.wording import LANGUAGES, Wording, wording

NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}


def asked(request: Request) -> str:
    """The language of ours that ``?lang=`` names, else empty."""
    first = request.args.get("lang", "").replace("_", "-").lower().partition("-")[0]
    return first if first in LANGUAGES else ""


def spoken(request: Request) -> str:
    """The language of ours that the visitor asked for or their browser speaks, else empty."""
    return asked(request) or request.accept_languages.best_match(LANGUAGES) or ""


def chosen(request: Request, fallback: str = "en") -> Wording:
    """The words for this visitor."""
    return wording(spoken(request) or fallback)
