"""dropbridge as its operators run it: one command, SQLite or PostgreSQL, the calendar brought in by its own import."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import dav
from benchmarks.slots import Season
from benchmarks.target import STARTING, Target, free_port, running
from benchmarks.wire import basic

USER, DROP = "ada", "bread"
PROCESSES = 2
COMMAND = [sys.executable, "-m", "bridge"]


@contextlib.contextmanager
def dropbridge(name: str, folder: Path, season: Season, url: str, processes: int = PROCESSES) -> Iterator[Target]:
    """dropbridge on the empty database ``url`` with the season loaded as the drop ``ada/bread``."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = settings(url, port, processes)
    password, token = loaded(folder, season, environment)
    with running([*COMMAND, "serve"], environment, port, folder / "log") as process:
        target = Target(
            name,
            port,
            f"/dav/{USER}/{DROP}/",
            f"/{USER}/{DROP}/calendar.ics",
            basic(USER, password),
            season,
            token=token,
            pid=process.pid,
        )
        target.learn_names()
        _await_clock(target)
        yield target
        target.connection.close()


def _await_clock(target: Target) -> None:
    deadline = time.monotonic() + STARTING
    while target.ask(dav.get("/readyz")).status != 200:
        if time.monotonic() > deadline:
            raise dav.Unexpected(f"{target.name} never got ready")
        time.sleep(0.1)


def settings(url: str, port: int, processes: int = PROCESSES) -> dict[str, str]:
    """The environment of one server. The horizon holds the whole season, so that every event is sold on both ends of it."""
    return {
        "DROPBRIDGE_DATABASE__URL": url,
        "DROPBRIDGE_SERVER__PORT": str(port),
        "DROPBRIDGE_CALDAV__HORIZON_DAYS": "500",
        "DROPBRIDGE_SERVER__WORKERS": str(processes),
        "DROPBRIDGE_API__RATE": "1000000",
        "DROPBRIDGE_LOG__LEVEL": "warning",
        "PYTHONPATH": str(Path.cwd()),
    }


def loaded(folder: Path, season: Season, environment: Mapping[str, str]) -> tuple[str, str]:
    """Migrates the database and loads the season. Returns an app password and an API token."""
    (folder / "season.ics").write_bytes(season.whole())
    for arguments in (
        ["upgrade"],
        ["organizer", "add", USER],
        ["drop", "add", USER, DROP, "--title", "Bread", "--timezone", "Europe/Berlin"],
        ["drop", "import", USER, DROP, "season.ics"],
    ):
        said(folder, environment, *arguments)
    password = said(folder, environment, "organizer", "app-password", USER, "benchmark").split()[-1]
    token = said(folder, environment, "token", "add", USER, "benchmark").split()[-1]
    return password, token


def said(folder: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """What one command printed. Raises ``RuntimeError`` when it failed."""
    merged = {**os.environ, **environment}
    done = subprocess.run([*COMMAND, *arguments], cwd=folder, env=merged, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"dropbridge {' '.join(arguments)} failed: {done.stderr[-2000:]}")
    return done.stdout.strip()
