"""sync-collection (RFC 6578): what changed since a token, by one indexed query; the token is the drop's revision."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import NamedTuple

from bridge.caldav_plugin import members
from bridge.caldav_plugin.properties import of_members, sync_token
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request, multi
from bridge.caldav_plugin.shaping import member_writer
from bridge.caldav_plugin.wire import dav, element, gone, href, status
from bridge.core.calendars import Change
from bridge.core.drops import Drop
from bridge.core.ports import Views

# More than a calendar ever changes, and a number that every database takes.
LARGEST = 1_000_000_000
_TOKEN = re.compile(r"urn:dropbridge:sync:(\d{1,18}):(\d{1,18})(?:\.(\d{1,18})\.(\d{1,18}))?")


class Token(NamedTuple):
    """Where a client stands: everything up to ``revision`` is known to it, and that revision up to ``position``.

    While a listing is being handed out in parts, ``began`` is the revision at which it began (0 otherwise): what went
    before that was never shown, and is not reported as gone.
    """

    revision: int = -1
    position: int = 0
    began: int = 0


def sync_collection(request: Request, views: Views, drop: Drop, root: ET.Element) -> Answer:
    """Changes, newest last. A part of them, with 507 and a token to go on from, when the client set a limit."""
    token = _token(root, drop)
    wanted = [prop.tag for prop in root.iterfind(f"{dav('prop')}/*")]
    limit = _limit(root)
    initial = token.revision < 0 and limit is None
    if initial and members.CALENDAR_DATA not in wanted:
        write = members.writer(f"{request.prefix}/{drop.path}/", wanted, of_members(request, drop))
        return multi(map(write, views.listing(drop.id, request.visit.audience)), tail=element(dav("sync-token"), sync_token(drop)))
    if limit is None and token == Token(token.revision) and token.revision < drop.revision and _plain(root, wanted):
        key = (drop.id, drop.path, request.prefix, token.revision, drop.revision, *wanted)
        return request.visit.kept.answer(key, lambda: _told(request, views, drop, token, wanted, root))
    return _told(request, views, drop, token, wanted, root, limit)


def _plain(root: ET.Element, wanted: list[str]) -> bool:
    """Whether nothing is asked for but what is the same for everybody and as old as the revision."""
    asked = {child.tag for child in root}
    return asked <= {dav("sync-token"), dav("sync-level"), dav("prop")} and members.FROM_CHANGE.keys() >= set(wanted)


def _told(
    request: Request, views: Views, drop: Drop, token: Token, wanted: list[str], root: ET.Element, limit: int | None = None
) -> Answer:
    changes, more = _changes(request, views, drop, token, limit)
    parts = list(_responses(request, views, drop, changes, wanted, root))
    if not more:
        return multi(parts, tail=element(dav("sync-token"), sync_token(drop)))
    reached = f"{sync_token(drop).rpartition(':')[0]}:{changes[-1].revision}.{changes[-1].position}.{_began(token, drop)}"
    where = href(request.prefix, f"/{drop.path}/")
    parts.append(f"<D:response>{where}{status(507)}<D:error><D:number-of-matches-within-limits/></D:error></D:response>")
    return multi(parts, tail=element(dav("sync-token"), reached))


def _began(token: Token, drop: Drop) -> int:
    return drop.revision if token.revision < 0 else token.began


def _token(root: ET.Element, drop: Drop) -> Token:
    text = (root.findtext(dav("sync-token")) or "").strip()
    if not text:
        return Token()
    found = _TOKEN.fullmatch(text)
    if found is None or int(found[1]) != drop.id or not drop.oldest_revision <= int(found[2]) <= drop.revision:
        raise DavError(403, "<D:valid-sync-token/>", "This token is not, or no longer, known. Synchronise from the start.")
    return Token(int(found[2]), int(found[3] or 0), int(found[4] or 0))


def _limit(root: ET.Element) -> int | None:
    text = root.findtext(f"{dav('limit')}/{dav('nresults')}")
    if text is None:
        return None
    digits = text.strip().lstrip("0")
    if not re.fullmatch("[0-9]+", digits):
        raise DavError(400, "", "A limit is a whole number above 0.")
    return int(digits) if len(digits) < 10 else LARGEST


def _changes(request: Request, views: Views, drop: Drop, token: Token, limit: int | None) -> tuple[list[Change], bool]:
    """Up to ``limit`` changes worth telling, and whether there are more."""
    if token.revision == drop.revision and not token.position:
        return [], False
    hidden = _began(token, drop)
    found: list[Change] = []
    since, after = token.revision, token.position
    while True:
        some = views.changes(drop.id, request.visit.audience, since, after, None if limit is None else limit + 1)
        found += [change for change in some if not (change.gone and change.revision <= hidden)]
        if limit is None or len(found) > limit or len(some) <= limit:
            break
        since, after = some[-1].revision, some[-1].position
    return (found, False) if limit is None else (found[:limit], len(found) > limit)


def _responses(request: Request, views: Views, drop: Drop, changes: list[Change], wanted: list[str], root: ET.Element) -> Iterator[str]:
    write = member_writer(request, drop, root)
    rows: dict[str, object] = {change.name: change for change in changes}
    beyond_changes = {*members.FROM_ROW, members.CALENDAR_DATA} - set(members.FROM_CHANGE)
    if root.find(dav("allprop")) is not None or not beyond_changes.isdisjoint(wanted):
        names = [change.name for change in changes if not change.gone]
        rows |= {row.name: row for row in views.resources_named(drop.id, names, request.visit.audience)}
    for change in changes:
        if change.gone:
            yield gone(href(request.prefix, f"/{drop.path}/{change.name}"))
        else:
            yield write(rows[change.name])
