"""What the passing of time alone asks for: the horizon moves on, old slots leave the feed, old messages are forgotten."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from bridge.core.errors import Refusal
from bridge.core.ports import UnitOfWork
from bridge.flows.edit import extend_horizon
from bridge.flows.house import House
from bridge.flows.relay import DONE_KEPT

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
BATCH = 200
ROWS_AT_ONCE = 5000
MESSAGES_KEPT = timedelta(days=90)


def move_horizon(open_work: WorkFactory, house: House, now: datetime) -> int:
    """Makes slots of occurrences that came within the horizon. Returns how many events were looked at."""
    _, until = house.window(now)
    with open_work() as work:
        found = work.recurring_resources(until - timedelta(days=1), BATCH)
    for drop_id, _, name in found:
        try:
            with open_work() as work:
                extend_horizon(work, drop_id, name, house, now)
        except Refusal:
            continue
    return len(found)


def retire_slots(open_work: WorkFactory, house: House, now: datetime) -> int:
    """Takes slots out of the feed that ended or were removed longer ago than it keeps them. Returns how many."""
    old = now - house.keep
    with open_work() as work:
        drops = work.retirable(old, old)
    retired = 0
    for drop_id in drops:
        with open_work() as work:
            if work.lock_drop(drop_id, skip_locked=True) is not None:
                retired += work.retire(drop_id, old, old, work.next_revision(drop_id, now), BATCH)
    return retired


def forget(open_work: WorkFactory, tombstones: timedelta, journal: timedelta, now: datetime) -> None:
    """Forgets messages that no till repeats any more, consequences long done, and events removed before ``tombstones``.

    The journal keeps what is younger than ``journal``, and so do the counted views.
    """
    with open_work() as work:
        work.prune(now - MESSAGES_KEPT)
        work.prune_views(now - journal)
        work.prune_outbox(now - DONE_KEPT)
        drops = work.views.drops()
    for drop in drops:
        with open_work() as work:
            if work.lock_drop(drop.id, skip_locked=True) is not None:
                work.forget_changes(drop.id, now - tombstones)
    while _prune_journal(open_work, now - journal) == ROWS_AT_ONCE:
        continue


def _prune_journal(open_work: WorkFactory, before: datetime) -> int:
    """A part of it in a transaction of its own: nobody waits for years of it."""
    with open_work() as work:
        return work.prune_journal(before, ROWS_AT_ONCE)
