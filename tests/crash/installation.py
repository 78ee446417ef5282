"""A dropbridge of its own: its commands, and its processes, which can be killed as by a power cut."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).parents[2]
DROPBRIDGE = [sys.executable, "-m", "bridge"]
STARTING = 60
SETTLING = 30


class Installation:
    """One database, and any number of servers on it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.password = self.token = ""
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            # Where no bytecode is kept, each of the many short commands would compile everything anew.
            "PYTHONDONTWRITEBYTECODE": "",
            "DROPBRIDGE_DATABASE__URL": url,
            "DROPBRIDGE_API__RATE": "1000000",
            "DROPBRIDGE_LOG__LEVEL": "warning",
        }

    def copied(self, folder: Path, url: str) -> "Installation":
        """Another one with the same sign-ins, on a copy of its database."""
        made = Installation(folder, url)
        made.password, made.token = self.password, self.token
        return made

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command to its end, whatever its exit status."""
        return subprocess.run([*DROPBRIDGE, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)

    def say(self, *arguments: str) -> str:
        """One command that has to succeed: what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"dropbridge {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def furnish(self) -> None:
        """An organizer with a drop, ``password`` for CalDAV and ``token`` for the API."""
        self.say("organizer", "add", "ada")
        self.say("drop", "add", "ada", "bread", "--timezone", "Europe/Berlin")
        self.password = self.say("organizer", "app-password", "ada", "phone").split()[-1]
        self.token = self.say("token", "add", "ada", "till").split()[-1]

    def counts(self) -> dict[str, int]:
        """What is there of each SKU: the count and the movements since."""
        return {item["sku"]: (item["count"] or 0) + item["moved"] for item in json.loads(self.say("stock", "list", "ada", "--json"))}

    def assert_sound(self, *options: str) -> None:
        """Doctor finds nothing, once what the last commits asked for is published."""
        deadline = time.monotonic() + SETTLING
        while (done := self.run("doctor", *options)).returncode and time.monotonic() < deadline:
            time.sleep(0.5)
        assert done.returncode == 0, done.stdout + done.stderr


class Server:
    """A process group of one installation, on a port of its own where it listens."""

    def __init__(self, installation: Installation, command: str = "serve") -> None:
        self.port = free_port()
        self._installation = installation
        self._command = [command] if command == "clock" else [command, "--port", str(self.port)]
        self._listens = command != "clock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        log = self._installation.folder / "server.log"
        with log.open("ab") as words:
            self._process = subprocess.Popen(
                [*DROPBRIDGE, *self._command],
                cwd=self._installation.folder,
                env=self._installation.environment,
                stdout=words,
                stderr=words,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTING
        while self._listens and not self._answers():
            assert self._process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.05)

    def kill(self) -> None:
        """All its processes at once, with no chance to clean up."""
        self._end(signal.SIGKILL)

    def stop(self) -> bool:
        """As an operator stops it. Whether it ended by itself, within half a minute."""
        return self._end(signal.SIGTERM)

    def child(self, word: str) -> int:
        """The process right below it whose command line has this word: ``supervisor`` is the web's, ``clock`` the clock's."""
        assert self._process is not None
        threads = Path(f"/proc/{self._process.pid}/task")
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline:
            for pid in " ".join(each.read_text() for each in threads.glob("*/children")).split():
                with contextlib.suppress(OSError):
                    if word in Path(f"/proc/{pid}/cmdline").read_text():
                        return int(pid)
            time.sleep(0.02)
        raise AssertionError(f"no process {word} below {self._process.pid}")

    def _answers(self) -> bool:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=STARTING)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(asking):
            asking.request("GET", "/healthz")
            return asking.getresponse().status == 200
        return False

    def _listened(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def _end(self, how: signal.Signals) -> bool:
        if self._process is None:
            return True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        ended = True
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            ended = False
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None
        # Its workers share the listening socket, and may outlive it by a moment.
        while self._listens and self._listened():
            time.sleep(0.02)
        return ended
