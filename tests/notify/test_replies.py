"""What a server's refusal means: whom it concerns decides whether one letter waits, all of them, or none."""

import smtplib
import ssl

import pytest

from bridge.core.errors import PermanentFault, TransientFault, Unreachable
from bridge.notify.replies import fault_of


def recipient(code, words):
    return smtplib.SMTPRecipientsRefused({"cleo@example.org": (code, words)})


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (recipient(550, b"5.1.1 <cleo@example.org>: User unknown"), PermanentFault),
        (recipient(553, b"5.1.2 bad host"), PermanentFault),
        (recipient(450, b"4.2.0 <cleo@example.org>: greylisted"), TransientFault),
        (recipient(452, b"4.2.2 mailbox full"), TransientFault),
        (recipient(554, b"5.7.1 <cleo@example.org>: Relay access denied"), TransientFault),
        (recipient(530, b"5.7.0 Must issue a STARTTLS command first"), TransientFault),
        (recipient(421, b"4.3.2 shutting down"), Unreachable),
        (smtplib.SMTPDataError(552, b"5.3.4 message too big"), PermanentFault),
        (smtplib.SMTPDataError(554, b"5.7.1 spam"), TransientFault),
        (smtplib.SMTPDataError(451, b"4.3.0 try later"), TransientFault),
        (smtplib.SMTPDataError(421, b"bye"), Unreachable),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 wrong"), Unreachable),
        (smtplib.SMTPSenderRefused(553, b"5.7.1 not yours", "shop@shop.example"), Unreachable),
        (smtplib.SMTPSenderRefused(452, b"4.3.1 no space", "shop@shop.example"), Unreachable),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), Unreachable),
        (smtplib.SMTPConnectError(554, b"go away"), Unreachable),
        (smtplib.SMTPHeloError(501, b"who?"), Unreachable),
        (smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."), Unreachable),
        (ConnectionRefusedError(111, "Connection refused"), Unreachable),
        (TimeoutError("timed out"), Unreachable),
        (OSError(), Unreachable),
        (ssl.SSLError(1, "wrong version number"), Unreachable),
    ],
)
def test_a_refusal_concerns_an_address_a_letter_or_all(error, fault):
    found = fault_of(error)
    assert type(found) is fault
    assert str(found)[0].isupper()
    assert "@" not in str(found)
    assert len(str(found)) < 400
