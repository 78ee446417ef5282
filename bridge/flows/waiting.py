"""Waiting lists: what comes free on a slot that is sold out is offered to the next whom it is enough for, for a while."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from bridge.core import events
from bridge.core.availability import availability
from bridge.core.claims import Claim, asked_for, check_can_ever_be, check_open
from bridge.core.drops import Slot
from bridge.core.errors import AlreadyExists, NotFound, NotPossible, Refusal, SoldOut
from bridge.core.orders import checked_email, checked_name, email_key
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import Waiting
from bridge.flows.claiming import NOTHING, exchange
from bridge.flows.tell import tell_waiting

MOST_AT_ONCE = 50


def join_waiting(
    work: UnitOfWork,
    public_id: str,
    units: Mapping[str, int],
    *,
    places: int = 0,
    email: str,
    name: str,
    language: str,
    now: datetime,
) -> Waiting:
    """Puts somebody at the end of a slot's waiting list, who is told by mail. The same customer is on it once.

    Raises ``NotFound``, ``NotPossible`` (there is no list, or it can be had now), ``WindowClosed``, ``InvalidInput`` (also for
    more than the slot has in all), ``LimitReached``, ``AlreadyExists``.
    """
    email, name = checked_email(email), checked_name(name)
    slot = work.slot_for_claim(public_id)
    if slot is None:
        raise NotFound("There is no such slot.")
    check_open(slot, now)
    terms = work.views.terms(slot.drop_id)
    if not terms.waiting_list:
        raise NotPossible("There is no waiting list for this slot.")
    claim = asked_for(slot, terms, units, places, now)
    check_can_ever_be(slot, claim)
    if not slot.waiting and _fits(work, slot, units, places, now):
        raise NotPossible("This can be ordered now; there is no need to wait.")
    wanted = Waiting(0, slot.id, secrets.token_urlsafe(24), "waiting", dict(units), places, email, name, language, now)
    joined = work.add_waiting(wanted, email_key(email))
    if joined is None:
        raise AlreadyExists("You are on the waiting list for this slot already.")
    work.record(events.WaitingJoined(claim.places, claim.units), actor="customer", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    tell_waiting(work, joined.id, "waiting_joined", now)
    return joined


def offer_next(work: UnitOfWork, slot: Slot, now: datetime) -> bool:
    """Keeps what is free on ``slot``, which is locked, for those on its list whom it is enough for. True when someone was offered some.

    Nobody is passed over but those who want more than there is.
    """
    offered = False
    for waiting in work.waiting_on(slot.id, MOST_AT_ONCE):
        if _is_full(work, slot, now):
            break
        if _offer(work, slot, waiting, now):
            offered = True
            slot = work.slots_for_claim([slot.id])[slot.id]
    return offered


def had_their_turn(work: UnitOfWork, slot: Slot, own: Claim, now: datetime) -> Slot:
    """``slot``, which is locked, once what is free was offered to those who wait for it: before anybody takes more of it.

    ``own`` is what that somebody has already, here or on another slot; its goods are locked along with those of the slot.
    """
    if not slot.waiting:
        return slot
    # One who moves has goods that the slot need not sell: locked after those of the slot, two who move would wait for each other.
    work.lock_items({offer.stock_item_id for offer in slot.offers if offer.stock_item_id} | own.by_item().keys())
    return work.slots_for_claim([slot.id])[slot.id] if offer_next(work, slot, now) else slot


def leave_waiting(work: UnitOfWork, secret: str, *, now: datetime) -> None:
    """Takes somebody off a waiting list, on their own wish; what was kept for them goes to the next. Raises ``NotFound``."""
    waiting = work.waiting(secret)
    if waiting is None:
        raise NotFound("There is no such turn on a waiting list.")
    work.slots_for_claim([waiting.slot_id])
    now_waiting = work.waiting(secret)
    if now_waiting is None or now_waiting.state not in {"waiting", "offered"}:
        return
    hold = work.hold(now_waiting.hold) if now_waiting.hold else None
    if hold is not None and work.take_away_hold(hold):
        work.release(hold.slot_id, hold.places, hold.lines)
    _end(work, now_waiting, "left", now)


def end_turn(work: UnitOfWork, waiting_id: int, outcome: Literal["taken", "lapsed", "left"], now: datetime) -> None:
    """What was offered was ordered, or not; the slot is locked."""
    waiting = work.waiting_by_id(waiting_id)
    if waiting is not None and waiting.state == "offered":
        _end(work, waiting, outcome, now)


def _end(work: UnitOfWork, waiting: Waiting, outcome: Literal["taken", "lapsed", "left"], now: datetime) -> None:
    if work.save_waiting(replace(waiting, state=outcome), waiting.state):
        work.record(events.WaitingEnded(outcome), actor="customer", now=now, slot_id=waiting.slot_id)


def _is_full(work: UnitOfWork, slot: Slot, now: datetime) -> bool:
    stock = work.lock_items({offer.stock_item_id for offer in slot.offers if offer.stock_item_id})
    return availability(slot, stock, now).state != "open"


def _fits(work: UnitOfWork, slot: Slot, units: Mapping[str, int], places: int, now: datetime) -> bool:
    """Whether it could be had now; nothing is claimed."""
    stock = work.lock_items({offer.stock_item_id for offer in slot.offers if offer.stock_item_id})
    seen = availability(slot, stock, now)
    left = {offer.sku: offer.left for offer in seen.offers}
    needed = places + sum(offer.places_per_unit * units.get(offer.sku, 0) for offer in slot.offers)
    enough = all(left[sku] is None or count <= (left[sku] or 0) for sku, count in units.items())
    return seen.state == "open" and enough and needed <= seen.places_left


def _offer(work: UnitOfWork, slot: Slot, waiting: Waiting, now: datetime) -> bool:
    terms = work.views.terms(slot.drop_id)
    try:
        with work.savepoint():
            claim = asked_for(slot, terms, waiting.units, waiting.places, now)
            exchange(work, slot, NOTHING, claim, now)
    except SoldOut:
        return False
    except Refusal:
        # What they wanted is no longer sold here, or is more than a customer may have by now.
        _end(work, waiting, "lapsed", now)
        return False
    until = min(now + terms.offer_lasts, slot.preorder.closes or slot.ends_at)
    hold = work.add_hold(slot, claim, until, now, waiting_id=waiting.id)
    work.save_waiting(replace(waiting, state="offered", offered_until=until, hold=hold.secret), "waiting")
    work.record(events.WaitingOffered(claim.places, claim.units), actor="clock", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    tell_waiting(work, waiting.id, "waiting_offer", now)
    return True
