"""Every sentence of the pages exists in every language, with the same blanks to fill."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import bridge.checkout
from bridge.checkout.told import AS_DATES
from bridge.wording import LANGUAGES

HERE = Path(bridge.checkout.__file__).parent
BLANKS = re.compile(r"\{(\w+)\}")


def sentences():
    found = set()
    for page in HERE.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        found |= {one or other for one, other in re.findall(r"\b(?:t|n|forms)\((?:\"([^\"]+)\"|'([^']+)')", text)}
    for module in HERE.rglob("*.py"):
        found |= set(re.findall(r"(?:N_|words\.text|words\.plural)\(\s*\"([^\"]+)\"", module.read_text(encoding="utf-8")))
    return found - {"{left} of {n} places left"}


def catalogue(language):
    with (files("bridge") / "locale" / f"{language}.po").open("rb") as source:
        for message in read_po(source, locale=language):
            if message.id:
                ids, strings = (value if isinstance(value, (list, tuple)) else (value,) for value in (message.id, message.string))
                yield ids[0], strings


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_translated(language):
    known = {msgid: strings for msgid, strings in catalogue(language) if all(strings)}
    assert sentences() - set(known) == set()


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_translations_fill_in_the_same_values(language):
    for msgid, strings in catalogue(language):
        for string in strings:
            assert set(BLANKS.findall(string)) == set(BLANKS.findall(msgid)), msgid


def test_pages_speak_of_dates_and_things_and_never_of_slots_and_skus():
    ours = re.compile(r"\b(slots?|skus?)\b", re.IGNORECASE)
    assert [one for one in sentences() if ours.search(one) and one not in AS_DATES] == []
    known = sentences()
    said = [form for language in LANGUAGES if language != "en" for msgid, forms in catalogue(language) if msgid in known for form in forms]
    assert [one for one in said if ours.search(one)] == []


def test_the_pages_have_sentences():
    assert len(sentences()) > 40
