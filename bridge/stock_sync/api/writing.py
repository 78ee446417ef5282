"""The writing half of the API: counts and movements go to the flow, and its verdict comes back."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import request

from bridge.core.accounts import ApiToken
from bridge.core.stock import Count, Movement, checked_sku, settled
from bridge.core.tills import Location
from bridge.flows.stock import Recorded, record_counts, record_movements
from bridge.stock_sync.api import answers, bodies
from bridge.stock_sync.api.asking import Door, House
from bridge.stock_sync.api.bodies import CountBody, CountsBody, MovementBody, MovementsBody, NamedCount, OneMovement
from bridge.stock_sync.api.reading import location_of


class Writing:
    """Each method answers one address. Raises ``Problem`` and refusals; what is refused changes nothing."""

    def __init__(self, house: House, door: Door) -> None:
        self._house, self._door = house, door

    def count(self, location: str, sku: str, organizer: str | None = None) -> dict[str, Any]:
        """One SKU's count."""
        token, place = self._enter(location, organizer)
        checked_sku(sku)
        body = bodies.validated(CountBody, self._body())
        return self._counted(token, place, [_named(sku, body)], body.sent_at)[0]

    def counts(self, location: str, organizer: str | None = None) -> dict[str, Any]:
        """Several counts, all or nothing."""
        token, place = self._enter(location, organizer)
        body = bodies.validated(CountsBody, self._body())
        return {"results": self._counted(token, place, body.counts, body.sent_at)}

    def movements(self, location: str, organizer: str | None = None) -> dict[str, Any]:
        """One movement, or several, all or nothing."""
        token, place = self._enter(location, organizer)
        sent = self._body()
        if "movements" not in sent:
            one = bodies.validated(MovementBody, sent)
            return self._moved(token, place, [one], one.sent_at)[0]
        body = bodies.validated(MovementsBody, sent)
        return {"results": self._moved(token, place, body.movements, body.sent_at)}

    def _enter(self, location: str, organizer: str | None) -> tuple[ApiToken, Location]:
        token = self._door.admit(request, "stock:write")
        with self._house.read() as views:
            return token, location_of(views, token, location, organizer)

    def _body(self) -> dict[str, Any]:
        return bodies.read(request, self._house.settings.api.max_body)

    def _moved(self, token: ApiToken, place: Location, told: Sequence[OneMovement], sent_at: datetime | None) -> list[dict[str, Any]]:
        now = self._house.now()
        movements = [Movement(one.sku, one.quantity, one.happened_at, _message_id(one.sku, one.message_id)) for one in told]
        with self._house.work() as work:
            source = f"api:{token.id}:movements"
            recorded = record_movements(work, place, movements, source=source, now=now, actor=_actor(token), sent_at=sent_at)
        return _outcomes(recorded, [one.happened_at for one in told], now, sent_at)

    def _counted(self, token: ApiToken, place: Location, told: Sequence[NamedCount], sent_at: datetime | None) -> list[dict[str, Any]]:
        now = self._house.now()
        # Without a time of its own a count is of now, and then the till's clock is of no concern.
        moments = [one.counted_at or (sent_at if sent_at is not None else now) for one in told]
        counts = [_count(one, moment) for one, moment in zip(told, moments, strict=True)]
        with self._house.work() as work:
            source = f"api:{token.id}:counts"
            recorded = record_counts(work, place, counts, source=source, now=now, actor=_actor(token), sent_at=sent_at)
        return _outcomes(recorded, moments, now, sent_at)


def _named(sku: str, body: CountBody) -> NamedCount:
    return NamedCount.model_construct(sku=sku, count=body.count, counted_at=body.counted_at, message_id=body.message_id, name=body.name)


def _count(told: NamedCount, counted_at: datetime) -> Count:
    message_id = told.message_id or f"{counted_at.isoformat()} {told.count}"
    return Count(told.sku, told.count, counted_at, _message_id(told.sku, message_id), told.name)


def _message_id(sku: str, told: str) -> str:
    """One id may stand on all counts of a message, so the SKU is part of it; of a length that every database takes."""
    return hashlib.sha256(f"{sku}\0{told}".encode()).hexdigest()


def _actor(token: ApiToken) -> str:
    return f"till:{token.label}"


def _outcomes(recorded: Sequence[Recorded], moments: Sequence[datetime], now: datetime, sent_at: datetime | None) -> list[dict[str, Any]]:
    return [answers.outcome(one, settled(moment, now, sent_at), now) for one, moment in zip(recorded, moments, strict=True)]
