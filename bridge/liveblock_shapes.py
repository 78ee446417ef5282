"""Which lines are ours: the live block's own templates, in every language, as clients give them back."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from bridge import liveblock_lines as lines
from bridge.wording import LANGUAGES, Wording, wording

Kind = Literal["", "head", "item", "ours"]

_LONGEST = 4_000
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


def calm(text: str) -> str:
    """``text`` as it is compared: one case, one kind of dash, quote and blank."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_CALM).casefold().split())


def kind(line: str, first: int | None = None) -> Kind:
    """What ``line`` is to us: ``""`` when a word in it is not ours.

    ``head`` is the first line of a block, ``item`` a single offer, which an organizer could have typed as well. ``line``
    may be several of our lines reflowed into one; ``first`` then is how much of it, calmed, came before the first break,
    and a product's name never spans that.
    """
    if len(line) > _LONGEST:
        return ""
    text = calm(line)
    first = len(text) if first is None else first
    shapes = _shapes()
    position, seen, linked = 0, list[str](), True
    while position < len(text):
        if found := shapes.simple.match(text, position):
            linked = found.lastgroup == "head"
            seen.append("head" if linked else "ours")
        elif linked and (found := shapes.item.match(text, position)) and (position or found.end() <= first):
            linked = text.startswith(" ·", found.end())
            seen.append("items" if linked or (seen and seen[-1] == "items") else "item")
        else:
            return ""
        position = found.end() + (3 if linked and seen[-1] == "items" else 1)
    return _verdict(seen)


def _verdict(seen: list[str]) -> Kind:
    if not seen:
        return ""
    if seen[0] == "item":
        return "item"
    return "head" if seen == ["head"] else "ours"


class _Shapes:
    def __init__(self) -> None:
        everywhere = [wording(language) for language in LANGUAGES]
        heads = _any(_simple(words, lines.HEADS) for words in everywhere)
        others = _any(_others(words) for words in everywhere)
        self.simple = re.compile(f"(?:(?P<head>{heads})|(?P<other>{others}))(?= |$)")
        items = _any(_items(words) for words in everywhere)
        self.item = re.compile(rf"\S.{{0,160}}?(?:{items})(?= |$)")


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
    endings = "|".join(re.escape(calm(words.text(msgid).partition("{")[0])) for msgid in (lines.BOOK, lines.UPDATED))
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
        "sentence": rf"\S.{{0,320}}?(?=$| ⚠ | (?:{endings}))",
    }


def _pattern(template: str, placeholders: dict[str, str]) -> str:
    lead = " " if template.startswith(" ") else ""
    parts = re.split(r"\{(\w+)\}", lead + calm(template))
    return "".join(placeholders[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
