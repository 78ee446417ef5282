"""From the text a client sent to an ``EventDraft``."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bridge import notes
from bridge.core import drops
from bridge.core.drops import EventDraft, OccurrenceDraft, Problem, SlotSettings
from bridge.core.errors import InvalidCalendarObject
from bridge.ical.blocks import without_blocks
from bridge.ical.check import checked, foreign_scale, uid_of
from bridge.ical.lines import Component, parse
from bridge.ical.rules import Budget
from bridge.ical.series import Instance, Listing, Series, listing, series_of
from bridge.ical.span import span_of, unheeded_length
from bridge.ical.tasks import bounds
from bridge.ical.values import canonical
from bridge.ical.words import Words, words_of
from bridge.ical.zones import Zones, zone_info, zones_of
from bridge.written import shortened


@dataclass(frozen=True, slots=True)
class Context:
    """The drop that a text belongs to: its IANA time zone, its language, its currency."""

    timezone: str
    language: str
    currency: str


def read(text: str, context: Context, horizon: tuple[datetime, datetime], max_occurrences: int = 500) -> EventDraft:
    """The organizer's event, task or journal entry, with its occurrences in ``horizon`` (aware; the end is not included).

    An event that does not recur gives its one occurrence whatever the horizon.
    Raises ``InvalidCalendarData``, ``InvalidCalendarObject`` or ``UnsupportedComponent``, nothing else.
    """
    calendar = parse(text)
    found = checked(calendar)
    source = without_blocks(text, found)
    if source is not text:
        calendar = parse(source)
        found = checked(calendar)
    try:
        zones = zones_of(calendar, source, context.timezone)
        return _draft(found, source, zones, context, horizon, max_occurrences)
    except (OverflowError, RecursionError) as error:
        raise InvalidCalendarObject(f"The times of this {found[0].name} cannot be calculated: {error}.") from error


def _draft(
    found: list[Component], source: str, zones: Zones, context: Context, horizon: tuple[datetime, datetime], most: int
) -> EventDraft:
    uid, kind, sequence = uid_of(found[0]), found[0].name, _sequence(found)
    if kind != "VEVENT":
        starts_at, ends_at = bounds(found, zones)
        return EventDraft(uid, kind, source, starts_at=starts_at, ends_at=ends_at, sequence=sequence)
    series = series_of(found, zones)
    _check_overrides(found, series)
    listed = listing(series, *horizon, most, Budget())
    occurrences = _occurrences(listed, series.master, zones, context)
    scale = foreign_scale(series.master)
    return EventDraft(
        uid=uid,
        component=kind,
        source=source,
        occurrences=occurrences,
        recurring=series.recurs,
        complete=listed.complete and not scale,
        starts_at=listed.starts_at,
        ends_at=listed.ends_at,
        sequence=sequence,
        series=_series(series, listed),
        scale=scale,
    )


def _series(series: Series, listed: Listing) -> drops.Series | None:
    if series.master is None or series.span is None:
        return None
    return drops.Series(
        start=series.span.start.local,
        first=canonical(series.span.start),
        originals={instance.recurrence_id: instance.original for instance in listed.instances},
        overridden=frozenset(override.recurrence_id for override in series.overrides),
        left_out=sum(line.value.count(",") + 1 for line in series.master.all("EXDATE")),
    )


def _check_overrides(found: list[Component], series: Series) -> None:
    written = [component for component in found if component.first("RECURRENCE-ID") is not None]
    if len(written) > len(series.overrides):
        raise InvalidCalendarObject("Two changes are for one date of the series (the same RECURRENCE-ID): leave one of them out.")


def _sequence(found: list[Component]) -> int:
    values = (component.value("SEQUENCE") for component in found)
    return max((int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 10), default=0)


def _occurrences(listed: Listing, master: Component | None, zones: Zones, context: Context) -> tuple[OccurrenceDraft, ...]:
    words: dict[int, Words] = {}
    hints: dict[int, tuple[Problem, ...]] = {}
    made = []
    for instance in listed.instances:
        for component in (instance.component, master):
            if component is not None and id(component) not in words:
                words[id(component)] = words_of(component)
                hints[id(component)] = (*_zone_hints(component, zones), *_length_hints(component, zones))
        own = words[id(instance.component)]
        occurrence = _occurrence(instance, own, words[id(master)] if master else own, hints[id(instance.component)], context)
        made.append(occurrence)
    return tuple(made)


def _zone_hints(component: Component, zones: Zones) -> tuple[Problem, ...]:
    """The first zone of its start and end that nobody knows."""
    named = (zones.unknown(component.first(name)) for name in ("DTSTART", "DTEND"))
    return next(((Problem("Zone", shortened(name), "unknown-zone"),) for name in named if name), ())


def _length_hints(component: Component, zones: Zones) -> tuple[Problem, ...]:
    """A length that is not heeded."""
    written = unheeded_length(component, span_of(component, zones)) if component.first("DURATION") is not None else ""
    return (Problem("Length", shortened(written), "end-holds"),) if written else ()


def _occurrence(instance: Instance, words: Words, series: Words, hints: tuple[Problem, ...], context: Context) -> OccurrenceDraft:
    settings, public = _settings(words, instance, context)
    if series is not words:
        settings = _filled(settings, _settings(series, instance, context)[0])
    return OccurrenceDraft(
        recurrence_id=instance.recurrence_id,
        starts_at=instance.starts_at,
        ends_at=instance.ends_at,
        all_day=instance.span.start.is_day,
        timezone=instance.span.zone_name,
        title=words.title,
        place=words.place,
        geo=words.geo,
        notes=public,
        url=words.url,
        image=words.image,
        color=words.color,
        categories=words.categories,
        cancelled=words.cancelled,
        settings=replace(settings, hints=settings.hints + hints) if hints else settings,
        backwards=instance.backwards,
    )


def _filled(own: SlotSettings, series: SlotSettings) -> SlotSettings:
    """An occurrence's own settings; where it has no such line, those of its series hold."""

    def chosen(setting: str, mine: Any, theirs: Any) -> Any:
        return theirs if mine is None and not own.mentions(setting) else mine

    return SlotSettings(
        places=chosen("Places", own.places, series.places),
        offers=chosen("Sells", own.offers, series.offers),
        preorder=chosen("Preorder", own.preorder, series.preorder),
        limit=chosen("Limit", own.limit, series.limit),
        pickup=chosen("Pickup", own.pickup, series.pickup),
        problems=own.problems,
        hints=own.hints,
    )


def _settings(words: Words, instance: Instance, context: Context) -> tuple[SlotSettings, str]:
    """The settings lines, from the plain notes, or from the HTML when only that has any; hints at what they disagree about."""
    settings, public = _read_notes(words.notes, instance, context)
    if not words.html:
        return settings, public
    from_html, public_html = _read_notes(words.html, instance, context)
    if settings.is_silent and not from_html.is_silent:
        return from_html, public_html
    others = notes.others(settings, from_html, words.html, context.language)
    return (replace(settings, hints=settings.hints + others) if others else settings), public


def _read_notes(text: str, instance: Instance, context: Context) -> tuple[SlotSettings, str]:
    """Notes without a date mean the same for every occurrence, so they are read once."""
    if not text.strip():
        return SlotSettings(), ""
    zone = zone_info(instance.span.zone_name)
    settings, public = _undated(text, zone, context)
    if settings.preorder is None and not settings.mentions("Preorder"):
        return settings, public
    return notes.read(text, zone=zone, language=context.language, currency=context.currency, near=instance.starts_at)


@lru_cache(maxsize=512)
def _undated(text: str, zone: ZoneInfo, context: Context) -> tuple[SlotSettings, str]:
    near = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return notes.read(text, zone=zone, language=context.language, currency=context.currency, near=near)
