"""Counts from a CSV file, as spreadsheets and tills export them."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from bridge.core.errors import InvalidInput
from bridge.core.stock import Count

MAX_ROWS = 100_000
MAX_OCTETS = 16 * 1024 * 1024
COLUMNS = {
    "sku": ("sku", "code", "article", "item"),
    "count": ("count", "quantity", "qty", "stock", "on hand"),
    "name": ("name", "title", "product"),
    "counted_at": ("counted_at", "counted at", "date", "time"),
}
"""Our columns, and the headings under which each is found; case does not matter."""

_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?=$|[.,])")
_NUMBER = re.compile(r"([+-]?\d+)(?:[.,](\d+))?", re.ASCII)


def read(data: bytes, now: datetime) -> list[Count]:
    """The counts in a file of ``sku,count[,name][,counted_at]``, in the order of its lines.

    UTF-8 or UTF-16 with a mark, Windows-1252 otherwise; fields parted by comma, semicolon or tab; a heading line is needed,
    further columns are passed over. A count is whole or of no more than zeros behind the point. Rows without a time
    were counted at ``now``. Raises ``InvalidInput`` that names the line and the field: all or nothing.
    """
    if len(data) > MAX_OCTETS:
        raise InvalidInput(f"The file is larger than {MAX_OCTETS >> 20} MB: split it.")
    text = _decoded(data)
    rows = _rows(text)
    heading = next(rows, None)
    if heading is None:
        raise InvalidInput("The file is empty: its first line is sku,count and further lines are one SKU each.")
    places = _places(heading[1])
    digest = hashlib.sha256(data).hexdigest()[:16]
    counts = [_count(line, fields, places, now, digest) for line, fields in rows]
    _refuse_twice(counts)
    return counts


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        # What Excel writes under "CSV" without "UTF-8" in western Europe.
        return data.decode("cp1252", "replace")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not blank, with its number."""
    first = text.lstrip().splitlines()[:1]
    heading = first[0] if first else ""
    # Excel starts some files with "sep=;" and obeys it itself.
    said = re.fullmatch(r"sep=(.)", heading.strip())
    delimiter = said[1] if said else max(";\t,", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = 0
    try:
        for fields in reader:
            if any(field.strip() for field in fields) and not (said and reader.line_num == 1):
                rows += 1
                if rows > MAX_ROWS + 1:
                    raise InvalidInput(f"The file has more than {MAX_ROWS} lines: split it.")
                yield reader.line_num, [field.strip() for field in fields]
    except csv.Error as broken:
        raise InvalidInput(f"Line {reader.line_num}: {broken}. Is a quotation mark left open?") from None


def _places(heading: list[str]) -> Mapping[str, int]:
    """Where each of our columns stands."""
    names = [name.casefold() for name in heading]
    places = {}
    for column, aliases in COLUMNS.items():
        found = [names.index(alias) for alias in aliases if alias in names]
        if found:
            places[column] = found[0]
    for column in ("sku", "count"):
        if column not in places:
            raise InvalidInput(f"Line 1: there is no column {column!r}; the heading is sku,count and may add name and counted_at.")
    return places


def _count(line: int, fields: list[str], places: Mapping[str, int], now: datetime, digest: str) -> Count:
    def field(column: str) -> str:
        place = places.get(column)
        return fields[place] if place is not None and place < len(fields) else ""

    sku = field("sku")
    if not sku:
        raise InvalidInput(f"Line {line}, sku: it is empty.")
    quantity = _whole(line, field("count"))
    told = field("counted_at")
    counted_at = _moment(line, told) if told else now
    told_at = counted_at.isoformat() if told else now.isoformat()
    return Count(sku, quantity, counted_at, f"csv {digest} {line} {told_at}", field("name")[:200] or None)


def _whole(line: int, written: str) -> int:
    """A whole number as a spreadsheet writes it: ``12``, ``12.0``, ``12,00``, ``1 200``, ``1'200``, ``+3``."""
    number = written.replace("−", "-")
    if _GROUPED.match(number):
        number = re.sub(r"[ \u00a0\u202f'’]", "", number)
    parts = _NUMBER.fullmatch(number)
    if parts is None or len(number) > 32:
        raise InvalidInput(f"Line {line}, count: {written[:40]!r} is not a number.")
    fraction = parts[2] or ""
    if len(fraction) == 3:
        raise InvalidInput(f"Line {line}, count: {written!r} may be thousands or a fraction: write it without a point or comma.")
    if fraction.strip("0"):
        raise InvalidInput(f"Line {line}, count: {written!r} is not a whole number.")
    return int(parts[1])


def _moment(line: int, written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidInput(f"Line {line}, counted_at: {written[:40]!r} is not a time; write it as 2026-12-05T09:00:00Z.") from None
    if moment.tzinfo is None:
        raise InvalidInput(f"Line {line}, counted_at: {written!r} has no time zone; write it as 2026-12-05T09:00:00Z or with +01:00.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"Line {line}, counted_at: {written!r} is out of this world.") from None


def _refuse_twice(counts: list[Count]) -> None:
    """One SKU twice at the same moment leaves open which count is meant."""
    seen: dict[tuple[str, datetime], int] = {}
    for count in counts:
        known = seen.setdefault((count.sku, count.counted_at), count.quantity)
        if known != count.quantity:
            raise InvalidInput(f"The SKU {count.sku} is there twice, with {known} and with {count.quantity}: keep one line.")
