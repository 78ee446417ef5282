"""Finds the live block in notes that come back from a client, and takes it off without touching the organizer's words."""

import re
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from bridge import liveblock_lines as lines
from bridge.liveblock_shapes import Kind, calm, flowed, kind
from bridge.wording import LANGUAGES, wording

_DASH = "[―—–‒‐‑−─━_-]"
_BREAK = re.compile("\r\n|[\n\r\u2028\u2029]")
_QUOTE = " \t\u00a0>|"
_JOINS = 4
_FAR = 40
_MOST_MARKS = 400


class Cut(NamedTuple):
    """A stretch of the text, ``[start, end)``, that is ours."""

    start: int
    end: int


class _Mark(NamedTuple):
    start: int
    end: int
    opens: bool
    exact: bool


class _Line(NamedTuple):
    start: int
    end: int
    next: int


def attach(text: str, block: str) -> str:
    """``text`` with the block at its end, a blank line between; ``strip`` gives ``text`` back as it was."""
    return f"{text}\n\n{block}" if text else block


def strip(text: str) -> str:
    """``text`` without any live block of ours, whole, reflowed, quoted, doubled or half deleted.

    What the organizer wrote comes back character for character, also what they wrote inside the block.
    """
    found = cuts(text)
    if not found:
        return text
    ends = [0, *(cut.end for cut in found)]
    starts = [*(cut.start for cut in found), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def cuts(text: str) -> list[Cut]:
    """The stretches that ``strip`` takes off, by start; never two with nothing but blanks between."""
    marks = _marks(text)
    found: list[Cut] = []
    index = 0
    while index < len(marks):
        mark = marks[index]
        after = marks[index + 1] if index + 1 < len(marks) else None
        if mark.opens and after is not None and not after.opens:
            found += _whole(text, mark, after)
            index += 2
            continue
        limit = after.start if after else len(text)
        floor = marks[index - 1].end if index else 0
        found += _without_end(text, mark, limit) if mark.opens else _without_start(text, mark, floor)
        index += 1
    return _joined(text, sorted(found))


def _joined(text: str, found: list[Cut]) -> list[Cut]:
    joined: list[Cut] = []
    for cut in found:
        if joined and not text[joined[-1].end : cut.start].strip(_QUOTE + "\r\n"):
            joined[-1] = Cut(joined[-1].start, max(joined[-1].end, cut.end))
        else:
            joined.append(cut)
    return joined


@lru_cache(maxsize=1)
def _mark_pattern() -> re.Pattern[str]:
    said = [[wording(language).text(msgid) for language in LANGUAGES] for msgid in (lines.LIVE_STOCK, lines.END)]
    start, end = ("|".join(r"\s{1,3}".join(map(re.escape, words.split())) for words in some) for some in said)
    start = start.replace(r"\-", rf"{_DASH}")
    return re.compile(rf"(?<!{_DASH})({_DASH}{{1,40}}+)\s{{0,3}}(?:(?P<start>{start})|(?:{end}))\s{{0,3}}({_DASH}{{1,40}}+)", re.IGNORECASE)


def _marks(text: str) -> list[_Mark]:
    found = []
    for match in islice(_mark_pattern().finditer(text), _MOST_MARKS):
        before, after = match[1], match[3]
        exact = before == after == lines.DASHES
        alone = _alone(text, match.start(), match.end())
        if alone or all(len(side) > 1 or side in "―—" for side in (before, after)):
            found.append(_Mark(match.start(), match.end(), match["start"] is not None, exact))
    return found


def _alone(text: str, start: int, end: int) -> bool:
    return not _before_on_line(text, start).strip(_QUOTE) and not _rest_of_line(text, end).text.strip(_QUOTE)


def _before_on_line(text: str, position: int) -> str:
    begin = max(text.rfind(end, 0, position) for end in "\n\r\u2028\u2029") + 1
    return text[begin:position]


class _Rest(NamedTuple):
    text: str
    end: int
    next: int


def _rest_of_line(text: str, position: int) -> _Rest:
    found = _BREAK.search(text, position)
    end, following = found.span() if found else (len(text), len(text))
    return _Rest(text[position:end], end, following)


def _split(text: str, start: int, end: int) -> list[_Line]:
    found, position = [], start
    for match in _BREAK.finditer(text, start, end):
        found.append(_Line(position, match.start(), match.end()))
        position = match.end()
    if position < end:
        found.append(_Line(position, end, end))
    return found


def _whole(text: str, start: _Mark, end: _Mark) -> list[Cut]:
    ours, theirs = _sorted(text, _split(text, start.end, end.start))
    head, tail = _opening(text, start), end.end
    if not theirs:
        return [_with_gaps(text, head, tail)]
    rest = _rest_of_line(text, tail)
    if rest.text.strip(_QUOTE):
        closing = Cut(end.start, tail)
    elif text[rest.end :].strip():
        closing = Cut(_opening(text, end), rest.next)
    else:
        closing = Cut(theirs[-1].end, len(text))
    return [Cut(head, _after_blanks(text, start.end)), *ours, closing]


def _without_end(text: str, start: _Mark, limit: int) -> list[Cut]:
    following = _split(text, start.end, limit)[: _FAR + 1]
    last = _last_of_ours(text, following)
    if last is None:
        return [_with_gaps(text, _opening(text, start), start.end)]
    ours, theirs = _sorted(text, following[: last + 1])
    if not theirs:
        return [_with_gaps(text, _opening(text, start), following[last].end)]
    return [Cut(_opening(text, start), _after_blanks(text, start.end)), *ours]


def _without_start(text: str, end: _Mark, floor: int) -> list[Cut]:
    above = _split(text, floor, _opening(text, end))[-_FAR:]
    first = len(above)
    while first and _blank_or_ours(text, above[first - 1]):
        first -= 1
    while first < len(above) and not _said(text, above[first]).strip():
        first += 1
    if first < len(above):
        return [_with_gaps(text, above[first].start, end.end)]
    return [_with_gaps(text, _opening(text, end), end.end)] if end.exact else []


def _last_of_ours(text: str, following: list[_Line]) -> int | None:
    last: int | None = None
    near = True
    for index, line in enumerate(following):
        said = _said(text, line)
        mine = kind(said)
        if mine and (near or _closes(said)):
            last = index
        if mine and _closes(said):
            return last
        near = near and (bool(mine) or not said.strip())
    return last


def _closes(said: str) -> bool:
    return calm(said).startswith(_closing_words())


@lru_cache(maxsize=1)
def _closing_words() -> tuple[str, ...]:
    return tuple(calm(wording(language).text(lines.UPDATED).partition("{")[0]) for language in LANGUAGES)


def _sorted(text: str, some: list[_Line]) -> tuple[list[Cut], list[_Line]]:
    ours: list[Cut] = []
    theirs: list[_Line] = []
    index, headed = 0, True
    while index < len(some):
        count, mine = _taken(text, some, index, headed)
        if count:
            ours.append(Cut(some[index].start, some[index + count - 1].next))
            headed = mine == "head" or (headed and not mine)
        else:
            theirs.append(some[index])
            headed = False
        index += count or 1
    return ours, theirs


def _taken(text: str, some: list[_Line], index: int, headed: bool) -> tuple[int, Kind]:
    """How many lines from ``index`` on are one or more of ours, or blank; 0 when the first one is the organizer's."""
    said = [_said(text, line) for line in some[index : index + _JOINS]]
    if not said[0].strip():
        return 1, ""
    alone = kind(said[0])
    if len(said) > 1 and said[1].strip() and not kind(said[1]):
        for count in range(2, len(said) + 1):
            mine = flowed(said[:count])
            if mine and (mine != "item" or headed):
                return count, mine
    return int(alone != "" and (alone != "item" or headed)), alone


def _blank_or_ours(text: str, line: _Line) -> bool:
    said = _said(text, line)
    return not said.strip() or bool(kind(said))


def _said(text: str, line: _Line) -> str:
    return text[line.start : line.end].lstrip(_QUOTE)


def _opening(text: str, mark: _Mark) -> int:
    before = _before_on_line(text, mark.start)
    return mark.start - len(before) if not before.strip(_QUOTE) else mark.start


def _after_blanks(text: str, position: int) -> int:
    rest = _rest_of_line(text, position)
    return rest.next if not rest.text.strip() else position + len(rest.text) - len(rest.text.lstrip())


# Outlook sets every line apart from the next, also from those before the block.
_DOUBLED = re.compile(r"\n[ \t\u00a0]*\r?\n")
_GAP = re.compile(r"(?:\r\n|\n)[ \t\u00a0>|]*(?:\r\n|\n)?[ \t\u00a0>|]*$")


def _with_gaps(text: str, start: int, end: int) -> Cut:
    """The cut with the blank line that ``attach`` put before it, and with what a client put behind the last line."""
    if not text[end:].strip(_QUOTE + "\r\n\u2028\u2029"):
        end = len(text)
    before = text[max(0, start - 200) : start]
    if _DOUBLED.search(text, start, end):
        return Cut(start - len(before) + len(before.rstrip(_QUOTE + "\r\n")), end)
    if before.endswith("\n\n") and (not before.endswith("\r\n\n") or "\r\n" not in text[start:end]):
        return Cut(start - 2, end)
    if found := _GAP.search(before):
        return Cut(start - len(found[0]), end)
    if start == 0:
        while end < len(text) and text[end] in "\r\n":
            end += 1
        return Cut(0, end)
    return Cut(start - (before.endswith(" ")), end)
