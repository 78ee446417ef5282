"""What a letter says, before it is laid out: the same for its text and its HTML."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """A fact with its name. ``was`` is what it was before, when that is the news; ``note`` a remark below it."""

    name: str
    value: str
    was: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill. ``strong`` is the sum, ``quiet`` what the sum holds already."""

    name: str
    amount: str
    strong: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A letter's parts from top to bottom. ``action`` and ``link`` are the one thing to do; ``closing`` comes below it."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    lines: tuple[Line, ...] = ()
    action: str = ""
    link: str = ""
    closing: tuple[str, ...] = ()
    signature: str = ""
    small: tuple[str, ...] = field(default_factory=tuple)
