"""What a letter has to know beside the order as it is now: plain facts that keep in the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from bridge.core.drops import Slot
from bridge.core.errors import InvalidInput
from bridge.core.orders import RefundReason

Kind = Literal["payment_needed", "clearing", "unpaid", "confirmed", "changed", "moved", "cancelled", "refunded"]
"""What an order's letter tells."""

WaitingKind = Literal["waiting_joined", "waiting_offer"]
"""What a letter about a waiting list tells."""

By = Literal["customer", "organizer"]


@dataclass(frozen=True, slots=True)
class Before:
    """The slot as the customer knew it; ``pickup`` is None where nobody wrote that down."""

    title: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    timezone: str
    place: str
    pickup: str | None = None

    @classmethod
    def of(cls, slot: Slot) -> "Before":
        """A slot that is about to change."""
        return cls(slot.title, slot.starts_at, slot.ends_at, slot.all_day, slot.timezone, slot.place, slot.pickup)


@dataclass(frozen=True, slots=True)
class Facts:
    """``before`` for moved and changed; ``by`` for cancelled; ``amount`` in minor units is what goes back, ``reason`` why."""

    before: Before | None = None
    by: By = "customer"
    amount: int = 0
    reason: RefundReason = "cancelled"

    def plain(self) -> dict[str, Any]:
        """As JSON has it; ``read_facts`` reads it again."""
        told: dict[str, Any] = {"by": self.by, "amount": self.amount, "reason": self.reason}
        if self.before is not None:
            was = self.before
            told["before"] = {
                "title": was.title,
                "starts_at": was.starts_at.isoformat(),
                "ends_at": was.ends_at.isoformat(),
                "all_day": was.all_day,
                "timezone": was.timezone,
                "place": was.place,
                "pickup": was.pickup,
            }
        return told


def read_facts(told: Mapping[str, Any]) -> Facts:
    """What ``Facts.plain`` made. Raises ``InvalidInput``."""
    try:
        before = told.get("before")
        return Facts(_before(before) if before else None, told["by"], int(told["amount"]), told["reason"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"These are no facts for a letter: {type(error).__name__}.") from error


def read_kind(told: object) -> Kind:
    """A kind of order letter. Raises ``InvalidInput``."""
    for kind in get_args(Kind):
        if kind == told:
            known: Kind = kind
            return known
    raise InvalidInput("There is no letter of this kind.")


def _before(told: Mapping[str, Any]) -> Before:
    starts, ends = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    return Before(told["title"], starts, ends, bool(told["all_day"]), told["timezone"], told["place"], told.get("pickup"))
