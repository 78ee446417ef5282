"""The parts that letters are put together from: when, where, what, and the money."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_name

from bridge.core.drops import Drop, Slot
from bridge.core.orders import Money, Order, owed
from bridge.core.terms import Terms
from bridge.ical import ordered
from bridge.letters.content import Line, Row
from bridge.letters.facts import Before
from bridge.wording import N_, Wording

LONG_DAY = N_("EEEE d MMMM y")


def when(at: Before, words: Wording) -> str:
    """Day and times, in the slot's zone."""
    zone = ZoneInfo(at.timezone)
    start, end = at.starts_at.astimezone(zone), at.ends_at.astimezone(zone)
    if at.all_day:
        last = max(start.date(), (end - timedelta(seconds=1)).date())
        return _day(start.date(), words) if last == start.date() else f"{_day(start.date(), words)} – {_day(last, words)}"
    if end <= start:
        return f"{_day(start.date(), words)}, {words.time(start, zone)}"
    until = words.time(end, zone) if end.date() == start.date() else f"{_day(end.date(), words)}, {words.time(end, zone)}"
    return f"{_day(start.date(), words)}, {words.time(start, zone)}–{until}"


def short_when(slot: Slot, words: Wording) -> str:
    """As a subject has it."""
    return words.day(slot.starts_at, slot.zone) if slot.all_day else words.moment(slot.starts_at, slot.zone)


def _day(day: date, words: Wording) -> str:
    return format_date(day, words.text(LONG_DAY), locale=words.locale)


def dates(slot: Slot, drop: Drop, words: Wording, before: Before | None = None, *, place: bool = True) -> Iterator[Row]:
    """When and where; with ``before`` also what of it changed."""
    now = Before.of(slot)
    old = before or now
    what, was_what = now.title or drop.title, old.title or drop.title
    yield Row(words.text("What"), what, was_what if was_what != what else "")
    at, was_at = when(now, words), when(old, words)
    yield Row(words.text("When"), at, was_at if was_at != at else "", "" if slot.all_day else _zone(slot, words))
    where, was_where = now.place or drop.place, old.place or drop.place
    if place and where:
        yield Row(words.text("Where"), where, was_where if was_where != where else "")


def _zone(slot: Slot, words: Wording) -> str:
    name = get_timezone_name(slot.starts_at.astimezone(slot.zone), width="long", locale=words.locale)
    return words.text("All times are local to the place: {zone}.", zone=name)


def handing_over(order: Order, slot: Slot, terms: Terms, words: Wording, before: Before | None = None) -> Iterator[Row]:
    """How the customer gets it; with ``before`` also what that was."""
    pickup = slot.pickup or terms.pickup
    was = (before.pickup or terms.pickup) if before is not None and before.pickup is not None else pickup
    if order.fulfilment == "pickup" and pickup:
        yield Row(words.text("Pickup"), pickup, was if was != pickup else "")
    yield from sent_to(order, words)


def sent_to(order: Order, words: Wording) -> Iterator[Row]:
    """Where it is sent, if it is."""
    if order.fulfilment == "shipping" and order.address is not None:
        to = order.address
        lines = (order.name, to.street, to.more, f"{to.postcode} {to.city}".strip(), words.country(to.country))
        yield Row(words.text("Sent to"), "\n".join(line for line in lines if line))


def bill(order: Order, terms: Terms, words: Wording) -> tuple[Line, ...]:
    """What was ordered, and what it costs."""
    if not order.lines:
        return tuple(Line(name, "") for name in ordered(order, terms, words))
    names = zip(ordered(order, terms, words), order.lines, strict=True)
    lines = [Line(name, words.money(line.units * line.price, order.currency)) for name, line in names]
    if order.shipping_fee:
        lines.append(Line(order.shipping or words.text("Shipping"), words.money(order.shipping_fee, order.currency)))
    sums = order.totals
    taxes = [
        Line(words.tax(rate, included=order.tax_included), words.money(tax, order.currency), quiet=order.tax_included)
        for rate, _, tax in sums.taxes
        if tax
    ]
    total = Line(words.text("Total"), words.money(order.total, order.currency), strong=True)
    return (*lines, total, *taxes) if order.tax_included else (*lines, *taxes, total)


def paying(order: Order, money: Money, words: Wording) -> Iterator[Row]:
    """What was paid, what of it went back, and what is still to be paid: as the order's page says it."""
    rows = {N_("Paid"): money.paid, N_("Refund"): money.refunded, N_("To pay at pickup"): owed(order, money)}
    for name, amount in rows.items():
        if amount:
            yield Row(words.text(name), words.money(amount, order.currency))


def may_change_until(slot: Slot, terms: Terms, order: Order) -> datetime | None:
    """Until when customers change or cancel by themselves; None: not at all."""
    if order.free_change:
        return slot.starts_at
    return None if terms.cancel_until is None else slot.starts_at - terms.cancel_until
