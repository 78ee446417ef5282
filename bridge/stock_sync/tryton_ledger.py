"""What a poll of Tryton remembers, and the arithmetic from its rows to counts. No network here."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from bridge.core.errors import TransientFault
from bridge.core.stock import Count

OVERLAP = timedelta(minutes=10)
MAX_NAME = 200
_VERSION = 1
_OVER = {"done", "cancelled"}
_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")

Row = Mapping[str, Any]


@contextmanager
def understood() -> Iterator[None]:
    """Turns whatever a malformed answer trips over into a ``TransientFault``."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError) as odd:
        raise TransientFault(f"Tryton's answer is not as Tryton answers ({odd!r:.100}): is another program in between?") from odd


def key(reference: Any) -> int:
    """The id that a reference to a record holds."""
    return int(reference["id"] if isinstance(reference, Mapping) else reference)


@dataclass(frozen=True, slots=True)
class Memory:
    """The cursor: what the last poll saw.

    ``shop`` is a digest of the address asked; ``newest`` the latest change of a move, by the till's own database;
    ``seen`` the moves within the overlap with their states; ``claimed`` the units by product that are sold but still
    in stock; ``told`` by SKU a mark of what was last handed over, and the products behind it; ``whole_at`` when all
    products were last read, in epoch seconds of our clock.
    """

    shop: str
    company: int
    location: int
    newest: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    claimed: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, tuple[str, list[int]]] = field(default_factory=dict)
    whole_at: float = 0.0

    def packed(self) -> str:
        """As a cursor."""
        return json.dumps({"version": _VERSION, **asdict(self)}, separators=(",", ":"))


def remembered(cursor: str, shop: str) -> Memory | None:
    """The memory in ``cursor``; None when it is of another address or version, so that all is read anew."""
    try:
        stored = json.loads(cursor)
        if stored.pop("version") != _VERSION or stored["shop"] != shop:
            return None
        return Memory(**{**stored, "told": {sku: (mark, products) for sku, (mark, products) in stored["told"].items()}})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def units(value: Any) -> Fraction:
    """A quantity exactly as Tryton shows it: a float's shortest decimal form, not its binary one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TransientFault(f"Tryton gave {value!r} where a quantity belongs. Is another program (a proxy, an emulator) in between?")
    return Fraction(str(value))


def sold_at_the_till(lines: Iterable[Row]) -> dict[int, Fraction]:
    """Units by product on sales that are paid and not yet posted, in the unit that stock is kept in.

    What a customer brings back counts when it is posted: too few is safe, too many is not.
    """
    sold: dict[int, Fraction] = defaultdict(Fraction)
    for line in lines:
        quantity = units(line.get("quantity"))
        if quantity > 0:
            sold[key(line["product"])] += quantity * _factor(line["unit"]) / _factor(line["product"]["default_uom"])
    return sold


def _factor(unit: Row) -> Fraction:
    """How many of its category's base unit a unit is: 12 for a dozen, where pieces are the base."""
    factor = units(unit["factor"])
    if factor <= 0:
        raise TransientFault(f"Tryton has a unit of measure with the factor {unit['factor']}: correct it there.")
    return factor


def awaiting_shipment(moves: Iterable[Row]) -> dict[int, Fraction]:
    """Units by product that are ordered and wait to be picked."""
    waiting: dict[int, Fraction] = defaultdict(Fraction)
    for move in moves:
        if move["state"] not in _OVER:
            waiting[key(move["product"])] += units(move.get("internal_quantity"))
    return waiting


def claimed(*sums: Mapping[int, Fraction]) -> dict[str, str]:
    """The sums added up, as they are remembered."""
    total: dict[int, Fraction] = defaultdict(Fraction)
    for each in sums:
        for product, quantity in each.items():
            total[product] += quantity
    return {str(product): str(quantity) for product, quantity in sorted(total.items()) if quantity}


def recent(moves: Iterable[Row]) -> dict[str, str]:
    """The states of the moves that are done or were cancelled, as they are remembered."""
    return {str(move["id"]): move["state"] for move in moves if move["state"] in _OVER}


def newest(moves: Iterable[Row], before: str = "") -> str:
    """The latest change among the moves, by the till's own database."""
    changes = [moment(move["write_date"] or move["create_date"]) for move in moves]
    return max(changes).isoformat() if changes else before


def touched(before: Memory, moves: Iterable[Row], claims: Mapping[str, str]) -> set[int]:
    """The products whose count may differ from what was told."""
    moved = {key(move["product"]) for move in moves if move["state"] in _OVER and before.seen.get(str(move["id"])) != move["state"]}
    return moved | {int(product) for product in claims.keys() | before.claimed.keys() if claims.get(product) != before.claimed.get(product)}


def tell(
    memory: Memory, products: Iterable[tuple[str, Row]], touched: Container[int], dated: datetime, *, whole: bool
) -> tuple[dict[str, tuple[str, list[int]]], tuple[Count, ...]]:
    """What to remember as told, and the counts to tell.

    A SKU is told when one of its products was touched, or when it is not as it was last told. Of two products with
    one SKU the smaller count holds. A SKU whose products are gone (no longer sold, renamed, without a code) has none left.
    """
    stock: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for sku, row in products:
        if sku:
            free = floor(units(row["quantity"]) - Fraction(memory.claimed.get(str(row["id"]), 0)))
            stock[sku].append((free, str(row["name"] or "")[:MAX_NAME], row["id"]))
    counts = []
    told = dict(memory.told)
    for sku, found in stock.items():
        quantity, name, _ = min(found)
        ids = sorted(product for _, _, product in found)
        mark = hashlib.sha256(f"{quantity} {name}".encode()).hexdigest()[:8]
        if mark != told.get(sku, ("",))[0] or any(product in touched for product in ids):
            counts.append(Count(sku, quantity, dated, f"{dated.isoformat()} {sku}", name))
        told[sku] = (mark, ids)
    for sku in [sku for sku, (_, ids) in memory.told.items() if sku not in stock and (whole or any(product in touched for product in ids))]:
        counts.append(Count(sku, 0, dated, f"{dated.isoformat()} {sku}"))
        del told[sku]
    return told, tuple(counts)


def moment(value: Any) -> datetime:
    """A time of Tryton's, which keeps UTC."""
    year, month, day, hour, minute, second, microsecond = (int(value[part]) for part in _PARTS)
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


def spelled(when: datetime) -> dict[str, Any]:
    """A time as Tryton's JSON wants it."""
    utc = when.astimezone(UTC)
    return {"__class__": "datetime"} | {part: getattr(utc, part) for part in _PARTS}
