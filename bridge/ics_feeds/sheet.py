"""A drop's events as one feed shows them, cut into segments so that a change touches one of them.

All values here are frozen: whoever serves a sheet may go on while the next one is made.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple

from bridge.core.drops import Drop
from bridge.ics_feeds.gzipped import Packed, pack, unpack

SPAN = 128


class Line(NamedTuple):
    """One slot's event in UTF-8; an empty ``text`` means that the feed does not show it."""

    position: int
    zone: str
    text: bytes


@dataclass(frozen=True)
class Segment:
    """Some neighbouring events. ``ends`` says where each one's text ends; at least one of ``text`` and ``packed`` is there."""

    positions: tuple[int, ...] = ()
    zones: tuple[str, ...] = ()
    ends: tuple[int, ...] = ()
    text: bytes | None = b""
    packed: Packed | None = None

    @property
    def plain(self) -> bytes:
        """The events' text."""
        return self.text if self.text is not None else unpack(self.with_packed.part)

    @property
    def part(self) -> Packed:
        """The events' text, compressed."""
        return self.packed or pack(self.text or b"")

    @property
    def with_packed(self) -> "Segment":
        """The same, compressed once and for all."""
        return self if self.packed else replace(self, packed=self.part)

    @property
    def light(self) -> "Segment":
        """The same, held in compressed form only."""
        return replace(self.with_packed, text=None)

    @property
    def held(self) -> int:
        """The octets this keeps in memory."""
        return len(self.text or b"") + len(self.packed.blocks if self.packed else b"") + 64 * len(self.positions)

    def edited(self, lines: Iterable[Line]) -> list["Segment"]:
        """The segments that take this one's place when ``lines`` replace or join its events."""
        new = {line.position: line for line in lines}
        places = [bisect_left(self.positions, position) for position in new]
        is_there = all(self.positions[at : at + 1] == (position,) for at, position in zip(places, new, strict=True))
        if is_there and all(line.text for line in new.values()):
            return [self._with(dict(zip(places, new.values(), strict=True)))]
        kept = {line.position: line for line in self._lines()}
        kept |= new
        left = [kept[position] for position in sorted(kept) if kept[position].text]
        return [_segment(left[start : start + SPAN]) for start in range(0, len(left), SPAN)]

    def _with(self, new: dict[int, Line]) -> "Segment":
        """Other events at some of its places: what a change of counts does to all of a feed."""
        plain, zones, starts = self.plain, list(self.zones), (0, *self.ends)
        lengths = [end - start for start, end in pairwise(starts)]
        parts: list[bytes] = []
        done = 0
        for index, line in sorted(new.items()):
            parts += (plain[done : starts[index]], line.text)
            done = self.ends[index]
            zones[index], lengths[index] = line.zone, len(line.text)
        parts.append(plain[done:])
        return Segment(self.positions, tuple(zones), tuple(accumulate(lengths)), b"".join(parts))

    def text_at(self, position: int) -> bytes:
        """The event at ``position``, empty when there is none."""
        index = bisect_left(self.positions, position)
        if self.positions[index : index + 1] != (position,):
            return b""
        return self.plain[self.ends[index - 1] if index else 0 : self.ends[index]]

    def _lines(self) -> Iterator[Line]:
        plain = self.plain
        for position, zone, (start, end) in zip(self.positions, self.zones, pairwise((0, *self.ends)), strict=True):
            yield Line(position, zone, plain[start:end])


def _segment(lines: Sequence[Line]) -> Segment:
    ends, end = [], 0
    for line in lines:
        end += len(line.text)
        ends.append(end)
    text = b"".join(line.text for line in lines)
    return Segment(tuple(line.position for line in lines), tuple(line.zone for line in lines), tuple(ends), text)


@dataclass(frozen=True)
class Sheet:
    """All events of one drop in one variant, as of ``drop.revision``."""

    drop: Drop
    segments: tuple[Segment, ...] = ()

    @cached_property
    def zones(self) -> frozenset[str]:
        """The names of the time zones that the events use."""
        return frozenset(zone for segment in self.segments for zone in segment.zones if zone)

    @cached_property
    def size(self) -> int:
        """The octets of all events, uncompressed."""
        return sum(segment.ends[-1] for segment in self.segments)

    @cached_property
    def held(self) -> int:
        """The octets this keeps in memory."""
        return sum(segment.held for segment in self.segments)

    def edited(self, lines: Iterable[Line]) -> "Sheet":
        """The sheet with ``lines`` in place of, or beside, the events of the same positions."""
        old = self.segments or (Segment(),)
        firsts = [segment.positions[0] if segment.positions else 0 for segment in old]
        touched: dict[int, list[Line]] = {}
        for line in lines:
            touched.setdefault(max(0, bisect_right(firsts, line.position) - 1), []).append(line)
        if not touched:
            return self
        new: list[Segment] = []
        for index, segment in enumerate(old):
            new += segment.edited(touched[index]) if index in touched else [segment]
        return Sheet(self.drop, tuple(new))

    def text_at(self, position: int) -> bytes:
        """The event at ``position``, empty when there is none."""
        index = bisect_right(self.segments, position, key=lambda segment: segment.positions[0]) - 1
        return self.segments[index].text_at(position) if index >= 0 else b""

    def at(self, drop: Drop) -> "Sheet":
        """The same events under the drop as it is now."""
        return replace(self, drop=drop)

    def with_packed(self) -> "Sheet":
        """The same with every segment compressed."""
        if all(segment.packed for segment in self.segments):
            return self
        return replace(self, segments=tuple(segment.with_packed for segment in self.segments))

    def light(self) -> "Sheet":
        """The same, held in compressed form only."""
        return replace(self, segments=tuple(segment.light for segment in self.segments))
