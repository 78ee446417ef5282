"""The command ``dropbridge``. Exit status 2 for wrong use, 1 when something is wrong, each with a line saying what to do."""

import logging
import sys
from pathlib import Path
from typing import NoReturn

import click

from bridge import __version__, settings
from bridge.cli.common import Context
from bridge.cli.database import backup, restore, upgrade
from bridge.cli.doctor import doctor
from bridge.cli.drops import drop
from bridge.cli.organizers import organizer, token
from bridge.cli.pos import pos
from bridge.cli.serve import clock, serve, web
from bridge.cli.stock import stock
from bridge.core.errors import BridgeError

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dropbridge")
@click.option("--config", type=FILE, help="Settings file; else DROPBRIDGE_CONFIG, else config/bridge.toml.")
@click.pass_context
def commands(context: click.Context, config: Path | None) -> None:
    """Calendar-first commerce: each drop is a live calendar.

    Example: dropbridge serve --demo
    """
    context.obj = Context(config)
    context.call_on_close(context.obj.close)


for command in (serve, web, clock, upgrade, backup, restore, doctor, organizer, token, drop, stock, pos):
    commands.add_command(command)


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
    except (click.ClickException, BridgeError) as failed:
        _end(1, str(failed))
    except click.Abort:
        _end(1, "Stopped; nothing was changed.")
    sys.exit(status if isinstance(status, int) else 0)


def _end(status: int, told: str) -> NoReturn:
    click.echo(f"dropbridge: {told}", err=True)
    sys.exit(status)
