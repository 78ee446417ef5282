"""Money: started at a provider, heard of by webhook or by asking, laid to an order, given back.

No transaction is open while a provider is spoken to. What a provider says may come late, twice and in any order.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core import events
from bridge.core.drops import Slot
from bridge.core.errors import Fault, InvalidInput, NotFound, NotPossible, PermanentFault, Refusal, TransientFault, Unreachable
from bridge.core.orders import Order, Payment, Refund, RefundReason, RefundState, email_key
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import OrderSeen
from bridge.core.sockets import Asked, Item, PaymentNews, Payments, RefundNews
from bridge.flows.claiming import NOTHING, exchange
from bridge.flows.house import House
from bridge.flows.orders import check_customer, claim_of, confirmed, kept_until, lapsed
from bridge.flows.refunding import refund, refund_all_but
from bridge.flows.tell import tell

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
BATCH = 50
FIRST_LOOK, LAST_LOOK = timedelta(minutes=1), timedelta(hours=1)
LOOK_FOR, LOOK_FOR_CLEARING = timedelta(days=2), timedelta(days=30)


def start_payment(open_work: WorkFactory, provider: str, payments: Payments, secret: str, house: House, now: datetime) -> str:
    """Where the customer pays for a pending order; the same address again for as long as it is good.

    Raises ``NotFound``, ``NotPossible`` (it is paid, cancelled or lapsed, or its money is on its way), and the provider's faults.
    """
    with open_work() as work:
        seen = work.views.order(secret)
    if seen is None:
        raise NotFound("There is no such order.")
    if seen.order.state != "pending" or seen.order.expires_at is None or seen.order.expires_at <= now:
        raise NotPossible("This order does not wait for a payment.")
    if seen.money.is_clearing:
        raise NotPossible("Your payment is on its way, which takes a bank some days. We write to you as soon as it is here.")
    for known in seen.money.payments:
        if known.state == "started" and known.provider == provider and (known.expires_at is None or known.expires_at > now):
            return known.url
    asked = _asked(seen, house)
    started = payments.start(asked, _key(seen.order, len(seen.money.payments)))
    payment = Payment(
        0, seen.order.id, provider, started.reference, asked.amount, asked.currency, "started", now, started.expires_at, started.url
    )
    with open_work() as work:
        work.add_payment(payment, now + FIRST_LOOK)
    return started.url


def _key(order: Order, attempt: int) -> str:
    """The same for the same attempt: a start whose answer was lost is not a second payment."""
    return hashlib.sha256(f"{order.secret}/{attempt}".encode()).hexdigest()[:40]


def _asked(seen: OrderSeen, house: House) -> Asked:
    order = seen.order
    items = [Item(line.name, line.units, line.price) for line in order.lines]
    if order.shipping_fee:
        items.append(Item(order.shipping, 1, order.shipping_fee))
    page = house.order_link(order.secret)
    return Asked(
        order=order.number,
        amount=order.total,
        currency=order.currency,
        items=tuple(items),
        email=order.email,
        language=order.language,
        done_url=f"{page}?paid=1",
        back_url=page,
        expires_at=order.expires_at or order.placed_at,
    )


def record_news(open_work: WorkFactory, provider: str, news: Sequence[PaymentNews | RefundNews], now: datetime) -> None:
    """Lays down what a provider said; the same message twice changes nothing. What is not ours is left alone."""
    for told in news:
        with open_work() as work:
            if told.message_id and work.seen(f"payments:{provider}", told.message_id, now):
                continue
            if isinstance(told, RefundNews):
                _refund_news(work, told, now)
            else:
                _payment_news(work, provider, told, now)


def _payment_news(work: UnitOfWork, provider: str, told: PaymentNews, now: datetime) -> None:
    payment = work.payment(provider, told.reference)
    if payment is None or payment.state == "paid" or told.state == "open":
        return
    seen = work.views.order_by_id(payment.order_id)
    if seen is None:
        return
    if seen.order.email and (seen.slot.limit is not None or seen.terms.has_limits):
        work.lock_customer(seen.drop.organizer_id, email_key(seen.order.email), now)
    slot = work.slots_for_claim([seen.order.slot_id]).get(seen.order.slot_id)
    order = work.order_for_change(payment.order_id)
    if order is None or slot is None:
        return
    if told.state == "clearing":
        if work.save_payment(replace(payment, state="clearing"), {"started"}):
            _now_clearing(work, order, slot, payment, now)
    elif told.state == "ended":
        if work.save_payment(replace(payment, state="failed"), {"clearing"}):
            _now_failed(work, order, slot, payment, now)
        else:
            work.save_payment(replace(payment, state="lapsed"), {"started"})
    else:
        paid = replace(payment, state="paid", amount=told.amount or payment.amount, settled=told.settled, paid_at=now)
        if work.save_payment(paid, {"started", "clearing", "lapsed", "failed"}):
            _lay_to(work, order, slot, paid, now)


def _now_clearing(work: UnitOfWork, order: Order, slot: Slot, payment: Payment, now: datetime) -> None:
    """The customer has done their part: what they ordered is kept for them, or claimed again when it was given back just now."""
    if order.state == "expired":
        if slot.starts_at <= now or not _claimed_again(work, order, slot, now):
            return
        again = events.OrderPlaced(order.places, order.units, order.total, order.method, True, order.unit_price)
        work.record(again, actor="customer", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    elif order.state != "pending":
        return
    if work.save_order(replace(order, state="pending", expires_at=kept_until(order, slot)), order.state):
        tell(work, order.id, "clearing", now, mark=payment.id)


def _now_failed(work: UnitOfWork, order: Order, slot: Slot, payment: Payment, now: datetime) -> None:
    """The bank did not pay: the order ends at once, unless another payment of it is on its way."""
    if order.state == "pending" and not work.money(order.id).is_clearing and lapsed(work, order, slot, now, actor="house"):
        tell(work, order.id, "unpaid", now, mark=payment.id)


def _lay_to(work: UnitOfWork, order: Order, slot: Slot, paid: Payment, now: datetime) -> None:
    """Money has come in: the order is paid by it, or it goes back."""
    if order.state == "pending":
        _now_paid(work, order, slot, now, late=False)
    elif order.state == "expired":
        if _claimed_again(work, order, slot, now):
            _now_paid(work, order, slot, now, late=True)
        else:
            refund(work, paid, paid.amount, "late", slot.id, now)
            tell(work, order.id, "refunded", now, mark=paid.id, amount=paid.amount, reason="late")
    elif order.state == "cancelled":
        _give_back(work, order, paid, 0, "cancelled", now)
    else:
        _give_back(work, order, paid, order.total, "twice", now)


def _give_back(work: UnitOfWork, order: Order, paid: Payment, kept: int, reason: RefundReason, now: datetime) -> None:
    amount = refund_all_but(work, order, kept, reason, now)
    if amount:
        tell(work, order.id, "refunded", now, mark=paid.id, amount=amount, reason=reason)


def _now_paid(work: UnitOfWork, order: Order, slot: Slot, now: datetime, *, late: bool) -> None:
    after = replace(order, state="paid", expires_at=None, changed_at=now)
    if not work.save_order(after, order.state):
        raise NotPossible("This order was changed at the same moment; look again.")
    refund_all_but(work, after, after.total, "twice", now)
    paid = events.OrderPaid(order.places, order.units, order.total, late, order.unit_price)
    work.record(paid, actor="customer", now=now, drop_id=slot.drop_id, slot_id=slot.id)
    confirmed(work, after, now)


def _claimed_again(work: UnitOfWork, order: Order, slot: Slot, now: datetime) -> bool:
    """Whether what a lapsed order had can still be had, by its customer too; the slot is locked, and who has a limit."""
    offers = {offer.id for offer in slot.offers}
    if slot.cancelled or slot.removed or slot.ends_at <= now or not all(line.offer_id in offers for line in order.lines):
        return False
    try:
        with work.savepoint():
            if order.email:
                bare = max(0, order.places - sum(line.units * line.places_per_unit for line in order.lines))
                check_customer(work, slot, work.views.terms(slot.drop_id), order.lines, bare, email_key(order.email), besides=order.id)
            exchange(work, slot, NOTHING, claim_of(order), now)
    except Refusal:
        return False
    return True


def _refund_news(work: UnitOfWork, told: RefundNews, now: datetime) -> None:
    found = work.refund_by_reference(told.reference)
    if found is None or told.state == "pending":
        return
    state: RefundState = "done" if told.state == "done" else "failed"
    if found.state != state and work.save_refund(replace(found, state=state, failure=told.failure), {"requested", "done"}):
        _settled(work, found, now, done=state == "done")


def _settled(work: UnitOfWork, refund: Refund, now: datetime, *, done: bool) -> None:
    slot_id = work.slot_of_order(refund.order_id)
    work.record(events.RefundSettled(refund.amount, done), actor="house", now=now, slot_id=slot_id)


def _socket(payments_of: Callable[[str], Payments], provider: str) -> Payments:
    """The provider's socket; one that is not set up any more is one that is not reached, until the operator sets it up again."""
    try:
        return payments_of(provider)
    except InvalidInput as refusal:
        raise Unreachable(f"There is money at {provider}, which is not set up here any more: set its keys again.") from refusal


def make_refund(open_work: WorkFactory, payments_of: Callable[[str], Payments], refund_id: int, key: str, now: datetime) -> None:
    """Has a provider give money back; once, however often it is asked. Raises ``TransientFault``, ``PermanentFault``."""
    with open_work() as work:
        found = work.refund(refund_id)
        payment = work.payment_by_id(found.payment_id) if found else None
    if found is None or payment is None or found.state != "requested" or found.reference:
        return
    try:
        told = _socket(payments_of, payment.provider).refund(payment.settled, found.amount, payment.currency, key)
    except PermanentFault as fault:
        with open_work() as work:
            if work.save_refund(replace(found, state="failed", failure=str(fault)), {"requested"}):
                _settled(work, found, now, done=False)
        raise
    with open_work() as work:
        work.save_refund(replace(found, reference=told.reference), {"requested"})
        _refund_news(work, told, now)
        if told.state == "pending":
            work.enqueue("payment.look", f"payment/refund/{refund_id}/look", {"refund": refund_id}, now + FIRST_LOOK)


def look_at_refund(open_work: WorkFactory, payments_of: Callable[[str], Payments], refund_id: int, now: datetime) -> None:
    """Asks what became of a refund that no webhook spoke of. Raises ``TransientFault`` while it is on its way."""
    with open_work() as work:
        found = work.refund(refund_id)
        payment = work.payment_by_id(found.payment_id) if found else None
    if found is None or payment is None or found.state != "requested":
        return
    told = _socket(payments_of, payment.provider).look_at_refund(found.reference)
    if told.state == "pending":
        raise TransientFault("The refund is on its way; the provider has yet to say that it arrived.")
    record_news(open_work, payment.provider, [replace(told, message_id="")], now)


def end_payment(open_work: WorkFactory, payments_of: Callable[[str], Payments], payment_id: int, key: str, now: datetime) -> None:
    """Ends a payment at its provider; money that came all the same is laid down. Raises the provider's faults."""
    with open_work() as work:
        payment = work.payment_by_id(payment_id)
    if payment is not None and payment.state == "started":
        told = _socket(payments_of, payment.provider).end(payment.reference, key)
        record_news(open_work, payment.provider, [replace(told, message_id="")], now)


def look_at_payments(open_work: WorkFactory, payments_of: Callable[[str], Payments], secret: str, now: datetime) -> None:
    """Asks the provider after an order that waits for its money, so that its page is right before the webhook comes.

    Raises the provider's faults; an order that waits for nothing is left alone.
    """
    with open_work() as work:
        seen = work.views.order(secret)
    if seen is None or seen.order.state not in ("pending", "expired"):
        return
    for payment in seen.money.payments:
        if payment.state in ("started", "clearing"):
            told = _socket(payments_of, payment.provider).look(payment.reference)
            record_news(open_work, payment.provider, [replace(told, message_id="")], now)


def reconcile(open_work: WorkFactory, payments_of: Callable[[str], Payments], now: datetime) -> int:
    """Asks after payments that no webhook spoke of, ever more rarely. Returns how many were asked after.

    All of them are, before a provider's fault is raised.
    """
    with open_work() as work:
        due = work.payments_to_look_at(now, BATCH)
    asked, faults = 0, list[Fault]()
    for payment, seen in due:
        age = now - payment.created_at
        lasts = LOOK_FOR_CLEARING if payment.state == "clearing" else LOOK_FOR
        again = None if age > lasts else now + min(LAST_LOOK, max(FIRST_LOOK, age))
        with open_work() as work:
            if not work.look_again(payment, seen, again):
                continue
        asked += 1
        try:
            told = _socket(payments_of, payment.provider).look(payment.reference)
        except Fault as fault:
            faults.append(fault)
        else:
            record_news(open_work, payment.provider, [replace(told, message_id="")], now)
    if faults:
        raise faults[0]
    return asked
