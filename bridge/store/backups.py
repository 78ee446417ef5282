"""A consistent copy while the server runs, and back: SQLite's own backup, PostgreSQL's own dump."""

import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import case, update

from bridge.core.errors import InvalidInput, PermanentFault
from bridge.store import tables as t
from bridge.store.engine import PRIVATE, Database, translated

SQLITE_MAGIC = b"SQLite format 3\0"
DUMP_MAGIC = b"PGDMP"
MILLISECOND = timedelta(milliseconds=1)


def backup(database: Database, file: Path) -> None:
    """Writes ``file`` whole or not at all. Raises ``PermanentFault`` with what to do."""
    part = file.with_name(file.name + ".part")
    try:
        part.touch(mode=PRIVATE)
        if database.is_sqlite:
            _copy(Path(database.url.database or ""), part)
        else:
            _run(database, ["pg_dump", "--format=custom", "--no-owner", f"--file={part}"])
        _sync(part)
        part.replace(file)
        _sync(file.parent)
    except OSError as error:
        raise PermanentFault(f"{file} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def restore(database: Database, file: Path) -> None:
    """Replaces everything by what ``file`` holds, in one transaction. Raises ``InvalidInput`` for a file of another kind.

    What is left of an SQLite database is for its owner alone to read, whoever could before.
    """
    with file.open("rb") as opened:
        head = opened.read(16)
    if database.is_sqlite:
        database.make_room()
        if not head.startswith(SQLITE_MAGIC):
            raise InvalidInput(f"{file} is no backup of an SQLite database.")
        with translated(), database.turn():
            _check(file)
            database.make_file()
            _make_private(database)
            _copy(file, Path(database.url.database or ""))
    elif not head.startswith(DUMP_MAGIC):
        raise InvalidInput(f"{file} is no backup of a PostgreSQL database.")
    else:
        _run(database, ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname", "", str(file)])


def forget_tokens(database: Database, now: datetime) -> None:
    """After a restore: what clients saw since the backup must not pass for known, so every older sync token is void.

    Revisions go on from the present moment, so that those given out after one restore do not come again after the next.
    """
    c = t.drops.c
    moment = (now - t.EPOCH) // MILLISECOND
    with database.write() as connection:
        raised = case((c.revision >= moment, c.revision + 1), else_=moment)
        connection.execute(update(t.drops).values(revision=raised, oldest_revision=raised))


def open_to_others(database: Database) -> list[Path]:
    """The files of the database that everybody on this machine can read: their own mode and all folders above let them."""
    return [path for path in database.files() if path.stat().st_mode & stat.S_IROTH and _can_be_entered(path)]


def _can_be_entered(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _make_private(database: Database) -> None:
    # Where another user's file is only written to, doctor says what is left to do.
    with suppress(PermissionError):
        for path in database.files():
            path.chmod(PRIVATE)


def _copy(source: Path, target: Path) -> None:
    read, write = sqlite3.connect(source, timeout=30), sqlite3.connect(target, timeout=30)
    try:
        # In one step: copied page by page, every commit of the running server would start it anew.
        read.backup(write, pages=-1)
    except sqlite3.Error as error:
        raise PermanentFault(f"The copy from {source} to {target} failed: {error}") from error
    finally:
        read.close()
        write.close()


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            tables = {row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            sound = opened.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
    except sqlite3.Error as error:
        raise InvalidInput(f"{file} cannot be read as a database: {error}") from error
    if not sound or "drops" not in tables:
        raise InvalidInput(f"{file} is damaged, or no backup of dropbridge.")


def _sync(path: Path) -> None:
    """Has a file's octets, or a folder's names, on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _run(database: Database, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise PermanentFault(f"{command[0]} is not installed. On Debian and Ubuntu: apt install postgresql-client")
    url = database.url
    environment = {
        **os.environ,
        "PGHOST": str(url.query.get("host") or url.host or ""),
        "PGPORT": str(url.port or ""),
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database or "",
    }
    environment = {name: value for name, value in environment.items() if value}
    filled = [url.database or "" if part == "" else part for part in command]
    done = subprocess.run(filled, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 # our own words only
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise PermanentFault(f"{command[0]} failed: {told[-1]}")
