"""An event in another language than the drop's: written on request from what customers see."""

from dataclasses import replace

from bridge import ical, liveblock
from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop, Slot
from bridge.flows.house import House
from bridge.flows.publish import STATUS


def translated(shown: PublicSlot, drop: Drop, language: str, house: House) -> str:
    """The slot's VEVENT with the live block in ``language``; the organizer's own words stay theirs. Same UID, same times."""
    slot, seen, link = _slot(shown), shown.availability, house.link(shown.public_id)
    spoken = replace(drop, language=language)
    stamp = shown.updated_at or shown.starts_at
    text = ical.public_template(slot, spoken, link, house.host, organizer=drop.organizer_title, email=drop.organizer_email)
    return ical.fill_public(
        text,
        badge=liveblock.badge(seen, language, opens=slot.preorder.opens, zone=slot.zone),
        block=liveblock.public_block(slot, seen, spoken, stamp, link),
        status=STATUS.get(seen.state, "CONFIRMED"),
        stamp=stamp,
        machine={
            "STATE": seen.state,
            "PLACES-LEFT": str(seen.places_left),
            "LEFT": str(seen.left),
            "CAPACITY": str(seen.capacity),
        },
    )


def _slot(shown: PublicSlot) -> Slot:
    return Slot(
        recurrence_id="",
        starts_at=shown.starts_at,
        ends_at=shown.ends_at,
        all_day=shown.all_day,
        timezone=shown.timezone,
        title=shown.title,
        capacity=shown.availability.capacity,
        place=shown.place,
        geo=shown.geo,
        notes=shown.notes,
        url=shown.url,
        image=shown.image,
        color=shown.color,
        categories=shown.categories,
        removed=shown.removed,
        preorder=shown.preorder,
        limit=shown.limit,
        pickup=shown.pickup,
        public_id=shown.public_id,
        sequence=shown.sequence,
    )
