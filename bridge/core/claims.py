"""What a customer asks for, checked and priced: places of a slot and units of what it sells. The store arbitrates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from bridge.core.drops import Offer, Slot, sells_goods
from bridge.core.errors import InvalidInput, LimitReached, SoldOut, WindowClosed
from bridge.core.orders import MAX_UNITS
from bridge.core.pricing import tiers
from bridge.core.stock import StockItem
from bridge.core.terms import Terms


class Line(NamedTuple):
    """Units of one offer at one price, within a hold or an order; the till knows of those ``acknowledged``, promised no more."""

    offer_id: int
    stock_item_id: int
    units: int
    acknowledged: int = 0
    price: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """``places`` of a slot, those without goods among them, and units of its offers."""

    places: int = 0
    lines: tuple[Line, ...] = ()

    @property
    def units(self) -> int:
        """All units of all lines."""
        return sum(line.units for line in self.lines)

    @property
    def amount(self) -> int:
        """What the lines come to, without what is added to prices."""
        return sum(line.units * line.price for line in self.lines)

    def by_offer(self) -> dict[int, int]:
        """Units of each offer."""
        found: dict[int, int] = {}
        for line in self.lines:
            found[line.offer_id] = found.get(line.offer_id, 0) + line.units
        return found

    def by_item(self) -> dict[int, tuple[int, int]]:
        """Units of each stock item, and how many of them the till knows of."""
        found: dict[int, tuple[int, int]] = {}
        for line in self.lines:
            units, known = found.get(line.stock_item_id, (0, 0))
            found[line.stock_item_id] = (units + line.units, known + line.acknowledged)
        return found

    def one_line_each(self) -> dict[int, Line]:
        """All units of each offer as one line, whatever they cost."""
        found: dict[int, Line] = {}
        for line in self.lines:
            known = found.get(line.offer_id, Line(line.offer_id, line.stock_item_id, 0))
            found[line.offer_id] = known._replace(units=known.units + line.units, acknowledged=known.acknowledged + line.acknowledged)
        return found


_ROWS = ("places", "offer", "stock")


class Wanted(NamedTuple):
    """One number that a claim raises: the places of a slot, the units of an offer, or what is promised of a stock item.

    Of the latter ``reserve`` is kept back.
    """

    kind: Literal["places", "offer", "stock"]
    id: int
    units: int
    reserve: int = 0


def wanted_of(slot: Slot, claim: Claim, stock: Mapping[int, StockItem], now: datetime) -> list[Wanted]:
    """All that ``claim`` raises, in the order in which rows are locked."""
    places = [Wanted("places", slot.id, claim.places)] if claim.places else []
    offers = [Wanted("offer", key, units) for key, units in sorted(claim.by_offer().items())]
    items = [Wanted("stock", key, units, stock[key].reserve(now)) for key, (units, _) in sorted(claim.by_item().items())]
    return [*places, *offers, *items]


def all_wanted(claims: Iterable[tuple[Slot, Claim]], stock: Mapping[int, StockItem], now: datetime) -> list[Wanted]:
    """The same of claims on several slots; what is promised of an item is raised once for all of them."""
    found: dict[tuple[str, int], Wanted] = {}
    for slot, claim in claims:
        for one in wanted_of(slot, claim, stock, now):
            known = found.get((one.kind, one.id))
            found[one.kind, one.id] = one if known is None else one._replace(units=known.units + one.units)
    return sorted(found.values(), key=lambda one: (_ROWS.index(one.kind), one.id))


def check_free(slot: Slot, claim: Claim, stock: Mapping[int, StockItem], now: datetime) -> None:
    """Raises ``SoldOut`` when ``slot``, or the stock, has less than is claimed; the store arbitrates all the same."""
    for wanted in wanted_of(slot, claim, stock, now):
        left = left_of(wanted, slot, stock, now)
        if left is not None and wanted.units > left:
            raise sold_out(wanted, slot, stock)


def left_of(wanted: Wanted, slot: Slot, stock: Mapping[int, StockItem], now: datetime) -> int | None:
    """How much there still is of what is wanted; None when nothing limits it."""
    if wanted.kind == "places":
        return max(0, slot.capacity - slot.claimed)
    if wanted.kind == "stock":
        return stock[wanted.id].free(now)
    offer = _offer_of(slot, wanted.id)
    return None if offer.allotment is None else max(0, offer.allotment - offer.claimed)


def sold_out(wanted: Wanted, slot: Slot, stock: Mapping[int, StockItem]) -> SoldOut:
    """What is said to who wants more than there is, and has nothing yet."""
    if wanted.kind == "places":
        return SoldOut("Fewer than {n} places are left.", n=wanted.units)
    if wanted.kind == "stock":
        return SoldOut("Fewer than {n} of {name} are left.", n=wanted.units, name=stock[wanted.id].name)
    return SoldOut("Fewer than {n} of {name} are left on this slot.", n=wanted.units, name=name_of(slot, wanted.id))


def name_of(slot: Slot, offer_id: int) -> str:
    """What customers read an offer of the slot by."""
    offer = _offer_of(slot, offer_id)
    return offer.name or offer.sku


def _offer_of(slot: Slot, offer_id: int) -> Offer:
    return next(offer for offer in slot.offers if offer.id == offer_id)


def after(slot: Slot, claim: Claim) -> Slot:
    """The slot once ``claim`` is had of it."""
    units = claim.by_offer()
    offers = tuple(replace(offer, claimed=offer.claimed + units.get(offer.id, 0)) for offer in slot.offers)
    return replace(slot, claimed=slot.claimed + claim.places, offers=offers)


def promised(stock: Mapping[int, StockItem], claim: Claim) -> dict[int, StockItem]:
    """The stock once ``claim`` is had of it."""
    units = claim.by_item()
    return {key: replace(item, promised=item.promised + units[key][0]) if key in units else item for key, item in stock.items()}


def unit_price(sold: Iterable[Offer], lines: Iterable[Line]) -> int:
    """What one unit of what was chosen costs: of several goods the least, add-ons left out; 0 without goods."""
    add_ons = {offer.id for offer in sold if offer.add_on}
    return min((line.price for line in lines if line.offer_id not in add_ons), default=0)


class Swap(NamedTuple):
    """From one claim to another: what is to be claimed beyond the first, and what is given back of it."""

    more: Claim
    less: Claim


def asked_for(
    slot: Slot,
    terms: Terms,
    units: Mapping[str, int],
    places: int,
    now: datetime,
    *,
    takes_places: bool = True,
    own: Claim | None = None,
) -> Claim:
    """The claim that ``units`` by SKU and ``places`` without goods come to, at the prices of ``now``.

    ``own`` is what the customer has already: its early-bird units are theirs again, and it may be had where only an add-on is
    left. Raises ``InvalidInput`` and ``LimitReached``.
    """
    mine = own.by_offer() if own else {}
    chosen = _chosen(slot, units)
    _check_amounts(slot, terms, chosen, places)
    lines: list[Line] = []
    for offer, count in chosen:
        sold = max(0, offer.claimed - mine.get(offer.id, 0))
        found = tiers(offer, terms.product(offer.sku), count, now, sold=sold)
        lines += [Line(offer.id, offer.stock_item_id or 0, tier.units, price=tier.price) for tier in found]
    needed = places + sum(offer.places_per_unit * count for offer, count in chosen)
    return Claim(needed if takes_places else 0, tuple(lines))


def _chosen(slot: Slot, units: Mapping[str, int]) -> list[tuple[Offer, int]]:
    offers = {offer.sku: offer for offer in slot.offers}
    for sku, count in units.items():
        if sku not in offers:
            raise InvalidInput("{name} is not sold on this slot.", name=sku)
        if not 1 <= count <= MAX_UNITS:
            raise InvalidInput("{n} of {name} cannot be ordered.", n=count, name=offers[sku].name or sku)
    return [(offer, units[offer.sku]) for offer in slot.offers if offer.sku in units]


def _check_amounts(slot: Slot, terms: Terms, chosen: Sequence[tuple[Offer, int]], places: int) -> None:
    if places and sells_goods(slot.offers):
        raise InvalidInput("This date is sold by what you choose: say how many of it.")
    if slot.unclear:
        raise WindowClosed("Ordering has not opened yet.")
    if not 0 <= places <= MAX_UNITS:
        raise InvalidInput("{n} places cannot be ordered.", n=places)
    wanted = counted_units(chosen, places)
    if wanted < 1 and chosen:
        alone = chosen[0][0]
        raise InvalidInput("{name} is sold along with something else only: choose that as well.", name=alone.name or alone.sku)
    if wanted < 1:
        raise InvalidInput("Nothing was chosen.")
    if slot.limit is not None and wanted > slot.limit:
        raise LimitReached("At most {n} per customer.", n=slot.limit)
    for offer, count in chosen:
        product = terms.product(offer.sku)
        if product is not None and product.limit is not None and count > product.limit:
            raise LimitReached("At most {n} of {name} per customer.", n=product.limit, name=offer.name or offer.sku)


def check_can_ever_be(slot: Slot, claim: Claim) -> None:
    """Raises ``InvalidInput`` when the slot could not hold so much if nobody else had anything of it."""
    if claim.places > slot.capacity:
        raise InvalidInput("This date has {n} places in all.", n=slot.capacity)
    units = claim.by_offer()
    for offer in slot.offers:
        if offer.allotment is not None and units.get(offer.id, 0) > offer.allotment:
            raise InvalidInput("This date has {n} of {name} in all.", n=offer.allotment, name=offer.name or offer.sku)


def counted_units(chosen: Sequence[tuple[Offer, int]], places: int) -> int:
    """What a slot's limit per customer counts: units that are no add-ons, and places without goods."""
    return places + sum(count for offer, count in chosen if not offer.add_on)


def check_open(slot: Slot, now: datetime) -> None:
    """Raises ``WindowClosed`` when the slot cannot be ordered at ``now``."""
    if slot.cancelled or slot.removed:
        raise WindowClosed("This slot was cancelled.")
    if slot.preorder.is_over(now) or now >= slot.ends_at:
        raise WindowClosed("Ordering is over.")
    if slot.preorder.is_soon(now):
        raise WindowClosed("Ordering has not opened yet.")


def swapped(before: Claim, after: Claim) -> Swap:
    """What it takes to have ``after`` in place of ``before`` on one slot."""
    old, new = _by_offer(before), _by_offer(after)
    more: list[Line] = []
    less: list[Line] = []
    for key in sorted(old.keys() | new.keys()):
        offer_id, item_id = key
        was, known = old.get(key, (0, 0))
        wanted = new.get(key, (0, 0))[0]
        if wanted > was:
            more.append(Line(offer_id, item_id, wanted - was))
        elif wanted < was:
            less.append(Line(offer_id, item_id, was - wanted, known - min(known, wanted)))
    places = after.places - before.places
    return Swap(Claim(max(0, places), tuple(more)), Claim(max(0, -places), tuple(less)))


def goes_beyond(before: Claim, after: Claim) -> bool:
    """Whether ``after`` has more of anything than ``before``, on one slot."""
    return swapped(before, after).more != Claim()


def _by_offer(claim: Claim) -> dict[tuple[int, int], tuple[int, int]]:
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for line in claim.lines:
        units, known = found.get((line.offer_id, line.stock_item_id), (0, 0))
        found[line.offer_id, line.stock_item_id] = (units + line.units, known + line.acknowledged)
    return found
