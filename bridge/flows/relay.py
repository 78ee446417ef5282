"""The outbox delivered: one row at a time is claimed, tried outside of any transaction, and ended.

At least once, always with the row's key: whoever dies in between leaves a lease that runs out, and the next one tries again.
"""

import logging
import traceback
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from bridge.core.errors import PermanentFault, Refusal, TransientFault, Unreachable
from bridge.core.ports import UnitOfWork
from bridge.core.ports_outbox import Consequence

log = logging.getLogger(__name__)

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]
Handler = Callable[[Mapping[str, Any], str, datetime], None]
"""Takes a row's payload, its key and the time. Raises ``TransientFault``, ``PermanentFault``."""

BATCH = 20
LEASE = timedelta(minutes=10)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = timedelta(days=5)
DONE_KEPT = timedelta(days=60)
"""How long rows that are done are remembered: a letter may bounce, and a key may come again."""


def deliver_due(
    open_work: WorkFactory, handlers: Mapping[str, Handler], now: datetime, at_most: int = BATCH, look: WorkFactory | None = None
) -> int:
    """Tries what is due, by the beginning of its topic, each kind in turn so that none waits for another. Returns how many.

    A kind whose service is ``Unreachable`` is put off as a whole, however much is due. ``look`` opens what only reads, where
    that keeps nobody waiting.
    """
    tried = 0
    with (look or open_work)() as work:
        kinds = deque(prefix for prefix in handlers if work.is_due(prefix, now))
    while kinds and tried < at_most:
        prefix = kinds.popleft()
        with open_work() as work:
            found = work.claim_due(prefix, now, LEASE)
        if found is None:
            continue
        tried += 1
        if _deliver(open_work, prefix, handlers[prefix], found, now):
            kinds.append(prefix)
    return tried


def _deliver(open_work: WorkFactory, prefix: str, handler: Handler, found: Consequence, now: datetime) -> bool:
    """False when the kind had better rest."""
    fault = _fault(handler, found, now)
    if fault is None:
        with open_work() as work:
            work.delivered(found, now)
        return True
    log.warning("outbox: %s, try %d of row %d: %s", found.topic, found.attempts, found.id, fault)
    with open_work() as work:
        return _failed(work, prefix, found, fault, now)


def _fault(handler: Handler, found: Consequence, now: datetime) -> PermanentFault | TransientFault | None:
    try:
        handler(found.payload, found.key, now)
    except (PermanentFault, TransientFault) as fault:
        return fault
    except Refusal as refusal:
        return PermanentFault(refusal.sentence)
    except Exception as error:  # noqa: BLE001 # one row must not hold up the others
        # Its text may hold what no log may: only where it happened is told.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("outbox: %s failed by a fault of ours, %s\n%s", found.topic, type(error).__name__, where)  # noqa: TRY400
        return TransientFault(f"A fault of ours ({type(error).__name__}); the log says where. It is tried again.")
    return None


def _failed(work: UnitOfWork, prefix: str, found: Consequence, fault: PermanentFault | TransientFault, now: datetime) -> bool:
    again = now + pause(found.key, found.attempts)
    if isinstance(fault, Unreachable):
        work.postpone(found, again, str(fault))
        work.hold_back(prefix, now, again, str(fault))
        return False
    if isinstance(fault, PermanentFault):
        work.give_up(found, str(fault))
    elif found.attempts >= TRIES:
        work.give_up(found, f"Given up after {PATIENCE.days} days: {fault}")
    else:
        work.postpone(found, again, str(fault))
    return True


def pause(key: str, attempts: int) -> timedelta:
    """How long to wait after this many tries: doubling from a minute to an hour, up to a quarter less so that rows part ways."""
    part = zlib.crc32(f"{key} {attempts}".encode()) / 2**32
    return max(SHORTEST, _whole(attempts) * (1 - part / 4))


def _whole(attempts: int) -> timedelta:
    return min(SHORTEST * (1 << min(attempts - 1, 16)), LONGEST)


def _tries() -> int:
    """After how many tries ``PATIENCE`` is over; time in which nobody tried does not count."""
    tries, spent = 1, timedelta()
    while spent < PATIENCE:
        spent += _whole(tries) * 7 / 8  # what a pause is on average
        tries += 1
    return tries


TRIES = _tries()
