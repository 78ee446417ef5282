"""The live block in notes that a client keeps as HTML: Google, Outlook and Thunderbird (ALTREP) do.

Everything here takes any text, well formed or not, and never raises.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import accumulate, pairwise

from bridge.liveblock_marks import Cut, cuts

_TAGS = (
    "a|abbr|b|big|blockquote|body|center|code|div|em|font|h[1-6]|head|hr|html|html-blob|i|img|li|o:p|ol|p|pre|s|small|span|strong|style|sub|"
    "sup|table|tbody|td|th|thead|title|tr|tt|u|ul"
)
_TAG = re.compile(rf"<(?:br\s{{0,9}}/?|(?P<closing>/)?(?:{_TAGS})(?:\s[^<>]*)?/?)>", re.IGNORECASE)
_NAME = re.compile(r"</?([a-zA-Z][\w:-]{0,40})")
_ENDS_LINE = frozenset(("br", "hr", "p", "div", "li", "tr", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre"))
_VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "wbr", "base"))
_UNSEEN = frozenset(("style", "script", "head", "title"))
_PIECE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});|[ \t\r\n\f]+|[^&\s]+|.", re.DOTALL)
_BLANKS = " \t\r\n\f"
_LINK = re.compile(r"https?://[^\s<>\"]+")


def is_html(text: str) -> bool:
    """Whether notes are HTML: a line break tag, or a known tag that opens and one that closes. ``a < b`` is not.

    Lines parted by line breaks, with a word in ``<b>`` among them, are plain text: as HTML they would run together.
    """
    opens = closes = ends = False
    for tag in _TAG.finditer(text):
        if tag[0][1:3].lower() == "br":
            return True
        if tag["closing"]:
            closes = True
        else:
            opens = True
        ends = ends or _NAME.match(tag[0])[1].lower() in _ENDS_LINE  # type: ignore[index] # every tag of ours has a name
        if opens and closes and (ends or "\n" not in text):
            return True
    return False


def line_as_html(line: str) -> str:
    """A line of the block: escaped, the booking address a link."""
    parts, position = [], 0
    for found in _LINK.finditer(line):
        address = escape(found[0])
        parts += [escape(line[position : found.start()], quote=False), f'<a href="{address}">{address}</a>']
        position = found.end()
    return "".join(parts) + escape(line[position:], quote=False)


def strip_html(html: str) -> str:
    """``html`` without any live block of ours; tags stay balanced, and what the organizer wrote stays as it was."""
    rest = _without_own(html)
    page = _Page.of(rest)
    found = cuts(page.text)
    return page.without(found) if found else rest


def text_of_html(html: str, *, breaks: bool = False) -> str:
    """The words of ``html`` as plain text, a line for each line a reader would see.

    With ``breaks`` a line break in the source is one too: people type them into notes, and no app wraps those.
    """
    return _Page.of(html, breaks=breaks).text.strip("\n")


def _without_own(html: str) -> str:
    """``html`` without the block that was put at its very end, a ``<br>`` a line, be the rest as malformed as it likes."""
    start = html.rfind("<br><br>―― ")
    if start < 0 or not html.endswith(" ――"):
        return html
    tail = _Page.of(html[start + 8 :])
    found = cuts(tail.text)
    return html[:start] if len(found) == 1 and found[0] == Cut(0, len(tail.text)) else html


@dataclass(slots=True)
class _Piece:
    """A stretch of the source: a tag with its ``name``, or characters that read as ``text``."""

    start: int
    end: int
    text: str
    name: str = ""
    closes: bool = False


@dataclass(slots=True)
class _Content:
    """Whether something inside an element is gone, and whether something is left."""

    gone: bool = False
    left: bool = False

    def add(self, *, gone: bool, left: bool) -> None:
        self.gone |= gone
        self.left |= left


@dataclass(slots=True)
class _Page:
    source: str
    pieces: list[_Piece] = field(default_factory=list)
    text: str = ""

    @classmethod
    def of(cls, source: str, *, breaks: bool = False) -> "_Page":
        """The page read into pieces; a line break in the source is one where no tag makes any, or with ``breaks``."""
        page = cls(source, _pieces(source))
        _as_seen(page.pieces, breaks=breaks or not any(piece.name in _ENDS_LINE for piece in page.pieces))
        page.text = "".join(piece.text for piece in page.pieces)
        return page

    def without(self, found: list[Cut]) -> str:
        """The source less the pieces whose text is cut, and less every element that only they filled."""
        gone = self._cut(found)
        for start, end in self._emptied(gone):
            gone[start : end + 1] = [True] * (end + 1 - start)
        return "".join(self.source[p.start : p.end] for p, out in zip(self.pieces, gone, strict=True) if not out)

    def _emptied(self, gone: list[bool]) -> list[tuple[int, int]]:
        """The outermost elements in which something is gone and nothing is left, by their first and last piece."""
        partner = _partners(self.pieces)
        within = [_Content()]
        found: list[tuple[int, int]] = []
        for index, piece in enumerate(self.pieces):
            if partner.get(index, -1) > index:
                within.append(_Content())
            elif index not in partner:
                within[-1].add(gone=gone[index], left=not gone[index] and (bool(piece.name) or bool(self._shown(piece))))
            else:
                content = within.pop()
                empty = content.gone and not content.left
                within[-1].add(gone=empty, left=content.left)
                if empty:
                    while found and found[-1][0] > partner[index]:
                        found.pop()
                    found.append((partner[index], index))
        return found

    def _cut(self, found: list[Cut]) -> list[bool]:
        ends = [0, *accumulate(len(piece.text) for piece in self.pieces)]
        gone, index = [], 0
        for piece, (start, end) in zip(self.pieces, pairwise(ends), strict=True):
            while index < len(found) and found[index].end < max(end, start + 1) and found[index].end <= start:
                index += 1
            cut = found[index] if index < len(found) else Cut(end + 1, end + 1)
            inside = cut.start <= start and end <= cut.end and (start < end or cut.start < start)
            gone.append(inside and (not piece.name or piece.name in _VOID))
        return gone

    def _shown(self, piece: _Piece) -> str:
        return self.source[piece.start : piece.end].strip(_BLANKS)


def _pieces(source: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    while position < len(source):
        end = _end_of_tag(source, position) if source[position] == "<" else -1
        if end > 0:
            pieces.append(_tag(source, position, end))
            name = pieces[-1].name
            if name in _UNSEEN and not pieces[-1].closes:
                end = _end_of_unseen(source, end, name)
                pieces[-1].end = end
                pieces[-1].name = "!"
            position = end
            continue
        following = source.find("<", position + 1)
        following = len(source) if following < 0 else following
        pieces += (_Piece(m.start(), m.end(), m[0]) for m in _PIECE.finditer(source, position, following))
        position = following
    return pieces


def _end_of_tag(source: str, position: int) -> int:
    if source.startswith("<!--", position):
        end = source.find("-->", position + 4)
        return end + 3 if end >= 0 else len(source)
    if not (source[position + 1 : position + 2].isalpha() or source[position + 1 : position + 2] in ("/", "!", "?")):
        return -1
    end = source.find(">", position)
    return end + 1 if end >= 0 else len(source)


def _end_of_unseen(source: str, position: int, name: str) -> int:
    found = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(source, position)
    return found.end() if found else len(source)


def _tag(source: str, start: int, end: int) -> _Piece:
    found = _NAME.match(source, start, end)
    return _Piece(start, end, "", found[1].lower() if found else "!", source.startswith("</", start))


def _as_seen(pieces: list[_Piece], *, breaks: bool) -> None:
    """Gives each piece the text a reader sees for it: blanks merged, entities resolved, a new line where a block begins."""
    line_is_empty, blank = True, False
    for piece in pieces:
        if piece.name:
            piece.text = "\n" if piece.name == "br" or (piece.name in _ENDS_LINE and not line_is_empty) else ""
            line_is_empty = line_is_empty or bool(piece.text)
            continue
        if piece.text[0] in _BLANKS:
            piece.text = "\n" * piece.text.count("\n") if breaks and "\n" in piece.text else ("" if line_is_empty or blank else " ")
            blank = True
            line_is_empty = line_is_empty or "\n" in piece.text
            continue
        if piece.text[0] == "&":
            piece.text = unescape(piece.text)
        line_is_empty, blank = False, False


def _partners(pieces: list[_Piece]) -> dict[int, int]:
    """Each opening tag's index with that of the tag that closes it, and the other way round; elements never cross."""
    stack: list[int] = []
    waiting: Counter[str] = Counter()
    found: dict[int, int] = {}
    for index, piece in enumerate(pieces):
        if not piece.name or piece.name in _VOID or piece.name == "!":
            continue
        if not piece.closes:
            stack.append(index)
            waiting[piece.name] += 1
            continue
        while waiting[piece.name]:
            opening = stack.pop()
            waiting[pieces[opening].name] -= 1
            if pieces[opening].name == piece.name:
                found[opening], found[index] = index, opening
                break
    return found
