"""One process of a running server is killed: who comes meanwhile waits for the next one, and is not refused."""

import http.client
import json
import os
import select
import signal
import subprocess
import time
from urllib.request import urlopen

import pytest

from tests.crash.installation import DROPBRIDGE, SETTLING, Server
from tests.crash.test_stop import ask
from tests.postgres import free_port


@pytest.fixture
def serving(sqlite_installation):
    """An installation and its server, which answers."""
    server = Server(sqlite_installation, "serve")
    server.start()
    yield sqlite_installation, server
    server.stop()


def kill(pid):
    """Returns when the process is gone."""
    seen = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    select.select([seen], [], [])
    os.close(seen)


def push(installation, server, count):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    told = {"Authorization": f"Bearer {installation.token}", "Content-Type": "application/json"}
    connection.request("PUT", "/api/v1/locations/main/stock/LOAF", json.dumps({"count": count}), told)
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.slow
def test_nobody_is_refused_while_the_only_web_process_is_started_again(serving):
    _, server = serving
    kill(server.child("supervisor"))
    assert ask(server.port, "/healthz")[0] == 200
    assert ask(server.port, "/ada/bread/")[0] == 200


@pytest.mark.slow
def test_what_is_pushed_while_the_clock_is_dead_is_published_by_the_next(serving):
    installation, server = serving
    (installation.folder / "loaf.ics").write_text(EVENT, newline="")
    installation.say("drop", "import", "ada", "bread", "loaf.ics")
    kill(server.child("clock"))
    push(installation, server, 7)
    deadline = time.monotonic() + SETTLING
    while b'"LOAF":{"left":7,' not in ask(server.port, "/ada/bread/live.json")[1]:
        assert time.monotonic() < deadline, (installation.folder / "server.log").read_text()
        time.sleep(0.1)


@pytest.mark.slow
def test_the_addresses_that_are_printed_are_answered_at_once(sqlite_installation):
    port = free_port()
    with _started(sqlite_installation, port) as serve:
        assert "Starting" in serve.stderr.readline()
        told = serve.stdout.readline()
        assert "1 organizer " in told
        assert f" http://localhost:{port}/ " in told
        with urlopen(f"http://localhost:{port}/ada/bread/", timeout=60) as page:
            assert page.status == 200
        serve.send_signal(signal.SIGINT)
        assert serve.wait(60) == 0


@pytest.mark.slow
def test_a_server_whose_web_process_cannot_start_says_so_and_no_address(sqlite_installation):
    (sqlite_installation.folder / "flask.py").write_text("raise ImportError('flask is broken')")
    sqlite_installation.environment["PYTHONPATH"] = f"{sqlite_installation.folder}:{sqlite_installation.environment['PYTHONPATH']}"
    with _started(sqlite_installation, free_port()) as serve:
        told, reason = serve.communicate(timeout=120)
    assert serve.returncode == 1
    assert "http://" not in told
    assert "flask is broken" in reason
    assert reason.strip().endswith("the reason is said above.")


def _started(installation, port):
    return subprocess.Popen(
        [*DROPBRIDGE, "serve", "--host", "localhost", "--port", str(port)],
        cwd=installation.folder,
        env=installation.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:loaf@test\r\nDTSTAMP:20261101T000000Z\r\n"
    "DTSTART:20401205T090000Z\r\nDTEND:20401205T093000Z\r\nSUMMARY:Pickup\r\nDESCRIPTION:Places: 24\\nSells: LOAF\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
