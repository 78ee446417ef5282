"""The reading half of the API."""

import re
from datetime import datetime
from typing import Any

from flask import request

from bridge.core.accounts import ApiToken
from bridge.core.errors import InvalidInput, NotFound
from bridge.core.ports import Views
from bridge.core.tills import Location
from bridge.stock_sync.api import answers
from bridge.stock_sync.api.asking import Door, House
from bridge.stock_sync.api.bodies import moment

PAGE = 100
MAX_PAGE = 1000
MAX_OFFSET = 1_000_000
_NAME = re.compile(r"[^\x00\ud800-\udfff]{1,255}")


class Reading:
    """Each method answers one address. Raises ``Problem`` and refusals."""

    def __init__(self, house: House, door: Door) -> None:
        self._house, self._door = house, door

    def index(self) -> dict[str, Any]:
        """Where to go from here."""
        base = self._house.settings.base_url + "/api/v1"
        return {"openapi": f"{base}/openapi.json", "locations": f"{base}/locations/main/stock", "drops": f"{base}/drops"}

    def items(self, location: str, organizer: str | None = None) -> dict[str, Any]:
        """The stock of a location."""
        token = self._door.admit(request, "stock:read")
        with self._house.read() as views:
            place = location_of(views, token, location, organizer)
            found = [item for at, item in views.stock_items(token.organizer) if at.id == place.id]
        now = self._house.now()
        return {"items": [answers.item(item, now) for item in found]}

    def item(self, location: str, sku: str, organizer: str | None = None) -> dict[str, Any]:
        """One SKU."""
        token = self._door.admit(request, "stock:read")
        with self._house.read() as views:
            place = location_of(views, token, location, organizer)
            found = views.stock_item(place.id, sku) if _NAME.fullmatch(sku) else None
        if found is None:
            raise NotFound(f"The location {location} has no SKU {sku[:80]!r}; a count makes one.")
        return answers.item(found, self._house.now())

    def drops(self) -> dict[str, Any]:
        """The organizer's drops."""
        token = self._door.admit(request, "drops:read")
        with self._house.read() as views:
            return {"drops": [answers.drop(drop) for drop in views.drops(token.organizer)]}

    def slots(self, slug: str) -> dict[str, Any]:
        """A page of a drop's slots."""
        token = self._door.admit(request, "drops:read")
        start, end = _moment("start"), _moment("end")
        offset, limit = _number("offset", 0, 0, MAX_OFFSET), _number("limit", PAGE, 1, MAX_PAGE)
        with self._house.read() as views:
            drop = views.drop(token.organizer, slug) if _NAME.fullmatch(slug) else None
            if drop is None:
                raise NotFound(f"{token.organizer} has no drop {slug[:80]!r}.")
            found = views.public_slots(drop.id, start, end, limit=limit + 1, offset=offset)
        return {"slots": [answers.slot(slot) for slot in found[:limit]], "next": offset + limit if len(found) > limit else None}


def location_of(views: Views, token: ApiToken, name: str, organizer: str | None) -> Location:
    """The location of this name, which is the token's organizer's own. Raises ``NotFound``, of others' too."""
    mine = organizer in {None, token.organizer} and _NAME.fullmatch(name) is not None
    location = views.location(token.organizer, name) if mine else None
    if location is None:
        raise NotFound(f"{token.organizer} has no location {name[:80]!r}; each organizer starts with main.")
    return location


def _moment(name: str) -> datetime | None:
    written = request.args.get(name)
    try:
        return moment(written) if written is not None else None
    except InvalidInput as refusal:
        raise InvalidInput(f"{name}: {refusal.sentence}") from None


def _number(name: str, default: int, least: int, most: int) -> int:
    written = request.args.get(name)
    if written is None:
        return default
    if not re.fullmatch(r"[0-9]{1,7}", written) or not least <= int(written) <= most:
        raise InvalidInput(f"{name} is a whole number from {least} to {most}.")
    return int(written)
