"""The whole feed as other programs read it: ical.js, libical, and curl for what is compressed."""

import shutil
import subprocess
import threading
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from tests.ical.validators import icaljs, libical_errors
from tests.window import LOAVES, SATURDAY, Window, left, offer, preorder, slot

ODD = 'Brötchen, "Käse"; 12:00 \\ 日本語 🥐 ' + "sehr " * 40


@pytest.fixture
def window(clock):
    abroad = replace(LOAVES, id=2, slug="abroad", title=ODD, description=ODD + "\n\nzwei", timezone="Australia/Lord_Howe")
    return Window(
        slot(1, title=ODD, notes=ODD + "\nzweite Zeile", place=ODD, availability=left(3, offers=(offer("X", ODD, 3),))),
        slot(2, availability=left(0, state="soon"), preorder=preorder(SATURDAY)),
        slot(3, availability=left(0, state="cancelled"), removed=True),
        slot(4, drop="ada/abroad", timezone="Australia/Lord_Howe"),
        slot(5, drop="ada/abroad", all_day=True, timezone="UTC"),
        drops=(LOAVES, abroad),
        clock=clock,
    )


@pytest.mark.parametrize("path", ["/ada/loaves/calendar.ics", "/ada/abroad/calendar.ics", "/ada/calendar.ics"])
@pytest.mark.parametrize("query", ["", "?only=available", "?alarms=1", "?lang=de&alarms=1"])
def test_other_readers_find_nothing_wrong(window, path, query):
    text = window.app().test_client().get(path + query).get_data(as_text=True)
    assert libical_errors(text) == []
    shown = [one for one in window.slots.values() if f"UID:{one.public_id}@dropbridge" in text]
    read = {event["uid"]: event for event in icaljs(text)["events"]}
    assert set(read) == {f"{one.public_id}@dropbridge" for one in shown}
    for one in shown:
        event = read[f"{one.public_id}@dropbridge"]
        assert event["summary"].startswith(" ".join(one.title.split()))
        assert event["day"] == one.all_day
        assert one.all_day or event["start"] == one.starts_at.timestamp()


@pytest.fixture
def served(window):
    window.put(*(slot(number) for number in range(10, 600)))
    server = make_server("127.0.0.1", 0, window.app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/ada/loaves/calendar.ics"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_unpacks_what_it_asked_for(served):
    plain, packed = (
        subprocess.run(["curl", "--silent", "--fail", *more, served], capture_output=True, check=True, timeout=60).stdout
        for more in ([], ["--compressed"])
    )
    assert plain == packed
    assert plain.count(b"BEGIN:VEVENT") == 593
