"""Which slot an occurrence continues, after whatever was done to its event in a calendar app."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.core.drops import OccurrenceDraft, Slot


def matched(drafts: Sequence[OccurrenceDraft], slots: Sequence[Slot]) -> tuple[list[tuple[OccurrenceDraft, Slot | None]], list[Slot]]:
    """Each draft with the slot that it continues, and the slots that no draft continues.

    An occurrence is known by its RECURRENCE-ID. When a whole series is dragged to another hour every RECURRENCE-ID
    changes, so what is left over is matched by its local day, or when it was dragged to other days by one distance for
    all; a lone event continues a lone slot wherever it goes.
    """
    by_id = {slot.recurrence_id: slot for slot in slots}
    pairs: list[tuple[OccurrenceDraft, Slot | None]] = [(draft, by_id.pop(draft.recurrence_id, None)) for draft in drafts]
    left = list(by_id.values())
    if not left:
        return pairs, []
    by_day: dict[str, Slot] = {}
    for old in left:
        by_day.setdefault(old.starts_at.astimezone(old.zone).strftime("%Y%m%d"), old)
    used: set[str] = set()
    for index, (draft, continued) in enumerate(pairs):
        if continued is None:
            day = draft.starts_at.astimezone(ZoneInfo(draft.timezone)).strftime("%Y%m%d")
            found = by_day.pop(day, None)
            if found is None and len(drafts) == 1 and len(slots) == 1:
                found = next((s for s in left if s.recurrence_id not in used), None)
            if found is not None:
                used.add(found.recurrence_id)
                pairs[index] = (draft, found)
    left = [slot for slot in left if slot.recurrence_id not in used]
    return _shifted(pairs, left) if left else (pairs, [])


def _shifted(
    pairs: list[tuple[OccurrenceDraft, Slot | None]], left: list[Slot]
) -> tuple[list[tuple[OccurrenceDraft, Slot | None]], list[Slot]]:
    """What is left after a series was dragged to other days: every occurrence by the same distance.

    The distance is one on the local clock; for a series written in UTC, which a change of the clocks moves, one in time.
    Only when as many began anew as are left, but for the one that either end of the horizon cuts off.
    """
    new = [index for index, (_, old) in enumerate(pairs) if old is None]
    if not new or abs(len(new) - len(left)) > 1:
        return pairs, left
    for clock in (_local, _absolute):
        new = sorted((index for index in new if pairs[index][1] is None), key=lambda index: pairs[index][0].starts_at)
        old = {clock(slot): slot for slot in left}
        distance = clock(pairs[new[0]][0]) - min(old) if new and old else timedelta()
        for index in new:
            if (found := old.pop(clock(pairs[index][0]) - distance, None)) is not None:
                pairs[index] = (pairs[index][0], found)
        left = list(old.values())
    return pairs, left


def _absolute(one: OccurrenceDraft | Slot) -> datetime:
    return one.starts_at


def _local(one: OccurrenceDraft | Slot) -> datetime:
    return one.starts_at.astimezone(ZoneInfo(one.timezone)).replace(tzinfo=None)
