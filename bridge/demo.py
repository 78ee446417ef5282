"""The demo of ``make serve``: a bakery's drop on the coming Saturday, and a simulated till that sells from it."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bridge.core.accounts import Organizer
from bridge.core.drops import Drop
from bridge.core.ports import UnitOfWork
from bridge.core.terms import EarlyPrice, Product, Question, ShippingOption, Terms
from bridge.core.tills import Connection
from bridge.flows import access
from bridge.flows.drops import add_organizer, create_drop, describe_drop
from bridge.flows.edit import put_event
from bridge.flows.house import House
from bridge.wiring import Bridge

NAME, SLUG, ZONE = "ada", "saturday-bread", "Europe/Berlin"
STOCK = {"LOAF": 18, "BUN": 22, "TOTE": 9}
NAMES = {"LOAF": "Country loaf", "BUN": "Morning bun", "TOTE": "Tote bag"}
ACTOR = "demo"
TERMS = Terms(
    products=(
        Product(
            "LOAF",
            NAMES["LOAF"],
            "A kilo of rye and wheat, raised for a day and a night and baked dark. It keeps for a week.",
            price=650,
            tax_rate=7000,
            early=EarlyPrice(550, units=4),
            limit=4,
        ),
        Product("BUN", NAMES["BUN"], "Buttered spirals, warm until they are gone.", price=280, tax_rate=7000),
        Product("TOTE", NAMES["TOTE"], "Heavy cotton, printed by hand two doors down.", price=1800, tax_rate=19000, add_on=True),
    ),
    story="Ada bakes alone, in a wood-fired oven that takes forty loaves an hour. What is not ordered is not baked.",
    questions=(
        Question("What if I am late?", "We keep your bread until noon; after that it goes to the neighbours."),
        Question("Which flours do you use?", "Rye and wheat from the mill at the end of the lane. The buns have butter and egg."),
    ),
    pickup="Side door on Mill Lane; show your name at the counter.",
    shipping=(
        ShippingOption("post", "By post", fee=590, tax_rate=19000, countries=("DE", "AT"), note="Sent on Saturday, with you on Tuesday."),
    ),
    pays_by=("at_pickup", "stripe"),
    refund_policy="Until a day before you change or cancel yourself, and get back what you paid. Later, write to us.",
    seller="Ada's Bakery\n12 Mill Lane\n12345 Milltown",
    tax_id="DE123456789",
)
SECONDS_BETWEEN_SALES = 4
SPARES = 4
EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//dropbridge//demo//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:{stamp}
DTSTART;TZID={zone}:{start}
DTEND;TZID={zone}:{end}
SUMMARY:{title}
LOCATION:Ada's Bakery\\, 12 Mill Lane
DESCRIPTION:{notes}
CATEGORIES:Bread
END:VEVENT
END:VCALENDAR
"""
NOTES = """Baked through the night, warm at your pickup. Bring a bag, or add one of ours.

Places: {places}
Sells: LOAF x20, BUN, TOTE
Limit: 4 per customer
Pickup: Side door on Mill Lane; show your name at the counter"""


def prepare(bridge: Bridge, folder: Path, say: Callable[[str], None]) -> str:
    """Makes what is missing of the demo and returns the addresses to open. Loses nothing that is there."""
    password_file = folder / "demo-password"
    now = bridge.now()
    with bridge.work() as work:
        ada = work.views.organizer(NAME)
        if ada is None:
            say("Loading the demo: an organizer, a drop with its slots, a till …")
            ada = add_organizer(work, NAME, title="Ada's Bakery", now=now)
            work.add_connection(_till(work, ada, folder))
        drop = work.views.drop(NAME, SLUG) or _drop(work, ada, bridge.house, now)
        password = _password(work, ada, password_file, now)
    _slots(bridge, drop, now)
    return _addresses(bridge, password)


def _till(work: UnitOfWork, ada: Organizer, folder: Path) -> Connection:
    place = work.views.location(NAME, "main")
    assert place is not None
    config = {
        "stock": STOCK,
        "names": NAMES,
        "state": str((folder / "demo-till.json").absolute()),
        "rate": SECONDS_BETWEEN_SALES,
        "spares": SPARES,
    }
    return Connection(0, ada.id, NAME, "till", "fake", place.id, config, interval=timedelta(seconds=1), stale_after=timedelta(minutes=5))


def _drop(work: UnitOfWork, ada: Organizer, house: House, now: datetime) -> Drop:
    described = {
        "title": "Saturday bread",
        "description": "Forty loaves an hour out of a wood-fired oven, one Saturday at a time.",
        "timezone": ZONE,
        "currency": "EUR",
        "language": "en",
        "color": "#B5542B",
        "place": "Ada's Bakery, 12 Mill Lane",
    }
    drop = create_drop(work, ada, SLUG, now=now, actor=ACTOR, **described)
    return describe_drop(work, drop, house, now=now, actor=ACTOR, terms=TERMS)


def _password(work: UnitOfWork, ada: Organizer, file: Path, now: datetime) -> str:
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(password + "\n", encoding="utf-8")
    access.add_app_password(work, ada, "demo", "owner", password, now, work.views.app_passwords(NAME))
    return password


def _slots(bridge: Bridge, drop: Drop, now: datetime) -> None:
    """Slots on the next two Saturdays, each at the same hours; those that an organizer changed stay as they are."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    saturday = today + timedelta(days=(5 - today.weekday()) % 7 or 7)
    with bridge.work() as work:
        known = {name for _, name in work.resource_ids(drop.id)}
        for day in (saturday, saturday + timedelta(days=7)):
            for hour, minute, places in ((8, 0, 24), (8, 30, 24), (9, 0, 24), (9, 30, 18), (10, 0, 12)):
                name = f"demo-{day:%Y%m%d}-{hour:02}{minute:02}.ics"
                if name not in known:
                    start = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 # the zone is named beside it
                    put_event(work, drop, name, _event(name, start, places, now), bridge.house, now=now, actor=ACTOR)


def _event(name: str, start: datetime, places: int, now: datetime) -> str:
    text = EVENT.format(
        uid=name.removesuffix(".ics") + "@dropbridge.example",
        stamp=now.strftime("%Y%m%dT%H%M%SZ"),
        zone=ZONE,
        start=start.strftime("%Y%m%dT%H%M%S"),
        end=(start + timedelta(minutes=30)).strftime("%Y%m%dT%H%M%S"),
        title="Bread pickup",
        notes=NOTES.format(places=places).replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n"),
    )
    return text.replace("\n", "\r\n")


def _addresses(bridge: Bridge, password: str) -> str:
    base = bridge.house.base_url
    feed = f"{base}/{NAME}/{SLUG}/calendar.ics"
    return "\n".join(
        (
            "",
            f"  Shop window   {base}/{NAME}/{SLUG}/",
            f"  Feed          {feed}",
            f"                webcal{feed.removeprefix('https').removeprefix('http')}",
            f"  Calendars     {base}/dav/",
            f"  Sign-in       {NAME} / {password}",
            "",
            f"A simulated till sells every {SECONDS_BETWEEN_SALES} seconds or so: subscribe to the feed and see it count down.",
            "Stop with Ctrl-C; what you change stays.",
        )
    )
