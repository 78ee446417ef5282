"""Processes beside the web: each started again should it die, and ended with this one."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from bridge.processes import PARENT

STEADY = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# Ctrl-C reaches every process of the terminal: what it ends is not to be started anew before this one has ended.
ASKED_TO_END = (0, -signal.SIGINT, -signal.SIGTERM)
# A web process that is forked while another process is being started inherits the pipe by which that one's start is told,
# and for as long as it runs nobody here would hear that the other one began, let alone that it ended.
_one_at_a_time = threading.Lock()
os.register_at_fork(before=_one_at_a_time.acquire, after_in_parent=_one_at_a_time.release, after_in_child=_one_at_a_time.release)


def pause(before: float, lived: float, status: int) -> float:
    """Seconds until a process that ended with this status after ``lived`` seconds is started again; ``before``: those of the last time.

    None for one that ran well and was killed; ever more, up to half a minute, for one that dies young again and again.
    """
    if lived >= STEADY:
        return FIRST_PAUSE if status in ASKED_TO_END else 0.0
    return min(max(FIRST_PAUSE, 2 * before), LONGEST_PAUSE)


class Child:
    """``python -m`` with these arguments, for as long as this process lives."""

    def __init__(self, *arguments: str) -> None:
        self._arguments: Sequence[str] = arguments
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        threading.Thread(target=self._keep, name=arguments[-1], daemon=True).start()

    def _keep(self) -> None:
        waits = 0.0
        while (process := self._start()) is not None:
            since = time.monotonic()
            status = process.wait()
            waits = pause(waits, time.monotonic() - since, status)
            self._stopping.wait(waits)

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._starting:
            if self._stopping.is_set():
                return None
            environment = {**os.environ, PARENT: str(os.getpid())}
            with _one_at_a_time:
                self._process = subprocess.Popen([sys.executable, "-m", *self._arguments], env=environment)  # noqa: S603 # our own modules
            return self._process

    def stop(self) -> None:
        """Ends it, and waits for that."""
        with self._starting:
            self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
