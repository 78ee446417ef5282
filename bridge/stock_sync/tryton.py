"""Tryton 8.2: stock and point of sale over its REST interface.

Tryton has no webhooks, so it is polled. Every count handed over is absolute:

    free stock = quantity at the storage location
               − lines of point-of-sale sales that are paid and not yet posted (Tryton moves stock when it posts)
               − moves of customer shipments that are planned and not yet picked (orders from other channels, and ours)

The two kinds of claims are read before the quantity. A sale that is posted in between is then taken off twice: the
count is too low until the next poll, and never too high. A sale paid in between is seen by the next poll, as any sale
of that second is. Counts are dated by the moment the poll began; a single sale is never handed over as a movement, so
none can be counted twice when its move appears later.

Which products are read again is found by the moves that changed since the last poll. Ids are handed out before
commit, and a planned move keeps its id until it is done, so that changes are asked for by their time with ten minutes
of overlap, and what was seen in the overlap is remembered. Every five minutes all products are read, which finds
what no move tells: renamed, new, no longer sold.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from bridge.core.counting import counted
from bridge.core.errors import InvalidInput, NotPermitted, PermanentFault
from bridge.core.stock import CLOCK_TOLERANCE, Count, Movement
from bridge.core.tills import Polled
from bridge.stock_sync import tryton_ledger as ledger
from bridge.stock_sync.tryton_ledger import Memory, Row
from bridge.stock_sync.tryton_order import place_order
from bridge.stock_sync.tryton_rest import READ_TIMEOUT, Rest

WHOLE_EVERY = timedelta(minutes=5)
KNOWN_SETTINGS = {"url", "database", "key", "key_file", "company", "location", "skus", "timeout"}
_MOVE = ["id", "state", "product", "internal_quantity", "write_date", "create_date"]
_DONE = ["state", "in", ["done", "cancelled"]]


class Tryton:
    """Fills ``Pos``.

    ``config``: ``url`` (``https://till.example.org``), ``database``, ``key`` or ``key_file`` (a user application key),
    ``company`` (its number; needed when there are several), ``location`` (the storage location's code, ``STO`` if not
    said), ``skus`` (Tryton's product code → SKU, for codes that differ), ``timeout`` in seconds. Raises
    ``InvalidInput`` for a config that cannot be used.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        _checked(config)
        self._url = str(config["url"]).rstrip("/")
        self._database = str(config["database"])
        self._key = str(config.get("key", ""))
        self._key_file = str(config.get("key_file", ""))
        self._company = int(config["company"]) if config.get("company") else None
        self._location = str(config.get("location") or "STO")
        self._skus: Mapping[str, str] = dict(config.get("skus") or {})
        self._timeout = float(config.get("timeout") or READ_TIMEOUT)

    @cached_property
    def _rest(self) -> Rest:
        key = self._key
        if not key:
            try:
                key = Path(self._key_file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as unreadable:
                raise PermanentFault(f"The key file {self._key_file} cannot be read: put the user application key there.") from unreadable
        if not key.isascii() or not key.isprintable():
            raise PermanentFault("The key is not one of Tryton's: it is a single line of letters and digits.")
        return Rest(self._url, self._database, key, timeout=self._timeout)

    def check(self) -> str:
        """Company, location and how many products are seen there."""
        with self._asking() as rest:
            place = self._find_place()
            company = rest.search("company.company", [["id", "=", place.company]], ["rec_name"])[0]
            location = rest.search("stock.location", [["id", "=", place.location]], ["rec_name"], self._context(place))[0]
            self._paid_lines(place)
            self._first_moves(place)
            products = self._products(place, None)
            coded = sum(1 for product in products if self._sku(product))
        unnamed = f"; {counted(len(products) - coded, 'without a code is', 'without a code are')} left out" if coded < len(products) else ""
        return f"Tryton at {self._url}: {company['rec_name']}, {location['rec_name']}, {counted(coded, 'product', 'products')}{unnamed}."

    def counts(self, cursor: str, now: datetime) -> Polled:
        """Absolute counts of what may have changed since ``cursor``; of everything for ``""``."""
        with self._asking():
            return self._poll(ledger.remembered(cursor, self._shop), now)

    def _poll(self, before: Memory | None, now: datetime) -> Polled:
        began = time.monotonic()
        place = before or self._find_place()
        lines = self._paid_lines(place)
        skew = self._skew(now, began)
        moves = self._moves(place, now + skew) if before else self._first_moves(place)
        claims = ledger.claimed(ledger.sold_at_the_till(lines), ledger.awaiting_shipment(moves))
        touched = ledger.touched(place, moves, claims) if before else set()
        whole = before is None or not 0 <= now.timestamp() - before.whole_at < WHOLE_EVERY.total_seconds()
        after = replace(place, newest=ledger.newest(moves, place.newest), seen=ledger.recent(moves), claimed=claims)
        dated = now + skew if abs(skew) > CLOCK_TOLERANCE else now
        counts: tuple[Count, ...] = ()
        if whole or touched:
            rows = self._products(place, None if whole else self._with_namesakes(place, touched))
            told, counts = ledger.tell(after, [(self._sku(row), row) for row in rows], touched, dated, whole=whole)
            after = replace(after, told=told, whole_at=now.timestamp() if whole else after.whole_at)
        return Polled(counts, (), after.packed(), now + skew)

    def parse(self, headers: Mapping[str, str], body: bytes) -> list[Count]:
        """Tryton sends no webhooks: whatever comes is not from it."""
        raise NotPermitted("Tryton sends no webhooks; it is asked for its counts.")

    def adjust(self, movement: Movement, key: str) -> None:
        """Books an order (a return, when more come back) under ``key`` as its reference."""
        code = {sku: code for code, sku in self._skus.items()}.get(movement.sku, movement.sku)
        with self._asking() as rest:
            place = self._find_place()
            place_order(rest, self._context(place), place, code, -movement.quantity, key)

    @contextmanager
    def _asking(self) -> Iterator[Rest]:
        """One conversation with the till: its connections are kept for as long as it lasts."""
        rest = self._rest
        try:
            with ledger.understood():
                yield rest
        finally:
            rest.close()

    @property
    def _shop(self) -> str:
        """A digest of where counts come from, so that another address, company or location is read from the start."""
        where = "\n".join((self._url, self._database, str(self._company), self._location))
        return hashlib.sha256(where.encode()).hexdigest()[:16]

    def _find_place(self) -> Memory:
        companies = self._rest.search("company.company", [["id", "=", self._company]] if self._company else [], ["rec_name"])
        if len(companies) != 1:
            there = ", ".join(f"{row['id']} ({row['rec_name']})" for row in self._rest.search("company.company", [], ["rec_name"]))
            raise PermanentFault(f"Say which company this till belongs to (company=): there are {there or 'none'} in {self._database}.")
        company = int(companies[0]["id"])
        context = {"company": company, "companies": [company]}
        found = self._rest.search("stock.location", [["code", "=", self._location]], ["type"], context)
        if len(found) != 1:
            raise PermanentFault(
                f"Tryton has {len(found) or 'no'} location{'s' if len(found) > 1 else ''} with the code {self._location!r}: "
                "enter the code of the storage location that the point of sale sells from (location=)."
            )
        return Memory(self._shop, company, int(found[0]["id"]))

    def _context(self, place: Memory) -> dict[str, Any]:
        return {"company": place.company, "companies": [place.company], "locations": [place.location]}

    def _paid_lines(self, place: Memory) -> list[Row]:
        domain = [["sale.state", "=", "done"], ["sale.point.storage_location", "child_of", [place.location], "parent"]]
        fields = ["quantity", "unit.factor", "product.default_uom.factor"]
        return list(self._rest.search("sale.point.sale.line", domain, fields, self._context(place)))

    def _first_moves(self, place: Memory) -> list[Row]:
        """What waits to be picked, and the latest done move as the mark to go on from."""
        latest = self._rest.latest("stock.move", [_DONE], _MOVE, self._context(place))
        return [*self._rest.search("stock.move", _waiting(place), _MOVE, self._context(place)), *([latest] if latest else [])]

    def _moves(self, place: Memory, till_now: datetime) -> list[Row]:
        # A till's clock that was set back would hide its moves behind the newest one seen: its present time counts then.
        marks = [till_now, *([datetime.fromisoformat(place.newest)] if place.newest else [])]
        since = ledger.spelled(min(marks) - ledger.OVERLAP)
        changed = ["OR", ["write_date", ">", since], ["create_date", ">", since]]
        here = ["OR", *([end, "child_of", [place.location], "parent"] for end in ("from_location", "to_location"))]
        domain = ["OR", [_DONE, changed, here], _waiting(place)]
        return list(self._rest.search("stock.move", domain, _MOVE, self._context(place)))

    def _products(self, place: Memory, ids: set[int] | None) -> list[Row]:
        domain: list[Any] = [["type", "=", "goods"], ["salable", "=", True]]
        if ids is not None:
            domain.append(["id", "in", sorted(ids)])
        return list(self._rest.search("product.product", domain, ["code", "name", "quantity"], self._context(place)))

    def _with_namesakes(self, place: Memory, touched: set[int]) -> set[int]:
        """The touched products, and those that share a SKU with one."""
        return touched.union(*(products for _, products in place.told.values() if touched.intersection(products)))

    def _sku(self, product: Row) -> str:
        code = str(product["code"] or "").strip()
        return self._skus.get(code, code)

    def _skew(self, now: datetime, began: float) -> timedelta:
        """The till's clock less ours, as its last answer told."""
        if self._rest.date is None:
            return timedelta()
        told, heard = self._rest.date
        return told - now - timedelta(seconds=heard - began)


def _waiting(place: Memory) -> list[Any]:
    return [
        ["state", "in", ["draft", "assigned"]],
        ["from_location", "child_of", [place.location], "parent"],
        ["to_location", "not child_of", [place.location], "parent"],
        ["shipment.id", ">", 0, "stock.shipment.out"],
    ]


def _checked(config: Mapping[str, Any]) -> None:
    if unknown := sorted(config.keys() - KNOWN_SETTINGS):
        raise InvalidInput(f"A Tryton till has no setting {unknown[0]!r}; it has {', '.join(sorted(KNOWN_SETTINGS))}.")
    if missing := [name for name in ("url", "database") if not config.get(name)]:
        raise InvalidInput(f"A Tryton till needs {' and '.join(missing)}.")
    if bool(config.get("key")) == bool(config.get("key_file")):
        raise InvalidInput("A Tryton till needs its user application key, either as key or as key_file.")
    if not str(config["url"]).startswith(("https://", "http://")):
        raise InvalidInput("The url of a Tryton till begins with https:// (or http:// within the house).")
    if config.get("skus") and not isinstance(config["skus"], Mapping):
        raise InvalidInput("skus maps Tryton's product codes to SKUs.")
    for name, kind in (("company", int), ("timeout", float)):
        try:
            kind(config.get(name) or 1)
        except (TypeError, ValueError):
            raise InvalidInput(f"{name} of a Tryton till is a number.") from None
