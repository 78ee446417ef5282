"""Texts as clients send them, and the few values that every test of the translator needs."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bridge import liveblock
from bridge.core.availability import Availability, OfferAvailability
from bridge.core.drops import Drop, PreorderWindow, Slot
from bridge.ical import Context

SAMPLES = Path(__file__).parent / "samples"
BERLIN = Context("Europe/Berlin", "en", "EUR")
AUTUMN = (datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC))
NOW = datetime(2026, 12, 2, 13, 3, tzinfo=UTC)
BLOCK = """―― live stock ――
7 of 24 places left
Country loaf 5 left · Morning bun sold out · Tote 12 left (add-on)
Preorder until Fri 4 Dec 18:00
Book: https://example.org/slots/k3v9q2
Updated Wed 2 Dec 14:03
―― end ――"""

DROP = Drop(1, 1, "ada", "bread", "Bread", timezone="Europe/Berlin")
SLOT = Slot(
    recurrence_id="",
    starts_at=datetime(2026, 12, 5, 9, tzinfo=UTC),
    ends_at=datetime(2026, 12, 5, 11, tzinfo=UTC),
    all_day=False,
    timezone="Europe/Berlin",
    title="Country loaf pickup",
    capacity=24,
    place="Bakery, side door",
    geo="52.5;13.4",
    notes="Fresh from the oven.\nMore at https://example.org/bread?a=1&b=2.",
    url="https://example.org/bread",
    image="https://example.org/loaf.png",
    color="saddlebrown",
    categories=("Bread", "Winter, cold"),
    preorder=PreorderWindow(closes=datetime(2026, 12, 4, 17, tzinfo=UTC)),
    pickup="Bring the QR code",
    claimed=17,
    public_id="k3v9q2",
    sequence=2,
)
LEFT = Availability("open", 7, 24, 7, "places", (OfferAvailability("LOAF", "Käse & Brot <groß>", 5, "stock", as_of=NOW),))
GERMAN = liveblock.public_block(SLOT, LEFT, replace(DROP, language="de"), NOW, "https://example.org/slots/k3v9q2")


def names() -> list[str]:
    """Every sample, named after client and situation."""
    return sorted(path.name for path in SAMPLES.glob("*.ics"))


def returned_names() -> list[str]:
    """Every sample of a text that comes back with a live block in it."""
    return sorted(path.name for path in (SAMPLES / "returned").glob("*.ics"))


def sample(name: str) -> str:
    """A sample as its client sends it: CRLF, unless its name says otherwise."""
    text = (SAMPLES / name).read_text(encoding="utf-8")
    return text if "_lf" in name else text.replace("\n", "\r\n")


def event(*lines: str) -> str:
    """A VCALENDAR of one VEVENT that has these lines; UID and DTSTART are there where none is given."""
    given = {line.split(":")[0].split(";")[0] for line in lines}
    missing = [line for line in ("UID:one", "DTSTART:20261205T100000Z") if line.split(":")[0] not in given]
    return calendar(["BEGIN:VEVENT", *missing, *lines, "END:VEVENT"])


def calendar(*components: list[str]) -> str:
    """A VCALENDAR of these components."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for component in components:
        lines += component
    return "".join(f"{line}\r\n" for line in [*lines, "END:VCALENDAR"])
