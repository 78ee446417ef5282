"""Finished feeds in the memory of this process: bounded, brought up to date by what changed, built by one thread at a time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock

from bridge.core.drops import Drop
from bridge.ics_feeds.sheet import Line, Sheet

Changes = Callable[[int], Iterable[list[Line]]]
Source = Callable[[], AbstractContextManager[tuple[Drop, Changes]]]


@dataclass
class _Place:
    """Where one sheet stands. ``lock`` is held while it is made; ``too_large`` is remembered so that nobody tries again."""

    lock: Lock = field(default_factory=Lock)
    sheet: Sheet | None = None
    too_large: bool = False


class FeedCache:
    """Sheets by drop and variant; together they hold at most about ``budget`` octets, those unused longest go first.

    A sheet larger than three quarters of it is held in compressed form; one that does not fit even so is not held at all.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._lock = Lock()

    def sheet(self, key: Hashable, drop: Drop, source: Source, *, packed: bool) -> Sheet | None:
        """The sheet of ``drop`` at its revision or a later one; None when it is too large to be held.

        ``source()`` opens a snapshot: the drop, and a function that gives in batches what is newer than a revision
        (``-1``: everything). With ``packed`` every segment comes compressed. Threads that ask for the same sheet wait for
        the one that makes it.
        """
        place = self._place(key)
        with place.lock:
            if place.too_large:
                return None
            if place.sheet is None or place.sheet.drop.id != drop.id or place.sheet.drop.revision < drop.revision:
                place.sheet = self._brought_up_to_date(place.sheet, source)
            if packed and place.sheet is not None:
                place.sheet = place.sheet.with_packed()
            sheet = place.sheet
            place.too_large = sheet is None
        self._make_room(key)
        return sheet

    @property
    def held(self) -> int:
        """The octets held now."""
        with self._lock:
            return sum(place.sheet.held for place in self._places.values() if place.sheet)

    def _place(self, key: Hashable) -> _Place:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            return place

    def _brought_up_to_date(self, old: Sheet | None, source: Source) -> Sheet | None:
        with source() as (drop, changes):
            # Tombstones older than the change log are gone: what went before can only be found by reading all again.
            if old is None or old.drop.id != drop.id or old.drop.revision < drop.oldest_revision:
                sheet, since = Sheet(drop), -1
            else:
                sheet, since = old.at(drop), old.drop.revision
            for lines in changes(since):
                sheet = self._fitting(sheet.edited(lines))
                if sheet.held > self._budget:
                    return None
        return sheet

    def _fitting(self, sheet: Sheet) -> Sheet:
        return sheet.light() if sheet.size > self._budget * 3 // 4 else sheet

    def _make_room(self, used: Hashable) -> None:
        with self._lock:
            held = sum(place.sheet.held for place in self._places.values() if place.sheet)
            for key in list(self._places):
                if held <= self._budget:
                    return
                sheet = self._places[key].sheet
                if key != used and sheet is not None:
                    del self._places[key]
                    held -= sheet.held
