"""Orders: what each of their acts has in common, cancelling, and what time alone ends. Placing and changing have modules of their own."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Literal

from bridge.core import events
from bridge.core.claims import Claim, Line
from bridge.core.drops import Slot
from bridge.core.errors import LimitReached, NotFound, NotPossible, TooLate
from bridge.core.orders import STANDING, Order, OrderLine, may
from bridge.core.ports import UnitOfWork
from bridge.core.terms import Terms
from bridge.flows.claiming import NOTHING
from bridge.flows.refunding import end_open_payments, refund_all_but
from bridge.flows.tell import tell

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
Who = Literal["customer", "organizer"]
BATCH = 100
LOOKS = 3


def confirmed(work: UnitOfWork, order: Order, now: datetime, *, by_till: bool = True) -> None:
    """What follows once an order stands: the customer is told, and the till takes the goods off its own count.

    ``by_till`` is False where it is known that no till counts any of them.
    """
    tell(work, order.id, "confirmed", now, mark=order.sequence)
    if by_till:
        write_back(work, order, NOTHING, claim_of(order), now)


def write_back(work: UnitOfWork, order: Order, before: Claim, after: Claim, now: datetime) -> None:
    """Tells tills what customers took of their goods, or gave back."""
    changed: dict[int, int] = {}
    for sign, claim in ((-1, before), (1, after)):
        for line in claim.lines:
            changed[line.stock_item_id] = changed.get(line.stock_item_id, 0) + sign * line.units
    tills = work.till_of(item for item, units in changed.items() if units)
    for item_id, (connection_id, sku) in sorted(tills.items()):
        key = f"pos/{order.id}/{item_id}/{order.sequence}/{order.state}"
        work.enqueue("pos.adjust", key, {"connection": connection_id, "item": item_id, "sku": sku, "units": changed[item_id]}, now)


def claim_of(order: Order) -> Claim:
    """What an order claims; its lines that the slot no longer sells claim stock alone, which is theirs until it ends."""
    lines = [Line(line.offer_id or 0, line.stock_item_id, line.units, line.acknowledged, line.price) for line in order.lines]
    return Claim(order.places, tuple(lines))


def order_to_change(work: UnitOfWork, secret: str, *other_slots: int) -> tuple[Order, dict[int, Slot]]:
    """The order and its slot, locked, and ``other_slots``. Raises ``NotFound``, ``NotPossible`` (it moves again and again)."""
    for _ in range(LOOKS - 1):
        # Moved in another tab meanwhile: the locks of where it was go with the savepoint, so that slots are locked by id again.
        with suppress(NotPossible), work.savepoint():
            return _locked(work, secret, other_slots)
    return _locked(work, secret, other_slots)


def _locked(work: UnitOfWork, secret: str, other_slots: Iterable[int]) -> tuple[Order, dict[int, Slot]]:
    at = work.order_at(secret)
    if at is None:
        raise NotFound("There is no such order.")
    slots = work.slots_for_claim({at[1], *other_slots})
    order = work.order_for_change(at[0])
    if order is None:
        raise NotFound("There is no such order.")
    if order.slot_id not in slots:
        raise NotPossible("This order was changed at the same moment; look again.")
    return order, slots


def order_lines(slot: Slot, claim: Claim, terms: Terms) -> tuple[OrderLine, ...]:
    """What is claimed on a slot, as an order says it: named and taxed as it is now."""
    offers = {offer.id: offer for offer in slot.offers}
    lines = []
    for line in claim.lines:
        offer = offers[line.offer_id]
        product = terms.product(offer.sku)
        lines.append(
            OrderLine(
                sku=offer.sku,
                name=offer.name or offer.sku,
                units=line.units,
                price=line.price,
                tax_rate=product.tax_rate if product else 0,
                add_on=offer.add_on,
                places_per_unit=offer.places_per_unit,
                offer_id=offer.id,
                stock_item_id=line.stock_item_id,
                acknowledged=line.acknowledged,
            )
        )
    return tuple(lines)


def check_customer(
    work: UnitOfWork, slot: Slot, terms: Terms, lines: tuple[OrderLine, ...], places: int, key: str, besides: int = 0
) -> None:
    """What one customer may have over all their orders; they are locked when there is any such limit."""
    wanted = places + sum(line.units for line in lines if not line.add_on)
    if slot.limit is not None and wanted + work.ordered_on(slot.id, key, besides) > slot.limit:
        raise LimitReached("At most {n} per customer, orders made before included.", n=slot.limit)
    limits = {product.sku: product.limit for product in terms.products if product.limit is not None}
    if not any(line.sku in limits for line in lines):
        return
    before = work.ordered_in(slot.drop_id, key, besides)
    for sku, limit in limits.items():
        units = sum(line.units for line in lines if line.sku == sku)
        if units and units + before.get(sku, 0) > limit:
            name = next(line.name for line in lines if line.sku == sku)
            raise LimitReached("At most {n} of {name} per customer, orders made before included.", n=limit, name=name)


def units_of(lines: tuple[OrderLine, ...]) -> dict[str, int]:
    """Units by SKU."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.sku] = found.get(line.sku, 0) + line.units
    return found


def cancel_order(work: UnitOfWork, secret: str, *, now: datetime, by: Who = "customer", actor: str = "customer") -> Order:
    """Cancels an order, gives back what it claimed and what was paid; a cancelled one stays as it is.

    Raises ``NotFound``, ``TooLate`` (for customers), ``NotPossible`` (picked up already).
    """
    order, slots = order_to_change(work, secret)
    if order.state == "cancelled":
        return order
    slot = slots[order.slot_id]
    if not may(order.state, "cancelled"):
        raise NotPossible("This order can no longer be cancelled.")
    if by == "customer":
        check_in_time(order, slot, work.views.terms(slot.drop_id), now)
    return cancelled(work, order, slot, now=now, by=by, actor=actor)


def cancelled(work: UnitOfWork, order: Order, slot: Slot, *, now: datetime, by: Who, actor: str) -> Order:
    """The order, ended; the slot is locked, and whether it may be is decided."""
    claim = claim_of(order)
    work.lock_items({line.stock_item_id for line in claim.lines})
    after = replace(order, state="cancelled", sequence=order.sequence + 1, cancelled_at=now, changed_at=now, expires_at=None)
    if not work.save_order(after, order.state):
        raise NotPossible("This order was changed at the same moment; look again.")
    work.release(slot.id, claim.places, claim.lines)
    if order.state in STANDING:
        write_back(work, after, claim, NOTHING, now)
    refunded = refund_all_but(work, after, 0, "cancelled", now)
    end_open_payments(work, after, now)
    work.record(events.OrderCancelled(order.places, order.units, order.total), actor=actor, now=now, drop_id=slot.drop_id, slot_id=slot.id)
    tell(work, after.id, "cancelled", now, mark=after.sequence, by=by, amount=refunded)
    return after


def check_in_time(order: Order, slot: Slot, terms: Terms, now: datetime) -> None:
    """Whether customers may change or cancel by themselves. Raises ``TooLate``."""
    moved_to_the_past = order.changed_at is not None and slot.ends_at <= order.changed_at
    if order.free_change and (now < slot.ends_at or moved_to_the_past):
        return
    if terms.cancel_until is None:
        raise TooLate("Orders of this drop cannot be changed or cancelled here; please write to the organizer.")
    if now > slot.starts_at - terms.cancel_until:
        raise TooLate("It is too late to change or cancel this order here; please write to the organizer.")


def expire_orders(open_work: WorkFactory, now: datetime) -> int:
    """Gives back what orders claimed whose payment did not come in time; each once. Returns how many were looked at.

    One whose payment is clearing has time until its slot starts.
    """
    with open_work() as work:
        found = work.lapsed_orders(now, BATCH)
    for order_id, slot_id in found:
        with open_work() as work:
            slot = work.slots_for_claim([slot_id])[slot_id]
            order = work.order_for_change(order_id)
            if order is None or order.state != "pending" or order.expires_at is None or order.expires_at > now:
                continue
            clearing = work.money(order.id).is_clearing
            if clearing and kept_until(order, slot) > now:
                work.save_order(replace(order, expires_at=kept_until(order, slot)), "pending")
            elif lapsed(work, order, slot, now, actor="clock") and clearing:
                tell(work, order.id, "unpaid", now)
    return len(found)


def kept_until(order: Order, slot: Slot) -> datetime:
    """How long an order keeps what it claims while its payment is clearing: until its slot starts, never less long than without one."""
    return max(slot.starts_at, order.expires_at or slot.starts_at)


def lapsed(work: UnitOfWork, order: Order, slot: Slot, now: datetime, *, actor: str) -> bool:
    """Ends an order that was not paid, and gives back what it claimed; False when it was changed meanwhile. Slot and order are locked."""
    claim = claim_of(order)
    if not work.save_order(replace(order, state="expired", expires_at=None, changed_at=now), "pending"):
        return False
    work.release(slot.id, claim.places, claim.lines)
    end_open_payments(work, order, now)
    ended = events.OrderLapsed(order.places, order.units, order.total, order.unit_price)
    work.record(ended, actor=actor, now=now, drop_id=slot.drop_id, slot_id=slot.id)
    return True
