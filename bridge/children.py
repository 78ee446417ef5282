"""Processes beside the web: each started again should it die, and ended with this one."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from bridge.processes import PARENT

RESTART_AFTER = 1.0


class Child:
    """``python -m`` with these arguments, for as long as this process lives."""

    def __init__(self, *arguments: str) -> None:
        self._arguments: Sequence[str] = arguments
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        threading.Thread(target=self._keep, name=arguments[-1], daemon=True).start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            environment = {**os.environ, PARENT: str(os.getpid())}
            self._process = subprocess.Popen([sys.executable, "-m", *self._arguments], env=environment)  # noqa: S603 # our own modules
            self._process.wait()
            self._stopping.wait(RESTART_AFTER)

    def stop(self) -> None:
        """Ends it, and waits for that."""
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
