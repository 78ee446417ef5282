"""What customers see: one VEVENT per slot, as a template that a stock change fills by string work alone."""

import html as html_
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from bridge.core.drops import Drop, Slot
from bridge.ical import insertions
from bridge.ical.lines import MARK, escape, fold, joined
from bridge.ical.values import stamp as stamped
from bridge.liveblock_lines import SETTINGS
from bridge.wording import wording

_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]", re.IGNORECASE)
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9.:_-]+")
_HTML_NAMES = ("STYLED-DESCRIPTION;VALUE=TEXT;FMTTYPE=text/html", "X-ALT-DESC;FMTTYPE=text/html")


def public_template(slot: Slot, drop: Drop, link: str, host: str, *, organizer: str = "", email: str = "") -> str:
    """The slot's VEVENT with markers for what stock and time change; ``link`` is the slot's page.

    The UID is ``<public_id>@dropbridge`` whatever the host, so that subscribers keep the event when a server moves.
    ``organizer`` is their title and ``email`` their public address; without one, ``host`` makes a URN that nobody can mail.
    """
    notes = _notes(slot, drop)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{slot.public_id}@dropbridge",
        *times(slot),
        f"SEQUENCE:{slot.sequence}",
        *_words(slot, drop, link),
        _organizer(drop, host, organizer, email),
        "TRANSP:TRANSPARENT",
    ]
    html = _html(notes)
    return "".join(
        [
            joined(lines),
            f"{MARK}stamps{MARK}",
            f"{MARK}summary {escape(_one_line(slot.title or drop.title))}{MARK}",
            _notes_line("DESCRIPTION", "text", notes),
            *(_notes_line(name, "html", html) for name in _HTML_NAMES),
            f"{MARK}machine {escape(slot.public_id)}{MARK}END:VEVENT\r\n",
        ]
    )


def _notes_line(name: str, kind: str, notes: str) -> str:
    """Notes that never change, folded, and behind them what does; without notes the whole line is made when filled."""
    if not notes:
        return f"{MARK}{kind}-alone {name}{MARK}"
    return f"{fold(f'{name}:{escape(notes)}')}{MARK}{kind}-behind{MARK}\r\n"


def _html(notes: str) -> str:
    """Notes as HTML, with their web addresses made links."""
    out: list[str] = []
    at = 0
    for found in _LINK.finditer(notes):
        address = html_.escape(found[0])
        out += (html_.escape(notes[at : found.start()]), f'<a href="{address}">{address}</a>')
        at = found.end()
    out.append(html_.escape(notes[at:]))
    return "".join(out).replace("\n", "<br>")


def _notes(slot: Slot, drop: Drop) -> str:
    parts = [slot.notes.strip()]
    if slot.pickup:
        parts.append(f"{wording(drop.language).text(SETTINGS['Pickup'])}: {slot.pickup}")
    return "\n\n".join(part for part in parts if part)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def times(slot: Slot) -> list[str]:
    """DTSTART and DTEND of a slot, in its zone or as days."""
    start, end = (at.astimezone(slot.zone) for at in (slot.starts_at, slot.ends_at))
    if slot.all_day:
        end = max(end, start + timedelta(days=1))
        return [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"]
    lines = [_time("DTSTART", start, slot.starts_at, slot.timezone)]
    if slot.ends_at > slot.starts_at:  # A DTEND is later than the start (RFC 5545 section 3.8.2.2); a moment has none.
        lines.append(_time("DTEND", end, slot.ends_at, slot.timezone))
    return lines


def _time(name: str, local: datetime, at: datetime, timezone: str) -> str:
    """In the second hour of a fold only UTC says which of the two is meant (RFC 5545 section 3.3.5)."""
    if timezone == "UTC" or local.fold:
        return f"{name}:{stamped(at)}"
    return f"{name};TZID={timezone}:{local:%Y%m%dT%H%M%S}"


def _words(slot: Slot, drop: Drop, link: str) -> list[str]:
    place, image, color = slot.place or drop.place, slot.image or drop.image, slot.color or drop.color
    lines = [f"URL;VALUE=URI:{_uri(link)}"]
    if place:
        lines.append(f"LOCATION:{escape(place)}")
    if slot.geo:
        lines.append(f"GEO:{slot.geo}")
    if image:
        lines.append(f"IMAGE;VALUE=URI;DISPLAY=BADGE,THUMBNAIL:{_uri(image)}")
    if re.fullmatch("[A-Za-z]{3,30}", color):
        lines.append(f"COLOR:{color.lower()}")
    if slot.categories:
        lines.append("CATEGORIES:" + ",".join(escape(category) for category in slot.categories))
    if slot.url:
        lines.append(f"X-DROP-URL;VALUE=URI:{_uri(slot.url)}")
    return lines


def _uri(address: str) -> str:
    return "".join(address.split())


def _organizer(drop: Drop, host: str, title: str, email: str) -> str:
    name = re.sub('["\x00-\x1f\x7f]', "'", _one_line(title or drop.organizer))
    address = f"mailto:{_uri(email)}" if email else "urn:dropbridge:" + _UNNAMEABLE.sub("-", f"{host}:{drop.organizer}")
    return f'ORGANIZER;CN="{name}":{address}'


def fill_public(template: str, *, badge: str, block: str, status: str, stamp: datetime, machine: Mapping[str, str]) -> str:
    """The slot's VEVENT, ``BEGIN`` to ``END`` with CRLF. Parses nothing.

    ``badge`` goes behind the title, ``block`` below the notes, ``status`` is CONFIRMED, TENTATIVE or CANCELLED, ``stamp``
    when the rendering changed. ``machine`` becomes X-DROP properties: ``{"STATE": "open"}`` is ``X-DROP-STATE:open``.
    """
    parts = template.split(MARK)
    html = ""
    for at in range(1, len(parts), 2):
        kind, _, value = parts[at].partition(" ")
        if kind == "html-behind":
            parts[at] = html = html or (insertions.behind(block, insertions.HTML) if block else "")
        elif kind == "text-behind":
            parts[at] = insertions.behind(block, insertions.TEXT) if block else ""
        elif kind == "stamps":
            parts[at] = _stamps(stamp, status)
        elif kind == "summary":
            parts[at] = fold(f"SUMMARY:{' · '.join(filter(None, (value, escape(_one_line(badge)))))}") + "\r\n"
        elif kind == "machine":
            parts[at] = fold(f"X-DROP-SLOT:{value}") + "\r\n" + _machine(tuple(machine.items()))
        elif block:
            parts[at] = insertions.line(value, block, insertions.TEXT if kind == "text-alone" else insertions.HTML)
        else:
            parts[at] = ""
    return "".join(parts)


# A count that changes is told on every slot that sells the item, mostly in the same lines.
@lru_cache(maxsize=256)
def _stamps(stamp: datetime, status: str) -> str:
    when = stamped(stamp)
    return f"DTSTAMP:{when}\r\nLAST-MODIFIED:{when}\r\nSTATUS:{status}\r\n"


@lru_cache(maxsize=2048)
def _machine(machine: tuple[tuple[str, str], ...]) -> str:
    return joined([f"X-DROP-{name}:{escape(said)}" for name, said in machine])


def alarm(opens: datetime, title: str) -> str:
    """A VALARM at the opening of the preorder, to stand before an event's END:VEVENT."""
    return joined(
        [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER;VALUE=DATE-TIME:{stamped(opens)}",
            f"DESCRIPTION:{escape(_one_line(title))}",
            "END:VALARM",
        ]
    )
