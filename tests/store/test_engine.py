"""What goes wrong in the database is told without what was to be written."""

import pytest
from sqlalchemy.exc import IntegrityError

from bridge.store import tables as t
from bridge.store.engine import Database


def test_a_failure_names_no_secret(database_url, clock):
    database = Database(database_url)
    values = {"slot_id": 1, "secret": "nobody-may-read-this", "places": 1, "expires_at": clock(), "created_at": clock()}
    with pytest.raises(IntegrityError) as failed, database.write() as connection:
        connection.execute(t.holds.insert().values(**values))
    assert "nobody-may-read-this" not in str(failed.value)
    database.dispose()
