"""What became of a drop: as tables for people, JSON or CSV for machines."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from babel.dates import format_timedelta
from babel.numbers import format_percent

from bridge.cli.common import Context, as_json, listed, pass_context, the_drop_at
from bridge.core.drops import Drop
from bridge.core.report import Figures, Report, SlotFacts, SlotReport, Sold, share
from bridge.flows.report import report_on
from bridge.wording import Wording, wording

COLUMNS = (
    "slot", "views", "holds", "orders", "conversion", "average", "units", "places", "sell-through", "abandoned",
    "waiting", "offered", "taken", "lapsed", "cancelled", "refunded", "sold out after",
)  # fmt: skip


@click.command()
@click.argument("drop", metavar="ORGANIZER/DROP")
@as_json
@click.option("--csv", "csv_", is_flag=True, help="For spreadsheets: a line for the drop, each slot, and each price of a slot.")
@click.option("--since", help="Count what happened from then on: 2026-12-01 or 2026-12-01T18:00, in the drop's time zone.")
@click.option("--until", help="Count what happened before then.")
@pass_context
def report(context: Context, drop: str, json_: bool, csv_: bool, since: str | None, until: str | None) -> None:
    """Tell what became of a drop: views, holds, orders, money, sell-through, waiting list, time to sell out.

    The manual's page Reports defines each figure. Amounts in JSON and CSV are in minor units, shares fractions of one.

    Example: dropbridge report ada/saturday-bread --since 2026-12-01
    """
    if json_ and csv_:
        raise click.UsageError("Choose --json or --csv.")
    bridge = context.bridge
    with bridge.read() as views:
        found = the_drop_at(views, drop)
        zone = ZoneInfo(found.timezone)
        made = report_on(views, found, bridge.now(), _moment("--since", since, zone), _moment("--until", until, zone))
    if json_:
        click.echo(json.dumps(plain(found, made), indent=2, ensure_ascii=False))
    elif csv_:
        _write_csv(found, made)
    else:
        _print(found, made, wording("en"))


def _moment(option: str, written: str | None, zone: ZoneInfo) -> datetime | None:
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise click.UsageError(f"{option} is a day or a moment, such as 2026-12-01 or 2026-12-01T18:00, not {written}.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def plain(drop: Drop, made: Report) -> dict[str, Any]:
    """A report as JSON has it."""
    return {
        "drop": drop.path,
        "title": drop.title,
        "currency": drop.currency,
        "total": {**_figures(made.total), **_places(made.capacity, made.claimed, made.sold_out_after)},
        "products": [_sold(one) for one in made.products],
        "slots": [_slot(one) for one in made.slots],
    }


def _figures(found: Figures) -> dict[str, Any]:
    return {**asdict(found), "conversion": found.conversion, "average": found.average, "abandonment": found.abandonment}


def _places(capacity: int, claimed: int, after: timedelta | None) -> dict[str, Any]:
    seconds = None if after is None else after.total_seconds()
    return {"capacity": capacity, "claimed": claimed, "sell_through": share(claimed, capacity), "sold_out_after_seconds": seconds}


def _sold(one: Sold) -> dict[str, Any]:
    return {**asdict(one), "sell_through": one.share}


def _slot(one: SlotReport) -> dict[str, Any]:
    slot = one.slot
    return {
        "slot": slot.public_id,
        "title": slot.title,
        "starts_at": slot.starts_at.isoformat(),
        "called_off": slot.ended,
        **_figures(one.figures),
        **_places(slot.capacity, slot.claimed, slot.sold_out_after),
        "products": [_sold(product) for product in slot.sold],
        "prices": [{"price": part.price, **_figures(part.figures)} for part in one.prices],
    }


def _write_csv(drop: Drop, made: Report) -> None:
    lines = list(_lines(drop, made))
    written = csv.DictWriter(sys.stdout, list(lines[0]), restval="", lineterminator="\n")
    written.writeheader()
    written.writerows(lines)


def _lines(drop: Drop, made: Report) -> Iterator[dict[str, Any]]:
    """The drop without a slot, each slot without a price, each of its prices."""
    whole = {"drop": drop.path, "currency": drop.currency, "slot": "", "starts_at": "", "price": ""}
    yield {**whole, **_figures(made.total), **_places(made.capacity, made.claimed, made.sold_out_after)}
    for one in made.slots:
        this = {**whole, "slot": one.slot.public_id, "starts_at": one.slot.starts_at.isoformat()}
        yield {**this, **_figures(one.figures), **_places(one.slot.capacity, one.slot.claimed, one.slot.sold_out_after)}
        for part in one.prices:
            yield {**this, "price": part.price, **_figures(part.figures)}


def _print(drop: Drop, made: Report, words: Wording) -> None:
    click.echo(f"{drop.title} ({drop.path})\n")
    rows = [
        _row(_when(one.slot, words), one.figures, drop, words)
        | _taken(one.slot.capacity, one.slot.claimed, one.slot.sold_out_after, words)
        for one in made.slots
    ]
    total = _row("all", made.total, drop, words) | _taken(made.capacity, made.claimed, made.sold_out_after, words)
    listed([*rows, total], COLUMNS, json_=False)
    prices = [
        _row(_when(one.slot, words), part.figures, drop, words)
        | {"price": words.money(part.price, drop.currency)}
        for one in made.slots
        for part in one.prices
    ]
    if prices:
        click.echo()
        listed(prices, ("slot", "price", "views", "holds", "orders", "conversion", "average", "units", "abandoned"), json_=False)
    if made.products:
        click.echo()
        products = [{"product": p.name, "sold": p.units, "of": p.of, "sell-through": _percent(p.share, words)} for p in made.products]
        listed(products, ("product", "sold", "of", "sell-through"), json_=False)


def _when(slot: SlotFacts, words: Wording) -> str:
    zone = ZoneInfo(slot.timezone)
    return words.day(slot.starts_at, zone, year=True) if slot.all_day else words.moment(slot.starts_at, zone, year=True)


def _row(slot: str, found: Figures, drop: Drop, words: Wording) -> dict[str, Any]:
    return {
        "slot": slot,
        "views": found.views,
        "holds": found.holds,
        "orders": found.orders,
        "conversion": _percent(found.conversion, words),
        "average": "" if found.average is None else words.money(found.average, drop.currency),
        "units": found.units,
        "abandoned": f"{found.abandoned} ({_percent(found.abandonment, words)})" if found.abandoned else "0",
        "waiting": found.waiting_joined,
        "offered": found.waiting_offered,
        "taken": found.waiting_taken,
        "lapsed": found.waiting_lapsed,
        "cancelled": found.cancelled,
        "refunded": words.money(found.refunded, drop.currency),
    }


def _taken(capacity: int, claimed: int, after: timedelta | None, words: Wording) -> dict[str, str]:
    return {
        "places": f"{claimed}/{capacity}",
        "sell-through": _percent(share(claimed, capacity), words),
        "sold out after": "" if after is None else format_timedelta(after, threshold=2, locale=words.locale),
    }


def _percent(part: float | None, words: Wording) -> str:
    return "" if part is None else format_percent(part, format="#,##0.#%", locale=words.locale)
