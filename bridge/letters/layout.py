"""A letter's content as text and as HTML."""

import re
from functools import lru_cache
from textwrap import wrap

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from bridge.letters.content import Content, Line, Row
from bridge.wording import Wording

WIDTH = 72
_BREAKS = re.compile(r"[\r\n]+")


@lru_cache(maxsize=1)
def _html() -> Template:
    environment = Environment(
        loader=PackageLoader("bridge.letters"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html")


def html(content: Content, words: Wording) -> str:
    """The letter as one HTML page that loads nothing: styles inline, light and dark."""
    return _html().render(letter=content, words=words, before=words.text("Before"))


def text(content: Content, words: Wording) -> str:
    """The letter as plain text. Lines are wrapped; links are not."""
    parts = [content.heading]
    parts += [_wrapped(paragraph) for paragraph in content.paragraphs]
    parts.append("\n".join(_row(row, words) for row in content.rows))
    parts.append("\n".join(_line(line) for line in content.lines))
    if content.link:
        parts.append(f"{content.action}:\n{content.link}")
    parts += [_wrapped(paragraph) for paragraph in content.closing]
    parts += [content.signature, "-- \n" + "\n".join(_wrapped(line) for part in content.small for line in part.splitlines())]
    return "\n\n".join(part for part in parts if part) + "\n"


def one_line(subject: str) -> str:
    """A subject without line breaks."""
    return " ".join(_BREAKS.sub(" ", subject).split())


def _row(row: Row, words: Wording) -> str:
    value = row.value.replace("\n", "\n  ")
    was = f"\n  ({words.text('Before')}: {row.was})" if row.was else ""
    note = f"\n  {row.note}" if row.note else ""
    return f"{row.name}: {value}{was}{note}"


def _line(line: Line) -> str:
    return f"{'  ' if line.quiet else ''}{line.name}" + (f":  {line.amount}" if line.amount else "")


def _wrapped(paragraph: str) -> str:
    return "\n".join(wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False))
