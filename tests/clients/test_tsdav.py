"""tsdav, what JavaScript apps use."""

import json
from pathlib import Path

from tests.caldav_plugin.device import slot
from tests.cast import ADA
from tests.clients.conftest import Desk, Live

SCRIPT = Path(__file__).parents[1] / "node" / "caldav.mjs"


def test_tsdav_discovers_makes_changes_synchronises_and_removes(live: Live, desk: Desk) -> None:
    done = desk.run("node", str(SCRIPT), live.dav, ADA.name, ADA.password, slot("ts", 24), slot("ts", 12, "LOCATION:Oven"))
    told = json.loads(done.stdout)
    assert told["displayName"] == "Bread"
    assert set(told["components"]) == {"VEVENT", "VTODO", "VJOURNAL"}
    assert told["made"] == 201
    assert [href for href in told["changedHrefs"] if href.endswith(".ics")] == ["/dav/ada/bread/ts.ics"]
    assert "24 of 24 places left" in told["data"].replace("\r\n ", "")
    assert told["updated"] == 204
    assert told["stale"] == 412
    assert "12 of 12 places left" in told["again"].replace("\r\n ", "")
    assert "Made by ts" in told["names"]
    assert told["synced"] == 1
    assert told["removed"] == 204
    assert told["left"] == 0
