"""A backup taken under load brings back one moment, whole."""

import re
import time

import pytest

from tests.crash.devices import Crowd, Editor, Till
from tests.crash.installation import Server

ENOUGH = 60


def _wait_for(editors):
    deadline = time.monotonic() + ENOUGH
    while not all(len(editor.acknowledged) >= 20 for editor in editors):
        assert time.monotonic() < deadline, "there was no load"
        time.sleep(0.05)


def _editions(exported):
    """UID number → edition, of every event in a calendar file."""
    found = {}
    for text in exported.replace("\r\n ", "").split("BEGIN:VEVENT")[1:]:
        number, edition = re.search(r"UID:slot-(\d+)", text)[1], re.search(r"SUMMARY:Bread edition (\d+)", text)[1]
        assert f"Words of edition {edition}" in text
        found[int(number)] = int(edition)
    return found


@pytest.mark.slow
def test_a_backup_taken_under_load_restores_one_consistent_moment(installation, other, tmp_path):
    server = Server(installation)
    server.start()
    editors = [Editor(server.port, installation.password, begin, begin) for begin in (0, 100)]
    till = Till(server.port, installation.token, "till")
    till.open()
    crowd = Crowd(*editors, till)
    crowd.begin()
    try:
        _wait_for(editors)
        known = [{number: len(told) for number, told in list(editor.history.items())} for editor in editors]
        counted, sold = dict(till.acknowledged), till.sold - 1
        installation.say("backup", str(tmp_path / "taken"))
        crowd.rest()
    finally:
        crowd.leave()
        server.stop()
    other.say("restore", "--yes", str(tmp_path / "taken"))
    other.assert_sound("--offline")
    restored = _editions(other.say("drop", "export", "ada", "bread"))
    for editor, before in zip(editors, known, strict=True):
        for number, told in editor.history.items():
            since = [-1, *told][max(0, before.get(number, 0) - 1) :]
            assert restored.get(number, -1) in since, f"slot {number} is of before the backup"
    counts = other.counts()
    assert all(counts[sku] >= count for sku, count in counted.items())
    assert Till.CAKES - till.sold <= counts["CAKE"] <= Till.CAKES - sold
