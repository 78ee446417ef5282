"""What delivers the outbox's rows of money and of goods: each topic's handler, over the sockets it is given."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bridge.core.ports import Pos
from bridge.core.sockets import Payments
from bridge.core.stock import Movement
from bridge.core.tills import Connection
from bridge.flows.payments import end_payment, look_at_refund, make_refund
from bridge.flows.relay import Handler, WorkFactory
from bridge.flows.stock import acknowledge, taken_back

PaymentsOf = Callable[[str], Payments]
PosOf = Callable[[Connection], Pos]


def money_handlers(open_work: WorkFactory, payments_of: PaymentsOf) -> dict[str, Handler]:
    """Refunds, and the ends of payments that are no longer wanted."""

    def refund(payload: Mapping[str, Any], key: str, now: datetime) -> None:
        make_refund(open_work, payments_of, int(payload["refund"]), key, now)

    def end(payload: Mapping[str, Any], key: str, now: datetime) -> None:
        end_payment(open_work, payments_of, int(payload["payment"]), key, now)

    def look(payload: Mapping[str, Any], _key: str, now: datetime) -> None:
        look_at_refund(open_work, payments_of, int(payload["refund"]), now)

    return {"payment.refund": refund, "payment.end": end, "payment.look": look}


def till_handlers(open_work: WorkFactory, pos_of: PosOf) -> dict[str, Handler]:
    """What customers ordered here is booked at the till, and what they gave back."""

    def adjust(payload: Mapping[str, Any], key: str, now: datetime) -> None:
        with open_work() as work:
            connection = next((one for one in work.views.connections() if one.id == payload["connection"]), None)
        if connection is None:
            return
        units = int(payload["units"])
        pos_of(connection).adjust(Movement(str(payload["sku"]), -units, now, key), key)
        with open_work() as work:
            book = acknowledge if units > 0 else taken_back
            book(work, int(payload["item"]), abs(units), now, key, source=f"pos:{connection.id}/movements", now=now)

    return {"pos.adjust": adjust}
