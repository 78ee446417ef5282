"""What must surely happen, and has not yet: mails and other consequences."""

import click

from bridge.cli.common import Context, as_json, listed, pass_context
from bridge.core.counting import counted
from bridge.core.errors import NotFound
from bridge.core.ports_outbox import Consequence
from bridge.wiring import Bridge

EVERY = 1_000_000


@click.group()
def outbox() -> None:
    """Mails and other consequences that wait, or were given up.

    Example: dropbridge outbox list --failed
    """


@outbox.command("list")
@click.option("--failed", is_flag=True, help="Only those that were given up, with the reason.")
@as_json
@pass_context
def list_(context: Context, failed: bool, json_: bool) -> None:
    """List what waits and what was given up, the oldest first.

    Example: dropbridge outbox list --failed --json
    """
    with context.bridge.read() as views:
        found = [*views.outbox("given up"), *([] if failed else views.outbox("waiting"))]
    columns = ("id", "state", "what", "due_at", "attempts", "reason")
    listed((_row(one) for one in sorted(found, key=lambda one: one.id)), columns, json_=json_)


def _row(one: Consequence) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.standing,
        "what": one.key,
        "topic": one.topic,
        "due_at": one.due_at,
        "attempts": one.attempts,
        "reason": one.reason,
    }


@outbox.command()
@click.argument("row_id", metavar="ID", type=int, required=False)
@click.option("--all", "all_", is_flag=True, help="Everything that was given up.")
@pass_context
def retry(context: Context, row_id: int | None, all_: bool) -> None:
    """Try again what was given up, by the ID that the list shows.

    Example: dropbridge outbox retry 17
    """
    if all_ == (row_id is not None):
        raise click.UsageError("Give an ID, or --all.")
    bridge = context.bridge
    if row_id is None:
        click.echo(f"{counted(_retry_all(bridge), 'is', 'are')} due again.")
        return
    with bridge.work() as work:
        if not work.retry(row_id, bridge.now()):
            raise NotFound(f"Nothing of the ID {row_id} was given up. See: dropbridge outbox list --failed")
    click.echo(f"{row_id} is due again.")


def _retry_all(bridge: Bridge) -> int:
    with bridge.work() as work:
        return sum(work.retry(one.id, bridge.now()) for one in work.views.outbox("given up", EVERY))
