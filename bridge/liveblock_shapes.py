"""Which lines are ours: the live block's own templates, in every language, as clients give them back."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

from bridge import liveblock_lines as lines
from bridge.wording import LANGUAGES, Wording, wording

Kind = Literal["", "head", "item", "ours"]

_LONGEST = 4_000
_FULL = 30
_MOMENT = r"[^\s:\d]{1,12} \d{1,2}\.? [^\s:\d]{1,12}(?: \d{1,2}:\d{2})?"
_ADDRESS = r"[<\[(]{0,2}https?://\S{1,2000}(?: [<\[(]{1,2}https?://\S{1,2000})?"
_CALM = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("’‘‚", "'"),
        **dict.fromkeys("―—–‒‐‑−", "-"),
        **dict.fromkeys("•∙⋅", "·"),
        "\ufe0f": None,
        "\u200b": None,
        "\ufeff": None,
        "…": "...",
    }
)


class _Span(NamedTuple):
    """Something of ours in a line; ``open`` when it ends in a dot, so that the next line goes on with an offer."""

    kind: str
    start: int
    end: int
    open: bool = False


def calm(text: str) -> str:
    """``text`` as it is compared: one case, one kind of dash, quote and blank."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_CALM).casefold().split())


def kind(line: str) -> Kind:
    """What ``line`` is to us: ``""`` when a word in it is not ours.

    It may be several of our lines reflowed into one. ``head`` is the first line of a block, ``item`` a single offer,
    which an organizer could have typed as well.
    """
    return _verdict(_read(calm(line)))


def flowed(some: Sequence[str]) -> Kind:
    """What lines are to us that a client made of one: as ``kind``, and ``""`` unless each break is inside something of ours.

    A product's name that begins such a line never spans the break: it may be the organizer's.
    """
    parts = [calm(line) for line in some]
    if any(len(part) < _FULL for part in parts[1:-1]):
        return ""
    breaks = list(accumulate(len(part) + 1 for part in parts[:-1]))
    spans = _read(" ".join(parts))
    if spans and spans[0].kind == "item" and spans[0].end >= breaks[0]:
        return ""
    across = all(any(span.start < at - 1 < span.end for span in spans) for at in breaks)
    return _verdict(spans) if across else ""


def _read(text: str) -> list[_Span]:
    """What ``text``, calmed, consists of; empty when a word in it is not ours."""
    if len(text) > _LONGEST:
        return []
    shapes = _shapes()
    spans: list[_Span] = []
    position, linked = 0, True
    if text.startswith("· "):
        spans, position = [_Span("items", 0, 2)], 2
    while position < len(text):
        if found := shapes.simple.match(text, position):
            linked = found.lastgroup == "head"
            spans.append(_Span("head" if linked else "ours", position, found.end()))
        elif linked and (found := shapes.item.match(text, position)):
            linked = text.startswith(" ·", found.end())
            listed = linked or (spans and spans[-1].kind == "items")
            spans.append(_Span("items" if listed else "item", position, found.end() + 3 * linked, found.end() + 3 * linked > len(text)))
        else:
            return []
        position = spans[-1].end + (text[spans[-1].end : spans[-1].end + 1] == " ")
    return spans


def _verdict(spans: list[_Span]) -> Kind:
    if not spans:
        return ""
    if spans[0].kind == "item":
        return "item"
    return "head" if spans[-1].kind == "head" or spans[-1].open else "ours"


class _Shapes:
    """The patterns, made of the templates of every language."""

    def __init__(self) -> None:
        everywhere = [wording(language) for language in LANGUAGES]
        heads = _any(_simple(words, lines.HEADS) for words in everywhere)
        others = _any(_others(words) for words in everywhere)
        self.simple = re.compile(f"(?:(?P<head>{heads})|(?P<other>{others}))(?= |$)")
        items = _any(_items(words) for words in everywhere)
        self.item = re.compile(rf"(?! )(?:(?! · ).){{1,160}}?(?:{items})(?= |$)")


@lru_cache(maxsize=1)
def _shapes() -> _Shapes:
    return _Shapes()


def _any(patterns: Iterable[Iterable[str]]) -> str:
    return "|".join(dict.fromkeys(pattern for some in patterns for pattern in some))


def _simple(words: Wording, msgids: Iterable[str]) -> list[str]:
    return [_pattern(template, _placeholders(words)) for msgid in msgids for template in _said(words, msgid)]


def _others(words: Wording) -> list[str]:
    simple = _simple(words, (m for m in lines.SIMPLE if m not in lines.HEADS))
    state = "|".join(_simple(words, (*lines.HEADS, lines.UNTIL, lines.OPENS)))
    return [_pattern(words.text(lines.AT), {"moment": _MOMENT, "state": f"(?:{state})"}), *simple]


def _items(words: Wording) -> list[str]:
    add_on = _pattern(words.text(lines.ADD_ON), {})
    as_of = _pattern(words.text(lines.AS_OF), {"moment": rf"(?:{_MOMENT}|\d{{1,2}}:\d{{2}})"})
    tails = [
        _pattern(template.removeprefix("{name}"), {"n": r"\d{1,9}"})
        for msgid in (*lines.ITEM_LEFT, lines.ITEM_SOLD_OUT, lines.ITEM_FREE)
        for template in _said(words, msgid)
    ]
    return [f"{tail}(?: {add_on})?(?: {as_of})?" for tail in tails]


def _said(words: Wording, msgid: str) -> tuple[str, ...]:
    for plural in lines.PLURALS:
        if msgid in plural:
            return words.forms(*plural)
    return (words.text(msgid),)


def _placeholders(words: Wording) -> dict[str, str]:
    return {
        "n": r"\d{1,9}",
        "left": r"\d{1,9}",
        "value": r"\d{1,9}",
        "moment": _MOMENT,
        "link": _ADDRESS,
        "name": r"\S.{0,160}?",
        "setting": r"[^\s:][^:]{0,30}?",
        "written": ".{0,160}?",
        "reason": "(?:" + "|".join(re.escape(calm(words.text(reason))) for reason in lines.REASONS.values()) + ")",
        "zone": r"[\w+/-]{1,60}",
        "sentence": r'[^"]{1,320}?',
    }


def _pattern(template: str, placeholders: dict[str, str]) -> str:
    lead = " " if template.startswith(" ") else ""
    parts = re.split(r"\{(\w+)\}", lead + calm(template))
    return "".join(placeholders[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
