"""What customers may ask for: all that is known of them, and to be forgotten."""

import json
from dataclasses import asdict
from typing import Any

import click

from bridge.cli.common import Context, pass_context, the_organizer
from bridge.core.accounts import Organizer
from bridge.core.counting import counted
from bridge.core.ports import Views
from bridge.core.ports_orders import OrderSeen, WaitingSeen
from bridge.core.ports_outbox import Consequence
from bridge.flows.people import Known, erase, known_of

_organizer = click.option("--organizer", help="Only what this organizer knows; else all of them.")


@click.group()
def customer() -> None:
    """Customers: what is known of one, and how it is forgotten.

    Example: dropbridge customer export cleo@example.org
    """


@customer.command()
@click.argument("email")
@_organizer
@pass_context
def export(context: Context, email: str, organizer: str | None) -> None:
    """Write all that is known of whoever has this mailbox, as JSON: orders, turns on waiting lists, letters.

    Example: dropbridge customer export cleo@example.org > cleo.json
    """
    with context.bridge.read() as views:
        known = known_of(views, email, _named(views, organizer))
    click.echo(json.dumps(plain(known), indent=2, ensure_ascii=False, default=str))


@customer.command("erase")
@click.argument("email")
@_organizer
@click.option("--force", is_flag=True, help="Also while an order is to be handed over, or money is on its way.")
@click.confirmation_option(prompt="Forget this customer for good?")
@pass_context
def erase_(context: Context, email: str, organizer: str | None, force: bool) -> None:
    """Forget whoever has this mailbox. Orders keep numbers, amounts and lines; name, addresses and note go.

    Refused while an order is to be handed over or money is on its way, unless by --force: the order then stands under its
    number alone, and its customer gets no letters. Backups keep what they hold until they are thrown away.

    Example: dropbridge customer erase cleo@example.org --yes
    """
    bridge = context.bridge
    with bridge.read() as views:
        owner = _named(views, organizer)
    done = erase(bridge.work, email, owner, bridge.now(), force=force)
    orders, turns = counted(done.orders, "order is", "orders are"), counted(done.turns, "turn", "turns")
    click.echo(f"Forgotten: {orders} nobody's now; {turns} on waiting lists and {counted(done.letters, 'letter', 'letters')} deleted.")


def _named(views: Views, organizer: str | None) -> Organizer | None:
    return the_organizer(views, organizer) if organizer else None


def plain(known: Known) -> dict[str, Any]:
    """What is known, as JSON has it. Amounts are in minor units; what opens a page is left out."""
    return {
        "customer_of": known.customer_of,
        "orders": [_order(seen) for seen in known.orders],
        "waiting_lists": [_turn(seen) for seen in known.turns],
        "letters": [_letter(one) for one in known.letters],
    }


def _order(seen: OrderSeen) -> dict[str, Any]:
    order = seen.order
    hidden = {"id", "secret", "slot_id", "lines", "free_change", "sequence"}
    lines = [{"sku": x.sku, "name": x.name, "units": x.units, "price": x.price, "tax_rate": x.tax_rate} for x in order.lines]
    payments = [
        {"by": p.provider, "amount": p.amount, "state": p.state, "at": p.created_at, "paid_at": p.paid_at} for p in seen.money.payments
    ]
    refunds = [{"amount": r.amount, "state": r.state, "reason": r.reason, "at": r.requested_at} for r in seen.money.refunds]
    told = {name: value for name, value in asdict(order).items() if name not in hidden}
    return {**_where(seen), **told, "lines": lines, "payments": payments, "refunds": refunds}


def _turn(seen: WaitingSeen) -> dict[str, Any]:
    hidden = {"id", "secret", "slot_id", "hold", "units"}
    told = {name: value for name, value in asdict(seen.waiting).items() if name not in hidden}
    return {**_where(seen), **told, "units": dict(seen.waiting.units)}


def _where(seen: OrderSeen | WaitingSeen) -> dict[str, Any]:
    return {"organizer": seen.drop.organizer, "drop": seen.drop.path, "slot": seen.slot.title, "starts_at": seen.slot.starts_at}


def _letter(one: Consequence) -> dict[str, Any]:
    return {"about": one.payload.get("kind"), "standing": one.standing, "sent_at": one.done_at, "due_at": one.due_at, "reason": one.reason}
