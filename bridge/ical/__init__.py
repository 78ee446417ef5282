"""Translator between iCalendar texts and the core's values; the only importer of icalendar.

``read`` takes a client's text apart, ``template`` and ``fill`` make the organizer's rendering, ``public_template`` and
``fill_public`` the public one. Renderings are filled by string work alone: a stock change parses nothing.
"""

from bridge.ical.calendar import calendar_head, calendar_tail, octets_around, wrap_public
from bridge.ical.exchange import join, split
from bridge.ical.expand import expand, limit_recurrence_set, occurrence_spans
from bridge.ical.invitation import invitation, line_name, order_calendar, order_uid, ordered
from bridge.ical.opening import opening
from bridge.ical.public import alarm, fill_public, public_template
from bridge.ical.read import Context, read
from bridge.ical.template import fill, template
from bridge.ical.vtimezone import vtimezone

__all__ = [
    "Context",
    "alarm",
    "calendar_head",
    "calendar_tail",
    "expand",
    "fill",
    "fill_public",
    "invitation",
    "join",
    "limit_recurrence_set",
    "line_name",
    "occurrence_spans",
    "octets_around",
    "opening",
    "order_calendar",
    "order_uid",
    "ordered",
    "public_template",
    "read",
    "split",
    "template",
    "vtimezone",
    "wrap_public",
]
