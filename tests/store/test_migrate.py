"""From the first migration to this release, with data in it; and the tables are what the migrations make."""

import json
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, insert, inspect, select, text

from bridge.settings import Settings
from bridge.store import migrate
from bridge.store import tables as t
from bridge.store.audit import differences
from bridge.store.engine import Database
from bridge.wiring import bridge
from tests.fakes import Clock


def test_the_migrations_make_just_the_tables_that_the_code_knows(database_url):
    database = Database(database_url)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), t.metadata) == []
    database.dispose()


def test_the_guards_are_in_the_database_too(database_url):
    database = Database(database_url)
    with database.read() as connection:
        found = {
            check["name"] for table in ("slots", "offers", "stock_items") for check in inspect(connection).get_check_constraints(table)
        }
    assert found == {"ck_slots_claimed_fits", "ck_offers_claimed_fits", "ck_stock_items_promised_fits"}
    database.dispose()


def as_the_first_release_left_it(url):
    """A database with a drop, a slot, an order and a hold, all of it written by the first release."""
    database = Database(url)
    assert migrate.upgrade(database, "0001") == ("", "0001")
    rows = json.loads(Path(__file__).with_name("first_release.json").read_text(encoding="utf-8"))
    with database.writer.begin() as connection:
        found = MetaData()
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name in rows:
                connection.execute(insert(table), rows[table.name])
                if not database.is_sqlite and "id" in table.c:
                    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"))
    return database


def test_an_upgrade_from_the_first_release_keeps_what_is_there(unmigrated_url):
    database = as_the_first_release_left_it(unmigrated_url)
    migrate.upgrade(database)
    assert migrate.is_current(database)
    database.dispose()
    house = bridge(Settings().replace(database={"url": unmigrated_url}), now=Clock())
    with house.read() as views:
        drop = views.drop("ada", "bread")
        (slot,) = views.public_slots(drop.id)
        text_of_event = views.resource(drop.id, "a.ics", "organizer").text
    assert (slot.availability.places_left, slot.availability.offers[0].left) == (21, 7)
    assert "Sells: LOAF x20 @ 6.50" in text_of_event.replace("\\", "")
    with house.database.read() as connection:
        assert list(differences(connection)) == []
    house.database.dispose()


def test_an_upgrade_again_changes_nothing(database_url):
    database = Database(database_url)
    assert migrate.upgrade(database) == (migrate.head(), migrate.head())
    database.dispose()


def test_moments_come_back_to_the_microsecond(database_url, clock):
    database = Database(database_url)
    moment = clock().replace(microsecond=123456)
    with database.write() as connection:
        connection.execute(t.heartbeats.insert().values(name="x", at=moment))
    with database.read() as connection:
        assert connection.execute(select(t.heartbeats.c.at)).scalar() == moment
    database.dispose()
