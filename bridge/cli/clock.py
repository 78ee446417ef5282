"""The clock's process."""

import click

from bridge import logs, scheduler
from bridge.cli.common import Context, pass_context


@click.command()
@pass_context
def clock(context: Context) -> None:
    """Run a clock: it publishes, polls tills, gives expired holds back. Any number may run beside each other.

    Example: dropbridge clock
    """
    logs.configure(context.settings.log.level, context.settings.log.format)
    scheduler.run(context.bridge)
