"""Which of a drop's dates a visitor wants to see: those of a day, those that sell something, those that can be had."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

_LONGEST_SKU = 64
_FIRST, _LAST = date(1970, 1, 2), date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class Filters:
    """``product`` is a SKU, empty for any."""

    day: date | None = None
    product: str = ""
    available: bool = False

    @property
    def query(self) -> str:
        """The filters as they stand in an address, to be followed by further parts; empty without any."""
        parts = {"day": self.day.isoformat() if self.day else "", "product": self.product, "only": "available" if self.available else ""}
        asked = {name: value for name, value in parts.items() if value}
        return f"{urlencode(asked)}&" if asked else ""

    def window(self, now: datetime, zone: str) -> tuple[datetime, datetime | None]:
        """From when to when slots are looked for: the day in ``zone``, never what is over."""
        if self.day is None:
            return now, None
        start, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (self.day, self.day + timedelta(days=1)))
        return max(now, start), end


def filters(query: Mapping[str, str]) -> Filters:
    """The filters of an address. What means nothing is passed over: a mistyped day shows every day."""
    product = query.get("product", "")
    possible = len(product) <= _LONGEST_SKU and "\0" not in product and product.isprintable()
    return Filters(day_of(query.get("day", "")), product if possible else "", query.get("only", "") == "available")


def day_of(text: str) -> date | None:
    """The day that ``2026-12-05`` names, None when it names none that a calendar has use for."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None
