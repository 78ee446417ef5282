"""Ada's bakery in a database, with the few words that tests say again and again."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bridge.core.calendars import Resource
from bridge.core.drops import Drop
from bridge.core.errors import HoldExpired
from bridge.core.orders import Buyer, Order
from bridge.core.ports_orders import OrderSeen
from bridge.core.stock import Count, Movement
from bridge.core.terms import Terms
from bridge.flows.drops import add_organizer, create_drop
from bridge.flows.edit import Put, put_event, remove_event
from bridge.flows.holds import expire_holds, take_hold
from bridge.flows.orders import cancel_order, expire_orders
from bridge.flows.payments import record_news, start_payment
from bridge.flows.placing import Ordering, place_order
from bridge.flows.publish import publish_dirty
from bridge.flows.relay import deliver_due
from bridge.flows.stock import record_counts, record_movements
from bridge.payments.fake import FakePayments
from bridge.settings import Settings
from bridge.store.tables import outbox
from bridge.wiring import Bridge, bridge
from tests.cast import ADA, DEE
from tests.fakes import Clock

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n"
    "{times}\r\nSUMMARY:{title}\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def event(
    name: str = "a", notes: str | None = "Places: 24", *, start: str = "20261205T090000Z", title: str = "Pickup", more: str = ""
) -> str:
    """A client's text; ``start`` in UTC, half an hour long; ``more`` are further lines."""
    ends = (datetime.strptime(start, "%Y%m%dT%H%M%SZ") + timedelta(minutes=30)).strftime("%Y%m%dT%H%M%SZ")
    described = "" if notes is None else "DESCRIPTION:" + notes.replace("\\", "\\\\").replace(",", "\\,").replace("\n", "\\n") + "\r\n"
    return EVENT.format(uid=f"{name}@test", times=f"DTSTART:{start}\r\nDTEND:{ends}", title=title, lines=described + more)


class Bakery:
    """The house, its drop ``ada/bread``, and what one does there."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.house: Bridge = bridge(Settings().replace(database={"url": url}), now=clock)
        self.provider = FakePayments()
        self.house._payments["fake"] = self.provider
        with self.house.work() as work:
            ada = add_organizer(work, ADA.name, title=ADA.title, now=clock())
            add_organizer(work, DEE.name, title=DEE.title, now=clock())
            self.drop: Drop = create_drop(work, ada, "bread", now=clock(), actor="ada", title="Bread", timezone="Europe/Berlin")

    def put(self, text: str, name: str = "a.ics") -> Put:
        with self.house.work() as work:
            return put_event(work, self.drop, name, text, self.house.house, now=self.clock(), actor="ada")

    def remove(self, name: str = "a.ics") -> None:
        with self.house.work() as work:
            remove_event(work, self.drop, name, self.house.house, now=self.clock(), actor="ada")

    def count(self, sku: str, quantity: int, *, at: datetime | None = None, message: str | None = None) -> bool:
        told = Count(sku, quantity, at or self.clock(), message or f"{sku}{quantity}{at or self.clock()}")
        with self.house.work() as work:
            place = work.views.location("ada", "main")
            (done,) = record_counts(work, place, [told], source="test", now=self.clock(), actor="test")
            return done.applied

    def move(self, sku: str, quantity: int, message: str, *, at: datetime | None = None) -> bool:
        told = Movement(sku, quantity, at or self.clock(), message)
        with self.house.work() as work:
            place = work.views.location("ada", "main")
            (done,) = record_movements(work, place, [told], source="test", now=self.clock(), actor="test")
            return done.applied

    def hold(self, public_id: str, places: int = 0, minutes: float = 5, **units: int) -> str:
        with self.house.work() as work:
            return take_hold(work, public_id, units, places=places, lasts=timedelta(minutes=minutes), now=self.clock())[0].secret

    def order(self, hold: str, email: str = "", **buyer: Any) -> str:
        """Makes a hold an order; each of somebody else unless ``email`` says whose."""
        with self.house.work() as work:
            held = work.hold(hold)
            slot = work.slots_for_claim([held.slot_id])[held.slot_id] if held else None
        if held is None or held.expires_at <= self.clock():
            raise HoldExpired("The hold is over.")
        skus = {offer.id: offer for offer in slot.offers}
        units: dict[str, int] = {}
        for line in held.lines:
            units[skus[line.offer_id].sku] = units.get(skus[line.offer_id].sku, 0) + line.units
        bare = held.places - sum(skus[line.offer_id].places_per_unit * line.units for line in held.lines)
        return self.buy(slot.public_id, bare, hold=hold, email=email, **buyer, units=units).secret

    def buy(
        self, public_id: str, places: int = 0, *, hold: str = "", email: str = "", units: Mapping[str, int] | None = None, **buyer: Any
    ) -> Order:
        who = Buyer(email or f"{uuid.uuid4().hex[:12]}@example.org", buyer.pop("name", "Cleo"), **buyer)
        with self.house.work() as work:
            return place_order(work, Ordering(public_id, units or {}, who, places, hold), now=self.clock())

    def cancel(self, order: str, **by: Any) -> None:
        with self.house.work() as work:
            cancel_order(work, order, now=self.clock(), **by)

    def describe(self, **terms: Any) -> None:
        """The drop's terms; who pays first does so at a simulated provider, ``self.provider``."""
        with self.house.work() as work:
            work.lock_drop(self.drop.id)
            work.save_terms(self.drop.id, Terms(**terms), self.clock())

    def seen(self, order: str) -> OrderSeen:
        with self.house.read() as views:
            found = views.order(order)
        assert found is not None
        return found

    def start_payment(self, order: str) -> str:
        """The provider's name for it."""
        return start_payment(self.house.work, "fake", self.provider, order, self.house.house, self.clock()).rpartition("/")[2]

    def hear(self) -> None:
        """All that the provider has to say, what it said before included."""
        for headers, body in self.provider.messages(self.clock()):
            record_news(self.house.work, "fake", self.provider.parse(headers, body, self.clock()), self.clock())

    def deliver(self) -> None:
        """What is due to providers and tills."""
        with self.house.handlers() as handlers:
            while deliver_due(self.house.work, handlers, self.clock()):
                pass

    def letters(self, order: str) -> list[str]:
        """What the customer is told, kind by kind; who is still paying is not asked to pay."""
        with self.house.work() as work:
            found = work.order_at(order)
        with self.house.database.read() as db:
            rows = db.execute(select(outbox.c.payload).where(outbox.c.topic == "mail.order").order_by(outbox.c.id)).scalars()
            kinds = [payload["kind"] for payload in rows if found and payload["order"] == found[0]]
        return [kind for kind in kinds if kind != "payment_needed"]

    def expire(self) -> int:
        return expire_holds(self.house.work, self.clock()) + expire_orders(self.house.work, self.clock())

    def publish(self) -> int:
        return publish_dirty(self.house.work, self.house.house, self.clock())

    def resource(self, name: str = "a.ics") -> Resource:
        with self.house.read() as views:
            found = views.resource(self.drop.id, name, "organizer")
        assert found is not None
        return found

    def text(self, name: str = "a.ics") -> str:
        """What the organizer sees, lines unfolded."""
        return self.resource(name).text.replace("\r\n ", "")

    def slots(self) -> list:
        """The public slots, removed ones left out."""
        with self.house.read() as views:
            return [slot for slot in views.public_slots(self.drop.id) if not slot.removed]

    def feed(self) -> str:
        with self.house.read() as views:
            return "".join(row.text for row in views.feed_rows(self.drop.id)).replace("\r\n ", "")

    @property
    def revision(self) -> int:
        with self.house.read() as views:
            found = views.drop("ada", "bread")
        assert found is not None
        return found.revision


@contextmanager
def bakery(url: str, clock: Clock) -> Iterator[Bakery]:
    """A bakery in a migrated, empty database."""
    made = Bakery(url, clock)
    try:
        yield made
    finally:
        made.house.database.dispose()
