"""The organizer's rendering as a template: parsed once at an edit, filled by string work alone at every stock change."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from bridge.ical import insertions
from bridge.ical.blocks import WAS
from bridge.ical.check import checked
from bridge.ical.lines import MARK, Component, Line, parse, spliced
from bridge.ical.notetexts import ALTREP, altrep, is_html_line, is_html_value
from bridge.ical.series import recurrence_key
from bridge.ical.span import span_of
from bridge.ical.values import stamp as stamped
from bridge.ical.zones import zones_of

_Edit = tuple[int, int, str]
_NEWLINES = {"c": "\r\n", "l": "\n"}


def template(source: str, keys: Collection[str], timezone: str = "UTC") -> str:
    """``source`` with a marker wherever the live block of each key goes.

    A key is ``""`` for a lone event or a master, else an override's canonical RECURRENCE-ID; VEVENTs of other keys stay as
    they are. ``timezone`` is the drop's, as ``read`` was given it. Raises as ``read`` does.
    """
    calendar = parse(source)
    found = checked(calendar)
    zones = zones_of(calendar, source, timezone)
    master = next((c for c in found if c.first("RECURRENCE-ID") is None), None)
    span = span_of(master, zones) if master and master.name == "VEVENT" else None
    edits: list[_Edit] = []
    for component in found:
        key = recurrence_key(component, span, zones)
        if component.name == "VEVENT" and key in keys:
            edits += _edits(source, component, key)
    return spliced(source, edits)


def _edits(source: str, event: Component, key: str) -> Iterator[_Edit]:
    description = event.first("DESCRIPTION")
    if description is None:
        yield event.tail, event.tail, _marker("n", source, event.tail, key)
    else:
        yield from _in_description(source, description, key)
    for line in event.lines:
        if is_html_line(line):
            end = _value_end(source, line)
            yield end, end, _marker("h", source, line.end, key)
    yield _stamp_edit(source, event, key)


def _in_description(source: str, line: Line, key: str) -> Iterator[_Edit]:
    if altrep(line):
        at = _altrep_end(source, line)
        yield at, at, _marker("a", source, line.end, key)
    kind = "h" if is_html_value(line) else "t" if line.value else "e"
    end = _value_end(source, line)
    yield end, end, _marker(kind, source, line.end, key)


def _stamp_edit(source: str, event: Component, key: str) -> _Edit:
    """LAST-MODIFIED follows the rendering; what it was is kept beside it, so that it can be put back."""
    line = event.first("LAST-MODIFIED")
    if line is None:
        return event.tail, event.tail, _marker("M", source, event.tail, key)
    raw = source[line.start : line.end].rstrip("\r\n")
    value = line.value
    if not raw.endswith(":" + value) or len(raw) > 40 or len(value) != 16 or not value.endswith("Z") or WAS in raw.upper():
        return line.start, line.start, ""
    at = line.start + len(raw) - len(value) - 1
    return at, at + len(value) + 1, _marker("m", source, line.end, value + key)


def _marker(kind: str, source: str, end: int, key: str) -> str:
    newline = "l" if source[end - 2 : end - 1] != "\r" else "c"
    return f"{MARK}{kind}{newline}{key}{MARK}"


def _value_end(source: str, line: Line) -> int:
    return line.start + len(source[line.start : line.end].rstrip("\r\n"))


def _altrep_end(source: str, line: Line) -> int:
    """Where the closing quote of the ALTREP stands in the folded line."""
    raw = source[line.start : line.end]
    found = ALTREP.search(line.name + line.parameters)
    characters = found.end(2) if found else 0
    at = 0
    while characters:
        if raw[at] in "\r\n":
            at = raw.index("\n", at) + 2
        else:
            at += 1
            characters -= 1
    return line.start + at


def fill(template: str, blocks: Mapping[str, str], stamp: datetime) -> str:
    """The rendering: ``template`` with the blocks of its keys, last modified at ``stamp``; a key without a block gets nothing.

    Parses nothing. ``read`` of the result has the template's source as its ``source``.
    """
    parts = template.split(MARK)
    when = _when(stamp)
    for at in range(1, len(parts), 2):
        parts[at] = _filled(parts[at], blocks, when)
    return "".join(parts)


@lru_cache(maxsize=256)
def _when(stamp: datetime) -> str:
    return stamped(stamp)


def _filled(marker: str, blocks: Mapping[str, str], when: str) -> str:
    kind, newline, key = marker[0], _NEWLINES[marker[1]], marker[2:]
    if kind == "m":
        was, key = key[:16], key[16:]
        return f";{WAS}={was}:{when}" if key in blocks else f":{was}"
    if key not in blocks:
        return ""
    if kind == "M":
        return f"LAST-MODIFIED;{WAS}=NONE:{when}{newline}"
    return _INSERTIONS[kind](blocks[key], newline)


def _quoted(block: str, newline: str) -> str:
    return insertions.behind(block, insertions.QUOTED, newline) + f"{newline} "


_INSERTIONS: dict[str, Callable[[str, str], str]] = {
    "n": lambda block, newline: insertions.line("DESCRIPTION", block, insertions.TEXT, newline),
    "t": lambda block, newline: insertions.behind(block, insertions.TEXT, newline),
    "e": lambda block, newline: insertions.alone(block, insertions.TEXT, newline),
    "h": lambda block, newline: insertions.behind(block, insertions.HTML, newline),
    "a": _quoted,
}
