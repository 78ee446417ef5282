"""The fixtures themselves: both databases are there, empty and apart."""

import socket

import pytest
from sqlalchemy import inspect

from bridge.store.engine import Database
from bridge.store.migrate import is_current


def test_each_test_gets_a_migrated_database_of_its_own(database_url):
    database = Database(database_url)
    with database.write() as connection:
        assert "drops" in inspect(connection).get_table_names()
    assert is_current(database)
    database.dispose()


def test_a_new_database_has_no_tables(unmigrated_url):
    database = Database(unmigrated_url)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    database.dispose()


def test_nothing_beyond_this_machine_can_be_reached():
    with pytest.raises(RuntimeError, match="tried to reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
