"""Texts as clients send them, and the few values that every test of the translator needs."""

from datetime import UTC, datetime
from pathlib import Path

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


def names() -> list[str]:
    """Every sample, named after client and situation."""
    return sorted(path.name for path in SAMPLES.glob("*.ics"))


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
