"""Organizers, their app passwords and their API tokens."""

import shlex
import time
from pathlib import Path

import click

from bridge.cli.common import Context, as_json, listed, pass_context, the_organizer
from bridge.core.accounts import Role
from bridge.core.errors import NotFound
from bridge.flows import access, tokens
from bridge.flows.drops import add_organizer, change_organizer

FILE = click.Path(dir_okay=False, path_type=Path, exists=True)
USUAL = ("stock:read", "stock:write")


@click.group()
def organizer() -> None:
    """Who runs drops, and how they sign in.

    Example: dropbridge organizer add ada
    """


@organizer.command()
@click.argument("name")
@click.option("--title", default="", help="What customers read, such as “Ada's Bakery”.")
@click.option("--password-file", type=FILE, help="Take the first app password from this file.")
@pass_context
def add(context: Context, name: str, title: str, password_file: Path | None) -> None:
    """Add an organizer. NAME is the sign-in and the first part of every address.

    Example: dropbridge organizer add ada --title "Ada's Bakery"
    """
    bridge = context.bridge
    given = password_file.read_text(encoding="utf-8").strip() if password_file else None
    with bridge.work() as work:
        added = add_organizer(work, name, title=title, now=bridge.now())
        if given is not None:
            access.add_app_password(work, added, "first", "owner", given, bridge.now(), [])
    click.echo(f"Added {name}.")
    if given is None:
        click.echo("Next, for a calendar app: " + shlex.join(["dropbridge", "organizer", "app-password", name, "my phone"]))


@organizer.command("change")
@click.argument("name")
@click.option("--title", help="What customers read, such as “Ada's Bakery”.")
@click.option("--email", help="Where customers write to; '' takes it away.")
@pass_context
def change(context: Context, name: str, title: str | None, email: str | None) -> None:
    """Change what customers read of an organizer. A running server shows it in their feeds within seconds.

    Letters are answered to the e-mail address, and each order's page names it.

    Example: dropbridge organizer change ada --email hello@adas-bakery.example
    """
    if title is None and email is None:
        raise click.UsageError("Say what to change: --title or --email.")
    bridge = context.bridge
    with bridge.read() as views:
        found = the_organizer(views, name)
    change_organizer(bridge.work, found, title=title, email=email, now=bridge.now())
    click.echo(f"Changed {name}.")


@organizer.command("list")
@as_json
@pass_context
def list_(context: Context, json_: bool) -> None:
    """List organizers and how many drops each has.

    Example: dropbridge organizer list --json
    """
    with context.bridge.read() as views:
        rows = [{"name": o.name, "title": o.title, "email": o.email, "drops": len(views.drops(o.name))} for o in views.organizers()]
    listed(rows, ("name", "title", "email", "drops"), json_=json_)


@organizer.command("app-password")
@click.argument("name")
@click.argument("label")
@click.option("--role", type=click.Choice(["owner", "editor", "viewer"]), default="owner", help="owner: all; editor: events; viewer: read.")
@pass_context
def app_password(context: Context, name: str, label: str, role: Role) -> None:
    """Make an app password for one device, printed once.

    Example: dropbridge organizer app-password ada "Ada's phone"
    """
    bridge = context.bridge
    with bridge.work() as work:
        _, password = access.new_app_password(work, the_organizer(work.views, name), label, role, bridge.now())
    click.echo(f"Server    {bridge.house.base_url}/dav/")
    click.echo(f"User      {name}")
    click.echo(f"Password  {password}")
    click.echo("It is not shown again. Take it back with: " + shlex.join(["dropbridge", "organizer", "revoke", name, label]), err=True)


@organizer.command()
@click.argument("name")
@as_json
@pass_context
def passwords(context: Context, name: str, json_: bool) -> None:
    """List an organizer's app passwords: label, role, last used, revoked.

    Example: dropbridge organizer passwords ada
    """
    with context.bridge.read() as views:
        found = views.app_passwords(the_organizer(views, name).name)
    columns = ("id", "label", "role", "created_at", "last_used_at", "revoked_at")
    listed([{column: getattr(p, column) for column in columns} for p in found], columns, json_=json_)


@organizer.command()
@click.argument("name")
@click.argument("label")
@pass_context
def revoke(context: Context, name: str, label: str) -> None:
    """Take app passwords of this label back; from the next request on they do not count.

    Example: dropbridge organizer revoke ada "Ada's phone"
    """
    bridge = context.bridge
    with bridge.work() as work:
        found = [p for p in work.views.app_passwords(the_organizer(work.views, name).name) if p.label == label and not p.revoked_at]
        if not found:
            raise NotFound(f"{name} has no live app password “{label}”. See: dropbridge organizer passwords {name}")
        for password in found:
            work.revoke_app_password(password.id, bridge.now())
    time.sleep(access.LIVE_FOR)  # by now no process goes by what it asked before
    click.echo(f"Revoked {len(found)}.")


@click.group()
def token() -> None:
    """Tokens for the JSON API, for tills and scripts.

    Example: dropbridge token add ada "Till script" --scope stock:write
    """


@token.command("add")
@click.argument("name")
@click.argument("label")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(tokens.SCOPES), default=USUAL, show_default=True)
@pass_context
def token_add(context: Context, name: str, label: str, scopes: tuple[str, ...]) -> None:
    """Make a token, printed once.

    Example: dropbridge token add ada "Till script" --scope stock:write
    """
    bridge = context.bridge
    with bridge.work() as work:
        _, made = tokens.new_api_token(work, the_organizer(work.views, name), label, scopes, bridge.now())
    click.echo(made)


@token.command("list")
@click.argument("name")
@as_json
@pass_context
def token_list(context: Context, name: str, json_: bool) -> None:
    """List an organizer's tokens, without their secrets.

    Example: dropbridge token list ada
    """
    with context.bridge.read() as views:
        found = views.api_tokens(the_organizer(views, name).name)
    rows = [
        {"id": t.id, "label": t.label, "scopes": " ".join(sorted(t.scopes)), "last_used_at": t.last_used_at, "revoked_at": t.revoked_at}
        for t in found
    ]
    listed(rows, ("id", "label", "scopes", "last_used_at", "revoked_at"), json_=json_)


@token.command("revoke")
@click.argument("name")
@click.argument("token_id", type=int)
@pass_context
def token_revoke(context: Context, name: str, token_id: int) -> None:
    """Take a token back; from the next request on it does not count.

    Example: dropbridge token revoke ada 3
    """
    bridge = context.bridge
    with bridge.work() as work:
        if token_id not in {t.id for t in work.views.api_tokens(the_organizer(work.views, name).name) if not t.revoked_at}:
            raise NotFound(f"{name} has no live token {token_id}. See: dropbridge token list {name}")
        work.revoke_api_token(token_id, bridge.now())
    click.echo("Revoked.")
