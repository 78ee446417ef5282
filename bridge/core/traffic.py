"""Those who look at a slot: how their views are counted, and what they are told of others who booked."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from bridge.core.availability import State
from bridge.core.drops import Offer
from bridge.core.pricing import tiers
from bridge.core.terms import Terms

MINUTE = timedelta(minutes=1)


class View(NamedTuple):
    """What views are counted by: a slot, the hour (UTC) and the price shown. Nothing of who looked."""

    slot_id: int
    hour: datetime
    price: int


def hour_of(moment: datetime) -> datetime:
    """The hour that a moment falls into."""
    return moment.replace(minute=0, second=0, microsecond=0)


def price_shown(sold: Iterable[Offer], terms: Terms, now: datetime) -> int:
    """The price that a slot's page is seen with: what a unit costs now, of several goods the least, add-ons left out; 0 without goods."""
    goods = (offer for offer in sold if not offer.add_on)
    return min((tier.price for offer in goods for tier in tiers(offer, terms.product(offer.sku), 1, now)), default=0)


class Tally:
    """Views counted in memory by all threads of a process, until somebody writes them down."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._views: dict[View, int] = {}

    def add(self, view: View, times: int = 1) -> None:
        """Counts; waits for nothing but other counts."""
        with self._lock:
            self._views[view] = self._views.get(view, 0) + times

    def take(self) -> dict[View, int]:
        """What was counted since the last time; it is the caller's to write down, or to give back."""
        with self._lock:
            taken, self._views = self._views, {}
        return taken

    def give_back(self, taken: Mapping[View, int]) -> None:
        """What could not be written down."""
        for view, times in taken.items():
            self.add(view, times)


class Lately(NamedTuple):
    """The last ``minutes``, as a page says it: bookings after ``since`` are within them until ``until``, however late it is read."""

    minutes: int
    since: datetime
    until: datetime


def lately(terms: Terms, state: State, now: datetime) -> Lately | None:
    """What a page made at ``now`` counts bookings of; None when it says nothing of them.

    It is made anew each minute, and counts those alone that still are recent when that minute is over: never too many.
    """
    minutes = terms.activity // MINUTE
    if minutes < 2 or state not in ("open", "sold_out"):
        return None
    return Lately(minutes, now + MINUTE - minutes * MINUTE, now + MINUTE)


def is_told(people: int, terms: Terms) -> bool:
    """Whether so many people who booked are spoken of; what is said must say nothing about single ones."""
    return people >= max(1, terms.activity_floor)
