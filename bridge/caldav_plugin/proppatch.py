"""PROPPATCH (RFC 4918 section 9.2), and the properties with which a calendar is made: checked, and all or nothing."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from bridge.caldav_plugin.properties import CALENDAR, PRINCIPAL
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Answer, Request, multi
from bridge.caldav_plugin.wire import APPLE, caldav, dav, element, escaped, href, propstat, status
from bridge.core.colors import is_color
from bridge.core.errors import NotFound
from bridge.flows.drops import describe_drop

LONGEST = 65_536
MOST = 100
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
COMPONENT_SET = caldav("supported-calendar-component-set")
_TZID = re.compile(r"^TZID(?:;[^:\r\n]*)?:(.+?)\s*$", re.MULTILINE)


@dataclass(slots=True)
class Wish:
    """What a request asks of a drop. ``changes`` are keywords of ``describe_drop``; ``faults`` say why a property cannot be had."""

    names: list[str] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, str | None] = field(default_factory=dict)
    faults: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def refuse(self, name: str, code: int, condition: str, sentence: str) -> None:
        """Notes why ``name`` cannot be had."""
        self.faults[name] = (code, condition, sentence)


Reader = Callable[[Wish, ET.Element | None], None]


def proppatch(request: Request) -> Answer:
    """Describes a drop anew. Live properties are checked, unknown ones are kept as they were written."""
    request.allow("RrwD", "read")
    root = request.xml()
    if root is None or root.tag != dav("propertyupdate"):
        raise DavError(400, "", "A PROPPATCH carries a DAV:propertyupdate element.")
    wish = wished(_instructions(root), settable=SETTABLE)
    where = href(request.prefix, request.path)
    if len(request.parts) != 2:
        _refuse_all(wish)
    else:
        request.allow("D", "write-properties")
    if wish.faults:
        return multi([f"<D:response>{where}{outcome(wish)}</D:response>"])
    with request.bridge.work() as work:
        drop = request.drop(work.views)
        if len({*drop.properties, *wish.properties}) > MOST:
            raise DavError(507, "<D:quota-not-exceeded/>", f"A calendar keeps at most {MOST} properties.")
        bridge, actor = request.bridge, request.visit.organizer
        describe_drop(work, drop, bridge.house, now=bridge.now(), actor=actor, properties=wish.properties, **wish.changes)
    return multi([f"<D:response>{where}{outcome(wish)}</D:response>"])


def outcome(wish: Wish) -> str:
    """The propstats of a request that was granted, or refused as a whole: what is not at fault itself failed with the rest."""
    if not wish.faults:
        return propstat(200, "".join(map(element, wish.names))) or status(200)
    parts = []
    for name, (code, condition, sentence) in wish.faults.items():
        said = f"<D:responsedescription>{escaped(sentence)}</D:responsedescription>"
        why = f"<D:error>{condition}</D:error>" if condition else ""
        parts.append(f"<D:propstat><D:prop>{element(name)}</D:prop>{status(code)}{why}{said}</D:propstat>")
    return "".join(parts) + propstat(424, "".join(element(name) for name in wish.names if name not in wish.faults))


def wished(instructions: Iterable[tuple[str, ET.Element | None, ET.Element]], settable: "dict[str, Reader]") -> Wish:
    """What the instructions (name, value or None to remove, and the element itself) ask for."""
    wish = Wish()
    for name, value, written in instructions:
        if name not in wish.names:
            wish.names.append(name)
        if name in settable:
            settable[name](wish, value)
        elif name in PROTECTED:
            wish.refuse(name, 403, "<D:cannot-modify-protected-property/>", "This property is the server's own.")
        else:
            _keep(wish, name, value, written)
    return wish


def _instructions(root: ET.Element) -> Iterable[tuple[str, ET.Element | None, ET.Element]]:
    for instruction in root:
        if instruction.tag not in (dav("set"), dav("remove")):
            continue
        for holder in instruction.iterfind(dav("prop")):
            for prop in holder:
                _inherit_language(prop, holder, instruction, root)
                yield prop.tag, prop if instruction.tag == dav("set") else None, prop


def _inherit_language(prop: ET.Element, *outer: ET.Element) -> None:
    language = next((found for found in (at.get(XML_LANG) for at in (prop, *outer)) if found), None)
    if language:
        prop.set(XML_LANG, language)


def _refuse_all(wish: Wish) -> None:
    for name in wish.names:
        wish.refuse(name, 403, "<D:cannot-modify-protected-property/>", "Only a calendar's properties can be changed.")
    if not wish.names:
        raise NotFound("Only a calendar's properties can be changed.")


def _keep(wish: Wish, name: str, value: ET.Element | None, written: ET.Element) -> None:
    if value is None:
        wish.properties[name] = None
        return
    written.tail = None
    text = ET.tostring(written, encoding="unicode")
    if len(text) > LONGEST:
        wish.refuse(name, 507, "", f"A property may be {LONGEST} characters long.")
    wish.properties[name] = text


def _text(value: ET.Element | None) -> str:
    return "".join(value.itertext()).strip() if value is not None else ""


def _sentence(keyword: str, longest: int) -> Reader:
    def read(wish: Wish, value: ET.Element | None) -> None:
        text = _text(value)
        if len(text) > longest:
            wish.refuse(wish.names[-1], 409, "", f"That is longer than {longest} characters.")
        wish.changes[keyword] = text

    return read


def _color(wish: Wish, value: ET.Element | None) -> None:
    text = _text(value)
    if text and not is_color(text):
        wish.refuse(f"{{{APPLE}}}calendar-color", 409, "", "A colour is written #RRGGBB, #RRGGBBAA or by its name in CSS.")
    wish.changes["color"] = text


def _order(wish: Wish, value: ET.Element | None) -> None:
    text = _text(value) or "0"
    if not re.fullmatch(r"[+-]?\d{1,9}", text):
        wish.refuse(f"{{{APPLE}}}calendar-order", 409, "", "The order is a whole number.")
        return
    wish.changes["order"] = int(text)


def _transparency(wish: Wish, value: ET.Element | None) -> None:
    child = value[0].tag if value is not None and len(value) else caldav("opaque")
    if child not in (caldav("opaque"), caldav("transparent")):
        wish.refuse(caldav("schedule-calendar-transp"), 409, "", "A calendar is opaque or transparent.")
    wish.changes["transparent"] = child == caldav("transparent")


def _timezone(wish: Wish, value: ET.Element | None) -> None:
    name = caldav("calendar-timezone")
    if value is None:
        wish.properties[name] = None
        return
    text = "".join(value.itertext())
    if text.count("BEGIN:VTIMEZONE") != 1 or "BEGIN:VEVENT" in text or "END:VCALENDAR" not in text:
        wish.refuse(name, 403, "<C:valid-calendar-data/>", "A time zone is an iCalendar object with one VTIMEZONE.")
    wish.properties[name] = element(name, escaped(text))
    zone = zone_name(text)
    if zone:
        wish.changes["timezone"] = zone


def zone_name(text: str) -> str:
    """The IANA name in a VTIMEZONE's TZID, also one behind a vendor's prefix; empty when there is none."""
    found = _TZID.search(text)
    parts = found[1].split("/") if found else []
    for start in range(len(parts)):
        name = "/".join(parts[start:])
        if name in _zones():
            return name
    return ""


@cache
def _zones() -> set[str]:
    return available_timezones()


SETTABLE: dict[str, Reader] = {
    dav("displayname"): _sentence("title", 500),
    caldav("calendar-description"): _sentence("description", 20_000),
    caldav("calendar-timezone"): _timezone,
    caldav("schedule-calendar-transp"): _transparency,
    f"{{{APPLE}}}calendar-color": _color,
    f"{{{APPLE}}}calendar-order": _order,
}
PROTECTED = {*CALENDAR, *PRINCIPAL, *map(dav, ("creationdate", "getcontentlength", "lockdiscovery", "supportedlock"))} - set(SETTABLE)

