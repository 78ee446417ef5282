"""From stored rows to the lines of a feed, in batches within one snapshot."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bridge.core.errors import NotFound
from bridge.core.ports import Drop, FeedRow, Views
from bridge.ical import alarm
from bridge.ics_feeds.cache import Changes, Source
from bridge.ics_feeds.reading import Reading
from bridge.ics_feeds.sheet import Line
from bridge.ics_feeds.variant import Variant

BATCH = 1024
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
            yield current, lambda since: batches(views, current.id, variant, since)

    return opened


def batches(views: Views, drop_id: int, variant: Variant, since: int = -1) -> Iterator[list[Line]]:
    """What is newer than revision ``since``, by position."""
    after = -1
    while rows := views.feed_rows(drop_id, since, after=after, limit=BATCH):
        yield [Line(row.position, row.timezone, shown(row, variant).encode()) for row in rows]
        after = rows[-1].position


def unhurried(bridge: Reading, drops: Iterable[Drop], variant: Variant) -> Iterator[list[Line]]:
    """All events of ``drops``, each batch in a snapshot of its own: a slow client holds no transaction open."""
    for drop in drops:
        after = -1
        while True:
            with bridge.read() as views:
                rows = views.feed_rows(drop.id, after=after, limit=BATCH)
            if not rows:
                break
            yield [Line(row.position, row.timezone, shown(row, variant).encode()) for row in rows]
            after = rows[-1].position


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
