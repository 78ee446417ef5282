"""Views written down: what the threads of a process counted goes to the database, a few seconds later."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from bridge.core.ports import UnitOfWork
from bridge.core.traffic import Tally

WorkFactory = Callable[[], AbstractContextManager[UnitOfWork]]


def write_views(open_work: WorkFactory, tally: Tally) -> int:
    """Adds what was counted since the last time; what cannot be written is kept for the next. Returns how many views.

    Raises what the database raises.
    """
    counted = tally.take()
    if not counted:
        return 0
    try:
        with open_work() as work:
            work.add_views(counted)
    except BaseException:
        tally.give_back(counted)
        raise
    return sum(counted.values())
