"""A server that is stopped writes down what it has in memory."""

import http.client
import json
import re
import socket

import pytest

from tests.crash.installation import Server

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=BROWSER)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.slow
def test_views_of_the_last_seconds_are_written_down_when_the_server_is_stopped(sqlite_installation):
    server = Server(sqlite_installation, "web")
    server.start()
    _, feed = ask(server.port, "/ada/bread/calendar.ics")
    public_id = re.search(r"X-DROP-SLOT:(\w+)", feed.decode())[1]
    for _ in range(7):
        assert ask(server.port, f"/slots/{public_id}")[0] == 200
    server.stop()
    assert json.loads(sqlite_installation.say("report", "ada/bread", "--json"))["total"]["views"] == 7


@pytest.mark.slow
def test_a_client_that_never_sends_its_body_does_not_keep_a_server_from_stopping(sqlite_installation):
    server = Server(sqlite_installation, "web")
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as quiet:
        quiet.sendall(b"POST /slots/x/order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc")
        assert ask(server.port, "/healthz")[0] == 200
        assert server.stop()
