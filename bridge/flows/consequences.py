"""What an organizer's edit of a slot means for those who ordered on it: who is told, who gets their money back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bridge.core.claims import Line
from bridge.core.drops import Slot
from bridge.core.orders import STANDING, OrderState
from bridge.core.ports import UnitOfWork
from bridge.flows.holds import release_all
from bridge.flows.orders import cancelled, claim_of
from bridge.flows.tell import tell_of_edit

MOVED = frozenset({"starts_at", "ends_at", "place"})
RENAMED = frozenset({"title", "pickup"})
CANCELLABLE: frozenset[OrderState] = STANDING | {"pending"}


def after_edit(work: UnitOfWork, before: Slot, after: Slot, now: datetime, actor: str) -> Slot:
    """Tells customers of what changed for them, and ends everything on a slot that was cancelled. The slot as it is then.

    The drop is locked, and with it the slots of the event and, of those that are cancelled, what is claimed (``lock_claimed``).
    """
    if after.cancelled and not before.cancelled:
        return _cancel_all(work, after, now, actor)
    moved = any(getattr(before, name) != getattr(after, name) for name in MOVED)
    renamed = any(getattr(before, name) != getattr(after, name) for name in RENAMED)
    if (moved or renamed) and not after.cancelled:
        _tell_all(work, before, after, now, moved=moved)
    if moved and not after.cancelled:
        _take_unpaid_along(work, after, now)
    return after


def lock_claimed(work: UnitOfWork, slots: Iterable[Slot]) -> None:
    """Locks the goods that are claimed on slots of one event, all at once and in their order; the slots are locked.

    Given back slot by slot they could meet a customer's claim that holds the other half.
    """
    lines: list[Line] = []
    for slot in slots:
        lines += [line for order in work.orders_on(slot.id, CANCELLABLE) for line in claim_of(order).lines]
        lines += [line for hold in work.holds_on(slot.id) for line in hold.lines]
    work.lock_items({line.stock_item_id for line in lines})


def _cancel_all(work: UnitOfWork, slot: Slot, now: datetime, actor: str) -> Slot:
    orders, holds = work.orders_on(slot.id, CANCELLABLE), work.holds_on(slot.id)
    release_all(work, slot, now, actor)
    for order in orders:
        cancelled(work, order, slot, now=now, by="organizer", actor=actor)
    return work.slots_for_claim([slot.id])[slot.id] if orders or holds else slot


def _take_unpaid_along(work: UnitOfWork, slot: Slot, now: datetime) -> None:
    """Orders whose payment is clearing are kept until the new start; their customers learn it with the confirmation, and may leave then."""
    for order in work.orders_on(slot.id, {"pending"}):
        if work.money(order.id).is_clearing:
            work.save_order(replace(order, expires_at=slot.starts_at, free_change=True, changed_at=now), "pending")


def _tell_all(work: UnitOfWork, before: Slot, after: Slot, now: datetime, *, moved: bool) -> None:
    for order in work.orders_on(after.id, STANDING):
        told = replace(order, sequence=order.sequence + 1, free_change=order.free_change or moved, changed_at=now)
        if work.save_order(told, order.state):
            tell_of_edit(work, told.id, now, mark=told.sequence, before=before)
