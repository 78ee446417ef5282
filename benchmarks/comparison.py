"""The comparison with stock Radicale: every operation in turns, then with eight clients, then what is more than one request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import spread
from benchmarks.measuring import Samples, at_once, in_turns
from benchmarks.operations import operations
from benchmarks.report import Rate, Row
from benchmarks.target import Target

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What was seen of one server of ours."""

    name: str
    rows: Sequence[Row]
    rates: Sequence[Rate]

    @property
    def holds(self) -> bool:
        """Whether every time and the subscribers' rate are as wanted."""
        return all(row.holds for row in self.rows) and all(rate.holds for rate in self.rates)


def compare(stock: Target, ours: Sequence[Target], seconds: float, say: Say) -> list[Result]:
    """Measures all servers beside each other; ``seconds`` is how long each rate is taken."""
    everyone = [stock, *ours]
    rows: dict[str, list[Row]] = {target.name: [] for target in ours}
    rates: dict[str, list[Rate]] = {target.name: [] for target in ours}
    for operation in operations():
        taken = in_turns(operation, everyone)
        tallies = {target.name: at_once(operation, target, seconds).per_second for target in everyone}
        for target in ours:
            rows[target.name].append(Row(operation.title, taken[target.name], taken[stock.name], operation.wanted))
            rates[target.name].append(Rate(operation.title, tallies[target.name], tallies[stock.name], operation.wanted))
        told = ", ".join(f"{name} {samples.median * 1000:.2f} ms, {tallies[name]:.0f}/s" for name, samples in taken.items())
        say(f"{operation.title}: {told}")
    _spread(stock, ours, seconds, say, rows, rates)
    return [Result(target.name, rows[target.name], rates[target.name]) for target in ours]


def _spread(
    stock: Target, ours: Sequence[Target], seconds: float, say: Say, rows: dict[str, list[Row]], rates: dict[str, list[Rate]]
) -> None:
    polled = {target.name: spread.subscribers(target, 3 * seconds).per_second for target in (stock, *ours)}
    say("100 subscribers of a changing feed: " + ", ".join(f"{name} {rate:.1f}/s" for name, rate in polled.items()))
    at_stock = Samples([spread.stock_change(stock, "BREAD-3", 9)])
    say(f"stock change on a tenth of the slots: {stock.name} {at_stock.median:.1f} s")
    for target in ours:
        title = "100 subscribers, one slot changing each second"
        rates[target.name].append(Rate(title, polled[target.name], polled[stock.name], spread.SUBSCRIBERS_WANTED))
        changed = Samples([spread.stock_change(target, "BREAD-3", count) for count in (9, 7, 5, 3, 2)])
        rows[target.name].append(Row("stock change on 1 of 10 slots, until synced", changed, at_stock, spread.STOCK_WANTED))
