"""Translator: what happened to an order or a waiting list, as a finished message in the customer's language. Pure.

``letter`` and ``waiting_letter`` write; ``Facts`` is what they have to know beside the order as it is now.
"""

from datetime import datetime
from typing import NamedTuple

from bridge.core.drops import Drop
from bridge.core.ports_orders import OrderSeen, WaitingSeen
from bridge.core.sockets import Message
from bridge.ical import invitation, order_uid
from bridge.ical.invitation import Method
from bridge.letters.content import Content
from bridge.letters.facts import Before, By, Facts, Kind, WaitingKind, read_facts, read_kind
from bridge.letters.layout import html, one_line, text
from bridge.letters.orders import order_content, was_invited
from bridge.letters.waiting import waiting_content
from bridge.wording import Wording, wording

__all__ = ["Before", "By", "Facts", "From", "Kind", "WaitingKind", "letter", "read_facts", "read_kind", "waiting_letter"]


class From(NamedTuple):
    """The house that writes: what its links begin with, and the address that its mail comes from."""

    base_url: str
    address: str

    def order(self, secret: str) -> str:
        """The order's page."""
        return f"{self.base_url}/orders/{secret}"

    def leave(self, secret: str) -> str:
        """Where a turn on a waiting list is given up."""
        return f"{self.base_url}/waiting/{secret}"

    def slot(self, public_id: str, offer: str = "") -> str:
        """The slot's page, with an offer opened."""
        return f"{self.base_url}/slots/{public_id}" + (f"?offer={offer}" if offer else "")


def letter(kind: Kind, seen: OrderSeen, facts: Facts, house: From, now: datetime) -> Message:
    """The letter about an order; with an invitation when the order is, or was, a date in the customer's calendar."""
    order, words = seen.order, wording(seen.order.language).at(now)
    link = house.order(order.secret)
    content = order_content(kind, seen, facts, words, link, now)
    method = _method(kind, seen)
    calendar = invitation(order, seen.slot, seen.drop, seen.terms, method, now, link=link, sender=house.address) if method else ""
    return _message(content, words, seen.drop, order.email, order.name, order_uid(order), calendar, method or "")


def waiting_letter(kind: WaitingKind, seen: WaitingSeen, house: From, now: datetime) -> Message:
    """The letter about an entry of a waiting list."""
    words = wording(seen.waiting.language).at(now)
    link = house.slot(seen.slot.public_id, seen.waiting.secret if kind == "waiting_offer" else "")
    content = waiting_content(kind, seen, words, link, house.leave(seen.waiting.secret))
    return _message(content, words, seen.drop, seen.waiting.email, seen.waiting.name, f"waiting-{seen.waiting.id}", "", "")


def _method(kind: Kind, seen: OrderSeen) -> Method | None:
    if kind in {"confirmed", "changed", "moved"} and seen.order.fulfilment == "pickup":
        return "REQUEST"
    return "CANCEL" if kind == "cancelled" and was_invited(seen) else None


def _message(content: Content, words: Wording, drop: Drop, to: str, name: str, thread: str, calendar: str, method: str) -> Message:
    return Message(
        to=to,
        to_name=name,
        subject=one_line(content.subject),
        text=text(content, words),
        html=html(content, words),
        language=words.language,
        sender_name=drop.organizer_title or drop.organizer,
        reply_to=drop.organizer_email,
        calendar=calendar,
        calendar_method=method,
        thread=thread,
    )
