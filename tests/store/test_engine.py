"""What goes wrong in the database is told without what was to be written."""

import errno
import sqlite3
from contextlib import closing, suppress

import pytest
from sqlalchemy.exc import IntegrityError

from bridge.core.errors import AlreadyExists, PermanentFault, TransientFault
from bridge.store import engine, spare
from bridge.store import tables as t
from bridge.store.engine import Database
from bridge.store.migrate import upgrade


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


def test_only_what_is_kept_for_minutes_is_not_waited_for_until_postgresql_has_it_on_its_disk(postgresql_url, clock):
    database = Database(postgresql_url, pool_size=1)
    asked = "SHOW synchronous_commit"
    with database.write() as connection:  # the server of the tests waits for no disk at all
        connection.exec_driver_sql("SET synchronous_commit = on")
    with database.write(durable=False) as connection:
        assert connection.exec_driver_sql(asked).scalar() == "off"
        connection.execute(t.sign_in_failures.insert().values(key="kept", at=clock()))
    with pytest.raises(AlreadyExists):
        keep_twice(database, clock)
    with database.write() as connection:
        assert connection.exec_driver_sql(asked).scalar() == "on"
        assert list(connection.execute(t.sign_in_failures.select()).scalars().all()) == [1]
    database.dispose()


def note(database, key, clock, **how):
    with database.write(**how) as connection:
        connection.execute(t.sign_in_failures.insert().values(key=key, at=clock()))


def test_what_is_written_is_on_the_disk_before_it_is_acknowledged_and_the_next_writer_does_not_wait_for_that(
    sqlite_url, clock, monkeypatch
):
    database, on_the_disk = Database(sqlite_url), []

    def taken(log):
        with database.write(durable=False) as other:
            on_the_disk.append(list(other.execute(t.sign_in_failures.select().with_only_columns(t.sign_in_failures.c.key)).scalars()))

    monkeypatch.setattr(engine, "_wait_for_disk", taken)
    note(database, "hold", clock, durable=False)
    assert on_the_disk == []
    note(database, "order", clock)
    assert on_the_disk == [["hold", "order"]]
    with database.write() as connection:
        connection.execute(t.sign_in_failures.select())
    with pytest.raises(AlreadyExists):
        keep_twice(database, clock)
    assert len(on_the_disk) == 1
    database.dispose()


def test_a_disk_that_takes_nothing_is_not_acknowledged(sqlite_url, clock, monkeypatch):
    def full(log):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(engine, "_wait_for_disk", full)
    database = Database(sqlite_url)
    with pytest.raises(TransientFault, match="disk"):
        note(database, "order", clock)
    database.dispose()


def test_a_log_that_was_brought_into_the_database_meanwhile_is_no_failure(sqlite_url, clock):
    database = Database(sqlite_url)
    note(database, "order", clock)
    database.dispose()
    database._to_disk()


def test_a_file_that_something_else_keeps_locked_is_an_outage(sqlite_url, clock, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_MILLISECONDS", 20)
    database = Database(sqlite_url)
    with closing(sqlite3.connect(database.url.database, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientFault, match="locked"):
            note(database, "order", clock)
    note(database, "order", clock)
    database.dispose()


def test_a_file_that_is_no_database_is_told_of_with_what_helps(tmp_path):
    (tmp_path / "junk.db").write_bytes(b"no database " * 400)
    database = Database(f"sqlite:///{tmp_path / 'junk.db'}")
    for ask in (database.read, database.glance, database.write):
        with pytest.raises(PermanentFault, match="dropbridge restore"), ask():
            pass
    database.dispose()


def test_a_folder_in_which_nothing_can_be_made_is_told_of_with_what_helps(tmp_path):
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path / 'file' / 'bridge.db'}")
    for attempt in (lambda: upgrade(database), lambda: database.turn().__enter__()):
        with pytest.raises(PermanentFault, match="writable for dropbridge"):
            attempt()
    database.dispose()


def ended(database):
    """Ends every other connection to the database, as a restart of the server does, and waits for that."""
    with database.read() as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        return connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}").all()


def test_who_comes_once_postgresql_is_back_does_not_hear_that_it_was_away(postgresql_url, clock):
    database, other = Database(postgresql_url), Database(postgresql_url, pool_size=1)
    database.make_ready(3)
    for _ in range(2):
        assert len(ended(other)) == 6
        for n in range(3):
            note(database, f"{n}", clock)
            with database.read() as first, database.glance() as second:
                assert first.execute(t.sign_in_failures.select()).all() == second.execute(t.sign_in_failures.select()).all()
        database.make_ready(3)
    database.dispose()
    other.dispose()


def test_one_connection_serves_one_after_the_other_and_never_two_at_a_time(database, clock):
    def process(connection):
        return id(connection.connection.driver_connection)

    with database.glance() as first, database.glance() as second:
        assert process(first) != process(second)
    with database.glance() as again:
        assert process(again) == process(first)
    with suppress(RuntimeError), database.write() as broken:
        broken.execute(t.told.insert(), {"name": "one", "value": "a", "at": clock()})
        raise RuntimeError
    with database.write() as connection:
        assert connection.execute(t.told.select()).all() == []
        connection.execute(t.told.insert(), {"name": "one", "value": "b", "at": clock()})
    with database.glance() as connection:
        assert len(connection.execute(t.told.select()).all()) == 1
    with database.glance() as connection:
        assert not connection.in_transaction()


def test_a_connection_that_nobody_used_for_long_is_not_used_again(database, monkeypatch):
    with database.glance() as connection:
        first = connection
    monkeypatch.setattr(spare, "KEPT_SECONDS", 0)
    with database.glance() as connection:
        assert connection is not first
    assert first.closed
