"""Where ours keeps its data in a run: a SQLite file, or a private PostgreSQL that writes through to the disk."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.postgres import OPTIONS, Cluster

DURABLE = {**OPTIONS, "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
KINDS = ("sqlite", "postgresql")


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of the kind, gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bridge.db'}"
        return
    cluster = Cluster(DURABLE)
    try:
        yield cluster.create("bridge")
    finally:
        cluster.stop()
