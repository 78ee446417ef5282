"""The cache reads what changed, once, and keeps within its memory."""

from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier, Thread

from bridge.core.drops import Drop
from bridge.ics_feeds.cache import FeedCache
from bridge.ics_feeds.sheet import Line

DROP = Drop(id=1, organizer_id=1, organizer="ada", slug="loaves", title="Loaves", revision=1)


class Till:
    """A drop's lines with their revisions; remembers from which revision it was asked."""

    def __init__(self, drop=DROP, count=300, text=b"x" * 100):
        self.drop = drop
        self.lines = {number: (drop.revision, Line(number, "", text)) for number in range(count)}
        self.asked = []

    def change(self, position, text):
        self.drop = replace(self.drop, revision=self.drop.revision + 1)
        self.lines[position] = (self.drop.revision, Line(position, "", text))

    @contextmanager
    def __call__(self):
        yield self.drop, self.changes

    def changes(self, since):
        self.asked.append(since)
        newer = [line for revision, line in self.lines.values() if revision > since]
        for start in range(0, len(newer), 100):
            yield newer[start : start + 100]


def shown(sheet):
    return b"".join(segment.plain for segment in sheet.segments)


def test_only_what_is_newer_than_the_sheet_is_read():
    till, cache = Till(), FeedCache(1_000_000)
    cache.sheet("loaves", till.drop, till, packed=False)
    till.change(7, b"seven")
    sheet = cache.sheet("loaves", till.drop, till, packed=True)
    cache.sheet("loaves", till.drop, till, packed=True)
    assert till.asked == [-1, 1]
    assert b"seven" in shown(sheet)
    assert all(segment.packed for segment in sheet.segments)


def test_a_sheet_older_than_the_change_log_is_made_anew():
    till, cache = Till(), FeedCache(1_000_000)
    cache.sheet("loaves", till.drop, till, packed=False)
    till.change(7, b"seven")
    del till.lines[8]
    till.drop = replace(till.drop, revision=90, oldest_revision=80)
    sheet = cache.sheet("loaves", till.drop, till, packed=False)
    assert till.asked == [-1, -1]
    assert shown(sheet) == b"".join(line.text for _, line in till.lines.values())


def test_another_drop_at_the_same_address_starts_from_nothing():
    cache = FeedCache(1_000_000)
    cache.sheet("loaves", DROP, Till(), packed=False)
    other = Till(replace(DROP, id=2), count=1, text=b"new")
    assert shown(cache.sheet("loaves", other.drop, other, packed=False)) == b"new"


def test_many_threads_that_ask_at_once_make_it_once():
    till, cache, sheets = Till(), FeedCache(1_000_000), []
    barrier = Barrier(8)

    def ask():
        barrier.wait()
        sheets.append(cache.sheet("loaves", till.drop, till, packed=True))

    threads = [Thread(target=ask) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert till.asked == [-1]
    assert len(set(map(id, sheets))) == 1


def test_the_sheet_unused_longest_goes_first():
    cache = FeedCache(150_000)
    tills = [Till(replace(DROP, id=number)) for number in range(4)]
    for till in tills:
        cache.sheet(till.drop.id, till.drop, till, packed=False)
    assert cache.held <= 150_000
    cache.sheet(3, tills[3].drop, tills[3], packed=False)
    cache.sheet(0, tills[0].drop, tills[0], packed=False)
    assert [till.asked for till in tills] == [[-1, -1], [-1], [-1], [-1]]


def test_a_large_sheet_is_held_compressed_and_still_follows_changes():
    till, cache = Till(text=b"y" * 1000), FeedCache(200_000)
    sheet = cache.sheet("loaves", till.drop, till, packed=False)
    assert all(segment.text is None for segment in sheet.segments)
    till.change(299, b"last")
    assert shown(cache.sheet("loaves", till.drop, till, packed=False)) == b"y" * 1000 * 299 + b"last"
    assert till.asked == [-1, 1]


def test_what_does_not_fit_at_all_is_not_held_nor_tried_again():
    till, cache = Till(), FeedCache(1000)
    assert cache.sheet("loaves", till.drop, till, packed=False) is None
    assert cache.sheet("loaves", till.drop, till, packed=False) is None
    assert till.asked == [-1]
    assert cache.held == 0
