"""What is asked every day is answered from an index, however many orders there are."""

from sqlalchemy import event as events

from bridge.store.people import PeopleViews
from tests.house import bakery, event


def plan_of(house, ask):
    """How the database answers what ``ask`` asks. PostgreSQL reads a table that is nearly empty as a whole, unless it is told not to."""
    asked = []
    with house.database.read() as db:
        postgresql = db.dialect.name == "postgresql"
        if postgresql:
            db.exec_driver_sql("SET LOCAL enable_seqscan = off")

        def note(_db, _cursor, statement, parameters, *_more):
            asked.append((statement, parameters))

        events.listen(db, "before_cursor_execute", note)
        ask(db)
        events.remove(db, "before_cursor_execute", note)
        explain = "EXPLAIN " if postgresql else "EXPLAIN QUERY PLAN "
        rows = [row for statement, parameters in asked for row in db.exec_driver_sql(explain + statement, parameters)]
    return "\n".join(str(row[-1]) for row in rows)


def test_orders_whose_person_is_to_be_forgotten_are_found_among_those_that_have_one(database_url, clock):
    with bakery(database_url, clock) as shop:
        shop.put(event())
        shop.buy(shop.slots()[0].public_id, 1)
        assert "ix_orders_of_persons" in plan_of(shop.house, lambda db: PeopleViews(db).orders_to_erase(clock(), 500))
