"""Descriptions of drops as hypothesis makes them up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bridge.core.drops import Drop, DropDefaults, OfferDraft, PreorderWindow
from bridge.core.ports_shop import Picture, PictureFile
from bridge.core.terms import EarlyPrice, Product, Question, ShippingOption, Terms

CURRENCIES = ("EUR", "USD", "JPY", "KWD", "CHF")
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
SAID = TEXT.filter(str.strip)
MONEY = st.integers(0, 10**12)
RATES = st.integers(0, 100_000)
DIGESTS = st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), max_size=3, unique=True).map(tuple)
SKUS = SAID
KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))


def spans(least, most):
    return st.integers(least, most).map(lambda seconds: timedelta(seconds=seconds))


def early_prices():
    units = st.integers(1, 1_000_000)
    ends = st.one_of(st.tuples(MOMENTS, st.none()), st.tuples(st.none(), units), st.tuples(MOMENTS, units))
    return st.builds(lambda price, end: EarlyPrice(price, *end), MONEY, ends)


PRODUCTS = st.lists(
    st.builds(
        Product,
        SKUS,
        TEXT,
        TEXT,
        st.none() | MONEY,
        RATES,
        st.none() | early_prices(),
        st.none() | st.integers(1, 99),
        st.integers(0, 9),
        st.booleans(),
        DIGESTS,
    ),
    max_size=4,
    unique_by=lambda product: product.sku,
).map(tuple)
OFFERS = st.lists(
    st.builds(OfferDraft, SKUS, st.none() | st.integers(0, 99), st.none() | MONEY, st.booleans()),
    max_size=3,
    unique_by=lambda offer: offer.sku,
).map(tuple)
SHIPPING = st.lists(
    st.builds(
        ShippingOption,
        KEYS,
        TEXT,
        MONEY,
        RATES,
        st.lists(st.sampled_from(["DE", "AT", "FR", "US", "NZ"]), max_size=3).map(tuple),
        st.booleans(),
        TEXT,
    ),
    max_size=3,
    unique_by=lambda option: option.key,
).map(tuple)


def _sound(terms):
    terms = replace(terms, products=tuple(map(_cheaper_early, terms.products)))
    if terms.shipping and not terms.paid_ahead:
        terms = replace(terms, pays_by=("at_pickup", "stripe"))
    return terms if terms.shipping else replace(terms, has_pickup=True)


def _cheaper_early(product):
    if product.early is None or product.price is None:
        return product
    return replace(product, early=replace(product.early, price=min(product.early.price, product.price)))


def terms():
    return st.builds(
        Terms,
        products=PRODUCTS,
        offers=OFFERS,
        story=TEXT,
        pictures=DIGESTS,
        questions=st.lists(st.builds(Question, TEXT, TEXT), max_size=2).map(tuple),
        has_pickup=st.booleans(),
        pickup=TEXT,
        shipping=SHIPPING,
        pays_by=st.lists(st.sampled_from(["at_pickup", "stripe", "other"]), min_size=1, max_size=3).map(tuple),
        tax_included=st.booleans(),
        hold=spans(180, 3600),
        cancel_until=st.none() | spans(0, 365 * 86_400),
        refund_policy=TEXT,
        waiting_list=st.booleans(),
        offer_lasts=spans(60, 30 * 86_400),
        seller=TEXT,
        tax_id=TEXT,
        activity=spans(60, 30 * 86_400),
        activity_floor=st.integers(0, 100),
    ).map(_sound)


WINDOWS = st.tuples(st.none() | MOMENTS, st.none() | MOMENTS).filter(lambda two: None in two or two[0] < two[1])


def drops():
    defaults = st.builds(
        lambda capacity, window, limit: DropDefaults(capacity, PreorderWindow(*window), limit),
        st.none() | st.integers(0, 1_000_000),
        WINDOWS,
        st.none() | st.integers(1, 99),
    )
    return st.builds(
        lambda **facts: Drop(1, 1, "ada", "bread", **facts),
        title=SAID,
        description=TEXT,
        place=TEXT,
        timezone=st.sampled_from(["UTC", "Europe/Berlin", "Africa/Monrovia", "Asia/Kathmandu", "America/New_York"]),
        currency=st.sampled_from(CURRENCIES),
        language=st.sampled_from(["en", "de", "de-AT", "fr", "es"]),
        color=st.sampled_from(["", "#D2691E", "#d2691eFF", "tomato"]),
        defaults=defaults,
        is_public=st.booleans(),
    )


FILES = (PictureFile(16, "jpg", b"picture"),)


def stored(digest):
    """A picture of this digest."""
    return Picture(digest, 16, 16, "#000000", (("jpg", (16,)),))
