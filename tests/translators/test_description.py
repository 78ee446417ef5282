"""A description comes back as it was written, amounts to the last unit; what is wrong is told with line and field."""

import re
import tomllib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from bridge.cli.describe import example_text
from bridge.core.drops import Drop, OfferDraft
from bridge.core.terms import EarlyPrice
from bridge.description import Misdescribed, opened, written
from bridge.description.lines import lines
from bridge.description.writing import as_table
from tests import described

DROP = Drop(1, 1, "ada", "bread", "Bread", timezone="Europe/Berlin")


def read(text, *, currency="EUR", timezone="Europe/Berlin", **further):
    return opened(text.encode(), "bread.toml").read(currency=currency, timezone=timezone, **further)


def told(text, **context):
    with pytest.raises(Misdescribed) as refused:
        read(text, **context)
    return refused.value.sentence.splitlines()


def product(**keys):
    return 'drop = "bread"\n[[products]]\nsku = "LOAF"\n' + "".join(f"{name} = {value}\n" for name, value in keys.items())


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XDR", "XUA", "XBA", "CHW", "CLF", "eur", "Euro", "ZZZ", ""])
def test_what_is_no_money_is_no_currency_and_is_named_with_its_line(code):
    assert told(f'drop = "bread"\ntitle = "Bread"\ncurrency = "{code}"\n') == [
        "bread.toml:3: currency: is not a currency: use an ISO 4217 code such as EUR."
    ]


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY", "KWD", "CHF", "GBP", "XOF", "XAF", "XPF", "XCD", "BGN", "HRK", "DEM"])
def test_money_that_is_or_was_legal_tender_is_a_currency(code):
    assert read(f'drop = "bread"\ncurrency = "{code}"\n').facts["currency"] == code


@given(described.drops(), described.terms())
def test_what_is_written_is_read_as_the_same(drop, terms):
    found = read(written(drop, terms, "main"), currency="XXX", timezone="UTC")
    found = found.with_pictures({})
    assert found.terms == terms
    window = drop.defaults.preorder
    defaults = {"capacity": drop.defaults.capacity, "limit": drop.defaults.limit, "opens": window.opens, "closes": window.closes}
    assert found.defaults == {name: value for name, value in defaults.items() if value is not None}
    assert {name: getattr(drop, name) for name in found.facts} == found.facts
    assert as_table(replace(drop, **found.facts), found.terms) == as_table(drop, terms)


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ('"12.50"', "EUR", 1250),
        ('"12,5"', "EUR", 1250),
        ('"12.50 EUR"', "EUR", 1250),
        ('"EUR 12.50"', "EUR", 1250),
        ("12", "EUR", 1200),
        ("12.5", "EUR", 1250),
        ("12.500", "EUR", 1250),
        ("0.29", "EUR", 29),
        ("1.1e1", "EUR", 1100),
        ("1_000.10", "EUR", 100010),
        ("9999999999.99", "EUR", 999999999999),
        ("1200", "JPY", 1200),
        ("1.250", "KWD", 1250),
        ('"1.250"', "KWD", 1250),
        ("0.001", "KWD", 1),
    ],
)
def test_a_price_is_read_exactly(written, currency, minor):
    assert read(product(price=written), currency=currency).terms.products[0].price == minor


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        ("12.505", "EUR"),
        ('"1.000"', "EUR"),
        ('"1,000"', "KWD"),
        ('"12.50 USD"', "EUR"),
        ('"twelve"', "EUR"),
        ("-1", "EUR"),
        ("nan", "EUR"),
        ("inf", "EUR"),
        ("1e999999999", "EUR"),
        ("1e-999999999", "EUR"),
        ("true", "EUR"),
        ("12.5", "JPY"),
        ("10000000000.01", "EUR"),
        ("[1]", "EUR"),
        ("2026-12-04", "EUR"),
    ],
)
def test_what_is_no_price_is_refused_with_its_line(written, currency):
    (line,) = told(product(price=written), currency=currency)
    assert re.match(r"bread\.toml:4: products\[1\]\.price: (is not a price: write|has more decimals than|must be between 0 and) ", line)


@given(st.integers(0, 10**12), st.sampled_from(described.CURRENCIES))
def test_no_amount_ever_loses_a_unit(minor, currency):
    text = written(replace(DROP, currency=currency), replace(described_terms(), products=(priced(minor),)), "main")
    assert read(text).terms.products[0].price == minor


def described_terms():
    return read('drop = "bread"').terms


def priced(minor):
    return read(product()).terms.products[0].__class__("LOAF", price=minor)


@pytest.mark.parametrize(
    ("written", "rate"), [("7", 7000), ('"7 %"', 7000), ('"19%"', 19000), ("8.875", 8875), ('"8,875 %"', 8875), ("0", 0), ("100", 100_000)]
)
def test_a_tax_rate_is_read_as_people_write_it(written, rate):
    assert read(product(tax=written)).terms.products[0].tax_rate == rate


@pytest.mark.parametrize("written", ["-1", "101", "7.1234", '"seven"', "nan", "1e400", "true", "[]"])
def test_what_is_no_tax_rate_is_refused(written):
    (line,) = told(product(tax=written))
    assert "products[1].tax: is not a tax rate: write a number" in line


def test_a_day_is_meant_from_its_beginning_or_to_its_end_in_the_drops_zone():
    found = read('drop = "bread"\ntimezone = "Europe/Berlin"\n[slots]\nopens = 2026-12-01\ncloses = 2026-12-04', timezone="UTC")
    assert found.defaults == {
        "opens": datetime(2026, 11, 30, 23, tzinfo=UTC),
        "closes": datetime(2026, 12, 4, 23, tzinfo=UTC),
    }
    early = read(product(early='{ price = 1, until = "2026-12-04 18:00" }')).terms.products[0].early
    assert early == EarlyPrice(100, datetime(2026, 12, 4, 17, tzinfo=UTC))


def test_slots_sell_every_product_unless_the_file_says_what():
    assert read(product()).terms.offers == (OfferDraft("LOAF"),)
    assert read("slots.sells = []\n" + product()).terms.offers == ()
    said = 'drop = "bread"\n[slots]\nsells = ["LOAF", { sku = "MUG", allotment = 5, price = 3.50, add_on = true }]'
    assert read(said).terms.offers == (OfferDraft("LOAF"), OfferDraft("MUG", 5, 350, True))


def test_all_that_is_wrong_is_told_at_once_with_line_and_field():
    text = """drop = "bread"
titel = "Bread"
timezone = "Berlin"

[slots]
capacity = "many"
sells = ["LOAF", { sku = "MUG", prise = 3 }]

[[products]]
sku = "LOAF"
price = "8.505"
early = { price = 5 }
[[products]]
name = "Mug"
[[products]]
sku = "LOAF"

[payment]
hold = "2 minutes"
[polices]
"""
    assert told(text) == [
        "bread.toml:2: titel: is not a key we know; did you mean title?",
        "bread.toml:3: timezone: is not a time zone: use an IANA name such as Europe/Berlin.",
        "bread.toml:6: slots.capacity: must be a whole number from 0 to 1000000.",
        "bread.toml:7: slots.sells[2].prise: is not a key we know; did you mean price?",
        'bread.toml:11: products[1].price: is not a price: write it as 12.50 or "12.50 EUR".',
        "bread.toml:12: products[1].early: needs an end: until a moment, for a number of units, or both.",
        "bread.toml:13: products[2]: sku is missing: its SKU at the location.",
        "bread.toml:16: products[3].sku: “LOAF” is listed twice: keep it once.",
        'bread.toml:19: payment.hold: must be a length of time from 3 minutes to 1 hour, such as "1 hour".',
        "bread.toml:20: polices: is not a key we know; did you mean policies?",
    ]


def test_what_nobody_knows_or_cannot_be_meant_is_named():
    text = """drop = "bread"
color = "sparkling"

[[products]]
sku = "LOAF"
price = 8.50
early = { price = 9.00, units = 3 }

[[shipping]]
key = "post"
name = "By post"
countries = ["DE", "XX"]

[payment]
hold = "2 minutes"
methods = ["at_pickup", "bitcoin"]
"""
    assert told(text, fault_of_method=lambda name: f"“{name}” is no way to pay." if name == "bitcoin" else "") == [
        "bread.toml:2: color: is not a colour: write it as #D2691E, or by its name in CSS, such as chocolate.",
        "bread.toml:7: products[1].early.price: is higher than the product's own price: write a lower one.",
        'bread.toml:12: shipping[1].countries: names “XX”, which is no country: use ISO 3166 codes such as "DE".',
        'bread.toml:15: payment.hold: must be a length of time from 3 minutes to 1 hour, such as "1 hour".',
        "bread.toml:16: payment.methods: “bitcoin” is no way to pay.",
    ]


SHIPPING = 'drop = "bread"\n\n[[shipping]]\nkey = "post"\nname = "By post"\n\n[payment]\n'


@pytest.mark.parametrize("payment", ['methods = ["at_pickup"]', 'taxes = "added"'])
def test_shipping_that_nobody_could_pay_for_is_refused_with_its_line(payment):
    (sentence,) = told(SHIPPING + payment)
    assert sentence.startswith("bread.toml:3: shipping[1]: could not be ordered: what is sent is paid first.")
    assert read(SHIPPING + 'methods = ["at_pickup", "stripe"]').terms.shipping
    assert told(SHIPPING + "methods = 1") == ['bread.toml:8: payment.methods: must be a list: write it as ["…", "…"].']


@pytest.mark.parametrize("color", ["", "#D2691E", "#d2691eFF", "tomato", "RebeccaPurple"])
def test_a_colour_is_written_in_digits_or_by_its_name(color):
    assert read(f'drop = "bread"\ncolor = "{color}"').facts["color"] == color


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'drop = "bread"\ntitle = bread\n', "bread.toml:2: Invalid value"),
        (b'drop = "bread"\ntitle = "bread', "bread.toml:2: "),
        (b'drop = "bread"\n\xff', "bread.toml:2: is not UTF-8"),
        (b"x = " + b"[" * 5000, "bread.toml"),
        (b"x = " + b"9" * 5000, "bread.toml"),
        (b"x = 1e99999999999999999999", "bread.toml"),
        (b"#" * 1_000_001, "bread.toml: A description may have at most 1,000,000 bytes"),
        (b"", "bread.toml: drop is missing"),
        (b"drop = 1", "bread.toml:1: drop: must be text"),
        (b'drop = "nul\\u0000x"', "bread.toml:1: drop: holds a NUL, which no text may: leave it out."),
        (b'drop = "x"\ntitle = "nul\\u0000x"', "bread.toml:2: title: holds a NUL"),
        (b'drop = "x"\nopens = 1', "bread.toml:2: opens: belongs to [slots]: write it below that line."),
        (b'drop = "x"\nsells = ["A"]', "bread.toml:2: sells: belongs to [slots]: write it below that line."),
        (b'drop = "x"\nslots = 3\nproducts = 4\nquestions = [1]\npayment = []\nseller = true', "bread.toml:2: slots: must be a table"),
    ],
)
def test_what_is_no_description_is_refused_and_never_a_crash(text, line):
    with pytest.raises(Misdescribed) as refused:
        opened(text, "bread.toml").read(currency="EUR", timezone="UTC")
    assert refused.value.sentence.startswith(line)


@given(st.binary(max_size=200) | st.text(st.sampled_from("[]{}=\"'.,#\n\\ab1 "), max_size=60).map(str.encode))
def test_no_octets_crash_the_reader(text):
    with suppress(Misdescribed):
        opened(text, "x").read(currency="EUR", timezone="UTC")


VALUES = st.recursive(
    st.integers() | st.booleans() | described.TEXT | st.dates() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(described.TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(described.TEXT, VALUES, max_size=5), st.booleans())
def test_every_value_is_on_the_line_that_is_told(table, multiline):
    text = tomli_w.dumps(table, multiline_strings=multiline).replace("\r\n", "\n")
    found = lines(text)
    parts = text.split("\n")
    for path in paths((), tomllib.loads(text)):
        assert path in found
        line = parts[found[path] - 1]
        last = path[-1]
        assert isinstance(last, int) or quoted(last) in line, (path, line)


def quoted(key):
    return tomli_w.dumps({key: 1}).removesuffix(" = 1\n")


def paths(path, value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield (*path, name)
        yield from paths((*path, name), one)


def test_lines_are_found_in_every_shape_that_toml_has():
    text = """a.b = 1 # c
"x.y" = '''
one
''''
[t]   # [no]
k = [ 1,
  { z = "]", 'q' = [
    2, ] }, # "
  \"\"\"a
\\\"\"\" ] \"\"\",
]
[[n.m]]
i = 1
[n.m.o]
i = 2
[[n.m]]
i = 3
[[n.m.p]]
i = 4
"""
    found = lines(text)
    assert found[("a", "b")] == 1
    assert found[("x.y",)] == 2
    assert found[("t",)] == 5
    assert (found[("t", "k", 0)], found[("t", "k", 1, "z")], found[("t", "k", 1, "q", 0)], found[("t", "k", 2)]) == (6, 7, 8, 9)
    assert (found[("n", "m", 0)], found[("n", "m", 0, "i")], found[("n", "m", 0, "o", "i")]) == (12, 13, 15)
    assert (found[("n", "m", 1, "i")], found[("n", "m", 1, "p", 0, "i")]) == (17, 19)
    assert all(path in found for path in paths((), tomllib.loads(text)))


def test_the_example_is_a_description():
    found = read(example_text())
    assert [product.sku for product in found.terms.products] == ["LOAF", "RYE", "TOTE"]
    assert found.terms.hold == timedelta(minutes=5)
    assert found.facts["title"] == "Saturday bread"
