"""Prices, early bird, sums and taxes: rules that hold whatever is sold, and the receipts of the manual, which were worked out by hand."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.drops import Offer
from bridge.core.pricing import Amount, Tier, early_left, price_of, sum_of, tax_on, tiers, totals
from bridge.core.terms import EarlyPrice, Product
from bridge.wording import LANGUAGES, minor_digits, wording
from bridge.written import Unreadable
from bridge.written_offers import read_offers

MANUAL = Path(__file__).parent.parent.parent / "docs" / "shops.md"
FRIDAY = datetime(2026, 12, 4, 17, tzinfo=UTC)
BEFORE = FRIDAY - timedelta(microseconds=1)
PRICES = st.integers(0, 10**12)
RATES = st.sampled_from([0, 1, 2500, 5500, 7000, 8875, 19_000, 20_000, 99_999, 100_000]) | st.integers(0, 100_000)
AMOUNTS = st.lists(st.builds(Amount, st.integers(-(10**12), 10**12), RATES), max_size=8)
UNITS = st.integers(0, 1000)


def product(price=850):
    return Product("LOAF", price=price)


def exact(amount, rate, *, included):
    """The tax to the last digit, by the definition."""
    return Fraction(amount) * rate / (100_000 + rate if included else 100_000)


# Prices


def test_the_slots_own_price_comes_before_the_products_and_nobodys_is_nought():
    assert price_of(Offer("LOAF", price=900), product()) == 900
    assert price_of(Offer("LOAF"), product()) == 850
    assert price_of(Offer("LOAF", price=0), product()) == 0
    assert price_of(Offer("LOAF"), product(None)) == price_of(Offer("LOAF"), None) == 0


def test_an_early_price_ends_at_its_moment():
    early = Product("LOAF", price=850, early=EarlyPrice(700, FRIDAY))
    assert tiers(Offer("LOAF"), early, 3, BEFORE) == (Tier(3, 700),)
    assert tiers(Offer("LOAF"), early, 3, FRIDAY) == (Tier(3, 850),)


def test_the_first_units_of_a_slot_are_cheaper_and_one_order_may_straddle_the_end():
    early = Product("LOAF", price=850, early=EarlyPrice(700, units=10))
    assert tiers(Offer("LOAF", claimed=8), early, 5, FRIDAY) == (Tier(2, 700), Tier(3, 850))
    assert sum_of(tiers(Offer("LOAF", claimed=8), early, 5, FRIDAY)) == 3950
    assert tiers(Offer("LOAF", claimed=10), early, 5, FRIDAY) == (Tier(5, 850),)
    assert tiers(Offer("LOAF", claimed=12), early, 5, FRIDAY) == (Tier(5, 850),)


def test_of_two_ends_the_first_one_counts():
    early = Product("LOAF", price=850, early=EarlyPrice(700, FRIDAY, 10))
    assert tiers(Offer("LOAF", claimed=8), early, 5, BEFORE) == (Tier(2, 700), Tier(3, 850))
    assert tiers(Offer("LOAF", claimed=8), early, 5, FRIDAY) == (Tier(5, 850),)


def test_what_somebody_holds_already_does_not_use_up_their_own_early_units():
    early = Product("LOAF", price=850, early=EarlyPrice(700, units=10))
    assert tiers(Offer("LOAF", claimed=10), early, 2, FRIDAY, sold=8) == (Tier(2, 700),)


@given(PRICES, PRICES, st.none() | UNITS, UNITS, UNITS, st.booleans())
def test_early_units_come_first_are_never_dearer_and_no_unit_is_lost(price, lower, first, sold, units, over):
    early = EarlyPrice(lower, FRIDAY, first)
    found = tiers(Offer("LOAF", claimed=sold), Product("LOAF", price=price, early=early), units, FRIDAY if over else BEFORE)
    assert sum(tier.units for tier in found) == units
    assert all(tier.units > 0 for tier in found)
    assert [tier.price for tier in found] == sorted({tier.price for tier in found})
    assert sum_of(found) <= units * price
    cheap = sum(tier.units for tier in found if tier.price < price)
    assert cheap <= (units if first is None else max(0, first - sold))
    assert not (over and cheap)


@given(PRICES, PRICES, UNITS, st.lists(st.integers(1, 20), max_size=8))
def test_one_after_another_customers_pay_what_one_would_who_took_it_all(price, lower, first, orders):
    sold, paid = 0, 0
    offered = Product("LOAF", price=price, early=EarlyPrice(lower, units=first))
    for units in orders:
        paid += sum_of(tiers(Offer("LOAF", claimed=sold), offered, units, FRIDAY))
        sold += units
    assert paid == sum_of(tiers(Offer("LOAF"), offered, sold, FRIDAY))


def test_no_early_price_is_left_when_there_is_none():
    assert early_left(None, 0, FRIDAY) == 0
    assert early_left(EarlyPrice(1, FRIDAY), 99, BEFORE) is None


# Taxes


@given(st.integers(-(10**12), 10**12), RATES, st.booleans())
def test_a_tax_is_rounded_to_the_nearest_unit_halves_away_from_zero(amount, rate, included):
    tax, true = tax_on(amount, rate, included=included), exact(amount, rate, included=included)
    assert abs(tax - true) <= Fraction(1, 2)
    if abs(tax - true) == Fraction(1, 2):
        assert abs(tax) > abs(true)
    assert tax_on(-amount, rate, included=included) == -tax


@given(st.integers(-(10**9), 10**9), RATES)
def test_a_tax_on_top_is_what_the_schoolbook_says(amount, rate):
    by_hand = (Decimal(amount) * rate / 100_000).quantize(Decimal(1), ROUND_HALF_UP)
    assert tax_on(amount, rate, included=False) == by_hand


@pytest.mark.parametrize(
    ("amount", "rate", "included", "tax"),
    [
        (50, 1000, False, 1),
        (49, 1000, False, 0),
        (-50, 1000, False, -1),
        (150, 1000, False, 2),
        (3, 100_000, True, 2),
        (-3, 100_000, True, -2),
    ],
)
def test_halves_go_away_from_zero(amount, rate, included, tax):
    assert tax_on(amount, rate, included=included) == tax


@given(AMOUNTS, st.booleans())
def test_net_and_tax_are_always_what_is_paid(amounts, included):
    found = totals(amounts, included=included)
    assert found.net + found.tax == found.gross
    assert found.net == sum(net for _, net, _ in found.taxes)
    assert found.tax == sum(tax for _, _, tax in found.taxes)
    told = sum(amount for amount, _ in amounts)
    assert (found.gross if included else found.net) == told


@given(AMOUNTS, st.booleans(), st.randoms())
def test_the_order_of_lines_does_not_matter(amounts, included, chance):
    shuffled = list(amounts)
    chance.shuffle(shuffled)
    assert totals(shuffled, included=included) == totals(amounts, included=included)


@given(AMOUNTS.filter(bool), st.integers(-(10**9), 10**9), st.booleans())
def test_one_line_written_as_two_of_the_same_rate_costs_the_same(amounts, part, included):
    (amount, rate), *others = amounts
    split = [Amount(part, rate), *others, Amount(amount - part, rate)]
    assert totals(split, included=included) == totals(amounts, included=included)


@given(AMOUNTS, st.booleans())
def test_each_rate_is_there_once_the_highest_first(amounts, included):
    rates = [rate for rate, _, _ in totals(amounts, included=included).taxes]
    assert rates == sorted({rate for _, rate in amounts}, reverse=True)


@given(AMOUNTS, st.booleans())
def test_a_refund_of_everything_is_the_order_turned_round(amounts, included):
    paid = totals(amounts, included=included)
    back = totals([Amount(-amount, rate) for amount, rate in amounts], included=included)
    assert (back.net, back.tax, back.gross) == (-paid.net, -paid.tax, -paid.gross)


def test_nothing_costs_nothing():
    assert totals([], included=True).gross == 0


# Money in words


@pytest.mark.parametrize(
    ("currency", "minor", "said"),
    [
        ("EUR", 1250, "€12.50"),
        ("EUR", 5, "€0.05"),
        ("JPY", 1250, "¥1,250"),
        ("KWD", 1250, "KWD 1.250"),
        ("KWD", 1, "KWD 0.001"),
        ("USD", 100_000_000_001, "$1,000,000,000.01"),
    ],
)
def test_money_is_said_with_as_many_decimals_as_the_currency_has(currency, minor, said):
    assert wording("en").money(minor, currency).replace("\xa0", " ") == said


@given(st.integers(0, 99_999_999_999), st.sampled_from(["EUR", "JPY", "KWD", "CHF"]), st.sampled_from(LANGUAGES))
def test_a_price_that_is_written_plainly_is_read_as_what_it_is(minor, currency, language):
    digits = minor_digits(currency)
    plain = f"{Decimal(minor).scaleb(-digits):f}"
    comma = plain.replace(".", ",") if language != "en" else plain
    try:
        (offer,) = read_offers(f"LOAF @ {comma}", language=language, currency=currency)
    except Unreadable:
        pytest.fail(f"{comma} {currency} is not read in {language}")
    assert offer.price == minor


@pytest.mark.parametrize(("written", "currency"), [("12.5", "JPY"), ("12.505", "EUR"), ("1.2345", "KWD")])
def test_a_price_finer_than_the_currency_is_not_rounded_but_refused(written, currency):
    with pytest.raises(Unreadable):
        read_offers(f"LOAF @ {written}", language="en", currency=currency)


# The manual


def receipts():
    """The tables of the manual below "Receipts worked out by hand": each a list of (what, cells)."""
    text = MANUAL.read_text(encoding="utf-8").split("### Receipts worked out by hand")[1].split("\n## ")[0]
    for part in text.split("\n**")[1:]:
        title = part.partition("**")[0]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
        yield title, rows[2:]


def amount(cell, currency):
    return int(Decimal(cell.replace(" ", "")).scaleb(minor_digits(currency)))


@pytest.mark.parametrize(("title", "rows"), [pytest.param(title, rows, id=title) for title, rows in receipts()])
def test_a_receipt_of_the_manual_is_right(title, rows):
    currency = re.search(r"\b(EUR|USD|JPY|KWD)\b", title)[1]
    included = "included" in title
    lines, taxes, sums = [], {}, {}
    for what, units, price, rate, total in rows:
        if units:
            assert int(units) * amount(price, currency) == amount(total, currency), what
            lines.append(Amount(amount(total, currency), int(Decimal(rate.removesuffix(" %")) * 1000)))
        elif rate:
            taxes[int(Decimal(rate.removesuffix(" %")) * 1000)] = amount(total, currency)
        else:
            sums[what] = amount(total, currency)
    found = totals(lines, included=included)
    assert {rate: tax for rate, _, tax in found.taxes} == taxes
    assert sums == {"net": found.net, "**to pay**": found.gross}


def test_the_manual_has_receipts_of_both_kinds_and_all_decimals():
    titles = " ".join(title for title, _ in receipts())
    assert all(said in titles for said in ("included", "added", "JPY", "KWD", "EUR"))
