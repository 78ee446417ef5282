"""A little till that is real: it keeps stock, sells, restocks, and can be down, slow, wrong or out of time.

Its state is one JSON file, so that the clock's process and whoever looks on share it; without a file it lives in memory.
"""

import fcntl
import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.core.counting import counted
from bridge.core.errors import InvalidInput, NotPermitted, PermanentFault, TransientFault
from bridge.core.stock import Count, Movement
from bridge.core.tills import Polled

KNOWN_SETTINGS = {"stock", "names", "state", "rate", "spares", "seed", "trouble", "delay", "clock_off"}
TROUBLES = {"", "down", "refused", "negative", "absurd", "missing"}
KEEP = 1000
"""Movements that are remembered; whoever comes back later than that is given counts instead."""

State = dict[str, Any]


class FakeTill:
    """Fills ``Pos``.

    ``config``: ``stock`` (SKU → count at the start), ``names`` (SKU → name), ``state`` (a file), ``rate`` (seconds
    between two sales on average; 0: it sells only what it is told to), ``spares`` (units of each that it does not sell by
    itself, for those who are ordering), ``seed``. To try what goes wrong: ``trouble``
    (``down``, ``refused``, ``negative``, ``absurd``, ``missing``), ``delay`` (seconds before each answer), ``clock_off``
    (seconds by which its clock is ahead). Raises ``InvalidInput`` for a config that cannot be used.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        if unknown := sorted(config.keys() - KNOWN_SETTINGS):
            raise InvalidInput(f"A fake till has no setting {unknown[0]!r}; it has {', '.join(sorted(KNOWN_SETTINGS))}.")
        if str(config.get("trouble") or "") not in TROUBLES:
            raise InvalidInput(f"The troubles of a fake till are {', '.join(sorted(TROUBLES - {''}))}.")
        for name in ("stock", "names"):
            if not isinstance(config.get(name, {}), Mapping):
                raise InvalidInput(f'The {name} of a fake till are a JSON object, such as {{"LOAF": 12}}.')
        self._config = dict(config)
        self._path = Path(str(config["state"])) if config.get("state") else None
        self._memory = self._fresh()
        self._random = random.Random(config.get("seed"))  # noqa: S311 # sales, not secrets

    def check(self) -> str:
        """How many products it has."""
        with self._opened() as state:
            self._suffer(state)
            return f"A simulated till with {counted(len(state['stock']), 'product', 'products')}."

    def counts(self, cursor: str, now: datetime) -> Polled:
        """Counts of everything for ``""``, and the movements since for a cursor of its own."""
        with self._opened() as state:
            self._suffer(state)
            till_now = now + timedelta(seconds=float(state["clock_off"]))
            self._trade(state, till_now)
            since = _position(cursor, state)
            position = str(state["position"])
            if since is None:
                return Polled(self._told(state, till_now), (), position, till_now)
            moved = [Movement(m["sku"], m["quantity"], datetime.fromisoformat(m["at"]), m["id"]) for m in state["moves"] if m["n"] > since]
            lies = self._told(state, till_now) if state["trouble"] else ()
            return Polled(lies, tuple(m for m in moved if not _hidden(state, m.sku)), position, till_now)

    def parse(self, headers: Mapping[str, str], body: bytes) -> list[Count]:
        """It sends no webhooks."""
        raise NotPermitted("The simulated till sends no webhooks.")

    def adjust(self, movement: Movement, key: str) -> None:
        """Books a sale of ours, once per key."""
        with self._opened() as state:
            self._suffer(state)
            if movement.sku not in state["stock"]:
                raise PermanentFault(f"The simulated till has no product {movement.sku}.")
            if key not in state["keys"]:
                state["keys"].append(key)
                _move(state, movement.sku, movement.quantity, movement.happened_at, key)

    def ring_up(self, sku: str, quantity: int, now: datetime) -> None:
        """Somebody buys at the counter (brings back, when negative)."""
        with self._opened() as state:
            _move(state, sku, -quantity, now + timedelta(seconds=float(state["clock_off"])))

    def behave(self, trouble: str = "", *, delay: float = 0.0, clock_off: float = 0.0) -> None:
        """From now on it is in this trouble, slow by this and ahead by that; who asks next is told all counts anew."""
        with self._opened() as state:
            state |= {"trouble": trouble, "delay": delay, "clock_off": clock_off}
            state |= {"moves": [], "position": state["position"] + 1}

    def in_stock(self, sku: str) -> int:
        """What is really there."""
        with self._opened() as state:
            return int(state["stock"][sku])

    def _fresh(self) -> State:
        opening = {str(sku): int(count) for sku, count in dict(self._config.get("stock") or {}).items()}
        trouble = {name: self._config.get(name) or 0 for name in ("delay", "clock_off")} | {"trouble": self._config.get("trouble") or ""}
        return {"stock": dict(opening), "opening": opening, "position": 0, "moves": [], "keys": [], "traded_at": None} | trouble

    @contextmanager
    def _opened(self) -> Iterator[State]:
        """The state, alone with it; kept on a clean exit."""
        if self._path is None:
            yield self._memory
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else self._fresh()
            yield state
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps(state), encoding="utf-8")
            beside.replace(self._path)

    def _suffer(self, state: State) -> None:
        time.sleep(float(state["delay"]))
        if state["trouble"] == "down":
            raise TransientFault("The simulated till is switched off: switch it on again.")
        if state["trouble"] == "refused":
            raise PermanentFault("The simulated till does not accept the key: enter a new one.")

    def _told(self, state: State, till_now: datetime) -> tuple[Count, ...]:
        names: Mapping[str, str] = self._config.get("names") or {}
        return tuple(
            Count(sku, _lie(state["trouble"], count), till_now, f"count {till_now.isoformat()} {sku}", names.get(sku))
            for sku, count in state["stock"].items()
            if not _hidden(state, sku)
        )

    def _trade(self, state: State, till_now: datetime) -> None:
        """The sales since it was last asked: one every ``rate`` seconds on average, of one unit each, at their own times."""
        rate = float(self._config.get("rate") or 0)
        last = datetime.fromisoformat(state["traded_at"]) if state["traded_at"] else till_now
        state["traded_at"] = max(last, till_now).isoformat()
        if rate <= 0:
            return
        # After a long sleep it has sold a little, not for the whole night.
        moment = max(last, till_now - timedelta(seconds=20 * rate))
        while (moment := moment + timedelta(seconds=self._random.expovariate(1 / rate))) <= till_now:
            self._sell_one(state, moment)

    def _sell_one(self, state: State, moment: datetime) -> None:
        spared = int(self._config.get("spares") or 0)
        left = [sku for sku, count in state["stock"].items() if count > spared]
        if left:
            _move(state, self._random.choice(left), -1, moment)
            return
        for sku, count in state["opening"].items():
            if count > 0:
                _move(state, sku, count, moment)


def _move(state: State, sku: str, quantity: int, at: datetime, key: str = "") -> None:
    """A movement that was told from outside has the ``key`` it was told with as its id."""
    state["stock"][sku] += quantity
    state["position"] += 1
    move = {"n": state["position"], "id": key or f"move {state['position']}", "sku": sku, "quantity": quantity, "at": at.isoformat()}
    state["moves"] = [*state["moves"], move][-KEEP:]


def _position(cursor: str, state: State) -> int | None:
    """Where the cursor stands; None when it is none of ours or too old to go on from."""
    if not cursor.isascii() or not cursor.isdecimal() or len(cursor) > 18:
        return None
    since = int(cursor)
    oldest = state["moves"][0]["n"] - 1 if state["moves"] else state["position"]
    return since if oldest <= since <= state["position"] else None


def _lie(trouble: str, count: int) -> int:
    return {"negative": -1 - count, "absurd": 10**15 + count}.get(trouble, count)


def _hidden(state: State, sku: str) -> bool:
    """One product is missing in everything that a till in this trouble tells."""
    return bool(state["trouble"] == "missing" and sku == next(iter(state["stock"]), None))
