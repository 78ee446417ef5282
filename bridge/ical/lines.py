"""Content lines and components (RFC 5545 section 3.1), with the place of each in the text.

Nothing here changes an octet: a ``Line`` knows where it stands, so that an edit can touch one line and leave the rest.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bridge.core.errors import InvalidCalendarData, InvalidCalendarObject

MARK = "\x1f"
_LOGICAL = re.compile(r"[^\n]+(?:\n[ \t][^\n]*)*\n?")
_FOLD = re.compile(r"\r*\n[ \t]")
_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_LINE = re.compile(rf"([A-Za-z0-9_./-]+)((?:;[A-Za-z0-9_./-]+={_VALUE}(?:,{_VALUE})*)*):(.*)", re.DOTALL)
_SLOPPY = re.compile(r"([A-Za-z0-9_./-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.DOTALL)
_PARAM = re.compile(r';([A-Za-z0-9_./-]+)=("[^"]*"|[^";]*)((?:,(?:"[^"]*"|[^";,]*))*)')
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?![\r\n])")
_BREAK = re.compile("\r\n|[\x85\u2028\u2029]")
_SPECIAL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\\\\;,]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LITERAL = {"n": "\n", "N": "\n"}
_NOTES_LITERAL = {**_LITERAL, "r": "\n"}
_NOTES_ESCAPED = re.compile(r"\\(?:(?P<pair>r)(?=\\[nN])|(.))", re.DOTALL)
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One property. ``name`` is in upper case; ``parameters`` and ``value`` are as written, unfolded.

    ``start`` and ``end`` bound the folded line in the text, its line end included.
    """

    name: str
    parameters: str
    value: str
    start: int
    end: int

    def parameter(self, name: str) -> str:
        """The value of a parameter without its quotes, ``""`` when it is absent."""
        if not self.parameters:
            return ""
        for found in _PARAM.finditer(self.parameters):
            if found[1].upper() == name:
                return found[2].strip('"') + found[3]
        return ""

    @property
    def text(self) -> str:
        """The value as TEXT (RFC 5545 section 3.3.11)."""
        return unescape(self.value)

    @property
    def notes(self) -> str:
        """The value as notes, see ``unescape_notes``."""
        return unescape_notes(self.value)


@dataclass(slots=True)
class Component:
    """A component: its lines, its children, and the span from its BEGIN to its END line, line end included."""

    name: str
    start: int
    body: int
    end: int = 0
    tail: int = 0
    lines: list[Line] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        """The first property of this name."""
        return next((line for line in self.lines if line.name == name), None)

    def all(self, name: str) -> list[Line]:
        """Every property of this name, in order."""
        return [line for line in self.lines if line.name == name]

    def value(self, name: str) -> str:
        """The raw value of the first property of this name, ``""`` when it is absent."""
        line = self.first(name)
        return line.value.strip() if line else ""

    def text(self, name: str) -> str:
        """The first property of this name as TEXT, ``""`` when it is absent."""
        line = self.first(name)
        return line.text if line else ""

    def walk(self) -> Iterator["Component"]:
        """This component and all inside it."""
        yield self
        for child in self.children:
            yield from child.walk()


def unescape(value: str) -> str:
    """TEXT as a person reads it; a backslash before anything unknown goes."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: _LITERAL.get(found[1], found[1]), value)


def unescape_notes(value: str) -> str:
    r"""TEXT in which some programs write line breaks as ``\r\n`` or ``\r``, which RFC 5545 has not: those are line breaks.

    As long as what ``unescape`` gives, character by character.
    """
    if "\\r" not in value:
        return unescape(value)
    return _NOTES_ESCAPED.sub(lambda found: "\r" if found["pair"] else _NOTES_LITERAL.get(found[2], found[2]), value)


def escape(text: str) -> str:
    """``text`` as a TEXT value. Control characters that no calendar may hold are left out; every line break is one."""
    if _SPECIAL.search(text) is None:
        return text
    text = _CONTROL.sub("", _BREAK.sub("\n", text))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")


def unfold(raw: str) -> str:
    """A folded line as one, without its line end."""
    if "\n" in raw:
        raw = _FOLD.sub("", raw)
    return raw.rstrip("\r\n")


def fold(line: str, newline: str = "\r\n", room: int = 75) -> str:
    """``line`` folded at 75 octets of UTF-8 without splitting a character; the first piece gets ``room`` octets."""
    if line.isascii():
        if len(line) <= room:
            return line
        pieces = [line[:room], *(line[at : at + 74] for at in range(room, len(line), 74))]
        return (newline + " ").join(pieces)
    return (newline + " ").join(_pieces(line.encode("utf-8", "replace"), room))


def _pieces(octets: bytes, room: int) -> Iterator[str]:
    at, size = 0, len(octets)
    while at < size:
        end = at + room
        if end < size:
            while octets[end] & 0xC0 == 0x80:
                end -= 1
        yield octets[at:end].decode()
        at, room = end, 74


def parse(text: str) -> Component:
    """The one VCALENDAR that ``text`` is.

    Raises ``InvalidCalendarData`` when it is no iCalendar object at all, ``InvalidCalendarObject`` when a line is broken.
    """
    found = list(components(text))
    if len(found) > 1:
        raise InvalidCalendarObject("This holds several calendars; a calendar resource is exactly one VCALENDAR.")
    return found[0]


def components(text: str) -> list[Component]:
    """Every VCALENDAR in ``text``, in order; at least one. Raises as ``parse`` does."""
    if not text.strip().lstrip("\ufeff").upper().startswith("BEGIN:VCALENDAR"):
        raise InvalidCalendarData("This is not an iCalendar object: it does not begin with BEGIN:VCALENDAR.")
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise InvalidCalendarObject(f"Line {line} holds a control character (U+{ord(control[0]):04X}), which iCalendar does not allow.")
    return _tree(text)


def _tree(text: str) -> list[Component]:
    roots: list[Component] = []
    open_: list[Component] = []
    for found in _LOGICAL.finditer(text):
        line = _line(text, found)
        if line is None:
            continue
        if line.name == "BEGIN":
            _begin(line, open_, roots)
        elif line.name == "END":
            _end(line, open_)
        elif open_:
            open_[-1].lines.append(line)
        else:
            raise InvalidCalendarObject(f"Line {_number(text, line.start)} stands outside of the calendar.")
    if open_:
        raise InvalidCalendarData(f"The calendar ends before its {open_[-1].name} does; part of it is missing.")
    return roots


def _line(text: str, found: re.Match[str]) -> Line | None:
    raw = unfold(found[0])
    if found.start() == 0:
        raw = raw.lstrip("\ufeff")
    match = _LINE.fullmatch(raw) or _SLOPPY.fullmatch(raw)
    if match is None:
        if not raw.strip():
            return None
        raise InvalidCalendarObject(f"Line {_number(text, found.start())} is not a property: “{raw[:40]}”.")
    return Line(match[1].upper(), match[2], match[3], found.start(), found.end())


def _number(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _begin(line: Line, open_: list[Component], roots: list[Component]) -> None:
    made = Component(line.value.strip().upper(), line.start, line.end)
    if len(open_) >= _MAX_DEPTH:
        raise InvalidCalendarObject("The components of this calendar are nested too deeply.")
    if not open_ and made.name != "VCALENDAR":
        raise InvalidCalendarData(f"A {made.name[:40]} stands outside of the calendar.")
    (open_[-1].children if open_ else roots).append(made)
    open_.append(made)


def _end(line: Line, open_: list[Component]) -> None:
    name = line.value.strip().upper()
    if not open_ or open_[-1].name != name:
        raise InvalidCalendarObject(f"END:{name[:40]} has no BEGIN that it closes.")
    open_[-1].tail, open_[-1].end = line.start, line.end
    open_.pop()


def newline_of(text: str) -> str:
    """How lines of ``text`` end: CRLF unless it clearly uses LF alone."""
    at = text.find("\n")
    return "\n" if at > 0 and text[at - 1] != "\r" else "\r\n"


def spliced(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """``text`` with each span replaced; spans may not overlap."""
    out: list[str] = []
    at = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        out += (text[at:start], new)
        at = end
    out.append(text[at:])
    return "".join(out)


def joined(lines: Sequence[str]) -> str:
    """Logical lines, folded and ended."""
    return "".join(fold(line) + "\r\n" for line in lines)
