"""The clock: APScheduler's ticks, each calling one flow. It keeps nothing in memory that a restart would lose."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor as Threads
from apscheduler.schedulers.background import BackgroundScheduler

from bridge.core.errors import BridgeError
from bridge.core.tills import Connection
from bridge.flows import holds, orders, payments, people, stock, upkeep
from bridge.flows.publish import publish_dirty
from bridge.flows.relay import BATCH, deliver_due
from bridge.processes import PARENT, settle
from bridge.store.waking import waking
from bridge.wiring import Bridge, informed

log = logging.getLogger(__name__)
TICK = 1.0
MERGE = 0.02
MERGE_AT_MOST = 7
RUSH = 0.4
BEAT_EVERY = timedelta(seconds=5)
TILLS_AT_ONCE = 4
LISTEN_EVERY = 15.0


class Clock:
    """Runs the ticks until told to stop. Two clocks are safe: every piece of work is claimed in the database."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._tills = ThreadPoolExecutor(TILLS_AT_ONCE, thread_name_prefix="till")
        self._asking: dict[int, Future[None]] = {}
        self._beats: dict[str, object] = {}
        self._scheduler = BackgroundScheduler(timezone="UTC", executors={"default": Threads(4)})

    def stop(self) -> None:
        """Ends ``run`` after the work under way."""
        self._stop.set()
        self._woken.set()

    def run(self) -> None:
        """Ticks until ``stop``: publishing here and the outbox in a thread of its own, woken by commits; all else on APScheduler's."""
        self._every(TICK, "expire", self._expire)
        self._every(TICK, "pull", self._pull)
        self._every(10, "reconcile", lambda: payments.reconcile(self._bridge.work, self._bridge.payments, self._bridge.now()))
        self._every(LISTEN_EVERY, "address", self._listen)
        self._every(3600, "horizon", lambda: upkeep.move_horizon(self._bridge.work, self._bridge.house, self._bridge.now()))
        self._every(600, "retire", lambda: upkeep.retire_slots(self._bridge.work, self._bridge.house, self._bridge.now()))
        self._every(86400, "forget", self._forget)
        self._scheduler.start()
        relaying = threading.Thread(target=self._relay, name="relay")
        relaying.start()
        try:
            with waking(self._bridge.database) as listener:
                is_rush = False
                while not self._stop.is_set() and not _orphaned():
                    self._job("publish", self.publish)
                    if is_rush:
                        # A thousand who order at once are as well told twice a second what is left as ten times.
                        self._stop.wait(RUSH)
                    is_rush = listener.wait(TICK) and self._merges(listener.wait)
        finally:
            self.stop()
            relaying.join()
            self._scheduler.shutdown(wait=False)
            self._tills.shutdown(wait=True, cancel_futures=True)

    def _merges(self, wait: Callable[[float], bool]) -> bool:
        """Waits until a burst of changes is over, so that it is rendered once, but never long: True when it goes on."""
        self._woken.set()
        return all(wait(MERGE) for _ in range(MERGE_AT_MOST))

    def _expire(self) -> None:
        holds.expire_holds(self._bridge.work, self._bridge.now())
        orders.expire_orders(self._bridge.work, self._bridge.now())

    def publish(self) -> None:
        """Renders what is dirty."""
        publish_dirty(self._bridge.work, self._bridge.house, self._bridge.now(), self._bridge.look)

    def _relay(self) -> None:
        """In a thread of its own: a mail server that does not answer holds up nothing else."""
        while not self._stop.is_set():
            self._woken.clear()
            self._job("relay", self._drain)
            self._woken.wait(TICK)

    def _drain(self) -> None:
        with self._bridge.handlers() as handlers:
            while deliver_due(self._bridge.work, handlers, self._bridge.now(), look=self._bridge.look) == BATCH and not self._stop.is_set():
                self._beat("relay")

    def _every(self, seconds: float, name: str, flow: Callable[[], object]) -> None:
        self._scheduler.add_job(
            lambda: self._job(name, flow),
            "interval",
            seconds=seconds,
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=self._bridge.now(),
        )

    def _job(self, name: str, flow: Callable[[], object]) -> None:
        try:
            flow()
            self._beat(name)
        except BridgeError as error:
            log.warning("%s: %s", name, error)
        except Exception:
            log.exception("%s failed; it is tried again at the next tick", name)

    def _beat(self, name: str) -> None:
        now = self._bridge.now()
        last = self._beats.get(name)
        if last is None or now - last >= BEAT_EVERY:  # type: ignore[operator]
            with self._bridge.work() as work:
                work.beat(name, now)
            self._beats[name] = now

    def _pull(self) -> None:
        now = self._bridge.now()
        with self._bridge.read() as views:
            due = [found for found in views.connections() if found.due_at is None or found.due_at <= now]
        self._asking = {key: future for key, future in self._asking.items() if not future.done()}
        for connection in due:
            if connection.id not in self._asking:
                self._asking[connection.id] = self._tills.submit(self._ask, connection)

    def _ask(self, connection: Connection) -> None:
        self._job("till", lambda: stock.pull(self._bridge.work, connection, self._bridge.pos(connection), self._bridge.now()))

    def _listen(self) -> None:
        self._bridge = informed(self._bridge)

    def _forget(self) -> None:
        kept = self._bridge.settings
        tombstones, journal = timedelta(days=kept.caldav.tombstone_days), timedelta(days=kept.journal.keep_days)
        upkeep.forget(self._bridge.work, tombstones, journal, self._bridge.now())
        people.erase_old(self._bridge.work, self._bridge.now() - timedelta(days=kept.privacy.keep_days))


def _orphaned() -> bool:
    """Whether the ``serve`` that started this clock is gone: a kill -9 there must not leave a second clock behind."""
    return PARENT in os.environ and os.environ[PARENT] != str(os.getppid())


def run(bridge: Bridge) -> None:
    """The clock's process: until SIGTERM or SIGINT."""
    clock = Clock(bridge)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: clock.stop())
    settle()
    clock.run()
