"""What a customer pays: prices with early bird, sums, and taxes. Money is an integer of minor units.

The rules, which ``docs/shops.md`` tells shops: the price of a unit is the slot's own, else the product's. Early-bird
units come first. Tax is worked out once per rate, on the sum of all that has this rate, and rounded to the nearest
minor unit, halves away from zero. Prices either include tax (what is paid is the sum of prices) or exclude it (tax is added).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bridge.core.drops import Offer
from bridge.core.terms import EarlyPrice, Product

FULL = 100_000
"""100 % as a tax rate."""


class Tier(NamedTuple):
    """``units`` at ``price`` each."""

    units: int
    price: int


class Amount(NamedTuple):
    """A sum of money that is taxed at ``tax_rate``."""

    amount: int
    tax_rate: int


@dataclass(frozen=True, slots=True)
class Totals:
    """``net + tax == gross``, which is what is paid. ``taxes`` maps each rate to (net, tax), the highest rate first."""

    net: int
    tax: int
    gross: int
    taxes: tuple[tuple[int, int, int], ...] = ()


def price_of(offer: Offer, product: Product | None) -> int:
    """The ordinary price of a unit; an offer that nobody priced costs nothing."""
    if offer.price is not None:
        return offer.price
    return product.price if product is not None and product.price is not None else 0


def early_left(early: EarlyPrice | None, sold: int, now: datetime) -> int | None:
    """How many more units have the early price after ``sold`` of them on this slot; None: without a limit."""
    if early is None or (early.until is not None and now >= early.until):
        return 0
    return None if early.units is None else max(0, early.units - sold)


def tiers(offer: Offer, product: Product | None, units: int, now: datetime, *, sold: int | None = None) -> tuple[Tier, ...]:
    """What ``units`` of the offer cost now, early-bird units first. ``sold`` is ``offer.claimed`` unless given.

    A price of the slot's own is the organizer's last word: it has no early bird unless it is above the early price.
    """
    ordinary = price_of(offer, product)
    early = product.early if product is not None else None
    if early is None or early.price >= ordinary:
        return (Tier(units, ordinary),) if units else ()
    left = early_left(early, offer.claimed if sold is None else sold, now)
    cheap = units if left is None else min(units, left)
    return tuple(tier for tier in (Tier(cheap, early.price), Tier(units - cheap, ordinary)) if tier.units)


def tax_on(amount: int, rate: int, *, included: bool) -> int:
    """The tax in (``included``) or on top of ``amount``, rounded to the nearest minor unit, halves away from zero."""
    whole = FULL + rate if included else FULL
    magnitude = (2 * abs(amount) * rate + whole) // (2 * whole)
    return magnitude if amount >= 0 else -magnitude


def totals(amounts: Iterable[Amount], *, included: bool) -> Totals:
    """The sum of ``amounts`` and the tax of each rate."""
    sums: dict[int, int] = {}
    for amount, rate in amounts:
        sums[rate] = sums.get(rate, 0) + amount
    taxes: list[tuple[int, int, int]] = []
    for rate in sorted(sums, reverse=True):
        tax = tax_on(sums[rate], rate, included=included)
        taxes.append((rate, sums[rate] - tax if included else sums[rate], tax))
    net, tax = sum(one[1] for one in taxes), sum(one[2] for one in taxes)
    return Totals(net, tax, net + tax, tuple(taxes))


def sum_of(found: Sequence[Tier]) -> int:
    """What tiers come to."""
    return sum(tier.units * tier.price for tier in found)
