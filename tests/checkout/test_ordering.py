"""From a slot's page to an order, as a browser without a script does it."""

import html
import re
from io import BytesIO

import pytest

from bridge.core.drops import OfferDraft
from bridge.core.terms import EarlyPrice, Product, ShippingOption
from tests.checkout.conftest import LOAF, MUG, OURS


def said(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}"[^>]*?value="([^"]*)"', page)
    return html.unescape(found[1])


def test_a_place_is_ordered_with_name_and_mail_alone(shop):
    slot = shop.open()
    page = shop.get(f"/slots/{slot}")
    assert 'autocomplete="email"' in page
    assert 'autocomplete="name"' in page
    secret = shop.ordered(slot, places=2)
    assert shop.free(slot) == 3
    words = said(shop.client.get(f"/orders/{secret}"))
    assert "Your order is placed" in words
    assert "Thank you, Cleo." in words
    assert "2 places" in words


WRITTEN = {"en": "We have written", "de": "Wir haben an", "fr": "Nous avons écrit", "es": "Hemos escrito"}
TO_BE_KEPT = {"en": "keep the link of this page", "de": "Bewahren Sie den Link", "fr": "conservez le lien", "es": "guarde el enlace"}


@pytest.mark.parametrize("language", WRITTEN)
def test_an_order_says_that_a_letter_is_sent_only_where_one_is(shop, language):
    page = f"/orders/{shop.ordered(shop.open(), places=2)}?lang={language}"
    silent = said(shop.client.get(page))
    assert TO_BE_KEPT[language] in silent
    assert WRITTEN[language] not in silent
    told = said(shop.with_mail().get(page))
    assert f"{WRITTEN[language]}" in told
    assert "cleo@example.org" in told
    assert TO_BE_KEPT[language] not in told


def test_what_happens_next_is_a_mail_only_where_one_is_sent(shop):
    shop.sell()
    slot = shop.open()
    assert "You get a page with your order and the date for your calendar. Keep its link." in shop.get(f"/slots/{slot}")
    told = said(shop.with_mail().get(f"/slots/{slot}"))
    assert "You get an e-mail with your order and the date for your calendar." in told


def test_goods_and_add_ons_are_ordered_together(shop):
    shop.sell()
    slot = shop.open()
    secret = shop.ordered(slot, units__LOAF=2, units__MUG=1, units__NONE="")
    order = shop.seen(secret).order
    assert {line.sku: line.units for line in order.lines} == {"LOAF": 2, "MUG": 1}
    assert order.total == 2 * 850 + 1800
    assert shop.free(slot) == 3
    words = said(shop.client.get(f"/orders/{secret}"))
    assert "2 × Country loaf €17.00" in words
    assert "To pay at pickup €35.00" in words


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"email": "cleo"}, "email", "This is no e-mail address that mail can be sent to, such as cleo@example.org."),
        ({"name": " "}, "name", "Tell us your name, in up to 120 letters."),
        ({"name": "\u200b\u2060\ufe0f"}, "name", "Tell us your name, in up to 120 letters."),
        ({"name": "\u3164"}, "name", "Tell us your name, in up to 120 letters."),
        ({"name": b"Cl\xe9o"}, "name", "Your name came with letters that cannot be read: please type it once more."),
        ({"email": "a@-b.de"}, "email", "This is no e-mail address that mail can be sent to, such as cleo@example.org."),
        ({"email": "a@b-.de"}, "email", "This is no e-mail address that mail can be sent to, such as cleo@example.org."),
        ({"email": "a@b\u200b.de"}, "email", "This is no e-mail address that mail can be sent to, such as cleo@example.org."),
        ({"email": f"a@{'ü' * 60}.de"}, "email", "This is no e-mail address that mail can be sent to, such as cleo@example.org."),
        ({"email": "\ufffd@\ufffd.de"}, "email", "This is no e-mail address that mail can be sent to, such as cleo@example.org."),
        ({"places": "two"}, "places", "Write how many as a whole number."),
        ({"places": "99999999999999999999999"}, "places", "That is too many: please order fewer."),
        ({"places": "1001"}, "places", "That is too many: please order fewer."),
        ({"places": "0"}, "places", "Nothing was chosen."),
        ({"places": "-1"}, "places", "Write how many as a whole number."),
        ({"places": "9"}, "places", "Fewer than 9 places are left."),
        ({"method": "stripe"}, "method", "Choose how you want to pay."),
        ({"way": "ship:post"}, "street", "Write the street and number."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(shop, fields, field, sentence):
    slot = shop.open()
    answer = shop.order_by(slot, None, **{"places": "2", "note": "Please slice <it>."} | fields)
    assert answer.status_code in {409, 422}
    page = answer.get_data(as_text=True)
    assert f'<a href="#{field}' in page
    assert sentence in said(answer)
    assert value_of(page, "email") == fields.get("email", "cleo@example.org")
    assert "Please slice &lt;it&gt;." in page
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("email", ["ü@ü.de".encode(), b"%C3%BC%40%C3%BC.de"])
def test_an_address_is_read_the_same_whether_its_letters_came_as_octets_or_percent_encoded(shop, email):
    form = b"name=Zo\xc3\xab&places=1&way=pickup&method=at_pickup&email=" + email
    answer = shop.client.post(f"/slots/{shop.open()}/order", data=form, content_type="application/x-www-form-urlencoded", headers=OURS)
    order = shop.seen(answer.headers["Location"].rpartition("/")[2]).order
    assert (order.name, order.email) == ("Zoë", "ü@ü.de")


@pytest.mark.parametrize("email", [b"%FF%40%FF.de", b"\xff@\xff.de"])
def test_an_address_that_cannot_be_decoded_is_refused(shop, email):
    form = b"name=Cleo&places=1&way=pickup&method=at_pickup&email=" + email
    answer = shop.client.post(f"/slots/{shop.open()}/order", data=form, content_type="application/x-www-form-urlencoded", headers=OURS)
    assert answer.status_code == 422
    assert "This is no e-mail address that mail can be sent to" in said(answer)


def test_a_note_that_is_too_long_is_refused_and_kept(shop):
    slot = shop.open()
    long = "\r\n".join(["a" * 499, "b" * 500, "the end"])
    answer = shop.order_by(slot, 422, places=1, note=long)
    assert "A note has at most 1000 letters: please say it in fewer." in said(answer)
    assert "the end</textarea>" in answer.get_data(as_text=True)
    secret = shop.ordered(slot, places=1, note=long[: 499 + 2 + 500])
    assert len(shop.seen(secret).order.note) == 1000


@pytest.mark.parametrize("name", ["Zoë Müller", "李", "محمد", "O’Brien-Smith", "👩‍🍳"])
def test_everybody_has_a_name(shop, name):
    assert shop.seen(shop.ordered(shop.open(), places=1, name=name)).order.name == name


def test_a_name_that_was_copied_from_a_messenger_is_kept_without_what_came_along(shop):
    assert shop.seen(shop.ordered(shop.open(), places=1, name="\u2068محمد\u2069 \u202eoelC\u202c")).order.name == "محمد oelC"


@pytest.mark.parametrize("typed", ["999999999", "1.5", "-2", "many"])
def test_a_number_that_cannot_be_is_marked_in_its_field_which_has_the_focus(shop, typed):
    shop.sell()
    slot = shop.open("Places: 5")
    page = shop.order_by(slot, None, units__LOAF="1", units__MUG=typed).get_data(as_text=True)
    field = re.search(r'<input id="units-2"[^>]*>', page)[0]
    assert ' aria-invalid="true" aria-describedby="wrong-units-2"' in field
    assert " autofocus" in field
    assert page.count(" autofocus") == 1
    assert re.search(r'id="wrong-units-2">[^<]+<', page)
    assert not re.search(r'<input id="units-1"[^>]*aria-invalid', page)


@pytest.mark.parametrize("sold", [True, False])
def test_more_than_there_is_is_told_at_the_field_that_asks_for_it(shop, sold):
    name, id_ = ("units__LOAF", "units-1") if sold else ("places", "places")
    if sold:
        shop.sell()
    slot = shop.open("Places: 5")
    answer = shop.order_by(slot, 409, **{name: "77"})
    page = answer.get_data(as_text=True)
    field = re.search(rf'<input id="{id_}"[^>]*>', page)[0]
    assert f' autofocus aria-invalid="true" aria-describedby="wrong-{id_}"' in field
    assert 'value="77"' in field
    assert 'data-most="At most 5 can be ordered."' in field
    assert re.search(rf'id="wrong-{id_}">Fewer than 77', page)


def test_of_several_fields_that_are_wrong_the_list_has_the_focus(shop):
    slot = shop.open()
    page = shop.order_by(slot, 422, places="many", email="cleo").get_data(as_text=True)
    assert re.findall(r"<(\w+)[^>]* autofocus", page) == ["div"]
    assert re.findall(r'<input id="(\w+)"[^>]* aria-invalid="true"', page) == ["places", "email"]


def test_a_field_that_is_wrong_takes_the_hold_at_that_moment(shop):
    slot = shop.open()
    answer = shop.order_by(slot, 422, places=2, email="cleo")
    page = answer.get_data(as_text=True)
    assert "Kept for you until 10:05." in page
    assert shop.free(slot) == 3
    again = shop.order_by(slot, 422, places=3, email="cleo", hold=value_of(page, "hold"))
    assert value_of(again.get_data(as_text=True), "hold") == value_of(page, "hold")
    assert shop.free(slot) == 2
    shop.order_by(slot, places=3, hold=value_of(page, "hold"))
    assert shop.free(slot) == 2
    assert shop.expire() == 0


def test_a_hold_that_ran_out_is_taken_anew_if_it_can_be_had(shop):
    slot = shop.open()
    hold = value_of(shop.order_by(slot, 422, places=2, email="cleo").get_data(as_text=True), "hold")
    shop.later(minutes=6)
    shop.expire()
    shop.order_by(slot, places=2, hold=hold)
    assert shop.free(slot) == 3


def test_whoever_comes_too_late_is_told_and_offered_the_waiting_list(shop):
    slot = shop.open("Places: 2")
    shop.ordered(slot, places=2)
    answer = shop.order_by(slot, 409, places=1, email="ben@example.org")
    words = said(answer)
    assert "This date is sold out." in words
    assert "Join the waiting list" in words
    assert value_of(answer.get_data(as_text=True), "email") == "ben@example.org"


def test_a_program_that_fills_in_everything_orders_nothing(shop):
    slot = shop.open()
    answer = shop.order_by(slot, 422, places=1, subject="Buy my pills")
    assert "Please send it once more." in said(answer)
    assert "pills" not in answer.get_data(as_text=True)
    shop.order_by(slot, places=1)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({}, 303),
    ],
)
def test_only_our_own_pages_may_send_the_form(shop, headers, status):
    slot = shop.open()
    shop.order_by(slot, status, places=1, headers=headers)
    assert shop.free(slot) == (4 if status == 303 else 5)


def test_one_address_cannot_ask_without_end(shop):
    shop.house = type(shop.house)(shop.house.settings.replace(checkout={"rate": 3}), shop.house.database, shop.house.house, shop.clock)
    slot = shop.open()
    for _ in range(3):
        shop.order_by(slot, places=1)
    answer = shop.order_by(slot, 429, places=1)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "Please wait a minute" in said(answer)


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        ("x=" + "y" * 20_000, "application/x-www-form-urlencoded", 413),
        ("&".join(f"f{n}=1" for n in range(400)), "application/x-www-form-urlencoded", 413),
        ("{}", "application/json", 415),
        ("places=1", "text/plain", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 400),
        (b"places=1", "multipart/form-data", 400),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"y" * 20_000 + b"\r\n--x--", "multipart/form-data; boundary=x", 413),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n" * 301 + b"--x--", "multipart/form-data; boundary=x", 413),
    ],
)
def test_a_body_that_is_no_form_is_turned_away(shop, data, content_type, status):
    slot = shop.open()
    answer = shop.client.post(f"/slots/{slot}/order", data=data, content_type=content_type)
    assert answer.status_code == status


@pytest.mark.parametrize("name", ["Cleo", "Zoë Ωmega"])
def test_a_form_that_is_sent_in_parts_orders_as_any_other_and_its_files_are_passed_over(shop, name):
    slot = shop.open()
    fields = {"places": "2", "name": name, "email": "cleo@example.org", "way": "pickup", "method": "at_pickup", "note": "a\r\nb\x00"}
    file = (BytesIO(b"GIF"), "a.gif")
    answer = shop.client.post(f"/slots/{slot}/order", data=fields | {"name2": file}, content_type="multipart/form-data", headers=OURS)
    assert answer.status_code == 303
    order = shop.seen(answer.headers["Location"].rpartition("/")[2]).order
    assert (order.name, order.places, order.note) == (name, 2, "a\nb")


def test_what_is_sent_is_paid_first_and_costs_its_fee(shop):
    post = ShippingOption("post", "By post", 490, 19000, ("DE", "AT"))
    shop.sell(shipping=(post,), pays_by=("at_pickup", "fake"))
    slot = shop.open()
    page = shop.get(f"/slots/{slot}")
    assert "By post" in page
    assert "€4.90" in page
    sent = {"way": "ship:post", "street": "1 Mill Lane", "postcode": "12345", "city": "Berlin", "country": "DE"}
    answer = shop.order_by(slot, 422, units__LOAF=1, **sent)
    assert "What is sent is paid first" in said(answer)
    answer = shop.order_by(slot, 422, units__LOAF=1, method="fake", **sent | {"country": "FR"})
    assert "By post goes to Germany, Austria only." in said(answer)
    secret = shop.ordered(slot, units__LOAF=1, method="fake", **sent)
    order = shop.seen(secret).order
    assert (order.total, order.address.city) == (850 + 490, "Berlin")


CHOOSE = {"en": "Choose the country.", "de": "Wählen Sie das Land.", "fr": "Choisissez le pays.", "es": "Elija el país."}


@pytest.mark.parametrize("way", ["ship:post", ""])
@pytest.mark.parametrize(
    ("country", "language"),
    [("Narnia", "en"), ("XX", "de"), ("de", "fr"), ("A" * 150, "es"), ("EU", "en"), ("ZZ", "en"), ("\uff24\uff25", "en"), ("276", "en")],
)
def test_what_goes_anywhere_goes_to_countries_that_there_are(shop, country, language, way):
    shop.sell(shipping=(ShippingOption("post", "By post", 490),), has_pickup=False, pays_by=("fake",))
    slot = shop.open()
    who = {"name": "Cleo", "email": "cleo@example.org", "method": "fake"}
    sent = {"way": way, "street": "1 Mill Lane", "postcode": "12345", "city": "Berlin", **who}
    answer = shop.post(f"/slots/{slot}/order?lang={language}", 422, units__LOAF=1, country=country, **sent)
    page = answer.get_data(as_text=True)
    assert f'id="wrong-country">{CHOOSE[language]}<' in page
    assert value_of(page, "street") == "1 Mill Lane"
    shop.ordered(slot, units__LOAF=1, country="DE", **sent)


def test_a_country_of_a_form_that_picks_up_is_passed_over(shop):
    shop.sell(shipping=(ShippingOption("post", "By post", 490),), pays_by=("at_pickup", "fake"))
    shop.ordered(shop.open(), units__LOAF=1, country="Narnia")


def test_the_early_price_is_shown_with_its_end_and_asked_for(shop):
    early = Product("LOAF", "Country loaf", price=850, early=EarlyPrice(700, units=3))
    shop.sell(products=(early, MUG))
    slot = shop.open()
    page = shop.get(f"/slots/{slot}")
    assert "3 left at this price" in page
    assert "€7.00" in page
    card = said(shop.client.get(f"/slots/{slot}/card"))
    assert "Country loaf Later €8.50 €7.00 3 left at this price" in card
    secret = shop.ordered(slot, units__LOAF=4)
    assert shop.seen(secret).order.total == 3 * 700 + 850
    shop.publish()
    assert "at this price" not in shop.get(f"/slots/{slot}")


def test_what_is_sold_out_has_no_early_price_any_more(shop):
    shop.sell(products=(Product("LOAF", "Country loaf", price=850, early=EarlyPrice(700, units=6)), MUG))
    slot = shop.open("Places: 5\nSells: LOAF x2, MUG")
    shop.ordered(slot, units__LOAF=2)
    shop.publish()
    for page in (f"/slots/{slot}", f"/slots/{slot}/card"):
        words = said(shop.client.get(page))
        assert "Sold out" in words
        assert "at this price" not in words
        assert "€7.00" not in words


def test_what_only_comes_along_is_said_to_be_when_it_is_chosen_alone(shop):
    shop.sell()
    answer = shop.order_by(shop.open(), 422, units__MUG=1)
    assert "Mug is sold along with something else only: choose that as well." in said(answer)
    assert "Nothing was chosen" not in said(answer)


def test_a_slot_that_is_closed_or_gone_takes_nothing(shop):
    slot = shop.open("Places: 5\nPreorder: until 2026-12-02 12:00")
    shop.later(hours=6)
    answer = shop.order_by(slot, 409, places=1)
    assert "Ordering is over." in said(answer)
    assert shop.order_by("nothing", 404, places=1)
    shop.remove()
    assert shop.order_by(slot, None, places=1).status_code in {404, 410}


def test_the_form_speaks_the_visitors_language(shop):
    slot = shop.open()
    answer = shop.post(f"/slots/{slot}/order?lang=de", 422, places=1, name="Cleo", email="x")
    assert "An diese Adresse kann keine E-Mail gehen" in said(answer)
    place = shop.post(f"/slots/{slot}/order?lang=de", 303, places=1, name="Cleo", email="cleo@example.org").headers["Location"]
    assert place.endswith("?lang=de")
    assert shop.seen(re.search(r"orders/([\w-]+)", place)[1]).order.language == "de"
    assert LOAF.tax_rate


def test_the_same_form_sent_twice_orders_once_and_nobody_else_is_led_to_the_order(shop):
    shop.sell(pays_by=("at_pickup", "fake"))
    slot = shop.open("Places: 9")
    first = shop.ordered(slot, units__LOAF=2, note="ring twice")
    assert shop.ordered(slot, units__LOAF=2, note="ring twice") == first
    for other in ({"name": "Mallory"}, {"note": ""}, {"method": "fake"}):
        assert shop.ordered(slot, **{"units__LOAF": 2, "note": "ring twice"} | other) != first
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    fields = {"name": "Cleo", "email": "cleo@example.org", "way": "pickup", "method": "at_pickup", "units:LOAF": "2", "note": "ring twice"}
    answer = shop.client.post(f"/slots/{slot}/order", data=fields, headers=OURS, environ_base=elsewhere)
    assert (answer.status_code, first in answer.headers.get("Location", "")) == (409, False)
    assert shop.free(slot) == 1


@pytest.mark.parametrize(("notes", "wish"), [("Places: 2", {"places": 2}), ("Places: 9\nSells: LOAF x2", {"units__LOAF": 2})])
def test_the_form_that_took_the_last_leads_to_its_order_when_it_is_sent_again(shop, notes, wish):
    if "Sells" in notes:
        shop.sell()
    slot = shop.open(notes)
    first = shop.ordered(slot, **wish)
    shop.later(seconds=59)
    assert shop.ordered(slot, **wish) == first
    for other in ({"name": "Mallory"}, {"note": "ring twice"}, {"email": "ben@example.org"}):
        assert "This date is sold out." in said(shop.order_by(slot, 409, **wish | other))
    shop.later(seconds=2)
    assert "Join the waiting list" in said(shop.order_by(slot, 409, **wish))


def test_a_date_without_goods_offers_nothing_to_be_sent(shop):
    shop.sell(shipping=(ShippingOption("post", "By post", 590),), pays_by=("at_pickup", "fake"), offers=())
    slot = shop.open("Places: 4")
    assert "By post" not in shop.get(f"/slots/{slot}")
    sent = {"way": "ship:post", "street": "1 Mill Lane", "postcode": "12345", "city": "Berlin", "country": "DE", "method": "fake"}
    assert "A place cannot be sent" in said(shop.order_by(slot, 422, places=2, **sent))
    assert shop.free(slot) == 4


def test_a_date_whose_goods_nobody_can_tell_is_not_on_sale_anywhere(shop):
    slot = shop.open("Places: 4\nSells: LOAF @ a few coins")
    page = shop.get(f"/slots/{slot}")
    assert f"/slots/{slot}/order" not in page
    assert "Opens soon" in said(shop.client.get(f"/slots/{slot}"))
    assert "4 left" not in page
    live = shop.client.get("/ada/bread/live.json").get_json()["slots"][slot]
    assert live["state"] == "soon"
    assert "opens soon" in shop.feed()
    assert "Not on sale: it is not clear what it sells" in shop.text()
    assert "Ordering has not opened yet" in said(shop.order_by(slot, 409, places="1"))
    shop.open("Places: 4\nSells: LOAF @ 6.50")
    assert f"/slots/{slot}/order" in shop.get(f"/slots/{slot}")


@pytest.mark.parametrize("line", ["gibberish", "5 Dec 2026 18:00 - 4 Dec 2026 09:00"])
@pytest.mark.parametrize("mended", ["", "\nPreorder: until 4 Dec 2026 18:00"])
def test_a_date_whose_opening_nobody_can_tell_is_not_on_sale_anywhere(shop, line, mended):
    slot = shop.open(f"Places: 4\nSells: LOAF @ 6.50\nPreorder: {line}")
    assert f"/slots/{slot}/order" not in shop.get(f"/slots/{slot}")
    assert "Opens soon" in said(shop.client.get(f"/slots/{slot}"))
    assert shop.client.get("/ada/bread/live.json").get_json()["slots"][slot]["state"] == "soon"
    assert "opens soon" in shop.feed()
    assert "Not on sale: it is not clear when ordering opens" in shop.text()
    assert "Ordering has not opened yet" in said(shop.order_by(slot, 409, units__LOAF="1"))
    assert shop.json(f"/slots/{slot}/hold", 409, units={"LOAF": 1})["type"] == "urn:dropbridge:problem:window-closed"
    shop.open("Places: 4\nSells: LOAF @ 6.50" + mended)
    assert f"/slots/{slot}/order" in shop.get(f"/slots/{slot}")


def test_a_date_that_is_over_has_nothing_left_and_no_early_price(shop):
    early = Product("LOAF", "Country loaf", price=850, early=EarlyPrice(700, units=4))
    shop.sell(products=(early,), offers=(OfferDraft("LOAF"),))
    slot = shop.open()
    words = said(shop.client.get(f"/slots/{slot}"))
    assert ("5 left" in words, "4 left at this price" in words) == (True, True)
    shop.later(days=4)
    for path in (f"/slots/{slot}", f"/slots/{slot}/card"):
        words = said(shop.client.get(path))
        assert ("Over" in words, "Country loaf €8.50" in words, re.search(r"\d left", words)) == (True, True, None)


def test_shipping_is_offered_only_where_it_can_be_paid_for(shop):
    post = ShippingOption("post", "By post", 590)
    shop.sell(shipping=(post,), pays_by=("at_pickup", "fake"), offers=(OfferDraft("LOAF"),))
    slot = shop.open()
    assert 'value="ship:post"' in shop.get(f"/slots/{slot}")
    shop.later(seconds=1)
    shop.sell(shipping=(post,), pays_by=("at_pickup",), offers=(OfferDraft("LOAF"),))
    shop.publish()
    page = shop.get(f"/slots/{slot}")
    assert "ship:post" not in page
    assert 'name="street"' not in page
    shop.ordered(slot, units__LOAF=1, way="")


@pytest.mark.parametrize("sold_out", [False, True])
def test_goods_that_could_only_be_sent_and_not_be_paid_for_have_no_form_and_say_so(shop, sold_out):
    post = ShippingOption("post", "By post", 590)
    slot = shop.open("Places: 5\nSells: LOAF")
    shop.sell(shipping=(post,), has_pickup=False, pays_by=("at_pickup", "fake"))
    if sold_out:
        shop.order_by(slot, 303, units__LOAF=5, way="ship:post", method="fake", street="1 Lane", postcode="1", city="B", country="DE")
    shop.later(seconds=1)
    shop.sell(shipping=(post,), has_pickup=False, pays_by=("at_pickup",))
    shop.publish()
    page, card = said(shop.client.get(f"/slots/{slot}")), said(shop.client.get(f"/slots/{slot}/card"))
    assert "This cannot be ordered at the moment." in page
    assert "<form" not in shop.get(f"/slots/{slot}").split('id="order"')[1].split("</section>")[0]
    assert "You choose." not in page
    assert "See this date" in card
    shop.later(seconds=1)
    shop.sell(shipping=(post,), has_pickup=False, pays_by=("at_pickup", "fake"))
    shop.publish()
    assert "This cannot be ordered at the moment." not in said(shop.client.get(f"/slots/{slot}"))


@pytest.mark.parametrize("way", ["", "stripe", "at_pickup"])
def test_a_way_of_paying_that_is_not_set_up_here_is_neither_offered_nor_taken(shop, way):
    shop.sell(pays_by=("stripe", "at_pickup"), offers=(OfferDraft("LOAF"),))
    slot = shop.open()
    page = shop.get(f"/slots/{slot}")
    assert 'value="stripe"' not in page
    assert value_of(page, "method") == "at_pickup"
    answer = shop.order_by(slot, None, units__LOAF=1, method=way)
    assert (answer.status_code == 303) == (way != "stripe")
    assert ("Choose how you want to pay." in said(answer)) == (way == "stripe")
    assert shop.free(slot) == (5 if way == "stripe" else 4)


def test_what_nobody_can_pay_for_here_has_no_form_and_what_is_free_needs_no_way(shop):
    shop.sell(pays_by=("stripe",), offers=(OfferDraft("LOAF"),))
    slot = shop.open()
    page = shop.get(f"/slots/{slot}")
    assert "This cannot be ordered at the moment." in page
    assert "<form" not in page.split('id="order"')[1].split("</section>")[0]
    assert "You choose." not in page
    shop.later(seconds=1)
    shop.sell(pays_by=("stripe",), offers=())
    free = shop.open("Places: 2", "b", start="20261207T090000Z")
    shop.ordered(free, places=1, method=value_of(shop.get(f"/slots/{free}"), "method"))
    assert shop.free(free) == 1
