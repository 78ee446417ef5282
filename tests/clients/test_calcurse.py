"""calcurse-caldav, Debian's."""

import shutil
import sys

import pytest

from bridge.caldav_plugin.application import Application
from tests.caldav_plugin.device import Device, event, slot
from tests.cast import ADA
from tests.clients.conftest import Desk, Live

CONFIG = """
[General]
Binary = calcurse
Hostname = {host}
Path = /dav/ada/bread/
AuthMethod = basic
InsecureSSL = No
HTTPS = No
SyncFilter = cal
DryRun = No
Verbose = Yes
[Auth]
Username = {name}
Password = {password}
"""


@pytest.fixture
def calcurse(live: Live, desk: Desk) -> Desk:
    """A desk with calcurse set up."""
    desk.write("calcurse/caldav/config", CONFIG.format(host=live.url.removeprefix("http://"), name=ADA.name, password=ADA.password))
    desk.write("calcurse/apts", "")
    desk.write("calcurse/todo", "")
    return desk


def run(desk: Desk, *extra: str) -> str:
    """One synchronisation."""
    # Its own first line asks for whatever python3 comes first, which seldom has httplib2.
    script = shutil.which("calcurse-caldav")
    assert script, "calcurse is not installed"
    own = f"{desk.home}/calcurse"
    done = desk.run(sys.executable, script, "--config", f"{own}/caldav/config", "--datadir", own, *extra)
    return done.stdout + done.stderr


def test_calcurse_takes_pushes_and_follows(live: Live, calcurse: Desk) -> None:
    other = Device(Application(live.house, "organizer"), ADA)
    other("PUT", "/ada/bread/s.ics", slot("s", 24, "LOCATION:Oven"))
    run(calcurse, "--init", "keep-remote")
    appointments = calcurse.home / "calcurse/apts"
    assert "Loaves" in appointments.read_text()
    with appointments.open("a") as file:
        file.write("12/07/2026 @ 10:00 -> 12/07/2026 @ 11:00 |Dentist\n")
    run(calcurse)
    texts = other("GET", "/ada/bread/").text
    assert "SUMMARY:Dentist" in texts
    other("PUT", "/ada/bread/e.ics", event("later", "LOCATION:Town").replace("SUMMARY:Loaves", "SUMMARY:Meeting"))
    other("DELETE", "/ada/bread/s.ics")
    run(calcurse)
    shown = appointments.read_text()
    assert "Meeting" in shown
    assert "Loaves" not in shown
    assert "Dentist" in shown
