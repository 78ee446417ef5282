"""Orders as they are read: with all that a page, a letter or a calendar says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.core.drops import Slot
from bridge.core.orders import Money, Order
from bridge.core.ports import Drop
from bridge.core.terms import Terms


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order with its slot and drop as they are now, the drop's terms, and where the money stands."""

    order: Order
    slot: Slot
    drop: Drop
    terms: Terms
    money: Money


@dataclass(frozen=True, slots=True)
class WaitingSeen:
    """An entry of a waiting list. ``units`` is SKU to how many; ``secret`` opens the offer; ``state`` is that of the row."""

    id: int
    secret: str
    state: str
    email: str
    name: str
    language: str
    units: Mapping[str, int]
    places: int
    slot: Slot
    drop: Drop
    terms: Terms
    offered_until: datetime | None = None


class OrderViews(Protocol):
    """Reads of orders and waiting lists."""

    def order_by_id(self, order_id: int) -> OrderSeen | None: ...
    def waiting_by_id(self, waiting_id: int) -> WaitingSeen | None: ...
