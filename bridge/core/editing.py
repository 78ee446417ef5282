"""What an organizer's edit does to a slot, also to one that is sold already; its refusals name the slot."""

from collections.abc import Sequence
from datetime import timedelta

from bridge.core.counting import counted
from bridge.core.drops import MAX_CAPACITY, DropDefaults, OccurrenceDraft, Offer, OfferDraft, PreorderWindow, Slot, SlotSettings
from bridge.core.errors import CapacityBelowClaimed, InvalidCalendarObject, InvalidInput, SlotHasOrders

LOOKED_AT_EVERY = timedelta(minutes=5)
"""How often calendar apps are asked to look at a feed at most. What was made and removed again in between was a slip."""


def named(slot: Slot | OccurrenceDraft) -> str:
    """A slot as refusals call it: its title, and its start in its own zone."""
    when = slot.starts_at.astimezone(slot.zone).strftime("%Y-%m-%d" if slot.all_day else "%Y-%m-%d %H:%M")
    return f"“{slot.title}” on {when}"


def check_capacity(capacity: int) -> int:
    """``capacity`` if it can be one, else ``InvalidInput``."""
    if not 0 <= capacity <= MAX_CAPACITY:
        raise InvalidInput(f"A slot has between 0 and {MAX_CAPACITY} places, not {capacity}.")
    return capacity


def is_slot(draft: OccurrenceDraft, defaults: DropDefaults, before: Slot | None = None) -> bool:
    """Whether the occurrence has places: by its own line, the drop's default, or an unreadable line on a former slot."""
    if draft.settings.places is not None or defaults.capacity is not None:
        return True
    return before is not None and draft.settings.mentions("Places")


def applied(draft: OccurrenceDraft, defaults: DropDefaults, before: Slot | None) -> Slot:
    """The slot that the draft asks for, keeping what ``before`` holds where a line was not understood.

    A new one whose ``Preorder:`` line was not understood has no window, not the drop's, and is not on sale (``Slot.unclear``).
    Equal to ``before`` when the edit changes nothing. Raises ``CapacityBelowClaimed``, ``SlotHasOrders``, and
    ``InvalidCalendarObject`` for one that ends before it starts.
    """
    _check_end(draft)
    settings = draft.settings
    old = before
    capacity = settings.places if settings.places is not None else defaults.capacity
    if settings.places is None and settings.mentions("Places") and old is not None:
        capacity = old.capacity
    capacity = check_capacity(capacity or 0)
    if old is not None and capacity < old.claimed and not draft.cancelled:
        raise CapacityBelowClaimed(
            f"{counted(old.claimed, 'place', 'places')} of {named(old)} {_are(old.claimed)} already taken, by orders or by "
            f"customers who are ordering or were offered one from the waiting list; it cannot be lowered to {capacity}. "
            f"Write at least Places: {old.claimed}, cancel orders first, or wait: what is only kept for somebody comes free by itself."
        )
    preorder = settings.preorder or defaults.preorder
    if settings.preorder is None and settings.mentions("Preorder"):
        preorder = old.preorder if old is not None else PreorderWindow()
    limit = settings.limit if settings.limit is not None else defaults.limit
    if settings.limit is None and settings.mentions("Limit") and old is not None:
        limit = old.limit
    return Slot(
        recurrence_id=draft.recurrence_id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        all_day=draft.all_day,
        timezone=draft.timezone,
        title=draft.title,
        place=draft.place,
        geo=draft.geo,
        notes=draft.notes,
        url=draft.url,
        image=draft.image,
        color=draft.color,
        categories=draft.categories,
        cancelled=draft.cancelled,
        capacity=max(capacity, old.claimed) if old is not None and draft.cancelled else capacity,
        preorder=preorder,
        limit=limit,
        pickup=settings.pickup or "",
        problems=settings.problems + settings.hints,
        offers=_offers(settings, old),
        claimed=old.claimed if old else 0,
        id=old.id if old else 0,
        public_id=old.public_id if old else "",
        drop_id=old.drop_id if old else 0,
        resource_id=old.resource_id if old else 0,
        version=old.version if old else 0,
        sequence=old.sequence if old else 0,
        waiting=old.waiting if old else 0,
        offered=old.offered if old else 0,
    )


def _check_end(draft: OccurrenceDraft) -> None:
    if draft.backwards and not draft.cancelled:
        raise InvalidCalendarObject(
            f"{named(draft)} does not end after it starts, so that nobody could come: give it an end that is later than its start."
        )


def _offers(settings: SlotSettings, before: Slot | None) -> tuple[Offer, ...]:
    known = {offer.sku: offer for offer in before.offers} if before else {}
    slot = named(before) if before else ""
    if settings.offers is None and settings.mentions("Sells"):
        return tuple(known.values())
    offers = []
    for draft in settings.offers or ():
        old = known.pop(draft.sku, None)
        places = 0 if draft.add_on else draft.places_per_unit
        if old is not None:
            _check_sold(slot, old, draft, places)
        offers.append(
            Offer(
                sku=draft.sku,
                name=old.name if old else "",
                allotment=draft.allotment,
                claimed=old.claimed if old else 0,
                price=draft.price,
                add_on=draft.add_on,
                places_per_unit=places,
                id=old.id if old else 0,
                stock_item_id=old.stock_item_id if old else None,
            )
        )
    for gone in known.values():
        if gone.claimed:
            told = f"{gone.claimed} of {gone.name or gone.sku} {_are(gone.claimed)} sold on {slot}"
            raise SlotHasOrders(f"{told}; it must go on selling {'it' if gone.claimed == 1 else 'them'}.")
    return tuple(offers)


def _check_sold(slot: str, sold: Offer, draft: OfferDraft, places: int) -> None:
    """What customers have bought stays true: so many are theirs, and so many places each."""
    if draft.allotment is not None and draft.allotment < sold.claimed:
        raise CapacityBelowClaimed(
            f"{sold.claimed} of {sold.name or sold.sku} {_are(sold.claimed)} already sold on {slot}; "
            f"its allotment cannot be lowered to {draft.allotment}."
        )
    if sold.claimed and places != sold.places_per_unit:
        raise SlotHasOrders(
            f"{sold.claimed} of {sold.name or sold.sku} {_are(sold.claimed)} already sold on {slot} "
            f"at {counted(sold.places_per_unit, 'place', 'places')} each; "
            f"that cannot become {places}. Sell it under another SKU from now on."
        )


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def check_removal(slots: Sequence[Slot]) -> None:
    """Raises ``SlotHasOrders`` when one of ``slots`` is claimed by customers."""
    for slot in slots:
        if slot.claimed and not slot.removed:
            raise SlotHasOrders(
                f"{named(slot)} has {counted(slot.claimed, 'place', 'places')} taken by customers and would be gone. "
                "Leave it where it is, or set its status to cancelled instead. What is only kept for somebody who is ordering, "
                "or offered from the waiting list, comes free by itself."
            )
