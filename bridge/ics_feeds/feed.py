"""The public calendar feeds: stored events handed over, never computed; what has not changed is one row and a 304."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from flask import Blueprint, Response, request

from bridge.core.drops import Drop
from bridge.core.editing import LOOKED_AT_EVERY
from bridge.core.errors import InvalidInput, NotFound
from bridge.core.ports import Views
from bridge.ics_feeds.answers import is_known, known, stamped, takes_gzip, whole
from bridge.ics_feeds.body import Heading, joined, stream
from bridge.ics_feeds.cache import FeedCache
from bridge.ics_feeds.gzipped import packed_stream
from bridge.ics_feeds.reading import Reading, checked_name
from bridge.ics_feeds.sheet import Sheet
from bridge.ics_feeds.source import source, unhurried
from bridge.ics_feeds.variant import Variant, query_of, variant
from bridge.ics_feeds.versions import Versions
from bridge.notes import public_description
from bridge.wording import LANGUAGES

MAX_AGE = 10
_OFTEN, _SELDOM = LOOKED_AT_EVERY, timedelta(minutes=15)
_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose feed: the address below the server, its name as a file, and how its title and drops are found."""

    path: str
    name: str
    find: Callable[[Views], tuple[str, list[Drop]]]


def feeds(bridge: Reading) -> Blueprint:
    """The feeds of one drop and of all public drops of an organizer; errors are texts of one line."""
    desk = Desk(bridge)
    pages = Blueprint("feeds", __name__)

    @pages.get("/<organizer>/<drop>/calendar.ics")
    def of_drop(organizer: str, drop: str) -> Response:
        return _answered(desk, Subject(f"{organizer}/{drop}", drop, lambda views: _drop(views, organizer, drop)))

    @pages.get("/<organizer>/calendar.ics")
    def of_organizer(organizer: str) -> Response:
        return _answered(desk, Subject(organizer, organizer, lambda views: _organizer(views, organizer)))

    return pages


def _answered(desk: "Desk", subject: Subject) -> Response:
    try:
        return desk.answer(subject)
    except NotFound as refusal:
        return Response(f"{refusal}\n", 404, content_type="text/plain; charset=utf-8")
    except InvalidInput as refusal:
        return Response(f"{refusal}\n", 400, content_type="text/plain; charset=utf-8")


def _drop(views: Views, organizer: str, slug: str) -> tuple[str, list[Drop]]:
    found = views.drop(checked_name(organizer), checked_name(slug))
    if found is None or not found.is_public:
        raise NotFound("There is no drop at this address.")
    return found.title, [found]


def _organizer(views: Views, name: str) -> tuple[str, list[Drop]]:
    found = views.organizer(checked_name(name))
    if found is None:
        raise NotFound("There is no organizer at this address.")
    return found.title or found.name, views.drops(name, public=True)


class Desk:
    """Hands feeds over: looks at the drops' revisions first, at their events only when the client lacks them."""

    def __init__(self, bridge: Reading) -> None:
        self._bridge = bridge
        self._cache = FeedCache(bridge.settings.feeds.cache_bytes)
        self._versions = Versions(bridge)

    def answer(self, subject: Subject) -> Response:
        """The response to the current request. Raises ``NotFound``, ``InvalidInput``."""
        asked, packed = variant(request.args, LANGUAGES), takes_gzip(request)
        with self._bridge.glance() as views:
            title, drops = subject.find(views)
        version = self._versions.of(drops, asked)
        if is_known(request, version):
            return known(version, self._bridge.now(), max_age=MAX_AGE, packed=packed)
        sheets = [self._sheet(drop, asked, packed) for drop in drops]
        held = [sheet for sheet in sheets if sheet is not None]
        if len(held) == len(sheets):
            drops = [sheet.drop for sheet in held]
            version = self._versions.of(drops, asked)
        heading = self._heading(subject, title, drops, asked, version.often)
        if len(held) == len(sheets):
            response = whole(*joined(heading, held, packed=packed), _TYPE)
        else:
            lines = unhurried(self._bridge, drops, asked)
            response = whole(packed_stream(stream(heading, lines)) if packed else stream(heading, lines), None, _TYPE)
        response.headers["Content-Disposition"] = _disposition(subject.name)
        return stamped(response, version, self._bridge.now(), max_age=MAX_AGE, packed=packed)

    def _sheet(self, drop: Drop, asked: Variant, packed: bool) -> Sheet | None:
        return self._cache.sheet((drop.id, asked), drop, source(self._bridge, drop, asked), packed=packed)

    def _heading(self, subject: Subject, title: str, drops: list[Drop], asked: Variant, often: bool) -> Heading:
        base = f"{self._bridge.settings.base_url}/{quote(subject.path)}/"
        lone = drops[0] if len(drops) == 1 and subject.path == drops[0].path else None
        return Heading(
            name=lone.title if lone else title,
            description=public_description(lone.description, lone.language) if lone else "",
            timezone=drops[0].timezone if drops else "UTC",
            color=lone.color if lone else "",
            source_url=f"{base}calendar.ics{query_of(asked)}",
            url=base,
            refresh=_OFTEN if often else _SELDOM,
        )


def _disposition(name: str) -> str:
    plain = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-_."))
    return f'inline; filename="{plain or "calendar"}.ics"'
