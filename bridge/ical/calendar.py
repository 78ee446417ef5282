"""The calendar around events: its opening with name, colour and zones, and its end."""

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from bridge.ical.lines import escape, joined
from bridge.ical.vtimezone import vtimezone

PRODID = "-//dropbridge//dropbridge//EN"
_HEAD = joined(["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"])


def calendar_head(
    *,
    name: str,
    description: str,
    timezone: str,
    color: str,
    source_url: str,
    url: str,
    refresh: timedelta,
    tzids: Iterable[str],
    last_modified: str = "",
) -> str:
    """A VCALENDAR's opening with a VTIMEZONE for each of ``tzids``; events follow, then ``calendar_tail``.

    METHOD:PUBLISH is there because Outlook takes a file without it for one invitation instead of a calendar.
    ``last_modified`` is in the form ``20261205T090000Z``.
    """
    every = _duration(refresh)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines += [f"NAME:{escape(name)}", f"X-WR-CALNAME:{escape(name)}"]
    if description:
        lines += [f"DESCRIPTION:{escape(description)}", f"X-WR-CALDESC:{escape(description)}"]
    lines.append(f"X-WR-TIMEZONE:{timezone}")
    if color.isalpha() and color.isascii():
        lines.append(f"COLOR:{color.lower()}")
    if color:
        lines.append(f"X-APPLE-CALENDAR-COLOR:{escape(color)}")
    lines += [f"SOURCE;VALUE=URI:{source_url}", f"URL;VALUE=URI:{url}"]
    lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{every}", f"X-PUBLISHED-TTL:{every}"]
    if last_modified:
        lines.append(f"LAST-MODIFIED:{last_modified}")
    return joined(lines) + "".join(vtimezone(tzid) for tzid in sorted(set(tzids)))


def _duration(size: timedelta) -> str:
    minutes, seconds = divmod(max(1, int(size.total_seconds())), 60)
    return f"PT{minutes}M" if minutes and not seconds else f"PT{minutes * 60 + seconds}S"


def calendar_tail() -> str:
    """A VCALENDAR's end."""
    return "END:VCALENDAR\r\n"


@lru_cache(maxsize=256)
def octets_around(tzid: str) -> int:
    """How many octets ``wrap_public`` adds to an event's own."""
    return len(wrap_public("", tzid).encode())


def wrap_public(vevent: str, tzid: str) -> str:
    """A whole VCALENDAR around one VEVENT, as a CalDAV resource is: without METHOD (RFC 4791 section 4.1)."""
    return f"{_HEAD}{vtimezone(tzid)}{vevent}END:VCALENDAR\r\n"
