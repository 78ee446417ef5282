"""A calendar put together: the heading with its time zones, the events, the end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import lru_cache

from bridge.ical import calendar_head, calendar_tail, vtimezone
from bridge.ics_feeds.gzipped import Packed, member, member_length, pack
from bridge.ics_feeds.sheet import Line, Sheet

_TAIL = calendar_tail().encode()
_SMALL = 262_144


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the events. ``refresh`` is how often apps are asked to look."""

    name: str
    description: str
    timezone: str
    color: str
    source_url: str
    url: str
    refresh: timedelta

    def text(self, zones: frozenset[str]) -> bytes:
        """The lines from ``BEGIN:VCALENDAR`` to the last time zone of ``zones``."""
        return _text(self, zones)


@lru_cache(maxsize=256)
def _text(heading: Heading, zones: frozenset[str]) -> bytes:
    return calendar_head(**asdict(heading), tzids=sorted(zones)).encode()


_pack = lru_cache(maxsize=256)(pack)


def joined(heading: Heading, sheets: Sequence[Sheet], *, packed: bool) -> tuple[Iterable[bytes], int]:
    """The calendar of ``sheets`` in parts, and its length in octets."""
    head = heading.text(frozenset[str]().union(*(sheet.zones for sheet in sheets)))
    segments = [segment for sheet in sheets for segment in sheet.segments]
    if packed:
        parts: list[Packed] = [_pack(head), *(segment.part for segment in segments), _pack(_TAIL)]
        return _few(member(parts), member_length(parts))
    length = len(head) + sum(sheet.size for sheet in sheets) + len(_TAIL)
    return _few(_chain(head, (segment.plain for segment in segments)), length)


def stream(heading: Heading, batches: Iterable[list[Line]]) -> Iterator[bytes]:
    """The calendar of events that are not held; a time zone comes before the first event that uses it."""
    zones = {heading.timezone}
    yield heading.text(frozenset(zones))
    for lines in batches:
        new = sorted({line.zone for line in lines} - zones - {""})
        zones.update(new)
        yield "".join(vtimezone(zone) for zone in new).encode() + b"".join(line.text for line in lines)
    yield _TAIL


def _chain(head: bytes, bodies: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from bodies
    yield _TAIL


def _few(parts: Iterable[bytes], length: int) -> tuple[Iterable[bytes], int]:
    # Each part is a crossing into the web server; a slow client of a large one must not need a copy of the whole.
    return ([b"".join(parts)] if length <= _SMALL else parts), length
