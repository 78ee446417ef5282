"""What a drop sells is described, and every slot follows; what is sold already stays true."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.drops import OfferDraft
from bridge.core.errors import CapacityBelowClaimed, DropHasOrders, InvalidInput, SlotHasOrders
from bridge.core.ports_shop import Picture, PictureFile
from bridge.core.terms import EarlyPrice, Product, Question, ShippingOption, Terms
from bridge.flows.audit import drop_differences
from bridge.flows.drops import create_drop, describe_drop
from bridge.flows.edit import extend_horizon, put_event
from tests.house import event

LOAF = Product("LOAF", "Country loaf", "Baked on Friday.", 850, 7000, limit=4, pictures=("a" * 64,))
MUG = Product("MUG", "Mug", price=1800, tax_rate=19000, add_on=True)
TERMS = Terms(
    products=(LOAF, MUG),
    offers=(OfferDraft("LOAF", 20), OfferDraft("MUG")),
    story="Bread from the wood oven.",
    pictures=("b" * 64, "a" * 64),
    questions=(Question("Is it vegan?", "Yes."),),
    shipping=(ShippingOption("post", "By post", 490, 19000, ("DE", "AT"), takes_places=True),),
    pays_by=("stripe", "at_pickup"),
    tax_included=False,
    hold=timedelta(minutes=10),
    cancel_until=None,
    waiting_list=False,
    seller="Ada's Bakery\n1 Mill Lane",
)


def describe(shop, terms, **changes):
    with shop.house.work() as work:
        describe_drop(work, shop.drop, shop.house.house, now=shop.clock(), actor="ada", terms=terms, **changes)


def terms_of(shop):
    with shop.house.read() as views:
        return views.terms(shop.drop.id)


def offers(shop):
    return {offer.sku: offer for offer in shop.slots()[0].availability.offers}


def agrees(shop):
    shop.publish()
    with shop.house.work() as work:
        return list(drop_differences(work, shop.drop, shop.house.house, shop.clock())) == []


def test_a_drop_that_nobody_described_has_the_defaults(shop):
    assert terms_of(shop) == Terms()


def test_terms_come_back_as_they_were_described_and_again_they_change_nothing(shop):
    early = replace(LOAF, early=EarlyPrice(700, datetime(2026, 12, 4, 17, tzinfo=UTC), 12), places_per_unit=2)
    terms = replace(TERMS, products=(MUG, early))
    describe(shop, terms)
    assert terms_of(shop) == terms
    before = shop.revision
    describe(shop, terms)
    assert shop.revision == before
    describe(shop, replace(terms, products=(early,), story=""))
    assert terms_of(shop) == replace(terms, products=(early,), story="")
    assert shop.revision == before + 1


def test_a_slot_without_a_sells_line_sells_what_the_drop_does(shop):
    shop.put(event())
    describe(shop, TERMS)
    assert [(o.sku, o.name, o.left, o.price, o.add_on) for o in offers(shop).values()] == [
        ("LOAF", "Country loaf", 20, 850, False),
        ("MUG", "Mug", None, 1800, True),
    ]
    assert "Country loaf 20 left" in shop.text()
    assert "Country loaf" in shop.feed()
    describe(shop, Terms())
    assert offers(shop) == {}
    assert agrees(shop)


def test_the_slots_own_line_comes_before_the_product(shop):
    describe(shop, TERMS)
    shop.put(event(notes="Places: 24\nSells: LOAF @ 9.00, BUN @ 2"))
    assert [(o.sku, o.name, o.price, o.left) for o in offers(shop).values()] == [
        ("LOAF", "Country loaf", 900, 24),
        ("BUN", "BUN", 200, 24),
    ]


def test_an_event_put_again_after_a_change_of_terms_is_no_edit(shop):
    describe(shop, TERMS)
    shop.put(event())
    before = shop.revision
    shop.put(shop.resource().text)
    with shop.house.work() as work:
        extend_horizon(work, shop.drop.id, "a.ics", shop.house.house, shop.clock())
    assert shop.revision == before


def test_a_new_price_reaches_every_slot_that_has_none_of_its_own(shop):
    describe(shop, TERMS)
    shop.put(event("a", "Places: 24\nSells: LOAF"), "a.ics")
    shop.put(event("b", "Places: 24\nSells: LOAF @ 9.00"), "b.ics")
    before = shop.revision
    describe(shop, replace(TERMS, products=(replace(LOAF, price=875), MUG)))
    assert [slot.availability.offers[0].price for slot in shop.slots()] == [875, 900]
    assert shop.revision == before + 1
    assert agrees(shop)


def test_a_product_is_called_by_its_name_everywhere_and_by_the_tills_without_one(shop):
    shop.put(event(notes="Places: 24\nSells: LOAF"))
    shop.count("LOAF", 7)
    describe(shop, TERMS)
    shop.publish()
    assert "Country loaf 7 left" in shop.text()
    assert "LOAF" not in shop.feed()
    describe(shop, replace(TERMS, products=(replace(LOAF, name="Farmhouse loaf"), MUG)))
    shop.publish()
    assert "Farmhouse loaf 7 left" in shop.text()
    describe(shop, replace(TERMS, products=(replace(LOAF, name=""), MUG)))
    shop.publish()
    assert "LOAF 7 left" in shop.text()
    assert agrees(shop)


def test_another_drop_keeps_its_own_names_for_the_same_stock(shop):
    describe(shop, TERMS)
    with shop.house.work() as work:
        cake = create_drop(work, work.views.organizer("ada"), "cake", now=shop.clock(), actor="ada")
        put_event(work, cake, "a.ics", event(notes="Places: 5\nSells: LOAF"), shop.house.house, now=shop.clock(), actor="ada")
    with shop.house.read() as views:
        assert views.public_slots(cake.id)[0].availability.offers[0].name == "LOAF"


def test_a_unit_takes_the_places_its_product_says(shop):
    describe(shop, replace(TERMS, products=(replace(LOAF, places_per_unit=3), MUG)))
    shop.put(event())
    assert offers(shop)["LOAF"].left == 8
    shop.hold(shop.slots()[0].public_id, LOAF=2, MUG=1)
    shop.publish()
    assert shop.slots()[0].availability.places_left == 18


def test_places_of_what_is_sold_cannot_change_and_nothing_is_half_done(shop):
    describe(shop, TERMS)
    shop.put(event())
    shop.hold(shop.slots()[0].public_id, LOAF=2)
    shop.publish()
    before = shop.revision
    with pytest.raises(SlotHasOrders, match="another SKU"):
        describe(shop, replace(TERMS, products=(replace(LOAF, places_per_unit=2), MUG)), title="Renamed")
    with pytest.raises(SlotHasOrders, match="go on selling"):
        describe(shop, replace(TERMS, offers=(OfferDraft("MUG"),)))
    with pytest.raises(CapacityBelowClaimed):
        describe(shop, replace(TERMS, offers=(OfferDraft("LOAF", 1),)))
    assert terms_of(shop) == TERMS
    assert shop.revision == before
    describe(shop, replace(TERMS, products=(replace(LOAF, price=1), MUG)))
    assert offers(shop)["LOAF"].price == 1


def test_a_sells_line_takes_skus_of_64_characters_and_says_so_of_longer_ones(shop):
    shop.put(event(notes="Places: 24\nSells: " + "L" * 64))
    assert list(offers(shop)) == ["L" * 64]
    shop.put(event(notes="Places: 24\nSells: " + "L" * 65))
    assert "is not an offer" in shop.text()


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (Terms(hold=timedelta(minutes=2)), "3 to 60 minutes"),
        (Terms(products=(LOAF, LOAF)), "two of the product"),
        (Terms(products=(replace(LOAF, price=-1),)), "price of “Country loaf”"),
        (Terms(products=(replace(LOAF, tax_rate=100_001),)), "tax rate"),
        (Terms(products=(replace(LOAF, early=EarlyPrice(1)),)), "needs an end"),
        (Terms(products=(replace(LOAF, sku="L" * 65),)), "64 characters"),
        (Terms(pays_by=()), "way to pay"),
        (Terms(has_pickup=False), "allow pickup"),
        (Terms(has_pickup=False, shipping=TERMS.shipping, pays_by=("at_pickup",)), "name a way to pay ahead"),
    ],
)
def test_terms_that_cannot_be_are_refused_with_a_sentence(shop, terms, told):
    with pytest.raises(InvalidInput, match=told):
        describe(shop, terms)
    assert terms_of(shop) == Terms()


def test_prices_do_not_become_another_currencys_by_a_change_of_the_drop_alone(shop):
    describe(shop, TERMS)
    with shop.house.work() as work, pytest.raises(InvalidInput, match="in EUR"):
        describe_drop(work, shop.drop, shop.house.house, now=shop.clock(), actor="ada", currency="JPY")
    describe(shop, TERMS, currency="JPY")


@pytest.mark.parametrize("still_there", [True, False])
def test_a_drop_that_was_ordered_from_keeps_its_currency(shop, still_there):
    describe(shop, TERMS)
    shop.put(event(notes="Places: 24"))
    shop.publish()
    order = shop.buy(shop.slots()[0].public_id, units={"LOAF": 1}).secret
    if not still_there:
        shop.cancel(order, by="organizer")
    for terms in (TERMS, Terms()):
        with pytest.raises(DropHasOrders, match="ordered in EUR"):
            describe(shop, terms, currency="JPY")
    with shop.house.read() as views:
        assert views.drop("ada", "bread").currency == "EUR"
    assert terms_of(shop) == TERMS
    describe(shop, TERMS, title="Brot")


def test_a_picture_is_kept_once_and_found_by_its_digest(shop, clock):
    picture = Picture("c" * 64, 640, 480, "#a0b0c0", (("webp", (320, 640)), ("jpg", (640,))))
    files = [PictureFile(320, "webp", b"small"), PictureFile(640, "webp", b"large"), PictureFile(640, "jpg", b"old")]
    for _ in range(2):
        with shop.house.work() as work:
            work.add_picture(shop.drop.organizer_id, picture, files, clock())
    with shop.house.read() as views:
        assert views.pictures(["c" * 64, "d" * 64]) == {"c" * 64: picture}
        assert views.pictures([]) == {}
        assert views.picture_file("c" * 64, 640, "webp") == b"large"
        assert views.picture_file("c" * 64, 320, "jpg") is None
        assert views.has_picture(shop.drop.organizer_id, "c" * 64)
        assert not views.has_picture(views.organizer("dee").id, "c" * 64)
