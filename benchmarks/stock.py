"""Stock Radicale 3.9.0 as its documentation sets it up: its own file storage, an htpasswd file, behind gunicorn."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.slots import Season, uid
from benchmarks.target import Target, free_port, running
from benchmarks.wire import basic

USER, PASSWORD = "ada", "rye-and-spelt"
CALENDAR = "/ada/bread/"
CONFIG = """[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""
PROPERTIES = '{"tag": "VCALENDAR", "D:displayname": "Bread"}'


@contextlib.contextmanager
def stock_radicale(folder: Path, season: Season, processes: int = 2) -> Iterator[Target]:
    """Stock Radicale with the season laid into its storage folder, one file an event, and its caches built."""
    folder.mkdir(parents=True)
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    (folder / "config").write_text(CONFIG.format(folder=folder))
    _load(folder / "collections" / "collection-root" / CALENDAR.strip("/"), season)
    port = free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command = [*gunicorn, "--workers", str(processes), "--threads", "8", "--keep-alive", "900", "--timeout", "900", "radicale"]
    with running(command, {"RADICALE_CONFIG": str(folder / "config")}, port, folder / "log") as process:
        signed = basic(USER, PASSWORD)
        target = Target("stock Radicale", port, CALENDAR, CALENDAR, signed, season, signed, conditional_feed=False, pid=process.pid)
        target.learn_names()
        target.sync_token()
        yield target
        target.connection.close()


def _load(collection: Path, season: Season) -> None:
    collection.mkdir(parents=True)
    (collection / ".Radicale.props").write_text(PROPERTIES)
    for index in range(season.size):
        (collection / f"{uid(index)}.ics").write_bytes(season.text(index))
