"""What is asked of the store about one customer, or to forget customers: mixed into ``Views`` and ``UnitOfWork`` of ``ports``.

A customer is known by ``email_key`` (``orders.email_key``), with one organizer or, for None, with all of them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from bridge.core.ports_outbox import Consequence


class Turn(NamedTuple):
    """A turn on a waiting list that is to be removed."""

    id: int
    slot_id: int


class PeopleViews(Protocol):
    """What is read of people."""

    def orders_of(self, email_key: str, organizer_id: int | None) -> list[int]:
        """The ids of a customer's orders, the oldest first."""

    def turns_of(self, email_key: str, organizer_id: int | None) -> list[Turn]:
        """A customer's turns on waiting lists, the oldest first."""

    def seen_by(self, email_key: str, organizer_id: int | None) -> dict[str, datetime]:
        """The names of organizers whose customer this is, and when they ordered there last."""

    def letters_about(self, order_ids: Sequence[int], waiting_ids: Sequence[int]) -> list[Consequence]:
        """Letters about these orders and turns that are remembered, the oldest first."""

    def orders_to_erase(self, ended_before: datetime, limit: int) -> list[int]:
        """Orders with a person's data on slots that ended before a moment."""

    def turns_to_erase(self, ended_before: datetime, limit: int) -> list[Turn]:
        """Turns on waiting lists of slots that ended before a moment."""


class PeopleWork(Protocol):
    """What is written to forget people, in one transaction."""

    def forget_customer(self, email_key: str, organizer_id: int | None) -> None:
        """Removes what tells that somebody is a customer. Comes before slots are locked."""

    def forget_customers(self, last_seen_before: datetime) -> None:
        """The same for everybody who ordered last before a moment."""

    def erase_persons(self, order_ids: Sequence[int]) -> None:
        """Empties name, e-mail, its key, address and note of orders."""

    def remove_turns(self, turns: Sequence[Turn]) -> None:
        """Removes turns on waiting lists, whose slots must be locked."""

    def remove_letters(self, order_ids: Sequence[int], waiting_ids: Sequence[int]) -> int:
        """Removes letters that were not delivered. Returns how many."""

    def prune_views(self, before: datetime) -> None:
        """Forgets the views of hours before a moment."""
