"""Many rows in one statement say what so many statements would."""

import time
from threading import Thread

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bridge.store import tables as t
from bridge.store.bulk import Bulk
from bridge.store.engine import Database
from tests.house import event

ROWS = Bulk(t.heartbeats)
MOMENTS = Bulk(t.heartbeats, "at")
TEXTS = Bulk(t.public_texts)
HARD = ["", "a", 'quo"te', "back\\slash", "{a,b}", "NULL", "Brötchen\r\n🥐", "x" * 64]


def kept(database):
    with database.read() as connection:
        return {name: t.micro(at) for name, at in connection.execute(select(t.heartbeats))}


def test_rows_are_added_and_changed_with_whatever_texts_there_are(database):
    for number in (1, 2**40):
        with database.write() as connection:
            ROWS.run(connection, [{"name": name, "at": number + place} for place, name in enumerate(HARD)])
        assert kept(database) == {name: number + place for place, name in enumerate(HARD)}


def test_only_the_rows_and_columns_that_are_named_change(database):
    with database.write() as connection:
        ROWS.run(connection, [{"name": name, "at": 1} for name in "abc"])
        MOMENTS.run(connection, [{"name": "a", "at": 2}, {"name": "c", "at": 3}, {"name": "nobody", "at": 4}])
        MOMENTS.run(connection, [])
    assert kept(database) == {"a": 2, "b": 1, "c": 3}


def test_a_column_may_be_emptied_in_all_rows_or_some(database):
    titles = Bulk(t.organizers, "title", "email")
    with database.write() as connection:
        people = [{"id": number, "name": str(number), "title": "T", "email": "", "created_at": t.EPOCH} for number in (1, 2)]
        connection.execute(t.organizers.insert(), people)
        titles.run(connection, [{"id": 1, "title": "", "email": "a"}, {"id": 2, "title": "", "email": "b"}])
        found = connection.execute(select(t.organizers.c.title, t.organizers.c.email).order_by(t.organizers.c.id))
        assert [tuple(row) for row in found] == [("", "a"), ("", "b")]


def test_a_moment_may_be_taken_away_in_all_rows_or_some(shop):
    dues = Bulk(t.public_renderings, "due_at")
    for name in "ab":
        shop.put(event(name, "Places: 3"), f"{name}.ics")
    seen = select(t.public_renderings.c.slot_id, t.raw(t.public_renderings.c.due_at)).order_by(t.public_renderings.c.slot_id)
    with shop.house.database.write() as connection:
        first, second = (row[0] for row in connection.execute(seen).all())
        for wanted in ({first: None, second: None}, {first: 2**40, second: None}):
            dues.run(connection, [{"slot_id": key, "due_at": due} for key, due in wanted.items()])
            assert {row[0]: row[1] for row in connection.execute(seen)} == wanted


def told_of_nobody(database):
    with database.write() as connection:
        ROWS.run(connection, [{"name": "a", "at": 1}])
        TEXTS.run(connection, [{"slot_id": 4711, "template": "", "text": ""}])
        ROWS.run(connection, [{"name": "b", "at": 1}])


def test_what_the_database_refuses_is_told_and_undone_whole(database):
    for _ in range(2):
        with pytest.raises(IntegrityError):
            told_of_nobody(database)
        assert kept(database) == {}
    with database.write() as connection:
        ROWS.run(connection, [{"name": "c", "at": 1}])
    assert kept(database) == {"c": 1}


def test_what_is_asked_next_sees_what_was_written(database):
    with database.write() as connection:
        for number in range(3):
            ROWS.run(connection, [{"name": name, "at": number} for name in HARD])
        assert {t.micro(at) for (at,) in connection.execute(select(t.heartbeats.c.at))} == {2}


def test_whoever_waits_for_a_row_keeps_nobody_else_from_going_on(postgresql_url):
    database = Database(postgresql_url)
    with database.write() as connection:
        ROWS.run(connection, [{"name": "a", "at": 1}])

    def change():
        with database.write() as connection:
            MOMENTS.run(connection, [{"name": "a", "at": 3}])

    waiting = Thread(target=change)
    with database.write() as connection:
        MOMENTS.run(connection, [{"name": "a", "at": 2}])
        connection.execute(select(t.heartbeats.c.at))
        waiting.start()
        with database.glance() as other:
            while waiting.is_alive() and not other.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar():
                time.sleep(0.001)
    waiting.join()
    assert kept(database) == {"a": 3}
    database.dispose()
