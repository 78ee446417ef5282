"""The manual's page of commands, written from the commands themselves: ``python -m tests.manual`` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

import click

from bridge.cli import commands

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
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


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
