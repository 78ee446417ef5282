"""Which language a visitor reads: the one in the address, else the browser's, else the drop's."""

from functools import lru_cache

from flask import Request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from bridge.wording import LANGUAGES, Wording, wording

NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
_REMEMBERED = 1024


def asked(request: Request) -> str:
    """The language of ours that ``?lang=`` names, else empty."""
    if not request.query_string:
        return ""
    first = request.args.get("lang", "").replace("_", "-").lower().partition("-")[0]
    return first if first in LANGUAGES else ""


def spoken(request: Request) -> str:
    """The language of ours that the visitor asked for or their browser speaks, else empty."""
    return asked(request) or _best(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))


@lru_cache(_REMEMBERED)
def _best(accepted: str) -> str:
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES) or ""


def chosen(request: Request, fallback: str = "en") -> Wording:
    """The words for this visitor."""
    return wording(spoken(request) or fallback)
