"""Finished pages in the memory of this process: bounded, and served only while all that they were made of is as it was."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock

from isal import igzip

BUDGET = 24 * 1024 * 1024
NEVER = datetime.max.replace(tzinfo=UTC)
_SMALL = 512
# A page that sells is made anew many times a second: an eighth more octets cost a third of the time.
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Page:
    """A body as it is sent, plain and as gzip (empty where that gains nothing); ``tag`` names its state, ``until`` it may be shown.

    ``counts`` is the slot and the price that a view of it is counted for.
    """

    body: bytes
    packed: bytes
    tag: str
    content_type: str
    language: str = ""
    until: datetime = NEVER
    counts: tuple[int, int] | None = None


def page(text: str, content_type: str, language: str = "", until: datetime = NEVER, counts: tuple[int, int] | None = None) -> Page:
    """``text`` made ready to be sent many times."""
    body = text.encode()
    packed = igzip.compress(body, _LEVEL, mtime=0) if len(body) >= _SMALL else b""
    return Page(body, packed, sha256(body).hexdigest()[:24], content_type, language, until, counts)


@dataclass
class _Place:
    """Where one page stands. ``lock`` is held while it is made."""

    lock: Lock = field(default_factory=Lock)
    kept: tuple[object, Page] | None = None


class Kept:
    """Pages by key; together they hold at most ``budget`` octets, those unused longest go first."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._held = 0
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._lock = Lock()

    def page(self, key: Hashable, version: object, now: datetime, make: Callable[[], tuple[object, Page]]) -> Page:
        """The page of ``key`` at ``version`` and ``now``.

        ``make`` reads anew: what version that turned out to be, and its page. Threads that ask for the same page wait for
        the one that makes it, so that a change costs one page and not one for everyone who is looking.
        """
        place = self._place(key)
        found = _valid(place, version, now)
        if found is not None:
            return found
        with place.lock:
            found = _valid(place, version, now)
            if found is None:
                made = make()
                self._put(key, place, made)
                found = made[1]
        return found

    def found(self, key: Hashable, version: object, now: datetime) -> Page | None:
        """The page of ``key`` if it is there at ``version`` and ``now``."""
        place = self._places.get(key)
        found = _valid(place, version, now) if place is not None else None
        if found is not None:
            self._place(key)
        return found

    def _place(self, key: Hashable) -> _Place:
        with self._lock:
            place = self._places.get(key)
            if place is None:
                place = self._places[key] = _Place()
                self._held += _OVERHEAD
            self._places.move_to_end(key)
            return place

    def _put(self, key: Hashable, place: _Place, made: tuple[object, Page]) -> None:
        with self._lock:
            old, place.kept = place.kept, made
            if self._places.get(key) is not place:
                return
            self._held += _size(made) - _size(old)
            while self._held > self._budget and self._places:
                _, gone = self._places.popitem(last=False)
                self._held -= _size(gone.kept) + _OVERHEAD


_OVERHEAD = 1024


def _size(kept: tuple[object, Page] | None) -> int:
    return len(kept[1].body) + len(kept[1].packed) if kept is not None else 0


def _valid(place: _Place, version: object, now: datetime) -> Page | None:
    kept = place.kept
    return kept[1] if kept is not None and now < kept[1].until and kept[0] == version else None
