"""Clients that announce a body and never send it."""

import io
import socket
import threading
from urllib.request import urlopen

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bridge.bodies import Bodies
from tests.crash.installation import Installation, Server


class Never:
    """The body of a client that has gone quiet, until ``end``."""

    def __init__(self):
        self.asked, self.end = threading.Event(), threading.Event()

    def read(self, _size):
        self.asked.set()
        self.end.wait(30)
        return b""


def environ(body=None, address="192.0.2.1", **more):
    made = EnvironBuilder("/", method="PUT" if body is not None else "GET").get_environ()
    if body is not None:
        made |= {"wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body, "CONTENT_LENGTH": "3"}
    return {**made, "REMOTE_ADDR": address, **more}


def echo(asked, start_response):
    start_response("200 OK", [])
    return [asked["wsgi.input"].read()]


def status(application, asked):
    return run_wsgi_app(application, asked)[1][:3]


def quiet(application, address):
    body = Never()
    threading.Thread(target=status, args=(application, environ(body, address)), daemon=True).start()
    assert body.asked.wait(30)
    return body


def waited_for(application, bodies):
    """Once so many threads wait for a body."""
    while application._waiting.total() < len(bodies):
        threading.Event().wait(0.01)
    return bodies


def test_one_address_holds_half_of_the_threads_at_most_and_what_is_sent_whole_is_taken():
    application = Bodies(echo, threads=8, largest=100, patience=30)
    held = waited_for(application, [quiet(application, "192.0.2.1") for _ in range(4)])
    held.append(Never())
    assert status(application, environ(held[-1])) == "503"
    assert status(application, environ(b"abc")) == "200"
    assert status(application, environ()) == "200"
    assert status(application, environ(b"abc", "192.0.2.2")) == "200"
    for body in held:
        body.end.set()


def test_all_together_leave_threads_for_what_has_no_body():
    application = Bodies(echo, threads=8, largest=100, patience=30)
    held = waited_for(application, [quiet(application, f"192.0.2.{number}") for number in range(6)])
    held.append(Never())
    assert status(application, environ(held[-1], "192.0.2.9")) == "503"
    assert status(application, environ(b"abc", "192.0.2.9")) == "200"
    assert status(application, environ(address="192.0.2.9")) == "200"
    for body in held:
        body.end.set()


def test_a_body_that_does_not_come_is_waited_for_no_longer():
    application = Bodies(echo, threads=2, largest=100, patience=0.01)
    bodies = [Never() for _ in range(5)]
    assert [status(application, environ(body)) for body in bodies] == ["408"] * 5
    assert status(Bodies(echo, threads=2, largest=100, patience=30), environ(b"abc")) == "200"
    for body in bodies:
        body.end.set()


def test_clients_that_were_given_up_and_stay_are_not_too_many(monkeypatch):
    monkeypatch.setattr("bridge.bodies.LEFT_BY_ONE", 2)
    application = Bodies(echo, threads=8, largest=100, patience=0.01)
    held = [Never(), Never()]
    assert [status(application, environ(body)) for body in held] == ["408", "408"]
    assert status(application, environ(b"abc")) == "503"
    assert status(application, environ()) == "200"
    for body in held:
        body.end.set()
    while status(application, environ(b"")) == "503":
        pass


def test_what_goes_wrong_while_a_body_is_read_is_not_lost():
    class Broken:
        def read(self, _size):
            raise OSError("the client is gone")

    with pytest.raises(OSError, match="the client is gone"):
        status(Bodies(echo, threads=8, largest=100, patience=30), environ(Broken()))


def test_a_client_that_says_nothing_more_is_told_so_by_a_real_server(sqlite_url, tmp_path):
    installation = Installation(tmp_path, sqlite_url)
    installation.environment["DROPBRIDGE_SERVER__BODY_TIMEOUT"] = "1"
    server = Server(installation, "web")
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as quiet:
            quiet.sendall(b"PUT /dav/ada/bread/a.ics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nBEGIN:VCAL")
            assert quiet.recv(1000).startswith(b"HTTP/1.1 408 ")
            # granian 2.8.6 to 2.8.9 answer nobody else from here on, until this client is gone.
            for _ in range(3):
                with urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=30) as answer:
                    assert answer.status == 200
    finally:
        server.stop()


def test_a_place_is_given_back_with_the_body():
    application = Bodies(echo, threads=2, largest=100, patience=30)
    assert [status(application, environ(b"abc")) for _ in range(5)] == ["200"] * 5


def test_the_body_arrives_whole_also_without_a_length():
    application = Bodies(echo, threads=8, largest=100, patience=30)
    chunked = environ(b"abc", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert b"".join(run_wsgi_app(application, chunked)[0]) == b"abc"
