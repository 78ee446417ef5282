"""What became of a drop, put together from what is written down of it."""

from datetime import datetime

from bridge.core.drops import Drop
from bridge.core.errors import InvalidInput
from bridge.core.ports import Views
from bridge.core.report import Report, report


def report_on(views: Views, drop: Drop, now: datetime, since: datetime | None = None, until: datetime | None = None) -> Report:
    """The figures of a drop. What happened counts from ``since`` until before ``until``; what is sold is as it is at ``now``.

    Raises ``InvalidInput`` when ``since`` is not before ``until``.
    """
    if since is not None and until is not None and since >= until:
        raise InvalidInput("A report ends after it begins: let --until be later than --since.")
    return report(views.slots_reported(drop.id), views.counted(drop.id, since, until), views.products_sold(drop.id, now))
