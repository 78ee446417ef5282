"""What an organizer's edit of a slot means for those who ordered on it: who is told, who gets their money back."""

from dataclasses import replace
from datetime import datetime

from bridge.core.claims import Line
from bridge.core.drops import Slot
from bridge.core.orders import STANDING
from bridge.core.ports import UnitOfWork
from bridge.flows.holds import release_all
from bridge.flows.orders import cancelled, claim_of
from bridge.flows.tell import tell_of_edit

MOVED = frozenset({"starts_at", "ends_at", "place"})
RENAMED = frozenset({"title", "pickup"})


def after_edit(work: UnitOfWork, before: Slot, after: Slot, now: datetime, actor: str) -> Slot:
    """Tells customers of what changed for them, and ends everything on a slot that was cancelled. The slot as it is then.

    The drop is locked, and with it the slots of the event.
    """
    if after.cancelled and not before.cancelled:
        return _cancel_all(work, after, now, actor)
    moved = any(getattr(before, name) != getattr(after, name) for name in MOVED)
    renamed = any(getattr(before, name) != getattr(after, name) for name in RENAMED)
    if (moved or renamed) and not after.cancelled:
        _tell_all(work, before, after, now, moved=moved)
    return after


def _cancel_all(work: UnitOfWork, slot: Slot, now: datetime, actor: str) -> Slot:
    orders = work.orders_on(slot.id, {"pending", *STANDING})
    holds = work.holds_on(slot.id)
    lines: list[Line] = [line for order in orders for line in claim_of(order).lines]
    lines += [line for hold in holds for line in hold.lines]
    # All at once, in their order: given back order by order they could meet a customer's claim that holds the other half.
    work.lock_items({line.stock_item_id for line in lines})
    release_all(work, slot, now, actor)
    for order in orders:
        cancelled(work, order, slot, now=now, by="organizer", actor=actor)
    return work.slots_for_claim([slot.id])[slot.id] if orders or holds else slot


def _tell_all(work: UnitOfWork, before: Slot, after: Slot, now: datetime, *, moved: bool) -> None:
    for order in work.orders_on(after.id, STANDING):
        told = replace(order, sequence=order.sequence + 1, free_change=order.free_change or moved, changed_at=now)
        if work.save_order(told, order.state):
            tell_of_edit(work, told.id, now, mark=told.sequence, before=before)
