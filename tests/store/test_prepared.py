"""What is asked of the driver itself goes in and comes out as through SQLAlchemy, and fails as it would there."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Text, bindparam, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bridge.core.errors import AlreadyExists, TransientFault
from bridge.core.orders import Address
from bridge.store import prepared
from bridge.store import tables as t
from bridge.store.among import among
from bridge.store.engine import Database
from bridge.store.prepared import Prepared
from tests.house import event

_s, _f = t.slots.c, t.sign_in_failures.c
SLOTS = Prepared(select(t.slots).where(among(_s.public_id, kind=Text)))
NAMED = Prepared(select(_f.id, _f.at).where(_f.key != "none", _f.id > bindparam("least")).order_by(_f.id))
ADD = Prepared(insert(t.sign_in_failures).returning(_f.id), ("key", "at"))
RENAME = Prepared(update(t.sign_in_failures).where(_f.key == bindparam("asked")).values(key=bindparam("renamed")))
TELL = Prepared(insert(t.told), ("name", "value", "at"))


ASKED = Prepared(
    select(_f.key, t.raw(_f.at), _f.at.is_(None), _f.id).where(_f.key == bindparam("wanted"), _f.id > bindparam("least"))
)
WORDS = "Brötchen 🥐"


@pytest.fixture
def failed_in(database, clock):
    """A database in which somebody failed to sign in."""
    with database.write() as connection:
        connection.execute(insert(t.sign_in_failures).values(key=WORDS, at=clock()))
    return database


def test_rows_are_what_sqlalchemy_would_find(shop):
    shop.put(event(notes="Places: 8\nSells: LOAF @ 8.50\nPreorder: nonsense"))
    (slot,) = shop.slots()
    with shop.house.database.read() as connection:
        (row,) = SLOTS.all(connection, {"keys": [slot.public_id]})
        wanted = connection.execute(select(t.slots).where(_s.public_id == slot.public_id)).one()
    assert row == tuple(wanted)
    assert (row.starts_at, row.problems, row.cancelled) == (wanted.starts_at, wanted.problems, False)
    assert row.problems


def test_keys_counts_and_fixed_values_serve_both_databases(database, clock):
    with database.write() as connection:
        first = ADD.one(connection, {"key": "one", "at": clock()}).id
        second = ADD.one(connection, {"key": "two", "at": clock() + timedelta(seconds=1)}).id
        assert [row.id for row in NAMED.all(connection, {"least": 0})] == [first, second]
        assert NAMED.first(connection, {"least": first}) == (second, clock() + timedelta(seconds=1))
        assert NAMED.first(connection, {"least": second}) is None
        assert RENAME.run(connection, {"asked": "one", "renamed": "three"}) == 1
        assert RENAME.run(connection, {"asked": "one", "renamed": "three"}) == 0


def add_and_tell(database, clock):
    with database.write() as connection:
        ADD.one(connection, {"key": "one", "at": clock()})
        TELL.run(connection, {"name": "door", "value": "shut", "at": clock()})


def test_what_failed_is_undone_and_told_as_any_failure(database, clock):
    with database.write() as connection:
        TELL.run(connection, {"name": "door", "value": "open", "at": clock()})
    with pytest.raises(AlreadyExists):
        add_and_tell(database, clock)
    with database.read() as connection:
        assert NAMED.all(connection, {"least": 0}) == []


def test_an_order_keeps_its_address_and_its_lines(shop):
    shop.describe(pays_by=("at_pickup", "fake"))
    shop.put(event(notes="Places: 8\nSells: LOAF @ 8.50"))
    (slot,) = shop.slots()
    sent = Address("Lange Straße 1", "", "10115", "Berlin", "DE")
    secret = shop.order(shop.hold(slot.public_id, LOAF=2))
    order = shop.seen(secret).order
    assert (order.address, [(line.sku, line.units, line.price) for line in order.lines]) == (None, [("LOAF", 2, 850)])
    with shop.house.work() as work:
        there = work.order_for_change(order.id)
        assert work.save_order(replace(there, address=sent, fulfilment="shipping"), there.state)
    assert shop.seen(secret).order.address == sent


def ask(connection, wanted=WORDS, least=0):
    return ASKED.first(connection, {"wanted": wanted, "least": least})


def test_texts_numbers_and_truth_values_come_as_they_are_stored(failed_in, clock):
    for way in (failed_in.glance, failed_in.read, failed_in.write):
        with way() as connection:
            key, at, is_none, number = ask(connection)
            assert (key, at, bool(is_none)) == (WORDS, t.micro(clock()), False)
            assert ask(connection, least=number) is None
            assert ask(connection, wanted="Brot") is None


def test_it_is_found_again_after_whatever_ended_a_transaction(failed_in):
    for _ in range(7):
        with failed_in.glance() as connection:
            assert ask(connection) is not None
        with pytest.raises((DBAPIError, TransientFault)), failed_in.read() as connection:
            connection.exec_driver_sql("SELECT no_such_column FROM drops")
        with failed_in.read() as connection:
            assert ask(connection) is not None


def test_no_text_is_taken_for_ended_early(failed_in):
    with failed_in.glance() as connection:
        assert ask(connection) is not None
    for way in (failed_in.glance, failed_in.read):
        try:
            with way() as connection:
                assert ask(connection, wanted=WORDS + "\0more") is None
        except DBAPIError:
            assert not failed_in.is_sqlite


def test_what_the_server_has_forgotten_is_prepared_anew(failed_in):
    with failed_in.glance() as connection:
        assert ask(connection) is not None
        if not failed_in.is_sqlite:
            connection.exec_driver_sql("DEALLOCATE ALL")
        assert ask(connection) is not None
        assert ask(connection) is not None


def ask_when_cut(database, connection):
    number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    with database.write() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
    ask(connection)


def test_a_connection_that_was_cut_is_an_outage_once(postgresql_url):
    database = Database(postgresql_url)
    with pytest.raises(TransientFault), database.glance() as connection:
        ask_when_cut(database, connection)
    with database.glance() as connection:
        assert ask(connection) is None
    database.dispose()


def often(connection):
    """So often that psycopg prepares it as well: only then it drops all that is prepared when something is rolled back."""
    for _ in range(7):
        connection.exec_driver_sql("SELECT 1")


def test_a_transaction_goes_on_after_a_savepoint_was_taken_back(database, clock):
    for _ in range(3):
        with database.write() as connection:
            ADD.one(connection, {"key": "one", "at": clock()})
            often(connection)
            with pytest.raises(RuntimeError):
                taken_back(connection, clock)
            assert RENAME.run(connection, {"asked": "one", "renamed": "three"}) == 1
            ADD.one(connection, {"key": "four", "at": clock()})
    with database.read() as connection:
        assert len(NAMED.all(connection, {"least": 0})) == 6


def test_a_connection_goes_on_after_a_transaction_was_taken_back(database_url, clock):
    database = Database(database_url, pool_size=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            wholly_taken_back(database, clock)
        with database.write() as connection:
            ADD.one(connection, {"key": "one", "at": clock()})
    with database.read() as connection:
        assert len(NAMED.all(connection, {"least": 0})) == 3
    database.dispose()


def wholly_taken_back(database, clock):
    with database.write() as connection:
        ADD.one(connection, {"key": "two", "at": clock()})
        often(connection)
        raise RuntimeError


def taken_back(connection, clock):
    with connection.begin_nested():
        ADD.one(connection, {"key": "two", "at": clock()})
        raise RuntimeError


def test_a_statement_is_prepared_once_however_many_snapshots_are_read(postgresql_url):
    database = Database(postgresql_url, pool_size=1)
    made = []
    for _ in range(3):
        with database.read() as connection:
            ask(connection)
            made.append(connection.exec_driver_sql("SELECT name FROM pg_prepared_statements WHERE name LIKE 'dropbridge%%'").scalar())
    assert made[0] is not None
    assert set(made) == {made[0]}
    database.dispose()


def test_a_connection_that_was_made_ready_has_nothing_left_to_prepare(database_url):
    database = Database(database_url, pool_size=2)
    database.make_ready(2)
    database.make_ready(2)
    pools = (database.reader.pool, database.writer.pool)
    assert [pool.checkedin() + pool.checkedout() for pool in pools] == [2, 2]
    with database.write() as connection:
        if not database.is_sqlite:
            assert connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar() == len(prepared._known)
        assert ask(connection) is None
    database.dispose()


def test_a_database_that_is_gone_is_an_outage_when_it_is_made_ready(postgresql_url):
    database = Database(postgresql_url.replace("127.0.0.1", "127.0.0.2"))
    with pytest.raises(TransientFault):
        database.make_ready(1)
    database.dispose()


def test_several_questions_are_answered_in_turn(database, clock):
    named = Prepared(select(_f.key).where(_f.id > bindparam("least")).order_by(_f.id.desc()))
    for transaction in (database.read, database.write):
        with database.write() as connection:
            for name in ("one", "two"):
                ADD.one(connection, {"key": name, "at": clock()})
        with transaction() as connection:
            for _ in range(2):
                first, second, third = prepared.in_turn(connection, {"least": 0, "wanted": "one"}, NAMED, named, ASKED)
                assert (len(first), second[0].key, third[0].key) == (len(second), "two", "one")
                assert ask(connection, wanted="two") is not None


def test_a_question_whose_answer_nobody_wants_holds_nothing_up(database, clock):
    for _ in range(2):
        with database.write() as connection:
            next(prepared.in_turn(connection, {"least": 0, "wanted": "one"}, NAMED, ASKED))
            ADD.one(connection, {"key": "one", "at": clock()})
        with pytest.raises(RuntimeError):
            asked_in_vain(database)
    with database.read() as connection:
        assert len(NAMED.all(connection, {"least": 0})) == 2


def asked_in_vain(database):
    with database.write() as connection:
        next(prepared.in_turn(connection, {"least": 0, "wanted": "one"}, NAMED, ASKED))
        raise RuntimeError


def test_a_question_that_fails_is_told_and_the_connection_goes_on(postgresql_url):
    database = Database(postgresql_url, pool_size=1)
    broken = Prepared(select(text("1 / (SELECT count(*) FROM sign_in_failures)")))
    for _ in range(2):
        with pytest.raises(DBAPIError), database.write() as connection:
            list(prepared.in_turn(connection, {"least": 0, "wanted": "one"}, broken, ASKED))
        with database.write() as connection:
            assert ask(connection) is None
    database.dispose()


def test_what_is_asked_at_once_is_carried_out_in_its_order(database, clock):
    for _ in range(2):
        with database.write() as connection:
            RENAME.later(connection, {"asked": "two", "renamed": "old"})
            added, renamed, missed, found = prepared.at_once(
                connection,
                [
                    (ADD, {"key": "one", "at": clock()}),
                    (RENAME, {"asked": "one", "renamed": "two"}),
                    (RENAME, {"asked": "one", "renamed": "three"}),
                    (ASKED, {"wanted": "two", "least": 0}),
                ],
            )
            assert (renamed.touched, missed.touched) == (1, 0)
            assert [(row.key, row.id) for row in found.rows] == [("two", added.rows[0].id)]
    for way in (database.glance, database.read):
        with way() as connection:
            one, all_of_them = prepared.at_once(connection, [(ASKED, {"wanted": "two", "least": 0}), (NAMED, {"least": 0})])
            assert (len(one.rows), len(all_of_them.rows)) == (1, 2)


def test_of_what_is_asked_at_once_nothing_is_left_when_one_fails(database, clock):
    add = (TELL, {"name": "one", "value": "a", "at": clock()})
    for _ in range(2):
        with pytest.raises(AlreadyExists), database.write() as connection:
            prepared.at_once(connection, [add, add, (NAMED, {"least": 0})])
        with database.write() as connection:
            assert prepared.at_once(connection, [(NAMED, {"least": 0})])[0].rows == []
    with database.write() as connection:
        assert connection.execute(select(t.told)).all() == []


def test_what_the_server_has_forgotten_is_prepared_anew_also_where_several_are_asked(failed_in):
    questions = [(ASKED, {"wanted": WORDS, "least": 0}), (NAMED, {"least": 0})]
    with failed_in.glance() as connection:
        for _ in range(2):
            assert [len(found.rows) for found in prepared.at_once(connection, questions)] == [1, 1]
            if not failed_in.is_sqlite:
                connection.exec_driver_sql("DEALLOCATE ALL")


def test_a_transaction_in_which_nothing_was_asked_ends_like_any_other(database, clock):
    for durable in (True, False):
        with database.write(durable=durable):
            pass
        with pytest.raises(RuntimeError), database.write(durable=durable):
            raise RuntimeError
        with database.write(durable=durable) as connection:
            ADD.later(connection, {"key": f"{durable}", "at": clock()})
    with database.read() as connection:
        assert len(NAMED.all(connection, {"least": 0})) == 2
