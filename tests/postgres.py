"""A private PostgreSQL for one test run, in a folder of its own, gone afterwards."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

USER = "bridge"
# No test cuts the power, so nothing needs to reach the disk; kill -9 of our own processes loses nothing either way.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_min_messages": "fatal",
}


class Cluster:
    """A running server. ``url(name)`` is a SQLAlchemy URL; each database is made by ``create`` in a blink."""

    def __init__(self, options: Mapping[str, str] = OPTIONS) -> None:
        self._options = options
        self.port = free_port()
        self._bin = find_binaries()
        # The folder is not pytest's own: PostgreSQL refuses to run as root, and the user it runs as may not enter there.
        self._folder = Path(tempfile.mkdtemp(prefix="bridge-pg-"))
        self._account = _account()
        if self._account:
            shutil.chown(self._folder, self._account["user"], self._account["group"])
        self._run("initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        self._server = self._start()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template0") -> str:
        """A new database as a copy of ``template``, to which nobody may be connected. Returns its URL."""
        self._execute(SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"), name, template)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Removes a database, whoever is still connected."""
        self._execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def crash(self) -> None:
        """Ends the server without a chance to put anything in order, and starts it again: it recovers by its log."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()
        self._server = self._start()

    def stop(self) -> None:
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _execute(self, statement: SQL, *names: str) -> None:
        with self._connect() as connection:
            connection.execute(statement.format(*(Identifier(name) for name in names)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=self.port, user=USER, dbname="postgres", autocommit=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments], cwd=self._folder, capture_output=True, text=True, check=False, **self._account
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def _start(self) -> subprocess.Popen[bytes]:
        options = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        command = [self._bin / "postgres", "-D", "data", "-k", self._folder, "-p", str(self.port), *options]
        with (self._folder / "log").open("wb") as log:
            server = subprocess.Popen(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_end_with_parent, **self._account
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                self._connect().close()
                return server
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}") from None
                time.sleep(0.05)


def find_binaries() -> Path:
    """The folder of initdb and postgres, the newest version first."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise RuntimeError("These tests need PostgreSQL; tests/setup/run.sh installs it, or says how to.")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _account() -> dict[str, str]:
    """Whom the server runs as when we are root: what ``subprocess`` takes; nothing when we are not."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody") if name in names)
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _end_with_parent() -> None:
    """A test run that is killed takes its server along (Linux: PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)
