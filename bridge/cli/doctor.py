"""``dropbridge doctor``: is everything as it should be, and what to do if not."""

import json
import shlex
from collections.abc import Iterator

import click

from bridge.cli.common import Context, as_json, pass_context
from bridge.core.counting import counted
from bridge.core.errors import BridgeError, Fault
from bridge.flows.audit import drop_differences
from bridge.flows.house import CLOCK_MAY_BE_SILENT
from bridge.flows.tell import MAIL
from bridge.store.audit import differences, integrity
from bridge.store.backups import open_to_others
from bridge.store.migrate import is_current
from bridge.wiring import Bridge, letters_leave


@click.command()
@click.option("--offline", is_flag=True, help="The server is stopped on purpose: do not look for a clock, tills, payments or mail.")
@as_json
@pass_context
def doctor(context: Context, offline: bool, json_: bool) -> None:
    """Check settings, database, outbox, clock, tills, payments and mail, and compute every derived number again.

    Exit status 1 when something is wrong.

    Example: dropbridge doctor
    """
    found = list(_findings(context, offline))
    if json_:
        click.echo(json.dumps({"ok": not found, "findings": found}, indent=2, ensure_ascii=False))
    else:
        for finding in found:
            click.echo(f"✗ {finding}")
        click.echo("All is well." if not found else f"{counted(len(found), 'finding', 'findings')}.")
    if found:
        raise SystemExit(1)


def _findings(context: Context, offline: bool) -> Iterator[str]:
    bridge = context.bare
    try:
        if not bridge.database.is_there:
            yield "There is no database yet. Run: dropbridge upgrade"
            return
        yield from _readers(bridge)
        if not is_current(bridge.database):
            yield "The database is not up to date. Run: dropbridge upgrade"
            return
        yield from _numbers(bridge)
        yield from _stock(bridge)
        yield from _outbox(bridge)
        if not offline:
            yield from _clock(bridge)
            yield from _tills(bridge)
            yield from _mail(bridge)
            yield from _payments(bridge)
    except BridgeError as error:
        yield str(error)


def _readers(bridge: Bridge) -> Iterator[str]:
    if found := open_to_others(bridge.database):
        path = bridge.database.url.database or ""
        told = "holds customers' names and addresses, and everybody on this machine can read it"
        yield f"{found[0]} {told}. Run: chmod go= {shlex.quote(path)}*"


def _numbers(bridge: Bridge) -> Iterator[str]:
    with bridge.database.read() as connection:
        yield from integrity(connection)
        for found in differences(connection):
            yield f"{found.what} {found.id}: {found.stored} is stored, {found.computed} is right"
    with bridge.read() as views:
        drops = views.drops()
    for drop in drops:
        with bridge.work() as work:
            yield from drop_differences(work, drop, bridge.house, bridge.now())


def _stock(bridge: Bridge) -> Iterator[str]:
    with bridge.read() as views:
        for place, item in views.stock_items():
            if item.oversold:
                more = counted(item.oversold, "more is", "more are")
                yield f"{place.organizer}/{place.name} {item.sku}: {more} promised than the till says there are"


def _outbox(bridge: Bridge) -> Iterator[str]:
    with bridge.read() as views:
        given_up = views.outbox_counts()["given up"]
    if given_up:
        yield f"{counted(given_up, 'consequence was', 'consequences were')} given up. See: dropbridge outbox list --failed"


def _clock(bridge: Bridge) -> Iterator[str]:
    with bridge.read() as views:
        beat = views.heartbeats().get("publish")
    if beat is None:
        yield "No clock has run yet. Start: dropbridge serve, or dropbridge clock"
    elif bridge.now() - beat > CLOCK_MAY_BE_SILENT:
        yield f"The clock has been silent since {beat:%Y-%m-%d %H:%M:%S} UTC. Start: dropbridge serve, or dropbridge clock"


def _tills(bridge: Bridge) -> Iterator[str]:
    with bridge.read() as views:
        tills = views.connections()
    for till in tills:
        if till.problem:
            yield f"till {till.organizer}/{till.name}: {till.problem}"
        elif till.stale_after and till.last_ok_at and bridge.now() - till.last_ok_at > till.stale_after:
            yield f"till {till.organizer}/{till.name} has not answered since {till.last_ok_at:%Y-%m-%d %H:%M:%S} UTC"
        if abs(till.skew) > 60:
            ahead = "ahead of" if till.skew > 0 else "behind"
            yield f"till {till.organizer}/{till.name}: its clock is {abs(till.skew):.0f} s {ahead} ours; its times are corrected"


def _mail(bridge: Bridge) -> Iterator[str]:
    with bridge.read() as views:
        waiting = views.outbox_counts(MAIL, due_by=bridge.now())["waiting"]
    notifier = bridge.notifier(bridge.settings.mail)
    if notifier is None:
        if waiting and not letters_leave(bridge):
            letters = counted(waiting, "letter waits", "letters wait")
            yield f"No mail server is set up, and {letters} for one. Set mail.host and mail.from_address"
        return
    try:
        notifier.check()
    except Fault as fault:
        yield f"mail: {fault}"
    finally:
        notifier.close()


def _payments(bridge: Bridge) -> Iterator[str]:
    if bridge.settings.stripe.secret_key:
        try:
            bridge.payments("stripe").check()
        except BridgeError as error:
            yield f"payments by stripe: {error}"
