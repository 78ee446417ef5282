"""Bodies are read before a request is looked at, by as many threads as leave others free, and for so long.

A client that announces a body and does not send it holds the thread that waits for it. The web server sets no limit to
that, so a handful of such clients would stop all that others ask for.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

FREE = 2
AT_ONCE = 0.2
LEFT_BY_ONE, LEFT_BY_ALL = 32, 256
BUSY = b"Too many requests are under way whose bodies have not come. Try again in a moment.\n"
LATE = b"The body of this request did not come in time.\n"


class Bodies:
    """``application`` with every body of up to ``largest`` octets at hand; a larger one is left to it to refuse.

    A body that is there within a fifth of a second is just taken. For others at most half of ``threads`` wait for one
    address, and two never wait at all: they answer what has no body. One that is not there after ``patience`` seconds is
    waited for no longer, and answered 408.
    """

    def __init__(self, application: "WSGIApplication", threads: int, largest: int, patience: float) -> None:
        self._application, self._largest, self._patience = application, largest, patience
        self._of_one, self._of_all = max(1, threads // 2), max(1, threads - FREE)
        self._waiting: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._lock = Lock()
        self._readers = _Readers()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        length = _length(environ)
        if length == 0 or length > self._largest:
            return self._application(environ, start_response)
        address = environ.get("REMOTE_ADDR", "")
        if self._has_left_too_many(address):
            return _refused(start_response, "503 Service Unavailable", BUSY, ("Retry-After", "1"))
        size = length if length > 0 else self._largest + 1
        reading = _Reading(environ["wsgi.input"], size, lambda: self._leaves(self._left, address))
        self._readers.begin(reading)
        # What is sent in one piece with its request is here at once, however many come together.
        if not reading.done.wait(AT_ONCE):
            if not self._enters(address):
                if self._gives_up(reading, address):
                    return _refused(start_response, "503 Service Unavailable", BUSY, ("Retry-After", "1"))
            elif not self._comes(reading, address):
                return _refused(start_response, "408 Request Timeout", LATE, ("Connection", "close"))
        return self._application({**environ, "wsgi.input": io.BytesIO(reading.body())}, start_response)

    def _comes(self, reading: "_Reading", address: str) -> bool:
        """Whether the body is there in time; one that is not is waited for by its reader, until the client is gone.

        The web server's stream knows no deadline and cannot be closed from this side.
        """
        try:
            return reading.done.wait(self._patience) or not self._gives_up(reading, address)
        finally:
            self._leaves(self._waiting, address)

    def _gives_up(self, reading: "_Reading", address: str) -> bool:
        """False when the body has come after all."""
        with self._lock:
            self._left[address] += 1
        if reading.leave():
            return True
        self._leaves(self._left, address)
        return False

    def _has_left_too_many(self, address: str) -> bool:
        with self._lock:
            return self._left[address] >= LEFT_BY_ONE or self._left.total() >= LEFT_BY_ALL

    def _enters(self, address: str) -> bool:
        with self._lock:
            free = self._waiting[address] < self._of_one and self._waiting.total() < self._of_all
            self._waiting[address] += free
            return free

    def _leaves(self, some: Counter[str], address: str) -> None:
        with self._lock:
            some[address] -= 1
            if not some[address]:
                del some[address]


class _Reading:
    """One body on its way. ``done`` is set once there is no more of it; ``ended`` is called then if nobody waits any more."""

    def __init__(self, stream: "InputStream", size: int, ended: Callable[[], None]) -> None:
        self.done = Event()
        self._stream, self._size, self._ended = stream, size, ended
        self._read: bytes | BaseException = b""
        self._lock = Lock()
        self._is_left = False

    def leave(self) -> bool:
        """Waits no longer; False when the body has come after all."""
        with self._lock:
            self._is_left = not self.done.is_set()
            return self._is_left

    def body(self) -> bytes:
        """What was read; raises what went wrong."""
        if isinstance(self._read, BaseException):
            raise self._read
        return self._read

    def run(self) -> None:
        """Reads to the end."""
        try:
            self._read = self._stream.read(self._size)
        except BaseException as error:  # noqa: BLE001 # raised again where it is waited for
            self._read = error
        with self._lock:
            self.done.set()
            is_left = self._is_left
        if is_left:
            self._ended()


class _Readers:
    """Threads that read, made when all are busy and kept. None of them holds up the end of the process."""

    def __init__(self) -> None:
        self._begun: SimpleQueue[_Reading] = SimpleQueue()
        self._idle = 0
        self._lock = Lock()

    def begin(self, reading: _Reading) -> None:
        """Has it read."""
        with self._lock:
            is_new = not self._idle
            self._idle -= not is_new
        self._begun.put(reading)
        if is_new:
            Thread(target=self._work, name="body", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._begun.get().run()
            with self._lock:
                self._idle += 1


def _refused(start_response: "StartResponse", status: str, told: bytes, header: tuple[str, str]) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(told))), header])
    return [told]


def _length(environ: "WSGIEnvironment") -> int:
    """The octets announced; -1 when there are some and nobody said how many."""
    said = environ.get("CONTENT_LENGTH", "")
    if said:
        return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else 0
    return -1 if environ.get("HTTP_TRANSFER_ENCODING") else 0
