"""The tables as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measuring import Samples


@dataclass(frozen=True, slots=True)
class Row:
    """One line: seconds of one answer, lower is better."""

    title: str
    ours: Samples
    stock: Samples
    wanted: float

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.stock.median / self.ours.median

    @property
    def holds(self) -> bool:
        """Whether that is enough."""
        return self.ratio >= self.wanted


@dataclass(frozen=True, slots=True)
class Rate:
    """One line: answers a second, higher is better. ``wanted`` is None where only shown."""

    title: str
    ours: float
    stock: float
    wanted: float

    @property
    def ratio(self) -> float:
        """How many times more ours answers."""
        return self.ours / self.stock if self.stock else float("inf")

    @property
    def holds(self) -> bool:
        """Whether that is enough."""
        return self.ratio >= self.wanted


def times(rows: Sequence[Row]) -> str:
    """Medians and p95 in milliseconds."""
    head = ("operation", "ours", "p95", "stock", "p95", "ratio", "wanted", "")
    lines = [
        (
            row.title,
            *(_ms(value) for value in (row.ours.median, row.ours.p95, row.stock.median, row.stock.p95)),
            f"{row.ratio:.1f}×",
            f"{row.wanted:g}×",
            verdict(row.holds),
        )
        for row in rows
    ]
    return table([head, *lines])


def rates(rows: Sequence[Rate]) -> str:
    """Answers per second."""
    head = ("requests per second", "ours", "stock", "ratio", "wanted", "")
    lines = [(r.title, f"{r.ours:.1f}", f"{r.stock:.1f}", f"{r.ratio:.1f}×", f"{r.wanted:g}×", verdict(r.holds)) for r in rows]
    return table([head, *lines])


def table(lines: Sequence[Sequence[str]]) -> str:
    """Columns set apart by blanks, the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if n == 0 else cell.rjust(width) for n, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.2f} ms" if milliseconds < 100 else f"{milliseconds:,.0f} ms"


def verdict(holds: bool) -> str:
    """One word."""
    return "ok" if holds else "SHORT"
