"""Which slot an occurrence continues, after whatever was done to its event in a calendar app."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.core.drops import EventDraft, OccurrenceDraft, Series, Slot

Pairs = list[tuple[OccurrenceDraft, Slot | None]]
_EDGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Edit:
    """An event before and after; ``horizon`` is that within which the occurrences of both are known."""

    old: EventDraft
    new: EventDraft
    horizon: tuple[datetime, datetime]


def matched(
    draft: EventDraft,
    slots: Sequence[Slot],
    before: Callable[[], EventDraft | None],
    horizon: tuple[datetime, datetime],
    now: datetime,
) -> tuple[Pairs, list[Slot]]:
    """Each occurrence with the slot that it continues, and the slots that none continues.

    An occurrence goes on at its own date, known by its RECURRENCE-ID; or when the whole series was dragged as far as its
    DTSTART was, on the series' own clock. No slot goes any other way: nobody said to where. ``before`` is the event as it
    was, asked for only when its dates are others now; a slot that is over and was dragged to before the horizon is history and in neither.
    """
    ids = {slot.recurrence_id for slot in slots}
    was = before() if ids != {one.recurrence_id for one in draft.occurrences} else None
    edit = Edit(was, draft, horizon) if was is not None and was.series is not None and draft.series is not None else None
    distance = dragged(edit) if edit is not None else None
    goes = _ways(edit, distance) if edit is not None else {}
    continued: dict[str, Slot] = {}
    for slot in sorted(slots, key=lambda slot: slot.recurrence_id not in goes):
        way = goes.get(slot.recurrence_id, slot.recurrence_id)
        continued[_nowhere(f"{slot.id} {way}") if way in continued else way] = slot
    pairs = _same_reading([(one, continued.pop(one.recurrence_id, None)) for one in draft.occurrences], continued)
    return pairs, [slot for slot in continued.values() if not (distance is not None and _is_history(slot, distance, horizon, now))]


def _is_history(slot: Slot, distance: timedelta, horizon: tuple[datetime, datetime], now: datetime) -> bool:
    return slot.ends_at <= now and _moved(slot.ends_at, distance) <= horizon[0]


def dragged(edit: Edit) -> timedelta | None:
    """How far a whole series was dragged, None when its dates stay what they are, each by itself.

    Dates that are all among the old ones, or have all the old ones among them, are the same dates with some taken out or
    added: so apps write the end of the first ones (DTSTART moved on by whole periods). Where some dates are the same, it
    was dragged only if all are as far from the old ones as DTSTART is; where none is, only if none came in between but
    for those that an app did not leave out anew.
    """
    old, new = edit.old.series, edit.new.series
    if old is None or new is None or _are_among(edit.new, edit.old, edit.horizon) or _are_among(edit.old, edit.new, edit.horizon):
        return None
    distance, kept = new.start - old.start, _kept(old, new)
    was = {_moved(original, distance) for key, original in old.originals.items() if key not in kept}
    now = {original for key, original in new.originals.items() if key not in kept}
    if (_keys(old) & _keys(new)) - kept:
        known = [_within(starts, distance, edit.horizon) for starts in (was, now)]
        return distance if known[0] and known[0] == known[1] else None
    last = max(was, default=new.start)
    between = [original for original in now - was if original < last]
    return distance if len(between) <= old.left_out + len(kept) else None


def _are_among(some: EventDraft, others: EventDraft, horizon: tuple[datetime, datetime]) -> bool:
    """Whether all dates of ``some`` are dates of ``others``, also those out of the horizon, as far as is known."""
    if some.series is None or others.series is None or some.starts_at is None or others.starts_at is None:
        return False
    ends = others.ends_at is None or (some.ends_at is not None and some.ends_at <= others.ends_at)
    since, until = (f"{at.astimezone(UTC):%Y%m%d}" for at in (horizon[0] + _EDGE, horizon[1] - _EDGE))
    inside = {key for key in _keys(some.series) if since <= key < until} or _keys(some.series)
    return some.starts_at >= others.starts_at and ends and inside <= _keys(others.series)


def _keys(series: Series) -> set[str]:
    return {key or series.first for key in series.originals}


def _kept(old: Series, new: Series) -> frozenset[str]:
    """Occurrences changed on their own that stay where they are, since the app dragged the rest without them."""
    went = {_moved(old.originals[key], new.start - old.start) for key in old.overridden if key in old.originals}
    came = {new.originals[key] for key in new.overridden if key in new.originals}
    return frozenset() if came <= went else old.overridden & new.overridden


def _within(starts: set[datetime], distance: timedelta, horizon: tuple[datetime, datetime]) -> set[datetime]:
    """Those that are known both as they were and as they are."""
    since, until = (at.astimezone(UTC).replace(tzinfo=None) for at in horizon)
    first, last = _moved(since + _EDGE, max(distance, timedelta())), _moved(until - _EDGE, min(distance, timedelta()))
    return {at for at in starts if first <= at <= last}


def _ways(edit: Edit, distance: timedelta | None) -> Mapping[str, str]:
    """For each RECURRENCE-ID of the old event the one that it has now; of one that goes nowhere, one that is none."""
    old, new = edit.old.series, edit.new.series
    if old is None or new is None:
        return {}
    kept = _kept(old, new)
    to = {original: key for key, original in new.originals.items() if distance is None or key not in kept}
    same = {key or new.first: key for key in new.originals}
    if distance is not None:
        return {key: key if key in kept else to.get(_moved(at, distance), _nowhere(key)) for key, at in old.originals.items()}
    goes = {key: same.get(key or old.first, _nowhere(key)) for key in old.originals}
    first = next((key for key, at in old.originals.items() if at == old.start), None)
    # A rule that names its days holds the others where they are when only the first was dragged off them.
    others_stay = _keys(old) - {old.first} <= _keys(new)
    if first is not None and others_stay and goes[first] not in new.originals and new.first not in _keys(old) and new.start in to:
        goes[first] = to[new.start]
    return goes


def _moved(at: datetime, distance: timedelta) -> datetime:
    """The last of all times where there is none so far off."""
    try:
        return at + distance
    except OverflowError:
        return datetime.max.replace(tzinfo=at.tzinfo)


def _nowhere(key: str) -> str:
    return f"was {key}"


def _same_reading(pairs: Pairs, left: dict[str, Slot]) -> Pairs:
    """The same day and hour to whoever reads it, when only the zone that a series is calculated in became another."""
    if not left:
        return pairs
    by_reading = {_reading(slot): key for key, slot in left.items()}
    return [
        (one, left.pop(by_reading.pop(_reading(one)))) if slot is None and _reading(one) in by_reading else (one, slot)
        for one, slot in pairs
    ]


def _reading(one: OccurrenceDraft | Slot) -> tuple[datetime, bool]:
    return one.starts_at.astimezone(one.zone).replace(tzinfo=None), one.all_day
