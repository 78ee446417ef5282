"""The database: migrated, copied, brought back."""

from pathlib import Path

import click

from bridge.cli.common import Context, pass_context
from bridge.store import backups, migrate
from bridge.store.waking import is_listened_to

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@pass_context
def upgrade(context: Context) -> None:
    """Migrate the database to this release; making it, if need be. Running it again changes nothing.

    Example: dropbridge upgrade
    """
    before, after = migrate.upgrade(context.bare.database)
    click.echo("The database is up to date." if before == after else f"Upgraded the database to {after}.")


@click.command()
@click.argument("file", type=FILE)
@pass_context
def backup(context: Context, file: Path) -> None:
    """Write a consistent copy of everything to FILE, while the server runs.

    Example: dropbridge backup dropbridge-2026-12-02.backup
    """
    backups.backup(context.bridge.database, file)
    click.echo(f"Wrote {file}, {file.stat().st_size} bytes.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="Replace everything in the database by the backup?")
@pass_context
def restore(context: Context, file: Path) -> None:
    """Replace everything by what a backup holds. Stop the server first; calendar apps resync by themselves.

    Example: dropbridge restore dropbridge-2026-12-02.backup --yes
    """
    if is_listened_to(context.bare.database):
        raise click.ClickException("A server is running on this database. Stop it first, then restore.")
    backups.restore(context.bare.database, file)
    context.bare.database.dispose()
    migrate.upgrade(context.bare.database)
    backups.forget_tokens(context.bare.database, context.bare.now())
    click.echo("Restored. See that all is well: dropbridge doctor --offline")
