"""Cleo's order at Ada's bakery, in any state a letter may have to tell of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.core.drops import Drop, Offer, Slot
from bridge.core.orders import Money, Order, OrderLine, Payment
from bridge.core.ports_orders import OrderSeen, Waiting, WaitingSeen
from bridge.core.terms import Product, Terms
from bridge.letters import Before, Facts, From
from tests.cast import ADA, CLEO
from tests.fakes import WEDNESDAY

HOUSE = From("https://shop.example", "shop@shop.example")
SECRET = "cK3v9q2-secret-of-the-order"
STARTS = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)

SLOT = Slot(
    recurrence_id="",
    starts_at=STARTS,
    ends_at=STARTS + timedelta(minutes=30),
    all_day=False,
    timezone="Europe/Berlin",
    title="Bread pickup",
    capacity=24,
    place="Ada's Bakery, 12 Mill Lane",
    geo="52.52;13.405",
    offers=(Offer("LOAF", "Country loaf"),),
    id=3,
    public_id="k3v9q2",
    drop_id=1,
)
DROP = Drop(
    id=1,
    organizer_id=1,
    organizer=ADA.name,
    slug="bread",
    title="Saturday bread",
    timezone="Europe/Berlin",
    organizer_title=ADA.title,
    organizer_email=ADA.email,
)
TERMS = Terms(
    pickup="Side door on Mill Lane; show your name at the counter",
    seller="Ada's Bakery, 12 Mill Lane, Berlin",
    tax_id="DE123456789",
    products=(Product("LOAF", "Country loaf"),),
)
LINES = (
    OrderLine("LOAF", "Country loaf", 2, 650, tax_rate=7000),
    OrderLine("TOTE", "Tote bag", 1, 1800, tax_rate=19000, add_on=True, places_per_unit=0),
)
ORDER = Order(
    id=12,
    slot_id=3,
    secret=SECRET,
    number="K7-4M2",
    state="placed",
    places=2,
    lines=LINES,
    email=CLEO.email,
    name=CLEO.title,
    language="en",
    currency="EUR",
    method="at_pickup",
    placed_at=WEDNESDAY,
    total=3100,
)
PAID = Money((Payment(1, 12, "stripe", "cs_1", 3100, "EUR", "paid", WEDNESDAY, settled="pi_1"),))
CLEARING, FAILED = (Money((replace(PAID.payments[0], state=state, settled=""),)) for state in ("clearing", "failed"))
BEFORE = replace(
    Before.of(SLOT),
    title="Early bread",
    starts_at=STARTS - timedelta(days=1, hours=1),
    ends_at=STARTS - timedelta(days=1),
    place="Old mill",
)


def seen(money: Money | None = None, *, slot: Slot = SLOT, drop: Drop = DROP, terms: Terms = TERMS, **order: object) -> OrderSeen:
    """Cleo's order with these of its facts otherwise."""
    return OrderSeen(replace(ORDER, **order), slot, drop, terms, money or Money())


def waiting(**facts: object) -> WaitingSeen:
    """Cleo's entry of the waiting list."""
    about = {name: facts.pop(name) for name in ("slot", "drop", "terms") if name in facts}
    made = Waiting(5, 1, "secret-of-the-offer", "waiting", {"LOAF": 2}, 2, CLEO.email, CLEO.title, "en", WEDNESDAY)
    return replace(WaitingSeen(replace(made, **facts), SLOT, DROP, TERMS), **about)


EVERY = {
    "confirmed": (seen(), Facts()),
    "payment_needed": (seen(state="pending", method="stripe", expires_at=WEDNESDAY + timedelta(minutes=30)), Facts()),
    "clearing": (seen(CLEARING, state="pending", method="stripe", expires_at=STARTS), Facts()),
    "unpaid": (seen(FAILED, state="expired", method="stripe"), Facts()),
    "changed": (seen(PAID, method="stripe", state="paid"), Facts(before=BEFORE, amount=650)),
    "moved": (seen(free_change=True, sequence=1), Facts(before=BEFORE)),
    "cancelled": (seen(PAID, method="stripe", state="cancelled", sequence=2), Facts(by="organizer", amount=3100)),
    "refunded": (seen(PAID, method="stripe", state="expired"), Facts(amount=3100, reason="late")),
}
