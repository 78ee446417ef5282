"""Settings lines in an event's notes: what organizers write, and what is made of it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.drops import MAX_CAPACITY, OfferDraft, Problem, SlotSettings
from bridge.liveblock_lines import REASONS, SETTINGS
from bridge.notes import drop_defaults, read
from bridge.wording import LANGUAGES, wording

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)
LONG = 100_000


def settings(text: str, language: str = "en", currency: str = "EUR", near: datetime = SATURDAY, zone: ZoneInfo = BERLIN) -> SlotSettings:
    return read(text, zone=zone, language=language, currency=currency, near=near)[0]


def public(text: str, language: str = "en") -> str:
    return read(text, zone=BERLIN, language=language, currency="EUR", near=SATURDAY)[1]


def problems(text: str, language: str = "en", currency: str = "EUR") -> list[tuple[str, str, str]]:
    return [(p.setting, p.written, p.reason) for p in settings(text, language, currency).problems]


def window(value: str, language: str = "en", near: datetime = SATURDAY, zone: ZoneInfo = BERLIN) -> tuple[str, str]:
    """Opening and closing in the zone's own time, ``""`` for an open end."""
    found = settings(f"Preorder: {value}", language, near=near, zone=zone)
    assert found.problems == ()
    assert found.preorder is not None
    ends = (found.preorder.opens, found.preorder.closes)
    return ends[0].astimezone(zone).strftime("%Y-%m-%d %H:%M") if ends[0] else "", (
        ends[1].astimezone(zone).strftime("%Y-%m-%d %H:%M") if ends[1] else ""
    )


ADAS_NOTES = """Fresh from the oven.

Places: 24
Sells: LOAF x20 @ 12.50, BUN, TOTE @ 18 add-on
Preorder: 2 Dec 2026 09:00 - 4 Dec 2026 18:00
Limit: 2 per customer
Pickup: Side door, bring the QR code

Bring a bag."""


def test_adas_notes_become_settings_and_the_public_reads_the_rest() -> None:
    found = settings(ADAS_NOTES)
    assert found.places == 24
    assert found.offers == (OfferDraft("LOAF", 20, 1250), OfferDraft("BUN"), OfferDraft("TOTE", None, 1800, add_on=True))
    assert found.limit == 2
    assert found.pickup == "Side door, bring the QR code"
    assert found.problems == ()
    assert window("2 Dec 2026 09:00 - 4 Dec 2026 18:00") == ("2026-12-02 09:00", "2026-12-04 18:00")
    assert public(ADAS_NOTES) == "Fresh from the oven.\n\nBring a bag."


@pytest.mark.parametrize(
    "line",
    [
        "Places: 24",
        "places:24",
        "  PLACES  :  24  ",
        "Places：24",
        "Places\u00a0:\u00a024",
        "Places: 24 places",
        "Places: 24 seats",
        "- Places: 24",
        "• Places: 24",
        "Places: ２４",
        "Places: 024",
        "\ufeffPlaces: 24\u200b",
        "\u202bPlaces: 24\u202c",
        "\u2067Places\u2069: 24",
        "Place: 24",
        "Places: 24\r",
        "\tPlaces:\t24",
    ],
)
def test_case_blanks_and_keyboards_do_not_matter(line: str) -> None:
    assert settings(line).places == 24
    assert public(line) == ""


@pytest.mark.parametrize(
    ("language", "line"), [("en", "Place: Market square"), ("en", "Place: 12 Mill Lane"), ("de", "Platz: Rathausplatz")]
)
def test_where_it_is_sets_nothing(language: str, line: str) -> None:
    assert settings(line, language) == settings("", language)
    assert public(line, language) == line


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Plätze: 24\nVerkauf: LOAF x20 @ 12,50\nVorbestellung: bis 4. Dezember 18 Uhr\nLimit: 2 pro Kunde\nAbholung: Seitentür"),
        ("fr", "Places : 24\nVente : LOAF x20 @ 12,50\nPrécommande : jusqu’au 4 déc. 18h\nLimite : 2 par client\nRetrait : Seitentür"),
        (
            "es",
            "Plazas: 24\nVenta: LOAF x20 @ 12,50\nReserva: hasta el 4 de diciembre a las 18:00\nLímite: 2 por cliente\nRecogida: Seitentür",
        ),
        ("de", "Places: 24\nSells: LOAF x20 @ 12.50\nPreorder: until 4 December 18:00\nLimit: 2 per customer\nPickup: Seitentür"),
    ],
)
def test_settings_are_written_in_the_drops_language_or_in_english(language: str, text: str) -> None:
    found = settings(text, language)
    assert (found.places, found.limit, found.pickup) == (24, 2, "Seitentür")
    assert found.offers == (OfferDraft("LOAF", 20, 1250),)
    assert found.preorder is not None
    assert found.preorder.closes == datetime(2026, 12, 4, 17, 0, tzinfo=UTC)
    assert found.problems == ()
    assert public(text, language) == ""


@pytest.mark.parametrize(
    "line",
    [
        "Places to see: Berlin",
        "Sells like hot cakes",
        "Pickup",
        "Our places: many",
        "Preordering: easy",
        "http://places:24/",
        "Places 24 of them left",
        "We have 24 places",
        "Place 24",
        "Platz 24",
        "Price: 24",
        "Prices: 24",
        "Pieces: 24",
        "Please: 24",
        "Limited: 24",
        "Cell: 0171234567",
        "Tells: LOAF",
        "Platze: two dozen",
        "Prorder: soon",
        "Sels: like hot cakes",
        "Places 24" + " " * 60 + "24",
    ],
)
def test_ordinary_sentences_are_no_settings(line: str) -> None:
    assert settings(line) == SlotSettings()
    assert public(line) == line


@pytest.mark.parametrize(
    ("language", "line", "setting", "written"),
    [
        ("de", "Platze: 12", "Places", "12"),
        ("de", "- Pläzte: 12", "Places", "12"),
        ("en", "Palces: 12 places", "Places", "12 places"),
        ("en", "Places 24", "Places", "24"),
        ("en", "Places = 24", "Places", "24"),
        ("en", "seats – 24", "Places", "24"),
        ("de", "Plätze 24", "Places", "24"),
        ("en", "Plätze: 24", "Places", "24"),
        ("en", "Plazas: 24", "Places", "24"),
        ("en", "Prorder: until Fri 18:00", "Preorder", "until Fri 18:00"),
        ("en", "Pre order: until Fri 18:00", "Preorder", "until Fri 18:00"),
        ("de", "Vorbestelung: bis Freitag", "Preorder", "bis Freitag"),
        ("fr", "Precomande : jusqu'à vendredi 18 h", "Preorder", "jusqu'à vendredi 18 h"),
        ("en", "Sels: LOAF x20", "Sells", "LOAF x20"),
        ("en", "Limits: 2 per person", "Limit", "2 per person"),
        ("en", "Limit 2", "Limit", "2"),
        ("es", "Recojida: puerta", "Pickup", "puerta"),
    ],
)
def test_what_nearly_is_a_setting_is_pointed_out_and_taken_as_none(language: str, line: str, setting: str, written: str) -> None:
    found = settings(line, language)
    assert found == SlotSettings(hints=(Problem(setting, written, "near-miss"),))
    assert public(f"Hello\n{line}", language) == f"Hello\n{line}"
    assert settings(f"{setting}: {written}", language).problems == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("setting", "value"), [("Places", "12"), ("Sells", "LOAF"), ("Limit", "2"), ("Pickup", "x")])
def test_the_line_that_is_proposed_is_one(language: str, setting: str, value: str) -> None:
    line = f"{wording(language).text(SETTINGS[setting])}: {value}"
    assert settings(line, language).problems == settings(line, language).hints == ()
    assert public(line, language) == ""


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("two dozen", "not-a-whole-number"),
        ("-3", "too-small"),
        ("1e9", "not-a-whole-number"),
        ("12.5 places", "not-a-whole-number"),
        ("1_000", "not-a-whole-number"),
        ("²", "not-a-whole-number"),
        ("1.000", "not-a-whole-number"),
        ("24 loaves and more", "not-a-whole-number"),
        ("1000001", "too-large"),
        ("9" * 300, "too-large"),
        ("", "empty"),
    ],
)
def test_a_number_that_is_none_changes_nothing_and_is_answered(written: str, reason: str) -> None:
    found = settings(f"Places: {written}")
    assert found.places is None
    assert found.mentions("Places")
    assert [problem.reason for problem in found.problems] == [reason]
    assert public(f"Places: {written}") == ""


def test_numbers_are_grouped_as_the_language_does_it() -> None:
    assert settings("Places: 2,000").places == 2000
    assert settings("Places: 2.000", "de").places == 2000
    assert settings("Places: 2\u202f000", "fr").places == 2000
    assert settings(f"Places: {MAX_CAPACITY}").places == MAX_CAPACITY
    assert settings("Places: 0").places == 0


def test_nobody_may_be_limited_to_nothing() -> None:
    assert problems("Limit: 0") == [("Limit", "0", "too-small")]
    assert problems("Places: -5") == [("Places", "-5", "too-small")]


def test_of_two_lines_the_last_one_holds_and_the_organizer_is_told() -> None:
    found = settings("Places: 5\nPlaces: 6")
    assert found.places == 6
    assert [(p.written, p.reason) for p in found.problems] == [("5 / 6", "written-twice")]
    assert settings("Places: 6\nplaces: 6").problems == ()
    assert settings("Places: 6\nPlaces: many").places == 6


@pytest.mark.parametrize(
    ("language", "written", "opens", "closes"),
    [
        ("en", "until 4 Dec 18:00", "", "2026-12-04 18:00"),
        ("en", "from 2 Dec 09:00", "2026-12-02 09:00", ""),
        ("en", "from 2 Dec 09:00 until 4 Dec 18:00", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("en", "4 Dec 2026 18:00 -", "2026-12-04 18:00", ""),
        ("en", "– 4 Dec 18:00", "", "2026-12-04 18:00"),
        ("en", "2026-12-02 - 2026-12-04", "2026-12-02 00:00", "2026-12-05 00:00"),
        ("en", "2026-12-02T09:00/2026-12-04T18:00", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("en", "2026-12-02T09:00:00Z to 2026-12-04T18:00:00+01:00", "2026-12-02 10:00", "2026-12-04 18:00"),
        ("en", "Dec 2 9am — Dec 4, 2026, 6:00 p.m.", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("en", "2nd December at noon until the 4th of December at 18:00", "2026-12-02 12:00", "2026-12-04 18:00"),
        ("en", "until Fri 18:00", "", "2026-12-04 18:00"),
        ("en", "Wed 09:00 - Fri 18:00", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("en", "Wed 2 Dec 09:00 - Fri, 4 Dec 18:00", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("en", "2 Dec 09:00 - 18:00", "2026-12-02 09:00", "2026-12-02 18:00"),
        ("en", "2 - 4 December", "2026-12-02 00:00", "2026-12-05 00:00"),
        ("en", "until 4 Dec 24:00", "", "2026-12-05 00:00"),
        ("en", "until 5 Dec", "", "2026-12-06 00:00"),
        ("en", "until 6 Dec", "", "2025-12-07 00:00"),
        ("en", "4/12/2026 9am - 5/12/2026 6 pm", "2026-12-04 09:00", "2026-12-05 18:00"),
        ("en", "2\u00a0Dec\u00a02026 09:00\u202f–\u202f4 Dec 18:00", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("de", "2. Dez. 9 Uhr – 4. Dezember 2026 18:00", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("de", "Mi 2.12. 9:00 bis Fr. 4.12.26 18.30 Uhr", "2026-12-02 09:00", "2026-12-04 18:30"),
        ("de", "ab 2.12. 9 Uhr", "2026-12-02 09:00", ""),
        ("de", "bis Freitag", "", "2026-12-05 00:00"),
        ("de", "2.–4. Dezember", "2026-12-02 00:00", "2026-12-05 00:00"),
        ("de", "1. März 2026 - 3. Mai 2026", "2026-03-01 00:00", "2026-05-04 00:00"),
        ("fr", "le 2 décembre - le 4 décembre 18h30", "2026-12-02 00:00", "2026-12-04 18:30"),
        ("fr", "du 2 decembre à 9h au 4 décembre à 18 h", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("fr", "à partir du 1er décembre", "2026-12-01 00:00", ""),
        ("fr", "jusqu'à vendredi 18 h", "", "2026-12-04 18:00"),
        ("es", "2 de diciembre de 2026 a las 9:00 hasta el 4 de diciembre a las 18:00", "2026-12-02 09:00", "2026-12-04 18:00"),
        ("es", "mar 1 dic - vie 4 dic", "2026-12-01 00:00", "2026-12-05 00:00"),
        ("es", "del 2 al 4 de diciembre", "2026-12-02 00:00", "2026-12-05 00:00"),
    ],
)
def test_windows_are_read_as_people_write_them(language: str, written: str, opens: str, closes: str) -> None:
    assert window(written, language) == (opens, closes)


def test_numbers_with_slashes_follow_the_country_of_language_or_zone() -> None:
    new_york = ZoneInfo("America/New_York")
    assert window("until 4/12/2026", "en", zone=new_york) == ("", "2026-04-13 00:00")
    assert window("until 4/12/2026", "en-GB", zone=new_york) == ("", "2026-12-05 00:00")
    assert window("until 4/12/2026", "de", zone=new_york) == ("", "2026-12-05 00:00")
    assert window("until 12/24/2026") == ("", "2026-12-25 00:00")


def test_a_date_without_a_year_is_the_nearest_before_the_slot() -> None:
    january = datetime(2027, 1, 9, 9, 0, tzinfo=UTC)
    assert window("28 Dec - 2 Jan", near=january) == ("2026-12-28 00:00", "2027-01-03 00:00")
    assert window("28 Dec 2026 - 2 Jan", near=january) == ("2026-12-28 00:00", "2027-01-03 00:00")
    assert window("until 29 Feb", near=january) == ("", "2024-03-01 00:00")


def test_times_are_those_of_the_zone_also_when_clocks_change() -> None:
    found = settings("Preorder: 24 Oct 2026 09:00 - 25 Oct 2026 09:00").preorder
    assert found is not None
    assert found.opens == datetime(2026, 10, 24, 7, 0, tzinfo=UTC)
    assert found.closes == datetime(2026, 10, 25, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("soon", "not-a-date"),
        ("until tomorrow", "not-a-date"),
        ("until 31 Feb", "not-a-date"),
        ("until 4 Dec 25:00", "not-a-date"),
        ("until 4 Dec 13 pm", "not-a-date"),
        ("until 4 Dec 0001", "not-a-date"),
        ("until 4 Dec 9999", "not-a-date"),
        ("until 4 Dec 18:00 sharp", "not-a-date"),
        ("until 18:00", "not-a-date"),
        ("4", "from-or-until"),
        ("4 Dec 18:00", "from-or-until"),
        ("4 Dec 2026 18:00 - 2 Dec 2026 09:00", "closes-before-it-opens"),
        ("4 Dec 18:00 - 2 Dec 09:00", "closes-before-it-opens"),
        ("4 Dec 18:00 - 09:00", "closes-before-it-opens"),
        ("4 Dec 2026 18:00 - 4 Dec 2026 18:00", "closes-before-it-opens"),
        ("until Thu 4 Dec 2026", "another-weekday"),
        ("2 Dec - 3 Dec - 4 Dec", "not-a-date"),
        ("x" * 500, "too-long"),
    ],
)
def test_a_window_that_is_none_changes_nothing_and_is_answered(written: str, reason: str) -> None:
    found = settings(f"Preorder: {written}")
    assert found.preorder is None
    assert [problem.reason for problem in found.problems] == [reason]


@pytest.mark.parametrize(
    ("language", "currency", "written", "offers"),
    [
        ("en", "EUR", "LOAF", [("LOAF", None, None, False)]),
        ("en", "EUR", "a-b_c.d/9 x 5", [("a-b_c.d/9", 5, None, False)]),
        ("en", "EUR", "4006381333931×3", None),
        ("en", "EUR", "4006381333931 ×3; Brötchen @ €0.5", [("4006381333931", 3, None, False), ("Brötchen", None, 50, False)]),
        (
            "en",
            "EUR",
            "A add-on x5 @ 3, B @ 4 x2, C (add-on), D @ 5 add on",
            [("A", 5, 300, True), ("B", 2, 400, False), ("C", None, None, True), ("D", None, 500, True)],
        ),
        (
            "de",
            "EUR",
            "A @ 12,50, B @ 1.234,50 € Zusatz, C @ 12,D",
            [("A", None, 1250, False), ("B", None, 123450, True), ("C", None, 1200, False), ("D", None, None, False)],
        ),
        ("fr", "EUR", "A @ 12,5 EUR supplément", [("A", None, 1250, True)]),
        ("en", "JPY", "A @ 1,200, B @ ¥300", [("A", None, 1200, False), ("B", None, 300, False)]),
        ("en", "KWD", "A @ 1.250", [("A", None, 1250, False)]),
        ("en", "USD", "A @ $5, B @ US$5, C @ 5 usd", [("A", None, 500, False), ("B", None, 500, False), ("C", None, 500, False)]),
        ("en", "EUR", "A, , B,", [("A", None, None, False), ("B", None, None, False)]),
        ("en", "EUR", "loaf, LOAF", [("loaf", None, None, False), ("LOAF", None, None, False)]),
    ],
)
def test_what_is_sold_is_read_as_people_write_it(
    language: str, currency: str, written: str, offers: list[tuple[str, int | None, int | None, bool]] | None
) -> None:
    found = settings(f"Sells: {written}", language, currency)
    assert found.offers == (None if offers is None else tuple(OfferDraft(*offer) for offer in offers))
    assert bool(found.problems) == (offers is None)


@pytest.mark.parametrize(
    ("written", "quoted", "reason"),
    [
        ("LOAF, BUN, LOAF x3", "LOAF", "sold-twice"),
        ("LOAF, like hot cakes", "like hot cakes", "not-an-offer"),
        ("LOAF @ 12.505", "LOAF @ 12.505", "not-a-price"),
        ("LOAF @ free", "LOAF @ free", "not-a-price"),
        ("LOAF @ -3", "LOAF @ -3", "not-a-price"),
        ("LOAF @ $3", "LOAF @ $3", "another-currency"),
        ("LOAF @ 3 CHF", "LOAF @ 3 CHF", "another-currency"),
        ("LOAF x9999999", "LOAF x9999999", "too-large"),
        ("LOAF xtwo", "LOAF xtwo", "not-an-offer"),
        ("LOAF x2 x3", "LOAF x2 x3", "not-an-offer"),
        ("LOAF x-2", "LOAF x-2", "not-an-offer"),
        ("@ 3", "@ 3", "not-an-offer"),
        (",", ",", "not-an-offer"),
        ("LOAF @ 999999999999", "LOAF @ 999999999999", "too-large"),
    ],
)
def test_an_offer_that_is_none_leaves_the_whole_line_out_and_is_quoted(written: str, quoted: str, reason: str) -> None:
    assert settings(f"Sells: {written}").offers is None
    assert problems(f"Sells: {written}") == [("Sells", quoted, reason)]


def test_pickup_is_any_text_and_an_empty_one_is_answered() -> None:
    assert settings("Pickup: Ring at: “Ada”, 2nd floor").pickup == "Ring at: “Ada”, 2nd floor"
    assert problems("Pickup:") == [("Pickup", "", "empty")]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028"])
def test_every_kind_of_line_break_ends_a_line(newline: str) -> None:
    text = newline.join(("Hello", "", "Places: 5", "Limit: 2", "", "Bye"))
    found, rest = read(text, zone=BERLIN, language="en", currency="EUR", near=SATURDAY)
    assert (found.places, found.limit) == (5, 2)
    assert rest == "Hello\n\nBye"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Places: 5\n\nHello", "Hello"),
        ("Hello\n\n\nPlaces: 5", "Hello"),
        ("Hello\nPlaces: 5\nBye", "Hello\nBye"),
        ("Hello\n\nPlaces: 5\n\nBye", "Hello\n\nBye"),
        ("  indented\n\n\nfar below", "  indented\n\n\nfar below"),
    ],
)
def test_blank_lines_are_tidied_only_where_a_setting_was(text: str, rest: str) -> None:
    assert public(text) == rest


def test_a_calendars_description_holds_defaults_for_all_its_events() -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    found = drop_defaults(
        "Bread on Saturdays.\nPlaces: 24\nPreorder: until 4 Dec 18:00", zone=BERLIN, language="en", currency="EUR", now=now
    )
    assert found.places == 24
    assert found.preorder is not None
    assert found.preorder.closes == datetime(2026, 12, 4, 17, 0, tzinfo=UTC)


NAMES = ("Places", "Sells", "Preorder", "Limit", "Pickup", "Plätze", "Verkauf", "Reserva", "Retrait")
WORDS = [
    "2",
    "4",
    "12",
    "Dec",
    "Fri",
    "-",
    "until",
    "from",
    "18:00",
    "2026",
    ".",
    "/",
    "at",
    "T",
    "31",
    "00",
    "24",
    "+19:59",
    "Z",
    "à",
    "@",
    "x20",
    ",",
    "LOAF",
    "5",
    "add-on",
    "€",
]
VALUES = st.one_of(
    st.text(max_size=60),
    st.integers().map(str),
    st.lists(
        st.sampled_from(
            ["2", "4", "Dec", "Fri", "-", "until", "18:00", "2026", ".", "/", "at", "T", "31", "00", "à", "@", "x20", ",", "LOAF"]
        ),
        max_size=12,
    ).map(" ".join),
)
LINES = st.one_of(st.text(max_size=60), st.builds("{}: {}".format, st.sampled_from(NAMES), VALUES))
TEXTS = st.lists(LINES, max_size=12).map("\n".join)
NEAR = st.datetimes(timezones=st.just(UTC))


@given(TEXTS, st.sampled_from(["en", "de", "fr", "es", "xx"]), st.sampled_from(["EUR", "JPY", "KWD"]), NEAR)
def test_whatever_is_written_is_read_or_answered(text: str, language: str, currency: str, near: datetime) -> None:
    found, rest = read(text, zone=BERLIN, language=language, currency=currency, near=near)
    assert all(problem.reason in REASONS and len(problem.written) <= 60 for problem in found.problems)
    assert found.places is None or 0 <= found.places <= MAX_CAPACITY
    if found.preorder and found.preorder.opens and found.preorder.closes:
        assert found.preorder.opens < found.preorder.closes
    again, still = read(rest, zone=BERLIN, language=language, currency=currency, near=near)
    assert still == rest
    assert again.is_silent
    assert all(hint.reason == "near-miss" and len(hint.written) <= 60 for hint in (*found.hints, *again.hints))
    assert set(found.hints) <= set(again.hints) or len(again.hints) == 20


SLIPS = st.sampled_from([*NAMES, "Platze", "Prorder", "Limits"])


@given(SLIPS, st.sampled_from(["", " ", ":", ": ", " = ", " – "]), VALUES, st.sampled_from(LANGUAGES))
def test_a_near_miss_is_for_everyone_to_read(name: str, between: str, value: str, language: str) -> None:
    line = f"{name}{between}{value}"
    found, rest = read(line, zone=BERLIN, language=language, currency="EUR", near=SATURDAY)
    if found.hints:
        assert found == SlotSettings(hints=found.hints)
        assert rest == line


@given(st.lists(st.tuples(st.text(st.characters(exclude_characters=":：\r\n\u2028\u2029"), max_size=40), st.booleans()), max_size=10))
def test_the_public_reads_every_line_that_is_no_setting(written: list[tuple[str, bool]]) -> None:
    text = "\n".join(f"{words}\nPlaces: 3" if followed else words for words, followed in written)
    assert [line for line in public(text).split("\n") if line.strip()] == [words for words, _ in written if words.strip()]


@pytest.mark.parametrize(
    "text",
    [
        "Places: " + "1 " * LONG,
        "Places: " + "9" * LONG,
        "Sells: " + "A @ " * LONG,
        "Sells: " + "A," * LONG,
        "Sells: " + "A" * LONG,
        "Preorder: " + "2 Dec " * LONG,
        "Preorder: " + "-" * LONG,
        "Limit: " + " " * LONG + "x",
        "Pickup: " + "x" * LONG,
        "Places" + " " * LONG + ": 3",
        ":" * LONG,
        "Places:" * LONG,
        "Places: x\n" * (LONG // 10),
        "Preorder: Dec Fri a . Dec Fri a .\n" * (LONG // 30),
        "Places " + "9" * LONG,
        "Platze: 12\n" * (LONG // 10),
    ],
    ids=lambda text: text[:14],
)
def test_endless_lines_are_answered_without_being_quoted_in_full(text: str) -> None:
    found = settings(text)
    assert (found.places, found.offers, found.preorder, found.limit, found.pickup) == (None,) * 5
    assert len(found.problems) <= 20
    assert all(len(problem.written) <= 60 for problem in found.problems)
