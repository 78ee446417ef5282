"""Payments and refunds: money on its way, in both directions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection as Db
from sqlalchemy import insert, select, update

from bridge.core.orders import Money, Payment, PaymentState, Refund, RefundReason, RefundState
from bridge.store import rows_orders as rows
from bridge.store import tables_shop as t
from bridge.store.dialect import added, insert_ignoring

_p, _r = t.payments.c, t.refunds.c


class Moneys:
    """The payments and refunds of one transaction."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add_payment(self, payment: Payment, look_at: datetime | None) -> Payment | None:
        """The payment with its id; None when the provider's reference is known already."""
        values = {
            "order_id": payment.order_id,
            "provider": payment.provider,
            "reference": payment.reference,
            "amount": payment.amount,
            "currency": payment.currency,
            "state": payment.state,
            "url": payment.url,
            "settled": payment.settled,
            "created_at": payment.created_at,
            "expires_at": payment.expires_at,
            "paid_at": payment.paid_at,
            "look_at": look_at,
        }
        row = self._db.execute(insert_ignoring(self._db, t.payments).values(**values).returning(_p.id)).first()
        return replace(payment, id=row.id) if row else None

    def payment(self, provider: str, reference: str) -> Payment | None:
        """The payment that the provider calls so."""
        row = self._db.execute(select(t.payments).where(_p.provider == provider, _p.reference == reference)).first()
        return rows.payment(row) if row else None

    def payment_by_id(self, payment_id: int) -> Payment | None:
        """The payment."""
        row = self._db.execute(select(t.payments).where(_p.id == payment_id)).first()
        return rows.payment(row) if row else None

    def save_payment(self, payment: Payment, was: Iterable[PaymentState]) -> bool:
        """Stores the payment if it still is in one of the states ``was``; once it ended it is not looked at again."""
        values = {"state": payment.state, "amount": payment.amount, "settled": payment.settled, "paid_at": payment.paid_at}
        if payment.state != "clearing":
            values["look_at"] = None
        statement = update(t.payments).where(_p.id == payment.id, _p.state.in_(sorted(was))).values(**values)
        return self._db.execute(statement).rowcount == 1

    def money(self, order_id: int) -> Money:
        """All money of one order."""
        return rows.money(self._db, order_id)

    def payments_to_look_at(self, now: datetime, limit: int) -> list[tuple[Payment, datetime]]:
        """Payments that no webhook spoke of for too long, each with the moment it was to be looked at."""
        query = select(t.payments).where(_p.look_at <= now, _p.state.in_(["started", "clearing"])).order_by(_p.look_at).limit(limit)
        return [(rows.payment(row), row.look_at) for row in self._db.execute(query)]

    def look_again(self, payment: Payment, seen: datetime, look_at: datetime | None) -> bool:
        """Claims the look for this clock; False when another has it."""
        statement = update(t.payments).where(_p.id == payment.id, _p.look_at == seen).values(look_at=look_at)
        return self._db.execute(statement).rowcount == 1

    def add_refund(self, payment: Payment, amount: int, reason: RefundReason, now: datetime) -> Refund:
        """A refund that is yet to be made."""
        values = {"payment_id": payment.id, "order_id": payment.order_id, "amount": amount, "reason": reason, "state": "requested"}
        key = added(self._db, insert(t.refunds), requested_at=now, **values)
        return Refund(key, payment.id, payment.order_id, amount, reason, "requested", now)

    def refund(self, refund_id: int) -> Refund | None:
        """The refund."""
        row = self._db.execute(select(t.refunds).where(_r.id == refund_id)).first()
        return rows.refund(row) if row else None

    def refund_by_reference(self, reference: str) -> Refund | None:
        """The refund that the provider calls so."""
        row = self._db.execute(select(t.refunds).where(_r.reference == reference)).first()
        return rows.refund(row) if row else None

    def save_refund(self, refund: Refund, was: Iterable[RefundState]) -> bool:
        """Stores the refund if it still is in one of the states ``was``."""
        values = {"state": refund.state, "reference": refund.reference, "failure": refund.failure}
        return self._db.execute(update(t.refunds).where(_r.id == refund.id, _r.state.in_(sorted(was))).values(**values)).rowcount == 1
