"""The driver's errors as SQLAlchemy tells them, where the driver was asked without it."""

from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy.exc import DBAPIError


def told(db: Db, error: Any) -> Exception:
    """The driver's error as SQLAlchemy tells it. After a restart of the database all connections that it cut are let go of."""
    lost = db.dialect.is_disconnect(error, db.connection.driver_connection, None)
    if lost:
        db.invalidate(error)
        db.engine.dispose()
    base = db.dialect.loaded_dbapi.Error
    made: Exception = DBAPIError.instance(None, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=db.dialect)
    return made
