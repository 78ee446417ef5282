"""From stored rows to the lines of a feed, in batches within one snapshot."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime

from bridge.core.calendars import FeedRow, PublicSlot
from bridge.core.drops import Drop
from bridge.core.errors import NotFound
from bridge.core.ports import Views
from bridge.flows.house import House
from bridge.ical import alarm
from bridge.ics_feeds.cache import Changes, Source
from bridge.ics_feeds.reading import Reading
from bridge.ics_feeds.sheet import Line
from bridge.ics_feeds.translated import translated
from bridge.ics_feeds.variant import Variant

BATCH = 1536
Snapshot = Callable[[], AbstractContextManager[Views]]
_END = "END:VEVENT\r\n"
_SOON = "\r\nSTATUS:TENTATIVE\r\n"
_SUMMARY = re.compile(r"\r\nSUMMARY[^:\r\n]*:(.*)\r\n")
_ESCAPED = re.compile(r"\\(.)")


def source(bridge: Reading, drop: Drop, variant: Variant) -> Source:
    """Where the cache reads ``drop`` from. Raises ``NotFound`` when it is gone by then."""

    @contextmanager
    def opened() -> Iterator[tuple[Drop, Changes]]:
        with bridge.read() as views:
            current = views.drop(drop.organizer, drop.slug)
            if current is None or not current.is_public:
                raise NotFound("This drop is no longer here.")
            house = House(base_url=bridge.settings.base_url)
            yield current, lambda since: batches(lambda: nullcontext(views), current, variant, house, since)

    return opened


def unhurried(bridge: Reading, drops: Iterable[Drop], variant: Variant) -> Iterator[list[Line]]:
    """All events of ``drops``, each batch in a snapshot of its own: a slow client holds no transaction open."""
    house = House(base_url=bridge.settings.base_url)
    for drop in drops:
        yield from batches(bridge.read, drop, variant, house)


def batches(snapshot: Snapshot, drop: Drop, variant: Variant, house: House, since: int = -1) -> Iterator[list[Line]]:
    """What is newer than revision ``since``; in the drop's own language as it is stored."""
    if variant.language in {"", drop.language.partition("-")[0]}:
        yield from _stored(snapshot, drop, variant, since)
    else:
        yield from _translated(snapshot, drop, variant, house, since)


def _stored(snapshot: Snapshot, drop: Drop, variant: Variant, since: int) -> Iterator[list[Line]]:
    after = -1
    while True:
        with snapshot() as views:
            rows = views.feed_rows(drop.id, since, after=after, limit=BATCH)
        if not rows:
            return
        yield [Line(row.position, row.timezone, shown(row, variant).encode()) for row in rows]
        after = rows[-1].position


def _translated(snapshot: Snapshot, drop: Drop, variant: Variant, house: House, since: int) -> Iterator[list[Line]]:
    offset = 0
    while True:
        with snapshot() as views:
            slots = views.public_slots(drop.id, since=since, limit=BATCH, offset=offset)
        if not slots:
            break
        yield [Line(slot.position, slot.timezone, shown(_row(slot, drop, variant, house), variant).encode()) for slot in slots]
        offset += len(slots)
    if since >= 0:
        with snapshot() as views:
            yield [Line(row.position, "", b"") for row in views.feed_rows(drop.id, since) if row.gone]


def _row(slot: PublicSlot, drop: Drop, variant: Variant, house: House) -> FeedRow:
    opens = int(slot.preorder.opens.timestamp()) if slot.preorder.opens else None
    text = translated(slot, drop, variant.language, house)
    return FeedRow(slot.position, 0, slot.timezone, slot.availability.state == "open", opens, gone=False, text=text)


def shown(row: FeedRow, variant: Variant) -> str:
    """The event as the variant shows it, empty when it does not."""
    if row.gone or (variant.available and not row.available):
        return ""
    # A preorder that has opened has no alarm any more: some apps ring at once for one in the past.
    if variant.alarms and row.preorder_opens is not None and _SOON in row.text:
        opens = datetime.fromtimestamp(row.preorder_opens, UTC)
        return row.text.removesuffix(_END) + alarm(opens, _title(row.text)) + _END
    return row.text


def _title(text: str) -> str:
    found = _SUMMARY.search(text.replace("\r\n ", ""))
    return _ESCAPED.sub(r"\1", found[1]) if found else ""
