"""On which line of a TOML text each value begins; the standard library's reader does not tell.

The text is known to be TOML by then: what is looked for here is only where keys, tables and elements are.
"""

import re
import tomllib
from collections.abc import Iterator

Path = tuple[str | int, ...]
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[^\s.=\]\"']+")
_TEXT = re.compile(
    r"\"\"\"(?:[^\"\\]|\\.|\"{1,2}(?!\"))*\"{3,5}|'''(?:[^']|'{1,2}(?!'))*'{3,5}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'", re.DOTALL
)
_BARE = re.compile(r"[^,\]}#\r\n]+")


def lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every value and table by its path: ``("products", 1, "price")``.

    A table that no line begins is where its first key is.
    """
    found: dict[Path, int] = {}
    for path, line in _Scan(text).all():
        for size in range(1, len(path)):
            found.setdefault(path[:size], line)
        found[path] = line
    return found


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0
        self._sizes: dict[Path, int] = {}

    def all(self) -> Iterator[tuple[Path, int]]:
        table: Path = ()
        while self._skip(_GAP) < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
                yield table, self._here()
            else:
                yield from self._pair(table)

    def _skip(self, what: re.Pattern[str]) -> int:
        found = what.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _key(self) -> Path:
        """A key with its dots; stops behind it."""
        found: list[str] = []
        while True:
            self._skip(_BLANK)
            start = self._at
            found.append(_plain(self._text[start : self._skip(_KEY)]))
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return tuple(found)
            self._at += 1

    def _header(self) -> Path:
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        *parents, last = self._key()
        self._at += 2 if many else 1
        path = self._within(())
        for name in parents:
            path = self._within((*path, name))
        path = (*path, last)
        if many:
            self._sizes[path] = self._sizes.get(path, 0) + 1
        return self._within(path)

    def _within(self, path: Path) -> Path:
        """The last element when ``path`` is an array of tables."""
        return (*path, self._sizes[path] - 1) if path in self._sizes else path

    def _pair(self, table: Path) -> Iterator[tuple[Path, int]]:
        path = (*table, *self._key())
        self._at += 1
        self._skip(_BLANK)
        yield from self._value(path)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        yield path, self._here()
        if self._text[self._at] == "[":
            yield from self._elements(path)
        elif self._text[self._at] == "{":
            yield from self._members(path)
        else:
            self._skip(_TEXT if self._text[self._at] in "\"'" else _BARE)

    def _elements(self, path: Path) -> Iterator[tuple[Path, int]]:
        self._at += 1
        index = 0
        while self._text[self._skip(_GAP)] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            yield from self._value((*path, index))
            index += 1
        self._at += 1

    def _members(self, path: Path) -> Iterator[tuple[Path, int]]:
        self._at += 1
        while self._text[self._skip(_GAP)] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            yield from self._pair(path)
        self._at += 1


def _plain(key: str) -> str:
    if key[:1] in {'"', "'"}:
        return str(tomllib.loads(f"x = {key}")["x"])
    return key
