"""Mail: is the server reached, and what came back."""

import sys
import uuid

import click

from bridge.bounces import LARGEST, read_report
from bridge.cli.common import Context, pass_context
from bridge.core.errors import BridgeError, Fault
from bridge.core.orders import checked_email
from bridge.core.sockets import Message
from bridge.flows.bounce import bounced as came_back

TRY_LATER = 75
"""EX_TEMPFAIL of sysexits.h, which has a mail server keep the message and try again."""


@click.group()
def mail() -> None:
    """Letters to customers: try the mail server, take in what came back.

    Example: dropbridge mail test me@example.org
    """


@mail.command()
@click.argument("address")
@pass_context
def test(context: Context, address: str) -> None:
    """Send a test letter to ADDRESS and say what happened.

    Example: dropbridge mail test me@example.org
    """
    to = checked_email(address)
    settings = context.settings.mail
    notifier = context.bare.notifier(settings)
    if notifier is None:
        raise click.UsageError("No mail server is set up. Set mail.host and mail.from_address.")
    try:
        click.echo(notifier.check())
        notifier.send(Message(to, "", "A test of dropbridge", f"{context.bare.house.base_url} can send mail.\n"), f"test/{uuid.uuid4()}")
    except Fault as fault:
        raise click.ClickException(str(fault)) from fault
    finally:
        notifier.close()
    click.echo("The letter was taken. Look whether it arrives, and whether it arrives as spam.")


@mail.command()
@pass_context
def bounced(context: Context) -> None:
    """Take a report of failed delivery from standard input: the letter it is about is listed as given up.

    For a pipe from the mail server. Ends with 75 when the server should try again later; with 0 for anything that is no report.

    Example: dropbridge mail bounced < report.eml
    """
    report = read_report(sys.stdin.buffer.read(LARGEST))
    if report is None:
        click.echo("This is no report about a letter; nothing was changed.")
        return
    if not report.failed:
        click.echo("The report tells of a delay; nothing was changed.")
        return
    try:
        with context.bridge.work() as work:
            key = came_back(work, report.tokens, report.reason)
    except (BridgeError, click.UsageError) as error:
        click.echo(f"dropbridge: {error}", err=True)
        raise SystemExit(TRY_LATER) from error
    unknown = "The report is about no letter that is known; nothing was changed."
    click.echo(f"{key} came back and is listed as given up." if key else unknown)
