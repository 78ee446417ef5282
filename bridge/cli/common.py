"""What the commands share: the house, lists for people and machines, and the names that they take."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from bridge import settings
from bridge.core.accounts import Organizer
from bridge.core.drops import Drop
from bridge.core.errors import NotFound
from bridge.core.ports import Views
from bridge.core.tills import Location
from bridge.store.migrate import is_current
from bridge.wiring import Bridge, bridge, informed

ACTOR = "command"


@dataclass
class Context:
    """What ``dropbridge`` was called with. ``config``: the settings file named, if any."""

    config: Path | None

    @cached_property
    def settings(self) -> settings.Settings:
        """The settings. Raises ``SettingsError``."""
        return settings.load(self.config)

    @cached_property
    def bare(self) -> Bridge:
        """The house, whatever state its database is in."""
        return bridge(self.settings)

    @cached_property
    def bridge(self) -> Bridge:
        """As ``serving``, with the links of the server that runs."""
        return informed(self.serving)

    @cached_property
    def serving(self) -> Bridge:
        """The house with a database that is up to date; else says to upgrade and exits with 2."""
        if not self.bare.database.is_there:
            raise click.UsageError("There is no database yet. Run: dropbridge upgrade")
        if not is_current(self.bare.database):
            raise click.UsageError("The database is not up to date. Run: dropbridge upgrade")
        return self.bare

    def close(self) -> None:
        """Closes the database, if it was opened."""
        if "bare" in self.__dict__:
            self.bare.database.dispose()


as_json = click.option("--json", "json_", is_flag=True, help="For machines.")
pass_context = click.make_pass_decorator(Context)


def listed(rows: Iterable[dict[str, Any]], columns: Sequence[str], *, json_: bool) -> None:
    """Prints rows: as one JSON array, or as a table for people."""
    found = list(rows)
    if json_:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        return
    cells = [list(columns), *([_cell(row.get(column)) for column in columns] for row in found)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def the_organizer(views: Views, name: str) -> Organizer:
    """Raises ``NotFound``, saying how to see who there is."""
    found = views.organizer(name)
    if found is None:
        raise NotFound(f"There is no organizer {name}. See: dropbridge organizer list")
    return found


def the_drop(views: Views, organizer: str, slug: str) -> Drop:
    """Raises ``NotFound``, saying how to see what there is."""
    found = views.drop(the_organizer(views, organizer).name, slug)
    if found is None:
        raise NotFound(f"{organizer} has no drop {slug}. See: dropbridge drop list")
    return found


def the_drop_at(views: Views, path: str) -> Drop:
    """The drop ``<organizer>/<drop>``. Raises ``UsageError``, ``NotFound``."""
    organizer, slash, slug = path.partition("/")
    if not slash:
        raise click.UsageError(f"A drop is written <organizer>/<drop>, such as {organizer or 'ada'}/saturday-bread.")
    return the_drop(views, organizer, slug)


def the_location(views: Views, path: str) -> Location:
    """The location ``<organizer>/<location>``. Raises ``UsageError``, ``NotFound``."""
    organizer, slash, name = path.partition("/")
    if not slash:
        raise click.UsageError(f"A location is written <organizer>/<location>, such as {organizer or 'ada'}/main.")
    found = views.location(the_organizer(views, organizer).name, name)
    if found is None:
        raise NotFound(f"{organizer} has no location {name}; each organizer starts with main.")
    return found
