"""Stock by hand."""

import uuid
from pathlib import Path

import click

from bridge.cli.common import ACTOR, Context, as_json, listed, pass_context, the_location, the_organizer
from bridge.core.counting import counted
from bridge.core.errors import InvalidInput
from bridge.core.stock import Count
from bridge.flows.stock import record_counts
from bridge.stock_sync import csvfile


@click.group()
def stock() -> None:
    """Counts by hand. LOCATION is <organizer>/<location>; each organizer starts with main.

    Example: dropbridge stock set ada/main LOAF 40
    """


@stock.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("location")
@click.argument("sku")
@click.argument("count", type=int)
@pass_context
def set_(context: Context, location: str, sku: str, count: int) -> None:
    """Put down how many there are now.

    Example: dropbridge stock set ada/main LOAF 40
    """
    if count < 0:
        raise InvalidInput(f"There cannot be {count} of {sku}: write how many there are, 0 or more.")
    bridge = context.bridge
    now = bridge.now()
    with bridge.work() as work:
        place = the_location(work.views, location)
        told = [Count(sku, count, now, uuid.uuid4().hex)]
        (recorded,) = record_counts(work, place, told, source="hand", now=now, actor=ACTOR)
    item = recorded.item
    click.echo(f"{item.sku}: {item.count} counted, {item.promised} promised, {item.free(now)} free.")
    if item.oversold:
        click.echo(f"{counted(item.oversold, 'more is', 'more are')} promised than there are: some customers cannot be served.", err=True)


@stock.command("list")
@click.argument("organizer", required=False)
@as_json
@pass_context
def list_(context: Context, organizer: str | None, json_: bool) -> None:
    """List stock items.

    Example: dropbridge stock list ada --json
    """
    now = context.bridge.now()
    with context.bridge.read() as views:
        found = views.stock_items(the_organizer(views, organizer).name if organizer else None)
    rows = [
        {
            "location": f"{place.organizer}/{place.name}",
            "sku": item.sku,
            "name": item.name,
            "count": item.count,
            "counted_at": item.counted_at,
            "moved": item.moved,
            "promised": item.promised,
            "free": item.free(now),
            "stale": item.is_stale(now),
        }
        for place, item in found
    ]
    listed(rows, ("location", "sku", "name", "count", "counted_at", "moved", "promised", "free"), json_=json_)


@stock.command("import")
@click.argument("location")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_context
def import_(context: Context, location: str, file: Path) -> None:
    """Take counts from a CSV file with the columns sku, count and, if you like, name and counted_at; all or nothing.

    Example: dropbridge stock import ada/main counts.csv
    """
    bridge = context.bridge
    counts = csvfile.read(file.read_bytes(), bridge.now())
    with bridge.work() as work:
        place = the_location(work.views, location)
        recorded = record_counts(work, place, counts, source="csv", now=bridge.now(), actor=ACTOR)
    applied = sum(one.applied for one in recorded)
    others = "" if applied == len(recorded) else "; the others were older than what is known"
    click.echo(f"Took {applied} of {counted(len(recorded), 'count', 'counts')}{others}.")
