"""Mail by SMTP: handed to one mail server, which brings it to everyone's."""

import contextlib
import ipaddress
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from bridge.core.errors import PermanentFault, Unreachable
from bridge.core.sockets import Message, message_token
from bridge.notify.mime import ascii_domain, mail
from bridge.notify.replies import fault_of


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    tls: str
    username: str
    password: str
    from_address: str
    bounce_address: str
    timeout: float


class Mail:
    """Fills ``Notifier``. One connection serves all messages until ``close``; not to be shared between threads.

    The same key makes the same Message-ID, which most mail servers and apps show once.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._server = _Server(**{name: config[name] for name in _Server.__slots__})
        self._smtp: smtplib.SMTP | None = None

    def check(self) -> str:
        """Connects and signs in. Raises ``Unreachable``."""
        self.close()
        try:
            smtp = self._connected()
            cipher = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else "no encryption"
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise fault_of(error) from error
        who = f", signed in as {self._server.username}" if self._server.username else ""
        return f"{self._server.host}, port {self._server.port}, takes mail ({cipher}{who})."

    def send(self, message: Message, key: str) -> None:
        """Returns when the mail server has taken it. Raises ``TransientFault``, ``Unreachable``, ``PermanentFault``."""
        made = mail(message, key, self._server.from_address)
        to = ascii_domain(message.to)
        try:
            self._hand_over(self._connected(), made, to, message_token(key))
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            raise fault_of(error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise fault_of(error) from error

    def close(self) -> None:
        """Says goodbye to the mail server."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _hand_over(self, smtp: smtplib.SMTP, made: EmailMessage, to: str, token: str) -> None:
        if not to.isascii() and not smtp.has_extn("smtputf8"):
            raise PermanentFault("The mail server cannot send to an address with letters outside of ASCII before the @.")
        given, wanted = self._report_options(smtp, token)
        smtp.send_message(made, self._envelope(token), [to], given, wanted)

    @staticmethod
    def _report_options(smtp: smtplib.SMTP, token: str) -> tuple[list[str], list[str]]:
        """What has reports of failed delivery name the message, where the server can (RFC 3461)."""
        if not smtp.has_extn("dsn"):
            return [], []
        return ["RET=HDRS", f"ENVID={token}"], ["NOTIFY=FAILURE"]

    def _envelope(self, token: str) -> str:
        """Where reports go: an address of the message's own, if they have a mailbox."""
        if not self._server.bounce_address:
            return ascii_domain(self._server.from_address)
        local, _, host = ascii_domain(self._server.bounce_address).rpartition("@")
        return f"{local}+{token}@{host}"

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if self._smtp.noop()[0] == 250:
                    return self._smtp
            self.close()
        self._smtp = self._open()
        return self._smtp

    def _open(self) -> smtplib.SMTP:
        server = self._server
        if server.password and server.tls == "none" and not _is_here(server.host):
            raise Unreachable("mail.password would be sent without encryption; set mail.tls to starttls or tls.")
        context = ssl.create_default_context()
        if server.tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            self._begin(smtp, context)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _begin(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if self._server.tls == "starttls":
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if self._server.username:
            smtp.login(self._server.username, self._server.password)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
