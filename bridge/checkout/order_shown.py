"""An order in words: its state, its lines and sums, and what can still be done with it. Nothing is decided here."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from bridge.core.errors import TooLate
from bridge.core.orders import BOOKED, STANDING, Order, owed
from bridge.core.ports_orders import OrderSeen
from bridge.core.terms import AT_PICKUP
from bridge.flows.orders import check_in_time
from bridge.ical import line_name
from bridge.letters.orders import FAILED
from bridge.wording import N_, Wording

STATES = {
    "pending": N_("Waiting for your payment"),
    "placed": N_("Your order is placed"),
    "paid": N_("Your order is paid"),
    "picked_up": N_("Picked up"),
    "cancelled": N_("This order was cancelled"),
    "expired": N_("The time to pay ran out"),
    "failed": N_("Your payment failed"),
}
BADGES = {"pending": "few", "placed": "open", "paid": "open", "picked_up": "closed", "cancelled": "cancelled", "expired": "closed"}
REFUNDS = {
    "requested": N_("{amount} is on its way back to you."),
    "done": N_("{amount} was given back."),
    "failed": N_("{amount} could not be given back; the organizer will write to you."),
}
_CANCELLED = {
    "customer": N_("You cancelled it: {moment}."),
    "organizer": N_("{organizer} had to cancel this date, and your order with it: {moment}."),
    "": N_("It was cancelled: {moment}."),
}
_NO_RECEIPT = {
    "pending": N_("This order is not paid yet. Its receipt is here as soon as it is."),
    "cancelled": N_("This order was cancelled and nothing was paid, so there is no receipt."),
    "expired": N_("The time to pay for this order ran out, so there is no receipt."),
    "failed": N_("Your bank did not make the payment, so there is no receipt."),
}
_PAYS = {AT_PICKUP: N_("payment at pickup"), "stripe": N_("paid by card"), "fake": N_("paid by card")}
_GOOGLE = "https://calendar.google.com/calendar/render"
_OUTLOOK = "https://outlook.live.com/calendar/0/deeplink/compose"
_BASIC = "%Y%m%dT%H%M%SZ"


class LineShown(NamedTuple):
    """One line of an order."""

    units: int
    name: str
    price: str
    sum: str


class TaxShown(NamedTuple):
    """The tax of one rate: as it is called below a total, and beside its net sum."""

    name: str
    rate: str
    net: str
    tax: str


@dataclass(frozen=True, slots=True)
class OrderShown:
    """What the page of an order prints."""

    title: str
    ended: str
    badge: str
    day: str
    when: str
    where: str
    lines: tuple[LineShown, ...]
    places: int
    shipping: str
    sent_to: tuple[str, ...]
    fee: str
    total: str
    costs: bool
    net: str
    tax: str
    taxes: tuple[TaxShown, ...]
    pays: str
    pay_until: str
    due: str
    paid: str
    refunded: str
    refunds: tuple[str, ...]
    may_change: bool
    may_cancel: bool
    change_until: str
    placed: str
    goes_back: str
    receipt: bool


def order_shown(seen: OrderSeen, words: Wording, now: datetime) -> OrderShown:
    """The order as it is at ``now``."""
    order, slot, zone = seen.order, seen.slot, seen.slot.zone

    def money(minor: int) -> str:
        return words.money(minor, order.currency)

    sums, due = order.totals, owed(order, seen.money)
    in_time = _in_time(seen, now)
    until = slot.starts_at - seen.terms.cancel_until if seen.terms.cancel_until is not None else None
    return OrderShown(
        title=words.text(STATES[_standing(seen)]),
        ended=_ended(seen, words),
        badge=BADGES[order.state],
        day=words.day(slot.starts_at, zone) if slot.all_day else words.moment(slot.starts_at, zone),
        when=_when(seen, words),
        where=slot.place or seen.drop.place,
        lines=tuple(
            LineShown(line.units, line_name(line, order, seen.terms, words), money(line.price), money(line.units * line.price))
            for line in order.lines
        ),
        places=_bare_places(order),
        shipping=order.shipping or words.text("Shipping"),
        sent_to=_sent_to(order, words),
        fee=money(order.shipping_fee) if order.fulfilment == "shipping" else "",
        total=money(order.total),
        costs=order.total > 0,
        net=money(sums.net),
        tax=money(sums.tax),
        taxes=tuple(
            TaxShown(words.tax(rate, included=order.tax_included), words.percent(rate), money(net), money(tax))
            for rate, net, tax in sums.taxes
            if rate
        ),
        pays=_pays(seen, due, words),
        pay_until=_pay_until(seen, words),
        due=money(due) if due else "",
        paid=money(seen.money.paid) if seen.money.paid else "",
        refunded=money(seen.money.refunded) if seen.money.refunded else "",
        refunds=tuple(words.text(REFUNDS[refund.state], amount=money(refund.amount)) for refund in seen.money.refunds),
        may_change=order.state in STANDING and in_time and not slot.cancelled,
        may_cancel=order.state in STANDING | {"pending"} and in_time,
        change_until=words.moment(until, zone) if until is not None and order.state in STANDING and not order.free_change else "",
        placed=words.moment(order.placed_at, zone),
        goes_back=money(seen.money.kept) if seen.money.kept > 0 else "",
        receipt=has_receipt(seen),
    )


def has_receipt(seen: OrderSeen) -> bool:
    """Whether there is anything to give a receipt for: an order that stands, or one that was paid before it was cancelled."""
    return seen.order.state in BOOKED or (seen.order.state == "cancelled" and seen.money.paid > 0)


def why_no_receipt(seen: OrderSeen, words: Wording) -> str:
    """Why there is no receipt, empty when there is one."""
    return "" if has_receipt(seen) else words.text(_NO_RECEIPT[_standing(seen)])


def _standing(seen: OrderSeen) -> str:
    """Its state as its customer should know it: a debit that failed is not a time that ran out."""
    order = seen.order
    if order.state == "expired" and seen.money.has_failed:
        return "failed"
    return "placed" if order.state == "paid" and owed(order, seen.money) else order.state


def _ended(seen: OrderSeen, words: Wording) -> str:
    """Who cancelled it, and when; or that a bank did not pay."""
    at = seen.order.cancelled_at
    if _standing(seen) == "failed":
        return words.text(FAILED)
    if seen.order.state != "cancelled" or at is None:
        return ""
    organizer = seen.drop.organizer_title or seen.drop.organizer
    return words.text(_CANCELLED[seen.cancelled_by], organizer=organizer, moment=words.moment(at, seen.slot.zone))


def _pay_until(seen: OrderSeen, words: Wording) -> str:
    """Until when it is kept: minutes away, or days while the payment is clearing."""
    order, zone = seen.order, seen.slot.zone
    if order.state != "pending" or order.expires_at is None:
        return ""
    return words.moment(order.expires_at, zone) if seen.money.is_clearing else words.time(order.expires_at, zone)


def _sent_to(order: Order, words: Wording) -> tuple[str, ...]:
    if order.address is None:
        return ()
    to = order.address
    lines = (order.name, to.street, to.more, f"{to.postcode} {to.city}".strip(), words.country(to.country))
    return tuple(line for line in lines if line)


def _in_time(seen: OrderSeen, now: datetime) -> bool:
    try:
        check_in_time(seen.order, seen.slot, seen.terms, now)
    except TooLate:
        return False
    return True


def _bare_places(order: Order) -> int:
    return max(0, order.places - sum(line.units * line.places_per_unit for line in order.lines))


def _when(seen: OrderSeen, words: Wording) -> str:
    slot = seen.slot
    if slot.all_day:
        return words.day(slot.starts_at, slot.zone)
    same = slot.starts_at.astimezone(slot.zone).date() == slot.ends_at.astimezone(slot.zone).date()
    ends = words.time(slot.ends_at, slot.zone) if same else words.moment(slot.ends_at, slot.zone)
    return f"{words.moment(slot.starts_at, slot.zone)} – {ends}"


class Calendars(NamedTuple):
    """Ways into a calendar. The feed follows changes; what Google and Outlook take is a copy, and does not name the order's link."""

    feed: str
    file: str
    google: str
    outlook: str


def calendars(seen: OrderSeen, base_url: str) -> Calendars:
    """The links of an order."""
    slot = seen.slot
    title, place = slot.title or seen.drop.title, slot.place or seen.drop.place
    start, end = slot.starts_at, slot.ends_at
    google = {"action": "TEMPLATE", "text": title, "dates": f"{start:{_BASIC}}/{end:{_BASIC}}", "location": place, "ctz": slot.timezone}
    outlook = {"path": "/calendar/action/compose", "rru": "addevent", "subject": title, "location": place}
    outlook |= {"startdt": start.isoformat(), "enddt": end.isoformat()}
    file = f"{base_url}/orders/{seen.order.secret}/calendar.ics"
    return Calendars(f"webcal:{file.partition(':')[2]}", file, f"{_GOOGLE}?{urlencode(google)}", f"{_OUTLOOK}?{urlencode(outlook)}")


def pays_at_pickup(seen: OrderSeen) -> bool:
    """Whether what is still due is paid at pickup."""
    return seen.order.method == AT_PICKUP


def _pays(seen: OrderSeen, due: int, words: Wording) -> str:
    """How it is paid, or was, as a receipt ends."""
    if seen.money.paid:
        return words.text("paid in part by card") if due else words.text("paid by card")
    return words.text(_PAYS[seen.order.method]) if seen.order.method in _PAYS else seen.order.method
