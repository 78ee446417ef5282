"""Reports of failed delivery: as Postfix, Exchange and Gmail write them, and as nobody should."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bounces import read_report
from bridge.core.sockets import message_token

TOKEN = message_token("mail/12/confirmed/0")
REPORT = """From: MAILER-DAEMON@mail.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
{envelope}
Final-Recipient: rfc822; cleo@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <cleo@example.org>: Recipient
    address rejected; cleo@example.org is no user

--b
Content-Type: {returned}

Message-ID: {message_id}
Subject: Your order

{body}
--b--
"""


def report(
    *,
    to="bounces@shop.example",
    envelope="X-Nothing: 1",
    action="failed",
    status="5.1.1",
    returned="message/rfc822",
    message_id="<other@x>",
    body="x",
):
    return REPORT.format(
        to=to, envelope=envelope, action=action, status=status, returned=returned, message_id=message_id, body=body
    ).encode()


WAYS = {
    "by the envelope": {"to": f"bounces+{TOKEN}@shop.example"},
    "by the envelope, written otherwise": {"to": f"<Bounces+{TOKEN.upper()}@Shop.Example>"},
    "by the envelope's id": {"envelope": f"Original-Envelope-Id: {TOKEN}"},
    "by the message that came back": {"message_id": f"<{TOKEN}@shop.example>"},
    "by the headers that came back": {"returned": "text/rfc822-headers", "message_id": f"<{TOKEN}@shop.example>"},
}


@pytest.mark.parametrize("way", WAYS)
def test_the_letter_is_found(way):
    found = read_report(report(**WAYS[way]))
    assert TOKEN in found.tokens
    assert found.failed
    assert found.reason == "It came back: 5.1.1 550 5.1.1 …: Recipient address rejected; … is no user"


def test_a_report_about_something_else_names_no_letter_of_ours():
    assert read_report(report()).tokens == frozenset()
    assert read_report(report(body=TOKEN)).tokens == frozenset()


@pytest.mark.parametrize(
    ("action", "failed"), [("failed", True), ("Failed", True), ("delayed", False), ("delivered", False), ("relayed", False), ("", False)]
)
def test_only_a_failure_is_one(action, failed):
    assert read_report(report(action=action, status="4.4.1")).failed == failed


@pytest.mark.parametrize("octets", [b"", b"\x00" * 100, b"From: x\n\nHello", "Außer Haus".encode("latin-1")])
def test_anything_else_is_no_report(octets):
    assert read_report(octets) is None


@given(st.binary(max_size=600))
def test_rubbish_is_no_report(octets):
    assert read_report(octets) is None
    read_report(REPORT.encode()[:250] + octets)


def test_a_broken_report_breaks_nothing():
    dice = random.Random(7)
    whole = report(**WAYS["by the headers that came back"])
    for _ in range(2000):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(len(broken))
            broken[at : at + dice.choice((0, 1, 20))] = dice.choice(
                (b"", b"\x00", b"\xff\xfe", b"\r\n", b"--b", b"=?utf-8?q?", b'"', b": ")
            )
        found = read_report(bytes(broken))
        assert found is None or "@example.org" not in found.reason


def test_a_report_of_many_megabytes_is_read_to_a_point():
    assert read_report(report(to=f"bounces+{TOKEN}@shop.example", body="x" * 6_000_000)).failed
