"""The server that the suites talk to: a real web process on a database of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.flows.access import add_app_password
from bridge.flows.drops import add_organizer
from bridge.settings import Settings
from bridge.store.migrate import upgrade
from bridge.wiring import bridge
from tests.cast import ADA, DEE, Person

# Not 127.0.0.1: caldav-server-tester leaves out discovery by a well-known address there.
HOST = "127.0.0.2"


@dataclass(frozen=True)
class Server:
    """A running server; Ada and Dee can sign in with their passwords."""

    url: str

    @property
    def dav(self) -> str:
        """Where an organizer's app begins."""
        return f"{self.url}/dav/"


@contextmanager
def serving(directory: Path) -> Iterator[Server]:
    """A server for as long as it is needed, with its database and its log in ``directory``."""
    database = f"sqlite:///{directory / 'bridge.db'}"
    _furnish(database)
    port = _free_port()
    environ = {**os.environ, "DROPBRIDGE_DATABASE__URL": database, "DROPBRIDGE_SERVER__BASE_URL": f"http://{HOST}:{port}"}
    with (directory / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "bridge", "web", "--host", HOST, "--port", str(port)]
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            _await(f"http://{HOST}:{port}/healthz", process, directory / "server.log")
            yield Server(f"http://{HOST}:{port}")
        finally:
            process.terminate()
            process.wait(20)


def _furnish(database: str) -> None:
    house = bridge(Settings().replace(database={"url": database}))
    upgrade(house.database)
    with house.work() as work:
        for person in (ADA, DEE):
            _add(work, person, house.now())
    house.database.dispose()


def _add(work: object, person: Person, now: object) -> None:
    organizer = add_organizer(work, person.name, title=person.title, now=now)
    add_app_password(work, organizer, "suite", "owner", person.password, now, [])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"The server did not start:\n{log.read_text()}")
