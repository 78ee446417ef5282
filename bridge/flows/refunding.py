"""Money on its way back, and payments that must not come any more: rows now, the provider later."""

from datetime import datetime

from bridge.core import events
from bridge.core.orders import Order, Payment, RefundReason
from bridge.core.ports import UnitOfWork


def refund_all_but(work: UnitOfWork, order: Order, kept: int, reason: RefundReason, now: datetime) -> int:
    """Gives back what we have of the customer's beyond ``kept``, the latest payment first. Returns how much."""
    money = work.money(order.id)
    over = money.kept - kept
    given = 0
    for payment in reversed(money.payments):
        if payment.state != "paid" or given >= over:
            continue
        left = payment.amount - sum(r.amount for r in money.refunds if r.payment_id == payment.id and r.state != "failed")
        part = min(left, over - given)
        if part > 0:
            refund(work, payment, part, reason, order.slot_id, now)
            given += part
    return given


def refund(work: UnitOfWork, payment: Payment, amount: int, reason: RefundReason, slot_id: int, now: datetime) -> None:
    """Gives part of a payment back."""
    made = work.add_refund(payment, amount, reason, now)
    work.record(events.RefundRequested(amount, reason), actor="house", now=now, slot_id=slot_id)
    work.enqueue("payment.refund", f"payment/refund/{made.id}", {"refund": made.id}, now)


def end_open_payments(work: UnitOfWork, order: Order, now: datetime) -> None:
    """Sees to it that no more money comes for an order: what is open at a provider is ended there."""
    for payment in work.money(order.id).payments:
        if payment.state == "started":
            work.enqueue("payment.end", f"payment/end/{payment.id}", {"payment": payment.id}, now)
