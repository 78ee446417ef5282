"""The whole server is killed (kill -9) at random moments under mixed load: what was acknowledged is there, all of it and once.

Three times; fifty in the deep run; ``KILLS=`` says otherwise, and ``KILL_SEED=`` repeats a run.
"""

import os
import random
import time

import pytest

from tests.crash.devices import App, Crowd, Editor, Subscriber, Till, name_of
from tests.crash.installation import Server

KILLS = int(os.environ.get("KILLS", "50" if os.environ.get("DEEP") else "3"))
SEED = int(os.environ.get("KILL_SEED", "0")) or random.randrange(1 << 30)


class Load:
    """Two editors, a till, an app that keeps in step, and a subscriber."""

    def __init__(self, port: int, password: str, token: str) -> None:
        self.editors = [Editor(port, password, begin, SEED + begin) for begin in (0, 100)]
        self.till = Till(port, token, "till")
        self.app = App(port, password=password)
        self.crowd = Crowd(*self.editors, self.till, self.app, Subscriber(port))

    def assert_edits_whole(self) -> None:
        """Every slot is as it was last acknowledged, or as it was sent when the server was killed; never in between."""
        for editor in self.editors:
            for number, unsure in editor.unsure.items():
                allowed = {editor.acknowledged.get(number, -1), *unsure}
                found = _edition(self.app.text(number))
                assert found in allowed, f"slot {number} is edition {found}, acknowledged or sent {allowed}, seed {SEED}"
                editor.acknowledged[number] = found
                unsure.clear()

    def assert_counts_kept(self, counts: dict[str, int]) -> None:
        """Every count is the last acknowledged or the one sent; every cake sold is gone once."""
        for sku, unsure in self.till.unsure.items():
            assert counts.get(sku, 0) in {self.till.acknowledged.get(sku, 0), *unsure}, f"{sku}, seed {SEED}"
        assert counts["CAKE"] == Till.CAKES - self.till.sold

    def assert_in_step(self) -> None:
        """The app's copy, kept by sync alone, is what the server lists."""
        self.app.act()
        assert self.app.copy == self.app.listing(), f"seed {SEED}"


def _edition(text: str | None) -> int:
    if text is None:
        return -1
    edition = text.partition("SUMMARY:Bread edition ")[2].partition("\r\n")[0]
    assert f"Words of edition {edition}" in text, text
    assert text.endswith("END:VCALENDAR\r\n")
    return int(edition)


@pytest.mark.slow
def test_a_killed_server_loses_nothing_it_acknowledged_and_leaves_nothing_half_done(installation):
    server = Server(installation)
    server.start()
    load = Load(server.port, installation.password, installation.token)
    load.till.open()
    load.app.act()
    pause = random.Random(SEED)
    try:
        for _ in range(KILLS):
            load.crowd.begin()
            time.sleep(pause.uniform(0.3, 2.0))
            server.kill()
            server.start()
            time.sleep(pause.uniform(0.0, 0.5))
            load.crowd.rest()
            load.till.settle()
            load.assert_edits_whole()
            load.assert_counts_kept(installation.counts())
            installation.assert_sound()
            load.assert_in_step()
    finally:
        load.crowd.leave()
        server.kill()
    assert sum(len(editor.acknowledged) for editor in load.editors) > KILLS, "there was no load"
    quiet = [name_of(1000 + n) for n in range(100)]
    assert all(load.app.heard[name] == 1 for name in quiet), "the app was made to download everything anew"
