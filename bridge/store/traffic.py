"""Views of slots, counted by the hour."""

from collections.abc import Mapping

from sqlalchemy import Connection as Db

from bridge.core.traffic import View
from bridge.store import tables_shop as shop
from bridge.store.dialect import insert_into


class Traffic:
    """The views of one transaction."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add_views(self, counted: Mapping[View, int]) -> None:
        """Adds to what was counted before, by whichever process."""
        statement = insert_into(self._db, shop.seen)
        statement = statement.on_conflict_do_update(
            index_elements=["slot_id", "hour", "price"], set_={"views": shop.seen.c.views + statement.excluded.views}
        )
        # In one order everywhere: two processes that add to the same hours would else wait for each other for ever.
        rows = [{"slot_id": view.slot_id, "hour": view.hour, "price": view.price, "views": n} for view, n in sorted(counted.items())]
        if rows:
            self._db.execute(statement, rows)
