"""Holds for pages with a script: taken when the customer starts, changed as they choose, given back when they leave.

``POST /slots/<public_id>/hold`` and ``POST /holds/<secret>`` take ``{"units": {sku: n}, "places": n}`` and answer what is
kept, with its prices; ``POST /holds/<secret>/release`` takes whatever ``navigator.sendBeacon`` sends. Errors are problem documents.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException

from bridge.checkout import posted
from bridge.checkout.at_once import at_once
from bridge.checkout.drop_of import drop_of
from bridge.checkout.guard import Guard
from bridge.checkout.language import chosen
from bridge.checkout.selling import Selling, kept_for
from bridge.checkout.together import Together
from bridge.checkout.told import answer_to, told
from bridge.checkout.typed import wanted_of
from bridge.core.drops import Offer, Slot
from bridge.core.errors import Fault, HoldExpired, Refusal, SoldOut
from bridge.core.ports import UnitOfWork
from bridge.core.ports_orders import Held
from bridge.flows.holds import Taken, Wish, change_hold, release_hold, take_holds


def add_holding(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    """The addresses of holds."""

    def too_late(asked_by: Request, public_id: str) -> Response | None:
        # Of a thousand who want two hundred boxes eight hundred get this answer, whatever they asked for.
        with bridge.glance() as views:
            if not views.is_full(public_id, bridge.now()):
                return None
        return _answered(asked_by, lambda: _admitted_too_late(guard, asked_by))

    at_once(face, "POST", "/hold", too_late)

    def take(_: str, wishes: Sequence[Wish]) -> list[Taken | Refusal | None]:
        with bridge.work(durable=False) as work:
            most, kept = bridge.settings.checkout.holds_per_address, kept_for(bridge)
            return take_holds(work, wishes, undescribed=kept, most=most, now=bridge.now())

    together: Together[Wish, Taken] = Together(take)
    drop_of_slot = drop_of(bridge)

    @face.post("/slots/<public_id>/hold")
    @_as_problems
    def hold(public_id: str) -> Response:
        visitor, asked, now = guard.admit(request), wanted_of(posted.json_object(request)), bridge.now()
        taken, slot = together.ask(drop_of_slot(public_id), Wish(public_id, asked.units, asked.places, visitor))
        return _kept(taken, slot.offers, now, 201)

    @face.post("/holds/<secret>")
    @_as_problems
    def hold_change(secret: str) -> Response:
        guard.admit(request)
        asked, now = wanted_of(posted.json_object(request)), bridge.now()
        if not posted.secret(secret):
            raise HoldExpired("The time to order ran out; please start again.")
        with bridge.work(durable=False) as work:
            changed = change_hold(work, secret, asked.units, places=asked.places, now=now)
            return _kept(changed, _slot(work, changed).offers, now, 200)

    @face.post("/holds/<secret>/release")
    @_as_problems
    def hold_release(secret: str) -> Response:
        guard.admit(request)
        if posted.secret(secret):
            with bridge.work(durable=False) as work:
                release_hold(work, secret, now=bridge.now())
        return Response(status=204)


def _admitted_too_late(guard: Guard, asked_by: Request) -> Response:
    guard.admit(asked_by)
    raise SoldOut("This slot is sold out.")


def _slot(work: UnitOfWork, held: Held) -> Slot:
    return work.slots_for_claim([held.slot_id])[held.slot_id]


def _kept(held: Held, offers: Sequence[Offer], now: datetime, status: int) -> Response:
    """What is kept, until when (in seconds as well, for clocks that are wrong), and at which prices in minor units."""
    skus = {offer.id: offer.sku for offer in offers}
    body = {
        "hold": held.secret,
        "expires_at": held.expires_at.isoformat(),
        "seconds": max(0, int((held.expires_at - now).total_seconds())),
        "places": held.places,
        "lines": [{"sku": skus.get(line.offer_id, ""), "units": line.units, "price": line.price} for line in held.lines],
    }
    return _json(body, status)


def _as_problems(view: Callable[..., Response]) -> Callable[..., Response]:
    @wraps(view)
    def answered(**places: str) -> Response:
        return _answered(request, lambda: view(**places))

    return answered


def _answered(asked_by: Request, view: Callable[[], Response]) -> Response:
    try:
        return view()
    except Refusal as refusal:
        return _problem(answer_to(refusal).status, refusal.kind, told(refusal, chosen(asked_by)))
    except HTTPException as error:
        problem = _problem(error.code or 500, (error.name or "problem").lower().replace(" ", "-"), error.name)
        problem.headers.update({name: value for name, value in error.get_headers() if name == "Retry-After"})
        return problem
    except Fault:
        problem = _problem(503, "unavailable", chosen(asked_by).text("It is our fault, not yours. Please try again in a moment."))
        problem.headers["Retry-After"] = "5"
        return problem


def _problem(status: int, kind: str, detail: str) -> Response:
    body = {"type": f"urn:dropbridge:problem:{kind}", "title": kind.replace("-", " ").capitalize(), "status": status, "detail": detail}
    return _json(body, status, "application/problem+json")


def _json(body: dict[str, Any], status: int, content_type: str = "application/json") -> Response:
    response = Response(json.dumps(body), status, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response
