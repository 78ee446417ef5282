"""A drop is made, described and removed: by a calendar app's own dialogues, or by command."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bridge import notes
from bridge.core import events
from bridge.core.accounts import Organizer
from bridge.core.drops import Drop, DropDefaults, PreorderWindow, SlotSettings
from bridge.core.editing import check_capacity
from bridge.core.errors import AlreadyExists, DropHasOrders, InvalidInput, NotFound
from bridge.core.orders import checked_email
from bridge.core.ports import UnitOfWork, Views
from bridge.core.terms import Terms, checked, costs, renamed, sells_otherwise
from bridge.flows.edit import refresh_event
from bridge.flows.house import House
from bridge.wording import LANGUAGES, is_currency, is_spoken

COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
MAX_SLUG = 200
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
RESERVED = frozenset(
    (
        "api",
        "assets",
        "console",
        "dav",
        "dav-public",
        "feeds",
        "healthz",
        "hooks",
        "metrics",
        "orders",
        "pickup",
        "pictures",
        "readyz",
        "setup",
        "slots",
        "static",
    )
)
"""First parts of addresses that no organizer can have."""
FILES = ("calendar.ics",)
"""What stands beside an organizer's drops."""
REREAD = frozenset({"timezone", "language", "currency", "defaults"})
REWORDED = frozenset({"language", "currency"})
LENT = ("title", "place", "image", "color")
"""What a slot without one of its own has of its drop."""
WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]


def add_organizer(work: UnitOfWork, name: str, *, title: str = "", now: datetime) -> Organizer:
    """A new organizer with the location ``main``. Raises ``InvalidInput``, ``AlreadyExists``."""
    if name in RESERVED:
        told = f"“{name}” will not do as a name: it is a part of the server's own addresses."
        raise InvalidInput(f"{told} Choose another, such as {name}-bakery.")
    if not NAME.fullmatch(name):
        raise InvalidInput(f"“{name}” will not do as a name: use 1 to 64 of a-z, 0-9, dot, dash and underscore, such as corner-bakery.")
    if work.views.organizer(name):
        raise AlreadyExists(f"There is an organizer {name} already.")
    organizer = work.add_organizer(name, title or name, now)
    work.add_location(organizer.id, "main")
    return organizer


def change_organizer(
    open_work: WorkFactory, organizer: Organizer, *, title: str | None = None, email: str | None = None, now: datetime
) -> Organizer:
    """The organizer with what is given, named so by all events of their drops soon; an empty address is none. Raises ``InvalidInput``.

    Who changes them to what they are has all of it shown anew: so an end in the midst of it is made good.
    """
    address = organizer.email if email is None else checked_email(email) if email else ""
    if not address.rpartition("@")[0].isascii():
        # Mail programs without SMTPUTF8 (RFC 6531) could not answer to it, and nobody would hear of that.
        raise InvalidInput("Customers write to this address from any mail program: it needs plain letters before the @.")
    changed = replace(organizer, title=title or organizer.title, email=address)
    with open_work() as work:
        work.save_organizer(changed)
        drops = work.views.drops(organizer.name)
    # Only now: who waited for the drop meanwhile, and writes an event of it, may have read the old title before.
    for drop in drops:
        last: int | None = 0
        while last is not None:
            with open_work() as work:
                last = _reword_some(work, drop.id, last, now)
    return changed


def _reword_some(work: UnitOfWork, drop_id: int, after: int, now: datetime) -> int | None:
    """Up to which slot it came; None when that was all."""
    if work.lock_drop(drop_id) is None:
        return None
    work.next_revision(drop_id, now)
    return work.reword_slots(drop_id, after=after) or None


def _reword(work: UnitOfWork, drop_id: int, lacking: Iterable[str]) -> None:
    last = work.reword_slots(drop_id, lacking)
    while last:
        last = work.reword_slots(drop_id, lacking, after=last)


def _reread(work: UnitOfWork, drop: Drop, house: House, now: datetime, actor: str, *, reworded: bool) -> None:
    for _, name in work.resource_ids(drop.id):
        refresh_event(work, drop, name, house, now=now, actor=actor, reworded=reworded)


def create_drop(
    work: UnitOfWork, organizer: Organizer, slug: str, *, now: datetime, actor: str, location: str = "main", **described: Any
) -> Drop:
    """A new drop; ``described`` are fields of ``Drop``. Its title is its slug until it is given one.

    Raises ``InvalidInput`` naming the field, ``AlreadyExists``, ``NotFound`` for a location that is not there.
    """
    _check_slug(slug)
    if work.views.drop(organizer.name, slug):
        raise AlreadyExists(f"{organizer.name} has a drop {slug} already.")
    place = work.views.location(organizer.name, location)
    if place is None:
        raise NotFound(f"{organizer.name} has no location {location}.")
    drop = Drop(0, organizer.id, organizer.name, slug, slug, location_id=place.id)
    drop = _checked(_with_defaults(replace(drop, **_present(described)), drop, described, now))
    saved = work.add_drop(drop, now)
    work.record(events.DropCreated(slug), actor=actor, now=now, drop_id=saved.id)
    return saved


def usual(views: Views, organizer: Organizer, house: House, *, spoken: str = "") -> dict[str, str]:
    """Language, zone and currency for a drop that nobody named them for: those of the organizer's latest.

    For the first one: the language of ours that is ``spoken``, and what the house is set to.
    """
    latest = max(views.drops(organizer.name), key=lambda drop: drop.id, default=None)
    if latest is not None:
        return {"language": latest.language, "timezone": latest.timezone, "currency": latest.currency}
    return {"language": spoken or house.language, "timezone": house.timezone, "currency": house.currency}


def describe_drop(
    work: UnitOfWork, drop: Drop, house: House, *, now: datetime, actor: str, terms: Terms | None = None, **changes: Any
) -> Drop:
    """Changes fields of a drop, and its terms; ``properties`` maps Clark names to XML text, or to None to forget one.

    An equal description changes nothing. A changed default, zone, language or currency is laid on every event anew,
    which may be refused as an edit is; so is a change of what is sold, unless it is one of names alone, which the clock
    shows soon, as it does what slots have of their drop.
    Raises ``InvalidInput``, ``NotFound``, ``CapacityBelowClaimed``, ``SlotHasOrders``.
    """
    held = work.lock_drop(drop.id)
    if held is None:
        raise NotFound("There is no such drop.")
    had = work.views.terms(drop.id)
    sold = checked(terms) if terms is not None else had
    changes = _present(changes)
    if "is_public" in changes:
        changes["awaits_slots"] = False
    if "properties" in changes:
        changes["properties"] = _merged(held.properties, changes["properties"])
    wanted = _checked(_with_defaults(replace(held, **changes), held, changes, now))
    changed = _differing(held, wanted) + _differing(had, sold)
    if not changed:
        return held
    if wanted.currency != held.currency and work.has_orders(drop.id):
        raise DropHasOrders(f"Customers ordered in {held.currency}; its drop keeps that currency. Make a new drop for another.")
    if terms is None and wanted.currency != held.currency and costs(had):
        told = f"The prices of this drop are in {held.currency}: change them together with the currency"
        raise InvalidInput(f"{told}, by dropbridge drop apply.")
    work.lock_slots(drop.id)
    work.next_revision(drop.id, now)
    work.save_drop(wanted, now)
    if sold != had:
        work.save_terms(drop.id, sold, now)
        work.touch_slots(drop.id, renamed(had, sold))
    work.record(events.DropDescribed(changed), actor=actor, now=now, drop_id=drop.id)
    if lent := set(LENT) & set(changed):
        _reword(work, drop.id, sorted(lent))
    if REREAD & set(changed) or sells_otherwise(had, sold):
        _reread(work, wanted, house, now, actor, reworded=bool(REWORDED & set(changed)))
    return work.lock_drop(drop.id) or wanted


def remove_drop(work: UnitOfWork, drop: Drop, *, now: datetime, actor: str) -> None:
    """Removes a drop. Raises ``NotFound``, ``DropHasOrders`` while customers hold places."""
    if work.lock_drop(drop.id) is None:
        raise NotFound("There is no such drop.")
    if work.has_claims(drop.id):
        raise DropHasOrders(f"“{drop.title}” has slots with orders. Cancel its slots first, so that customers are told.")
    work.remove_drop(drop.id, now)
    work.record(events.DropRemoved(drop.slug), actor=actor, now=now, drop_id=drop.id)


def _differing(before: Drop | Terms, after: Drop | Terms) -> tuple[str, ...]:
    return tuple(f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name))


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _merged(old: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**old, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _with_defaults(drop: Drop, before: Drop, changes: Mapping[str, Any], now: datetime) -> Drop:
    """The settings lines of the calendar's own description are the drop's defaults.

    A line taken out takes its default along; one that is not understood changes nothing.
    """
    if "description" not in changes or "defaults" in changes:
        return drop
    said, new, kept = _settings(before, now), _settings(drop, now), drop.defaults

    def taken_out(setting: str, value: object) -> bool:
        return (value is not None or said.mentions(setting)) and not new.mentions(setting)

    defaults = DropDefaults(
        new.places if new.places is not None or taken_out("Places", said.places) else kept.capacity,
        new.preorder or (PreorderWindow() if taken_out("Preorder", said.preorder) else kept.preorder),
        new.limit if new.limit is not None or taken_out("Limit", said.limit) else kept.limit,
    )
    return replace(drop, defaults=defaults)


def _settings(drop: Drop, now: datetime) -> SlotSettings:
    zone = ZoneInfo(drop.timezone)
    return notes.drop_defaults(drop.description, zone=zone, language=drop.language, currency=drop.currency, now=now)


def _check_slug(slug: str) -> None:
    if not 1 <= len(slug) <= MAX_SLUG or not slug.isprintable() or "/" in slug or slug in {".", "..", *FILES} or slug != slug.strip():
        raise InvalidInput(f"A drop's name has 1 to {MAX_SLUG} printable characters and no slash, and is not {' or '.join(FILES)}.")


def _checked(drop: Drop) -> Drop:
    """``drop``, called by its slug when its title says nothing. Raises ``InvalidInput`` naming what cannot be."""
    _check_length(title=(drop.title, 500), description=(drop.description, 20_000), color=(drop.color, 32), place=(drop.place, 1000))
    if drop.timezone not in available_timezones():
        raise InvalidInput(f"{drop.timezone!r} is not a time zone: use an IANA name such as Europe/Berlin.")
    if not is_currency(drop.currency):
        raise InvalidInput(f"{drop.currency!r} is not a currency: use an ISO 4217 code such as EUR.")
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", drop.language) or not is_spoken(drop.language):
        raise InvalidInput(f"{drop.language!r} is not spoken here yet: use one of {', '.join(LANGUAGES)}, or a tag such as de-CH.")
    unknown = set(drop.components) - set(COMPONENTS)
    if unknown or not drop.components:
        raise InvalidInput(f"A calendar takes some of {', '.join(COMPONENTS)}.")
    if drop.defaults.capacity is not None:
        check_capacity(drop.defaults.capacity)
    _check_properties(drop.properties.items())
    return drop if drop.title.strip() else replace(drop, title=drop.slug)


def _check_length(**values: tuple[str, int]) -> None:
    for name, (value, most) in values.items():
        if len(value) > most or "\0" in value:
            raise InvalidInput(f"The {name} may have at most {most} characters.")


def _check_properties(properties: Iterable[tuple[str, str]]) -> None:
    listed = list(properties)
    if len(listed) > 100 or sum(len(name) + len(value) for name, value in listed) > 100_000:
        raise InvalidInput("A calendar keeps at most 100 properties of 100 000 characters in all.")
