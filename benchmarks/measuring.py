"""How long an operation takes on each server, taken in turns, and how many a second eight clients get."""

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks import dav
from benchmarks.operations import Operation
from benchmarks.swarm import Plan, Tally, swarm
from benchmarks.target import Target

CLIENTS = 8
PROCESSES = 2
QUICK = 0.05
QUICK_SAMPLES = 5


@dataclass(slots=True)
class Samples:
    """Seconds, as measured one after the other."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle one, in seconds."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """What nineteen in twenty stay below, in seconds."""
        return sorted(self.seconds)[math.ceil(0.95 * len(self.seconds)) - 1]


def in_turns(operation: Operation, targets: Sequence[Target]) -> dict[str, Samples]:
    """Measures all targets in turns, so that whatever else the machine does meets all alike.

    The first answer of each is not counted. What takes below 50 ms is measured five times in each turn.
    Raises ``Unexpected`` when any answer is wrong.
    """
    samples = {target.name: Samples() for target in targets}
    for target in targets:
        _sample(operation, target)
    for _ in range(operation.rounds):
        for target in targets:
            seen = samples[target.name].seconds
            seen.append(_sample(operation, target))
            if seen[-1] < QUICK:
                seen.extend(_sample(operation, target) for _ in range(QUICK_SAMPLES - 1))
    return samples


def at_once(operation: Operation, target: Target, seconds: float) -> Tally:
    """Eight clients, each with a connection of its own, for so many seconds. Raises ``Unexpected`` on any failed answer."""
    requests = [request.octets() for request in operation.make(target, operation.at_once)]
    plans = [Plan(requests[client::CLIENTS], again=operation.again) for client in range(CLIENTS)]
    tally = swarm(target.port, plans, seconds, PROCESSES)
    failed = {status: count for status, count in tally.statuses.items() if status >= 400}
    if failed:
        raise dav.Unexpected(f"{operation.title} on {target.name} under load: {failed}")
    return tally


def _sample(operation: Operation, target: Target) -> float:
    octets = operation.make(target, 1)[0].octets()
    begun = time.perf_counter()
    answer = target.connection.ask_octets(octets)
    taken = time.perf_counter() - begun
    operation.check(target, answer)
    return taken
