"""Who may sign in, tills and what they count, and how the house is doing."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from bridge.core.accounts import ApiToken, AppPassword
from bridge.core.stock import StockItem
from bridge.core.tills import Connection as Till
from bridge.core.tills import Location
from bridge.store import rows
from bridge.store import tables as t
from bridge.store.prepared import Prepared

_s = t.slots.c
_LIVE_PASSWORD = Prepared(
    select(t.app_passwords.c.id).where(t.app_passwords.c.id == bindparam("key"), t.app_passwords.c.revoked_at.is_(None))
)
_TOKEN = rows.TOKEN.where(t.api_tokens.c.digest == bindparam("asked"), t.api_tokens.c.revoked_at.is_(None))


class HouseViews:
    """Reads accounts, stock and the house's own figures."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def app_passwords(self, organizer: str) -> list[AppPassword]:
        c = t.app_passwords.c
        query = select(t.app_passwords).join(t.organizers).where(t.organizers.c.name == organizer)
        query = query.order_by(c.revoked_at.is_not(None), c.id.desc())
        return [rows.app_password(row) for row in self._db.execute(query)]

    def app_password_is_live(self, password_id: int) -> bool:
        return _LIVE_PASSWORD.first(self._db, {"key": password_id}) is not None

    def sign_in_failures(self, key: str, since: datetime) -> int:
        c = t.sign_in_failures.c
        return int(_one(self._db, select(func.count()).where(c.key == key, c.at > since))[0])

    def api_token(self, digest: str) -> ApiToken | None:
        row = self._db.execute(_TOKEN, {"asked": digest}).first()
        return rows.api_token(row) if row else None

    def api_tokens(self, organizer: str) -> list[ApiToken]:
        query = rows.TOKEN.where(t.organizers.c.name == organizer).order_by(t.api_tokens.c.id)
        return [rows.api_token(row) for row in self._db.execute(query)]

    def location(self, organizer: str, name: str) -> Location | None:
        row = _one(self._db, rows.LOCATION.where(t.organizers.c.name == organizer, t.locations.c.name == name))
        return rows.location(row) if row else None

    def stock_item(self, location_id: int, sku: str) -> StockItem | None:
        row = _one(self._db, rows.ITEM.where(t.stock_items.c.location_id == location_id, t.stock_items.c.sku == sku))
        return rows.item(row) if row else None

    def stock_items(self, organizer: str | None = None) -> list[tuple[Location, StockItem]]:
        query = rows.LOCATION if organizer is None else rows.LOCATION.where(t.organizers.c.name == organizer)
        places = {row.id: rows.location(row) for row in self._db.execute(query)}
        found = self._db.execute(rows.ITEM.order_by(t.stock_items.c.location_id, t.stock_items.c.sku))
        return [(places[row.location_id], rows.item(row)) for row in found if row.location_id in places]

    def connections(self, organizer: str | None = None) -> list[Till]:
        query = rows.CONNECTION.order_by(t.connections.c.id)
        if organizer is not None:
            query = query.where(t.organizers.c.name == organizer)
        return [rows.connection(row) for row in self._db.execute(query)]

    def told(self, name: str) -> str:
        row = _one(self._db, select(t.told.c.value).where(t.told.c.name == name))
        return str(row.value) if row else ""

    def heartbeats(self) -> dict[str, datetime]:
        return {row.name: row.at for row in self._db.execute(select(t.heartbeats))}

    def figures(self, now: datetime) -> dict[str, tuple[float, str]]:
        o, i = t.outbox.c, t.stock_items.c
        waiting = select(func.count()).where(o.done_at.is_(None))
        queries = {
            "drops": (select(func.count()).select_from(t.drops).where(t.drops.c.removed_at.is_(None)), "Drops there are."),
            "slots_to_publish": (select(func.count()).where(_s.version != _s.published), "Slots not yet shown as they are."),
            "items_to_publish": (select(func.count()).where(i.version != i.published), "Stock items not yet shown as they are."),
            "holds": (select(func.count()).select_from(t.holds).where(t.holds.c.expires_at > now), "Holds that have not expired."),
            "outbox_waiting": (waiting.where(o.due_at.is_not(None)), "Consequences that are yet to happen."),
            "outbox_given_up": (waiting.where(o.due_at.is_(None)), "Consequences given up, with a reason."),
            "items_oversold": (
                select(func.count()).where(i.promised > 0, i.counted + i.moved < i.promised),
                "Stock items of which more is promised than the till says there is.",
            ),
        }
        return {name: (float(_one(self._db, query)[0]), help_) for name, (query, help_) in queries.items()}


def _one(db: Connection, query: Select[Any]) -> Any:
    return db.execute(query).first()
