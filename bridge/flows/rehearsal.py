"""A look and a purchase gone through for nothing: what their first time costs, no customer is to wait for."""

from datetime import datetime

from bridge.core.availability import availability
from bridge.core.orders import Buyer
from bridge.core.ports import UnitOfWork, Views
from bridge.flows.holds import take_hold
from bridge.flows.placing import Ordering, place_order

LOOKED_AT = 20


def to_rehearse(views: Views, now: datetime) -> str:
    """The public id of a slot that can be ordered by now; empty where none of the first is."""
    for coming in views.coming(now, after=-1, limit=LOOKED_AT):
        found = views.slot_now(coming.public_id)
        if found is not None and availability(*found, now).state == "open":
            return coming.public_id
    return ""


def look_at(views: Views, public_id: str, now: datetime) -> None:
    """Asks what the page of the slot, and whoever looks whether it still holds, ask."""
    views.slot_version(public_id)
    views.is_full(public_id, now)
    slot, found = views.public_slot(public_id), views.drop_of_slot(public_id)
    if slot is None or found is None:
        return
    views.drop(*slot.drop.split("/", 1))
    views.terms(found[0].id)
    views.slot_now(public_id)
    views.people_booked(slot.position, now)


def rehearse(work: UnitOfWork, public_id: str, now: datetime) -> None:
    """Takes a hold on the slot and makes it an order; the transaction is to be taken back.

    Raises what ``take_hold`` and ``place_order`` raise.
    """
    slot = work.slot_for_claim(public_id)
    if slot is None:
        return
    sold = next((offer.sku for offer in slot.offers if not offer.add_on), "")
    units, places = ({sold: 1}, 0) if sold else ({}, 1)
    buyer = Buyer("rehearsal@example.org", "Rehearsal", method=work.views.terms(slot.drop_id).pays_by[0])
    hold, _ = take_hold(work, public_id, units, places=places, visitor="rehearsal", most=1, now=now)
    place_order(work, Ordering(public_id, units, buyer, places, hold.secret), now=now)
