"""Names in raw octets of UTF-8, as careless clients and scripts send them, through the web server itself."""

import base64
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.caldav_plugin.device import slot
from tests.cast import ADA
from tests.conformance.server import serving


class Wire:
    """A connection of Ada's for each request; what is not said in ASCII goes out as UTF-8 or as the octets given."""

    def __init__(self, url: str) -> None:
        self._at = urlsplit(url)

    def __call__(self, method: str, path: str | bytes, body: str = "", **headers: str) -> tuple[int, str]:
        """Status and body."""
        octets, sent = body.encode(), path.encode() if isinstance(path, str) else path
        told = {
            "Host": self._at.netloc,
            "Authorization": "Basic " + base64.b64encode(f"{ADA.name}:{ADA.password}".encode()).decode(),
            "Connection": "close",
            "Content-Length": str(len(octets)),
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items()).encode()
        with socket.create_connection((self._at.hostname, self._at.port), timeout=30) as wire:
            wire.sendall(method.encode() + b" " + sent + b" HTTP/1.1\r\n" + lines + b"\r\n" + octets)
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
        head, _, rest = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), rest.decode()


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Requests to a running server."""
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield Wire(server.url)


def test_a_name_in_raw_utf_8_is_the_name_that_its_percent_encoding_says(wire: Wire) -> None:
    assert wire("MKCALENDAR", "/dav/ada/brötchen/")[0] == 201
    assert wire("PUT", "/dav/ada/brötchen/süß🥐.ics", slot())[0] == 201
    encoded = "/dav/ada/br%C3%B6tchen/s%C3%BC%C3%9F%F0%9F%A5%90.ics"
    for path in ("/dav/ada/brötchen/süß🥐.ics", encoded):
        status, text = wire("GET", path)
        assert (status, "24 of 24 places left" in text) == (200, True)
    assert encoded in wire("PROPFIND", "/dav/ada/brötchen/", Depth="1")[1]
    assert "24 left" in wire("GET", "/ada/brötchen/calendar.ics")[1]
    assert wire("DELETE", "/dav/ada/brötchen/süß🥐.ics")[0] == 204
    assert wire("GET", encoded)[0] == 404


def test_a_destination_in_raw_utf_8_is_asked_for_percent_encoded(wire: Wire) -> None:
    wire("MKCALENDAR", "/dav/ada/moves/")
    wire("PUT", "/dav/ada/moves/a.ics", slot())
    status, text = wire("MOVE", "/dav/ada/moves/a.ics", Destination="/dav/ada/moves/süß.ics")
    assert (status, "letters beyond ASCII are percent-encoded" in text) == (400, True)
    assert wire("GET", "/dav/ada/moves/a.ics")[0] == 200


def test_a_path_that_is_not_utf_8_is_a_bad_request(wire: Wire) -> None:
    assert wire("PUT", b"/dav/ada/\xff.ics", slot())[0] == 400
    status, text = wire("PUT", "/dav/ada/%ff.ics", slot())
    assert (status, "The path is not UTF-8." in text) == (400, True)
