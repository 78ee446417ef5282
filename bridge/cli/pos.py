"""Connections to tills."""

import json
import shlex
from datetime import timedelta
from typing import Any

import click

from bridge.cli.common import Context, as_json, listed, pass_context, the_location, the_organizer
from bridge.core.errors import NotFound
from bridge.core.ports import Views
from bridge.core.tills import Connection
from bridge.flows.stock import pull


@click.group()
def pos() -> None:
    """Tills whose stock is followed.

    Example: dropbridge pos add ada tryton --set url=https://till.example.org --set database=shop --set key_file=/etc/till.key
    """


@pos.command()
@click.argument("organizer")
@click.argument("kind")
@click.option("--name", help="What the connection is called; its kind, unless given.")
@click.option("--location", default="main", show_default=True, help="The location that the till counts.")
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="The till's own settings; docs/shops.md lists them.")
@click.option("--interval", type=click.IntRange(1), help="Seconds between two looks.")
@click.option("--stale-after", type=click.IntRange(1), help="Seconds after which a count is shown with its time.")
@click.option("--stale-buffer", type=click.IntRange(0), default=0, show_default=True, help="Units kept back from then on.")
@pass_context
def add(
    context: Context,
    organizer: str,
    kind: str,
    name: str | None,
    location: str,
    values: tuple[str, ...],
    interval: int | None,
    stale_after: int | None,
    stale_buffer: int,
) -> None:
    """Connect a till. KIND is tryton or fake.

    Example: dropbridge pos add ada tryton --set url=https://till.example.org --set database=shop --set key_file=/etc/till.key
    """
    bridge = context.bridge
    defaults = bridge.settings.stock
    with bridge.work() as work:
        owner = the_organizer(work.views, organizer)
        wanted = Connection(
            id=0,
            organizer_id=owner.id,
            organizer=owner.name,
            name=name or kind,
            kind=kind,
            location_id=the_location(work.views, f"{organizer}/{location}").id,
            config=_config(values),
            interval=timedelta(seconds=interval or defaults.sync_interval),
            stale_after=timedelta(seconds=stale_after or defaults.stale_after),
            stale_buffer=stale_buffer,
        )
        bridge.pos(wanted)
        if any(there.name == wanted.name for there in work.views.connections(organizer)):
            raise click.UsageError(f"{organizer} has a till {wanted.name} already; choose another --name.")
        work.add_connection(wanted)
    till = f"{organizer}/{wanted.name}"
    click.echo(f"Connected {till}. Try it: dropbridge pos check {shlex.quote(till)}")


def _config(values: tuple[str, ...]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for value in values:
        key, equals, told = value.partition("=")
        if not equals or not key:
            raise click.UsageError(f"--set takes KEY=VALUE, not {value!r}.")
        try:
            config[key] = json.loads(told) if told.startswith(("{", "[")) else told
        except json.JSONDecodeError as error:
            raise click.UsageError(f"--set {key}: {error.msg} in {told!r}.") from None
    return config


@pos.command("list")
@as_json
@pass_context
def list_(context: Context, json_: bool) -> None:
    """List tills, and what is wrong with them.

    Example: dropbridge pos list --json
    """
    with context.bridge.read() as views:
        found = views.connections()
    rows = [
        {
            "till": f"{c.organizer}/{c.name}",
            "kind": c.kind,
            "last_ok_at": c.last_ok_at,
            "failures": c.failures,
            "skew": c.skew,
            "problem": c.problem,
        }
        for c in found
    ]
    listed(rows, ("till", "kind", "last_ok_at", "failures", "skew", "problem"), json_=json_)


@pos.command()
@click.argument("name", required=False)
@pass_context
def sync(context: Context, name: str | None) -> None:
    """Ask tills now: one, or all.

    Example: dropbridge pos sync ada/tryton
    """
    bridge = context.bridge
    with bridge.read() as views:
        found = [_the_connection(views, name)] if name else views.connections()
    for connection in found:
        if not pull(bridge.work, connection, bridge.pos(connection), bridge.now()):
            with bridge.read() as views:
                after = next((c for c in views.connections() if c.id == connection.id), connection)
            click.echo(f"{connection.organizer}/{connection.name}: {after.problem or 'is being asked by the clock right now'}", err=True)
            raise SystemExit(1)
        click.echo(f"{connection.organizer}/{connection.name}: asked.")


@pos.command()
@click.argument("name")
@pass_context
def check(context: Context, name: str) -> None:
    """See whether a till can be reached, and say what was found.

    Example: dropbridge pos check ada/tryton
    """
    bridge = context.bridge
    with bridge.read() as views:
        connection = _the_connection(views, name)
    click.echo(bridge.pos(connection).check())


@pos.command()
@click.argument("name")
@pass_context
def remove(context: Context, name: str) -> None:
    """Forget a till. Its last counts stay, as if counted by hand.

    Example: dropbridge pos remove ada/tryton
    """
    with context.bridge.work() as work:
        work.remove_connection(_the_connection(work.views, name).id)
    click.echo("Forgotten.")


def _the_connection(views: Views, name: str) -> Connection:
    organizer, _, short = name.rpartition("/")
    found = [c for c in views.connections(organizer or None) if c.name == short]
    if len(found) != 1:
        raise NotFound(f"There is no one till {name}. See: dropbridge pos list")
    return found[0]
