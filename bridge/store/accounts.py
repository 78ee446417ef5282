"""Organizers, their sign-ins and tokens, locations and tills."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import delete, insert, select, update

from bridge.core.accounts import ApiToken, AppPassword, Organizer, Role
from bridge.core.tills import Connection, Location
from bridge.store import rows
from bridge.store import tables as t


class Accounts:
    """Who may sign in, and with what."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def _insert(self, table: Any, **values: Any) -> int:
        key = self._db.execute(insert(table).values(**values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def add_organizer(self, name: str, title: str, now: datetime) -> Organizer:
        return Organizer(self._insert(t.organizers, name=name, title=title, created_at=now), name, title)

    def save_organizer(self, organizer: Organizer) -> None:
        """Stores its title and e-mail address."""
        values = {"title": organizer.title, "email": organizer.email}
        self._db.execute(update(t.organizers).where(t.organizers.c.id == organizer.id).values(**values))

    def lock_organizers(self) -> None:
        if self._db.dialect.name == "postgresql":
            self._db.exec_driver_sql("LOCK TABLE organizers IN SHARE ROW EXCLUSIVE MODE")

    def add_app_password(self, organizer_id: int, label: str, role: Role, hash: str, now: datetime) -> AppPassword:
        key = self._insert(t.app_passwords, organizer_id=organizer_id, label=label, role=role, hash=hash, created_at=now)
        return AppPassword(key, organizer_id, label, role, hash, now)

    def revoke_app_password(self, password_id: int, now: datetime) -> None:
        c = t.app_passwords.c
        self._db.execute(update(t.app_passwords).where(c.id == password_id, c.revoked_at.is_(None)).values(revoked_at=now))

    def touch_app_password(self, password_id: int, now: datetime) -> None:
        self._db.execute(update(t.app_passwords).where(t.app_passwords.c.id == password_id).values(last_used_at=now))

    def add_sign_in_failure(self, key: str, now: datetime) -> None:
        self._insert(t.sign_in_failures, key=key, at=now)

    def clear_sign_in_failures(self, key: str) -> None:
        self._db.execute(delete(t.sign_in_failures).where(t.sign_in_failures.c.key == key))

    def add_api_token(self, organizer_id: int, label: str, scopes: Iterable[str], digest: str, now: datetime) -> ApiToken:
        names = frozenset(scopes)
        key = self._insert(
            t.api_tokens, organizer_id=organizer_id, label=label, scopes=" ".join(sorted(names)), digest=digest, created_at=now
        )
        name = self._db.execute(select(t.organizers.c.name).where(t.organizers.c.id == organizer_id)).scalar_one()
        return ApiToken(key, organizer_id, name, label, names, now)

    def revoke_api_token(self, token_id: int, now: datetime) -> None:
        c = t.api_tokens.c
        self._db.execute(update(t.api_tokens).where(c.id == token_id, c.revoked_at.is_(None)).values(revoked_at=now))

    def touch_api_token(self, token_id: int, now: datetime) -> None:
        self._db.execute(update(t.api_tokens).where(t.api_tokens.c.id == token_id).values(last_used_at=now))

    def add_location(self, organizer_id: int, name: str) -> Location:
        return self.location(self._insert(t.locations, organizer_id=organizer_id, name=name))

    def location(self, location_id: int) -> Location:
        return rows.location(self._db.execute(rows.LOCATION.where(t.locations.c.id == location_id)).one())

    def add_connection(self, connection: Connection) -> Connection:
        key = self._insert(t.connections, organizer_id=connection.organizer_id, **rows.connection_values(connection))
        return rows.connection(self._db.execute(rows.CONNECTION.where(t.connections.c.id == key)).one())

    def save_connection(self, connection: Connection) -> None:
        self._db.execute(
            update(t.connections).where(t.connections.c.id == connection.id).values(**rows.connection_values(connection))
        )

    def save_poll(self, connection: Connection) -> bool:
        values = rows.connection_values(connection)
        polled = {name: values[name] for name in ("cursor", "due_at", "failures", "problem", "last_ok_at", "skew")}
        return self._db.execute(update(t.connections).where(t.connections.c.id == connection.id).values(**polled)).rowcount == 1

    def claim_connection(self, connection_id: int, due_at: datetime | None, next_due_at: datetime) -> bool:
        c = t.connections.c
        due = c.due_at.is_(None) if due_at is None else c.due_at == due_at
        return self._db.execute(update(t.connections).where(c.id == connection_id, due).values(due_at=next_due_at)).rowcount == 1

    def remove_connection(self, connection_id: int) -> None:
        i = t.stock_items.c
        freed = {"connection_id": None, "version": i.version + 1}
        self._db.execute(update(t.stock_items).where(i.connection_id == connection_id).values(**freed))
        self._db.execute(delete(t.connections).where(t.connections.c.id == connection_id))
