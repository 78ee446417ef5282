"""Letters: what they tell, in the customer's language, in text and HTML alike, and nothing that loads or leaks."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.checkout.order_shown import order_shown
from bridge.core.errors import InvalidInput
from bridge.core.orders import Address, Refund
from bridge.letters import Facts, letter, read_facts, read_kind, waiting_letter
from bridge.wording import LANGUAGES, wording
from tests.cast import ADA, CLEO
from tests.fakes import WEDNESDAY
from tests.letters.samples import BEFORE, CLEARING, DROP, EVERY, HOUSE, LINES, ORDER, PAID, SECRET, SLOT, STARTS, TERMS, seen, waiting

LINK = f"https://shop.example/orders/{SECRET}"


class Reader(HTMLParser):
    """What a person reads in an HTML page, and what the page would load."""

    def __init__(self, page):
        super().__init__()
        self.words, self.links, self.loads, self.inside = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag in {"style", "title"}:
            self.inside.append(tag)
        if tag == "a":
            self.links.append(told["href"])
        self.loads += [value for name, value in attrs if name in {"src", "background", "srcset"}] + (
            [tag] if tag in {"link", "script", "img"} else []
        )

    def handle_endtag(self, tag):
        if tag in {"style", "title"}:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def written(kind, language="en", **order):
    about, facts = EVERY[kind]
    return letter(kind, replace(about, order=replace(about.order, language=language, **order)), facts, HOUSE, WEDNESDAY)


def plain(message):
    return " ".join(message.text.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EVERY)
def test_each_letter_has_one_link_and_loads_nothing(kind, language):
    message = written(kind, language)
    page = Reader(message.html)
    assert page.links == [LINK]
    assert re.findall(r"https?://\S+", message.text) == [LINK]
    assert page.loads == []
    assert "url(" not in message.html
    assert (message.to, message.to_name, message.reply_to, message.sender_name) == (CLEO.email, CLEO.title, ADA.email, ADA.title)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("kind", EVERY)
def test_no_letter_speaks_english_to_those_who_chose_otherwise(kind, language):
    english, other = written(kind), written(kind, language)
    known = {ADA.title, "Bread pickup", "Early bread", "Old mill"}
    ours = {part.strip() for part in english.text.splitlines() if re.search("[a-z]{3}", part)}
    theirs = {part.strip() for part in other.text.splitlines()}
    names = (*known, TERMS.seller, "Country loaf", "Tote bag", "example", "Mill Lane", "All times")
    assert {part for part in ours & theirs if not any(name in part for name in names)} == set()
    assert f'lang="{language}"' in other.html


def test_a_confirmation_says_when_where_what_and_what_it_costs():
    message = written("confirmed")
    for told in (plain(message), Reader(message.html).text):
        for fact in ("Saturday 5 December 2026, 10:00–10:30", "12 Mill Lane", "Side door", "2 × Country loaf", "€31.00", "K7-4M2", "€2.87"):
            assert fact in told, fact
        assert "To pay at pickup" in told
        assert "until Fri 4 Dec 10:00" in told
    assert message.subject == "Order confirmed: Bread pickup, Sat 5 Dec 10:00"


def test_a_moved_slot_says_what_was_and_what_is_and_that_leaving_is_free():
    message = written("moved")
    for told in (plain(message), Reader(message.html).text):
        for fact in (
            "Friday 4 December 2026, 09:00–10:00",
            "Saturday 5 December 2026, 10:00–10:30",
            "Early bread",
            "Old mill",
            "free of charge",
        ):
            assert fact in told, fact


def test_a_slot_that_is_only_called_otherwise_promises_no_free_change():
    message = letter("moved", seen(free_change=False, sequence=1), Facts(before=BEFORE), HOUSE, WEDNESDAY)
    for told in (plain(message), Reader(message.html).text):
        assert "free of charge" not in told
        assert "pick another date" not in told
        assert "until Fri 4 Dec 10:00" in told


def test_what_did_not_change_is_not_told_as_news():
    same = replace(BEFORE, title=SLOT.title, place=SLOT.place)
    message = letter("moved", seen(), Facts(before=same), HOUSE, WEDNESDAY)
    assert message.text.count("Before:") == 1


def test_who_cancelled_is_told_apart_and_money_that_goes_back_is_named():
    about, _ = EVERY["cancelled"]
    by_ada = letter("cancelled", about, Facts(by="organizer", amount=3100), HOUSE, WEDNESDAY)
    by_cleo = letter("cancelled", about, Facts(), HOUSE, WEDNESDAY)
    assert "Ada's Bakery had to cancel" in by_ada.text
    assert "€31.00 goes back" in by_ada.text
    assert "as you wished" in by_cleo.text
    assert "goes back" not in by_cleo.text


@pytest.mark.parametrize(
    ("reason", "words"), [("late", "reached us after"), ("twice", "paid twice"), ("changed", "costs less"), ("cancelled", "was cancelled")]
)
def test_each_refund_is_explained(reason, words):
    message = letter("refunded", EVERY["refunded"][0], Facts(amount=650, reason=reason), HOUSE, WEDNESDAY)
    assert words in plain(message)
    assert "€6.50 goes back to you" in message.subject


def test_an_address_has_its_lines_and_its_country_in_the_readers_words():
    seller = replace(TERMS, seller="Ada's Bakery\n12 Mill  Lane\n10115 Berlin")
    message = letter("confirmed", seen(terms=seller), Facts(), HOUSE, WEDNESDAY)
    assert "\nAda's Bakery\n12 Mill Lane\n10115 Berlin\nDE123456789\n" in message.text
    assert "Bakery<br>12 Mill Lane<br>10115 Berlin<br>DE123456789" in message.html.replace("&#39;", "'")
    home = Address("1 High St", "10115", "Berlin", "DE")
    for language, country in {"en": "Germany", "de": "Deutschland", "fr": "Allemagne", "es": "Alemania"}.items():
        assert f"10115 Berlin\n  {country}\n" in written("confirmed", language, fulfilment="shipping", address=home).text


def test_a_moment_of_another_year_has_its_year():
    message = letter("confirmed", seen(), Facts(), HOUSE, STARTS - timedelta(days=365))
    assert message.subject == "Order confirmed: Bread pickup, Sat 5 Dec 2026 10:00"
    assert "until Fri 4 Dec 2026 10:00" in plain(message)
    offer = waiting_letter("waiting_offer", waiting(offered_until=STARTS), HOUSE, STARTS - timedelta(days=365))
    assert "until Sat 5 Dec 2026 10:00" in offer.text


def test_what_was_paid_and_what_went_back_are_told_apart():
    back = replace(PAID, refunds=(Refund(1, 1, 12, 650, "changed", "requested", WEDNESDAY),))
    message = letter("changed", seen(back, method="stripe", state="paid", total=2450), Facts(amount=650), HOUSE, WEDNESDAY)
    assert "Paid: €31.00\nRefund: €6.50\n" in message.text
    assert "To pay" not in message.text


def test_changes_that_are_no_longer_possible_are_not_promised():
    late = letter("confirmed", seen(), Facts(), HOUSE, STARTS - timedelta(hours=3))
    assert "yourself" not in late.text
    assert "reply to this letter" in late.text
    silent = letter("confirmed", seen(drop=replace(DROP, organizer_email="")), Facts(), HOUSE, STARTS - timedelta(hours=3))
    assert "reply" not in silent.text


def test_what_is_sent_has_an_address_and_no_date_in_the_calendar():
    message = written(
        "confirmed", fulfilment="shipping", address=Address("1 High St", "10115", "Berlin", "DE"), shipping_fee=490, total=3590
    )
    assert "Sent to: Cleo\n  1 High St\n  10115 Berlin\n  Germany" in message.text
    assert "Shipping:  €4.90" in message.text
    assert "By post:  €4.90" in written("confirmed", fulfilment="shipping", shipping="By post", shipping_fee=490).text
    assert "Where" not in message.text
    assert message.calendar == ""


@pytest.mark.parametrize("kind", ["confirmed", "changed", "cancelled", "refunded", "payment_needed", "clearing", "unpaid"])
def test_every_letter_about_what_is_sent_says_where_to(kind):
    told = written(kind, fulfilment="shipping", address=Address("1 High St", "10115", "Berlin", "DE")).text
    assert "Sent to: Cleo\n  1 High St" in told
    assert "Where" not in told


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("confirmed", "REQUEST"),
        ("changed", "REQUEST"),
        ("moved", "REQUEST"),
        ("cancelled", "CANCEL"),
        ("payment_needed", ""),
        ("clearing", ""),
        ("unpaid", ""),
        ("refunded", ""),
    ],
)
def test_the_calendar_follows(kind, method):
    message = written(kind)
    assert message.calendar_method == method
    assert (f"METHOD:{method}\r\n" in message.calendar) == bool(method)


def test_an_order_that_was_never_confirmed_is_not_taken_out_of_a_calendar():
    assert letter("cancelled", seen(method="stripe", state="cancelled"), Facts(), HOUSE, WEDNESDAY).calendar == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_pays_by_bank_debit_reads_how_long_it_is_kept_and_why_it_ended(language):
    words = wording(language)
    told = plain(written("clearing", language))
    assert words.text("It is kept for you meanwhile, until {moment} at the latest.", moment=words.moment(STARTS, SLOT.zone)) in told
    assert words.text("Your payment failed") in written("unpaid", language).subject
    late = letter("unpaid", seen(CLEARING, state="expired", method="stripe", language=language), Facts(), HOUSE, WEDNESDAY)
    assert words.text("Your payment was not here yet when it began, so your order has ended.") in plain(late)
    assert words.text("Your payment failed") not in late.subject


def test_who_cancels_while_a_bank_debit_is_on_its_way_reads_that_it_goes_back():
    told = plain(letter("cancelled", seen(CLEARING, method="stripe", state="cancelled"), Facts(), HOUSE, WEDNESDAY))
    assert "As soon as it is here, it goes back to where it was paid from." in told
    assert "As soon as it is here" not in plain(written("cancelled"))


def test_all_letters_about_an_order_are_one_thread_that_does_not_tell_its_secret():
    threads = {letter(kind, *EVERY[kind], HOUSE, WEDNESDAY).thread for kind in EVERY}
    assert len(threads) == 1
    assert SECRET not in threads.pop()


def test_an_offer_says_until_when_and_leads_to_it():
    message = waiting_letter("waiting_offer", waiting(offered_until=WEDNESDAY + timedelta(hours=2)), HOUSE, WEDNESDAY)
    assert "until Wed 2 Dec 12:00" in message.text
    assert "2 × Country loaf" in message.text
    assert Reader(message.html).links == ["https://shop.example/slots/k3v9q2?offer=secret-of-the-offer"]
    joined = waiting_letter("waiting_joined", waiting(units={}), HOUSE, WEDNESDAY)
    assert "2 places" in joined.text
    assert "offer=" not in joined.text + joined.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_about_a_waiting_list_come_in_every_language(language):
    for kind in ("waiting_offer", "waiting_joined"):
        message = waiting_letter(kind, waiting(language=language, offered_until=STARTS), HOUSE, WEDNESDAY)
        assert f'lang="{language}"' in message.html
        assert ("Hello Cleo" in message.text) == (language == "en")


@given(st.text(), st.text())
def test_nothing_that_people_type_becomes_markup_or_a_header(name, title):
    about = seen(name=name, slot=replace(SLOT, title=title, place=name))
    message = letter("confirmed", about, Facts(), HOUSE, WEDNESDAY)
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    assert Reader(message.html).links == [LINK]
    assert message.html.count("<script") == 0


def test_facts_keep_in_the_outbox():
    facts = Facts(before=BEFORE, by="organizer", amount=12, reason="changed")
    assert read_facts(facts.plain()) == facts
    assert read_facts(Facts().plain()) == Facts()
    assert read_kind("moved") == "moved"
    for rubbish in (
        {},
        {"by": "customer", "amount": "x", "reason": "late"},
        {**facts.plain(), "before": {"title": 1}},
        {**facts.plain(), "before": 3},
    ):
        with pytest.raises(InvalidInput):
            read_facts(rubbish)
    with pytest.raises(InvalidInput):
        read_kind("birthday")


def test_a_day_without_a_time_and_a_moment_without_an_end_read_well():
    day = replace(SLOT, all_day=True, starts_at=STARTS.replace(hour=23) - timedelta(days=1), ends_at=STARTS.replace(hour=23))
    assert "When: Saturday 5 December 2026\n" in letter("confirmed", seen(slot=day), Facts(), HOUSE, WEDNESDAY).text
    moment = replace(SLOT, ends_at=STARTS)
    assert "When: Saturday 5 December 2026, 10:00\n" in letter("confirmed", seen(slot=moment), Facts(), HOUSE, WEDNESDAY).text
    assert ORDER.total == ORDER.totals.gross


@pytest.mark.parametrize(
    ("language", "within", "on_top"),
    [
        ("en", "of which 8.875% tax", "plus 8.875% tax"),
        ("de", "davon 8,875 % Steuer", "zuzüglich 8,875 % Steuer"),
        ("fr", "dont 8,875 % de taxe", "plus 8,875 % de taxe"),
        ("es", "incluye 8,875 % de impuestos", "más 8,875 % de impuestos"),
    ],
)
def test_tax_is_called_the_same_in_a_letter_and_on_the_orders_page(language, within, on_top):
    words = wording(language)
    lines = (replace(LINES[0], tax_rate=8875),)
    for included, name in ((True, within), (False, on_top)):
        assert name in plain(written("confirmed", language, lines=lines, tax_included=included))
        about = seen(lines=lines, tax_included=included)
        assert [" ".join(tax.name.split()) for tax in order_shown(about, words, WEDNESDAY).taxes] == [name]
