"""From a real till to everyone's calendar: a sale rung up at Tryton, seen by a CalDAV client and a subscriber."""

import shutil
import time
from datetime import UTC, datetime, timedelta

import caldav
import pytest
import requests
from icalendar import Calendar

from tests.crash.installation import Installation, Server
from tests.stock_sync.tryton.fixtures import counter, tryton_server

__all__ = ["counter", "tryton_server"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tryton")]
PATIENCE = 30
NAME = "Sourdough box, Saturday drop"


def eventually(look, wanted):
    """What ``look()`` gives once it is ``wanted``, or the last it gave."""
    give_up = time.monotonic() + PATIENCE
    while (seen := look()) != wanted and time.monotonic() < give_up:
        time.sleep(0.2)
    return seen


class Onlookers:
    """Ada with her calendar app, and somebody who subscribed to the feed."""

    def __init__(self, url, password):
        self._feed = f"{url}/ada/bread/calendar.ics"
        self._app = caldav.DAVClient(f"{url}/dav/", username="ada", password=password)
        self._calendar = next(one for one in self._app.principal().calendars() if str(one.url).rstrip("/").endswith("/ada/bread"))

    def add_slot(self):
        starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
        self._calendar.save_event(
            uid="saturday@ada.example",
            dtstart=starts,
            dtend=starts + timedelta(hours=1),
            summary="Saturday pickup",
            description="Warm from the oven.\nPlaces: 60\nSells: DROP-SAT",
        )

    def notes(self):
        """The notes of the slot in Ada's calendar, as her app synchronises them."""
        (event,) = self._calendar.get_objects_by_sync_token(load_objects=True)
        return str(event.icalendar_component["DESCRIPTION"])

    def feed(self):
        answer = requests.get(self._feed, timeout=30)
        answer.raise_for_status()
        (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
        return str(event["DESCRIPTION"])

    def close(self):
        self._app.close()


def left(notes):
    """How many boxes a text says are left; None when it does not say."""
    for line in notes.splitlines():
        if line.startswith(NAME):
            return 0 if "sold out" in line else int(line.split(" left")[0].rsplit(" ", 1)[1])
    return None


@pytest.fixture(scope="module")
def installation(tmp_path_factory, sqlite_template, tryton_server):
    """A server whose organizer has connected the till as the manual says."""
    folder = tmp_path_factory.mktemp("journey")
    shutil.copy(sqlite_template, folder / "bridge.db")
    made = Installation(folder, f"sqlite:///{folder / 'bridge.db'}")
    made.furnish()
    key = folder / "tryton.key"
    key.write_text(tryton_server.key)
    made.say(
        "pos",
        "add",
        "ada",
        "tryton",
        "--interval",
        "1",
        "--set",
        f"url={tryton_server.url}",
        "--set",
        "database=shop",
        "--set",
        f"key_file={key}",
    )
    return made


@pytest.fixture(scope="module")
def server(installation):
    made = Server(installation)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def onlookers(installation, server):
    made = Onlookers(f"http://127.0.0.1:{server.port}", installation.password)
    yield made
    made.close()


def test_a_sale_at_the_till_lowers_the_number_in_the_calendar_and_in_the_feed(installation, onlookers, counter):
    assert "products" in installation.say("pos", "check", "ada/tryton")
    onlookers.add_slot()
    there = eventually(lambda: left(onlookers.notes()), 40)
    assert there == 40
    assert left(onlookers.feed()) == 40
    sale = counter.pay("DROP-SAT", 2)
    assert eventually(lambda: left(onlookers.notes()), 38) == 38
    assert left(onlookers.feed()) == 38
    counter.press(sale, "post")
    counter.sell("DROP-SAT", 1)
    assert eventually(lambda: left(onlookers.feed()), 37) == 37
    assert left(onlookers.notes()) == 37
    assert onlookers.notes().startswith("Warm from the oven.")
    installation.assert_sound()


def test_a_till_that_is_switched_off_is_told_to_the_organizer(installation, onlookers, tryton_server, counter):
    onlookers.add_slot()
    before = eventually(lambda: left(onlookers.notes()) is not None, True)
    assert before
    known = left(onlookers.notes())
    tryton_server.stop()
    try:
        assert eventually(lambda: "cannot be reached" in onlookers.notes(), True)
        assert left(onlookers.notes()) == known
        assert "cannot be reached" not in onlookers.feed()
        assert "cannot be reached" in installation.run("doctor").stdout
    finally:
        tryton_server.start()
    counter.sell("DROP-SAT", 1)
    assert eventually(lambda: left(onlookers.notes()), known - 1) == known - 1
    assert "cannot be reached" not in onlookers.notes()
