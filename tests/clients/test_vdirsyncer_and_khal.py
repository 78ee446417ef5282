"""vdirsyncer between a folder and the server, and khal on that folder."""

import sys
from pathlib import Path

import pytest

from tests.caldav_plugin.device import Device, event, slot
from tests.cast import ADA
from tests.clients.conftest import Desk, Live

BIN = Path(sys.executable).parent
SYNC = """
[general]
status_path = "{home}/status/"
[pair ada]
a = "folder"
b = "server"
collections = ["from a", "from b"]
conflict_resolution = {resolution}
metadata = ["displayname", "color"]
[storage folder]
type = "filesystem"
path = "{home}/calendars/"
fileext = ".ics"
[storage server]
type = "caldav"
url = "{url}"
{sign_in}
"""
SIGN_IN = f'username = "{ADA.name}"\npassword = "{ADA.password}"'
KHAL = """
[calendars]
[[bread]]
path = {home}/calendars/bread
[locale]
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[default]
default_calendar = bread
[sqlite]
path = {home}/khal.db
"""


def prepared(desk: Desk, url: str, sign_in: str = SIGN_IN, resolution: str = "null") -> Desk:
    """vdirsyncer set up, with its collections discovered."""
    desk.write("vdirsyncer/config", SYNC.format(home=desk.home, url=url, sign_in=sign_in, resolution=resolution))
    (desk.home / "calendars").mkdir()
    discovered = desk.run("sh", "-c", f"yes | {BIN}/vdirsyncer discover ada")
    assert "bread" in discovered.stdout + discovered.stderr
    return desk


def sync(desk: Desk, check: bool = True) -> str:
    """One run; what it said."""
    done = desk.run(str(BIN / "vdirsyncer"), "sync", check=check)
    return done.stdout + done.stderr


def phone(live: Live) -> Device:
    """A second device of Ada's, in this process."""
    from bridge.caldav_plugin.application import Application

    return Device(Application(live.house, "organizer"), ADA)


def test_both_sides_end_up_the_same(live: Live, desk: Desk) -> None:
    prepared(desk, live.dav)
    other = phone(live)
    other("PUT", "/ada/bread/from-phone.ics", slot("from-phone", 24))
    desk.write("calendars/bread/from-desk.ics", event("from-desk"))
    sync(desk)
    assert "24 of 24 places left" in (desk.home / "calendars/bread/from-phone.ics").read_text().replace("\n ", "")
    assert other("GET", "/ada/bread/from-desk.ics").status == 200
    other("DELETE", "/ada/bread/from-desk.ics")
    desk.write("calendars/bread/from-phone.ics", slot("from-phone", 12).replace("\r\n", "\n"))
    sync(desk)
    assert not (desk.home / "calendars/bread/from-desk.ics").exists()
    assert "12 of 12 places left" in other("GET", "/ada/bread/from-phone.ics").text
    sync(desk)
    settled = sync(desk)
    assert "Copying" not in settled
    assert "12 of 12 places left" in (desk.home / "calendars/bread/from-phone.ics").read_text().replace("\n ", "")


def test_a_conflict_is_seen_and_settled_as_the_user_wants(live: Live, desk: Desk) -> None:
    prepared(desk, live.dav)
    other = phone(live)
    other("PUT", "/ada/bread/e.ics", event("e"))
    sync(desk)
    other("PUT", "/ada/bread/e.ics", event("e", "LOCATION:Phone"))
    desk.write("calendars/bread/e.ics", event("e", "LOCATION:Desk"))
    assert "conflict" in sync(desk, check=False).lower()
    assert "LOCATION:Phone" in other("GET", "/ada/bread/e.ics").text
    desk.write("vdirsyncer/config", SYNC.format(home=desk.home, url=live.dav, sign_in=SIGN_IN, resolution='"b wins"'))
    sync(desk)
    assert "LOCATION:Phone" in (desk.home / "calendars/bread/e.ics").read_text()


def test_a_calendars_name_and_colour_are_synchronised(live: Live, desk: Desk) -> None:
    prepared(desk, live.dav)
    phone(live).proppatch("/ada/bread/", "<A:calendar-color>#FF2968FF</A:calendar-color>")
    desk.run(str(BIN / "vdirsyncer"), "metasync")
    assert (desk.home / "calendars/bread/displayname").read_text() == "Bread"
    assert (desk.home / "calendars/bread/color").read_text().upper().startswith("#FF2968")


@pytest.mark.parametrize("path", ["/dav-public/ada/bread/", "/dav-public/ada/"])
def test_anyone_synchronises_the_public_calendar_without_a_password(live: Live, desk: Desk, path: str) -> None:
    phone(live)("PUT", "/ada/bread/s.ics", slot("s", 24))
    prepared(desk, live.url + path, "read_only = true")
    sync(desk)
    (found,) = (desk.home / "calendars/bread").glob("*.ics")
    assert "24 of 24 places left" in found.read_text().replace("\n ", "")


def test_khal_shows_and_makes_slots(live: Live, desk: Desk) -> None:
    prepared(desk, live.dav)
    other = phone(live)
    other("PUT", "/ada/bread/s.ics", slot("s", 24))
    sync(desk)
    desk.write("khal/config", KHAL.format(home=desk.home))
    listed = desk.run(str(BIN / "khal"), "list", "2026-12-05", "2026-12-06", "--format", "{start-time} {title} {description}").stdout
    assert "10:00 Loaves" in listed
    assert "24 of 24 places left" in listed
    desk.run(str(BIN / "khal"), "new", "-a", "bread", "2026-12-12", "09:00", "11:00", "Rye", "::", "Places: 8")
    sync(desk)
    sync(desk)
    assert "8 of 8 places left" in desk.run(str(BIN / "khal"), "list", "2026-12-12", "2026-12-13", "--format", "{description}").stdout
