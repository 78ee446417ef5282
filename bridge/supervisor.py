"""The process that stays while dropbridge serves. It keeps the others running and imports nothing that they need.

What prepares the start, the database with all its layers, is gone from its memory: ``become`` replaces the process.
"""

import json
import os
import sys
from collections.abc import Sequence

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from bridge import settings
from bridge.children import Child

BESIDE = "BRIDGE_BESIDE"
# A client that never sends what it announced is waited for no longer than this when the server is told to stop.
STOPS_WITHIN = 10


def become(beside: Sequence[Sequence[str]] = ()) -> None:
    """This process serves from now on, with what the environment says, and ``python -m`` with each of ``beside`` runs as well.

    Nothing behind the call is run: files are to be flushed, connections to be closed before.
    """
    os.environ[BESIDE] = json.dumps(beside)
    os.execv(sys.executable, [sys.executable, "-m", "bridge.supervisor"])  # noqa: S606 # our own module


def main() -> None:
    """Serves until it is told to stop."""
    children = [Child(*arguments) for arguments in json.loads(os.environ.pop(BESIDE, "[]"))]
    try:
        _server(settings.load()).serve()
    finally:
        for child in children:
            child.stop()


def _server(loaded: settings.Settings) -> MPServer:
    server = loaded.server
    return MPServer(
        "bridge.wsgi:app",
        factory=True,
        address=server.host,
        port=server.port,
        interface=Interfaces.WSGI,
        workers=server.workers,
        blocking_threads=server.threads,
        backlog=server.backlog,
        http1_settings=HTTP1Settings(),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOPS_WITHIN,
        log_level=LogLevels.error,
    )


if __name__ == "__main__":
    main()
