"""A live server for real clients, and the place where they keep their things."""

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from bridge.site import web
from bridge.wiring import Bridge
from tests.caldav_plugin.conftest import made
from tests.cast import ADA
from tests.fakes import Clock


class Quiet(WSGIRequestHandler):
    """Keeps connections open, as clients expect, and the log to itself."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Live:
    """A server of Ada's house on a port of its own."""

    house: Bridge
    url: str

    @property
    def dav(self) -> str:
        """The address an organizer gives their app."""
        return f"{self.url}/dav/"


@pytest.fixture
def live(sqlite_url: str, clock: Clock) -> Iterator[Live]:
    """The whole web application, served on loopback."""
    house = made(sqlite_url, clock)
    server = make_server("127.0.0.1", 0, web(house), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Live(house, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    house.database.dispose()


@dataclass(frozen=True)
class Desk:
    """A directory that a command line client takes for its home."""

    home: Path

    def run(self, *command: str, check: bool = True, **environ: str) -> subprocess.CompletedProcess[str]:
        """Runs a command here; its output is in the failure when it fails."""
        own = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(command, env={**own, **environ}, cwd=self.home, capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def write(self, name: str, text: str) -> Path:
        """Puts a file here."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty home."""
    return Desk(tmp_path)


__all__ = ["ADA", "Desk", "Live"]
