"""Drops and their slots: what an organizer may write, and what an edit does to slots already sold.

All times are aware and in UTC; ``timezone`` names the IANA zone they are shown in. Money is an integer of minor
units in the drop's currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.core.errors import CapacityBelowClaimed, InvalidInput, SlotHasOrders

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

    ``hints`` change nothing; they are for the organizer: lines that nearly are settings, a time zone that nobody knows.
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


@dataclass(frozen=True, slots=True)
class EventDraft:
    """A calendar object resource as read from its text.

    ``source`` is the organizer's own text: the octets sent, without a live block of ours. ``occurrences`` are those
    of a VEVENT within the horizon asked for, ordered by start; empty for tasks and journals. ``complete`` is False when
    the horizon holds more of them than were asked for, or they repeat too often to be listed. ``starts_at`` and
    ``ends_at`` bound all occurrences, in or out of the horizon (``None``: unbounded, or none known).
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

    @property
    def mentions_places(self) -> bool:
        """Whether any occurrence has a ``Places:`` line, understood or not, or nearly one."""
        settings = [occurrence.settings for occurrence in self.occurrences]
        told = {problem.setting for said in settings for problem in (*said.problems, *said.hints)}
        return "Places" in told or any(said.places is not None for said in settings)


@dataclass(frozen=True, slots=True)
class Offer:
    """A product on a slot. ``allotment`` and ``claimed`` count units; ``price`` is in minor units of the drop's currency."""

    sku: str
    name: str = ""
    allotment: int | None = None
    claimed: int = 0
    price: int | None = None
    add_on: bool = False
    places_per_unit: int = 1
    id: int = 0
    stock_item_id: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One bookable occurrence as the house keeps it.

    ``claimed`` counts the places of holds and orders; ``version`` every change that availability depends on;
    ``sequence`` the organizer's edits that a calendar must notice (RFC 5545 3.8.7.4); ``waiting`` who is on its waiting list.
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

    @property
    def zone(self) -> ZoneInfo:
        """The zone the slot's times are shown in."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class DropDefaults:
    """What holds on a slot where the organizer wrote no line of its own."""

    capacity: int | None = None
    preorder: PreorderWindow = field(default_factory=PreorderWindow)
    limit: int | None = None


def check_capacity(capacity: int) -> int:
    """``capacity`` if it can be one, else ``InvalidInput``."""
    if not 0 <= capacity <= MAX_CAPACITY:
        raise InvalidInput(f"A slot has between 0 and {MAX_CAPACITY} places, not {capacity}.")
    return capacity


def is_slot(draft: OccurrenceDraft, defaults: DropDefaults, before: Slot | None = None) -> bool:
    """Whether the occurrence has places: by its own line, the drop's default, or an unreadable line on a former slot."""
    if draft.settings.places is not None or defaults.capacity is not None:
        return True
    return before is not None and draft.settings.mentions("Places")


def applied(draft: OccurrenceDraft, defaults: DropDefaults, before: Slot | None) -> Slot:
    """The slot that the draft asks for, keeping what ``before`` holds where a line was not understood.

    Equal to ``before`` when the edit changes nothing. Raises ``CapacityBelowClaimed``, ``SlotHasOrders``.
    """
    settings = draft.settings
    old = before
    capacity = settings.places if settings.places is not None else defaults.capacity
    if settings.places is None and settings.mentions("Places") and old is not None:
        capacity = old.capacity
    capacity = check_capacity(capacity or 0)
    if old is not None and capacity < old.claimed and not draft.cancelled:
        raise CapacityBelowClaimed(
            f"{old.claimed} places of “{draft.title or old.title}” are already taken; "
            f"it cannot be lowered to {capacity}. Cancel orders first, or write at least Places: {old.claimed}."
        )
    preorder = settings.preorder or defaults.preorder
    if settings.preorder is None and settings.mentions("Preorder") and old is not None:
        preorder = old.preorder
    limit = settings.limit if settings.limit is not None else defaults.limit
    if settings.limit is None and settings.mentions("Limit") and old is not None:
        limit = old.limit
    return Slot(
        recurrence_id=draft.recurrence_id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        all_day=draft.all_day,
        timezone=draft.timezone,
        title=draft.title,
        place=draft.place,
        geo=draft.geo,
        notes=draft.notes,
        url=draft.url,
        image=draft.image,
        color=draft.color,
        categories=draft.categories,
        cancelled=draft.cancelled,
        capacity=max(capacity, old.claimed) if old is not None and draft.cancelled else capacity,
        preorder=preorder,
        limit=limit,
        pickup=settings.pickup or "",
        problems=settings.problems + settings.hints,
        offers=_offers(settings, old),
        claimed=old.claimed if old else 0,
        id=old.id if old else 0,
        public_id=old.public_id if old else "",
        drop_id=old.drop_id if old else 0,
        resource_id=old.resource_id if old else 0,
        version=old.version if old else 0,
        sequence=old.sequence if old else 0,
        waiting=old.waiting if old else 0,
    )


def _offers(settings: SlotSettings, before: Slot | None) -> tuple[Offer, ...]:
    known = {offer.sku: offer for offer in before.offers} if before else {}
    if settings.offers is None and settings.mentions("Sells"):
        return tuple(known.values())
    offers = []
    for draft in settings.offers or ():
        old = known.pop(draft.sku, None)
        places = 0 if draft.add_on else draft.places_per_unit
        if old is not None:
            _check_sold(old, draft, places)
        offers.append(
            Offer(
                sku=draft.sku,
                name=old.name if old else "",
                allotment=draft.allotment,
                claimed=old.claimed if old else 0,
                price=draft.price,
                add_on=draft.add_on,
                places_per_unit=places,
                id=old.id if old else 0,
                stock_item_id=old.stock_item_id if old else None,
            )
        )
    for gone in known.values():
        if gone.claimed:
            raise SlotHasOrders(f"{gone.claimed} of {gone.name or gone.sku} are sold on this slot; it must go on selling them.")
    return tuple(offers)


def _check_sold(sold: Offer, draft: OfferDraft, places: int) -> None:
    """What customers have bought stays true: so many are theirs, and so many places each."""
    if draft.allotment is not None and draft.allotment < sold.claimed:
        raise CapacityBelowClaimed(
            f"{sold.claimed} of {sold.name or sold.sku} are already sold on this slot; "
            f"its allotment cannot be lowered to {draft.allotment}."
        )
    if sold.claimed and places != sold.places_per_unit:
        raise SlotHasOrders(
            f"{sold.claimed} of {sold.name or sold.sku} are already sold on this slot at {sold.places_per_unit} places each; "
            f"that cannot become {places}. Sell it under another SKU from now on."
        )


def check_removal(slots: Sequence[Slot]) -> None:
    """Raises ``SlotHasOrders`` when one of ``slots`` is claimed by customers."""
    for slot in slots:
        if slot.claimed and not slot.removed:
            when = slot.starts_at.astimezone(slot.zone).strftime("%Y-%m-%d %H:%M")
            raise SlotHasOrders(
                f"“{slot.title}” on {when} has {slot.claimed} places taken by customers and would be gone. "
                "Leave it where it is, or set its status to cancelled instead."
            )
