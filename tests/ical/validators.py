"""Two other readers of iCalendar, for what we write: libical (Debian's, by ctypes) and ical.js (by node)."""

import ctypes
import json
import subprocess
from functools import lru_cache

import pytest

from tests.npm import NODE, npm

_TOO_YOUNG = "Parse error in property name: STYLED-DESCRIPTION"
"""libical 3 knows no RFC 9073; RFC 5545 wants readers to pass over names they do not know, and it does."""
_SCRIPT = """
const ICAL = require("ical.js").default ?? require("ical.js");
let text = "";
process.stdin.setEncoding("utf8").on("data", (more) => (text += more)).on("end", () => {
  const [ours, wanted] = JSON.parse(text);
  const calendar = new ICAL.Component(ICAL.parse(ours));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const events = calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return {
      uid: event.uid, summary: event.summary, description: event.description, location: event.location,
      start: event.startDate.toUnixTime(), end: event.endDate.toUnixTime(), day: event.startDate.isDate,
      styled: component.getFirstPropertyValue("styled-description"), status: component.getFirstPropertyValue("status"),
      categories: component.getAllProperties("categories").flatMap((line) => line.getValues()),
      id: String(event.recurrenceId ?? ""),
    };
  });
  const offsets = wanted.map(([tzid, at]) => {
    const zone = ICAL.TimezoneService.get(tzid);
    const time = ICAL.Time.fromData({ ...at, isDate: false }, zone);
    return time.toUnixTime();
  });
  console.log(JSON.stringify({ names: ["name", "x-wr-calname"].map((name) => calendar.getFirstPropertyValue(name)), events, offsets }));
});
"""


@lru_cache(maxsize=1)
def _libical() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libical.so.3")
    except OSError:
        return None
    for name in ("icalparser_parse_string", "icalcomponent_as_ical_string", "icalcomponent_get_first_component"):
        getattr(library, name).restype = ctypes.c_void_p
    return library


def libical_errors(text: str) -> list[str]:
    """What libical finds wrong with ``text`` by parsing it and by the restrictions of its METHOD."""
    library = _libical()
    if library is None:
        pytest.skip("libical.so.3 is not installed (Debian package libical3)")
    component = ctypes.c_void_p(library.icalparser_parse_string(text.encode()))
    if not component:
        return ["not parsed at all"]
    library.icalrestriction_check(component)
    out = ctypes.string_at(ctypes.c_void_p(library.icalcomponent_as_ical_string(component))).decode()
    lines = out.replace("\r\n ", "").split("\r\n")
    errors = [line for line in lines if line.startswith("X-LIC-ERROR") and not line.endswith(_TOO_YOUNG)]
    library.icalcomponent_free(component)
    return errors


def icaljs(text: str, moments: list[tuple[str, dict[str, int]]] | None = None) -> dict:
    """What ical.js reads from ``text``; ``offsets`` are epoch seconds of local ``moments`` by the text's own VTIMEZONEs."""
    npm("ical.js")
    given = json.dumps([text, moments or []])
    done = subprocess.run(["node", "-e", _SCRIPT], cwd=NODE, input=given, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
