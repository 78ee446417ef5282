"""What goes wrong in the database is told without what was to be written."""

import pytest
from sqlalchemy.exc import IntegrityError

from bridge.core.errors import AlreadyExists
from bridge.store import tables as t
from bridge.store.engine import Database


def test_a_failure_names_no_secret(database_url, clock):
    database = Database(database_url)
    values = {"slot_id": 1, "secret": "nobody-may-read-this", "places": 1, "expires_at": clock(), "created_at": clock()}
    with pytest.raises(IntegrityError) as failed, database.write() as connection:
        connection.execute(t.holds.insert().values(**values))
    assert "nobody-may-read-this" not in str(failed.value)
    database.dispose()


def keep_twice(database, clock):
    with database.write(durable=False) as connection:
        connection.execute(t.sign_in_failures.insert().values(key="lost", at=clock()))
        connection.execute(t.told.insert(), [{"name": "door", "value": "", "at": clock()}] * 2)


def test_only_what_is_kept_for_minutes_is_not_waited_for_until_it_is_on_the_disk(database_url, clock):
    database = Database(database_url, pool_size=1)
    asked = "PRAGMA synchronous" if database.is_sqlite else "SHOW synchronous_commit"
    hasty, careful = (1, 2) if database.is_sqlite else ("off", "on")
    with database.write() as connection:
        if not database.is_sqlite:  # the server of the tests waits for no disk at all
            connection.exec_driver_sql("SET synchronous_commit = on")
    with database.write(durable=False) as connection:
        assert connection.exec_driver_sql(asked).scalar() == hasty
        connection.execute(t.sign_in_failures.insert().values(key="kept", at=clock()))
    with pytest.raises(AlreadyExists):
        keep_twice(database, clock)
    with database.write() as connection:
        assert connection.exec_driver_sql(asked).scalar() == careful
        assert list(connection.execute(t.sign_in_failures.select()).scalars().all()) == [1]
    database.dispose()
