"""The sockets of money and messages, as Protocols. Each lists the errors beside the verb.

Every write carries a ``key``: the same key again does the thing once. Sockets know nothing of orders' states; what an
answer means is decided in the flows.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Item:
    """One line of what is paid for, as the provider's page shows it: ``units`` at ``price`` each, in minor units."""

    name: str
    units: int
    price: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment to be started. ``amount`` is the sum in minor units of ``currency``, whatever ``items`` come to.

    The customer is sent back to ``done_url`` or ``back_url``. The money is wanted by ``expires_at``.
    """

    order: str
    amount: int
    currency: str
    items: tuple[Item, ...]
    email: str
    language: str
    done_url: str
    back_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """Where the customer pays (``url``), the provider's ``reference``, and when the provider itself ends it."""

    reference: str
    url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """What a provider says of a payment now: still ``open``, ``paid`` or ``ended`` without money.

    ``clearing``: the customer has done their part, and the money takes days or never comes (a bank debit).
    ``settled`` names the money, for refunds; ``message_id`` the message, the same for each repetition.
    """

    reference: str
    state: Literal["open", "clearing", "paid", "ended"]
    amount: int = 0
    currency: str = ""
    settled: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class RefundNews:
    """What a provider says of a refund now. ``failure`` is a sentence when it failed."""

    reference: str
    state: Literal["pending", "done", "failed"]
    failure: str = ""
    message_id: str = ""
    amount: int = 0
    settled: str = ""


class Payments(Protocol):
    """A payment provider. Every verb raises ``TransientFault`` or ``PermanentFault`` with a sentence for the organizer.

    A ``key`` goes with one set of arguments. News may come twice and in any order; states only ever move on, from ``open``
    over ``clearing`` to ``paid`` or ``ended``, and from ``pending`` over ``done`` to ``failed``, so that whoever keeps the
    furthest is right.
    """

    def check(self) -> str:
        """What was reached, as a sentence."""

    def start(self, asked: Asked, key: str) -> Started:
        """Prepares a payment; no money moves yet. The same key with something else asked for is another payment."""

    def look(self, reference: str) -> PaymentNews:
        """How a payment stands."""

    def end(self, reference: str, key: str) -> PaymentNews:
        """Ends a payment that is still open, so that no more money can come; says how it stands after that.

        ``paid`` when the money was faster, ``clearing`` while money is on its way that cannot be stopped.
        """

    def refund(self, settled: str, amount: int, currency: str, key: str) -> RefundNews:
        """Gives money back, in part or in whole."""

    def look_at_refund(self, reference: str) -> RefundNews:
        """How a refund stands."""

    def parse(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[PaymentNews | RefundNews]:
        """The news in a webhook, empty when it is of no concern; verifies it first. Raises ``NotPermitted`` when it is forged."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a message: ``content_type`` with its parameters (``text/calendar; method=REQUEST; charset=utf-8``)."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A finished message. ``calendar`` is an iMIP body with its method (RFC 6047); ``sender`` the address replies go to.

    ``thread`` names the order it belongs to: messages of one thread refer to each other.
    """

    to: str
    to_name: str
    subject: str
    text: str
    html: str = ""
    language: str = "en"
    sender_name: str = ""
    reply_to: str = ""
    calendar: str = ""
    calendar_method: str = ""
    thread: str = ""
    attachments: tuple[Attachment, ...] = ()


class Notifier(Protocol):
    """A way of telling a person something."""

    def check(self) -> str:
        """What was reached, as a sentence. Raises ``TransientFault`` or ``PermanentFault`` with what to do."""

    def send(self, message: Message, key: str) -> None:
        """Sends it; the same key twice is the same message to whoever receives it.

        Raises ``TransientFault`` when trying again makes sense, ``Unreachable`` when it would be the same for any other
        message, ``PermanentFault`` when the address will never do.
        """

    def close(self) -> None:
        """Lets go of what is kept open between messages; the next one opens it again."""


def message_token(key: str) -> str:
    """What stands for a message's key outside of this house: in its Message-ID, its envelope, and in what comes back of it."""
    return base64.b32encode(hashlib.sha256(f"dropbridge message {key}".encode()).digest()[:16]).decode("ascii").rstrip("=").lower()
