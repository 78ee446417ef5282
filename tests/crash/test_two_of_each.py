"""Two web processes and two clocks on one PostgreSQL: nothing is done twice, and no sync token skips a change."""

import threading
import time
from datetime import UTC, datetime

import pytest

from tests.crash.devices import App, Crowd, Device, Editor, Till
from tests.crash.installation import SETTLING, Server

LOAD_SECONDS = 6
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def pair(postgresql_installation):
    """An installation and its two web processes; two clocks run as well."""
    installation = postgresql_installation
    webs = [Server(installation, "web"), Server(installation, "web")]
    clocks = [Server(installation, "clock"), Server(installation, "clock")]
    for server in (*webs, *clocks):
        server.start()
    yield installation, *webs
    for server in (*webs, *clocks):
        server.stop()


def _settle(app):
    """Syncs until the revision stands still."""
    deadline, still = time.monotonic() + SETTLING, 0
    while still < 20 and time.monotonic() < deadline:
        before = app.revision
        app.act()
        still = still + 1 if app.revision == before else 0
        time.sleep(0.1)


@pytest.mark.slow
def test_an_app_that_syncs_from_both_while_all_write_ends_with_exactly_what_is_there(pair):
    installation, one, two = pair
    editors = [Editor((one, two)[n % 2].port, installation.password, 100 * n, n) for n in range(4)]
    tills = [Till(server.port, installation.token, f"till-{server.port}") for server in (one, two)]
    apps = [App(one.port, two.port, password=installation.password), App(two.port, one.port, password=installation.password)]
    tills[0].open()
    for app in apps:
        app.act()
    begun = apps[0].revision
    crowd = Crowd(*editors, *tills, *apps)
    try:
        crowd.begin()
        time.sleep(LOAD_SECONDS)
        crowd.rest()
        for app in apps:
            _settle(app)
            assert app.copy == app.listing()
    finally:
        crowd.leave()
    acts = sum(len(told) for editor in editors for told in editor.history.values()) + sum(till.told for till in tills)
    assert acts > 20, "there was no load"
    assert apps[0].revision - begun <= acts, "something was rendered twice"
    assert installation.counts()["CAKE"] == Till.CAKES - sum(till.sold for till in tills)
    installation.assert_sound()


@pytest.mark.slow
def test_the_same_message_told_to_both_at_the_same_time_counts_once(pair):
    installation, one, two = pair
    till = Till(one.port, installation.token, "till")
    till.open()
    till.leave()
    sale = '{{"sku": "CAKE", "quantity": -1, "happened_at": "{:%Y-%m-%dT%H:%M:%S.%fZ}", "message_id": "sale-{}"}}'
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def tell(port):
        device = Device(port, f"Bearer {installation.token}")
        for number in range(30):
            both.wait(30)
            status, told = device.ask("POST", "/api/v1/locations/main/movements", sale.format(datetime.now(UTC), number), JSON)
            assert status == 200, told
            outcomes.append(told)
        device.close()

    threads = [threading.Thread(target=tell, args=(server.port,)) for server in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 60
    assert sum('"repeated"' in told for told in outcomes) == 30
    assert installation.counts()["CAKE"] == Till.CAKES - 30
