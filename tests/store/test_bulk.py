"""Many rows in one statement say what so many statements would."""

from sqlalchemy import select

from bridge.store import tables as t
from bridge.store.bulk import Bulk
from tests.house import event

ROWS = Bulk(t.heartbeats)
MOMENTS = Bulk(t.heartbeats, "at")
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
