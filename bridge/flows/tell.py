"""Customers are told: a letter is ordered in the transaction that changes something, and written when it is sent.

What is true then is what the letter says; one that is no longer true is not sent, since a later one tells what became of it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.core.drops import Slot
from bridge.core.errors import InvalidInput
from bridge.core.orders import STANDING, RefundReason
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import OrderSeen, OrderViews, WaitingSeen
from bridge.core.sockets import Message, Notifier
from bridge.flows.house import House
from bridge.letters import Before, By, Facts, From, Kind, WaitingKind, letter, read_facts, read_kind, waiting_letter

EDITS_WAIT = timedelta(minutes=2)
"""How long an organizer has to go on editing before customers are told."""
MAIL = "mail."
TO_ORDER, TO_WAITING = "mail.order", "mail.waiting"


def tell(
    work: UnitOfWork,
    order_id: int,
    kind: Kind,
    now: datetime,
    *,
    mark: int | str = 0,
    before: Before | None = None,
    by: By = "customer",
    amount: int = 0,
    reason: RefundReason = "cancelled",
) -> None:
    """Orders a letter about an order, once for each ``mark``: the order's sequence, or the id of a refund.

    ``before`` is the slot as it was, for moved and changed; ``by`` who cancelled; ``amount`` what goes back, ``reason`` why.
    """
    facts = Facts(before, by, amount, reason)
    work.enqueue(TO_ORDER, f"mail/{order_id}/{kind}/{mark}", {"order": order_id, "kind": kind, **facts.plain()}, now)


def tell_of_edit(work: UnitOfWork, order_id: int, now: datetime, *, mark: int, before: Slot) -> None:
    """Orders the letter about an organizer's edit. It waits for further ones, and of several in a row the customer gets one letter.

    That one says what changed since they were last told; ``before`` is the slot as it was before this edit.
    """
    about, due = f"mail/{order_id}/moved/", now + EDITS_WAIT
    if not work.put_off(about, due):
        facts = Facts(Before.of(before))
        work.enqueue(TO_ORDER, f"{about}{mark}", {"order": order_id, "kind": "moved", **facts.plain()}, due)


def tell_waiting(work: UnitOfWork, waiting_id: int, kind: WaitingKind, now: datetime, *, mark: int | str = 0) -> None:
    """Orders a letter about an entry of a waiting list, once for each ``mark``, which tells one offer from the next."""
    work.enqueue(TO_WAITING, f"mail/waiting/{waiting_id}/{kind}/{mark}", {"waiting": waiting_id, "kind": kind}, now)


def compose(views: OrderViews, payload: Mapping[str, Any], house: House, now: datetime) -> Message | None:
    """The letter as it is true now; None when it is true no more. Raises ``InvalidInput`` when ``payload`` is none of ours."""
    writer = From(house.base_url, house.address)
    if "waiting" in payload:
        return _about_waiting(views.waiting_seen_by_id(_id(payload["waiting"])), payload, writer, now)
    seen = views.order_by_id(_id(payload.get("order")))
    kind = read_kind(payload.get("kind"))
    if seen is None or not seen.order.email or not _is_true(kind, seen, now):
        return None
    facts = read_facts(payload)
    if kind == "moved" and facts.before == Before.of(seen.slot):
        return None
    return letter(kind, seen, facts, writer, now)


def _about_waiting(seen: WaitingSeen | None, payload: Mapping[str, Any], writer: From, now: datetime) -> Message | None:
    if seen is None:
        return None
    if payload.get("kind") == "waiting_offer":
        until = seen.waiting.offered_until
        lasts = seen.waiting.state == "offered" and until is not None and now < until
        return waiting_letter("waiting_offer", seen, writer, now) if lasts else None
    return waiting_letter("waiting_joined", seen, writer, now) if seen.waiting.state == "waiting" else None


def _id(told: object) -> int:
    if not isinstance(told, int):
        raise InvalidInput("This letter is about nothing that is known.")
    return told


def _is_true(kind: Kind, seen: OrderSeen, now: datetime) -> bool:
    order = seen.order
    if kind in {"confirmed", "changed", "moved"}:
        return order.state in STANDING
    if kind == "payment_needed":
        return order.state == "pending" and not seen.money.is_clearing and (order.expires_at is None or now < order.expires_at)
    if kind == "clearing":
        return order.state == "pending" and seen.money.is_clearing
    if kind == "unpaid":
        return order.state == "expired" and not seen.money.paid
    return order.state == "cancelled" if kind == "cancelled" else True


@dataclass(frozen=True, slots=True)
class Telling:
    """Delivers the outbox's letters: reads what is true, then speaks to the socket outside of any transaction."""

    read: Callable[[], AbstractContextManager[OrderViews]]
    notifier: Notifier
    house: House

    def __call__(self, payload: Mapping[str, Any], key: str, now: datetime) -> None:
        """As ``relay.Handler``."""
        with self.read() as views:
            message = compose(views, payload, self.house, now)
        if message is not None:
            self.notifier.send(message, key)
