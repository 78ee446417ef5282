"""A live block as it is written behind notes: every line behind a fold of its own (RFC 5545 section 3.1).

A count that changes is told on every slot that sells the item, mostly in the same lines: each is escaped and folded once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from bridge import liveblock
from bridge.ical.lines import escape, fold

SEPARATOR = "\n\n"
HTML_BREAK = "<br><br>"
HTML_SAFE = "/?:@!$&'()*+=~-._"


@dataclass(frozen=True, eq=False)
class Shape:
    """How a line of the block is written, what stands between two lines, and what between the notes and the first."""

    written: Callable[[str], str]
    between: str
    before: str


def _html(line: str) -> str:
    return escape(liveblock.line_as_html(line))


def _quoted(line: str) -> str:
    return quote(liveblock.line_as_html(line), HTML_SAFE)


TEXT = Shape(escape, "\\n", "\\n\\n")
HTML = Shape(_html, "<br>", HTML_BREAK)
QUOTED = Shape(_quoted, quote("<br>", HTML_SAFE), quote(HTML_BREAK, HTML_SAFE))


def behind(block: str, shape: Shape, newline: str = "\r\n") -> str:
    """What goes behind notes: the gap and the block."""
    first, *rest = block.split("\n")
    return "".join([_piece(shape, shape.before, first, newline), *[_piece(shape, shape.between, line, newline) for line in rest]])


def alone(block: str, shape: Shape, newline: str = "\r\n") -> str:
    """What goes into an empty value: the block."""
    first, *rest = block.split("\n")
    return "".join([_piece(shape, "", first, newline), *[_piece(shape, shape.between, line, newline) for line in rest]])


def line(name: str, block: str, shape: Shape, newline: str = "\r\n") -> str:
    """A property that holds the block alone."""
    first, *rest = block.split("\n")
    head = fold(f"{name}:{shape.written(first)}", newline)
    return "".join([head, *[_piece(shape, shape.between, each, newline) for each in rest], newline])


@lru_cache(maxsize=8192)
def _piece(shape: Shape, gap: str, words: str, newline: str) -> str:
    return f"{newline} " + fold(gap + shape.written(words), newline, 74)
