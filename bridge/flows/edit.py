"""An organizer's edit: an event put, moved or removed in whatever calendar app they use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bridge import ical, liveblock
from bridge.core import events
from bridge.core.calendars import Member, Resource
from bridge.core.drops import Drop, EventDraft, OccurrenceDraft, Problem, Slot
from bridge.core.editing import LOOKED_AT_EVERY, applied, check_removal, is_slot, named
from bridge.core.errors import InvalidCalendarObject, NotFound, TooLarge, TooManyOccurrences, UidConflict, UnsupportedComponent
from bridge.core.matching import matched
from bridge.core.ports import UnitOfWork
from bridge.core.terms import Terms, described
from bridge.flows.consequences import after_edit, lock_claimed
from bridge.flows.house import House
from bridge.flows.publish import Written, publish_edit, publish_removed
from bridge.written import shortened

MOST_TOLD = 20
NOT_HEEDED = ("near-miss", "other-in-html")


@dataclass(frozen=True, slots=True)
class Put:
    """What became of an edit. ``verbatim``: the stored text is the one sent, so its ETag may be given (RFC 4791 5.3.4)."""

    created: bool
    resource: Resource
    verbatim: bool


def put_event(work: UnitOfWork, drop: Drop, name: str, text: str, house: House, *, now: datetime, actor: str) -> Put:
    """Stores an event, task or journal, and makes its occurrences slots when they have places.

    An equal edit changes nothing. Raises ``TooLarge``, ``InvalidCalendarData``, ``InvalidCalendarObject``,
    ``UnsupportedComponent``, ``UidConflict``, ``TooManyOccurrences``, ``CapacityBelowClaimed``, ``SlotHasOrders``.
    """
    drop = _locked(work, drop)
    if len(text.encode()) > house.max_octets:
        raise TooLarge(f"An event may have at most {house.max_octets} octets.")
    draft = _read(drop, text, house, now)
    there = work.member(drop.id, name, draft.uid)
    _check(drop, name, draft, there)
    if there.source == draft.source:
        stored = _stored(work, drop, name)
        return Put(False, stored, stored.text == text)
    before = _current(work.slots_of(there.id), house, now) if there.id and there.is_live else []
    shown = _save(work, drop, name, draft, there, before, house, now, actor)
    revision = work.next_revision(drop.id, now)
    stored = Resource(name, draft.uid, draft.component, revision, revision, int(now.timestamp()), shown)
    return Put(not there.is_live, stored, shown == text)


def remove_event(work: UnitOfWork, drop: Drop, name: str, house: House, *, now: datetime, actor: str) -> None:
    """Removes an event; its slots stay in the public feed as cancelled, but for those that nobody can have noticed.

    Raises ``NotFound``, ``SlotHasOrders``.
    """
    drop = _locked(work, drop)
    there = work.member(drop.id, name)
    if there.id is None or not there.is_live:
        raise NotFound("There is no such event.")
    slots = work.slots_of(there.id)
    check_removal(slots)
    work.remove_resource(there.id, work.next_revision(drop.id, now), now)
    _remove_slots(work, drop, slots, house, now, actor)


def move_event(work: UnitOfWork, drop: Drop, name: str, target: Drop, new_name: str, house: House, *, now: datetime, actor: str) -> bool:
    """Moves an event to another name or drop, replacing what is there. True when the target is new.

    Raises what ``put_event`` and ``remove_event`` raise; an event whose slots have orders keeps its drop.
    """
    for drop_id in sorted({drop.id, target.id}):
        work.lock_drop(drop_id)
    source = work.source(drop.id, name)
    if source is None:
        raise NotFound("There is no such event.")
    if drop.id == target.id and name == new_name:
        return False
    created = not work.member(target.id, new_name).is_live
    if not created:
        remove_event(work, target, new_name, house, now=now, actor=actor)
    if drop.id == target.id:
        work.rename_resource(drop.id, name, new_name, work.next_revision(drop.id, now), now)
    else:
        remove_event(work, drop, name, house, now=now, actor=actor)
        put_event(work, target, new_name, source, house, now=now, actor=actor)
    return created


def refresh_event(work: UnitOfWork, drop: Drop, name: str, house: House, *, now: datetime, actor: str, reworded: bool = False) -> None:
    """Reads an event's own text again after the drop's defaults or the horizon changed; no edit of the organizer's.

    What stays equal is left alone, unless the drop's own words changed (``reworded``).
    Raises ``CapacityBelowClaimed`` and ``SlotHasOrders`` when what is sold no longer fits.
    """
    drop = _locked(work, drop)
    there = work.member(drop.id, name)
    if there.id is None or there.source is None:
        return
    before = _current(work.slots_of(there.id), house, now)
    draft = _read(drop, there.source, house, now)
    wanted, gone = _wanted(work, drop, draft, before, lambda: draft, house, now)
    same = bool(wanted) == bool(before) and not gone and all(slot == old for slot, old in wanted)
    if same and not (reworded and wanted):
        work.extend_spans(drop.id, there.id, draft, house.window(now))
    else:
        _save(work, drop, name, draft, there, before, house, now, actor, edited=False)


def extend_horizon(work: UnitOfWork, drop_id: int, name: str, house: House, now: datetime) -> None:
    """Makes slots of the occurrences that came within the horizon."""
    drop = work.lock_drop(drop_id)
    if drop is not None:
        refresh_event(work, drop, name, house, now=now, actor="clock")


def _locked(work: UnitOfWork, drop: Drop) -> Drop:
    held = work.lock_drop(drop.id)
    if held is None:
        raise NotFound("There is no such drop.")
    return held


def _stored(work: UnitOfWork, drop: Drop, name: str) -> Resource:
    stored = work.views.resource(drop.id, name, "organizer")
    if stored is None:
        raise NotFound("There is no such event.")
    return stored


def _current(slots: Sequence[Slot], house: House, now: datetime) -> list[Slot]:
    """Those that an edit speaks of: occurrences that ended before the window are history and stay as they are."""
    since, _ = house.window(now)
    return [slot for slot in slots if not slot.recurrence_id or slot.ends_at > since or slot.starts_at >= since]


def _read(drop: Drop, text: str, house: House, now: datetime) -> EventDraft:
    return ical.read(text, ical.Context(drop.timezone, drop.language, drop.currency), house.window(now), house.max_occurrences)


def _check(drop: Drop, name: str, draft: EventDraft, there: Member) -> None:
    if draft.component not in drop.components:
        raise UnsupportedComponent(f"This calendar takes {', '.join(drop.components)}, not {draft.component}.")
    if there.other is not None:
        told = f"Another event of this calendar, {there.other}, has the same UID: change that one, or give this one a UID of its own."
        raise UidConflict(told, there.other)
    if there.is_live and there.uid != draft.uid:
        raise UidConflict("An event keeps its UID for good: save this as a new event, under another name.", name)


def _save(
    work: UnitOfWork,
    drop: Drop,
    name: str,
    draft: EventDraft,
    there: Member,
    before: Sequence[Slot],
    house: House,
    now: datetime,
    actor: str,
    *,
    edited: bool = True,
) -> str:
    """Returns the text that the organizer sees from now on."""
    as_it_was = partial(_as_it_was, drop, there, house, now)
    wanted, gone = _wanted(work, drop, draft, before, as_it_was, house, now, partial(_removed, work, there))
    check_removal(gone)
    revision = work.next_revision(drop.id, now)
    window = house.window(now)
    may_sell = bool(wanted) or (draft.recurring and not draft.occurrences)
    key = work.save_resource(drop.id, name, draft, window, there=there.id, is_slot=may_sell, revision=revision, now=now, edited=edited)
    lock_claimed(work, [old for slot, old in wanted if old is not None and slot.cancelled and not old.cancelled])
    _add_goods(work, drop, [slot for slot, _ in wanted])
    saved = [_save_slot(work, drop, key, slot, old, now, actor) for slot, old in wanted]
    _remove_slots(work, drop, gone, house, now, actor)
    if not saved and not draft.mentions_places:
        work.save_texts(key, draft.source, None, draft.source)
        return draft.source
    keys = {"", *(occurrence.recurrence_id for occurrence in draft.occurrences)}
    template = ical.template(draft.source, keys, drop.timezone)
    if saved:
        return publish_edit(work, drop, saved, Written(key, draft.source, template), house, now)
    block = liveblock.problems_block(_why_no_places(draft), drop, now, ZoneInfo(drop.timezone))
    text = ical.fill(template, dict.fromkeys(keys, block), now)
    work.save_texts(key, draft.source, None, text)
    return text


def _why_no_places(draft: EventDraft) -> list[Problem]:
    """What its lines say that will not do, each once: what was not understood before what is only nearly a line, or only in the HTML."""
    told = [problem for occurrence in draft.occurrences for problem in occurrence.settings.problems]
    told += [hint for occurrence in draft.occurrences for hint in occurrence.settings.hints if hint.reason in NOT_HEEDED]
    return list(dict.fromkeys(told))[:MOST_TOLD]


def _as_it_was(drop: Drop, there: Member, house: House, now: datetime) -> EventDraft | None:
    return _read(drop, there.source, house, now) if there.source is not None else None


def _removed(work: UnitOfWork, there: Member) -> Sequence[Slot]:
    return work.removed_slots(there.id) if there.id is not None else []


def _wanted(
    work: UnitOfWork,
    drop: Drop,
    draft: EventDraft,
    before: Sequence[Slot],
    as_it_was: Callable[[], EventDraft | None],
    house: House,
    now: datetime,
    removed: Callable[[], Sequence[Slot]] = list,
) -> tuple[list[tuple[Slot, Slot | None]], list[Slot]]:
    """What is to be, each with what it was; and what is to go.

    What was taken out by mistake and comes back is the slot that it was: customers have its address.
    """
    pairs, gone = matched(draft, before, as_it_was, house.window(now), now)
    terms = work.views.terms(drop.id) if any(is_slot(occurrence, drop.defaults, old) for occurrence, old in pairs) else Terms()
    wanted: list[tuple[Slot, Slot | None]] = []
    once = {slot.recurrence_id: slot for slot in removed()} if any(old is None for _, old in pairs) else {}
    for occurrence, old in pairs:
        if is_slot(occurrence, drop.defaults, old):
            was = old or once.pop(occurrence.recurrence_id, None)
            wanted.append((applied(described(occurrence, terms, is_new=was is None), drop.defaults, was), was))
        elif old is not None:
            gone.append(old)
    if wanted and draft.scale:
        raise InvalidCalendarObject(
            f"“{shortened(wanted[0][0].title)}” repeats by another calendar than the Gregorian one (RSCALE={draft.scale}), and would be "
            "sold on wrong dates here. Repeat it by the Gregorian calendar, or make each date an event of its own."
        )
    if wanted and not draft.complete:
        raise TooManyOccurrences(f"{named(wanted[0][0])} repeats too often to be sold: give it an end, or fewer repetitions.")
    return wanted, gone


def _add_goods(work: UnitOfWork, drop: Drop, slots: Sequence[Slot]) -> None:
    # Made slot by slot, they would be waited for by whoever makes the same in the order of other slots, and wait for theirs.
    new = [{offer.sku for offer in slot.offers if offer.stock_item_id is None} for slot in slots]
    if sum(map(bool, new)) > 1:
        work.add_items(drop.location_id, set().union(*new))


def _save_slot(work: UnitOfWork, drop: Drop, resource_id: int, slot: Slot, old: Slot | None, now: datetime, actor: str) -> Slot:
    if old is not None and slot == old:
        return slot
    slot = replace(slot, resource_id=resource_id, drop_id=drop.id)
    if old is None:
        saved = work.save_slot(slot, drop.location_id)
        event: events.Event = events.SlotAdded(slot.starts_at.isoformat(), slot.capacity)
    else:
        changed = _changed(old, slot)
        noticed = {"starts_at", "ends_at", "place", "title", "cancelled"} & set(changed)
        # The event that told of the removal had the next number (RFC 5545 section 3.8.7.4).
        sequence = slot.sequence + (2 if old.removed else bool(noticed))
        saved = work.save_slot(replace(slot, sequence=sequence), drop.location_id)
        event = events.SlotEdited(tuple(changed), old.starts_at.isoformat(), slot.starts_at.isoformat(), old.capacity, slot.capacity)
        saved = after_edit(work, old, saved, now, actor)
    work.record(event, actor=actor, now=now, drop_id=drop.id, slot_id=saved.id)
    return saved


def _changed(old: Slot, new: Slot) -> list[str]:
    names = ("capacity", "limit", "preorder", "pickup", "offers", *OccurrenceDraft.__slots__)
    return [name for name in names if getattr(old, name, None) != getattr(new, name, None)]


def _remove_slots(work: UnitOfWork, drop: Drop, slots: Sequence[Slot], house: House, now: datetime, actor: str) -> None:
    unnoticed = work.unnoticed(drop, [slot.id for slot in slots], now - LOOKED_AT_EVERY)
    for slot in slots:
        work.remove_slot(slot.id, now)
        work.record(events.SlotRemoved(), actor=actor, now=now, drop_id=drop.id, slot_id=slot.id)
    removed = [replace(slot, removed=True, sequence=slot.sequence + 1) for slot in slots if slot.id not in unnoticed]
    publish_removed(work, drop, removed, house, now)
    if unnoticed:
        work.withdraw(sorted(unnoticed), work.next_revision(drop.id, now))
