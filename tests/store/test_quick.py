"""One row asked of the driver itself is the row that SQLAlchemy would find, and fails as it would."""

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from bridge.core.errors import TransientFault
from bridge.store import tables as t
from bridge.store.engine import Database
from bridge.store.quick import Quick

_d = t.sign_in_failures.c
_FOUND = select(_d.key, t.raw(_d.at), _d.at.is_(None), _d.id)
ASKED = Quick("asked", _FOUND.where(_d.key == bindparam("wanted"), _d.id > bindparam("least")))
WORDS = "Brötchen 🥐"


@pytest.fixture
def database(database_url, clock):
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(t.sign_in_failures.insert().values(key=WORDS, at=clock()))
    yield database
    database.dispose()


def ask(connection, wanted=WORDS, least=0):
    return ASKED.first(connection, wanted=wanted, least=least)


def test_texts_numbers_and_truth_values_come_as_they_are_stored(database, clock):
    for way in (database.glance, database.read, database.write):
        with way() as connection:
            key, at, is_none, number = ask(connection)
            assert (key, at, bool(is_none)) == (WORDS, t.micro(clock()), False)
            assert ask(connection, least=number) is None
            assert ask(connection, wanted="Brot") is None


def test_it_is_found_again_after_whatever_ended_a_transaction(database):
    for _ in range(7):
        with database.glance() as connection:
            assert ask(connection) is not None
        with pytest.raises((DBAPIError, TransientFault)), database.read() as connection:
            connection.exec_driver_sql("SELECT no_such_column FROM drops")
        with database.read() as connection:
            assert ask(connection) is not None


def test_no_text_is_taken_for_ended_early(database):
    with database.glance() as connection:
        assert ask(connection) is not None
    for way in (database.glance, database.read):
        try:
            with way() as connection:
                assert ask(connection, wanted=WORDS + "\0more") is None
        except DBAPIError:
            assert not database.is_sqlite


def test_what_the_server_has_forgotten_is_prepared_anew(database):
    with database.glance() as connection:
        assert ask(connection) is not None
        if not database.is_sqlite:
            connection.exec_driver_sql("DEALLOCATE ALL")
        assert ask(connection) is not None
        assert ask(connection) is not None


def test_a_connection_that_was_cut_is_an_outage_once(postgresql_url):
    database = Database(postgresql_url)
    with database.glance() as connection:
        ask(connection)
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    with database.write() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
    with pytest.raises(TransientFault), database.glance() as connection:
        ask(connection)
    with database.glance() as connection:
        assert ask(connection) is None
    database.dispose()
