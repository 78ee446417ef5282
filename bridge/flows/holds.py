"""Holds: places and goods kept for somebody who is ordering, for a few minutes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core import events
from bridge.core.availability import availability
from bridge.core.claims import Claim, after, asked_for, check_free, check_open, goes_beyond, promised, unit_price
from bridge.core.drops import Slot
from bridge.core.errors import HoldExpired, NotFound, Refusal, SoldOut, TooManyHolds
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import Held
from bridge.core.stock import StockItem
from bridge.core.terms import Terms
from bridge.flows.claiming import NOTHING, claim_all, exchange, named
from bridge.flows.waiting import end_turn, had_their_turn

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
BATCH = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """Units by SKU, and places without goods, that a visitor would like to have kept on a slot."""

    public_id: str
    units: Mapping[str, int]
    places: int = 0
    visitor: str = ""


Taken = tuple[Held, Slot]


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
) -> Taken:
    """Claims ``units`` by SKU, and the places they take plus ``places`` without goods, until ``now + lasts``; also the slot as it was.

    ``lasts`` is what the drop's terms say unless given, and ``undescribed`` where nobody wrote any. A ``visitor`` has ``most``
    holds at a time. All or nothing; who is on the waiting list comes first. Raises ``NotFound``, ``InvalidInput``,
    ``WindowClosed``, ``LimitReached``, ``TooManyHolds``, ``SoldOut``.
    """
    wish = Wish(public_id, units, places, visitor)
    (taken,) = take_holds(work, [wish], lasts=lasts, undescribed=undescribed, most=most, now=now)
    if isinstance(taken, Refusal):
        raise taken
    assert taken is not None
    return taken


def take_holds(
    work: UnitOfWork,
    wishes: Sequence[Wish],
    *,
    lasts: timedelta | None = None,
    undescribed: timedelta | None = None,
    most: int | None = None,
    now: datetime,
) -> list[Taken | Refusal | None]:
    """As ``take_hold`` for each of these, who come first in this order, on slots of one drop; of who cannot have it, what they are told.

    None for those whose slot has a waiting list, where there are wishes for other slots: they are to be seen to by themselves.
    """
    slots, away = _opened(work, {wish.public_id for wish in wishes}, now)
    if not slots:
        return [away[wish.public_id] for wish in wishes]
    wanted = {item for wish in wishes if wish.public_id in slots for item in _items(slots[wish.public_id], wish)}
    drop_id = next(iter(slots.values())).drop_id
    found = work.for_holds(drop_id, wanted, {wish.visitor for wish in wishes}, now)
    if not found.is_public:
        return [NotFound("There is no such slot.") for _ in wishes]
    room = _Room(dict(slots), found.stock, found.terms, dict(found.holds), most)
    answers = [_claimed_or_not(room, wish, now) if wish.public_id in slots else away[wish.public_id] for wish in wishes]
    claims = [
        (slots[wish.public_id], claim, wish.visitor) for wish, claim in zip(wishes, answers, strict=True) if isinstance(claim, Claim)
    ]
    claim_all(work, [(slot, claim) for slot, claim, _ in claims], found.stock, now)
    usual = found.terms.hold if undescribed is None or found.terms != Terms() else undescribed
    holds = zip(work.add_holds(claims, now + (lasts or usual), now), [slot for slot, _, _ in claims], strict=True)
    return [_journalled(work, *next(holds), now) if isinstance(answer, Claim) else answer for answer in answers]


def _opened(work: UnitOfWork, public_ids: Collection[str], now: datetime) -> tuple[dict[str, Slot], dict[str, Refusal | None]]:
    """The slots that can be ordered, locked; and what those are told who want others, None for those to be seen to by themselves."""
    opened: dict[str, Slot] = {}
    away: dict[str, Refusal | None] = {}
    locked = work.slots_and_holds(public_ids, ())[0] if len(public_ids) > 1 else {}
    for key in public_ids:
        try:
            slot = _orderable(locked.get(key), now) if len(public_ids) > 1 else open_slot(work, key, now)
        except Refusal as refusal:
            away[key] = refusal
            continue
        if slot.waiting and locked:
            away[key] = None
        else:
            opened[key] = slot
    return opened, away


def _items(slot: Slot, wish: Wish) -> set[int]:
    return {offer.stock_item_id or 0 for offer in slot.offers if offer.sku in wish.units}


@dataclass
class _Room:
    """What is left of slots of one drop, which are locked, for the next of several; and how many holds visitors have."""

    slots: dict[str, Slot]
    stock: Mapping[int, StockItem]
    terms: Terms
    holds: dict[str, int]
    most: int | None

    def claim(self, wish: Wish, now: datetime) -> Claim:
        """Raises ``Refusal``."""
        if wish.visitor and self.most is not None and self.holds.get(wish.visitor, 0) >= self.most:
            raise TooManyHolds("Several orders were begun from here and not finished. Finish one of them, or try again in a few minutes.")
        slot = self.slots[wish.public_id]
        stock = named(slot, self.stock)
        claim = asked_for(slot, self.terms, wish.units, wish.places, now)
        if availability(slot, stock, now).state == "sold_out":
            raise SoldOut("This slot is sold out.")
        check_free(slot, claim, stock, now)
        self.slots[wish.public_id], self.stock = after(slot, claim), promised(self.stock, claim)
        self.holds[wish.visitor] = self.holds.get(wish.visitor, 0) + 1
        return claim


def _claimed_or_not(room: _Room, wish: Wish, now: datetime) -> Claim | Refusal:
    try:
        return room.claim(wish, now)
    except Refusal as refusal:
        return refusal


def _journalled(work: UnitOfWork, hold: Held, slot: Slot, now: datetime) -> Taken:
    claim = hold.claim
    taken = events.HoldTaken(claim.places, claim.units, claim.amount, unit_price(slot.offers, claim.lines))
    work.record(taken, actor="customer", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    return hold, slot


def open_slot(work: UnitOfWork, public_id: str, now: datetime) -> Slot:
    """The slot, locked, once those who wait for it had their turn. Raises ``NotFound``, ``WindowClosed``."""
    return had_their_turn(work, _orderable(work.slot_for_claim(public_id), now), NOTHING, now)


def _orderable(slot: Slot | None, now: datetime) -> Slot:
    if slot is None:
        raise NotFound("There is no such slot.")
    check_open(slot, now)
    return slot


def change_hold(work: UnitOfWork, secret: str, units: Mapping[str, int], *, places: int = 0, now: datetime) -> Held:
    """Holds something else on the same slot instead, for the time that is left; nothing changes unless all can be had.

    More is had only once those who wait for the slot had their turn.
    Raises ``HoldExpired`` and what ``take_hold`` raises.
    """
    hold, slot = standing_hold(work, secret, now)
    check_open(slot, now)
    terms = work.views.terms(slot.drop_id)
    claim = asked_for(slot, terms, units, places, now, own=hold.claim)
    if slot.waiting and goes_beyond(hold.claim, claim):
        slot = had_their_turn(work, slot, hold.claim, now)
        claim = asked_for(slot, terms, units, places, now, own=hold.claim)
    exchange(work, slot, hold.claim, claim, now)
    changed = replace(hold, places=claim.places, lines=claim.lines)
    work.save_hold(changed)
    return changed


def standing_hold(work: UnitOfWork, secret: str, now: datetime) -> tuple[Held, Slot]:
    """A hold whose time is not over, and its slot, locked. Raises ``HoldExpired``."""
    found = work.hold(secret)
    slot = work.slots_for_claim([found.slot_id]).get(found.slot_id) if found else None
    hold = standing(work.hold(secret), slot, now) if slot else None
    if hold is None or slot is None:
        raise HoldExpired("The time to order ran out; please start again.")
    return hold, slot


def standing(hold: Held | None, slot: Slot, now: datetime) -> Held | None:
    """The hold, if it is one on the slot whose time is not over."""
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
