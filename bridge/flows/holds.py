"""Holds: places and goods kept for somebody who is ordering, for a few minutes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core import events
from bridge.core.availability import availability
from bridge.core.claims import Claim, asked_for, check_open, unit_price
from bridge.core.drops import Slot
from bridge.core.errors import HoldExpired, NotFound, SoldOut, TooManyHolds
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import Held
from bridge.core.terms import Terms
from bridge.flows.claiming import NOTHING, exchange
from bridge.flows.waiting import end_turn, offer_next

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
BATCH = 100


def take_hold(
    work: UnitOfWork,
    public_id: str,
    units: Mapping[str, int],
    *,
    places: int = 0,
    lasts: timedelta | None = None,
    undescribed: timedelta | None = None,
    visitor: str = "",
    most: int | None = None,
    now: datetime,
) -> tuple[Held, Slot]:
    """Claims ``units`` by SKU, and the places they take plus ``places`` without goods, until ``now + lasts``; also the slot as it was.

    ``lasts`` is what the drop's terms say unless given, and ``undescribed`` where nobody wrote any. A ``visitor`` has ``most``
    holds at a time. All or nothing; who is on the waiting list comes first. Raises ``NotFound``, ``InvalidInput``,
    ``WindowClosed``, ``LimitReached``, ``TooManyHolds``, ``SoldOut``.
    """
    if visitor and most is not None and work.holds_of(visitor, now) >= most:
        raise TooManyHolds("Several orders were begun from here and not finished. Finish one of them, or try again in a few minutes.")
    slot = open_slot(work, public_id, now)
    terms = work.views.terms(slot.drop_id)
    claim = fresh_claim(work, slot, terms, units, places, now)
    usual = terms.hold if undescribed is None or terms != Terms() else undescribed
    hold = work.add_hold(slot, claim, now + (lasts or usual), now, visitor=visitor)
    taken = events.HoldTaken(claim.places, claim.units, claim.amount, unit_price(slot.offers, claim.lines))
    work.record(taken, actor="customer", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    return hold, slot


def open_slot(work: UnitOfWork, public_id: str, now: datetime) -> Slot:
    """The slot, locked, once those who wait for it had their turn. Raises ``NotFound``, ``WindowClosed``."""
    slot = work.slot_for_claim(public_id)
    if slot is None:
        raise NotFound("There is no such slot.")
    check_open(slot, now)
    if slot.waiting and offer_next(work, slot, now):
        return work.slots_for_claim([slot.id])[slot.id]
    return slot


def fresh_claim(
    work: UnitOfWork, slot: Slot, terms: Terms, units: Mapping[str, int], places: int, now: datetime, *, takes_places: bool = True
) -> Claim:
    """Claims it for somebody who has nothing yet. Raises ``InvalidInput``, ``LimitReached``, ``SoldOut``."""
    claim = asked_for(slot, terms, units, places, now, takes_places=takes_places)
    stock = work.lock_items({line.stock_item_id for line in claim.lines})
    if takes_places and availability(slot, stock, now).state == "sold_out":
        raise SoldOut("This slot is sold out.")
    exchange(work, slot, NOTHING, claim, now, stock)
    return claim


def change_hold(work: UnitOfWork, secret: str, units: Mapping[str, int], *, places: int = 0, now: datetime) -> Held:
    """Holds something else on the same slot instead, for the time that is left; nothing changes unless all can be had.

    Raises ``HoldExpired`` and what ``take_hold`` raises.
    """
    hold, slot = standing_hold(work, secret, now)
    check_open(slot, now)
    claim = asked_for(slot, work.views.terms(slot.drop_id), units, places, now, own=hold.claim)
    exchange(work, slot, hold.claim, claim, now)
    changed = replace(hold, places=claim.places, lines=claim.lines)
    work.save_hold(changed)
    return changed


def standing_hold(work: UnitOfWork, secret: str, now: datetime) -> tuple[Held, Slot]:
    """A hold whose time is not over, and its slot, locked. Raises ``HoldExpired``."""
    found = work.hold(secret)
    slot = work.slots_for_claim([found.slot_id]).get(found.slot_id) if found else None
    hold = hold_on(work, slot, secret, now) if slot else None
    if hold is None or slot is None:
        raise HoldExpired("The time to order ran out; please start again.")
    return hold, slot


def hold_on(work: UnitOfWork, slot: Slot, secret: str, now: datetime) -> Held | None:
    """The hold of this secret if it is one on the slot, which is locked, and its time is not over."""
    hold = work.hold(secret) if secret else None
    return hold if hold is not None and hold.slot_id == slot.id and now < hold.expires_at else None


def release_hold(work: UnitOfWork, secret: str, *, now: datetime) -> None:
    """Gives a hold's places and goods back; one that is gone already changes nothing."""
    hold = work.hold(secret)
    if hold is not None:
        _release(work, hold, now, expired=False)


def expire_holds(open_work: WorkFactory, now: datetime) -> int:
    """Gives back what expired holds claimed; each exactly once, however many clocks run. Returns how many."""
    with open_work() as work:
        found = work.expired_holds(now, BATCH)
    for hold in found:
        with open_work() as work:
            _release(work, hold, now, expired=True)
    return len(found)


def release_all(work: UnitOfWork, slot: Slot, now: datetime, actor: str) -> None:
    """Ends every hold on a slot, which is locked."""
    for hold in work.holds_on(slot.id):
        _release(work, hold, now, expired=False, actor=actor)


def _release(work: UnitOfWork, found: Held, now: datetime, *, expired: bool, actor: str = "customer") -> None:
    slot = work.slots_for_claim([found.slot_id])[found.slot_id]
    hold = work.hold(found.secret)
    if hold is None or (expired and hold.expires_at > now) or not work.take_away_hold(hold):
        return
    work.release(hold.slot_id, hold.places, hold.lines)
    if hold.waiting_id is not None:
        end_turn(work, hold.waiting_id, "lapsed" if expired else "left", now)
        return
    released = events.HoldReleased(hold.places, hold.claim.units, expired, hold.claim.amount, unit_price(slot.offers, hold.lines))
    work.record(released, actor="clock" if expired else actor, now=now, drop_id=slot.drop_id, slot_id=slot.id)
