"""A shop window without a database: drops and slots as values, read as the store would hand them over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from bridge import ical, liveblock
from bridge.checkout.pages import pages
from bridge.core.accounts import Organizer
from bridge.core.availability import Availability, OfferAvailability
from bridge.core.calendars import Coming, FeedRow, Offered, PublicSlot
from bridge.core.drops import Drop, Offer, PreorderWindow, Slot
from bridge.core.ports_shop import Picture, SlotTold
from bridge.core.terms import Terms
from bridge.core.traffic import Tally
from bridge.ics_feeds.feed import feeds
from bridge.ics_feeds.live import live
from bridge.settings import Settings
from tests.cast import ADA
from tests.fakes import Clock

SATURDAY = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)
ORGANIZER = Organizer(1, ADA.name, ADA.title, ADA.email)
LOAVES = Drop(
    id=1,
    organizer_id=1,
    organizer="ada",
    slug="loaves",
    title="Saturday loaves",
    description="Sourdough from the wood oven, baked the night before.",
    timezone="Europe/Berlin",
    color="#9a3412",
    place="Ada's Bakery, Hauptstr. 5, Berlin",
    revision=1,
    changed_at=datetime(2026, 12, 2, 8, 30, 15, 250_000, tzinfo=UTC),
    organizer_title=ADA.title,
)


def left(places_left: int = 7, capacity: int = 24, state: Any = "open", offers: tuple[OfferAvailability, ...] = ()) -> Availability:
    """An availability limited by places alone."""
    return Availability(state, places_left, capacity, places_left, "places", offers)


def slot(number: int = 1, **values: Any) -> PublicSlot:
    """A slot of the loaves drop; the first is on Saturday at ten in Berlin, each further one an hour later."""
    starts_at = values.pop("starts_at", SATURDAY + timedelta(hours=number - 1))
    known = {
        "public_id": f"k3v9q{number}",
        "drop": "ada/loaves",
        "title": "Country loaf pickup",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "all_day": False,
        "timezone": "Europe/Berlin",
        "availability": left(),
        "position": number,
        "updated_at": LOAVES.changed_at,
    }
    return PublicSlot(**known | values)


class Window:
    """The reading half of a house; ``put`` and ``take_away`` publish as the store does."""

    def __init__(self, *slots: PublicSlot, drops: tuple[Drop, ...] = (LOAVES,), clock: Clock | None = None, **settings: Any) -> None:
        self.settings = Settings().replace(server={"base_url": "https://drops.example"}, **settings)
        self.clock = clock or Clock()
        self.tally = Tally()
        self.ready_to_pay = {"at_pickup", "stripe", "fake"}
        self.booked: list[tuple[str, datetime]] = []
        self.shelves = {drop.path: drop for drop in drops}
        self.slots: dict[str, PublicSlot] = {}
        self.revisions: dict[str, tuple[int, bool]] = {}
        self.reads: list[str] = []
        self.described: dict[str, Terms] = {}
        self.sold: tuple[Offer, ...] = ()
        self.stored: dict[str, Picture] = {}
        for one in slots:
            self.slots[one.public_id] = one
            self.revisions[one.public_id] = (1, False)

    def now(self) -> datetime:
        return self.clock()

    @contextmanager
    def read(self) -> Iterator["Window"]:
        yield self

    glance = read

    def app(self) -> Flask:
        """The faces of this part, put together."""
        app = Flask(__name__, static_folder=None)
        for blueprint in (feeds(self), live(self), pages(self)):
            app.register_blueprint(blueprint)
        return app

    def put(self, *slots: PublicSlot, gone: bool = False) -> None:
        """Publishes the slots under a new revision."""
        drop = self.shelves[slots[0].drop]
        self.shelves[drop.path] = drop = replace(drop, revision=drop.revision + 1, changed_at=self.clock())
        for one in slots:
            self.slots[one.public_id] = one
            self.revisions[one.public_id] = (drop.revision, gone)

    def organizer(self, name: str) -> Organizer | None:
        return ORGANIZER if name == ORGANIZER.name else None

    def drop(self, organizer: str, slug: str) -> Drop | None:
        self.reads.append("drop")
        return self.shelves.get(f"{organizer}/{slug}")

    def describe(self, terms: Terms, drop: Drop = LOAVES) -> None:
        """Gives the drop terms, under a new revision as the store does."""
        self.described[drop.path] = terms
        self.shelves[drop.path] = replace(self.shelves[drop.path], revision=self.shelves[drop.path].revision + 1)

    def terms(self, drop_id: int) -> Terms:
        return next((terms for path, terms in self.described.items() if self.shelves[path].id == drop_id), Terms())

    def pictures(self, digests: Sequence[str]) -> dict[str, Picture]:
        return {digest: self.stored[digest] for digest in digests if digest in self.stored}

    def drops(self, organizer: str | None = None, *, public: bool = False) -> list[Drop]:
        return [drop for drop in self.shelves.values() if organizer in {None, drop.organizer} and (drop.is_public or not public)]

    def slot_now(self, _public_id: str) -> None:
        return None

    def _of(self, drop_id: int) -> list[PublicSlot]:
        return [one for one in self.slots.values() if self.shelves[one.drop].id == drop_id]

    def feed_rows(self, drop_id: int, since: int = -1, *, after: int = -1, limit: int | None = None) -> list[FeedRow]:
        self.reads.append("feed_rows")
        found = sorted(self._of(drop_id), key=lambda one: one.position)
        rows = [self._row(one) for one in found if one.position > after and self.revisions[one.public_id][0] > since]
        return [row for row in rows if since >= 0 or not row.gone][:limit]

    def withdrawn(self, drop_id: int, since: int) -> list[str]:
        revisions = {one.public_id: self.revisions[one.public_id] for one in self._of(drop_id)}
        return [public_id for public_id, (revision, gone) in revisions.items() if gone and revision > since]

    def _row(self, one: PublicSlot) -> FeedRow:
        revision, gone = self.revisions[one.public_id]
        opens = int(one.preorder.opens.timestamp()) if one.preorder.opens else None
        text = event(one, self.shelves[one.drop])
        return FeedRow(one.position, revision, one.timezone, one.availability.state == "open", opens, gone, text)

    def public_slots(
        self,
        drop_id: int,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        since: int = -1,
        limit: int | None = None,
        offset: int = 0,
        sku: str = "",
        available: bool = False,
    ) -> list[PublicSlot]:
        self.reads.append("public_slots")
        found = sorted(self._of(drop_id), key=lambda one: (one.starts_at, one.position))
        found = [one for one in found if self.revisions[one.public_id][0] > since and not self.revisions[one.public_id][1]]
        found = [one for one in found if (start is None or one.ends_at > start) and (end is None or one.starts_at < end)]
        found = [one for one in found if not sku or sku in [offer.sku for offer in one.availability.offers]]
        found = [one for one in found if not available or (one.availability.state in ("open", "soon") and one.availability.left > 0)]
        return found[offset : None if limit is None else offset + limit]

    def offered(self, drop_id: int, now: datetime) -> list[Offered]:
        coming = [one for one in self.public_slots(drop_id, now) if not one.removed]
        names = {offer.sku: offer.name for one in coming for offer in one.availability.offers if not offer.add_on}
        return [Offered(sku, name) for sku, name in sorted(names.items(), key=lambda pair: pair[1])]

    def coming(self, now: datetime, *, after: int, limit: int) -> list[Coming]:
        found = [one for drop in self.drops(public=True) for one in self.public_slots(drop.id, now) if not one.removed]
        rows = sorted(Coming(one.position, one.public_id, one.updated_at or now) for one in found)
        return [row for row in rows if row.position > after][:limit]

    def people_booked(self, _slot_id: int, since: datetime) -> int:
        self.reads.append("people_booked")
        return len({who for who, at in self.booked if at > since})

    def slot_version(self, public_id: str) -> tuple[Drop, object] | None:
        self.reads.append("slot_version")
        one = self.public_slot(public_id)
        if one is None:
            return None
        drop = self.shelves[one.drop]
        return drop, (replace(drop, revision=0, changed_at=SATURDAY), self.described.get(drop.path), self.revisions[public_id], one)

    def slot_told(self, public_id: str) -> SlotTold | None:
        self.reads.append("slot_told")
        one, found = self.public_slot(public_id), self.slot_version(public_id)
        return SlotTold(one, found[0], self.terms(found[0].id), self.sold, found[1]) if one and found else None

    def public_slot(self, public_id: str) -> PublicSlot | None:
        one = self.slots.get(public_id)
        return one if one is not None and self.shelves[one.drop].is_public and not self.revisions[public_id][1] else None


def event(one: PublicSlot, drop: Drop) -> str:
    """The slot's event as it is stored."""
    fields = {name: getattr(one, name) for name in ("starts_at", "ends_at", "all_day", "timezone", "title", "place", "notes", "preorder")}
    source = Slot(recurrence_id="", capacity=one.availability.capacity, public_id=one.public_id, sequence=one.sequence, **fields)
    link = f"https://drops.example/slots/{one.public_id}"
    return ical.fill_public(
        ical.public_template(source, drop, link, "drops.example"),
        badge=liveblock.badge(one.availability, drop.language),
        block=liveblock.public_block(source, one.availability, drop, one.updated_at or SATURDAY, link),
        status={"soon": "TENTATIVE", "cancelled": "CANCELLED"}.get(one.availability.state, "CONFIRMED"),
        stamp=one.updated_at or SATURDAY,
        machine={"STATE": one.availability.state.upper()},
    )


def offer(sku: str, name: str, count: int | None, price: int | None = None, **values: Any) -> OfferAvailability:
    """An offer with ``count`` left."""
    return OfferAvailability(sku, name, count, "stock", price=price, **values)


def preorder(opens: datetime | None = None, closes: datetime | None = None) -> PreorderWindow:
    """A preorder window."""
    return PreorderWindow(opens, closes)
