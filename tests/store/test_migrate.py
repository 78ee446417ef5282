"""From the first migration to this release, with data in it; and the tables are what the migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select

from bridge.store import migrate
from bridge.store import tables as t
from bridge.store.engine import Database
from tests.fakes import Clock
from tests.house import bakery, event


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


def test_an_upgrade_from_the_first_migration_keeps_what_is_there(unmigrated_url):
    database = Database(unmigrated_url)
    assert migrate.upgrade(database, "0001") == ("", "0001")
    database.dispose()
    with bakery(unmigrated_url, Clock()) as shop:
        shop.put(event(notes="Places: 24\nSells: LOAF"))
        shop.count("LOAF", 10)
        shop.publish()
        before = shop.resource()
        migrate.upgrade(shop.house.database)
        assert migrate.is_current(shop.house.database)
        assert shop.resource() == before
        assert shop.slots()[0].availability.left == 10


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
