"""Counts and movements from tills, and the polling of those that have no webhooks."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from bridge.core import events
from bridge.core.errors import Fault, InvalidInput, PermanentFault
from bridge.core.ports import Pos, UnitOfWork
from bridge.core.stock import Count, Movement, StockItem, checked_quantity, checked_sku, counted, moved, settled, supersedes
from bridge.core.tills import Connection, Location, Polled

MAX_BACKOFF = timedelta(minutes=5)
Told = TypeVar("Told", Count, Movement)
WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one message: the item as it is now, and whether the message changed it or why not."""

    item: StockItem
    applied: bool
    reason: Literal["applied", "older", "repeated"]


def record_counts(
    work: UnitOfWork,
    location: Location,
    counts: Sequence[Count],
    *,
    source: str,
    now: datetime,
    actor: str,
    sent_at: datetime | None = None,
    connection_id: int | None = None,
    stale_after: timedelta | None = None,
) -> list[Recorded]:
    """Lays dated counts down, all or nothing; the same message twice, or an older count, changes nothing.

    ``sent_at`` is the till's clock as it sent them. ``stale_after``: from what age they are shown with their time, where
    no connection says so. Raises ``InvalidInput`` naming the SKU or quantity that cannot be.
    """
    for count in counts:
        _check(count.sku, count.quantity)
    new = work.unseen(source, [count.message_id for count in counts], now)
    items = work.items_for(location, (count.sku for count in counts))
    before = dict(items)
    recorded: list[Recorded] = []
    for told in counts:
        count = replace(told, counted_at=settled(told.counted_at, now, sent_at))
        item = items[count.sku]
        if count.message_id not in new:
            recorded.append(Recorded(item, False, "repeated"))
            continue
        new.discard(count.message_id)
        if not supersedes(count, item):
            recorded.append(Recorded(item, False, "older"))
            continue
        after = counted(item, count, work.movements_after(item.id, count.counted_at))
        items[count.sku] = replace(after, name=count.name or after.name, stale_after=stale_after)
        recorded.append(Recorded(items[count.sku], True, "applied"))
    changed = [item for sku, item in items.items() if item != before[sku]]
    work.save_items(changed, connection_id)
    for item in changed:
        _record_count(work, before[item.sku], item, actor, now)
    return recorded


def _record_count(work: UnitOfWork, before: StockItem, item: StockItem, actor: str, now: datetime) -> None:
    if (before.count, before.moved) != (item.count, item.moved) and item.counted_at is not None:
        told = (item.sku, item.count or 0, item.counted_at.isoformat(), before.free(now), item.free(now), item.oversold)
        work.record(events.StockCounted(*told), actor=actor, now=now)


def record_movements(
    work: UnitOfWork,
    location: Location,
    movements: Sequence[Movement],
    *,
    source: str,
    now: datetime,
    actor: str,
    sent_at: datetime | None = None,
    connection_id: int | None = None,
) -> list[Recorded]:
    """Lays sales and returns down, all or nothing; the same message twice changes nothing.

    A movement that the present count has already seen is kept but changes no number. Raises ``InvalidInput``.
    """
    for movement in movements:
        _check(movement.sku, movement.quantity)
    new = work.unseen(f"{source}/movements", [movement.message_id for movement in movements], now)
    items = work.items_for(location, (movement.sku for movement in movements))
    before = dict(items)
    recorded: list[Recorded] = []
    laid: list[tuple[int, Movement]] = []
    for told in movements:
        movement = replace(told, happened_at=settled(told.happened_at, now, sent_at))
        item = items[movement.sku]
        if movement.message_id not in new:
            recorded.append(Recorded(item, False, "repeated"))
            continue
        new.discard(movement.message_id)
        laid.append((item.id, movement))
        items[movement.sku] = moved(item, movement)
        applied = items[movement.sku] != item
        recorded.append(Recorded(items[movement.sku], applied, "applied" if applied else "older"))
        if applied:
            told_event = events.StockMoved(movement.sku, movement.quantity, movement.happened_at.isoformat(), items[movement.sku].oversold)
            work.record(told_event, actor=actor, now=now)
    work.add_movements(laid, source)
    work.save_items([item for sku, item in items.items() if item != before[sku]], connection_id)
    return recorded


def acknowledge(
    work: UnitOfWork, item_id: int, units: int, happened_at: datetime, message_id: str, *, source: str = "acknowledged", now: datetime
) -> bool:
    """The till has booked ``units`` that we had promised: the promise becomes a movement dated by the till.

    What customers see does not twitch. A till that tells its movements (as ``source``) under the id they were told with
    may have told this one already. False when the message was seen before.
    """
    if work.seen("booked", message_id, now):
        return False
    item = work.lock_items([item_id])[item_id]
    work.acknowledge_units(item_id, units)
    if not work.seen(source, message_id, now):
        _lay_down(work, item, -units, happened_at, message_id)
    work.record(events.StockAcknowledged(item.sku, units), actor="till", now=now)
    return True


def taken_back(
    work: UnitOfWork, item_id: int, units: int, happened_at: datetime, message_id: str, *, source: str = "acknowledged", now: datetime
) -> bool:
    """The till has booked the return of ``units`` that it had been told of. False when the message was seen before."""
    if work.seen("booked", message_id, now):
        return False
    item = work.lock_items([item_id])[item_id]
    if not work.seen(source, message_id, now):
        _lay_down(work, item, units, happened_at, message_id)
    work.record(events.StockAcknowledged(item.sku, -units), actor="till", now=now)
    return True


def _lay_down(work: UnitOfWork, item: StockItem, quantity: int, happened_at: datetime, message_id: str) -> None:
    if quantity < 0 and item.counted_at is not None and item.counted_at >= happened_at:
        # The till counted while it was told: nobody knows whether it did so before or after, and fewer is the safe side.
        happened_at = item.counted_at + timedelta(microseconds=1)
    movement = Movement(item.sku, quantity, happened_at, message_id)
    work.add_movements([(item.id, movement)], "acknowledged")
    after = moved(item, movement)
    if after != item:
        work.save_items([after], None)


def pull(open_work: WorkFactory, connection: Connection, pos: Pos, now: datetime) -> bool:
    """Asks a till that is due for what it knows and records it. False when another clock has it or the till failed.

    Nothing is open towards the database while the till is asked. A failure is put down as the connection's problem and
    tried again later, ever more slowly; counts then grow old and say so.
    """
    due = now + max(connection.interval, timedelta(seconds=1))
    with open_work() as work:
        if not work.claim_connection(connection.id, connection.due_at, due):
            return False
    try:
        polled = pos.counts(connection.cursor, now)
    except Fault as fault:
        _put_down_failure(open_work, connection, fault, now)
        return False
    _record_poll(open_work, connection, polled, now)
    return True


def _put_down_failure(open_work: WorkFactory, connection: Connection, fault: Fault, now: datetime) -> None:
    wait = MAX_BACKOFF if isinstance(fault, PermanentFault) else min(MAX_BACKOFF, connection.interval * 2 ** min(connection.failures, 8))
    failed = replace(connection, failures=connection.failures + 1, problem=str(fault), due_at=now + wait)
    with open_work() as work:
        work.save_poll(failed)
        if connection.problem != failed.problem:
            work.touch_items(connection.id)


def _record_poll(open_work: WorkFactory, connection: Connection, polled: Polled, now: datetime) -> None:
    source = f"pos:{connection.id}"
    actor = f"till:{connection.name}"
    skew = (polled.till_now - now).total_seconds() if polled.till_now else 0.0
    counts, problem = _believable(polled.counts)
    movements, another = _believable(polled.movements)
    problem = problem or another
    due = now + max(connection.interval, timedelta(seconds=1))
    told = replace(connection, cursor=polled.cursor, failures=0, problem=problem, last_ok_at=now, due_at=due, skew=skew)
    with open_work() as work:
        if not work.save_poll(told):
            return
        location = work.location(connection.location_id)
        # All at once, in their order: locked in two turns they could meet a customer's claim that holds the other half.
        work.items_for(location, [count.sku for count in counts] + [movement.sku for movement in movements])
        record_counts(work, location, counts, source=source, now=now, actor=actor, sent_at=polled.till_now, connection_id=connection.id)
        record_movements(
            work, location, movements, source=source, now=now, actor=actor, sent_at=polled.till_now, connection_id=connection.id
        )
        if connection.problem != problem or _was_stale(connection, now):
            work.touch_items(connection.id)


def _was_stale(connection: Connection, now: datetime) -> bool:
    known = connection.last_ok_at is not None and connection.stale_after is not None
    return known and now - connection.last_ok_at >= connection.stale_after  # type: ignore[operator]


def _believable(listed: Sequence[Told]) -> tuple[list[Told], str]:
    """What can be, and a sentence about what cannot: one absurd SKU must not stop the others."""
    good, bad = [], []
    for told in listed:
        try:
            _check(told.sku, told.quantity)
            good.append(told)
        except InvalidInput as refusal:
            bad.append(refusal.sentence)
    return good, bad[0] if bad else ""


def _check(sku: str, quantity: int) -> None:
    checked_sku(sku)
    try:
        checked_quantity(quantity)
    except InvalidInput as refusal:
        raise InvalidInput(f"{sku}: {refusal.sentence}") from None
