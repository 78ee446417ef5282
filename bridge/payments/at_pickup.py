"""Paying where the goods are handed over: no money moves here."""

from collections.abc import Mapping
from datetime import datetime

from bridge.core.errors import NotPermitted, PermanentFault
from bridge.core.sockets import Asked, PaymentNews, RefundNews, Started


class AtPickup:
    """Fills ``Payments``. Nothing is asked for, nothing comes in, and nothing can be given back by it."""

    def check(self) -> str:
        """That there is nothing to reach."""
        return "Customers pay when they pick up."

    def start(self, asked: Asked, key: str) -> Started:
        """The customer goes straight on."""
        return Started(reference="", url=asked.done_url)

    def look(self, reference: str) -> PaymentNews:
        """Money is never seen."""
        return PaymentNews(reference, "ended")

    def end(self, reference: str, key: str) -> PaymentNews:
        """There is nothing to end."""
        return PaymentNews(reference, "ended")

    def refund(self, settled: str, amount: int, currency: str, key: str) -> RefundNews:
        """Raises ``PermanentFault``."""
        raise PermanentFault("This order is paid at pickup: give the money back by hand.")

    def look_at_refund(self, reference: str) -> RefundNews:
        """Raises ``PermanentFault``."""
        raise PermanentFault("This order is paid at pickup: give the money back by hand.")

    def parse(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[PaymentNews | RefundNews]:
        """Nobody sends news of it. Raises ``NotPermitted``."""
        raise NotPermitted("Payments at pickup send no webhooks.")
