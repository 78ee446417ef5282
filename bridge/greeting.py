"""What a server says to whoever started it: where to go, once somebody answers there."""

import math
import socket
import sys
import threading
import time
from contextlib import suppress

PATIENCE = 30.0
ONCE_MORE = 0.1
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 # nobody is reached at these
_LATE = (
    "dropbridge: after {patience:.0f} seconds nothing answers yet on {host}, port {port}. "
    "It is still waited for; look above for what keeps it from starting."
)


class Greeting:
    """``words`` on standard output, once ``/healthz`` at this numeric address is 200.

    After ``patience`` seconds without, one sentence on standard error.
    """

    def __init__(self, words: str, host: str, port: int, patience: float = PATIENCE) -> None:
        self._words, self._patience = words, patience
        self._host, self._port = _ANYWHERE.get(host, host), port

    def begin(self) -> threading.Thread:
        """Waits for the answer, in a thread that keeps no process from ending."""
        waiting = threading.Thread(target=self._greet, name="greeting", daemon=True)
        waiting.start()
        return waiting

    def _greet(self) -> None:
        late = time.monotonic() + self._patience
        while not self._answered(max(late - time.monotonic(), ONCE_MORE)):
            if time.monotonic() >= late:
                print(_LATE.format(patience=self._patience, host=self._host, port=self._port), file=sys.stderr, flush=True)  # noqa: T201
                late = math.inf
            time.sleep(ONCE_MORE)
        print(self._words, flush=True)  # noqa: T201 # what the command was called for

    def _answered(self, within: float) -> bool:
        """Asks once. Who connects before the server is up waits in its queue."""
        with suppress(OSError), socket.create_connection((self._host, self._port), timeout=min(within, PATIENCE)) as asking:
            asking.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return asking.recv(64).startswith(b"HTTP/1.1 200 ")
        return False
