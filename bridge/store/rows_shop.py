"""Terms to rows and back. A term that a stored description does not name yet has its default."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from bridge.core.drops import OfferDraft
from bridge.core.terms import EarlyPrice, Product, Question, ShippingOption, Terms


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _shipping(option: Mapping[str, Any]) -> ShippingOption:
    return ShippingOption(**{**option, "countries": tuple(option["countries"])})


_READ: dict[str, Callable[[Any], Any]] = {
    "offers": lambda found: tuple(OfferDraft(**offer) for offer in found),
    "questions": lambda found: tuple(Question(**question) for question in found),
    "shipping": lambda found: tuple(map(_shipping, found)),
    "pictures": tuple,
    "pays_by": tuple,
    "hold": _span,
    "cancel_until": _span,
    "offer_lasts": _span,
    "activity": _span,
}
_KNOWN = frozenset(field.name for field in fields(Terms)) - {"products"}


def described(value: Terms) -> dict[str, Any]:
    """All of the terms but the products, as JSON has it."""
    found = asdict(value)
    del found["products"]
    return {name: each.total_seconds() if isinstance(each, timedelta) else each for name, each in found.items()}


def terms(described: Mapping[str, Any], products: Iterable[Row[Any]]) -> Terms:
    """The terms that ``described`` and ``product_values`` wrote."""
    known = {name: _READ.get(name, lambda same: same)(value) for name, value in described.items() if name in _KNOWN}
    return Terms(products=tuple(map(product, products)), **known)


def product(row: Row[Any]) -> Product:
    """A product."""
    return Product(
        sku=row.sku,
        name=row.name,
        story=row.story,
        price=row.price,
        tax_rate=row.tax_rate,
        early=None if row.early_price is None else EarlyPrice(row.early_price, row.early_until, row.early_units),
        limit=row.limit_per_customer,
        places_per_unit=row.places_per_unit,
        add_on=row.add_on,
        pictures=tuple(row.pictures),
    )


def product_values(value: Product) -> dict[str, Any]:
    """The columns of a product, but its drop and position."""
    return {
        "sku": value.sku,
        "name": value.name,
        "story": value.story,
        "price": value.price,
        "tax_rate": value.tax_rate,
        "early_price": value.early.price if value.early else None,
        "early_until": value.early.until if value.early else None,
        "early_units": value.early.units if value.early else None,
        "limit_per_customer": value.limit,
        "places_per_unit": value.places_per_unit,
        "add_on": value.add_on,
        "pictures": list(value.pictures),
    }
