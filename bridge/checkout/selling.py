"""What the pages of ordering ask of the house, and a slot's page shown again with what was typed."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from flask import Response, request
from werkzeug.exceptions import Gone

from bridge.checkout.language import chosen
from bridge.checkout.order_form import Asked
from bridge.checkout.printing import printed
from bridge.checkout.reading import Reading
from bridge.checkout.slot_page import page_values, slot_seen
from bridge.core.availability import availability
from bridge.core.ports import UnitOfWork, Views
from bridge.core.sockets import Payments
from bridge.flows.house import House


class Selling(Reading, Protocol):
    """The half of the house that sells."""

    @property
    def house(self) -> House: ...
    @property
    def visitor_key(self) -> str: ...
    def work(self, *, durable: bool = True) -> AbstractContextManager[UnitOfWork]:
        """One transaction; what is kept for some minutes need not outlive a power failure."""

    def payments(self, name: str) -> Payments:
        """The payment socket of this name. Raises ``InvalidInput``."""


def slot_again(bridge: Selling, public_id: str, asked: Asked, status: int = 200) -> Response:
    """The slot's page as it is at this moment, for one visitor alone. Raises ``NotFound``, ``Gone``."""
    now = bridge.now()
    with bridge.read() as views:
        seen, stored = slot_seen(views, public_id, now), views.slot_now(public_id)
    if seen.slot.removed or stored is None:
        raise Gone
    words = chosen(request, seen.drop.language).at(now)
    seen = seen._replace(slot=replace(seen.slot, availability=availability(*stored, now)))
    page = printed("slot.html", words, status=status, **page_values(bridge, seen, words, now, asked))
    page.headers["X-Robots-Tag"] = "noindex"
    return page


def is_sold_out(views: Views, public_id: str, now: datetime) -> bool:
    """Whether nothing at all is left, seen without waiting for anybody."""
    stored = views.slot_now(public_id)
    return stored is not None and availability(*stored, now).state == "sold_out"


def kept_for(bridge: Selling) -> timedelta:
    """For how long places are kept where nobody described the drop."""
    return timedelta(minutes=bridge.settings.checkout.hold_minutes)
