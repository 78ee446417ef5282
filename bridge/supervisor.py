"""The process that stays while dropbridge serves. It keeps the others running and imports nothing that they need.

What prepares the start, the database with all its layers, is gone from its memory: ``become`` replaces the process.
"""

import json
import os
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server import MPServer

from bridge import settings
from bridge.children import Child
from bridge.greeting import Greeting

BESIDE, GREETING = "BRIDGE_BESIDE", "BRIDGE_GREETING"
# A client that never sends what it announced is waited for no longer than this when the server is told to stop.
STOPS_WITHIN = 10


def become(beside: Sequence[Sequence[str]] = (), greeting: str = "") -> NoReturn:
    """This process serves from now on, with what the environment says, and ``python -m`` with each of ``beside`` runs as well.

    ``greeting`` is printed when the server answers. Nothing behind the call is run: connections are to be closed before.
    """
    os.environ |= {BESIDE: json.dumps(beside), GREETING: greeting}
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "bridge.supervisor"])  # noqa: S606 # our own module


def main() -> None:
    """Serves until it is told to stop; ends with status 1 when the web processes cannot be kept running."""
    beside, words = json.loads(os.environ.pop(BESIDE, "[]")), os.environ.pop(GREETING, "")
    server = settings.load().server
    host = _numeric(server.host, server.port)
    web = _web(server, host, Greeting(words, host, server.port).begin if words else None)
    children = [Child(*arguments) for arguments in beside]
    try:
        web.serve()
    except SystemExit:
        if not web.interrupt_signal:
            print("dropbridge: the web process ended again right after it was started; the reason is said above.", file=sys.stderr)  # noqa: T201
        raise
    finally:
        for child in children:
            child.stop()


class Web(MPServer):
    """granian's; ``started`` is called when its processes have been started. The socket of a single one stays open while it comes and goes.

    On Linux granian has each process open a socket of its own, so that nobody listens from the end of the only one until the next is up.
    Of several the others go on, and the kernel shares connections out evenly, which it does not among those that wait at one socket.
    """

    def __init__(self, started: Callable[[], object] | None, **given: Any) -> None:
        super().__init__("bridge.wsgi:app", factory=True, interface=Interfaces.WSGI, **given)
        self._started = started

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        """Listens, and starts the web processes."""
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        if self._started is not None:
            self._started()

    def _init_shared_socket(self) -> None:
        if self.workers > 1:
            super()._init_shared_socket()  # type: ignore[no-untyped-call]
            return
        held: Any = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._ssp, self._shd, self._sfd = None, held, held.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)
        self._sso.listen(self.backlog)


def _numeric(host: str, port: int) -> str:
    """The address that a name stands for: granian takes no names."""
    return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][4][0])


def _web(server: settings.Server, host: str, started: Callable[[], object] | None) -> Web:
    return Web(
        started,
        address=host,
        port=server.port,
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
