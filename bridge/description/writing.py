"""From a drop to the text of its description, which describes that very drop when it is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

import tomli_w

from bridge.core.drops import Drop, OfferDraft
from bridge.core.terms import Product, Terms
from bridge.description import shape
from bridge.description.kinds import DIGEST, Context
from bridge.description.shape import Key

HEAD = "# What this drop is and sells. Change it, then: dropbridge drop apply FILE.toml\n\n"


def written(drop: Drop, terms: Terms, location: str) -> str:
    """The description as TOML, without what has its default."""
    table = as_table(drop, terms)
    head = {"drop": drop.slug, "organizer": drop.organizer} | ({"location": location} if location != "main" else {})
    whole = {**head, **table}
    # Between three quotation marks a carriage return would be lost.
    return HEAD + tomli_w.dumps(whole, multiline_strings=not _has_return(whole), indent=2)


def as_table(drop: Drop, terms: Terms, *, whole: bool = False) -> dict[str, Any]:
    """What is described of the drop, but its address, as TOML has it: without what has its default, unless it is to be ``whole``."""
    context = Context(drop.currency, ZoneInfo(drop.timezone))
    window = drop.defaults.preorder
    defaults = {"capacity": drop.defaults.capacity, "limit": drop.defaults.limit, "opens": window.opens, "closes": window.closes}
    table: dict[str, Any] = {}
    sections: dict[str, Any] = {}
    for part in shape.PARTS:
        if part.of == "drop":
            table |= {key.name: key.kind.write(getattr(drop, key.field), context) for key in part.keys}
        elif part.of == "defaults":
            sections["slots"] = _named(defaults, part.keys, context) | _sells(terms, context, whole=whole)
        elif part.many:
            sections[part.name] = [_each(one, part.keys, context, whole=whole) for one in getattr(terms, part.of)]
        elif part.of == "terms":
            found = _differing(terms, part.keys, context, whole=whole)
            table |= found if not part.name else {}
            sections |= {part.name: found} if part.name else {}
    return table | {name: found for name, found in sections.items() if found}


def _named(values: Mapping[str, Any], keys: Sequence[Key], context: Context) -> dict[str, Any]:
    return {key.name: key.kind.write(values[key.field], context) for key in keys if values[key.field] is not None}


def _differing(value: Any, keys: Iterable[Key], context: Context, *, whole: bool) -> dict[str, Any]:
    """The keys whose values are not the defaults of their dataclass; of a ``whole`` one all that say something."""
    usual = {field.name: field.default for field in fields(value)}
    found = {key: getattr(value, key.field) for key in keys}
    said = {key: one for key, one in found.items() if key.needed or one != usual[key.field] or (whole and one is not None)}
    return {key.name: _tidied(key.name, key.kind.write(one, context)) for key, one in said.items()}


def _each(value: Any, keys: Sequence[Key], context: Context, *, whole: bool) -> dict[str, Any]:
    found = _differing(value, keys, context, whole=whole)
    if isinstance(value, Product) and value.early is not None:
        found[shape.EARLY_NAME] = _differing(value.early, shape.EARLY, context, whole=whole)
    return found


def _sells(terms: Terms, context: Context, *, whole: bool) -> dict[str, Any]:
    if not whole and terms.offers == tuple(OfferDraft(product.sku) for product in terms.products):
        return {}
    entries = [_differing(offer, shape.SOLD, context, whole=whole) for offer in terms.offers]
    return {shape.SELLS: [entry if len(entry) > 1 else entry["sku"] for entry in entries]}


def _tidied(name: str, value: Any) -> Any:
    return [f"{DIGEST}{digest}" for digest in value] if name == "pictures" else value


def _has_return(value: Any) -> bool:
    if isinstance(value, str):
        return "\r" in value
    return any(map(_has_return, value.values() if isinstance(value, dict) else value)) if isinstance(value, dict | list) else False
