"""What is shown, compared with what is known: the half of ``dropbridge doctor`` that knows the rules."""

from collections.abc import Iterator
from datetime import datetime

from bridge import ical
from bridge.core.availability import availability
from bridge.core.drops import Drop
from bridge.core.errors import Refusal
from bridge.core.ports import UnitOfWork
from bridge.flows.house import House

BATCH = 200


def drop_differences(work: UnitOfWork, drop: Drop, house: House, now: datetime) -> Iterator[str]:
    """Sentences about slots, renderings and texts of ``drop`` that differ from what their sources give."""
    resources = work.resource_ids(drop.id)
    for start in range(0, len(resources), BATCH):
        some = resources[start : start + BATCH]
        yield from _slots(work, drop, [key for key, _ in some], now)
        for key, name in some:
            yield from _text(work, drop, key, name, house, now)


def _slots(work: UnitOfWork, drop: Drop, resource_ids: list[int], now: datetime) -> Iterator[str]:
    slots = work.slots_shown_with(resource_ids, {})
    stock = work.stock_for(slots)
    shown = work.shown([slot.id for slot in slots])
    waiting = work.waiting_slots([slot.id for slot in slots], now)
    for slot in slots:
        if slot.id in waiting:
            continue
        found = shown.get(slot.id)
        if found is None:
            yield f"{drop.path}: slot {slot.public_id} was never shown"
            continue
        seen = availability(slot, stock, now)
        if not work.is_shown(found, seen):
            yield f"{drop.path}: slot {slot.public_id} shows what is no longer true; {seen.left} are left"


def _text(work: UnitOfWork, drop: Drop, key: int, name: str, house: House, now: datetime) -> Iterator[str]:
    source, stored = work.source(drop.id, name), work.views.resource(drop.id, name, "organizer")
    if source is None or stored is None:
        yield f"{drop.path}: {name} has no text"
        return
    if stored.text == source:
        return
    try:
        back = ical.read(stored.text, ical.Context(drop.timezone, drop.language, drop.currency), house.window(now), 1)
    except Refusal as refusal:
        yield f"{drop.path}: {name} is returned in a form that is no calendar object: {refusal.sentence}"
        return
    # What was not understood of a Places line is answered in the notes of an event that is no slot.
    if key not in work.templates([key]) and not back.mentions_places:
        yield f"{drop.path}: {name} is not returned as it was sent"
    elif back.source != source:
        yield f"{drop.path}: {name} does not give the organizer's words back"
