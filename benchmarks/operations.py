"""The operations that are compared, as requests made ready beforehand and checks of what comes back."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from benchmarks import dav
from benchmarks.target import Target
from benchmarks.wire import Answer, Request

Make = Callable[[Target, int], Sequence[Request]]
Check = Callable[[Target, Answer], object]

_marks = itertools.count(1)
_fresh = itertools.count(1_000_000)
_turn = itertools.count(7, 53)


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table.

    ``make`` gives so many requests, each good for one sending, having done beforehand what they need; ``check`` raises
    ``Unexpected`` when the answer is wrong. ``wanted`` is how many times faster than stock Radicale ours has to be.
    """

    title: str
    wanted: float
    make: Make
    check: Check
    rounds: int = 9
    again: bool = True
    at_once: int = 64
    seen: list[str] = field(default_factory=list)


def operations() -> list[Operation]:
    """All rows, in the order of the table; what changes the calendar's size comes last."""
    return [
        Operation("PROPFIND depth 0: getctag, sync-token", 300, _same(_poll), _status(207, holds=b"sync-token")),
        Operation("sync-collection, nothing changed", 200, _sync_nothing, _status(207, count=0)),
        Operation("sync-collection, 1 slot changed", 200, _sync_changed(1), _status(207, count=1)),
        Operation("sync-collection, 100 slots changed", 40, _sync_changed(100), _status(207, count=100), rounds=7),
        Operation("PROPFIND depth 1 with etags", 4, _same(_listing), _lists_all(1), rounds=7),
        Operation("initial sync-collection", 8, _same(_initial), _lists_all(0), rounds=7),
        Operation("calendar-query, 7 days, with data", 30, _same(_week), _whole_week),
        Operation("calendar-multiget of 50", 2.5, _multiget, _status(207, count=50, texts=50), rounds=25),
        Operation("PUT of a changed slot", 3, _put_changed, _status(204, 201, 200), rounds=25, at_once=3000),
        Operation("GET of one event", 1, _get_one, _status(200, texts=1), rounds=40),
        Operation("GET of the whole feed", 40, _same(_feed), _whole_feed, rounds=7),
        Operation("GET of the whole feed, gzip", 40, _same(_feed_zipped), _zipped_feed, rounds=7),
        Operation("conditional GET of the feed: 304", 500, _feed_unchanged, _unchanged),
        Operation("PUT of a new slot", 20, _put_new, _status(201), again=False, at_once=400),
    ]


def _same(make: Callable[[Target], Request]) -> Make:
    return lambda target, count: [make(target)] * count


def _poll(target: Target) -> Request:
    return dav.poll(target.calendar, target.authorization)


def _listing(target: Target) -> Request:
    return dav.listing(target.calendar, target.authorization)


def _initial(target: Target) -> Request:
    return dav.sync(target.calendar, target.authorization)


def _week(target: Target) -> Request:
    begins = target.season.begins + timedelta(days=200)
    return dav.between(target.calendar, target.authorization, begins, begins + timedelta(days=7))


def _feed(target: Target) -> Request:
    return dav.get(target.feed, target.feed_authorization)


def _feed_zipped(target: Target) -> Request:
    return dav.get(target.feed, target.feed_authorization, Accept_Encoding="gzip")


def _sync_nothing(target: Target, count: int) -> list[Request]:
    return [dav.sync(target.calendar, target.authorization, target.sync_token())] * count


def _sync_changed(changes: int) -> Make:
    tokens: dict[str, str] = {}

    def make(target: Target, count: int) -> list[Request]:
        # A hundred changes are made once; the same question is then asked again, as by a hundred clients.
        if changes == 1 or target.name not in tokens:
            tokens[target.name] = target.sync_token()
            change(target, changes)
        return [dav.sync(target.calendar, target.authorization, tokens[target.name])] * count

    return make


def change(target: Target, count: int) -> list[int]:
    """Edits so many slots, one PUT each. Returns which."""
    mark = f"Edit {next(_marks)}"
    chosen = [(next(_turn) + n) % target.season.size for n in range(count)]
    for index in chosen:
        dav.expect(target.ask(target.put(index, mark)), 200, 201, 204)
    return chosen


def _multiget(target: Target, count: int) -> list[Request]:
    return [dav.multiget(target.calendar, target.authorization, hrefs) for hrefs in _neighbours(target, count, 50)]


def _get_one(target: Target, count: int) -> list[Request]:
    return [dav.get(href, target.authorization) for (href,) in _neighbours(target, count, 1)]


def _neighbours(target: Target, count: int, size: int) -> Iterator[list[str]]:
    for _ in range(count):
        first = next(_turn) % (target.season.size - size)
        yield [target.hrefs[index] for index in range(first, first + size)]


def _put_changed(target: Target, count: int) -> list[Request]:
    mark = f"Edit {next(_marks)}"
    first = next(_turn)
    return [target.put((first + n) % target.season.size, mark) for n in range(count)]


def _put_new(target: Target, count: int) -> list[Request]:
    return [target.put(next(_fresh), "New") for _ in range(count)]


def _feed_unchanged(target: Target, count: int) -> list[Request]:
    # Asked with the entity tag known so far: a whole feed just before would leave the machine's caches full of it.
    known = dav.get(target.feed, target.feed_authorization, If_None_Match=target.feed_etag or '"none"')
    target.feed_etag = target.ask(known).headers.get("etag", "")
    return [dav.get(target.feed, target.feed_authorization, If_None_Match=target.feed_etag)] * count


def _status(*statuses: int, count: int | None = None, texts: int | None = None, holds: bytes = b"") -> Check:
    def check(_: Target, answer: Answer) -> None:
        dav.expect(answer, *statuses, count=count, holds=holds)
        if texts is not None and answer.body.count(b"BEGIN:VCALENDAR") != texts:
            raise dav.Unexpected(f"{answer.body.count(b'BEGIN:VCALENDAR')} texts, wanted {texts}")

    return check


def _lists_all(besides: int) -> Check:
    def check(target: Target, answer: Answer) -> None:
        dav.expect(answer, 207, count=target.season.size + besides)
        if len(re.findall(rb"<(?:\w+:)?getetag>", answer.body)) < target.season.size:
            raise dav.Unexpected("a member without an ETag")

    return check


def _whole_week(target: Target, answer: Answer) -> None:
    begins = target.season.begins + timedelta(days=200)
    wanted = len(target.season.touching(begins, begins + timedelta(days=7)))
    _status(207, count=wanted, texts=wanted)(target, answer)


def _whole_feed(target: Target, answer: Answer) -> None:
    dav.expect(answer, 200, holds=b"END:VCALENDAR")
    if answer.body.count(b"BEGIN:VEVENT") < target.season.size:
        raise dav.Unexpected(f"the feed has only {answer.body.count(b'BEGIN:VEVENT')} events")


def _zipped_feed(target: Target, answer: Answer) -> None:
    import gzip

    if answer.headers.get("content-encoding") != "gzip":
        raise dav.Unexpected("the feed was not compressed")
    _whole_feed(target, Answer(answer.status, answer.headers, gzip.decompress(answer.body)))


def _unchanged(target: Target, answer: Answer) -> None:
    dav.expect(answer, 304 if target.conditional_feed else 200)
