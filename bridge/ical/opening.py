"""The opening of a preorder as an event of its own, for those who do not want to miss it."""

from datetime import datetime, timedelta

from bridge.ical.calendar import wrap_public
from bridge.ical.lines import escape, joined
from bridge.ical.public import alarm
from bridge.ical.values import stamp as stamped
from bridge.wording import wording

_LASTS = timedelta(minutes=15)


def opening(public_id: str, title: str, opens: datetime, *, stamp: datetime, sequence: int, link: str, language: str) -> str:
    """A VCALENDAR of one VEVENT at ``opens``, with an alarm at that moment; ``link`` is the slot's page.

    The same slot gives the same UID, so that adding it again after the organizer moved the opening moves the event.
    """
    words = wording(language)
    summary = words.text("Preorder opens: {title}", title=" ".join(title.split()))
    when = stamped(stamp)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{public_id}-opening@dropbridge",
        f"DTSTAMP:{when}",
        f"LAST-MODIFIED:{when}",
        f"SEQUENCE:{sequence}",
        f"DTSTART:{stamped(opens)}",
        f"DTEND:{stamped(opens + _LASTS)}",
        f"SUMMARY:{escape(summary)}",
        f"DESCRIPTION:{escape(link)}",
        f"URL;VALUE=URI:{link}",
        "TRANSP:TRANSPARENT",
    ]
    return wrap_public(f"{joined(lines)}{alarm(opens, summary)}END:VEVENT\r\n", "UTC")
