"""From what is known to what is shown: renderings, at once for an edit, soon and merged for everything else."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from bridge import ical, liveblock
from bridge.core import events
from bridge.core.availability import Availability, availability, changes_at
from bridge.core.drops import Slot
from bridge.core.ports import Drop, PublicText, Shown, UnitOfWork
from bridge.core.stock import StockItem
from bridge.flows.house import House
from bridge.flows.waiting import offer_next

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
STATUS = {"cancelled": "CANCELLED", "soon": "TENTATIVE"}
AT_ONCE = 1250


@dataclass(frozen=True, slots=True)
class Written:
    """A resource just written, whose live slots are all at hand."""

    id: int
    source: str
    template: str


def publish_edit(work: UnitOfWork, drop: Drop, slots: Sequence[Slot], written: Written, house: House, now: datetime) -> str:
    """Renders what an organizer edited, whatever it shows; ``slots`` are all live ones of the resource.

    Returns the text the organizer sees. The drop must be locked.
    """
    stock = work.stock_for(slots) if slots else {}
    seen = {slot.id: availability(slot, stock, now) for slot in slots}
    texts = [_public_text(drop, slot, seen[slot.id], stock, None, house, now) for slot in slots]
    work.save_public(texts, work.next_revision(drop.id, now), now)
    text = ical.fill(written.template, _blocks(drop, slots, written.template, stock, seen, house, now), now)
    work.save_texts(written.id, written.source, written.template, text)
    return text


def publish_removed(work: UnitOfWork, drop: Drop, slots: Sequence[Slot], house: House, now: datetime) -> None:
    """Shows removed slots as cancelled. The drop must be locked."""
    texts = [_public_text(drop, slot, availability(slot, {}, now), {}, None, house, now) for slot in slots]
    if texts:
        work.save_public(texts, work.next_revision(drop.id, now), now)


def publish_slots(work: UnitOfWork, drop: Drop, slots: Sequence[Slot], house: House, now: datetime) -> int:
    """Renders those of ``slots`` that show something else by now. Returns how many. The drop must be locked.

    Equal availabilities say nothing: no revision, no new text.
    """
    stock = work.stock_for(slots)
    shown = work.shown([slot.id for slot in slots])
    due: list[tuple[int, datetime | None]] = []
    texts: list[PublicText] = []
    changed: set[int] = set()
    seen = {slot.id: availability(slot, stock, now) for slot in slots}
    for slot in slots:
        before = shown.get(slot.id)
        if before and before.state == "open" and seen[slot.id].state == "sold_out":
            work.record(events.SlotSoldOut(), actor="house", now=now, drop_id=drop.id, slot_id=slot.id)
        if before and work.is_shown(before, seen[slot.id]) and before.notices == _notices(slot, stock, drop.language):
            due.append((slot.id, None if slot.removed else changes_at(slot, stock, now)))
        else:
            texts.append(_public_text(drop, slot, seen[slot.id], stock, before, house, now))
            changed.add(slot.resource_id)
    if texts:
        revision = work.next_revision(drop.id, now)
        work.save_public(texts, revision, now)
        templates = work.templates(sorted(changed))
        siblings = work.slots_shown_with(list(templates), {slot.id: slot for slot in slots})
        others = [slot for slot in siblings if slot.id not in seen]
        stock |= work.stock_for(others)
        seen |= {slot.id: availability(slot, stock, now) for slot in others}
        work.save_renderings(_organizer_texts(drop, templates, siblings, stock, seen, house, now), revision, now)
    work.set_due(due)
    work.mark_slots_published(slots)
    return len(texts)


def _notices(slot: Slot, stock: Mapping[int, StockItem], language: str) -> str:
    sold = [(offer, item) for offer in slot.offers if (item := stock.get(offer.stock_item_id or 0))]
    told = {item.notice for _, item in sold if item.notice}
    told |= {liveblock.never_counted(item.name, language) for offer, item in sold if item.never_counted and offer.allotment is None}
    return "\n".join(sorted(told))


def _public_text(
    drop: Drop, slot: Slot, seen: Availability, stock: Mapping[int, StockItem], before: Shown | None, house: House, now: datetime
) -> PublicText:
    link = house.link(slot.public_id)
    template = before.template if before else _template(drop, slot, link, house)
    due_at = None if slot.removed else changes_at(slot, stock, now)
    machine = {
        "STATE": seen.state,
        "PLACES-LEFT": str(seen.places_left),
        "LEFT": str(seen.left),
        "CAPACITY": str(seen.capacity),
    }
    text = ical.fill_public(
        template,
        badge=liveblock.badge(seen, drop.language, opens=slot.preorder.opens, zone=slot.zone),
        block=liveblock.public_block(slot, seen, drop, now, link),
        status=STATUS.get(seen.state, "CONFIRMED"),
        stamp=now,
        machine=machine,
    )
    octets = ical.octets_around("UTC" if slot.all_day else slot.timezone) + len(text.encode())
    notices = _notices(slot, stock, drop.language)
    stored, gone = (None, before.gone) if before else (template, False)
    return PublicText(slot.id, drop.id, seen, notices, due_at, octets, stored, text, gone)


def _template(drop: Drop, slot: Slot, link: str, house: House) -> str:
    return ical.public_template(slot, drop, link, house.host, organizer=drop.organizer_title, email=drop.organizer_email)


def _organizer_texts(
    drop: Drop,
    templates: Mapping[int, str],
    siblings: Sequence[Slot],
    stock: Mapping[int, StockItem],
    seen: Mapping[int, Availability],
    house: House,
    now: datetime,
) -> list[tuple[int, str]]:
    of_resource: dict[int, list[Slot]] = {key: [] for key in templates}
    for slot in siblings:
        of_resource[slot.resource_id].append(slot)
    return [
        (key, ical.fill(template, _blocks(drop, of_resource[key], template, stock, seen, house, now), now))
        for key, template in templates.items()
    ]


def _blocks(
    drop: Drop,
    slots: Sequence[Slot],
    template: str,
    stock: Mapping[int, StockItem],
    seen: Mapping[int, Availability],
    house: House,
    now: datetime,
) -> dict[str, str]:
    """The live blocks that the template has room for: by RECURRENCE-ID, and ``""`` for the lone event or the series."""

    def block(slot: Slot, occurrences: Sequence[tuple[Slot, Availability]] = ()) -> str:
        notices = _notices(slot, stock, drop.language).splitlines()
        link = house.link(slot.public_id)
        return liveblock.organizer_block(slot, seen[slot.id], drop, now, link, occurrences=occurrences, problems=notices)

    blocks = {slot.recurrence_id: block(slot) for slot in slots if slot.recurrence_id in template}
    series = [slot for slot in slots if slot.recurrence_id]
    if series:
        coming = [slot for slot in series if slot.ends_at > now] or series[-1:]
        blocks[""] = block(coming[0], [(slot, seen[slot.id]) for slot in coming])
    return blocks


def publish_dirty(open_work: WorkFactory, house: House, now: datetime, look: WorkFactory | None = None) -> int:
    """Renders every slot whose availability may have changed; a drop at a time. Returns how many texts changed.

    A drop that another clock is publishing is left to it; what is then still marked is taken at the next tick. ``look`` opens
    what only reads, where that keeps nobody waiting.
    """
    with (look or open_work)() as work:
        items = work.dirty_items()
        keys = [key for key, _ in items]
        waiting = {drop_id: work.slots_to_publish(drop_id, keys, now) for drop_id in work.dirty_drops(keys, now)}
    for ids in waiting.values():
        _offer_what_came_free(open_work, ids, now)
    told = [_publish_some(open_work, drop_id, some, house, now) for drop_id, ids in waiting.items() for some in _parts(ids)]
    if items and None not in told:
        with open_work() as work:
            work.mark_items_published(items)
    return sum(filter(None, told))


def _offer_what_came_free(open_work: WorkFactory, slot_ids: Sequence[int], now: datetime) -> None:
    """Those on waiting lists have their turn before it is shown; a transaction each, since each locks its slot's items."""
    with open_work() as work:
        waited_for = work.waited_for(slot_ids)
    for slot_id in waited_for:
        with open_work() as work:
            offer_next(work, work.slots_for_claim([slot_id])[slot_id], now)


def _parts(slot_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """So many at once that neither memory nor an organizer's edit has to wait for all of a large drop."""
    for start in range(0, len(slot_ids), AT_ONCE):
        yield slot_ids[start : start + AT_ONCE]


def _publish_some(open_work: WorkFactory, drop_id: int, slot_ids: Sequence[int], house: House, now: datetime) -> int | None:
    """How many texts changed; None when another clock has the drop."""
    with open_work() as work:
        drop = work.lock_drop(drop_id, skip_locked=True)
        return None if drop is None else publish_slots(work, drop, work.slots(slot_ids), house, now)
