"""How members look in a report: the properties asked for, and the shape of their calendar-data."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from bridge.caldav_plugin import members
from bridge.caldav_plugin.properties import of_members
from bridge.caldav_plugin.query import calendar_data
from bridge.caldav_plugin.refusals import DavError
from bridge.caldav_plugin.request import Request
from bridge.caldav_plugin.wire import dav
from bridge.core.drops import Drop


def member_writer(request: Request, drop: Drop, root: ET.Element, data: Callable[[Any], str] | None = None) -> Callable[[Any], str]:
    """A function from a row to its response, with the properties and the shape of calendar-data that ``root`` asks for."""
    calendar, fixed = f"{request.prefix}/{drop.path}/", of_members(request, drop)
    wanted = [prop.tag for prop in root.iterfind(f"{dav('prop')}/*")]
    if root.find(dav("allprop")) is not None:
        wanted = list(members.STANDARD)
    elif root.find(dav("propname")) is not None:
        return members.naming(calendar, [*members.FROM_ROW, *fixed])
    if data is None and members.CALENDAR_DATA in wanted:
        data = _data(root.find(f"{dav('prop')}/{members.CALENDAR_DATA}"), drop.timezone)
    return members.writer(calendar, wanted, fixed, data)


def _data(shape: ET.Element | None, zone: str) -> Callable[[Any], str]:
    if shape is None or not len(shape):
        return lambda row: str(row.text)
    return lambda row: calendar_data(row, shape, zone)


def check_media_type(root: ET.Element) -> None:
    """Raises ``DavError`` when calendar-data is wanted as something that is not iCalendar 2.0 (supported-calendar-data)."""
    for shape in root.iterfind(f"{dav('prop')}/{members.CALENDAR_DATA}"):
        if shape.get("content-type", "text/calendar") != "text/calendar" or shape.get("version", "2.0") != "2.0":
            raise DavError(403, "<C:supported-calendar-data/>", "Events are text/calendar, version 2.0.")
