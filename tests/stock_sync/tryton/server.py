"""Starts a real Tryton on a copy of the ready shop, and stops it. Needs ``tests/setup/tryton.sh`` to have run."""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[3]
HOME = ROOT / ".venv-tryton"
PREPARE = Path(__file__).with_name("prepare.py")
MODULES = ["sale_point", "web_shop", "stock_product_location"]
DATABASE = "shop"
START_WITHIN = 60


def is_installed():
    return (HOME / "bin" / "trytond").exists()


def ready_shop():
    """The folder of a finished database and its key. The first caller makes it (half a minute); others wait for it."""
    # The shop's books are open for one year.
    wanted = PREPARE.read_bytes() + (HOME / "installed.txt").read_bytes() + str(datetime.now(UTC).year).encode()
    folder = HOME / f"shop-{hashlib.sha256(wanted).hexdigest()[:12]}"
    with (HOME / "shop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fresh = HOME / "shop.new"
            shutil.rmtree(fresh, ignore_errors=True)
            _make(fresh)
            fresh.rename(folder)
    return folder


def _make(folder):
    folder.mkdir()
    (folder / f"{DATABASE}.sqlite").touch()
    (folder / "pass").write_text("admin\n")
    config = _configure(folder, 0)
    admin = [HOME / "bin" / "trytond-admin", "-c", config, "-d", DATABASE]
    _run([*admin, "--all", "--email", "admin@example.org"], folder)
    _run([*admin, "-u", *MODULES, "--activate-dependencies"], folder)
    (folder / "key").write_text(_run([HOME / "bin" / "python", PREPARE, config, DATABASE], folder).split()[-1])


def _run(command, folder):
    done = subprocess.run(command, env=_environment(folder), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _environment(folder):
    return {**os.environ, "TRYTONPASSFILE": str(folder / "pass"), "PYTHONWARNINGS": "ignore"}


def _configure(folder, port):
    config = folder / "trytond.conf"
    config.write_text(f"[database]\nuri = sqlite://\npath = {folder.resolve()}\n[web]\nlisten = 127.0.0.1:{port}\n")
    return config


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TrytonServer:
    """A running till with a database of its own in ``folder``."""

    def __init__(self, folder):
        shutil.copytree(ready_shop(), folder, dirs_exist_ok=True)
        self.folder, self.key, self.port = folder, (folder / "key").read_text(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        config = _configure(self.folder, self.port)
        self._log = (self.folder / "log").open("a")
        self._process = subprocess.Popen(
            [HOME / "bin" / "trytond", "-c", config, "-d", DATABASE],
            env=_environment(self.folder),
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        give_up = time.monotonic() + START_WITHIN
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < give_up, "Tryton did not start"
            time.sleep(0.1)

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(timeout=20)
        self._log.close()

    @property
    def config(self):
        """What ``pos add`` is told."""
        return {"url": self.url, "database": DATABASE, "key": self.key}
