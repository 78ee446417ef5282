"""A message as mail (RFC 5322), with its invitation as each mail app wants it (RFC 6047).

Gmail and Outlook act on the ``text/calendar`` alternative with its method; Apple Mail and webmail on an attached
``.ics``. So it is there twice: multipart/mixed of multipart/alternative (text, HTML, calendar) and an attachment
``application/ics``, as Google sends it and CalConnect recommends.
"""

import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bridge.core.errors import PermanentFault
from bridge.core.sockets import Attachment, Message, message_token

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ud800-\udfff]+")
ENCODING = "quoted-printable"
NO_ADDRESS = "The customer's address is none that mail can be sent to."


def mail(message: Message, key: str, sender: str) -> EmailMessage:
    """The whole mail from the address ``sender``. Raises ``PermanentFault`` when it cannot be addressed.

    The same key gives the same Message-ID. Whatever is in names and subject, it stays in its header.
    """
    made = EmailMessage(policy=SMTP)
    domain = ascii_domain(sender).rpartition("@")[2]
    made["From"] = _address(message.sender_name, sender)
    made["To"] = _address(message.to_name, message.to)
    if message.reply_to:
        made["Reply-To"] = _address(message.sender_name, message.reply_to)
    made["Subject"] = _line(message.subject)
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = f"<{message_token(key)}@{domain}>"
    if message.thread:
        made["In-Reply-To"] = made["References"] = f"<{message_token(message.thread)}.thread@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    _add_bodies(made, message)
    for attachment in message.attachments:
        _attach(made, attachment)
    # Last: each body added takes the Content- headers there are for its own.
    made["Content-Language"] = _line(message.language)
    return made


def ascii_domain(address: str) -> str:
    """``address`` with its host as the DNS has it. Raises ``PermanentFault``."""
    local, _, host = address.strip().rpartition("@")
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise PermanentFault(NO_ADDRESS) from error
    if not local or not name:
        raise PermanentFault(NO_ADDRESS)
    return f"{local}@{name}"


def _address(name: str, address: str) -> Address:
    local, _, host = ascii_domain(address).rpartition("@")
    if _UNPRINTABLE.search(local) or any(sign in local for sign in ' <>,;:"()[]\\@'):
        raise PermanentFault(NO_ADDRESS)
    return Address(_line(name), local, host)


def _line(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _add_bodies(made: EmailMessage, message: Message) -> None:
    made.set_content(_sound(message.text), charset="utf-8", cte=ENCODING)
    if message.html:
        made.add_alternative(_sound(message.html), subtype="html", charset="utf-8", cte=ENCODING)
    if message.calendar:
        parameters = {"method": message.calendar_method, "component": "VEVENT"}
        made.add_alternative(_sound(message.calendar), subtype="calendar", charset="utf-8", cte=ENCODING, params=parameters)
        made.add_attachment(_sound(message.calendar).encode(), maintype="application", subtype="ics", filename="invite.ics")


def _sound(text: str) -> str:
    """Without the halves of characters that no encoding holds."""
    return text.encode("utf-8", "replace").decode()


def _attach(made: EmailMessage, attachment: Attachment) -> None:
    kind = SMTP.header_factory("Content-Type", attachment.content_type)
    made.add_attachment(
        attachment.content,
        maintype=kind.maintype,
        subtype=kind.subtype,
        filename=_line(attachment.name),
        params=dict(kind.params),
    )
