"""What a report needs of whoever keeps slots and journal: mixed into ``Views`` of ``ports``."""

from datetime import datetime
from typing import Protocol

from bridge.core.report import Counted, SlotFacts, Sold


class ReportViews(Protocol):
    """What is read for reports, of one drop alone."""

    def counted(self, drop_id: int, since: datetime | None, until: datetime | None) -> list[Counted]:
        """What happened from ``since`` until before ``until``, by slot and price; hours of views that begin within them."""

    def slots_reported(self, drop_id: int) -> list[SlotFacts]:
        """Every slot there ever was of a drop, as it is now."""

    def products_sold(self, drop_id: int, now: datetime) -> list[Sold]:
        """What slots that were not called off have given away of each SKU, of their allotments together, else of what was counted."""
