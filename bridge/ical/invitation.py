"""The customer's own event: as an iMIP invitation that follows every change, and as the order's feed.

Both have the same UID and SEQUENCE, so that whoever takes both has one event. An invitation says PARTSTAT=ACCEPTED and
RSVP=FALSE, since whoever ordered has accepted: Gmail and Apple take it into the calendar as it is; Outlook shows its
buttons all the same, and they do nothing here.
"""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Literal

from bridge.core.drops import Drop, Slot
from bridge.core.orders import Order, OrderLine
from bridge.core.terms import Terms
from bridge.ical.calendar import PRODID, calendar_head, calendar_tail
from bridge.ical.lines import escape, joined
from bridge.ical.public import times
from bridge.ical.values import stamp
from bridge.ical.vtimezone import vtimezone
from bridge.liveblock_lines import SETTINGS
from bridge.wording import N_, Wording, wording

Method = Literal["REQUEST", "CANCEL"]

REFRESH = timedelta(hours=1)
REMIND = ("-P1D", "-PT1H")
PLACES = (N_("{n} place"), N_("{n} places"))
_EARLY, _EACH = N_("{name} at the early price, {price} each"), N_("{name}, {price} each")
ENDED = frozenset({"cancelled", "expired"})
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9.:_-]+")
_CONTROL = re.compile('["\x00-\x1f\x7f]')


def order_uid(order: Order) -> str:
    """The UID of the order's event: it stays when the server moves, and tells neither the secret nor how many orders there are."""
    return f"order-{hashlib.sha256(f'calendar {order.secret}'.encode()).hexdigest()[:32]}@dropbridge"


def invitation(order: Order, slot: Slot, drop: Drop, terms: Terms, method: Method, now: datetime, *, link: str, sender: str) -> str:
    """An iMIP body (RFC 6047, RFC 5546 section 3.2): REQUEST for a new or changed order, CANCEL for one that is no more.

    ``link`` is the order's page, ``sender`` the address that the mail comes from. An organizer with an address of their own is the
    ORGANIZER, for whom the sender acts (SENT-BY): mail apps ignore changes from an address that the invitation does not name.
    """
    status = "CANCELLED" if method == "CANCEL" else _status(order, slot)
    lines = [
        *_event(order, slot, drop, terms, link, now, status),
        _organizer(drop, sender),
        f'ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE;CN="{_quoted(order.name)}":mailto:{_address(order.email)}',
        "END:VEVENT",
    ]
    head = joined(["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", f"METHOD:{method}"])
    return head + _zone(slot) + joined(lines) + calendar_tail()


def order_calendar(order: Order, slot: Slot, drop: Drop, terms: Terms, *, link: str, sender: str) -> str:
    """The order's own feed, for those who subscribe: the same event, with reminders, cancelled when the order is.

    What is sent is no appointment: its event says so, takes no time (TRANSP, RFC 5545 section 3.8.2.7) and does not remind.
    The same order gives the same text. Published events have no ATTENDEE (RFC 5546 section 3.2.1).
    """
    changed = max(at for at in (order.placed_at, order.changed_at, order.cancelled_at) if at is not None)
    head = calendar_head(
        name=_title(slot, drop),
        description="",
        timezone=slot.timezone,
        color="",
        source_url=f"{link}/calendar.ics",
        url=link,
        refresh=REFRESH,
        tzids=[] if slot.all_day else [slot.timezone],
        last_modified=stamp(changed),
    )
    status = _status(order, slot)
    lines = [*_event(order, slot, drop, terms, link, changed, status), f"LAST-MODIFIED:{stamp(changed)}", _organizer(drop, sender)]
    if status != "CANCELLED" and order.fulfilment == "pickup":
        lines += _alarms(_title(slot, drop))
    return head + joined([*lines, "END:VEVENT"]) + calendar_tail()


def line_name(line: OrderLine, order: Order, terms: Terms, words: Wording) -> str:
    """What a line of the order is called; one of several of a product says its price, and whether that is the early one."""
    name = line.name or line.sku
    if sum(one.sku == line.sku for one in order.lines) == 1:
        return name
    product = terms.product(line.sku)
    early = product is not None and product.early is not None and product.early.price == line.price
    return words.text(_EARLY if early else _EACH, name=name, price=words.money(line.price, order.currency))


def ordered(order: Order, terms: Terms, words: Wording) -> list[str]:
    """What was ordered, a line for each product; places alone when there are no goods."""
    if not order.lines:
        return [words.plural(*PLACES, order.places)]
    return [f"{line.units} × {line_name(line, order, terms, words)}" for line in order.lines]


def _event(order: Order, slot: Slot, drop: Drop, terms: Terms, link: str, at: datetime, status: str) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{order_uid(order)}",
        f"DTSTAMP:{stamp(at)}",
        *times(slot),
        f"SEQUENCE:{order.sequence}",
        f"STATUS:{status}",
        f"SUMMARY:{escape(_title(slot, drop))}",
        f"DESCRIPTION:{escape(_description(order, slot, terms, link))}",
        f"URL;VALUE=URI:{_address(link)}",
        # Whoever shares a calendar with others does not share the link that opens the order.
        "CLASS:PRIVATE",
        f"TRANSP:{'OPAQUE' if order.fulfilment == 'pickup' else 'TRANSPARENT'}",
    ]
    place = slot.place or drop.place
    if _says_something(place) and order.fulfilment == "pickup":
        lines.append(f"LOCATION:{escape(place)}")
    if slot.geo and order.fulfilment == "pickup":
        lines.append(f"GEO:{slot.geo}")
    return lines


def _description(order: Order, slot: Slot, terms: Terms, link: str) -> str:
    words = wording(order.language)
    lines = [*ordered(order, terms, words), "", words.text("Order {number}", number=order.number)]
    if order.fulfilment == "shipping":
        lines.append(words.text("It is sent to you: there is nothing to come for."))
    pickup = slot.pickup or terms.pickup
    if pickup and order.fulfilment == "pickup":
        lines.append(f"{words.text(SETTINGS['Pickup'])}: {pickup}")
    return "\n".join([*lines, words.text("See or change it: {link}", link=link)])


def _status(order: Order, slot: Slot) -> str:
    if order.state in ENDED or slot.cancelled or slot.removed:
        return "CANCELLED"
    return "TENTATIVE" if order.state == "pending" else "CONFIRMED"


def _alarms(title: str) -> list[str]:
    return [
        line
        for trigger in REMIND
        for line in ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}", f"DESCRIPTION:{escape(title)}", "END:VALARM")
    ]


def _organizer(drop: Drop, sender: str) -> str:
    name = _quoted(drop.organizer_title or drop.organizer)
    own, sender = _address(drop.organizer_email), _address(sender)
    behalf = f';SENT-BY="mailto:{sender}"' if own and sender and own.casefold() != sender.casefold() else ""
    address = f"mailto:{own or sender}" if own or sender else f"urn:dropbridge:{_UNNAMEABLE.sub('-', drop.organizer)}"
    return f'ORGANIZER;CN="{name}"{behalf}:{address}'


def _zone(slot: Slot) -> str:
    return "" if slot.all_day else vtimezone(slot.timezone)


def _title(slot: Slot, drop: Drop) -> str:
    return " ".join(next((name for name in (slot.title, drop.title) if _says_something(name)), drop.slug).split())


def _says_something(text: str) -> bool:
    """A property in which there is nothing to see is an error to libical."""
    return any(sign.isprintable() and not sign.isspace() for sign in text)


def _quoted(name: str) -> str:
    return _CONTROL.sub("'", " ".join(name.split()))


def _address(value: str) -> str:
    return "".join(value.split())
