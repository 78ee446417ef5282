"""A whole drop described by a file."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path

import click

from bridge import description, pictures
from bridge.cli.common import ACTOR, Context, pass_context, the_organizer
from bridge.core.accounts import Organizer
from bridge.core.drops import Drop
from bridge.core.errors import InvalidInput
from bridge.core.ports import Views
from bridge.description import Opened
from bridge.flows.describe import Applied, Uploaded, apply, preview
from bridge.wiring import ways_to_pay


@click.command("apply")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organizer", help="Whose drop it is, when the file does not say.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--example", is_flag=True, help="Print a file to start from.")
@pass_context
def apply_(context: Context, file: Path | None, organizer: str | None, dry_run: bool, example: bool) -> None:
    """Make a drop what a TOML file says: its texts, products, pictures, policies. All of it, or nothing.

    The file may be changed and applied again; one that says the same changes nothing. What is wrong in it is named with
    its line.

    Example: dropbridge drop apply saturday-bread.toml
    """
    if example:
        click.echo(example_text(), nl=False)
        return
    if file is None:
        raise click.UsageError("Name a file; dropbridge drop apply --example > drop.toml writes one to start from.")
    opened = description.opened(file.read_bytes(), file.name)
    bridge = context.bridge
    with bridge.read() as views:
        owner = _owner(views, opened, organizer)
        there = views.drop(owner.name, opened.slug)
        currency, timezone = (there.currency, there.timezone) if there else ("EUR", "UTC")
        found = _Pictures(views, owner, file.parent)
        known = _fault_among(ways_to_pay(bridge))
        wanted = opened.read(currency=currency, timezone=timezone, fault_of_method=known, fault_of_picture=found.fault_of)
    act = preview if dry_run else apply
    with bridge.work() as work:
        complete = wanted.with_pictures(found.digests)
        applied = act(work, owner, complete, bridge.house, now=bridge.now(), actor=ACTOR, pictures=list(found.new.values()))
    _tell(applied, dry_run=dry_run)


def example_text() -> str:
    """The file to start from."""
    return (files("bridge.description") / "example.toml").read_text(encoding="utf-8")


def described(views: Views, drop: Drop) -> str:
    """The file that describes a drop as it is."""
    return description.written(drop, views.terms(drop.id), views.location_name(drop.location_id))


def _owner(views: Views, opened: Opened, named: str | None) -> Organizer:
    """Who is named; without a name the only one there is."""
    said = opened.organizer
    if named and said and named != said:
        raise click.UsageError(f"The file says that the drop is {said}'s, and --organizer says {named}'s.")
    everyone = views.organizers() if not (named or said) else []
    if not (named or said) and len(everyone) != 1:
        raise click.UsageError('Whose drop is it? Name the organizer: --organizer ada, or organizer = "ada" in the file.')
    return everyone[0] if everyone else the_organizer(views, named or said)


def _fault_among(ways: Mapping[str, str]) -> Callable[[str], str]:
    """What keeps customers from paying by a way that a file names; empty for one that is set up."""
    known = ", ".join(name for name in ways if name != "fake" or not ways[name])

    def fault_of(name: str) -> str:
        if name not in ways:
            return f"“{name}” is no way to pay; there are {known}."
        return f"“{name}” is not set up on this server: set {ways[name]}, and start it again." if ways[name] else ""

    return fault_of


class _Pictures:
    """The pictures that a file names: the digest of each, and ``new`` ones, which are yet to be stored."""

    def __init__(self, views: Views, owner: Organizer, folder: Path) -> None:
        self._views = views
        self._owner = owner
        self._folder = folder
        self.digests: dict[str, str] = {}
        self.new: dict[str, Uploaded] = {}

    def fault_of(self, name: str) -> str:
        """What keeps a picture from being had; empty for one that is stored, or can be."""
        if name.startswith(description.DIGEST):
            stored = self._views.has_picture(self._owner.id, name.removeprefix(description.DIGEST))
            return "" if stored else f"{self._owner.name} has no stored picture of this digest: name its file instead."
        try:
            self._take(name, _content(self._folder / name))
        except InvalidInput as refusal:
            return refusal.sentence
        return ""

    def _take(self, name: str, content: bytes) -> None:
        self.digests[name] = digest = pictures.digest_of(content)
        if digest not in self.new and not self._views.has_picture(self._owner.id, digest):
            made = pictures.prepared(content)
            self.new[digest] = (made.picture, made.files)


def _content(path: Path) -> bytes:
    """A file's octets; of one that is too large only so many that it is refused."""
    try:
        with path.open("rb") as file:
            return file.read(pictures.MAX_OCTETS + 1)
    except OSError as error:
        raise InvalidInput(f"The file cannot be read: {error.strerror or error}.") from None


def _tell(applied: Applied, *, dry_run: bool) -> None:
    path = applied.drop.path
    if not applied.changed:
        click.echo(f"Nothing changed in {path}.")
    elif applied.created:
        click.echo(f"Would make {path}; nothing was written." if dry_run else f"Made {path}.")
    else:
        click.echo(f"Would change {path}; nothing was written:" if dry_run else f"Changed {path}:")
        for field, before, after in applied.differences:
            click.echo(f"  {field}: {before or '–'} → {after or '–'}")
