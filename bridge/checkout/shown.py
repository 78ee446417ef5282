"""Slots, days and offers in words: what the templates print. Nothing is decided here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_name
from markupsafe import Markup, escape

from bridge.checkout.kept import NEVER
from bridge.core.availability import Availability, OfferAvailability, as_time_passes, nothing_of
from bridge.core.calendars import PublicSlot
from bridge.core.drops import Drop
from bridge.wording import N_, Wording

LONG_DAY = N_("EEEE d MMMM y")
MONTH = N_("MMMM y")
PLACES = (N_("{left} of {n} place left"), N_("{left} of {n} places left"))
_FEW = 3
_LIGHT = 0.18
_COLOR = re.compile(r"#[0-9A-Fa-f]{3,8}|[A-Za-z]{3,30}")
_WEB = re.compile(r"https?://[^\s<>\"]+")
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]']")


@dataclass(frozen=True, slots=True)
class Badge:
    """How a slot stands, in a few words; ``kind`` is the style: open, few, soon, sold_out, closed, cancelled."""

    kind: str
    text: str


def badge(seen: Availability, words: Wording, *, ended: bool = False) -> Badge:
    """The badge of a slot."""
    if seen.state == "open":
        return Badge("few" if seen.left <= _FEW else "open", words.plural("{n} left", "{n} left", seen.left))
    if seen.state == "closed" and ended:
        return Badge("closed", words.text("Over"))
    return Badge(seen.state, words.text(_STATES[seen.state]))


_STATES = {
    "sold_out": N_("Sold out"),
    "cancelled": N_("Cancelled"),
    "closed": N_("Preorder closed"),
    "soon": N_("Opens soon"),
}


@dataclass(frozen=True, slots=True)
class OfferShown:
    """One line of what a slot sells. ``price`` is empty when the organizer told none."""

    sku: str
    name: str
    price: str
    left: str
    add_on: bool
    gone: bool
    as_of: str


def offers(slot: PublicSlot, drop: Drop, words: Wording) -> list[OfferShown]:
    """What the slot sells, in the organizer's order."""
    zone, off = ZoneInfo(slot.timezone), slot.availability.state == "cancelled"
    return [_offer(offer, drop, words, zone, off=off) for offer in slot.availability.offers]


def left_of(offer: OfferAvailability, words: Wording, *, off: bool = False) -> str:
    """How much is left of an offer; nothing is said of it where the date is called off or over."""
    if off:
        return ""
    if offer.left is None:
        return words.text("Available")
    return words.plural("{n} left", "{n} left", offer.left) if offer.left else words.text("Sold out")


def _offer(offer: OfferAvailability, drop: Drop, words: Wording, zone: ZoneInfo, *, off: bool) -> OfferShown:
    return OfferShown(
        sku=offer.sku,
        name=offer.name,
        price=words.money(offer.price, drop.currency) if offer.price is not None else "",
        left=left_of(offer, words, off=off),
        add_on=offer.add_on,
        gone=off or offer.left == 0,
        as_of=as_of(offer, words, zone, off=off),
    )


def as_of(offer: OfferAvailability, words: Wording, zone: ZoneInfo, *, off: bool = False) -> str:
    """From when an old count is; empty for one that is fresh."""
    return "" if off or offer.as_of is None else words.text("(as of {moment})", moment=words.moment(offer.as_of, zone))


@dataclass(frozen=True, slots=True)
class SlotShown:
    """A slot as one row or page shows it. ``starts`` and ``ends`` are in its own zone."""

    slot: PublicSlot
    badge: Badge
    starts: datetime
    ends: datetime
    times: str

    @property
    def day(self) -> date:
        """The local day it starts on."""
        return self.starts.date()

    @property
    def last_day(self) -> date:
        """The local day it ends on."""
        whole = self.slot.all_day and self.ends > self.starts
        return (self.ends - timedelta(microseconds=1) if whole else self.ends).date()

    @property
    def zone(self) -> ZoneInfo:
        """Where its times are local to."""
        return ZoneInfo(self.slot.timezone)


def shown(slot: PublicSlot, words: Wording, now: datetime) -> SlotShown:
    """The slot in words, as it is at ``now``: it opens and closes on the page to the second, whenever it is published."""
    zone = ZoneInfo(slot.timezone)
    starts, ends = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
    seen = nothing_of(as_time_passes(slot.availability, slot.preorder, slot.ends_at, now))
    return SlotShown(
        slot=slot if seen is slot.availability else replace(slot, availability=seen),
        badge=badge(seen, words, ended=now >= slot.ends_at),
        starts=starts,
        ends=ends,
        times=_times(slot, words, zone),
    )


def changes_at(slots: Iterable[PublicSlot], now: datetime) -> datetime:
    """The next moment at which time alone changes what is shown of ``slots``."""
    moments = (moment for slot in slots for moment in (slot.preorder.opens, slot.preorder.closes, slot.ends_at))
    return min((moment for moment in moments if moment is not None and moment > now), default=NEVER)


def _times(slot: PublicSlot, words: Wording, zone: ZoneInfo) -> str:
    if slot.all_day:
        return words.text("All day")
    same_day = slot.starts_at.astimezone(zone).date() == slot.ends_at.astimezone(zone).date()
    end = words.time(slot.ends_at, zone) if same_day else words.moment(slot.ends_at, zone)
    return f"{words.time(slot.starts_at, zone)} – {end}" if slot.ends_at > slot.starts_at else words.time(slot.starts_at, zone)


def days(slots: Iterable[SlotShown]) -> list[tuple[date, list[SlotShown]]]:
    """The slots under the days they start on."""
    return [(day, list(group)) for day, group in groupby(slots, key=lambda slot: slot.day)]


def span_of_days(slot: SlotShown, words: Wording) -> str:
    """The days of the slot: ``Saturday 5 December 2026``, or from one to another."""
    first = long_day(slot.day, words)
    return first if not slot.slot.all_day or slot.last_day <= slot.day else f"{first} – {long_day(slot.last_day, words)}"


def long_day(day: date, words: Wording) -> str:
    """``Saturday 5 December 2026``."""
    return _formatted(day, words.text(LONG_DAY), words.locale)


def month(day: date, words: Wording) -> str:
    """``December 2026``."""
    return _formatted(day, words.text(MONTH), words.locale)


def short_weekday(day: date, words: Wording) -> str:
    """``Sat``."""
    return _formatted(day, "EEE", words.locale)


def short_month(day: date, words: Wording) -> str:
    """``Dec``."""
    return _formatted(day, "LLL", words.locale)


@lru_cache(maxsize=1024)
def _formatted(day: date, pattern: str, locale: Locale) -> str:
    return format_date(day, pattern, locale=locale)


def local_times(slots: Sequence[SlotShown], words: Wording) -> str:
    """Where the times of a list are local to: their zone, when those that have a time share one, as what it is called at all of them."""
    timed = [slot for slot in slots if not slot.slot.all_day]
    if len({slot.slot.timezone for slot in timed}) != 1:
        return words.text("All times are local to the place.")
    names = {zone_name(slot.starts, words) for slot in timed}
    name = names.pop() if len(names) == 1 else _any_phase(timed[0].slot.timezone, words)
    return words.text("All times are local to the place: {zone}.", zone=name)


def _any_phase(zone: str, words: Wording) -> str:
    """What a zone is called all year: ``Central European Time``."""
    return str(get_timezone_name(ZoneInfo(zone), width="long", locale=words.locale, zone_variant="generic"))


def zone_name(moment: datetime, words: Wording) -> str:
    """What the moment's zone is called: ``Central European Standard Time``."""
    return str(get_timezone_name(moment, width="long", locale=words.locale))


def safe_color(color: str) -> str:
    """``color`` if SVG takes it, else empty."""
    if not _COLOR.fullmatch(color):
        return ""
    return color[: 7 if len(color) >= 7 else 4] if color.startswith("#") else color


def is_light(color: str) -> bool:
    """Whether white text would be hard to read on ``color``; a colour known by name alone may be light."""
    if not color:
        return False
    if not color.startswith("#"):
        return True
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:4])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return bool(0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > _LIGHT)


def short_day(slot: SlotShown, words: Wording) -> str:
    """``Sat 5 Dec 10:00``, or the day alone."""
    zone = ZoneInfo(slot.slot.timezone)
    return words.day(slot.starts, zone) if slot.slot.all_day else words.moment(slot.starts, zone)


def places(seen: Availability, words: Wording) -> str:
    """``7 of 24 places left``."""
    return words.plural(*PLACES, seen.capacity, left=seen.places_left)


def places_form(capacity: int, words: Wording) -> str:
    """The same with ``{left}`` still to be filled in."""
    return words.plural(*PLACES, capacity, left="{left}")


def window(slot: PublicSlot, words: Wording) -> str:
    """When it can be ordered, empty when always."""
    zone, preorder = ZoneInfo(slot.timezone), slot.preorder
    opens = words.moment(preorder.opens, zone) if preorder.opens else ""
    closes = words.moment(preorder.closes, zone) if preorder.closes else ""
    if opens and closes:
        return f"{opens} – {closes}"
    return words.text("from {moment}", moment=opens) if opens else words.text("until {moment}", moment=closes) if closes else ""


def linked(text: str) -> Markup:
    """``text`` with its web addresses made links; everything else is shown as it was typed."""
    out, at = [], 0
    for found in _LINK.finditer(text):
        address = escape(found[0])
        out += [escape(text[at : found.start()]), Markup('<a href="{0}" rel="nofollow noopener noreferrer">{0}</a>').format(address)]
        at = found.end()
    return Markup("").join([*out, escape(text[at:])])


def web(address: str) -> bool:
    """Whether ``address`` may be linked."""
    return bool(_WEB.fullmatch(address))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the web; its size in pixels where that is known, else 0.

    A stored one has ``sources`` of (media type, srcset), the best format first, and a ``srcset`` for who knows none of them.
    """

    url: str
    width: int = 0
    height: int = 0
    sources: tuple[tuple[str, str], ...] = ()
    srcset: str = ""


def picture(*addresses: str) -> Picture | None:
    """The first of ``addresses`` if it is one of the web."""
    first = next(filter(None, addresses), "")
    return Picture(first) if web(first) else None


def map_link(slot: PublicSlot, place: str) -> str:
    """Where ``place`` is on a map, or the place itself when it is an address of the web."""
    if slot.geo and ";" in slot.geo:
        latitude, longitude = (quote(part.strip()) for part in slot.geo.split(";", 1))
        return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
    return place if web(place) else f"https://www.openstreetmap.org/search?query={quote(place)}"
