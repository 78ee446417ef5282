"""Who orders: one key for one mailbox, and names as they are kept."""

from unicodedata import normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.core.errors import InvalidInput
from bridge.core.orders import Address, Buyer, checked_email, checked_name, email_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m@bücher.example", "m@xn--bcher-kva.example"),
        ("M+news@BÜCHER.example", "m@XN--BCHER-KVA.example"),
        ("m@bu\u0308cher.example", "m@xn--bcher-kva.example"),
        ("m@straße.example", "m@xn--strae-oqa.example"),
        ("m@παράδειγμα.δοκιμή", "m@xn--hxajbheg2az3al.xn--jxalpdlp"),
        ("m@例え。テスト.example", "m@xn--r8jz45g.xn--zckzah.example"),
        ("m@shop.bücher.example", "m@shop.xn--bcher-kva.example"),
        ("a.b+c@googlemail.com", "ab@GMAIL.com"),
    ],
)
def test_two_spellings_of_one_mailbox_are_one_customer(one, other):
    assert email_key(one) == email_key(other)
    assert email_key(one).isascii()


def test_hosts_that_are_two_in_the_dns_are_two_customers():
    assert email_key("m@straße.example") != email_key("m@strasse.example")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Cleo@Example.org", "cleo@example.org"),
        ("m@xn--abc-.example", "m@xn--abc-.example"),
        ("m@xn--.example", "m@xn--.example"),
        ("m@xn--\u00fc.example", "m@xn--\u00fc.example"),
        ("m@xn--99999999999.example", "m@xn--99999999999.example"),
        (f"m@{'ü' * 60}.example", f"m@{'ü' * 60}.example"),
        (f"m@xn--{'a' * 60}.example", f"m@xn--{'a' * 60}.example"),
        ("m@a..example", "m@a..example"),
        ("m", "@m"),
        ("", "@"),
    ],
)
def test_a_host_that_has_no_ascii_form_of_its_own_stays_as_it_is(address, key):
    assert email_key(address) == key


_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda label: not label.startswith("xn--"))


@given(_LABEL, st.lists(_LABEL, min_size=1, max_size=4))
def test_the_key_of_a_plain_host_is_the_address(local, labels):
    address = f"{local}@{'.'.join(labels)}.example"
    assert email_key(address) == address


@given(st.text(max_size=80))
def test_no_text_is_without_a_key(text):
    assert "@" in email_key(text)


@given(st.text(st.characters(categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=12))
def test_an_address_that_is_taken_has_the_key_of_its_ascii_form(label):
    address = f"m@{label}.example"
    try:
        checked_email(address)
    except InvalidInput:
        assume(False)
    try:
        sent = normalize("NFKC", label).encode("idna").decode()
    except UnicodeError:
        sent = ""
    assume(sent and not {"ß", "ς"} & set(label))
    assert email_key(address) == email_key(f"m@{sent}.example")


@pytest.mark.parametrize("country", ["Narnia", "de", "A" * 150, "D", "DE ", "DE\n", "\uff24\uff25", "Ä1"])
def test_nobody_orders_to_what_can_be_no_country(country):
    with pytest.raises(InvalidInput, match="Choose the country"):
        Buyer("cleo@example.org", "Cleo", address=Address("1 Mill Lane", "12345", "Berlin", country))
    assert Buyer("cleo@example.org", "Cleo", address=Address("1 Mill Lane", "12345", "Berlin", "DE")).address.country == "DE"


@pytest.mark.parametrize("sign", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_nothing_in_a_name_turns_what_is_written_around_it(sign):
    assert checked_name(f"{sign}Cleo {sign} Brun{sign}") == "Cleo Brun"
    assert checked_name(f"{sign}{'a' * 120}{sign}") == "a" * 120
    with pytest.raises(InvalidInput, match="Tell us your name"):
        checked_name(sign * 3)


@pytest.mark.parametrize("name", ["محمد\u200e", "\u200fדָּוִד (David)\u200f", "مهدی\u200cزاده", "क्\u200dष", "👩\u200d🍳", "\u061cعلي"])
def test_names_keep_the_marks_and_joiners_that_they_are_written_with(name):
    assert checked_name(name) == name
