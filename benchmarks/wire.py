"""One small HTTP/1.1 client for all servers: requests are octets made beforehand, so that the client's share is equal and little."""

import base64
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:\s*chunked", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names are in lower case, the body is as sent (chunks joined, not decompressed)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its connection."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def octets(self) -> bytes:
        """The request as it goes over the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in self.headers.items())]
        if self.body or self.method not in ("GET", "HEAD", "DELETE"):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


class Reader:
    """Collects the octets of one answer after the other."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._parts: list[bytes] = []
        self._seen = 0
        self._head: bytes | None = None
        self._wanted = 0
        self._chunked = False

    def feed(self, data: bytes) -> Answer | None:
        """The answer, when ``data`` completes it."""
        self._parts.append(data)
        self._seen += len(data)
        if self._head is None and not self._read_head():
            return None
        if self._chunked:
            if not (self._parts[-1] if len(self._parts[-1]) > 4 else b"".join(self._parts[-3:])).endswith(b"0\r\n\r\n"):
                return None
        elif self._seen < self._wanted:
            return None
        return self._finish()

    def _read_head(self) -> bool:
        octets = b"".join(self._parts)
        end = octets.find(b"\r\n\r\n")
        if end < 0:
            return False
        self._head, body = octets[:end], octets[end + 4 :]
        self._parts, self._seen = [body], len(body)
        self._chunked = bool(_CHUNKED.search(self._head))
        length = _LENGTH.search(self._head)
        self._wanted = int(length[1]) if length else 0
        return True

    def _finish(self) -> Answer:
        first, *rest = (self._head or b"").decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = b"".join(self._parts)
        answer = Answer(int(first.split(" ", 2)[1]), headers, _joined(body) if self._chunked else body)
        self._start()
        return answer


def _joined(chunks: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while True:
        line_end = chunks.index(b"\r\n", at)
        size = int(chunks[at:line_end].split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(chunks[line_end + 2 : line_end + 2 + size])
        at = line_end + 2 + size + 2


class Connection:
    """A kept-alive connection to a server on this machine; opened anew when the server has closed it."""

    def __init__(self, port: int, timeout: float = 600) -> None:
        self._port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def ask(self, request: Request) -> Answer:
        """The answer to one request."""
        return self.ask_octets(request.octets())

    def ask_octets(self, octets: bytes) -> Answer:
        """The same for a request already written out. Raises ``OSError`` when the server goes away."""
        for attempt in (1, 2):
            try:
                return self._exchange(octets)
            except (ConnectionError, BrokenPipeError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def close(self) -> None:
        """Ends the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, octets: bytes) -> Answer:
        if self._socket is None:
            self._socket = connect(self._port, self._timeout)
        self._socket.sendall(octets)
        reader = Reader()
        while True:
            data = self._socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the server closed the connection")
            answer = reader.feed(data)
            if answer is not None:
                if answer.headers.get("connection", "").lower() == "close":
                    self.close()
                return answer


def connect(port: int, timeout: float) -> socket.socket:
    """A socket to a server on this machine."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
