"""PUT of a calendar object resource (RFC 4791 section 5.3.2): the request's own octets, never a re-serialisation."""

from bridge.caldav_plugin.bodies import calendar_text
from bridge.caldav_plugin.preconditions import check_if_match, check_if_none_match
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request
from bridge.core.calendars import Resource
from bridge.core.drops import Drop
from bridge.core.errors import TooLarge
from bridge.core.ports import UnitOfWork
from bridge.flows.edit import put_event

# Beside the right one: what curl and simple scripts send when nobody told them what a calendar is.
MEDIA_TYPES = {"", "text/calendar", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"}


def put(request: Request) -> Answer:
    """Stores an event: 201 or 204, with an ETag only when what is stored is what was sent (RFC 4791 section 5.3.4)."""
    request.allow("w", "write-content")
    _check_address(request)
    text = _text(request)
    bridge, name = request.bridge, request.parts[2]
    with bridge.work() as work:
        (drop,) = locked(work, request.parts)
        check_preconditions(request, work.views.resource(drop.id, name, "organizer"))
        done = put_event(work, drop, name, text, bridge.house, now=bridge.now(), actor=request.visit.organizer)
    as_sent = done.verbatim and text.encode() == request.body
    return Answer(201 if done.created else 204, {"ETag": done.resource.etag} if as_sent else {})


def locked(work: UnitOfWork, *paths: tuple[str, ...]) -> list[Drop]:
    """The drops that a change goes into, held so that its preconditions stay true. Raises ``DavError`` (409) without one."""
    found = [work.views.drop(*parts[:2]) for parts in paths]
    # In one order whichever way an event is moved: two devices that moved towards each other would wait for ever.
    held = {drop_id: work.lock_drop(drop_id) for drop_id in sorted({drop.id for drop in found if drop})}
    drops = [drop for drop in (held.get(drop.id) if drop else None for drop in found) if drop]
    if len(drops) < len(paths):
        raise DavError(409, "", "There is no such calendar.")
    return drops


def check_preconditions(request: Request, there: Resource | None) -> None:
    """Raises ``StaleEdit`` when If-Match or If-None-Match does not hold for what is there."""
    check_if_match(request.header("If-Match"), there.edit if there else None)
    check_if_none_match(request.header("If-None-Match"), there.etag if there else None)


def _check_address(request: Request) -> None:
    if len(request.parts) < 3:
        raise DavError(405, "", "A calendar is not replaced as a whole: put each event at an address of its own inside it.")
    if len(request.parts) > 3:
        raise DavError(409, "", "A calendar has no folders inside.")
    if request.header("Content-Range"):
        raise DavError(400, "", "An event is sent whole.")
    if len(request.parts[2]) > 255:
        raise DavError(403, "", "A name may have 255 characters.")


def _text(request: Request) -> str:
    media_type = (request.environ.get("CONTENT_TYPE") or "").split(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise DavError(415, "<C:supported-calendar-data/>", "An event is sent as text/calendar.")
    limit = request.bridge.settings.caldav.max_resource_size
    if len(request.body) > limit:
        raise TooLarge(f"An event may have {limit} bytes here; this one has {len(request.body)}.")
    return calendar_text(request.body, request.charset)
