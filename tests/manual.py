"""What the manual has from the house itself: ``python -m tests.manual`` writes the page of commands, and the keys of descriptions, anew."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bridge.cli import commands
from bridge.core.drops import OfferDraft
from bridge.core.terms import EarlyPrice, Product, Question, ShippingOption, Terms
from bridge.description import shape
from bridge.description.kinds import Context

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
DESCRIBING = PAGE.with_name("describing.md")
HEAD = """# Commands

`dropbridge COMMAND --help` says the same. Wrong use ends with status 2 and a line that says what to do; something wrong, with status 1.
Commands that list take `--json`. All of them read the [settings](operators.md#settings), and work beside a running server.

This page is written from the commands; change them, then `python -m tests.manual`.
"""


def each_command(group: click.Group = commands, name: str = "dropbridge") -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups before what is in them."""
    yield name, group
    context = click.Context(group)
    for below in group.list_commands(context):
        command = group.get_command(context, below)
        assert command is not None
        if isinstance(command, click.Group):
            yield from each_command(command, f"{name} {below}")
        else:
            yield f"{name} {below}", command


def help_of(name: str, command: click.Command) -> str:
    """What ``--help`` prints."""
    context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100, help_option_names=["-h", "--help"])
    return command.get_help(context)


def commands_page() -> str:
    """The page as it has to be."""
    sections = [f"## {name}\n\n```\n{help_of(name, command)}\n```\n" for name, command in each_command()]
    return "\n".join([HEAD, *sections])


def described_page() -> str:
    """The page of descriptions, its tables as they have to be."""
    page = DESCRIBING.read_text(encoding="utf-8")
    for name, rows in key_tables().items():
        page = re.sub(
            rf"(<!-- keys of {re.escape(name)} -->\n).*?(?=\n\n)", lambda found, rows=rows: found[1] + rows, page, flags=re.DOTALL
        )
    return page


def key_tables() -> dict[str, str]:
    """A table of the keys of each part of a description."""
    top = [part for part in shape.PARTS if not part.name]
    tables = {f"the beginning, {part.of}": _table(part.keys, part.of) for part in top}
    tables |= {part.name: _table(part.keys, part.of) for part in shape.PARTS if part.name}
    return tables | {"sells": _table(shape.SOLD, "offers"), "early": _table(shape.EARLY, "early")}


_MADE: dict[str, type] = {
    "terms": Terms,
    "products": Product,
    "questions": Question,
    "shipping": ShippingOption,
    "offers": OfferDraft,
    "early": EarlyPrice,
}


def _table(keys: Sequence[shape.Key], of: str) -> str:
    rows = [f"| `{key.name}` | {key.kind.says} | {_default(key, of)} | {key.means} |" for key in keys]
    return "\n".join(["| key | is a | left out | means |", "|---|---|---|---|", *rows])


def _default(key: shape.Key, of: str) -> str:
    if key.needed:
        return "*needed*"
    if of not in _MADE:
        return "as it is" if of != "address" else ""
    (default,) = (field.default for field in fields(_MADE[of]) if field.name == key.field)
    written: Any = (
        None if default is None and not key.kind.says.endswith('"`') else key.kind.write(default, Context("EUR", ZoneInfo("UTC")))
    )
    if default is MISSING or written in (None, "", []):
        return "none"
    if isinstance(written, bool):
        return f"`{str(written).lower()}`"
    return f"`{written}`" if not isinstance(written, str) else f'`"{written}"`'


if __name__ == "__main__":
    DESCRIBING.write_text(described_page(), encoding="utf-8")
    PAGE.write_text(commands_page(), encoding="utf-8")
