"""Drops by command: made, listed, filled from a calendar file, written to one."""

import re
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from bridge import ical
from bridge.cli.common import ACTOR, Context, as_json, listed, pass_context, the_drop, the_organizer
from bridge.cli.describe import apply_, described
from bridge.core.drops import DropDefaults
from bridge.core.errors import Refusal
from bridge.flows.drops import create_drop, describe_drop, remove_drop, usual
from bridge.flows.edit import put_event
from bridge.wiring import Bridge

BATCH = 100
COLOR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")


def _color(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not COLOR.fullmatch(value):
        raise click.BadParameter(f"{value} is not a colour; write it as #D2691E.")
    return value


@click.group()
def drop() -> None:
    """Drops: limited releases, each one calendar.

    Example: dropbridge drop add ada saturday-bread --capacity 24
    """


drop.add_command(apply_)


@drop.command()
@click.argument("organizer")
@click.argument("slug")
@click.option("--title", help="What customers read; the slug until given.")
@click.option("--description", help="A few sentences for customers.")
@click.option("--timezone", help="IANA name, such as Europe/Berlin; else that of their latest drop.")
@click.option("--currency", help="ISO 4217 code; else that of their latest drop.")
@click.option("--language", help="BCP 47 tag: en, de, fr or es; else that of their latest drop.")
@click.option("--capacity", type=int, help="Places of an event without a Places: line; without it such events are no slots.")
@click.option("--location", default="main", show_default=True, help="Where its stock is kept.")
@click.option("--color", callback=_color, help="#RRGGBB.")
@click.option("--private", is_flag=True, help="No public page and feed.")
@pass_context
def add(
    context: Context, /, organizer: str, slug: str, capacity: int | None, private: bool, location: str, **described: str | None
) -> None:
    """Add a drop to an organizer. The first one has the language, zone and currency of the settings [defaults].

    Example: dropbridge drop add ada saturday-bread --title "Saturday bread" --timezone Europe/Berlin --capacity 24
    """
    bridge = context.bridge
    defaults = DropDefaults(capacity) if capacity is not None else None
    with bridge.work() as work:
        owner = the_organizer(work.views, organizer)
        said = usual(work.views, owner, bridge.house) | {name: value for name, value in described.items() if value is not None}
        made = create_drop(
            work, owner, slug, now=bridge.now(), actor=ACTOR, location=location, defaults=defaults, is_public=not private, **said
        )
    path = quote(made.path)
    click.echo(f"Page      {bridge.house.base_url}/{path}/")
    click.echo(f"Feed      {bridge.house.base_url}/{path}/calendar.ics")
    click.echo(f"Calendar  {bridge.house.base_url}/dav/{path}/")


@drop.command("set")
@click.argument("organizer")
@click.argument("slug")
@click.option("--title", help="What customers read.")
@click.option("--description", help="A few sentences for customers; settings lines in it are the defaults of its slots.")
@click.option("--timezone", help="IANA name, such as Europe/Berlin.")
@click.option("--currency", help="ISO 4217 code.")
@click.option("--language", help="BCP 47 tag: en, de, fr or es.")
@click.option("--color", callback=_color, help="#RRGGBB.")
@click.option("--public/--private", "is_public", default=None, help="Whether it has a public page and feed.")
@pass_context
def set_(context: Context, /, organizer: str, slug: str, **changes: Any) -> None:
    """Change a drop; its events are read anew. What is not named stays.

    Example: dropbridge drop set ada saturday-bread --language de --timezone Europe/Zurich
    """
    bridge = context.bridge
    with bridge.work() as work:
        describe_drop(work, the_drop(work.views, organizer, slug), bridge.house, now=bridge.now(), actor=ACTOR, **changes)
    click.echo(f"Changed {organizer}/{slug}.")


@drop.command("list")
@click.argument("organizer", required=False)
@as_json
@pass_context
def list_(context: Context, organizer: str | None, json_: bool) -> None:
    """List drops.

    Example: dropbridge drop list ada --json
    """
    with context.bridge.read() as views:
        found = views.drops(the_organizer(views, organizer).name if organizer else None)
    rows = [
        {
            "drop": d.path,
            "title": d.title,
            "timezone": d.timezone,
            "currency": d.currency,
            "language": d.language,
            "capacity": d.defaults.capacity,
            "public": d.is_public,
            "revision": d.revision,
        }
        for d in found
    ]
    listed(rows, ("drop", "title", "timezone", "capacity", "public", "revision"), json_=json_)


@drop.command()
@click.argument("organizer")
@click.argument("slug")
@click.confirmation_option(prompt="Remove the drop and its calendar?")
@pass_context
def remove(context: Context, organizer: str, slug: str) -> None:
    """Remove a drop; refused while customers hold places.

    Example: dropbridge drop remove ada saturday-bread --yes
    """
    bridge = context.bridge
    with bridge.work() as work:
        remove_drop(work, the_drop(work.views, organizer, slug), now=bridge.now(), actor=ACTOR)
    click.echo("Removed.")


@drop.command("import")
@click.argument("organizer")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_context
def import_(context: Context, organizer: str, slug: str, file: Path) -> None:
    """Take every event of a calendar file in; one that is there already (by UID) is edited.

    What is refused is named and left out; the rest is taken. Exit status 1 when anything was refused.

    Example: dropbridge drop import ada saturday-bread export.ics
    """
    try:
        objects = ical.split(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 text: {error.reason} at octet {error.start}.") from None
    taken, refused = 0, 0
    for start in range(0, len(objects), BATCH):
        for uid, problem in _take(context.bridge, organizer, slug, objects[start : start + BATCH]):
            if problem:
                click.echo(f"{uid}: {problem}", err=True)
            taken, refused = taken + (not problem), refused + bool(problem)
        if len(objects) > BATCH:
            click.echo(f"{min(start + BATCH, len(objects))} of {len(objects)}", err=True)
    click.echo(f"Took {taken}, refused {refused}.")
    if refused:
        raise SystemExit(1)


def _take(bridge: Bridge, organizer: str, slug: str, objects: list[tuple[str, str]]) -> list[tuple[str, str]]:
    told = []
    with bridge.work() as work:
        target = the_drop(work.views, organizer, slug)
        for uid, text in objects:
            name = work.views.name_of_uid(target.id, uid) or _name(uid)
            try:
                with work.savepoint():
                    put_event(work, target, name, text, bridge.house, now=bridge.now(), actor=ACTOR)
                told.append((uid, ""))
            except Refusal as refusal:
                told.append((uid, refusal.sentence))
    return told


def _name(uid: str) -> str:
    return f"{uid if re.fullmatch(r'[A-Za-z0-9@._-]{1,200}', uid) else uuid.uuid5(uuid.NAMESPACE_URL, uid)}.ics"


@drop.command()
@click.argument("organizer")
@click.argument("slug")
@click.option("--toml", is_flag=True, help="Its description instead, for drop apply.")
@pass_context
def export(context: Context, organizer: str, slug: str, toml: bool) -> None:
    """Write a drop's calendar to standard output, as the organizer wrote it.

    Example: dropbridge drop export ada saturday-bread > saturday-bread.ics
    """
    if toml:
        with context.bridge.read() as views:
            click.echo(described(views, the_drop(views, organizer, slug)), nl=False)
        return
    with context.bridge.work() as work:
        found = the_drop(work.views, organizer, slug)
        texts = [work.source(found.id, name) or "" for _, name in work.resource_ids(found.id)]
    click.echo(ical.join(texts), nl=False)
