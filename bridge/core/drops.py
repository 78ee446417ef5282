"""Drops and their slots: what an organizer may write, and what the house keeps of it.

All times are aware and in UTC; ``timezone`` names the IANA zone they are shown in. Money is an integer of minor
units in the drop's currency.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

MAX_CAPACITY = 1_000_000


@dataclass(frozen=True, slots=True)
class PreorderWindow:
    """When customers may order; either end may be open. ``opens`` is included, ``closes`` is not."""

    opens: datetime | None = None
    closes: datetime | None = None

    def is_soon(self, now: datetime) -> bool:
        """Whether ordering has yet to open."""
        return self.opens is not None and now < self.opens

    def is_over(self, now: datetime) -> bool:
        """Whether ordering has ended."""
        return self.closes is not None and now >= self.closes


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """One entry of a ``Sells:`` line: ``allotment`` units at most on this slot, ``price`` in minor units.

    ``places_per_unit`` is what the product says (``terms.described``); no line of the notes does.
    """

    sku: str
    allotment: int | None = None
    price: int | None = None
    add_on: bool = False
    places_per_unit: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """A settings line that was not understood: which setting, what was written, and why it will not do.

    ``reason`` is a key of the wording catalogue (``not-a-whole-number``, ``not-a-date``, ``not-an-offer`` …).
    """

    setting: str
    written: str
    reason: str


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """The settings lines of one event's notes. ``None`` means that the line is absent: the drop's value holds.

    ``hints`` change nothing; they are for the organizer: lines that nearly are settings, what the HTML of the notes says
    otherwise, a time zone that nobody knows, a length beside an end.
    """

    places: int | None = None
    offers: tuple[OfferDraft, ...] | None = None
    preorder: PreorderWindow | None = None
    limit: int | None = None
    pickup: str | None = None
    problems: tuple[Problem, ...] = ()
    hints: tuple[Problem, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether there is no settings line, understood or not."""
        return replace(self, hints=()) == SlotSettings()

    def mentions(self, setting: str) -> bool:
        """Whether a line of this setting was written but not understood."""
        return any(problem.setting == setting for problem in self.problems)


@dataclass(frozen=True, slots=True)
class OccurrenceDraft:
    """One occurrence as the organizer wrote it.

    ``recurrence_id`` is ``""`` for an event that does not recur, else the original start (RFC 5545 3.8.4.4) in one
    canonical form: UTC ``20261205T090000Z`` for a zoned start, ``20261205`` for a day, ``20261205T100000`` floating.
    ``notes`` is what the public may read: the organizer's words without settings lines and live block.
    ``backwards``: the text names an end that is not after the start, and ``ends_at`` is the start.
    """

    recurrence_id: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    timezone: str
    title: str = ""
    place: str = ""
    geo: str = ""
    notes: str = ""
    url: str = ""
    image: str = ""
    color: str = ""
    categories: tuple[str, ...] = ()
    cancelled: bool = False
    settings: SlotSettings = field(default_factory=SlotSettings)
    backwards: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The zone its times are shown in."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Series:
    """Where an event's occurrences lie on its own clock, which daylight saving does not move; times are naive.

    ``start`` is its DTSTART, ``first`` the RECURRENCE-ID of an occurrence there. ``originals`` has the original start of
    each occurrence by RECURRENCE-ID, ``overridden`` those changed on their own; ``left_out`` counts the EXDATEs.
    """

    start: datetime
    first: str
    originals: Mapping[str, datetime]
    overridden: frozenset[str] = frozenset()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class EventDraft:
    """A calendar object resource as read from its text.

    ``source`` is the organizer's own text: the octets sent, without a live block of ours. ``occurrences`` are those
    of a VEVENT within the horizon asked for, ordered by start; empty for tasks and journals. ``complete`` is False when
    the horizon holds more of them than were asked for, or they repeat too often to be listed. ``starts_at`` and
    ``ends_at`` bound all occurrences, in or out of the horizon (``None``: unbounded, or none known). ``series`` is None
    for what is no VEVENT, and for single occurrences without their series. ``scale`` names the calendar that it repeats by
    (RFC 7529 section 4.1) where that is not the Gregorian one: its dates are not known then, and ``complete`` is False.
    """

    uid: str
    component: str
    source: str
    occurrences: tuple[OccurrenceDraft, ...] = ()
    recurring: bool = False
    complete: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    sequence: int = 0
    series: Series | None = None
    scale: str = ""

    @property
    def mentions_places(self) -> bool:
        """Whether any occurrence has a ``Places:`` line, understood or not, or nearly one."""
        settings = [occurrence.settings for occurrence in self.occurrences]
        told = {problem.setting for said in settings for problem in (*said.problems, *said.hints)}
        return "Places" in told or any(said.places is not None for said in settings)


@dataclass(frozen=True, slots=True)
class Offer:
    """A product on a slot. ``allotment`` and ``claimed`` count units; ``price`` is in minor units of the drop's currency.

    ``by_till`` says whether a till counts what it draws on.
    """

    sku: str
    name: str = ""
    allotment: int | None = None
    claimed: int = 0
    price: int | None = None
    add_on: bool = False
    places_per_unit: int = 1
    id: int = 0
    stock_item_id: int | None = None
    by_till: bool = False

    def has(self, units: int) -> bool:
        """Whether the allotment has so many left."""
        return self.allotment is None or self.claimed + units <= self.allotment


def sells_goods(offers: Iterable[Offer]) -> bool:
    """Whether what is sold is goods; with none but add-ons it is places."""
    return any(not offer.add_on for offer in offers)


@dataclass(frozen=True, slots=True)
class Slot:
    """One bookable occurrence as the house keeps it.

    ``claimed`` counts the places of holds and orders; ``version`` every change that availability depends on;
    ``sequence`` the organizer's edits that a calendar must notice (RFC 5545 3.8.7.4); ``waiting`` who is on its waiting list,
    and ``offered``, of those claimed, the places kept for those from it who have their turn, where it is read to be shown.
    """

    recurrence_id: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    timezone: str
    title: str
    capacity: int
    place: str = ""
    geo: str = ""
    notes: str = ""
    url: str = ""
    image: str = ""
    color: str = ""
    categories: tuple[str, ...] = ()
    cancelled: bool = False
    removed: bool = False
    preorder: PreorderWindow = field(default_factory=PreorderWindow)
    limit: int | None = None
    pickup: str = ""
    problems: tuple[Problem, ...] = ()
    offers: tuple[Offer, ...] = ()
    claimed: int = 0
    id: int = 0
    public_id: str = ""
    drop_id: int = 0
    resource_id: int = 0
    version: int = 0
    sequence: int = 0
    waiting: int = 0
    offered: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The zone the slot's times are shown in."""
        return ZoneInfo(self.timezone)

    @property
    def unclear(self) -> Literal["", "goods", "window"]:
        """What keeps it off sale until its organizer has said it: ``goods`` when no entry of its ``Sells:`` line was understood.

        ``window`` when its ``Preorder:`` line was not, and no window is known from before: what is sold too early stays sold.
        """
        problems = [problem for problem in self.problems if problem.reason != "other-in-html"]
        if not self.offers and any(problem.setting == "Sells" for problem in problems):
            return "goods"
        unread = any(problem.setting == "Preorder" and problem.reason != "near-miss" for problem in problems)
        return "window" if unread and self.preorder == PreorderWindow() else ""


@dataclass(frozen=True, slots=True)
class DropDefaults:
    """What holds on a slot where the organizer wrote no line of its own."""

    capacity: int | None = None
    preorder: PreorderWindow = field(default_factory=PreorderWindow)
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop as it is read: one calendar.

    ``revision`` is the CTag, the sync token, the feed's ETag and the live-stock version. ``oldest_revision`` is the
    oldest one from which changes can still be listed. ``properties`` are WebDAV properties that clients stored and
    that mean nothing to us, keyed by Clark name (``{namespace}name``), as serialised XML text. A drop that ``awaits_slots``
    was made in a calendar app: it is read as not public until its first slot makes it more than a private calendar.
    """

    id: int
    organizer_id: int
    organizer: str
    slug: str
    title: str
    description: str = ""
    timezone: str = "UTC"
    currency: str = "EUR"
    language: str = "en"
    color: str = ""
    order: int = 0
    components: tuple[str, ...] = ("VEVENT", "VTODO", "VJOURNAL")
    defaults: DropDefaults = field(default_factory=DropDefaults)
    is_public: bool = True
    awaits_slots: bool = False
    image: str = ""
    place: str = ""
    revision: int = 0
    oldest_revision: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    location_id: int = 0
    changed_at: datetime | None = None
    transparent: bool = False
    organizer_title: str = ""
    organizer_email: str = ""

    @property
    def path(self) -> str:
        """``<organizer>/<slug>``, the address below every mount."""
        return f"{self.organizer}/{self.slug}"
