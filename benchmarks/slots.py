"""The calendar that both servers are loaded with: realistic pickup slots, the same for everyone, made from their index alone.

Each event has notes of 600 octets, a VTIMEZONE and an alarm; one in twenty repeats weekly, with one occurrence moved.
Every event sells two goods: ``BREAD-<n>`` is sold by a tenth of all events, ``CAKE-<nnnn>`` by ten neighbours.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

NOTES_OCTETS = 600
SPAN = timedelta(days=426)
REPEATS = 4
LENGTH = timedelta(minutes=30)
ZONE = "Europe/Berlin"
_NAMESPACE = uuid.UUID("6f1c2f62-8b1c-4f0c-9a53-2f3b1f0f7a10")

_VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
DTSTART:19810329T020000
TZNAME:CEST
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
DTSTART:19961027T030000
TZNAME:CET
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
_ALARM = """BEGIN:VALARM
X-WR-ALARMUID:{uid}
UID:{uid}
TRIGGER:-PT30M
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
"""
_PROSE = (
    "We bake through the night and open the side door when the first loaves are out. Please bring a bag of your own and "
    "the code from your order; if you come late your box waits until closing time. Allergens: wheat, rye, sesame, milk. "
    "Crème, Käse and jalapeños are kept apart. Ask for the end pieces, they are free. "
)


def beginning(now: datetime | None = None) -> datetime:
    """The first event's start: the next midnight, UTC."""
    return (now or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def uid(index: int) -> str:
    """The UID of event ``index``."""
    return str(uuid.uuid5(_NAMESPACE, str(index))).upper()


def repeats(index: int) -> bool:
    """Whether event ``index`` recurs."""
    return index % 20 == 0


def bread(index: int) -> str:
    """The SKU that a tenth of all events sell."""
    return f"BREAD-{(index // 20 + index % 20) % 10}"


def cake(index: int) -> str:
    """The SKU that this event and nine neighbours sell."""
    return f"CAKE-{index // 10:04d}"


class Season:
    """The events ``0 … size - 1``, spread evenly over 426 days from ``begins``."""

    def __init__(self, size: int, begins: datetime) -> None:
        self.size = size
        self.begins = begins
        self.step = SPAN / size

    def start(self, index: int) -> datetime:
        """When event ``index`` begins, in UTC; events past the end begin where earlier ones do."""
        at = self.begins + self.step * (index % self.size)
        return at.replace(second=0, microsecond=0)

    def text(self, index: int, mark: str = "") -> bytes:
        """Event ``index`` as a client would PUT it; ``mark`` is a word in its notes to know an edit by."""
        return _calendar(_VTIMEZONE + self._components(index, mark))

    def whole(self) -> bytes:
        """All events in one iCalendar object, as a client exports them."""
        return _calendar(_VTIMEZONE + "".join(self._components(index, "") for index in range(self.size)))

    def touching(self, begins: datetime, ends: datetime) -> list[int]:
        """The events with an occurrence in the half-open range."""
        return [i for i in range(self.size) if any(at < ends and at + LENGTH > begins for at in self._starts(i))]

    def _starts(self, index: int) -> Iterator[datetime]:
        first = self.start(index)
        if not repeats(index):
            yield first
            return
        local = _local(first)
        for week in range(REPEATS):
            moved = timedelta(hours=1) if week == 1 else timedelta()
            yield (local + timedelta(weeks=week) + moved).astimezone(UTC)

    def _components(self, index: int, mark: str) -> str:
        first = _local(self.start(index))
        if not repeats(index):
            return _event(index, mark, first, "")
        second = first + timedelta(weeks=1)
        master = _event(index, mark, first, f"RRULE:FREQ=WEEKLY;COUNT={REPEATS}\n")
        moved = _event(index, mark, second + timedelta(hours=1), f"RECURRENCE-ID;TZID={ZONE}:{second:%Y%m%dT%H%M%S}\n")
        return master + moved


def _local(moment: datetime) -> datetime:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(ZONE))


def _notes(index: int, mark: str) -> str:
    lines = (
        f"Places: {12 + index % 29}\nSells: {bread(index)} x20 @ 12.50, {cake(index)} @ 4 add-on\n"
        f"Limit: 4 per customer\nPickup: Side door, bring the QR code\n\n{mark}\n"
    )
    room = NOTES_OCTETS - len(lines.encode())
    return lines + _PROSE.encode()[:room].decode(errors="ignore").rstrip()


def _event(index: int, mark: str, start: datetime, recurrence: str) -> str:
    escaped = _notes(index, mark).replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")
    return (
        f"BEGIN:VEVENT\nUID:{uid(index)}\nDTSTAMP:20261120T081500Z\nCREATED:20261101T090000Z\nLAST-MODIFIED:20261120T081500Z\n"
        f"SEQUENCE:1\nSUMMARY:Bread pickup {index}\nLOCATION:Bakery\\, Langstraße 12\\, 8004 Zürich\n"
        f"DTSTART;TZID={ZONE}:{start:%Y%m%dT%H%M%S}\nDTEND;TZID={ZONE}:{start + LENGTH:%Y%m%dT%H%M%S}\n{recurrence}"
        f"DESCRIPTION:{escaped}\nTRANSP:OPAQUE\nX-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC\nCATEGORIES:PICKUP\n"
        f"{_ALARM.format(uid=uid(index))}END:VEVENT\n"
    )


def _calendar(components: str) -> bytes:
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Apple Inc.//macOS 15.1//EN\nCALSCALE:GREGORIAN\n{components}END:VCALENDAR\n"
    return b"\r\n".join(_folded(line) for line in text.split("\n"))


def _folded(line: str) -> bytes:
    octets = line.encode()
    if len(octets) <= 75:
        return octets
    parts, room, current = [], 75, b""
    for character in line:
        encoded = character.encode()
        if len(current) + len(encoded) > room:
            parts.append(current)
            current, room = b"", 74
        current += encoded
    return b"\r\n ".join([*parts, current])
