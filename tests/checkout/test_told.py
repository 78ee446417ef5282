"""Every refusal has an answer for customers, in their language."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import bridge
from bridge.checkout.told import FORMS, ORGANIZERS, TABLE, answer_to, told
from bridge.core import errors
from bridge.core.errors import InvalidInput, Refusal, SoldOut
from bridge.wording import LANGUAGES, wording

ROOT = Path(bridge.__file__).parent
SPOKEN = ["core/claims.py", "core/orders.py", "core/terms.py", "flows/holds.py", "flows/orders.py", "flows/waiting.py"]
SPOKEN += ["flows/changing.py", "flows/claiming.py", "flows/placing.py"]
KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Refusal)]
NOT_THEIRS = {"terms.py"}


def test_the_table_has_every_kind_of_refusal():
    assert set(KINDS) == set(TABLE) | ORGANIZERS
    assert set(TABLE) & ORGANIZERS == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_whatever_is_refused_is_said_in_german(kind):
    refusal = kind("Nobody translated this.", "x") if kind is errors.UidConflict else kind("Nobody translated this.")
    assert 400 <= answer_to(refusal).status < 500
    assert told(refusal, wording("de")) not in {"Nobody translated this.", answer_to(refusal).sentence}


def raised(path: Path) -> set[str]:
    """The sentences that a module refuses with, raised here or where they are returned to."""
    found, names = set(), {kind.__name__ for kind in KINDS}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
            first = node.args[0]
            assert isinstance(first, ast.Constant) or path.name in NOT_THEIRS, f"{path.name}:{node.lineno}: blanks, not an f-string"
            if isinstance(first, ast.Constant):
                found.add(first.value)
    return found


@pytest.mark.parametrize("module", [name for name in SPOKEN if not name.endswith("terms.py")])
def test_every_sentence_that_a_customer_meets_is_known_with_its_blanks(module):
    assert raised(ROOT / module) - FORMS == set()


def test_numbers_and_names_are_said_in_the_sentence():
    refusal = SoldOut("Fewer than {n} of {name} are left.", n=3, name="{Loaf}")
    assert told(refusal, wording("de")) == "Von {Loaf} sind keine 3 mehr da."
    assert told(SoldOut("Beyond what you have, {n} more places can be had.", n=1), wording("de")).endswith("ist noch 1 Platz frei.")
    assert told(SoldOut("Beyond what you have, {n} more places can be had.", n=2), wording("de")).endswith("sind noch 2 Plätze frei.")
    assert told(SoldOut("Fewer than {n} places are left.", n=1), wording("en")) == "This date is sold out."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", sorted(FORMS))
def test_what_is_a_slot_to_organizers_is_a_date_to_customers(form, language):
    facts = dict.fromkeys(re.findall(r"{(\w+)}", form), "DE")
    assert "slot" not in told(Refusal(form, **facts), wording(language)).lower()


def test_a_thing_is_called_by_its_name_where_it_has_one():
    refusal = InvalidInput("{name} is not sold on this slot.", name="LOAF")
    assert told(refusal, wording("en"), {"LOAF": "Country loaf"}) == "Country loaf is not sold on this date."
    assert told(refusal, wording("en")) == "LOAF is not sold on this date."
