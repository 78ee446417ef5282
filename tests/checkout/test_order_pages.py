"""The page of an order, and what its customer does there."""

import html
import re

import icalendar
import pytest

from bridge.core.drops import OfferDraft
from bridge.core.terms import EarlyPrice, Product, ShippingOption
from bridge.flows.drops import change_organizer
from bridge.flows.orders import expire_orders
from bridge.letters import Facts, From, letter
from tests.checkout.conftest import LOAF
from tests.checkout.test_ordering import said
from tests.house import event


def order_of(shop, slot, **fields):
    secret = shop.ordered(slot, **fields)
    return secret, f"/orders/{secret}"


@pytest.mark.parametrize("secret", ["nobody", "x", "a" * 32, "a%00b", "a" * 300, "..", "%F0%9F%8D%9E"])
@pytest.mark.parametrize("page", ["", "/receipt", "/change", "/move", "/cancel"])
def test_a_link_that_opens_nothing_tells_nothing(shop, secret, page):
    answer = shop.client.get(f"/orders/{secret}{page}")
    assert answer.status_code == 404
    assert "There is nothing here" in said(answer)


def test_a_page_behind_a_link_is_for_whoever_has_it_alone(shop):
    _, page = order_of(shop, shop.open(), places=1)
    for path in (page, f"{page}/receipt", f"{page}/change", f"{page}/move", f"{page}/cancel"):
        answer = shop.client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Disallow: /orders/" in shop.get("/robots.txt")


def test_the_last_goods_move_with_their_order(shop):
    shop.sell()
    shop.count("LOAF", 2)
    slot, other = shop.open("Places: 5"), shop.open("Places: 2", "b", start="20261206T090000Z")
    secret, page = order_of(shop, slot, units__LOAF=2)
    assert not re.search(rf'value="{other}"[^>]*disabled', shop.get(f"{page}/move"))
    shop.post(f"{page}/move", 303, to=other)
    assert shop.seen(secret).slot.public_id == other


def test_the_receipt_has_seller_lines_and_tax_by_rate(shop):
    shop.sell(seller="Ada's Bakery\n1 Mill Lane", tax_id="DE123")
    _, page = order_of(shop, shop.open(), units__LOAF=2, units__MUG=1)
    words = said(shop.client.get(f"{page}/receipt"))
    assert "1 Mill Lane Tax number: DE123" in words
    assert "Country loaf 2 €8.50 €17.00" in words
    assert "19% tax on €15.13 €2.87 7% tax on €15.89 €1.11" in words
    assert "Total €35.00" in words
    assert "Order placed Wed 2 Dec 10:00, payment at pickup." in words


def test_the_quantity_is_changed_and_what_is_refused_is_said_with_what_was_typed(shop):
    slot = shop.open("Places: 5\nLimit: 4")
    secret, page = order_of(shop, slot, places=2)
    shop.post(f"{page}/change", 303, places=4)
    assert shop.free(slot) == 1
    answer = shop.post(f"{page}/change", 409, places=5)
    assert "At most 4 per customer" in said(answer)
    assert 'value="5"' in answer.get_data(as_text=True)
    answer = shop.post(f"{page}/change", 422, places="many")
    assert "Write how many as a whole number." in said(answer)
    assert shop.seen(secret).order.places == 4


@pytest.mark.parametrize(
    ("notes", "sentence"),
    [
        ("Places: 5", "Beyond what you have, 3 more places can be had."),
        ("Places: 3", "Beyond what you have, 1 more place can be had."),
        ("Places: 2", "Beyond what you have, no more places can be had."),
        ("Places: 20\nSells: LOAF x6", "Beyond what you have, 4 more of Country loaf can be had."),
        ("Places: 20\nSells: LOAF x2", "Beyond what you have, no more of Country loaf can be had."),
        ("Places: 20\nSells: LOAF", "Beyond what you have, 7 more of Country loaf can be had."),
    ],
)
def test_who_asks_for_more_than_there_is_reads_how_much_more_there_is(shop, notes, sentence):
    if "LOAF" in notes:
        shop.sell()
        shop.count("LOAF", 9)
    slot, chosen = shop.open(notes), "units__LOAF" if "LOAF" in notes else "places"
    _, page = order_of(shop, slot, **{chosen: 2})
    answer = shop.post(f"{page}/change", 409, **{chosen: 12})
    assert sentence in said(answer)
    assert "Fewer than" not in said(answer)


def test_an_order_moves_to_a_date_that_has_enough_and_to_no_other(shop):
    slot = shop.open("Places: 5")
    small = shop.open("Places: 1", "b", start="20261206T090000Z")
    large = shop.open("Places: 9", "c", start="20261207T090000Z")
    secret, page = order_of(shop, slot, places=2)
    listed = shop.get(f"{page}/move")
    assert "Monday 7 December 2026 10:00 – 10:30" in said(shop.client.get(f"{page}/move"))
    assert re.search(rf'value="{small}"[^>]*disabled', listed)
    assert not re.search(rf'value="{large}"[^>]*disabled', listed)
    answer = shop.post(f"{page}/move", 409, to=small)
    assert "Fewer than 2 places are left." in said(answer)
    shop.post(f"{page}/move", 404, to="")
    shop.post(f"{page}/move", 303, to=large)
    assert (shop.free(slot), shop.free(small), shop.free(large)) == (5, 1, 7)
    assert "Mon 7 Dec" in said(shop.client.get(page))
    assert shop.seen(secret).slot.public_id == large


def test_an_order_that_would_be_for_good_where_it_moves_to_is_told_so_beside_the_choice(shop):
    _, page = order_of(shop, shop.open("Places: 5"), places=2)
    for name, start, places in (("running", "02T0845", 5), ("near", "02T1800", 5), ("full", "02T1900", 1), ("far", "07T0900", 5)):
        shop.open(f"Places: {places}", name, start=f"202612{start}00Z")
    labels = re.findall(r'<label class="choice">.*?</label>', shop.get(f"{page}/move"), re.DOTALL)
    told = "Once moved there, your order can no longer be changed or cancelled here."
    assert [(re.search(r"\d\d:\d\d", label)[0], told in label) for label in labels] == [
        ("09:45", True),
        ("19:00", True),
        ("20:00", False),
        ("10:00", False),
    ]
    assert "lässt sich Ihre Bestellung hier nicht mehr ändern" in shop.get(f"{page}/move?lang=de")


def test_an_order_is_cancelled_after_it_was_said_what_goes_back(shop):
    slot = shop.open()
    _, page = order_of(shop, slot, places=2)
    assert "Nothing was paid, so there is nothing to give back." in said(shop.client.get(f"{page}/cancel"))
    assert shop.free(slot) == 3
    shop.post(f"{page}/cancel", 303)
    assert shop.free(slot) == 5
    words = said(shop.client.get(page))
    assert "This order was cancelled" in words
    assert "You cancelled it: Wed 2 Dec 10:00." in words
    assert "Cancel the order" not in words
    shop.post(f"{page}/cancel", 303)


def test_after_the_last_moment_customers_write_to_the_organizer(shop):
    slot = shop.open()
    _, page = order_of(shop, slot, places=2)
    assert "Until Fri 4 Dec 10:00 you can change or cancel it yourself." in said(shop.client.get(page))
    shop.later(days=2, minutes=61)
    assert "It is too late to change or cancel this order here" in said(shop.client.get(page))
    for path, fields in (("cancel", {}), ("change", {"places": 1}), ("move", {"to": slot})):
        words = said(shop.post(f"{page}/{path}", 409, **fields))
        assert (words.count("It is too late"), words.count("no longer")) == (1, 0)
    assert shop.free(slot) == 3


def test_an_order_says_that_the_organizer_ended_it_and_when(shop):
    _, page = order_of(shop, shop.open(), places=2)
    shop.later(hours=3)
    shop.put(event("a", "Places: 5", more="STATUS:CANCELLED\r\n"))
    words = said(shop.client.get(page))
    assert "Ada's Bakery had to cancel this date, and your order with it: Wed 2 Dec 13:00." in words
    german = said(shop.client.get(f"{page}?lang=de"))
    assert "Ada's Bakery musste diesen Termin absagen und damit Ihre Bestellung: Mi. 2. Dez. 13:00." in german


def test_who_never_paid_is_given_no_receipt_for_what_was_cancelled(shop):
    _, page = order_of(shop, shop.open(), places=2)
    assert f'href="{page}/receipt"' in shop.get(page)
    shop.post(f"{page}/cancel", 303)
    assert "/receipt" not in shop.get(page)
    words = said(shop.client.get(f"{page}/receipt?lang=en"))
    assert "This order was cancelled and nothing was paid, so there is no receipt." in words
    assert "You cancelled it: Wed 2 Dec 10:00." in words
    assert "mistyped" not in words
    assert f'href="{page}"' in re.search(r"<main.*</main>", shop.get(f"{page}/receipt", 404), re.DOTALL)[0]


def test_an_order_that_was_not_paid_says_why_it_has_no_receipt_yet_or_any_more(shop):
    shop.sell(pays_by=("fake",))
    secret, page = order_of(shop, shop.open(), units__LOAF=1, method="fake")
    assert "This order is not paid yet. Its receipt is here as soon as it is." in said(shop.client.get(f"{page}/receipt"))
    shop.later(hours=2)
    expire_orders(shop.house.work, shop.clock())
    assert shop.seen(secret).order.state == "expired"
    assert "The time to pay for this order ran out, so there is no receipt." in said(shop.client.get(f"{page}/receipt"))


def test_an_order_leads_back_to_its_date_and_its_drop_and_to_whom_to_write(shop):
    slot = shop.open()
    _, page = order_of(shop, slot, places=2)
    for path in (page, f"{page}/receipt", f"{page}/cancel", f"{page}/change", f"{page}/move"):
        crumbs = re.search(r'<ol class="crumbs">.*?</ol>', shop.get(path), re.DOTALL)[0]
        assert re.findall(r'href="([^"]+)"', crumbs)[:4] == ["/", "/ada/", "/ada/bread/", f"/slots/{slot}"]
    assert "mailto:" not in shop.get(page)
    with shop.house.read() as views:
        ada = views.organizer("ada")
    change_organizer(shop.house.work, ada, email="ada@example.org", now=shop.clock())
    assert 'href="mailto:ada@example.org?subject=Order%20' in shop.get(page)


def test_a_date_of_another_year_has_its_year(shop):
    slot = shop.open("Places: 5", start="20270105T090000Z")
    _, page = order_of(shop, slot, places=1)
    words = said(shop.client.get(page))
    assert "Tue 5 Jan 2027 10:00 – 10:30" in words
    assert "Until Mon 4 Jan 2027 10:00 you can change or cancel it yourself." in words
    assert "Di. 5. Jan. 2027 10:00" in said(shop.client.get(f"/slots/{slot}?lang=de"))


def test_an_order_that_is_sent_has_the_name_of_its_country_and_of_how_it_is_sent(shop):
    shop.sell(pays_by=("fake",), shipping=(ShippingOption("post", "By post", 490, countries=("DE",)),))
    home = {"street": "1 High St", "postcode": "10115", "city": "Berlin"}
    slot = shop.open()
    _, page = order_of(shop, slot, units__LOAF=1, way="ship:post", method="fake", country="DE", **home)
    words = said(shop.client.get(f"{page}?lang=fr"))
    assert "10115 Berlin Allemagne" in words
    assert "By post 4,90" in words
    refused = shop.order_by(slot, None, units__LOAF=1, way="ship:post", method="fake", country="US", **home)
    assert "By post goes to Germany only." in said(refused)


class TestPaying:
    """An order that is paid first, at a simulated provider."""

    @pytest.fixture
    def slot(self, shop):
        shop.sell(pays_by=("fake",), products=(Product("LOAF", "Country loaf", price=850),), offers=(OfferDraft("LOAF"),))
        return shop.open()

    def test_the_customer_is_led_to_the_provider_and_again_until_it_is_paid(self, shop, slot):
        answer = shop.order_by(slot, units__LOAF=2, method="fake")
        assert answer.headers["Location"].endswith("?pay=1")
        page = shop.get(answer.headers["Location"])
        (going,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
        assert "Kept for you until 10:15." in said(shop.client.get(answer.headers["Location"]))
        plain = answer.headers["Location"].partition("?")[0]
        words = said(shop.client.get(plain))
        assert "Waiting for your payment" in words
        assert "Kept for you until 10:15." in words
        again = shop.post(f"{plain}/pay", 303)
        assert html.unescape(going) in html.unescape(shop.get(again.headers["Location"]))

    def test_the_page_is_right_although_the_providers_message_is_late(self, shop, slot):
        place = shop.order_by(slot, units__LOAF=2, method="fake").headers["Location"]
        secret = re.search(r"orders/([\w-]+)", place)[1]
        reference = shop.seen(secret).money.payments[0].reference
        assert "This page looks again by itself." in said(shop.client.get(f"/orders/{secret}?paid=1"))
        shop.provider.pay(reference)
        shop.house = type(shop.house)(shop.house.settings, shop.house.database, shop.house.house, shop.clock)
        shop.house._payments["fake"] = shop.provider
        del shop._client
        words = said(shop.client.get(f"/orders/{secret}?paid=1"))
        assert "Your order is paid" in words
        assert "Paid €17.00" in words
        assert "€17.00 goes back to where it was paid from." in said(shop.client.get(f"/orders/{secret}/cancel"))
        shop.post(f"/orders/{secret}/cancel", 303)
        words = said(shop.client.get(f"/orders/{secret}"))
        assert "€17.00 is on its way back to you." in words
        assert "Paid €17.00 Refund €17.00" in words
        receipt = said(shop.client.get(f"/orders/{secret}/receipt"))
        assert "This order was cancelled. You cancelled it: Wed 2 Dec 10:00." in receipt
        assert "Paid €17.00 Refund €17.00" in receipt
        assert "Order placed Wed 2 Dec 10:00, paid by card." in receipt

    @pytest.mark.parametrize("path", ["change", "move"])
    def test_an_order_that_waits_for_its_payment_says_what_can_be_done_and_once(self, shop, slot, path):
        page = f"/orders/{shop.ordered(slot, units__LOAF=2, method='fake')}"
        shop.open("Places: 9", "b", start="20261206T090000Z")
        sentence = "This order waits for its payment: pay it first, or cancel it and order anew."
        for answer in (
            shop.client.get(f"{page}/{path}"),
            shop.post(f"{page}/{path}", 409, units__LOAF=1, to=shop.slots()[-1].public_id),
        ):
            assert said(answer).count(sentence) == 1
            assert "no longer" not in said(answer)

    def test_what_is_sent_and_takes_no_place_moves_to_a_date_that_is_full(self, shop):
        post = ShippingOption("post", "By post", 490, 19000)
        shop.sell(pays_by=("fake",), shipping=(post,), products=(Product("LOAF", "Loaf", price=850),), offers=(OfferDraft("LOAF"),))
        shop.count("LOAF", 3)
        slot, full = shop.open("Places: 5"), shop.open("Places: 1", "b", start="20261206T090000Z")
        few = shop.open("Places: 9\nSells: LOAF x1", "c", start="20261207T090000Z")
        shop.hold(full, LOAF=1)
        shop.publish()
        sent = {"way": "ship:post", "street": "1 Mill Lane", "postcode": "12345", "city": "Berlin", "country": "DE"}
        secret = shop.ordered(slot, units__LOAF=2, method="fake", **sent)
        shop.provider.pay(shop.seen(secret).money.payments[0].reference)
        shop.hear()
        listed = shop.get(f"/orders/{secret}/move")
        assert not re.search(rf'value="{full}"[^>]*disabled', listed)
        assert re.search(rf'value="{few}"[^>]*disabled', listed)
        assert "Fewer than 2 of Loaf are left on this date." in said(shop.post(f"/orders/{secret}/move", 409, to=few))
        shop.post(f"/orders/{secret}/move", 303, to=full)
        assert (shop.seen(secret).slot.public_id, shop.free(full)) == (full, 0)
        assert "Have it in your calendar" not in shop.get(f"/orders/{secret}")
        event = shop.get(f"/orders/{secret}/calendar.ics")
        assert ("TRANSP:TRANSPARENT" in event, "VALARM" in event) == (True, False)

    @pytest.mark.parametrize(("pays_by", "most"), [(("fake",), 2), (("at_pickup", "fake"), 5)])
    def test_what_was_paid_by_card_is_offered_no_more_than_was_paid(self, shop, pays_by, most):
        shop.sell(pays_by=pays_by, products=(Product("LOAF", "Loaf", price=850),), offers=(OfferDraft("LOAF"),))
        secret = shop.ordered(shop.open(), units__LOAF=2, method="fake")
        shop.provider.pay(shop.seen(secret).money.payments[0].reference)
        shop.hear()
        page = shop.client.get(f"/orders/{secret}/change")
        assert re.findall(r'name="units:LOAF"[^>]*max="(\d+)"', page.get_data(as_text=True)) == [str(most)]
        assert ("cannot cost more than that" in said(page)) == (most == 2)
        shop.post(f"/orders/{secret}/change", 409 if most == 2 else 303, units__LOAF=3)
        shop.post(f"/orders/{secret}/change", 303, units__LOAF=1)

    def test_an_order_that_was_not_paid_in_time_says_so(self, shop, slot):
        secret = shop.ordered(slot, units__LOAF=2, method="fake")
        shop.later(minutes=16)
        shop.expire()
        assert "The time to pay ran out" in said(shop.client.get(f"/orders/{secret}"))
        answer = shop.post(f"/orders/{secret}/pay", 409)
        assert "This order does not wait for a payment." in said(answer)
        assert shop.free(slot) == 5


def test_an_order_of_mere_places_moves_to_dates_that_have_such(shop):
    shop.sell(offers=())
    slot = shop.open("Places: 5")
    goods = shop.open("Places: 5\nSells: LOAF", "b", start="20261206T090000Z")
    places = shop.open("Places: 5", "c", start="20261207T090000Z")
    listed = shop.get(f"/orders/{shop.ordered(slot, places=2)}/move")
    assert (places in listed, goods in listed) == (True, False)


def test_units_at_the_early_price_and_at_the_ordinary_one_are_told_apart(shop):
    early = Product("LOAF", "Country loaf", price=850, early=EarlyPrice(700, units=3))
    shop.sell(products=(early,), offers=(OfferDraft("LOAF"),))
    slot = shop.open("Places: 9")
    secret, page = order_of(shop, slot, units__LOAF=5)
    for answer in (shop.client.get(page), shop.client.get(f"{page}/receipt")):
        words = said(answer)
        assert "Country loaf at the early price, €7.00 each" in words
        assert "Country loaf, €8.50 each" in words
    seen = shop.seen(secret)
    told = letter("confirmed", seen, Facts(), From("https://shop.example", "shop@shop.example"), shop.clock())
    for text in (told.text, icalendar.Calendar.from_ical(told.calendar).walk("VEVENT")[0]["DESCRIPTION"]):
        assert "3 × Country loaf at the early price, €7.00 each" in text
        assert "2 × Country loaf, €8.50 each" in text
    _, page = order_of(shop, slot, units__LOAF=1)
    assert "each" not in said(shop.client.get(f"{page}/receipt"))


def test_on_a_full_date_one_thing_can_be_changed_for_another(shop):
    bun = Product("BUN", "Bun", price=300)
    shop.sell(products=(LOAF, bun), offers=(OfferDraft("LOAF"), OfferDraft("BUN", allotment=2)))
    slot = shop.open("Places: 3")
    page = f"/orders/{shop.ordered(slot, units__LOAF=2)}"
    shop.ordered(slot, units__LOAF=1, email="dee@example.org")
    shop.publish()
    asked = shop.get(f"{page}/change")
    field = re.search(r'<input[^>]*name="units:BUN"[^>]*>', asked)[0]
    assert "disabled" not in field
    assert 'max="2"' in field
    shop.post(f"{page}/change", 303, units__LOAF=0, units__BUN=2)
    assert "2 × Bun" in said(shop.client.get(page))
    assert shop.free(slot) == 0
