"""Which field of a form a refusal is about, so that it is said there."""

from collections.abc import Iterable

from bridge.checkout.typed import UNITS, Wanted
from bridge.core.drops import Offer
from bridge.core.errors import Refusal
from bridge.core.terms import Terms
from bridge.wording import N_, Wording

_FIELDS = {
    N_("A place cannot be sent: choose to pick it up."): "way",
    N_("Choose how you want to pay."): "method",
    N_("What is sent is paid first; choose another way to pay."): "method",
    N_("Choose how it is to be sent."): "way",
    N_("This cannot be picked up; choose how it is to be sent."): "way",
    N_("Tell us street, postcode, city and country to send it to."): "street",
    N_("Choose the country."): "country",
    N_("{name} goes to {countries} only."): "country",
    N_("A note has at most 1000 letters: please say it in fewer."): "note",
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
