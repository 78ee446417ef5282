"""Orders, payments and refunds: what they are, and the steps they may take.

Money is an integer of minor units in the order's currency; all moments are aware and in UTC.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bridge.core.errors import InvalidInput
from bridge.core.hosts import in_ascii, is_host
from bridge.core.pricing import Amount, Totals, totals

OrderState = Literal["pending", "placed", "paid", "picked_up", "cancelled", "expired"]
PaymentState = Literal["started", "clearing", "paid", "lapsed", "failed"]
RefundState = Literal["requested", "done", "failed"]
RefundReason = Literal["cancelled", "changed", "late", "twice"]
Fulfilment = Literal["pickup", "shipping"]

STEPS: Mapping[OrderState, frozenset[OrderState]] = {
    "pending": frozenset({"placed", "paid", "cancelled", "expired"}),
    "placed": frozenset({"picked_up", "cancelled"}),
    "paid": frozenset({"picked_up", "cancelled"}),
    "expired": frozenset({"paid", "pending"}),
    "picked_up": frozenset(),
    "cancelled": frozenset(),
}
"""``pending`` waits for its payment; ``placed`` is paid at pickup; ``expired → paid`` is money that came late and still found stock.

``expired → pending`` is a payment that takes days, told of late, for which there still was stock.
"""

CLAIMING: frozenset[OrderState] = frozenset({"pending", "placed", "paid", "picked_up"})
"""The states in which an order holds its places and goods."""

STANDING: frozenset[OrderState] = frozenset({"placed", "paid"})
"""The states of an order that is confirmed and still to be handed over."""

BOOKED: frozenset[OrderState] = STANDING | {"picked_up"}
"""The states of an order whose customer has booked: nothing is awaited any more, nothing was given back."""

MAX_UNITS = 1000
MAX_NOTE = 1000
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by their category, of which nothing is seen."""
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@(?:[^\s@.<>,;:\"()\[\]\\]{1,63}\.)+[^\s@.<>,;:\"()\[\]\\]{2,63}")
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9 section 2)."""
_COUNTRY = re.compile("[A-Z]{2}")
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def may(state: OrderState, step: OrderState) -> bool:
    """Whether an order in ``state`` may become ``step``."""
    return step in STEPS[state]


@dataclass(frozen=True, slots=True)
class Address:
    """Where an order is sent; ``country`` is ISO 3166-1 alpha-2."""

    street: str
    postcode: str
    city: str
    country: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who orders, and how they want it. ``language`` is a language tag; ``shipping`` a key of the drop's options.

    Raises ``InvalidInput`` for an address whose country is named and can be none.
    """

    email: str
    name: str
    language: str = "en"
    method: str = "at_pickup"
    fulfilment: Fulfilment = "pickup"
    shipping: str = ""
    address: Address | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.address is not None and self.address.country and _COUNTRY.fullmatch(self.address.country) is None:
            raise InvalidInput("Choose the country.")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Units of one SKU at one price. ``offer_id`` is None once the slot no longer sells it."""

    sku: str
    name: str
    units: int
    price: int
    tax_rate: int = 0
    add_on: bool = False
    places_per_unit: int = 1
    offer_id: int | None = None
    stock_item_id: int = 0
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """A claim that stays.

    ``number`` is what people say to each other; ``secret`` opens the order's page. ``places`` includes those without
    goods. ``sequence`` is that of the customer's invitation (RFC 5545 section 3.8.7.4). ``expires_at`` is set while a
    payment is awaited: while it is clearing that is the slot's start. ``free_change``: the organizer moved the slot, so
    that it may be changed or cancelled at any time.
    ``total`` is what is to be paid in all, tax included.
    """

    id: int
    slot_id: int
    secret: str
    number: str
    state: OrderState
    places: int
    lines: tuple[OrderLine, ...]
    email: str
    name: str
    language: str
    currency: str
    method: str
    placed_at: datetime
    total: int = 0
    fulfilment: Fulfilment = "pickup"
    address: Address | None = None
    shipping: str = ""
    shipping_fee: int = 0
    shipping_tax_rate: int = 0
    tax_included: bool = True
    note: str = ""
    expires_at: datetime | None = None
    sequence: int = 0
    free_change: bool = False
    changed_at: datetime | None = None
    cancelled_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it holds its claims."""
        return self.state in CLAIMING

    @property
    def units(self) -> int:
        """All units of all lines."""
        return sum(line.units for line in self.lines)

    @property
    def unit_price(self) -> int:
        """What one unit of it costs: of several goods the least, add-ons left out; 0 without goods."""
        return min((line.price for line in self.lines if not line.add_on), default=0)

    @property
    def totals(self) -> Totals:
        """Sum and taxes."""
        return order_totals(self.lines, self.shipping_fee, self.shipping_tax_rate, included=self.tax_included)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money on its way. ``reference`` is the provider's name for it, ``url`` where the customer pays.

    ``clearing``: the customer has paid, by a way that takes days, and it may still come to nothing: ``failed``.
    ``settled`` is the provider's name for the money itself, which refunds are made of.
    """

    id: int
    order_id: int
    provider: str
    reference: str
    amount: int
    currency: str
    state: PaymentState
    created_at: datetime
    expires_at: datetime | None = None
    url: str = ""
    settled: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back. ``failure`` says why it could not be made, for the organizer."""

    id: int
    payment_id: int
    order_id: int
    amount: int
    reason: RefundReason
    state: RefundState
    requested_at: datetime
    reference: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """Where the money of one order stands: ``paid`` came in, ``refunded`` went back or is on its way."""

    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = field(default_factory=tuple)

    @property
    def is_clearing(self) -> bool:
        """Whether the customer has paid by a way that takes days, and nothing has come of it yet."""
        return any(payment.state == "clearing" for payment in self.payments)

    @property
    def has_failed(self) -> bool:
        """Whether a payment that takes days came to nothing, and no other came in or is on its way."""
        states = {payment.state for payment in self.payments}
        return "failed" in states and not states & {"clearing", "paid"}

    @property
    def paid(self) -> int:
        """What came in."""
        return sum(payment.amount for payment in self.payments if payment.state == "paid")

    @property
    def refunded(self) -> int:
        """What went back, or is on its way back; a refund that failed is still owed."""
        return sum(refund.amount for refund in self.refunds if refund.state != "failed")

    @property
    def kept(self) -> int:
        """What we have of the customer's."""
        return self.paid - self.refunded


def owed(order: Order, money: Money) -> int:
    """What is still to be paid of an order that is confirmed; 0 of any other."""
    return max(0, order.total - money.kept) if order.state in STANDING else 0


def order_totals(lines: tuple[OrderLine, ...], fee: int, fee_rate: int, *, included: bool) -> Totals:
    """The sum of an order's lines and its shipping."""
    amounts = [Amount(line.units * line.price, line.tax_rate) for line in lines]
    return totals([*amounts, Amount(fee, fee_rate)] if fee else amounts, included=included)


def checked_email(address: str) -> str:
    """``address`` without blanks around it if mail can be sent there, else ``InvalidInput``."""
    trimmed = unicodedata.normalize("NFC", address.strip())
    unfit = _REPLACED in trimmed or not trimmed.isprintable() or ".." in trimmed or trimmed.startswith(".")
    if unfit or len(trimmed) > 254 or _EMAIL.fullmatch(trimmed) is None or not is_host(trimmed.rpartition("@")[2]):
        raise InvalidInput("This is no e-mail address that mail can be sent to, such as cleo@example.org.")
    return trimmed


def email_key(address: str) -> str:
    """One key for the ways of writing one mailbox: case, ``+labels``, Gmail's dots, and hosts in ASCII or in their own letters."""
    local, _, host = unicodedata.normalize("NFKC", address.strip()).rpartition("@")
    local, host = local.casefold(), in_ascii(host)
    local = local.partition("+")[0] or local
    if host in _DOTLESS:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{host}"


def checked_name(name: str) -> str:
    """A person's name on one line, of which something can be seen, else ``InvalidInput``.

    What would turn the text around it is left out; the marks and joiners that names of some scripts are written with stay.
    """
    # Nobody sees them, and contacts and messengers put them around what is copied: who is refused for one could not mend it.
    trimmed = " ".join(name.translate(_TURNING).split())
    if _REPLACED in trimmed:
        raise InvalidInput("Your name came with letters that cannot be read: please type it once more.")
    unfit = any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in trimmed)
    if unfit or len(trimmed) > 120 or not any(map(_is_seen, trimmed)):
        raise InvalidInput("Tell us your name, in up to 120 letters.")
    return trimmed


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK


def checked_note(note: str) -> str:
    """A customer's note without blanks around it, a line break counted as one letter, else ``InvalidInput``."""
    trimmed = note.replace("\r\n", "\n").strip()
    if len(trimmed) > MAX_NOTE:
        raise InvalidInput("A note has at most 1000 letters: please say it in fewer.")
    return trimmed
