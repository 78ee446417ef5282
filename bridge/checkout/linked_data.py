"""Dates and what they sell in the words of schema.org (Event, Offer, Product), as JSON-LD for search engines."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from bridge.checkout.shown import Picture, SlotShown
from bridge.core.availability import OfferAvailability
from bridge.core.drops import Drop
from bridge.wording import minor_digits

Node = dict[str, Any]
_SCHEMA = "https://schema.org"


def event(one: SlotShown, drop: Drop, address: str, organizer: str, picture: Picture | None = None) -> Node:
    """One date. ``address`` is its page, ``organizer`` its organizer's."""
    slot, seen = one.slot, one.slot.availability
    place = slot.place or drop.place
    node: Node = {
        "@type": "Event",
        "@id": address,
        "url": address,
        "name": slot.title or drop.title,
        "startDate": one.starts.date().isoformat() if slot.all_day else one.starts.isoformat(),
        "endDate": one.last_day.isoformat() if slot.all_day else one.ends.isoformat(),
        "eventStatus": f"{_SCHEMA}/{'EventCancelled' if seen.state == 'cancelled' else 'EventScheduled'}",
        "eventAttendanceMode": f"{_SCHEMA}/OfflineEventAttendanceMode",
        "organizer": {"@type": "Organization", "name": drop.organizer_title or drop.organizer, "url": organizer},
        "maximumAttendeeCapacity": seen.capacity,
        "remainingAttendeeCapacity": seen.places_left,
    }
    if place:
        node["location"] = {"@type": "Place", "name": place, "address": place, **_geo(slot.geo)}
    if picture:
        node["image"] = [picture.url]
    if slot.notes:
        node["description"] = slot.notes
    if seen.offers:
        node["offers"] = [_offer(offer, one, drop, address) for offer in seen.offers]
    return node


def _offer(offer: OfferAvailability, one: SlotShown, drop: Drop, address: str) -> Node:
    preorder = one.slot.preorder
    node: Node = {
        "@type": "Offer",
        "url": address,
        "availability": f"{_SCHEMA}/{_availability(offer, one)}",
        "itemOffered": {"@type": "Product", "name": offer.name, "sku": offer.sku},
    }
    if offer.price is not None:
        node |= {"price": decimal(offer.price, drop.currency), "priceCurrency": drop.currency}
    if offer.left is not None:
        node["inventoryLevel"] = {"@type": "QuantitativeValue", "value": offer.left}
    if preorder.opens:
        node["validFrom"] = preorder.opens.isoformat()
    if preorder.closes:
        node["validThrough"] = preorder.closes.isoformat()
    return node


def _availability(offer: OfferAvailability, one: SlotShown) -> str:
    state = one.slot.availability.state
    if state == "soon":
        return "PreOrder"
    return "InStock" if state == "open" and offer.left != 0 else "SoldOut"


def _geo(geo: str) -> Node:
    try:
        latitude, longitude = (float(part) for part in geo.split(";"))
    except ValueError:
        return {}
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return {}
    return {"geo": {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}}


def listed(nodes: Iterable[Node]) -> Node:
    """Several dates in their order."""
    return {
        "@type": "ItemList",
        "itemListElement": [{"@type": "ListItem", "position": number, "item": node} for number, node in enumerate(nodes, 1)],
    }


def decimal(minor: int, currency: str) -> str:
    """``12.50``: an amount as schema.org wants it, with a point and without a sign of its currency."""
    return f"{Decimal(minor).scaleb(-minor_digits(currency)):f}"


def written(node: Node) -> Markup:
    """The node as the body of a ``<script type="application/ld+json">``: no text can end that element or begin another."""
    text = json.dumps({"@context": _SCHEMA, **node}, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 the letters that mean something to HTML are escaped
