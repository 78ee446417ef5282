"""The properties in which clients keep notes, and what each holds: plain text, HTML, or HTML in a parameter."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from bridge import liveblock
from bridge.ical.lines import Component, Line

HTML_NAMES = ("X-ALT-DESC", "STYLED-DESCRIPTION")
ALTREP = re.compile(r';ALTREP="(data:text/html[^,"]*,)([^"]*)"', re.IGNORECASE)


def is_html_line(line: Line) -> bool:
    """Whether the property holds HTML by its own account (Outlook's X-ALT-DESC, RFC 9073 STYLED-DESCRIPTION)."""
    if line.name not in HTML_NAMES or line.parameter("FMTTYPE").lower() != "text/html":
        return False
    return line.parameter("VALUE").upper() in ("", "TEXT") and not line.parameter("ENCODING")


def is_html_value(line: Line) -> bool:
    """Whether a DESCRIPTION is HTML (Google and Outlook write it so)."""
    return liveblock.is_html(line.notes)


def is_notes(line: Line) -> bool:
    """Whether the property holds notes of any kind."""
    return line.name == "DESCRIPTION" or line.name in HTML_NAMES


def altrep(line: Line) -> str:
    """The HTML that Thunderbird keeps in a DESCRIPTION's ALTREP, ``""`` when there is none."""
    found = ALTREP.search(line.parameters) if line.parameters else None
    if found is None or ";base64" in found[1].lower():
        return ""
    return unquote(found[2])


def words_of_html(component: Component) -> Iterator[str]:
    """The words of each HTML form of the notes, the one its client edits first."""
    for line in component.lines:
        if line.name == "DESCRIPTION":
            if html := altrep(line):
                yield liveblock.text_of_html(html)
            if is_html_value(line):
                yield liveblock.text_of_html(line.notes, breaks=True)
    for line in component.lines:
        if is_html_line(line):
            yield liveblock.text_of_html(line.notes)
