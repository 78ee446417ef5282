"""The command ``dropbridge``. Exit status 2 for wrong use, 1 when something is wrong, each with a line saying what to do."""

import logging
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from bridge import __version__, settings
from bridge.cli.common import Context
from bridge.core.errors import BridgeError, InvalidInput

COMMANDS = {
    "serve": "serve",
    "web": "serve",
    "clock": "clock",
    "upgrade": "database",
    "backup": "database",
    "restore": "database",
    "doctor": "doctor",
    "organizer": "organizers",
    "token": "organizers",
    "drop": "drops",
    "stock": "stock",
    "pos": "pos",
    "outbox": "outbox",
    "mail": "mail",
    "report": "report",
    "customer": "customers",
}
"""Each command, and the module here that has it."""
FILE = click.Path(dir_okay=False, path_type=Path)


class Commands(click.Group):
    """Imports a command when it is called: what the others need takes a second, and memory for as long as a process stays."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"bridge.cli.{COMMANDS[cmd_name]}"), cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dropbridge")
@click.option("--config", type=FILE, help="Settings file; else DROPBRIDGE_CONFIG, else config/bridge.toml.")
@click.pass_context
def commands(context: click.Context, config: Path | None) -> None:
    """Calendar-first commerce: each drop is a live calendar.

    Example: dropbridge serve --demo
    """
    context.obj = Context(config)
    context.call_on_close(context.obj.close)


def main() -> None:
    """The console script."""
    logging.basicConfig(level="WARNING", format="%(message)s", stream=sys.stderr)
    try:
        status = commands.main(prog_name="dropbridge", standalone_mode=False)
    except click.UsageError as wrong:
        usage = wrong.ctx.command_path if wrong.ctx else "dropbridge"
        _end(2, f"{wrong.format_message()} See: {usage} --help")
    except settings.SettingsError as wrong:
        _end(2, str(wrong))
    except InvalidInput as wrong:
        _end(2, str(wrong))
    except (click.ClickException, BridgeError) as failed:
        _end(1, str(failed))
    except click.Abort:
        _end(1, "Stopped; nothing was changed.")
    sys.exit(status if isinstance(status, int) else 0)


def _end(status: int, told: str) -> NoReturn:
    click.echo(f"dropbridge: {told}", err=True)
    sys.exit(status)
