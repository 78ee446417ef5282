"""Taking our live block out of a text, in whatever shape a client gives it back, and touching nothing else.

What ``template.fill`` put in begins behind a fold of its own, so an untouched rendering loses exactly those octets.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from bridge import liveblock
from bridge.ical.insertions import HTML_BREAK, HTML_SAFE, SEPARATOR
from bridge.ical.lines import Component, Line, escape, fold, spliced, unescape_notes, unfold
from bridge.ical.notetexts import ALTREP, altrep, is_html_line, is_html_value, is_notes

WAS = "X-DROP-WAS"
_FOLD = re.compile(r"\r*\n[ \t]")
_FOLD_BEFORE_QUOTE = re.compile(r'\r*\n[ \t](?=(?:\r*\n[ \t])*")')
_UNIT = re.compile(r"\\(?:\r*\n[ \t])*.|(?P<fold>\r*\n[ \t])|.", re.DOTALL)
_STAMPED = re.compile(rf";{WAS}=(NONE|\d{{8}}T\d{{6}}Z)(?=[;:])", re.IGNORECASE)
_HEAD = re.compile(r'(?:[^:"]|"[^"]*")*:')


def without_blocks(text: str, found: Iterable[Component]) -> str:
    """``text``, parsed as ``found``, without live blocks of ours; the very same text when there is none."""
    edits = []
    for component in found:
        for inner in component.walk():
            for line in inner.lines:
                raw = text[line.start : line.end]
                new = _cleaned(raw, line)
                if new is not None:
                    edits.append((line.start, line.end, new))
    return spliced(text, edits) if edits else text


def _cleaned(raw: str, line: Line) -> str | None:
    """The raw line without our block, None when it has none."""
    if is_notes(line):
        return _cleaned_notes(raw, line)
    if line.name == "LAST-MODIFIED" and WAS in line.parameters.upper():
        return _restored_stamp(raw)
    return None


def _restored_stamp(raw: str) -> str | None:
    line = unfold(raw)
    found = _STAMPED.search(line)
    if found is None:
        return None
    if found[1].upper() == "NONE":
        return ""
    return f"{line[: found.start()]}{line[found.end() :].rpartition(':')[0]}:{found[1]}{_ending(raw)}"


def _cleaned_notes(raw: str, line: Line) -> str | None:
    changed = raw
    html = altrep(line)
    kept_html = liveblock.strip_html(html) if html else ""
    if kept_html != html:
        changed = _without_altrep(raw, kept_html)
    text = line.notes
    if _stripped(text, html=is_html_line(line) or is_html_value(line)) != text:
        changed = _without_value(changed, line, liveblock.text_of_html(kept_html))
    return changed if changed is not raw else None


def _stripped(text: str, *, html: bool) -> str:
    return liveblock.strip_html(text) if html else liveblock.strip(text)


def _ending(raw: str) -> str:
    return "\r\n" if raw.endswith("\r\n") else "\n" if raw.endswith("\n") else ""


def _without_value(raw: str, line: Line, other: str) -> str:
    """The line without the block in its value; without anything left to say, here and in the ``other`` form, no line."""
    head = _HEAD.match(raw)
    begin = head.end() if head else 0
    exact = _before_insertion(raw, begin)
    if exact is not None:
        return raw[:exact] + _ending(raw)
    html = is_html_line(line) or is_html_value(line)
    kept = _stripped(line.notes, html=html)
    if not (liveblock.text_of_html(kept) if html else kept).strip() and not other.strip():
        return ""
    if line.notes.startswith(kept):
        return raw[: _position(raw, begin, len(kept))] + _ending(raw)
    return fold(unfold(raw[:begin]) + escape(kept), _ending(raw) or "\r\n") + _ending(raw)


def _before_insertion(raw: str, begin: int) -> int | None:
    """Where what ``template.fill`` put behind a value begins: at a fold of its own, up to the end of the line."""
    for found in _last_folds(raw, begin):
        if _is_insertion(unescape_notes(unfold(raw[found.end() :])), alone=not unfold(raw[begin : found.start()])):
            return found.start()
    return None


def _last_folds(raw: str, begin: int) -> list[re.Match[str]]:
    """The folds of a line; of several in a row only the last, which is ours if any is."""
    return [found for found in _FOLD.finditer(raw, begin) if _FOLD.match(raw, found.end()) is None]


def _is_insertion(tail: str, *, alone: bool) -> bool:
    if tail.startswith(HTML_BREAK):
        return liveblock.strip_html(tail) == ""
    behind = tail.startswith(SEPARATOR) and not tail[2:3].isspace()
    return tail != "" and (alone or behind) and liveblock.strip(tail) == ""


def _position(raw: str, begin: int, characters: int) -> int:
    """Where in the folded ``raw`` the first ``characters`` of its unescaped value end."""
    at = begin
    for unit in _UNIT.finditer(raw, begin):
        if characters == 0:
            break
        at = unit.end()
        if unit["fold"] is None:
            characters -= 1
    return at


def _without_altrep(raw: str, kept: str) -> str:
    line = unfold(raw)
    found = ALTREP.search(line)
    if found is None:
        return raw
    exact = _exact_altrep(raw)
    if exact is not None:
        return exact
    line = f"{line[: found.start(2)]}{quote(kept, HTML_SAFE)}{line[found.end(2) :]}"
    return fold(line, _ending(raw) or "\r\n") + _ending(raw)


def _exact_altrep(raw: str) -> str | None:
    """The line without an insertion between two folds that stands before the closing quote of its ALTREP."""
    for last in _FOLD_BEFORE_QUOTE.finditer(raw):
        for first in _last_folds(raw, 0):
            inserted = unquote(unfold(raw[first.end() : last.start()])) if first.end() < last.start() else ""
            if inserted.startswith(HTML_BREAK) and liveblock.strip_html(inserted) == "":
                return raw[: first.start()] + raw[last.end() :]
    return None
