"""Bodies are read before a request is looked at, by as many threads as leave others free.

A client that announces a body and does not send it holds the thread that waits for it. The web server sets no limit to
that, so a handful of such clients would stop all that others ask for.
"""

import io
from collections import Counter
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FREE = 2
BUSY = b"Too many requests are under way whose bodies have not come. Try again in a moment.\n"


class Bodies:
    """``application`` with every body of up to ``largest`` octets at hand; a larger one is left to it to refuse.

    Of ``threads`` at most half wait for one address, and two never wait at all: they answer what has no body.
    """

    def __init__(self, application: "WSGIApplication", threads: int, largest: int) -> None:
        self._application, self._largest = application, largest
        self._of_one, self._of_all = max(1, threads // 2), max(1, threads - FREE)
        self._waiting: Counter[str] = Counter()
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        length = _length(environ)
        if length == 0 or length > self._largest:
            return self._application(environ, start_response)
        address = environ.get("REMOTE_ADDR", "")
        if not self._enters(address):
            told = [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1"), ("Content-Length", str(len(BUSY)))]
            start_response("503 Service Unavailable", told)
            return [BUSY]
        try:
            body = environ["wsgi.input"].read(length if length > 0 else self._largest + 1)
        finally:
            self._leaves(address)
        return self._application({**environ, "wsgi.input": io.BytesIO(body)}, start_response)

    def _enters(self, address: str) -> bool:
        with self._lock:
            free = self._waiting[address] < self._of_one and self._waiting.total() < self._of_all
            self._waiting[address] += free
            return free

    def _leaves(self, address: str) -> None:
        with self._lock:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]


def _length(environ: "WSGIEnvironment") -> int:
    """The octets announced; -1 when there are some and nobody said how many."""
    said = environ.get("CONTENT_LENGTH", "")
    if said:
        return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else 0
    return -1 if environ.get("HTTP_TRANSFER_ENCODING") else 0
