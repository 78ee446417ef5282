"""What ``serve`` keeps running beside the web, and when it says where to go."""

import os
import signal
import socket
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.children import LONGEST_PAUSE, STEADY, Child, pause
from bridge.greeting import Greeting

ROOT = Path(__file__).parent.parent
WORDS = "Shop window http://127.0.0.1/"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
FORKING = """
import os, threading, time
from bridge.children import Child

piped, pipe = threading.Event(), os.pipe

def slow_pipe():
    made = pipe()
    piped.set()
    time.sleep(0.5)
    return made

os.pipe = slow_pipe
child = Child("brief")
piped.wait()
forked = os.fork()
if not forked:
    time.sleep(600)
os.pipe = pipe
deadline = time.monotonic() + 20
while not (os.path.exists("runs") and open("runs").read().count("ran") > 1) and time.monotonic() < deadline:
    time.sleep(0.1)
print(open("runs").read(), flush=True)
os.kill(forked, 9)
os._exit(0)
"""
STUBBORN = "import os, time\nwith open('pids', 'a') as told:\n    print(os.getpid(), file=told, flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(60)
        yield made


def asked(listening):
    """The next who asks, once all of the question is there."""
    connection, _ = listening.accept()
    assert b"GET /healthz " in connection.recv(4096)
    return connection


def test_where_to_go_is_said_when_the_server_answers_and_not_before(listening, capsys):
    waiting = Greeting(WORDS, "127.0.0.1", listening.getsockname()[1]).begin()
    with asked(listening) as connection:
        assert WORDS not in capsys.readouterr().out
        connection.sendall(OK)
    waiting.join(60)
    assert WORDS in capsys.readouterr().out


def test_a_web_process_that_dies_at_its_start_or_is_not_well_yet_is_asked_again(listening, capsys):
    waiting = Greeting(WORDS, "0.0.0.0", listening.getsockname()[1]).begin()
    asked(listening).close()
    with asked(listening) as connection:
        connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    with asked(listening) as connection:
        assert WORDS not in capsys.readouterr().out
        connection.sendall(OK)
    waiting.join(60)
    assert WORDS in capsys.readouterr().out


def test_a_server_that_does_not_get_ready_is_told_of_once_and_still_greeted_later(listening, capsys):
    waiting = Greeting(WORDS, "127.0.0.1", listening.getsockname()[1], patience=0).begin()
    for _ in range(3):
        asked(listening).close()
    with asked(listening) as connection:
        connection.sendall(OK)
    waiting.join(60)
    told = capsys.readouterr()
    assert told.err.count("nothing answers yet on 127.0.0.1") == 1
    assert WORDS in told.out


@given(st.floats(0, LONGEST_PAUSE), st.floats(STEADY, 1e6), st.sampled_from([-signal.SIGKILL, -signal.SIGSEGV, 1]))
def test_what_ran_well_and_was_killed_is_started_again_at_once(before, lived, status):
    assert pause(before, lived, status) == 0


@given(st.floats(0, STEADY, exclude_max=True), st.sampled_from([-signal.SIGKILL, 0, 1]))
def test_what_keeps_dying_is_waited_for_ever_longer_but_never_long(lived, status):
    waits = [0.0]
    for _ in range(10):
        waits.append(pause(waits[-1], lived, status))
    assert waits[1] > 0
    assert all(later > before or later == LONGEST_PAUSE for before, later in pairwise(waits))
    assert waits[-1] == LONGEST_PAUSE


def test_what_is_asked_to_end_does_not_come_back_at_once():
    assert pause(0, STEADY, 0) > 0
    assert pause(0, STEADY, -signal.SIGINT) > 0


def test_a_killed_child_is_started_again_and_a_stopped_one_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    os.mkfifo("pids")
    child = Child("stubborn")
    pids = []
    try:
        for _ in range(2):
            pids.append(int(Path("pids").read_text()))
            os.kill(pids[-1], signal.SIGKILL)
        pids.append(int(Path("pids").read_text()))
    finally:
        child.stop()
    assert len(set(pids)) == 3
    with pytest.raises(ProcessLookupError):
        os.kill(pids[-1], 0)
    assert "stubborn" not in {thread.name for thread in threading.enumerate() if not _ended(thread)}


def test_a_child_that_is_started_while_a_web_process_is_forked_is_started_again_when_it_ends(tmp_path):
    (tmp_path / "brief.py").write_text("with open('runs', 'a') as told:\n    print('ran', file=told)\n")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    asked = [sys.executable, "-c", FORKING]
    done = subprocess.run(asked, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split().count("ran") > 1


def _ended(thread):
    if thread.name == "stubborn":
        thread.join(60)
    return not thread.is_alive()


def test_what_stays_of_serve_holds_no_database_and_no_pages_in_memory():
    heavy = "{'sqlalchemy', 'flask', 'radicale', 'icalendar', 'apscheduler', 'jinja2'}"
    asking = f"import sys, bridge.supervisor; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asking], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
