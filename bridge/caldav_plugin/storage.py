"""Radicale's storage: its lock is our unit of work, its collections are snapshots.

Radicale itself still signs in, finds the principal and answers DELETE through this; all else asks the house directly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from radicale.item import Item
from radicale.storage import BaseCollection, BaseStorage

from bridge.caldav_plugin.admission import names
from bridge.caldav_plugin.members import http_date
from bridge.caldav_plugin.preconditions import check_if_match
from bridge.caldav_plugin.properties import etag
from bridge.caldav_plugin.visit import Visit, visiting
from bridge.core.calendars import Resource
from bridge.core.drops import Drop
from bridge.core.errors import NotFound
from bridge.core.ports import UnitOfWork
from bridge.flows.drops import remove_drop
from bridge.flows.edit import remove_event


class Collection(BaseCollection):
    """The root, a principal, or the snapshot of a drop; never tied to a transaction."""

    def __init__(self, path: str, drop: Drop | None = None) -> None:
        self._path, self._drop = path, drop

    @property
    def path(self) -> str:
        """The path without slashes around it."""
        return self._path

    @property
    def tag(self) -> str:
        """VCALENDAR for a drop, nothing for the root and principals."""
        return "VCALENDAR" if self._drop else ""

    @property
    def etag(self) -> str:
        """Quoted; changes with the drop's revision."""
        return etag(self._drop) if self._drop else '""'

    def item(self, resource: Resource) -> Item:
        """The resource as Radicale's item, made so that nothing is ever parsed."""
        return Item(
            collection=self,
            href=resource.name,
            text=resource.text,
            etag=resource.etag,
            uid=resource.uid,
            name="VCALENDAR",
            component_name=resource.component,
            last_modified=http_date(resource.changed_at),
            time_range=(0, 0),
        )

    def delete(self, href: str | None = None) -> None:
        """Removes a member, or the drop itself. Raises ``StaleEdit``, ``SlotHasOrders``, ``DropHasOrders``, ``NotFound``."""
        visit, work = _working()
        drop = work.lock_drop(self._drop.id) if self._drop else None
        if drop is None:
            raise NotFound("There is no such calendar.")
        now, actor, house = visit.bridge.now(), visit.organizer, visit.bridge.house
        if href is None:
            check_if_match(visit.if_match, drop.id)
            remove_drop(work, drop, now=now, actor=actor)
            return
        found = work.views.resource(drop.id, href, "organizer")
        check_if_match(visit.if_match, found.edit if found else None)
        remove_event(work, drop, href, house, now=now, actor=actor)


class Storage(BaseStorage):
    """Fills Radicale's storage from the present visit."""

    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True

    @contextmanager
    def acquire_lock(self, mode: str, user: str = "", *args: Any, **kwargs: Any) -> Iterator[None]:
        """"w": one transaction, rolled back by any exception. "r": nothing yet; a read that needs rows opens its own snapshot."""
        if mode == "r":
            yield
            return
        visit = visiting.get()
        with visit.bridge.work() as work:
            visit.work = work
            try:
                yield
            finally:
                visit.work = None

    def discover(self, path: str, depth: str = "0", *args: Any, **kwargs: Any) -> Iterator[Collection | Item]:
        """What is at ``path``. The signed-in organizer's own principal costs no query."""
        visit = visiting.get()
        parts = names(path)
        if not parts or parts == (visit.organizer,):
            yield Collection("/".join(parts))
            return
        work = _working()[1]
        drop = work.views.drop(*parts[:2]) if len(parts) in (2, 3) else None
        if drop is None:
            return
        calendar = Collection(drop.path, drop)
        if len(parts) == 2:
            yield calendar
            return
        found = work.views.resource(drop.id, parts[2], visit.audience)
        if found is not None:
            yield calendar.item(found)


def _working() -> tuple[Visit, UnitOfWork]:
    visit = visiting.get()
    if visit.work is None:
        raise NotFound("There is no such address.")
    return visit, visit.work
