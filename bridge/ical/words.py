"""The words of one VEVENT: title, place, picture and the rest, as customers may see them."""

import re
from dataclasses import dataclass

from bridge.ical.lines import Component, Line
from bridge.ical.notetexts import is_html_value, words_of_html

_GEO = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*[;,]\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*")
_WEB = re.compile(r"https?://[^\s<>\"']{1,2000}", re.IGNORECASE)
_COLOR = re.compile(r"[A-Za-z]{3,30}|#[0-9A-Fa-f]{3,8}")
_COLORS = ("COLOR", "X-APPLE-CALENDAR-COLOR", "X-OUTLOOK-COLOR")
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|svg)(?:[?#]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """What a VEVENT says, apart from when it is. ``html`` is the text of its HTML notes, where it has both kinds."""

    title: str
    place: str
    geo: str
    url: str
    image: str
    color: str
    categories: tuple[str, ...]
    cancelled: bool
    notes: str
    html: str


def words_of(component: Component) -> Words:
    """The words of ``component``, from which live blocks of ours were taken already."""
    plain, html = _notes(component)
    return Words(
        title=component.text("SUMMARY").strip(),
        place=component.text("LOCATION").strip(),
        geo=_geo(component.value("GEO")),
        url=_web(component.first("URL")),
        image=_image(component),
        color=_color(component),
        categories=_categories(component),
        cancelled=component.value("STATUS").upper() == "CANCELLED",
        notes=plain,
        html=html,
    )


def _notes(component: Component) -> tuple[str, str]:
    line = component.first("DESCRIPTION")
    plain = line.notes if line is not None and not is_html_value(line) else ""
    html = next((text for text in words_of_html(component) if text.strip()), "")
    return (plain, html) if plain.strip() else (html, "")


def _geo(value: str) -> str:
    found = _GEO.fullmatch(value)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return ""
    return f"{found[1]};{found[2]}"


def _web(line: Line | None) -> str:
    value = line.value.strip() if line is not None else ""
    return value if _WEB.fullmatch(value) else ""


def _image(component: Component) -> str:
    for line in component.lines:
        if line.name == "IMAGE" and _web(line):
            return _web(line)
    for line in component.lines:
        if line.name == "ATTACH" and _web(line) and _is_picture(line):
            return _web(line)
    return ""


def _is_picture(line: Line) -> bool:
    kind = line.parameter("FMTTYPE").lower()
    return kind.startswith("image/") or (not kind and _PICTURE.search(line.value) is not None)


def _color(component: Component) -> str:
    values = (component.value(name) for name in _COLORS)
    return next((value for value in values if _COLOR.fullmatch(value)), "")


def _categories(component: Component) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for line in component.lines:
        if line.name == "CATEGORIES":
            parts = re.split(r"(?<!\\),", line.value)
            found.update((text, None) for part in parts if (text := Line("", "", part, 0, 0).text.strip()))
    return tuple(found)
