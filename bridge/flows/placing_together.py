"""Orders of several customers placed together, as they come in a rush: one transaction for all who order what was kept for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.claims import Claim, Swap, swapped
from bridge.core.drops import Slot
from bridge.core.errors import Refusal
from bridge.core.orders import Order
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import ForOrders, Held
from bridge.flows.holds import standing
from bridge.flows.orders import check_customer
from bridge.flows.placing import PAY_WITHIN, Draft, Ordering, checked, claimed, drafted, way_of, written

UNCHANGED = Swap(Claim(), Claim())


def place_orders(
    work: UnitOfWork, wishes: Sequence[Ordering], *, pay_within: timedelta = PAY_WITHIN, now: datetime
) -> list[Order | None]:
    """As ``place_order`` for each of these, on slots of one drop, whose hold stands and is what they order.

    None for everybody else, for whom nothing has changed: ``place_order`` does what there is to be done, or says why not.
    """
    found = work.views.selling({wish.public_id for wish in wishes})
    if found is None:
        return [None for _ in wishes]
    able = _once_each([_able(wish, found) for wish in wishes])
    asked = [wish for wish in able if wish is not None]
    if found.has_limits:
        for key in sorted({wish.key for wish in asked}):
            work.lock_customer(found.drop.organizer_id, key, now)
    slots, holds = work.slots_and_holds({wish.public_id for wish in asked}, {wish.hold for wish in asked})
    room = _Room(found, slots, holds, pay_within)
    drafts = [_draft(work, room, wish, now) if wish is not None else None for wish in able]
    orders = iter(written(work, found.drop, [draft for draft in drafts if draft is not None], now))
    return [next(orders) if draft is not None else None for draft in drafts]


def _able(wish: Ordering, found: ForOrders) -> Ordering | None:
    """The wish as it is to be stored, when nothing can be said against it but what the slot itself says."""
    try:
        cleaned = checked(wish)
        way_of(cleaned, found.terms)
    except Refusal:
        return None
    return cleaned if wish.hold and wish.public_id in found.limits else None


def _once_each(wishes: Sequence[Ordering | None]) -> list[Ordering | None]:
    """Who comes again, or with the same hold, is seen to after what they did first."""
    seen: set[str] = set()
    kept: list[Ordering | None] = []
    for wish in wishes:
        own = {wish.hold, wish.key} if wish is not None else set()
        kept.append(None if own & seen else wish)
        seen |= own
    return kept


@dataclass(frozen=True, slots=True)
class _Room:
    found: ForOrders
    slots: Mapping[str, Slot]
    holds: Mapping[str, Held]
    pay_within: timedelta


def _draft(work: UnitOfWork, room: _Room, wish: Ordering, now: datetime) -> Draft | None:
    """The order out of its hold; None when it is to claim anything else, or may not be."""
    slot, shipping, terms = room.slots.get(wish.public_id), way_of(wish, room.found.terms), room.found.terms
    held = standing(room.holds.get(wish.hold), slot, now) if slot is not None else None
    if slot is None or slot.cancelled or held is None:
        return None
    try:
        claim = claimed(slot, held, wish, terms, now, takes_places=shipping.takes_places)
        draft = drafted(wish, room.found, slot, held, claim, shipping, room.pay_within, now)
        if swapped(held.claim, claim) != UNCHANGED:
            return None
        check_customer(work, slot, terms, draft.order.lines, wish.places, wish.key)
    except Refusal:
        return None
    return draft
