"""A customer may ask what is known of them, and to be forgotten; the books stay as they were."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.core.errors import NotFound, NotPossible
from bridge.core.orders import Address
from bridge.core.terms import Product, ShippingOption
from bridge.flows.audit import drop_differences
from bridge.flows.people import erase, erase_old, known_of
from bridge.flows.waiting import join_waiting
from bridge.site import site
from bridge.store import tables as t
from bridge.store import tables_shop as shop_tables
from bridge.store.audit import differences
from bridge.store.tables import metadata
from tests.house import event

CLEO = {"email": "Cleo.Quill@gmail.com", "name": "Cleo Quill", "note": "Ring at Quill"}
ADDRESS = Address("Quillstr. 5", "10115", "Berlin", "DE", "c/o Quill")


@pytest.fixture
def shop(shop):
    """Two slots of three places."""
    shop.describe(
        products=(Product("LOAF", "Loaf", price=450, tax_rate=7000),),
        pays_by=("fake", "at_pickup"),
        shipping=(ShippingOption("dhl", "DHL", 500, takes_places=True),),
    )
    for name, start in (("a", "20261205T090000Z"), ("b", "20261212T090000Z")):
        shop.put(event(name, "Places: 3\nSells: LOAF", start=start), f"{name}.ics")
    shop.publish()
    return shop


def join(shop, slot, **who):
    with shop.house.work() as work:
        told = {"email": CLEO["email"], "name": CLEO["name"]} | who
        return join_waiting(work, shop.slots()[slot].public_id, {"LOAF": 1}, **told, language="en", now=shop.clock())


def everywhere(shop):
    """Cleo orders, pays for a parcel, waits on two lists, and writes her address in three ways. Dan orders as well."""
    first, second = (slot.public_id for slot in shop.slots())
    kept = shop.buy(first, units={"LOAF": 1}, **CLEO).secret
    parcel = shop.buy(
        first,
        units={"LOAF": 1},
        method="fake",
        fulfilment="shipping",
        shipping="dhl",
        address=ADDRESS,
        **CLEO | {"email": "cleoquill+x@gmail.com"},
    ).secret
    shop.provider.pay(shop.start_payment(parcel))
    shop.hear()
    shop.buy(first, units={"LOAF": 1}, email="dan@example.org", name="Dan")
    shop.buy(second, units={"LOAF": 3}, email="dan@example.org", name="Dan")
    shop.publish()
    join(shop, 0)
    join(shop, 1, email="cleo.quill@googlemail.com")
    join(shop, 1, email="eve@example.org", name="Eve")
    return kept, parcel


def contents(shop):
    """Every value of every row there is."""
    with shop.house.database.read() as db:
        return " ".join(str(row) for table in metadata.sorted_tables for row in db.execute(select(table))).lower()


def known(shop, email="cleo.quill@gmail.com", organizer="ada"):
    with shop.house.read() as views:
        return known_of(views, email, views.organizer(organizer) if organizer else None)


def forget(shop, email="cleo.quill@gmail.com", organizer=None, **how):
    with shop.house.read() as views:
        owner = views.organizer(organizer) if organizer else None
    return erase(shop.house.work, email, owner, shop.clock(), **how)


def assert_sound(shop):
    """As ``dropbridge doctor`` looks."""
    shop.publish()
    with shop.house.database.read() as db:
        assert list(differences(db)) == []
    with shop.house.work() as work:
        assert list(drop_differences(work, shop.drop, shop.house.house, shop.clock())) == []


def test_all_that_is_known_of_a_mailbox_is_told_however_it_was_written_and_nothing_of_others(shop):
    everywhere(shop)
    told = known(shop, "CLEO.quill+other@googlemail.com")
    assert [(seen.order.name, seen.order.state) for seen in told.orders] == [("Cleo Quill", "placed"), ("Cleo Quill", "paid")]
    assert told.orders[1].order.address == ADDRESS
    assert [payment.amount for payment in told.orders[1].money.payments] == [950]
    assert len(told.turns) == 2
    assert {letter.payload["kind"] for letter in told.letters} == {"confirmed", "payment_needed", "waiting_joined"}
    assert len(told.letters) == 5


def test_an_organizer_is_told_what_is_hers_alone(shop):
    everywhere(shop)
    with pytest.raises(NotFound):
        known(shop, organizer="dee")
    with pytest.raises(NotFound):
        forget(shop, organizer="dee", force=True)
    assert "quill" in contents(shop)


def test_who_was_forgotten_is_nowhere_in_the_database_and_others_still_are(shop):
    everywhere(shop)
    shop.clock.turn(days=20)
    done = forget(shop)
    assert (done.orders, done.turns, done.letters) == (2, 2, 5)
    left = contents(shop)
    assert "quill" not in left
    assert "dan@example.org" in left
    assert "eve@example.org" in left
    with pytest.raises(NotFound):
        known(shop, organizer=None)


def test_the_books_are_as_they_were(shop):
    orders = everywhere(shop)
    shop.clock.turn(days=20)
    before = [shop.seen(order) for order in orders]
    forget(shop)
    for was, order in zip(before, orders, strict=True):
        now = shop.seen(order)
        assert (now.order.number, now.order.state, now.order.lines, now.order.total) == (
            was.order.number,
            was.order.state,
            was.order.lines,
            was.order.total,
        )
        assert now.money == was.money
        assert now.order.totals == was.order.totals
        assert (now.order.name, now.order.email, now.order.address, now.order.note) == ("", "", None, "")
    assert_sound(shop)


def test_nobody_is_forgotten_while_an_order_is_to_be_handed_over(shop):
    kept, parcel = everywhere(shop)
    before = contents(shop)
    with pytest.raises(NotPossible, match=shop.seen(kept).order.number):
        forget(shop)
    assert contents(shop) == before
    shop.cancel(kept)
    shop.cancel(parcel)
    with pytest.raises(NotPossible, match="still to be given back"):
        forget(shop)
    shop.deliver()
    shop.hear()
    forget(shop)
    assert "quill" not in contents(shop)


def test_by_force_the_order_stands_under_its_number_alone_and_gets_no_letters(shop):
    kept, _ = everywhere(shop)
    forget(shop, force=True)
    order = shop.seen(kept).order
    assert (order.state, order.name, bool(order.number)) == ("placed", "", True)
    assert "quill" not in contents(shop)
    assert site(shop.house).test_client().get(f"/orders/{kept}").status_code == 200


def test_what_was_kept_for_a_turn_that_is_forgotten_goes_to_the_next(shop):
    second = shop.slots()[1].public_id
    dans = shop.buy(second, units={"LOAF": 3}, email="dan@example.org", name="Dan").secret
    shop.publish()
    join(shop, 1)
    eves = join(shop, 1, email="eve@example.org", name="Eve")
    shop.cancel(dans)
    shop.buy(second, units={"LOAF": 1}, email="dan@example.org", name="Dan")
    shop.publish()
    forget(shop)
    shop.publish()
    with shop.house.read() as views:
        assert views.waiting_seen(eves.secret).waiting.state == "offered"
    assert_sound(shop)


def test_persons_are_forgotten_when_their_time_after_the_slot_is_over(shop):
    kept, _ = everywhere(shop)
    ends = shop.slots()[0].ends_at
    assert erase_old(shop.house.work, ends) == 0
    assert erase_old(shop.house.work, ends + timedelta(seconds=1)) == 3
    assert shop.seen(kept).order.name == ""
    left = contents(shop)
    assert "cleo quill" in left
    assert "eve@example.org" in left
    assert erase_old(shop.house.work, ends + timedelta(days=30)) == 1
    assert not [word for word in ("quill", "dan@", "eve@") if word in contents(shop)]
    assert_sound(shop)


def test_every_column_that_names_a_person_is_known_to_the_erasing(shop):
    """A new column for names or addresses has to be thought of here, in the flow and in docs/privacy.md."""
    personal = ("email", "name", "address", "note", "phone")
    found = {
        f"{table.name}.{column.name}"
        for table in (t.orders, t.holds, t.order_lines, t.outbox, t.journal, *shop_tables.metadata.sorted_tables)
        if table.name in {"orders", "holds", "waiting", "customers", "payments", "refunds", "outbox", "journal", "seen"}
        for column in table.columns
        if any(word in column.name for word in personal)
    }
    assert found == {
        "orders.email",
        "orders.email_key",
        "orders.name",
        "orders.address",
        "orders.note",
        "waiting.email",
        "waiting.email_key",
        "waiting.name",
        "customers.email_key",
    }
