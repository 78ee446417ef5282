"""The part of the store that holds, orders, money and waiting lists need, as Protocols."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bridge.core.claims import Claim, Line, Wanted
from bridge.core.drops import Drop, Slot
from bridge.core.orders import Money, Order, OrderState, Payment, PaymentState, Refund, RefundReason, RefundState
from bridge.core.stock import StockItem
from bridge.core.terms import Terms

CancelledBy = Literal["", "customer", "organizer"]
WaitingState = Literal["waiting", "offered", "taken", "lapsed", "left"]


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as stored. ``places`` of the slot and the lines' units are claimed until ``expires_at``.

    ``visitor`` tells visitors apart, for limits; ``waiting_id`` whose turn on the waiting list it is.
    """

    id: int
    slot_id: int
    secret: str
    places: int
    expires_at: datetime
    lines: tuple[Line, ...]
    visitor: str = ""
    waiting_id: int | None = None

    @property
    def claim(self) -> Claim:
        """What it holds."""
        return Claim(self.places, self.lines)


@dataclass(frozen=True, slots=True)
class ForHolds:
    """What a hold depends on beside its slot: ``holds`` are those of each visitor that have yet to expire."""

    is_public: bool
    terms: Terms
    stock: Mapping[int, StockItem]
    holds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ForOrders:
    """What orders depend on beside their slots: ``limits`` are those of each live slot, per customer."""

    drop: Drop
    terms: Terms
    limits: Mapping[str, int | None]

    @property
    def has_limits(self) -> bool:
        """Whether anything of it is limited per customer over all their orders."""
        return self.terms.has_limits or any(limit is not None for limit in self.limits.values())


@dataclass(frozen=True, slots=True)
class Waiting:
    """Someone on a slot's waiting list; ``hold`` is what was kept for them until ``offered_until``."""

    id: int
    slot_id: int
    secret: str
    state: WaitingState
    units: Mapping[str, int]
    places: int
    email: str
    name: str
    language: str
    created_at: datetime
    offered_until: datetime | None = None
    hold: str = ""


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order with all that is told of it; ``cancelled_by`` is empty for one that stands, or where it is no longer known."""

    order: Order
    slot: Slot
    drop: Drop
    terms: Terms
    money: Money
    cancelled_by: CancelledBy = ""


@dataclass(frozen=True, slots=True)
class WaitingSeen:
    """Someone's turn, with all that is told of it."""

    waiting: Waiting
    slot: Slot
    drop: Drop
    terms: Terms


class OrderViews(Protocol):
    """What is read of orders."""

    def order(self, secret: str) -> OrderSeen | None: ...
    def order_by_id(self, order_id: int) -> OrderSeen | None: ...
    def hold_seen(self, secret: str) -> Held | None: ...
    def waiting_seen(self, secret: str) -> WaitingSeen | None: ...
    def waiting_seen_by_id(self, waiting_id: int) -> WaitingSeen | None: ...
    def drop_of_slot(self, public_id: str) -> tuple[Drop, int | None] | None:
        """The live drop of a slot, and the slot's limit per customer."""

    def selling(self, public_ids: Iterable[str]) -> ForOrders | None:
        """What orders on these live slots depend on, which are of one drop; None when none of them is there."""

    def people_booked(self, slot_id: int, since: datetime) -> int:
        """How many people have booked a slot later than ``since``, by orders that stand."""

    def slot_now(self, public_id: str) -> tuple[Slot, dict[int, StockItem]] | None:
        """A live slot with its offers and the stock they draw on, as they are by now; nothing is locked."""

    def is_full(self, public_id: str, now: datetime) -> bool:
        """Whether nothing is left on a live slot that could else be ordered at ``now``: one look, for the many who come too late.

        Who is told no by it may believe it; what a stale count keeps back is only seen by those who claim.
        """

    def has_order_of_form(self, public_id: str, email_key: str, form: str, since: datetime) -> bool:
        """Whether there is what ``order_of_form`` finds, on a live slot; nothing is locked."""

    def alternatives(self, slot: Slot, now: datetime, limit: int) -> list[Slot]:
        """Other slots of the drop that have yet to end and sell all that ``slot`` sells, by start."""


class OrderWork(Protocol):
    """What is written of holds, orders, money and waiting lists, in one transaction."""

    # Claims

    def slot_for_claim(self, public_id: str) -> Slot | None:
        """The slot with its offers, locked."""

    def slots_and_holds(self, public_ids: Iterable[str], secrets: Iterable[str]) -> tuple[dict[str, Slot], dict[str, Held]]:
        """The same of several, locked in the order of their ids, and the holds of these secrets behind those locks, expired or not."""

    def slot_id(self, public_id: str) -> int | None:
        """The id of a live slot."""

    def slots_for_claim(self, slot_ids: Iterable[int]) -> dict[int, Slot]:
        """The slots with their offers, removed ones too, locked in the order of their ids."""

    def claim(self, wanted: Sequence[Wanted]) -> Wanted | None:
        """Raises all of these numbers, in their order; the first of them that there was not enough of, when there is one.

        The transaction, or its savepoint, has to be given up then.
        """

    def release(self, slot_id: int, places: int, lines: Sequence[Line]) -> None: ...

    # Holds

    def add_hold(
        self, slot: Slot, claim: Claim, expires_at: datetime, now: datetime, *, visitor: str = "", waiting_id: int | None = None
    ) -> Held: ...
    def hold(self, secret: str) -> Held | None: ...
    def save_hold(self, hold: Held) -> bool:
        """Stores what it holds now and until when; False when it is gone. Its slot must be locked."""

    def add_holds(self, claims: Sequence[tuple[Slot, Claim, str]], expires_at: datetime, now: datetime) -> list[Held]:
        """Writes the holds that were claimed, each on its slot and with its visitor."""

    def for_holds(self, drop_id: int, item_ids: Iterable[int], visitors: Iterable[str], now: datetime) -> ForHolds:
        """What holds on slots of a drop depend on. The items are locked in the order of their ids."""

    def holds_on(self, slot_id: int) -> list[Held]: ...
    def expired_holds(self, now: datetime, limit: int) -> list[Held]: ...
    def take_away_hold(self, hold: Held) -> bool:
        """Ends the hold; False when another transaction already did. Its slot must be locked."""

    # Orders

    def lock_customer(self, organizer_id: int, email_key: str, now: datetime) -> None:
        """Nobody else orders under this key until the end of the transaction."""

    def ordered_on(self, slot_id: int, email_key: str, besides: int = 0) -> int:
        """What a customer has ordered on a slot as its limit counts it, the order ``besides`` left out."""

    def ordered_in(self, drop_id: int, email_key: str, besides: int = 0) -> dict[str, int]:
        """Units by SKU that a customer has ordered in a drop."""

    def add_orders(self, orders: Sequence[tuple[Order, str]], ends: Sequence[Held] = ()) -> list[Order] | None:
        """The orders with their ids, each with what it was made from: a hold's secret, or a form and its moment.

        ``ends`` are the holds that end with them, whose slots must be locked; None when one of those is there no more: the
        transaction has to be given up then.
        """

    def has_orders(self, drop_id: int) -> bool:
        """Whether anything was ever ordered in a drop."""

    def order_of_hold(self, hold: str) -> Order | None:
        """The order that a hold became."""

    def order_of_form(self, slot_id: int, email_key: str, form: str, since: datetime) -> Order | None:
        """What a customer ordered on a slot of late by a form that begins so, and has not cancelled."""

    def order_at(self, secret: str) -> tuple[int, int] | None:
        """The ids of an order and its slot, without a lock."""

    def slot_of_order(self, order_id: int) -> int | None:
        """The slot of an order, without a lock."""

    def order_for_change(self, order_id: int) -> Order | None:
        """The order, locked; its slot must be locked before."""

    def save_order(self, order: Order, was: OrderState) -> bool:
        """Stores the order and its lines if it still is in the state ``was``; False when it is not."""

    def orders_on(self, slot_id: int, states: Iterable[OrderState]) -> list[Order]:
        """Orders on a slot, locked; the slot must be locked before."""

    def lapsed_orders(self, now: datetime, limit: int) -> list[tuple[int, int]]:
        """Orders, each with its slot, whose payment did not come in time."""

    # Money

    def add_payment(self, payment: Payment, look_at: datetime | None) -> Payment | None:
        """The payment with its id; None when the provider's reference is known already."""

    def payment(self, provider: str, reference: str) -> Payment | None: ...
    def payment_by_id(self, payment_id: int) -> Payment | None: ...
    def save_payment(self, payment: Payment, was: Iterable[PaymentState]) -> bool:
        """Stores the payment if it still is in one of the states ``was``."""

    def money(self, order_id: int) -> Money: ...
    def payments_to_look_at(self, now: datetime, limit: int) -> list[tuple[Payment, datetime]]: ...
    def look_again(self, payment: Payment, seen: datetime, look_at: datetime | None) -> bool:
        """Claims the look for this clock; False when another has it."""

    def add_refund(self, payment: Payment, amount: int, reason: RefundReason, now: datetime) -> Refund: ...
    def refund(self, refund_id: int) -> Refund | None: ...
    def refund_by_reference(self, reference: str) -> Refund | None: ...
    def save_refund(self, refund: Refund, was: Iterable[RefundState]) -> bool: ...

    # Waiting lists

    def add_waiting(self, waiting: Waiting, email_key: str) -> Waiting | None:
        """With its id; None when this customer waits for the slot already. The slot must be locked."""

    def waiting(self, secret: str) -> Waiting | None: ...
    def waiting_by_id(self, waiting_id: int) -> Waiting | None: ...
    def waiting_on(self, slot_id: int, limit: int) -> list[Waiting]:
        """Who waits for a slot, the first first; the slot must be locked."""

    def waited_for(self, slot_ids: Sequence[int]) -> list[int]:
        """Those of the slots that somebody waits for."""

    def save_waiting(self, waiting: Waiting, was: WaitingState) -> bool:
        """Stores it if it still is in the state ``was``; the slot must be locked."""

    # Tills

    def till_of(self, item_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
        """The connection that counts each item, and the SKU; items without a till are left out."""
