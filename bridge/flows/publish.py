"""From what is known to what is shown: renderings, at once for an edit, soon and merged for everything else."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from bridge import ical, liveblock
from bridge.core import events
from bridge.core.availability import Availability, availability, changes_at
from bridge.core.calendars import PublicText, Shown
from bridge.core.drops import Drop, Slot
from bridge.core.ports import UnitOfWork
from bridge.core.stock import StockItem
from bridge.flows.house import House
from bridge.flows.waiting import offer_next

Each = TypeVar("Each")
WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
STATUS = {"cancelled": "CANCELLED", "soon": "TENTATIVE"}
# So many in one transaction that neither memory nor an organizer's edit has to wait for all of a large drop.
AT_ONCE = 1250
TOGETHER = 250


@dataclass(frozen=True, slots=True)
class Written:
    """A resource just written, whose live slots are all at hand."""

    id: int
    source: str
    template: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of slots of one drop at one moment: their availability and what there is to say of their till, by id."""

    drop: Drop
    house: House
    now: datetime
    stock: dict[int, StockItem] = field(default_factory=dict)
    seen: dict[int, Availability] = field(default_factory=dict)
    notices: dict[int, str] = field(default_factory=dict)

    def add(self, slots: Iterable[Slot], stock: Mapping[int, StockItem]) -> "_Known":
        """With these slots too, and the stock that they sell."""
        self.stock.update(stock)
        for slot in slots:
            self.seen[slot.id] = availability(slot, self.stock, self.now)
            self.notices[slot.id] = _notices(slot, self.stock, self.drop.language)
        return self

    def changes_at(self, slot: Slot) -> datetime | None:
        """When the slot is to be looked at again, though nothing is done to it."""
        return None if slot.removed else changes_at(slot, self.stock, self.now)


def publish_edit(work: UnitOfWork, drop: Drop, slots: Sequence[Slot], written: Written, house: House, now: datetime) -> str:
    """Renders what an organizer edited, whatever it shows; ``slots`` are all live ones of the resource.

    Returns the text the organizer sees. The drop must be locked.
    """
    known = _Known(drop, house, now).add(slots, work.stock_for(slots) if slots else {})
    work.save_public([_public_text(known, slot, None) for slot in slots], work.next_revision(drop.id, now), now)
    text = ical.fill(written.template, _blocks(known, slots, written.template), now)
    work.save_texts(written.id, written.source, written.template, text)
    return text


def publish_removed(work: UnitOfWork, drop: Drop, slots: Sequence[Slot], house: House, now: datetime) -> None:
    """Shows removed slots as cancelled. The drop must be locked."""
    known = _Known(drop, house, now).add(slots, {})
    if slots:
        work.save_public([_public_text(known, slot, None) for slot in slots], work.next_revision(drop.id, now), now)


def publish_slots(work: UnitOfWork, drop: Drop, slot_ids: Sequence[int], house: House, now: datetime) -> int:
    """Renders those of the slots that show something else by now. Returns how many. The drop must be locked.

    Equal availabilities say nothing: no revision, no new text.
    """
    slots, shown = work.slots_and_shown(slot_ids)
    known = _Known(drop, house, now).add(slots, work.stock_for(slots))
    due: list[tuple[int, datetime | None]] = []
    changed: list[Slot] = []
    for slot in slots:
        before, seen = shown.get(slot.id), known.seen[slot.id]
        if before and before.state == "open" and seen.state == "sold_out":
            work.record(events.SlotSoldOut(), actor="house", now=now, drop_id=drop.id, slot_id=slot.id)
        if before and work.is_shown(before, seen) and before.notices == known.notices[slot.id]:
            due.append((slot.id, known.changes_at(slot)))
        else:
            changed.append(slot)
    if changed:
        _render(work, known, slots, changed, shown)
    work.set_due(due)
    work.mark_slots_published(slots)
    return len(changed)


def _render(work: UnitOfWork, known: _Known, slots: Sequence[Slot], changed: Sequence[Slot], shown: Mapping[int, Shown]) -> None:
    """The texts of the changed slots, for customers and for the organizer, whose resource may show other slots as well."""
    revision = work.next_revision(known.drop.id, known.now)
    templates = work.templates(sorted({slot.resource_id for slot in changed}))
    siblings = work.slots_shown_with(list(templates), {slot.id: slot for slot in slots})
    others = [slot for slot in siblings if slot.id not in known.seen]
    known.add(others, work.stock_for(others))
    of_resource: dict[int, list[Slot]] = {key: [] for key in templates}
    for slot in siblings:
        of_resource[slot.resource_id].append(slot)
    # A part at a time: a database server writes one while the next is made.
    for part in _parts(changed, TOGETHER):
        work.save_public([_public_text(known, slot, shown.get(slot.id)) for slot in part], revision, known.now)
    for keys in _parts(list(templates), TOGETHER):
        texts = [(key, ical.fill(templates[key], _blocks(known, of_resource[key], templates[key]), known.now)) for key in keys]
        work.save_renderings(texts, revision, known.now)


def _notices(slot: Slot, stock: Mapping[int, StockItem], language: str) -> str:
    sold = [(offer, item) for offer in slot.offers if (item := stock.get(offer.stock_item_id or 0))]
    told = {item.notice for _, item in sold if item.notice}
    told |= {liveblock.never_counted(item.name, language) for offer, item in sold if item.never_counted and offer.allotment is None}
    return "\n".join(sorted(told))


def _public_text(known: _Known, slot: Slot, before: Shown | None) -> PublicText:
    drop, seen, now = known.drop, known.seen[slot.id], known.now
    link = known.house.link(slot.public_id)
    template = before.template if before else _template(drop, slot, link, known.house)
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
    stored, gone = (None, before.gone) if before else (template, False)
    return PublicText(slot.id, drop.id, seen, known.notices[slot.id], known.changes_at(slot), octets, stored, text, gone)


def _template(drop: Drop, slot: Slot, link: str, house: House) -> str:
    return ical.public_template(slot, drop, link, house.host, organizer=drop.organizer_title, email=drop.organizer_email)


def _blocks(known: _Known, slots: Sequence[Slot], template: str) -> dict[str, str]:
    """The live blocks that the template has room for: by RECURRENCE-ID, and ``""`` for the lone event or the series."""

    def block(slot: Slot, occurrences: Sequence[tuple[Slot, Availability]] = ()) -> str:
        notices, link = known.notices[slot.id].splitlines(), known.house.link(slot.public_id)
        seen = known.seen[slot.id]
        return liveblock.organizer_block(slot, seen, known.drop, known.now, link, occurrences=occurrences, problems=notices)

    blocks = {slot.recurrence_id: block(slot) for slot in slots if slot.recurrence_id in template}
    series = [slot for slot in slots if slot.recurrence_id]
    if series:
        coming = [slot for slot in series if slot.ends_at > known.now] or series[-1:]
        blocks[""] = block(coming[0], [(slot, known.seen[slot.id]) for slot in coming])
    return blocks


def publish_dirty(open_work: WorkFactory, house: House, now: datetime, look: WorkFactory | None = None) -> int:
    """Renders every slot whose availability may have changed; a drop at a time. Returns how many texts changed.

    A drop that another clock is publishing is left to it; what is then still marked is taken at the next tick. ``look`` opens
    what only reads, where that keeps nobody waiting.
    """
    with (look or open_work)() as work:
        items = work.dirty_items()
        waiting = work.dirty_slots([key for key, _ in items], now)
        waited_for = [slot_id for ids in waiting.values() for slot_id in work.waited_for(ids)]
    # Those on waiting lists have their turn before it is shown; a transaction each, since each locks its slot's items.
    for slot_id in waited_for:
        with open_work() as work:
            offer_next(work, work.slots_for_claim([slot_id])[slot_id], now)
    told = [_publish_some(open_work, drop_id, some, house, now) for drop_id, ids in waiting.items() for some in _parts(ids, AT_ONCE)]
    if items and None not in told:
        with open_work() as work:
            work.mark_items_published(items)
    return sum(filter(None, told))


def _parts(all_of_them: Sequence[Each], most: int) -> Iterator[Sequence[Each]]:
    for start in range(0, len(all_of_them), most):
        yield all_of_them[start : start + most]


def _publish_some(open_work: WorkFactory, drop_id: int, slot_ids: Sequence[int], house: House, now: datetime) -> int | None:
    """How many texts changed; None when another clock has the drop."""
    with open_work() as work:
        drop = work.lock_drop(drop_id, skip_locked=True)
        return None if drop is None else publish_slots(work, drop, slot_ids, house, now)
