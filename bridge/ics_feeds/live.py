"""The live stock of a drop as JSON that a page or a CDN may poll: what has not changed is one row and a 304."""

import json
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock

from flask import Blueprint, Response, request

from bridge.core.availability import nothing_of
from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop
from bridge.core.errors import NotFound
from bridge.core.ports import Views
from bridge.ics_feeds.answers import Version, is_known, known, packed_body, stamped, takes_gzip, whole
from bridge.ics_feeds.cache import Changes, FeedCache, Source
from bridge.ics_feeds.reading import Reading, checked_name
from bridge.ics_feeds.sheet import Line, Sheet

MAX_AGE = 2
MAX_ASKED = 200
_TYPE = "application/json"
_BATCH = 1024
_PACK_FROM = 1024
_REMEMBERED = 16


def live(bridge: Reading) -> Blueprint:
    """``live.json`` of every public drop."""
    board = Board(bridge)
    pages = Blueprint("live", __name__)

    @pages.get("/<organizer>/<drop>/live.json")
    def of_drop(organizer: str, drop: str) -> Response:
        try:
            return board.answer(organizer, drop)
        except NotFound:
            response = Response('{"error":"not-found"}\n', 404, content_type=_TYPE)
            response.headers["Access-Control-Allow-Origin"] = "*"
            return response

    return pages


class Board:
    """Shows slots that have not ended for more than a day; those of ``?slots=`` (ids parted by commas) when asked."""

    def __init__(self, bridge: Reading) -> None:
        self._bridge = bridge
        self._cache = FeedCache(bridge.settings.feeds.cache_bytes // 4)
        self._packed: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._lock = Lock()

    def answer(self, organizer: str, slug: str) -> Response:
        """The response to the current request. Raises ``NotFound``."""
        with self._bridge.glance() as views:
            drop = views.drop(checked_name(organizer), checked_name(slug))
        if drop is None or not drop.is_public:
            raise NotFound("There is no drop at this address.")
        packed = takes_gzip(request)
        if is_known(request, _version(drop)):
            return known(_version(drop), self._bridge.now(), max_age=MAX_AGE, packed=packed)
        drop, members = self._members(drop)
        body = _body(drop, members)
        packed = packed and len(body) >= _PACK_FROM
        if packed:
            body = packed_body(body) if "slots" in request.args else self._packed_once(drop, body)
        response = whole([body], len(body), _TYPE)
        return stamped(response, _version(drop), self._bridge.now(), max_age=MAX_AGE, packed=packed)

    def _members(self, drop: Drop) -> tuple[Drop, bytes]:
        since = self._bridge.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        sheet = self._cache.sheet((drop.id, since), drop, _source(self._bridge, drop, since), packed=False)
        if "slots" in request.args:
            return self._asked(drop, sheet, request.args["slots"].split(",")[:MAX_ASKED])
        if sheet is None:
            with self._bridge.read() as views:
                return drop, b"".join(line.text for lines in _batches(views, drop.id, since, -1) for line in lines)
        return sheet.drop, b"".join(segment.plain for segment in sheet.segments)

    def _asked(self, drop: Drop, sheet: Sheet | None, names: list[str]) -> tuple[Drop, bytes]:
        if sheet is not None:
            return sheet.drop, b"".join(sheet.text_at(_position(name)) for name in dict.fromkeys(names))
        with self._bridge.read() as views:
            found = [views.public_slot(checked_name(name)) for name in dict.fromkeys(names)]
        return drop, b"".join(_line(slot).text for slot in found if slot is not None and slot.drop == drop.path)

    def _packed_once(self, drop: Drop, body: bytes) -> bytes:
        key = (drop.id, drop.revision)
        with self._lock:
            if key not in self._packed:
                self._packed[key] = packed_body(body)
                while len(self._packed) > _REMEMBERED:
                    self._packed.popitem(last=False)
            return self._packed[key]


def _version(drop: Drop) -> Version:
    return Version(str(drop.revision), drop.changed_at)


def _source(bridge: Reading, drop: Drop, start: datetime) -> Source:
    @contextmanager
    def opened() -> Iterator[tuple[Drop, Changes]]:
        with bridge.read() as views:
            current = views.drop(drop.organizer, drop.slug)
            if current is None:
                raise NotFound("This drop is no longer here.")
            yield current, lambda since: _batches(views, current.id, start, since)

    return opened


def _batches(views: Views, drop_id: int, start: datetime, since: int) -> Iterator[list[Line]]:
    offset = 0
    while slots := views.public_slots(drop_id, start, since=since, limit=_BATCH, offset=offset):
        yield [_line(slot) for slot in slots]
        offset += len(slots)
    if since >= 0:
        yield [Line(_position(public_id), "", b"") for public_id in views.withdrawn(drop_id, since)]


def _position(public_id: str) -> int:
    return int.from_bytes(public_id.encode(errors="replace"), "big")


def _line(slot: PublicSlot) -> Line:
    seen = nothing_of(slot.availability)
    value = {
        "places_left": seen.places_left,
        "left": seen.left,
        "state": seen.state,
        "offers": {offer.sku: {"left": offer.left, "as_of": _moment(offer.as_of)} for offer in seen.offers},
    }
    text = f"{json.dumps(slot.public_id)}:{json.dumps(value, separators=(',', ':'))},"
    return Line(_position(slot.public_id), "", text.encode())


def _body(drop: Drop, members: bytes) -> bytes:
    head = f'{{"revision":{drop.revision},"as_of":{json.dumps(_moment(drop.changed_at))},"slots":{{'
    return head.encode() + members.removesuffix(b",") + b"}}\n"


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
