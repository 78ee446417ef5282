"""A real Tryton, and what its people do to it."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.errors import InvalidInput, PermanentFault, TransientFault
from bridge.core.stock import Movement
from bridge.stock_sync.tryton import WHOLE_EVERY, Tryton
from tests.stock_sync.tryton.counter import Counter
from tests.stock_sync.tryton.server import TrytonServer

pytestmark = pytest.mark.xdist_group("tryton")


class Watch:
    """A till that is polled: ``watch()`` is what was told this time, ``watch.known`` all that is known."""

    def __init__(self, till):
        self.till, self.cursor, self.known, self.later = till, "", {}, timedelta()

    def __call__(self, **later):
        self.later += timedelta(**later)
        polled = self.till.counts(self.cursor, datetime.now(UTC) + self.later)
        self.cursor = polled.cursor
        told = {count.sku: count.quantity for count in polled.counts}
        self.known |= told
        self.names = getattr(self, "names", {}) | {count.sku: count.name for count in polled.counts}
        return told


@pytest.fixture
def till(tryton_server):
    return Tryton(tryton_server.config)


@pytest.fixture
def watch(till):
    watch = Watch(till)
    watch()
    watch()
    return watch


def test_salable_goods_with_a_code_are_told_and_nothing_else(till):
    told = Watch(till)()
    assert {"DROP-SAT", "LOAF", "BUN", "FLOUR", "TOTE"} <= set(told)
    assert "SLICE" not in told
    assert "" not in told
    assert told["TOTE"] == 0


def test_weighed_goods_are_rounded_down_to_whole_units(till):
    assert Watch(till)()["FLOUR"] == 2


def test_check_counts_the_products_and_says_what_is_left_out(till):
    assert "Storage Zone" in till.check()
    assert "1 without a code" in till.check()


def test_what_is_paid_is_sold_before_it_is_posted_and_not_again_when_it_is(watch, counter):
    before = watch.known["LOAF"]
    sale = counter.pay("LOAF", 2)
    assert watch() == {"LOAF": before - 2}
    assert watch() == {}
    counter.press(sale, "post")
    assert watch() == {"LOAF": before - 2}


def test_a_sale_that_is_still_being_rung_up_or_was_given_up_is_none(watch, counter):
    sale = counter.open("BUN", 3)
    assert watch() == {}
    counter.ask("PUT", f"sale.point.sale/{sale}", "id", body={"payments": [["delete", [payment_of(counter, sale)]]]})
    counter.press(sale, "cancel")
    assert watch() == {}


def payment_of(counter, sale):
    return counter.id_of("sale.point.payment", ["sale", "=", sale])


def test_a_paid_sale_that_is_opened_again_gives_its_goods_back(watch, counter):
    before = watch.known["BUN"]
    sale = counter.pay("BUN", 3)
    assert watch() == {"BUN": before - 3}
    counter.press(sale, "open")
    assert watch() == {"BUN": before}


def test_what_is_brought_back_counts_when_it_is_posted(watch, counter):
    before = watch.known["BUN"]
    sale = counter.pay("BUN", -2)
    assert watch() == {}
    counter.press(sale, "post")
    assert watch() == {"BUN": before + 2}


def test_goods_sold_by_the_dozen_are_counted_in_units(watch, counter):
    unit = counter.find("product.uom", ["name", "=", "Unit"], fields=["category"])[0]
    body = {"name": "Dozen", "symbol": "dz", "category": unit["category"], "factor": 12.0, "rate": 0.083333333333}
    dozen = counter.ask("POST", "product.uom", "id", body=body)["id"]
    counter.change("LOAF", sale_uom=dozen)
    before = watch.known["LOAF"]
    sale = counter.pay("LOAF", 1)
    assert watch() == {"LOAF": before - 12}
    counter.press(sale, "post")
    assert watch() == {"LOAF": before - 12}
    counter.change("LOAF", sale_uom=unit["id"])


def test_more_sold_than_there_was_is_told_as_it_is(watch, counter):
    counter.count_shelves("TOTE", 1)
    watch()
    counter.sell("TOTE", 3)
    assert watch() == {"TOTE": -2}


def test_an_inventory_is_told(watch, counter):
    counter.count_shelves("TOTE", 8)
    watch()
    counter.count_shelves("TOTE", 9)
    assert watch() == {"TOTE": 9}


def test_an_order_of_ours_holds_its_goods_before_and_after_they_are_picked(watch, counter, till):
    before = watch.known["BUN"]
    till.adjust(Movement("BUN", -3, datetime.now(UTC), "o1"), "order-picked")
    assert watch() == {"BUN": before - 3}
    shipment = counter.orders("order-picked")[0]["shipments"][0]["id"]
    for step in ("assign_force", "pick"):
        counter.ask("POST", f"stock.shipment.out/{shipment}/{step}", "state", body={})
    watch()
    assert watch.known["BUN"] == before - 3


def test_an_order_of_ours_is_finished_when_it_was_left_half_done(watch, counter, till, monkeypatch):
    def fail(*_args):
        raise TransientFault("The line went dead.")

    before = watch.known["BUN"]
    till._rest  # noqa: B018 # made before its buttons are taken away
    with monkeypatch.context() as broken:
        broken.setattr(till._rest, "press", fail)
        with pytest.raises(TransientFault):
            till.adjust(Movement("BUN", -1, datetime.now(UTC), "o2"), "order-half")
    assert [order["state"] for order in counter.orders("order-half")] == ["draft"]
    till.adjust(Movement("BUN", -1, datetime.now(UTC), "o2"), "order-half")
    assert [order["state"] for order in counter.orders("order-half")] == ["processing"]
    assert watch() == {"BUN": before - 1}


def test_a_sale_posted_while_we_read_is_never_too_many(watch, counter, till, monkeypatch):
    before = watch.known["BUN"]
    sale = counter.pay("BUN", 2)
    read = till._products

    def posted_first(place, ids):
        counter.press(sale, "post")
        return read(place, ids)

    with monkeypatch.context() as race:
        race.setattr(till, "_products", posted_first)
        assert watch() == {"BUN": before - 4}
    assert watch() == {"BUN": before - 2}


def test_an_empty_poll_is_two_requests(watch, till, monkeypatch):
    asked = []
    answer = till._rest._answer
    monkeypatch.setattr(till._rest, "_answer", lambda *request: asked.append(request) or answer(*request))
    assert watch() == {}
    assert len(asked) == 2


def test_a_new_name_is_told_within_five_minutes(watch, counter):
    counter.change("TOTE", name="Canvas tote")
    assert watch() == {}
    assert "TOTE" in watch(seconds=WHOLE_EVERY.total_seconds() + 1)
    assert watch.names["TOTE"] == "Canvas tote"


@pytest.mark.parametrize(("change", "back"), [({"salable": False}, {"salable": True}), ({"code": "TOTE-2"}, {"code": "TOTE"})])
def test_a_product_that_is_no_longer_sold_under_its_code_has_none_left(watch, counter, change, back):
    counter.count_shelves("TOTE", 7)
    watch()
    assert watch.known["TOTE"] == 7
    template = counter.template("TOTE")
    counter.ask("PUT", f"product.template/{template}", "id", body=change)
    told = watch(seconds=WHOLE_EVERY.total_seconds() + 1)
    assert told == ({"TOTE": 0, "TOTE-2": 7} if "code" in change else {"TOTE": 0})
    counter.ask("PUT", f"product.template/{template}", "id", body=back)
    assert watch(seconds=WHOLE_EVERY.total_seconds() + 1)["TOTE"] == 7


def test_codes_may_be_mapped_to_skus(tryton_server, counter):
    till = Tryton(tryton_server.config | {"skus": {"FLOUR": "MEHL"}})
    watch = Watch(till)
    told = watch()
    assert told["MEHL"] == 2
    assert "FLOUR" not in told
    till.adjust(Movement("MEHL", -1, datetime.now(UTC), "m"), "order-mapped")
    assert counter.orders("order-mapped")[0]["lines"][0]["quantity"] == 1.0
    watch()
    assert watch.known["MEHL"] == 1


def test_a_user_of_two_groups_may_be_asked_and_of_three_may_book(tryton_server, counter):
    reader = Tryton(tryton_server.config | {"key": counter.hire("reader", "Stock", "POS")})
    assert "5 products" in reader.check()
    with pytest.raises(PermanentFault, match="Sales"):
        reader.adjust(Movement("BUN", -1, datetime.now(UTC), "m"), "order-reader")
    Tryton(tryton_server.config | {"key": counter.hire("booker", "Stock", "POS", "Sales")}).adjust(
        Movement("BUN", -1, datetime.now(UTC), "m"), "order-booker"
    )
    assert [order["state"] for order in counter.orders("order-booker")] == ["processing"]
    with pytest.raises(PermanentFault, match="groups Stock and POS"):
        Tryton(tryton_server.config | {"key": counter.hire("stranger")}).check()


def test_the_key_may_be_kept_in_a_file(tryton_server, tmp_path):
    (tmp_path / "key").write_text(tryton_server.key + "\n")
    config = {name: value for name, value in tryton_server.config.items() if name != "key"}
    assert Tryton(config | {"key_file": str(tmp_path / "key")}).check()
    with pytest.raises(PermanentFault, match="key file"):
        Tryton(config | {"key_file": str(tmp_path / "none")}).check()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key": "0" * 128}, "does not accept the key"),
        ({"key": "not\na key"}, "single line"),
        ({"database": "nowhere"}, "no database"),
        ({"company": 99}, "1 \\(Dunder Mifflin\\)"),
        ({"location": "CELLAR"}, "no location with the code"),
    ],
)
def test_what_is_set_wrong_is_said_with_what_to_do(tryton_server, wrong, said):
    for ask in (Tryton.check, lambda till: till.counts("", datetime.now(UTC))):
        with pytest.raises(PermanentFault, match=said):
            ask(Tryton(tryton_server.config | wrong))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "needs url and database"),
        ({"url": "http://till", "database": "shop"}, "key"),
        ({"url": "http://till", "database": "shop", "key": "k", "key_file": "f"}, "either"),
        ({"url": "till:8000", "database": "shop", "key": "k"}, "https://"),
        ({"url": "http://till", "database": "shop", "key": "k", "company": "Ada's"}, "number"),
        ({"url": "http://till", "database": "shop", "key": "k", "skus": "LOAF"}, "skus"),
        ({"url": "http://till", "database": "shop", "key": "k", "pasword": "x"}, "pasword"),
    ],
)
def test_a_config_that_cannot_be_used_is_refused(config, said):
    with pytest.raises(InvalidInput, match=said):
        Tryton(config)


def test_a_till_that_was_down_is_caught_up_with_and_a_product_put_away_has_none_left(tmp_path):
    server = TrytonServer(tmp_path)
    try:
        watch = Watch(Tryton(server.config))
        watch()
        server.stop()
        with pytest.raises(TransientFault, match="cannot be reached"):
            watch()
        server.start()
        Counter(server).sell("LOAF", 5)
        watch()
        assert watch.known["LOAF"] == 7
        Counter(server).change("LOAF", active=False)
        assert watch(seconds=WHOLE_EVERY.total_seconds() + 1)["LOAF"] == 0
    finally:
        server.stop()
