"""What a mail server's refusal means: for this address, for this message, or for all that we send (RFC 5321, RFC 3463)."""

import re
import smtplib
import ssl

from bridge.core.errors import Fault, PermanentFault, TransientFault, Unreachable

_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@:;,]+>?")
_LONGEST = 240


def told(reply: bytes | str) -> str:
    """A server's own words on one line, with no address in them."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return _ADDRESS.sub("…", " ".join(text.split()))[:_LONGEST]


def fault_of(error: Exception) -> Fault:
    """What to do about ``error``, with a sentence."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        return _of_recipient(code, reply)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Unreachable(f"The mail server refuses mail.username or mail.password: {error.smtp_code} {told(error.smtp_error)}")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Unreachable(f"The mail server takes nothing from mail.from_address: {error.smtp_code} {told(error.smtp_error)}")
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return Unreachable(f"The mail server does not want us now: {error.smtp_code} {told(error.smtp_error)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return _of_message(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Unreachable(f"The mail server cannot do what the settings of [mail] ask for: {told(str(error))}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(f"The mail server's certificate is not to be trusted: {error.verify_message}. Is mail.host its real name?")
    if isinstance(error, ssl.SSLError):
        return Unreachable("The mail server and we do not agree on TLS; mail.tls and mail.port have to go together.")
    return Unreachable(f"The mail server cannot be reached: {told(getattr(error, 'strerror', None) or str(error) or type(error).__name__)}")


def _of_recipient(code: int, reply: bytes) -> Fault:
    words = f"{code} {told(reply)}"
    if code == 421:
        return Unreachable(f"The mail server closes the connection: {words}")
    if code < 500:
        return TransientFault(f"The mail server does not take mail for the address yet: {words}")
    if _is_policy(code, reply):
        return TransientFault(f"The mail server will not pass mail on to the address; see its settings: {words}")
    return PermanentFault(f"The customer's address does not take mail: {words}")


def _of_message(code: int, reply: bytes | str) -> Fault:
    words = f"{code} {told(reply)}"
    if code == 421:
        return Unreachable(f"The mail server closes the connection: {words}")
    if code < 500 or _is_policy(code, reply):
        return TransientFault(f"The mail server does not take the letter now: {words}")
    return PermanentFault(f"The mail server does not take the letter: {words}")


def _is_policy(code: int, reply: bytes | str) -> bool:
    """Whether this is about who may send what, which an operator can put right, and no fault of the address."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return code in {503, 530, 535, 538} or re.match(r"\s*5\.7\.\d", text) is not None
