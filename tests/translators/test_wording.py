"""Words in the reader's language."""

import ast
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

import bridge
from bridge.wording import LANGUAGES, minor_digits, wording

BERLIN = ZoneInfo("Europe/Berlin")
CLOSES = datetime(2026, 12, 4, 17, 0, tzinfo=UTC)
MESSAGES = {"N_": 1, "words.text": 1, "words.plural": 2}
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def said_in_code() -> set[str]:
    """Every message id that the package names: marked by ``N_``, or said by ``words.text`` and ``words.plural``."""
    found: set[str] = set()
    for path in Path(bridge.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (count := MESSAGES.get(ast.unparse(node.func))):
                found |= {argument.value for argument in node.args[:count] if isinstance(argument, ast.Constant)}
    return found


def messages(language: str) -> dict[str, tuple[str, ...]]:
    """Every message of a catalogue with its forms; both of a plural's ids have them."""
    with (files("bridge") / "locale" / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    found: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        ids = (message.id,) if isinstance(message.id, str) else message.id
        forms = (message.string,) if isinstance(message.string, str) else message.string
        found |= {one: tuple(forms) for one in ids if one}
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_the_code_says_is_missing_in_any_language(language: str) -> None:
    translated = messages(language)
    assert {message for message in said_in_code() if not all(translated.get(message, [""]))} == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_the_same_values_as_its_message(language: str) -> None:
    for message, forms in messages(language).items():
        for form in forms:
            assert set(re.findall(r"{\w+}", form)) == set(re.findall(r"{\w+}", message)), message


def test_a_moment_is_told_in_the_zone_and_the_language() -> None:
    assert wording("en").moment(CLOSES, BERLIN) == "Fri 4 Dec 18:00"
    assert wording("en").moment(CLOSES, ZoneInfo("America/New_York")) == "Fri 4 Dec 12:00"
    assert wording("de").moment(CLOSES, BERLIN) == "Fr. 4. Dez. 18:00"
    assert wording("fr").moment(CLOSES, BERLIN) == "ven. 4 déc. 18:00"
    assert wording("es").moment(CLOSES, BERLIN) == "vie 4 dic 18:00"
    assert wording("en").day(CLOSES, BERLIN) == "Fri 4 Dec"
    assert wording("en").time(CLOSES, BERLIN) == "18:00"


def test_another_year_is_told_and_this_one_is_not() -> None:
    last, this = CLOSES.replace(year=2025), datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert wording("en").at(last).moment(CLOSES, BERLIN) == "Fri 4 Dec 2026 18:00"
    assert wording("de").at(last).day(CLOSES, BERLIN) == "Fr. 4. Dez. 2026"
    assert wording("en").at(this).moment(CLOSES, BERLIN) == "Fri 4 Dec 18:00"
    # Where it is, it is next year already.
    assert wording("en").at(this).day(this.replace(hour=23), BERLIN) == "Fri 1 Jan 2027"
    assert wording("fr").moment(CLOSES, BERLIN, year=True) == "ven. 4 déc. 2026 18:00"


def test_clocks_that_change_are_followed() -> None:
    before, after = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert wording("en").time(before, BERLIN) == wording("en").time(after, BERLIN) == "02:30"
    assert wording("en").time(datetime(2026, 10, 25, 2, 30, tzinfo=UTC), BERLIN) == "03:30"


def test_one_thing_and_many_things_are_told_apart() -> None:
    one, many = "{left} of {n} place left", "{left} of {n} places left"
    assert wording("en").plural(one, many, 1, left=0) == "0 of 1 place left"
    assert wording("en").plural(one, many, 24, left=7) == "7 of 24 places left"
    assert wording("de").plural(one, many, 1, left=1) == "Noch 1 von 1 Platz frei"
    assert wording("fr").plural("{n} place taken", "{n} places taken", 0) == "0 place prise"
    assert wording("fr").plural("{n} place taken", "{n} places taken", 1_000_000) == "1000000 places prises"
    assert wording("es").plural("{n} order", "{n} orders", 2) == "2 pedidos"


@pytest.mark.parametrize("language", ["xx", "", "tlh", "not a language", "pt_BR", "en-GB", "../../etc"])
def test_a_language_nobody_translated_reads_english(language: str) -> None:
    assert wording(language).text("Sold out") == "Sold out"
    assert wording(language).language == "en"


@pytest.mark.parametrize("tag", ["de", "de-AT", "de_CH", "DE"])
def test_a_country_reads_its_language(tag: str) -> None:
    assert wording(tag).text("Sold out") == "Ausverkauft"


def test_a_value_with_braces_is_said_as_it_is() -> None:
    assert wording("en").text("{name} sold out", name="{n} {") == "{n} { sold out"


@pytest.mark.parametrize(
    ("minor", "currency", "language", "said"),
    [
        (1250, "EUR", "en", "€12.50"),
        (1250, "EUR", "de", "12,50€"),
        (1250, "JPY", "en", "¥1,250"),
        (1250, "KWD", "en", "KWD1.250"),
        (0, "EUR", "en", "€0.00"),
        (-5, "USD", "en", "-$0.05"),
        (123456789, "GBP", "en", "£1,234,567.89"),
    ],
)
def test_money_has_the_decimals_of_its_currency(minor: int, currency: str, language: str, said: str) -> None:
    assert wording(language).money(minor, currency).replace("\u00a0", "") == said


def test_a_currency_nobody_knows_has_two_decimals() -> None:
    assert minor_digits("QQQ") == 2
    assert "12.50" in wording("en").money(1250, "QQQ")
