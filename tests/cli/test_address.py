"""Links lead to the server that runs, whoever makes them and whatever port it was given."""

from contextlib import contextmanager

import pytest

from bridge.scheduler import Clock
from bridge.settings import Settings
from bridge.wiring import bridge, tell_address
from tests.cli.test_commands import Shell
from tests.crash.installation import Installation, Server
from tests.house import event
from tests.postgres import free_port


@pytest.fixture
def ada(database_url, tmp_path):
    """Commands of an installation with a drop, none of whose servers has run."""
    made = Shell(database_url, tmp_path)
    made("organizer", "add", "ada")
    made("drop", "add", "ada", "bread")
    return made


@contextmanager
def house_of(shell, **server):
    made = bridge(Settings().replace(database={"url": shell.environment["DROPBRIDGE_DATABASE__URL"]}, server=server))
    yield made
    made.database.dispose()


def started(shell, **server):
    """A server of the installation has started."""
    with house_of(shell, **server) as house:
        tell_address(house)


def published(shell, name="a"):
    """The feed after a command took an event in."""
    file = shell.folder / f"{name}.ics"
    file.write_text(event(name), newline="")
    shell("drop", "import", "ada", "bread", file)
    with house_of(shell) as house, house.read() as views:
        return "".join(row.text for row in views.feed_rows(views.drop("ada", "bread").id)).replace("\r\n ", "")


def test_what_a_command_publishes_leads_to_the_port_that_serve_was_given(ada):
    server = Server(Installation(ada.folder, ada.environment["DROPBRIDGE_DATABASE__URL"]), "web")
    server.start()
    try:
        assert f"http://127.0.0.1:{server.port}/ada/cake/" in ada("drop", "add", "ada", "cake")
        assert f"http://127.0.0.1:{server.port}/slots/" in published(ada)
    finally:
        server.stop()


def test_the_server_that_started_last_is_the_one(ada):
    started(ada, port=8471)
    assert "http://127.0.0.1:8471/slots/" in published(ada, "a")
    started(ada, port=8472)
    assert "http://127.0.0.1:8472/slots/" in published(ada, "b")


def test_the_setting_always_wins(ada):
    started(ada, port=8471)
    ada.environment["DROPBRIDGE_SERVER__BASE_URL"] = "https://shop.example"
    assert "https://shop.example/slots/" in published(ada)


def test_a_clock_apart_learns_of_it_while_it_runs(ada):
    with house_of(ada) as house:
        clock = Clock(house)
        started(ada, port=8471)
        clock._listen()
        assert clock._bridge.house.link("x") == "http://127.0.0.1:8471/slots/x"


def test_a_server_that_cannot_listen_tells_nobody(ada, monkeypatch):
    for name in ("HOST", "PORT"):  # which the command hands on to its workers, and this process is not to keep
        monkeypatch.setenv(f"DROPBRIDGE_SERVER__{name}", "1")
    started(ada, port=8471)
    ada("web", "--host", "300.1.1.1", "--port", free_port(), status=1)
    assert "http://127.0.0.1:8471/slots/" in published(ada)
