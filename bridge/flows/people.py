"""Customers as persons: all that is known of one is told on request, and forgotten on request or when its time is over.

What is forgotten is the person. Orders keep numbers, states, amounts, taxes and lines, which bookkeeping needs.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from bridge.core.accounts import Organizer
from bridge.core.errors import NotFound, NotPossible
from bridge.core.orders import checked_email, email_key
from bridge.core.ports import UnitOfWork, Views
from bridge.core.ports_orders import OrderSeen, WaitingSeen
from bridge.core.ports_outbox import Consequence
from bridge.flows.waiting import leave_waiting

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
BATCH = 500


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a person. ``customer_of`` are organizers, with when the person ordered there last."""

    orders: tuple[OrderSeen, ...]
    turns: tuple[WaitingSeen, ...]
    letters: tuple[Consequence, ...]
    customer_of: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Erased:
    """How many of each were erased."""

    orders: int
    turns: int
    letters: int


def known_of(views: Views, email: str, organizer: Organizer | None = None) -> Known:
    """What is known of whoever has this mailbox, with one organizer or with all. Raises ``InvalidInput``, ``NotFound``."""
    key, owner = email_key(checked_email(email)), organizer.id if organizer else None
    orders = [seen for order_id in views.orders_of(key, owner) if (seen := views.order_by_id(order_id))]
    turns = [told for turn in views.turns_of(key, owner) if (told := views.waiting_seen_by_id(turn.id))]
    letters = views.letters_about([seen.order.id for seen in orders], [told.waiting.id for told in turns])
    known = Known(tuple(orders), tuple(turns), tuple(letters), views.seen_by(key, owner))
    if not (orders or turns or known.customer_of):
        raise NotFound("Nothing is known of this address.")
    return known


def erase(open_work: WorkFactory, email: str, organizer: Organizer | None, now: datetime, *, force: bool = False) -> Erased:
    """Forgets whoever has this mailbox, with one organizer or with all; turns on waiting lists end, letters are not sent any more.

    Unless by ``force``, raises ``NotPossible`` while an order is to be handed over or money is on its way: without a name,
    an address and letters neither could be done as promised. Raises ``InvalidInput`` and ``NotFound`` as well; then nothing
    has changed.
    """
    with open_work() as work:
        known = known_of(work.views, email, organizer)
        _check(known, now, force=force)
    for seen in known.turns:
        with open_work() as work:
            leave_waiting(work, seen.waiting.secret, now=now)
    with open_work() as work:
        key, owner = email_key(checked_email(email)), organizer.id if organizer else None
        work.forget_customer(key, owner)
        turns = work.views.turns_of(key, owner)
        work.slots_for_claim({turn.slot_id for turn in turns})
        orders = work.views.orders_of(key, owner)
        letters = work.remove_letters(orders, [turn.id for turn in turns])
        work.erase_persons(orders)
        work.remove_turns(turns)
    return Erased(len(orders), len(turns), letters)


def _check(known: Known, now: datetime, *, force: bool) -> None:
    for seen in known.orders:
        order, number = seen.order, seen.order.number
        if force:
            continue
        if order.state in ("pending", "placed", "paid") and now < seen.slot.ends_at:
            raise NotPossible("Order {number} is still to be handed over: wait until it is, or cancel it first.", number=number)
        open_now = (one for one in seen.money.payments if one.state == "started" and (one.expires_at is None or now < one.expires_at))
        if seen.money.is_clearing or any(open_now):
            raise NotPossible("Order {number} is being paid at this moment: wait until that is over.", number=number)
        if any(refund.state in ("requested", "failed") for refund in seen.money.refunds):
            raise NotPossible("Money of order {number} is still to be given back: wait until it is there.", number=number)


def erase_old(open_work: WorkFactory, before: datetime) -> int:
    """Forgets everybody whose slot ended before a moment, a part in each transaction. Returns how many orders lost their person."""
    with open_work() as work:
        work.forget_customers(before)
    while _remove_old_turns(open_work, before) == BATCH:
        continue
    erased = 0
    while some := _erase_old_orders(open_work, before):
        erased += some
    return erased


def _remove_old_turns(open_work: WorkFactory, before: datetime) -> int:
    with open_work() as work:
        turns = work.views.turns_to_erase(before, BATCH)
        work.slots_for_claim({turn.slot_id for turn in turns})
        work.remove_letters([], [turn.id for turn in turns])
        work.remove_turns(turns)
    return len(turns)


def _erase_old_orders(open_work: WorkFactory, before: datetime) -> int:
    with open_work() as work:
        orders = work.views.orders_to_erase(before, BATCH)
        work.remove_letters(orders, [])
        work.erase_persons(orders)
    return len(orders)
