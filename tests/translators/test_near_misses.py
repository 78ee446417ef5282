"""Lines that nearly are settings: each is pointed out whatever else is written, and no sentence ever is."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.drops import Problem, SlotSettings
from bridge.liveblock_lines import REASONS
from bridge.notes import read
from bridge.wording import LANGUAGES
from bridge.written_names import MEANT, NAMES
from bridge.written_near import _folded
from bridge.written_prose import _WORDS

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)
RIGHT = {"Places": "24", "Sells": "LOAF x20", "Preorder": "2026-12-02 - 2026-12-04", "Limit": "2", "Pickup": "Side door"}
OTHER = {"Places": "3", "Sells": "BUN x5 @ 2", "Preorder": "2026-12-03 - 2026-12-04", "Limit": "1", "Pickup": "Back door"}
SLIPS: dict[str, Callable[[str], str]] = {
    "a wrong letter": lambda name: f"{name[:2]}q{name[3:]}",
    "a wrong first letter": lambda name: f"q{name[1:]}",
    "swapped letters": lambda name: f"{name[1]}{name[0]}{name[2:]}",
    "a letter too many": lambda name: f"{name[:2]}q{name[2:]}",
    "a letter too few": lambda name: f"{name[:3]}{name[4:]}",
}


def settings(text: str, language: str = "en") -> SlotSettings:
    return read(text, zone=BERLIN, language=language, currency="EUR", near=SATURDAY)[0]


def public(text: str, language: str = "en") -> str:
    return read(text, zone=BERLIN, language=language, currency="EUR", near=SATURDAY)[1]


def near_misses(language: str) -> list[tuple[str, str, str]]:
    """Setting, near miss and value, of every kind that the manual promises."""
    own = [(setting, name) for spoken in dict.fromkeys((language, "en")) for setting, some in NAMES[spoken].items() for name in some]
    known = {_folded(name) for _, name in own}
    found = [
        (setting, f"{slip(name).capitalize()}:")
        for setting, name in own
        for slip in SLIPS.values()
        if name.isalpha() and len(name) > 4 and _folded(slip(name)) not in known | _WORDS["en"] | _WORDS[language]
    ]
    foreign = [pair for spoken in LANGUAGES for pair in NAMES[spoken].items()] + list(MEANT.items())
    found += [(setting, f"{name.capitalize()}{colon}") for setting, some in foreign for name in some for colon in (":", " :", "\u00a0:")]
    found += [(setting, name.capitalize()) for setting, name in own if setting != "Pickup" and name.isalpha()]
    found += [(setting, f"{_folded(name).capitalize()}:") for setting, name in own if _folded(name) != name and name.isalpha()]
    found = [(setting, line) for setting, line in found if public(f"{line} {OTHER[setting]}", language)]
    return [(setting, line, OTHER[setting]) for setting, line in dict.fromkeys(found) if line not in ("Place", "Platz", "Plaza")]


@pytest.mark.parametrize("beside", ["nothing", "another line", "its own line", "its own line, wrong"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_near_miss_that_the_manual_promises_is_pointed_out_whatever_stands_beside_it(language: str, beside: str) -> None:
    missed = []
    cases = near_misses(language)
    assert {setting for setting, _, _ in cases} == set(RIGHT)
    for setting, name, value in cases:
        other = "Limit" if setting == "Places" else "Places"
        lines = {
            "nothing": "Bring a bag",
            "another line": f"{other}: {RIGHT[other]}",
            "its own line": f"{setting}: {RIGHT[setting]}",
            "its own line, wrong": f"{setting}:",
        }
        text = f"{lines[beside]}\n{name} {value}"
        if settings(text, language).hints != (Problem(setting, value, "near-miss"),):
            missed.append((text, settings(text, language).hints))
        assert public(text, language).endswith(f"{name} {value}")
    assert missed == []


@pytest.mark.parametrize(
    ("language", "line", "setting", "written"),
    [
        ("en", "Plätze: 3", "Places", "3"),
        ("en", "Pla\u0308tze: 3", "Places", "3"),
        ("en", "Limt: 2", "Limit", "2"),
        ("en", "Lugares: 3", "Places", "3"),
        ("fr", "Lugares: 3", "Places", "3"),
        ("de", "Capacité : 3", "Places", "3"),
        ("en", "Preorder until Fri 18:00", "Preorder", "until Fri 18:00"),
        ("en", "Pre-order - from 2 Dec", "Preorder", "from 2 Dec"),
        ("de", "Vorbestellung bis Freitag 18 Uhr", "Preorder", "bis Freitag 18 Uhr"),
        ("fr", "Précommande jusqu’à vendredi 18 h", "Preorder", "jusqu’à vendredi 18 h"),
        ("es", "Reserva hasta el viernes", "Preorder", "hasta el viernes"),
        ("en", "Sells LOAF x20 @ 12.50, BUN", "Sells", "LOAF x20 @ 12.50, BUN"),
        ("de", "Verkauf = LOAF @ 12,50", "Sells", "LOAF @ 12,50"),
        ("en", "Places, 30", "Places", "30"),
    ],
)
def test_near_misses_beside_a_right_line(language: str, line: str, setting: str, written: str) -> None:
    found = settings(f"Places: 24\n{line}", language)
    assert found.places == 24
    assert found.hints == (Problem(setting, written, "near-miss"),)


def test_a_name_is_read_however_its_accents_are_typed() -> None:
    assert settings("Pla\u0308tze: 3", "de").places == 3
    assert settings("Precommande : jusqu’au 4 déc.".replace("Pre", "Pre\u0301"), "fr").preorder is not None


def test_of_several_wrong_lines_each_is_pointed_out() -> None:
    text = "Plätze: 24\nSels: LOAF x20\nProrder: until Fri 18:00\nLimt: 2\nPikup: Side door"
    assert [hint.setting for hint in settings(text).hints] == ["Places", "Sells", "Preorder", "Limit", "Pickup"]
    assert [hint.written for hint in settings("\n".join(f"Places {n}" for n in range(1, 40))).hints] == [str(n) for n in range(1, 21)]


def test_a_long_line_is_pointed_out_and_quoted_from_its_beginning() -> None:
    found = settings("Places: 24\nSels: LOAF x20 @ 12.50, BUN x30 @ 2.50, TOTE @ 18 add-on, MUG x12 @ 9")
    assert [(hint.setting, hint.written) for hint in found.hints] == [
        ("Sells", "LOAF x20 @ 12.50, BUN x30 @ 2.50, TOTE @ 18 add-on, MUG x12…")
    ]


@pytest.mark.parametrize(
    "line", ["Places: 24\nPlätze: 24", "Places: 24\nPlaces 24 people", "Preorder: until Fri 18:00\nPreorder until Fri 18:00"]
)
def test_what_holds_already_is_not_asked_about(line: str) -> None:
    assert settings(line).hints == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "line",
    [
        "Note: bring a bag",
        "Time: 9",
        "Plats du jour: soupe",
        "Plates: 24",
        "Planes: 3",
        "Paces: 3",
        "Races: 3",
        "Seat: 14",
        "Stats: 3",
        "Shells: BLUE, RED",
        "Wells: Somerset",
        "Spelling: Anna",
        "Tells: LOAF",
        "Sales: 30",
        "Price: 12",
        "Prix : 12",
        "Preis: 12",
        "Precio: 12",
        "Date: 2026-12-02 - 2026-12-04",
        "Open: until Fri 18:00",
        "Tel: 0171234567",
        "Contact: Anna",
        "Ort: Markt",
        "Lieu : marché",
        "Menu: soup, bread",
        "Allergens: wheat x2",
        "Pickup only",
        "Pickup at the side door",
        "Preorder by mail",
        "Preorders are welcome until we are sold out",
        "Sells out fast",
        "Sells bread, cakes",
        "Limit your waste to 2 bags",
        "Places are few",
        "Palces: as many as you like",
        "Limt: your waste",
        "See you on Saturday: 9 to 12",
    ],
)
def test_sentences_are_not_asked_about(language: str, line: str) -> None:
    assert settings(line, language) == SlotSettings()
    assert settings(f"Places: 24\n{line}", language) == SlotSettings(places=24)
    assert public(line, language) == line


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("de", "Verkäufer: Anna"),
        ("de", "Verlauf: Regen"),
        ("de", "Vorstellung: 4. Dez. 18:00 - 20:00"),
        ("de", "Abholer: Anna"),
        ("de", "Pläne: viele"),
        ("fr", "Plages : 3"),
        ("fr", "Retraite : samedi"),
        ("fr", "Vents : NW"),
        ("fr", "Venue : Paris"),
        ("fr", "Glaces : 12"),
        ("es", "Playas: 3"),
        ("es", "Verde: BAG"),
        ("es", "Plazo: 3"),
        ("es", "Renta: BARCO"),
    ],
)
def test_words_of_a_language_that_are_near_a_name_are_not_asked_about(language: str, line: str) -> None:
    assert settings(line, language) == SlotSettings()
    assert settings(f"Places: 24\n{line}", language) == SlotSettings(places=24)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_its_own_is_taken_for_a_slip_of_a_name(language: str) -> None:
    for word in _WORDS[language] | _WORDS["en"]:
        for value in OTHER.values():
            assert settings(f"{word.capitalize()}: {value}", language) == SlotSettings(), word


# What is bad in a line of offers


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_bad_entry_of_a_line_is_named_once(language: str) -> None:
    found = settings("Sells: BREAD @ abc, CAKE x, 3x, BUN, LOAF @ abc, CAKE x; BUN x2, BUN x3", language)
    assert found.offers is None
    assert [(problem.written, problem.reason) for problem in found.problems] == [
        ("BREAD @ abc", "not-a-price"),
        ("CAKE x", "not-an-offer"),
        ("3x", "not-an-offer"),
        ("LOAF @ abc", "not-a-price"),
        ("BUN", "sold-twice"),
    ]


def test_a_comma_inside_a_bad_price_begins_no_entry() -> None:
    found = settings("Verkauf: LOAF @ 12,505, BUN @ 1,50 Dollar, CAKE x", "de")
    assert [problem.written for problem in found.problems] == ["LOAF @ 12,505", "BUN @ 1,50 Dollar", "CAKE x"]


def test_many_bad_entries_hide_no_other_line() -> None:
    found = settings("Sells: " + ", ".join(f"A{n} x" for n in range(50)) + "\nPlaces: many\nLimit: none")
    assert len(found.problems) == 20
    assert found.mentions("Sells")
    assert found.mentions("Places")
    assert found.mentions("Limit")


GOOD = ("LOAF", "BUN x3", "TOTE @ 18 add-on", "MUG @ 2.50", "TEA x2 @ 4")
BAD = {"BREAD @ abc": "not-a-price", "CAKE x": "not-an-offer", "3x": "not-an-offer", "PIE @ $4": "another-currency", "? x2": "not-an-offer",
       "JAM x9999999": "too-large", "RYE @ -1": "not-a-price", "OAT x2 x2": "not-an-offer"}  # fmt: skip


@given(
    st.lists(st.sampled_from([*GOOD, *BAD]), unique=True, min_size=1),
    st.sampled_from([", ", " ; ", ", , "]),
    st.sampled_from(LANGUAGES),
)
def test_of_any_line_of_offers_the_bad_ones_are_named_in_order(entries: list[str], between: str, language: str) -> None:
    found = settings(f"Sells: {between.join(entries)}", language)
    assert [(problem.written, problem.reason) for problem in found.problems] == [(bad, BAD[bad]) for bad in entries if bad in BAD]
    assert (found.offers is None) == bool(found.problems)


VALUES = st.one_of(
    st.text(max_size=40), st.sampled_from([*OTHER.values(), *RIGHT.values(), "x", "many", "@ @", "3x, 4x", "until Fri 18:00"])
)
WORDS = st.sampled_from(
    [name for some in NAMES.values() for names in some.values() for name in names] + ["Limt", "Sels", "Prorder", "Lugares", "Note"]
)
LINES = st.one_of(st.text(max_size=60), st.tuples(WORDS, st.sampled_from([":", " : ", "\uff1a", " ", "=", " – ", ""]), VALUES).map("".join))


def lines_of(text: str) -> list[str]:
    return [
        line
        for line in text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").split("\n")
        if line.strip()
    ]


@given(st.lists(LINES, max_size=10).map("\n".join), st.sampled_from([*LANGUAGES, "xx", ""]), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_whatever_is_typed_is_read_or_answered_or_public(text: str, language: str, currency: str) -> None:
    found, rest = read(text, zone=BERLIN, language=language, currency=currency, near=SATURDAY)
    still = lines_of(rest)
    for line in lines_of(text):
        if still[:1] == [line]:
            del still[0]
        else:
            alone, nothing = read(line, zone=BERLIN, language=language, currency=currency, near=SATURDAY)
            assert nothing == ""
            assert not alone.is_silent
            assert {problem.setting for problem in alone.problems} <= {problem.setting for problem in found.problems}
    assert still == []
    assert all(problem.reason in REASONS and len(problem.written) <= 60 for problem in found.problems)
    assert all(hint.reason == "near-miss" and len(hint.written) <= 60 for hint in found.hints)
