"""``python -m benchmarks``: dropbridge beside stock Radicale, then latency, pages and scaling; exit status 1 when something falls short."""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import checkout, latency, pages, report, scaling
from benchmarks.comparison import compare
from benchmarks.databases import KINDS, database
from benchmarks.ours import PROCESSES, dropbridge
from benchmarks.slots import Season, beginning
from benchmarks.stock import stock_radicale
from benchmarks.target import Target

PARTS = ("comparison", "latency", "scaling", "checkout", "pages")
MANY_DROPS = 1_000


class Run:
    """One run: what was asked for, and whether all of it held."""

    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.kinds: Sequence[str] = KINDS if asked.database == "both" else (asked.database,)
        self.parts: Sequence[str] = asked.parts or PARTS
        self.slots = asked.slots or (1_000 if asked.quick else 10_000)
        self.seconds = 1.5 if asked.quick else 5.0
        self.rounds = 10 if asked.quick else 40
        self.sizes = (100, 1_000) if asked.quick else (100, 1_000, 10_000, *((100_000,) if asked.large else ()))
        self.holds = True
        self._folder = folder
        self._begun = time.monotonic()

    def say(self, words: str) -> None:
        """Progress, to the side."""
        print(f"{time.monotonic() - self._begun:6.0f} s  {words}", file=sys.stderr, flush=True)

    def show(self, title: str, text: str, holds: bool) -> None:
        """One table."""
        print(f"\n{title}\n\n{text}", flush=True)
        self.holds = self.holds and holds

    def ours(self, stack: contextlib.ExitStack, kind: str, size: int, processes: int = PROCESSES) -> Target:
        """A server of ours with so many slots, for as long as the stack is open."""
        self.say(f"dropbridge on {kind} takes in {size:,} slots")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder)))
        url = stack.enter_context(database(kind, folder))
        return stack.enter_context(dropbridge(f"dropbridge on {kind}", folder, Season(size, beginning()), url, processes))

    def beside_stock(self) -> None:
        """Comparison and latency, on the same servers."""
        with contextlib.ExitStack() as stack:
            ours = [self.ours(stack, kind, self.slots) for kind in self.kinds]
            if "latency" in self.parts:
                for target in ours:
                    self._latency(target)
            if "comparison" in self.parts:
                self._comparison(stack, ours)

    def _comparison(self, stack: contextlib.ExitStack, ours: Sequence[Target]) -> None:
        self.say(f"stock Radicale takes in {self.slots:,} slots")
        stock = stack.enter_context(stock_radicale(self._folder / "radicale", ours[0].season))
        for result in compare(stock, ours, self.seconds, self.say):
            title = f"{result.name} beside stock Radicale 3.9.0, {self.slots:,} slots"
            self.show(title, f"{report.times(result.rows)}\n\nwith 8 clients\n\n{report.rates(result.rates)}", result.holds)

    def _latency(self, target: Target) -> None:
        self.say(f"latency of {target.name}")
        found, revisions = latency.delays(target, self.rounds), latency.burst(target)
        holds = revisions == 1 and all(delay.holds for delay in found)
        self.show(f"{target.name}, {self.slots:,} slots, while readers poll 100 times a second", latency.shown(found, revisions), holds)

    def selling(self, kind: str) -> None:
        """A thousand buyers for two hundred boxes, in one slot and in eight; and two hundred who all get one."""
        outcomes, cpu, view = [], 0.0, 0.0
        for slots, buyers in ((1, checkout.BUYERS), (8, checkout.BUYERS), (1, checkout.BOXES)):
            self.say(f"{buyers:,} buyers on {kind}, {slots} x {checkout.BOXES // slots} boxes")
            with contextlib.ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder)))
                at = stack.enter_context(checkout.shop(kind, folder, stack.enter_context(database(kind, folder)), slots))
                view = checkout.page_cpu(at)
                title = f"{buyers:,} for {slots} x {checkout.BOXES // slots}"
                outcomes.append(checkout.run(title, at, buyers, min(buyers, checkout.BOXES)))
                cpu = outcomes[-1].cpu / max(1, len(outcomes[-1].race.orders))
        self.show(f"checkout on {kind}, {checkout.AT_A_TIME} at a time", *checkout.shown(outcomes, cpu, view))

    def looking(self, kind: str) -> None:
        """What the pages weigh and cost, and when a slow phone shows them."""
        with contextlib.ExitStack() as stack:
            target = self.ours(stack, kind, 1_000, processes=1)
            self.say(f"pages of {target.name}")
            found, calendar = pages.measured(target)
        holds = all(one.holds for one in found) and calendar < pages.WEIGHT
        self.show(f"pages of dropbridge on {kind}", pages.shown(found, calendar), holds)

    def growing(self, kind: str) -> None:
        """From few slots to many, then with many drops; and the memory that the most slots need."""
        steps, megabytes = [], 0.0
        for size in self.sizes:
            with contextlib.ExitStack() as stack:
                target = self.ours(stack, kind, size, processes=1)
                steps.append(scaling.measured(f"{size:,} slots", target))
                megabytes = scaling.memory(target)
        steps.append(self._many_drops(kind, self.sizes[0]))
        enough = megabytes < scaling.MEMORY
        words = (
            f"memory at {self.sizes[-1]:,} slots, one web process, clock and all: "
            f"{megabytes:.0f} MB, wanted below {scaling.MEMORY}  {report.verdict(enough)}"
        )
        self.show(f"dropbridge on {kind}, growing", f"{scaling.shown(steps)}\n{words}", scaling.holds(steps) and enough)

    def _many_drops(self, kind: str, size: int) -> scaling.Step:
        with contextlib.ExitStack() as stack:
            target = self.ours(stack, kind, size, processes=1)
            self.say(f"{MANY_DROPS:,} further drops")
            scaling.add_drops(target, MANY_DROPS)
            return scaling.measured(f"{size:,}, {MANY_DROPS:,} drops", target)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, epilog="example: python -m benchmarks --quick latency"
    )
    parser.add_argument("parts", nargs="*", choices=(*PARTS, []), help=f"some of {', '.join(PARTS)}; all of them when none is named")
    parser.add_argument("--database", choices=(*KINDS, "both"), default="both", help="where ours keeps its data")
    parser.add_argument("--slots", type=int, help="slots of the comparison, 10,000 unless said")
    parser.add_argument("--large", action="store_true", help="scaling up to 100,000 slots: half an hour more, to take them in")
    parser.add_argument("--quick", action="store_true", help="1,000 slots: a few minutes, and ratios that are smaller")
    return parser.parse_args()


def main() -> int:
    """Runs what was asked for and prints the tables."""
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder:
        run = Run(arguments(), Path(folder))
        if {"comparison", "latency"} & set(run.parts):
            run.beside_stock()
        if "checkout" in run.parts:
            for kind in run.kinds:
                run.selling(kind)
        if "pages" in run.parts:
            for kind in run.kinds:
                run.looking(kind)
        if "scaling" in run.parts:
            for kind in run.kinds:
                run.growing(kind)
    return 0 if run.holds else 1


if __name__ == "__main__":
    sys.exit(main())
