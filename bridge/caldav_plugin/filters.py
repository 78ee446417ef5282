"""C:filter read from a request into values (RFC 4791 section 9.7), refused where it makes no sense."""

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bridge.caldav_plugin.refused import QueryRefused

CALDAV = "{urn:ietf:params:xml:ns:caldav}"
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
DEEPEST = 6
TIMED_COMPONENTS = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VALARM"})
TIMED_PROPERTIES = frozenset({"COMPLETED", "CREATED", "DTEND", "DTSTAMP", "DTSTART", "DUE", "LAST-MODIFIED"})

_UTC_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)


class Range(NamedTuple):
    """[start, end) in UTC; an open end is ``EARLIEST`` or ``LATEST``, which no calendar reaches."""

    start: datetime
    end: datetime

    @property
    def starts(self) -> datetime | None:
        """The start, or None when it is open."""
        return None if self.start == EARLIEST else self.start

    @property
    def ends(self) -> datetime | None:
        """The end, or None when it is open."""
        return None if self.end == LATEST else self.end

    def widened(self, by: timedelta) -> "Range":
        """The range with ``by`` more on both sides."""
        return Range(max(self.start - EARLIEST, by) - by + EARLIEST, LATEST - (max(LATEST - self.end, by) - by))


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A substring, how it is compared, and whether finding it is a miss. ``needle`` is folded already."""

    needle: str
    fold: Callable[[str], str]
    negate: bool

    def holds(self, text: str) -> bool:
        """Whether ``text`` passes."""
        return (self.needle in self.fold(text)) is not self.negate


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """C:param-filter; ``name`` in capitals."""

    name: str
    absent: bool
    text: TextMatch | None


@dataclass(frozen=True, slots=True)
class PropFilter:
    """C:prop-filter; ``name`` in capitals."""

    name: str
    absent: bool
    range: Range | None
    text: TextMatch | None
    parameters: tuple[ParamFilter, ...]


@dataclass(frozen=True, slots=True)
class CompFilter:
    """C:comp-filter; ``name`` in capitals."""

    name: str
    absent: bool = False
    range: Range | None = None
    properties: tuple[PropFilter, ...] = ()
    components: tuple["CompFilter", ...] = ()

    @property
    def asks_existence_only(self) -> bool:
        """Whether nothing but the component's name is asked for."""
        return not (self.absent or self.range or self.properties or self.components)


EVERYTHING = CompFilter("VCALENDAR")


def read_filter(query: ET.Element) -> CompFilter:
    """The filter of a C:calendar-query; everything when it has none.

    Raises ``QueryRefused`` (``C:valid-filter``, ``C:supported-filter``, ``C:supported-collation``).
    """
    filters = query.findall(f"{CALDAV}filter")
    if not filters:
        return EVERYTHING
    tops = [top for element in filters for top in _children(element, "comp-filter")]
    if len(tops) != 1 or _name(tops[0]) != "VCALENDAR":
        raise QueryRefused("C:valid-filter", "A filter has exactly one comp-filter at its top, and it is named VCALENDAR.")
    return _component(tops[0], 1)


def read_range(element: ET.Element, *, closed: bool = False) -> Range:
    """The ``start`` and ``end`` attributes; ``closed`` demands both. Raises ``QueryRefused`` (``C:valid-filter``)."""
    start, end = (_moment(element.get(side)) for side in ("start", "end"))
    if (start is None and end is None) or (closed and (start is None or end is None)):
        raise QueryRefused("C:valid-filter", "A time range needs a start or an end; an expansion needs both.")
    if start is not None and end is not None and start >= end:
        raise QueryRefused("C:valid-filter", "The end of a time range must come after its start.")
    return Range(max(start or EARLIEST, EARLIEST), min(end or LATEST, LATEST))


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    match = _UTC_TIME.fullmatch(written)
    try:
        if match is not None:
            return datetime(*(int(part) for part in match.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        pass
    raise QueryRefused("C:valid-filter", "Times in a query are written in UTC, like 20261205T090000Z.")


def _children(element: ET.Element, *known: str) -> Iterator[ET.Element]:
    for child in element:
        if child.tag.startswith(CALDAV):
            if child.tag.removeprefix(CALDAV) not in known:
                raise QueryRefused("C:valid-filter", f"{child.tag.removeprefix(CALDAV)} cannot stand here in a filter.")
            yield child


def _name(element: ET.Element) -> str:
    name = (element.get("name") or "").strip().upper()
    if not name:
        raise QueryRefused("C:valid-filter", "Every comp-filter, prop-filter and param-filter needs a name.")
    return name


def _is_absent(children: list[ET.Element]) -> bool:
    absent = any(child.tag == f"{CALDAV}is-not-defined" for child in children)
    if absent and len(children) > 1:
        raise QueryRefused("C:valid-filter", "is-not-defined stands alone in its filter.")
    return absent


def _only(children: list[ET.Element], tag: str) -> ET.Element | None:
    found = [child for child in children if child.tag == f"{CALDAV}{tag}"]
    if len(found) > 1:
        raise QueryRefused("C:valid-filter", f"A filter has at most one {tag}.")
    return found[0] if found else None


def _component(element: ET.Element, depth: int) -> CompFilter:
    name = _name(element)
    if depth > DEEPEST or (name == "VCALENDAR") is not (depth == 1):
        raise QueryRefused("C:valid-filter", f"A comp-filter named {name[:40]} cannot stand here.")
    children = list(_children(element, "is-not-defined", "time-range", "prop-filter", "comp-filter"))
    timed = _only(children, "time-range")
    if timed is not None and name not in TIMED_COMPONENTS:
        raise QueryRefused("C:supported-filter", f"A time range means nothing on {name[:40]}.")
    return CompFilter(
        name,
        _is_absent(children),
        None if timed is None else read_range(timed),
        tuple(_property(child) for child in children if child.tag == f"{CALDAV}prop-filter"),
        tuple(_component(child, depth + 1) for child in children if child.tag == f"{CALDAV}comp-filter"),
    )


def _property(element: ET.Element) -> PropFilter:
    name = _name(element)
    children = list(_children(element, "is-not-defined", "time-range", "text-match", "param-filter"))
    timed, text = _only(children, "time-range"), _only(children, "text-match")
    if timed is not None and name not in TIMED_PROPERTIES:
        raise QueryRefused("C:supported-filter", f"A time range means nothing on {name[:40]}.")
    return PropFilter(
        name,
        _is_absent(children),
        None if timed is None else read_range(timed),
        None if text is None else _text_match(text),
        tuple(_parameter(child) for child in children if child.tag == f"{CALDAV}param-filter"),
    )


def _parameter(element: ET.Element) -> ParamFilter:
    children = list(_children(element, "is-not-defined", "text-match"))
    text = _only(children, "text-match")
    return ParamFilter(_name(element), _is_absent(children), None if text is None else _text_match(text))


def ascii_folded(text: str) -> str:
    """``i;ascii-casemap`` (RFC 4790 section 9.2): only A to Z have a lower case."""
    return text.lower() if text.isascii() else text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def unicode_folded(text: str) -> str:
    """``i;unicode-casemap`` (RFC 5051): title case and full decomposition, so accents are kept but composed alike."""
    titled = "".join(letter.title() if len(letter.title()) == 1 else letter for letter in text)
    return unicodedata.normalize("NFKD", titled)


def _as_is(text: str) -> str:
    return text


COLLATIONS: dict[str, Callable[[str], str]] = {
    "i;ascii-casemap": ascii_folded,
    "i;octet": _as_is,
    "i;unicode-casemap": unicode_folded,
}


def _text_match(element: ET.Element) -> TextMatch:
    collation = element.get("collation", "i;ascii-casemap")
    fold = COLLATIONS.get("i;ascii-casemap" if collation == "default" else collation)
    if fold is None:
        raise QueryRefused("C:supported-collation", f"The collations known here are {', '.join(COLLATIONS)}.")
    negate = element.get("negate-condition", "no")
    if negate not in ("yes", "no"):
        raise QueryRefused("C:valid-filter", "negate-condition is yes or no.")
    return TextMatch(fold(element.text or ""), fold, negate == "yes")
