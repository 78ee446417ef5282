"""Which field of a form a refusal is about, so that it is said there."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bridge.checkout.typed import UNITS, Wanted
from bridge.core.availability import availability
from bridge.core.drops import Offer, Slot
from bridge.core.errors import Refusal, SoldOut
from bridge.core.ports_orders import Held
from bridge.core.stock import StockItem
from bridge.core.terms import Terms
from bridge.wording import N_, Wording

_FIELDS = {
    N_("A place cannot be sent: choose to pick it up."): "way",
    N_("Choose how you want to pay."): "method",
    N_("What is sent is paid first; choose another way to pay."): "method",
    N_("Choose how it is to be sent."): "way",
    N_("This cannot be picked up; choose how it is to be sent."): "way",
    N_("Tell us street, postcode, city and country to send it to."): "street",
    N_("{name} goes to {countries} only."): "country",
}


def field_of(refusal: Refusal, asked: Wanted, offers: Iterable[Offer] = ()) -> str:
    """The field by its name: its own, that of the thing it names, else the first that was filled in."""
    if refusal.form in _FIELDS:
        return _FIELDS[refusal.form]
    named = [offer.sku for offer in offers if refusal.facts.get("name") in (offer.name or offer.sku, offer.sku)]
    if found := next((sku for sku in [*named, *asked.units] if sku in asked.units), None):
        return UNITS + found
    return "places" if asked.places else "units"


def names_of(terms: Terms) -> dict[str, str]:
    """What a drop's products are called, by SKU."""
    return {product.sku: product.name for product in terms.products if product.name}


def only_kept(n: int, words: Wording) -> str:
    """What is told to who asks for more than is kept for them, where nothing else is left."""
    return words.plural("Only {n} is kept for you, and there is no more.", "Only {n} are kept for you, and there are no more.", n)


def beside_ones_own(
    refusal: Refusal, field: str, held: Held | None, slot: Slot, stock: Mapping[int, StockItem], now: datetime, words: Wording
) -> str:
    """What is told to who has something kept and asked for more than there is; empty for anybody else."""
    if held is None or not isinstance(refusal, SoldOut):
        return ""
    seen, sku = availability(slot, stock, now), field.removeprefix(UNITS)
    offer = next((offer for offer in slot.offers if offer.sku == sku), None)
    mine = held.claim.by_offer().get(offer.id, 0) if offer else held.places
    left = next((one.left for one in seen.offers if one.sku == sku), seen.places_left)
    if not mine:
        return ""
    return words.text("At most {n} can be ordered.", n=mine + left) if left else only_kept(mine, words)
