"""``dropbridge customer``: for whoever asks what is known of them, or to be forgotten."""

import json

import pytest
from click.testing import CliRunner

from bridge.cli import commands
from bridge.core.errors import BridgeError
from bridge.core.terms import Product
from tests.house import bakery, event


@pytest.fixture
def shop(sqlite_url, clock):
    with bakery(sqlite_url, clock) as made:
        made.url = sqlite_url
        made.describe(products=(Product("LOAF", "Loaf", price=450),))
        made.put(event(notes="Places: 9\nSells: LOAF", start="20501205T090000Z"))
        made.publish()
        made.bought = made.buy(made.slots()[0].public_id, units={"LOAF": 2}, email="cleo@example.org", name="Cleo", note="Sliced, please")
        yield made


def run(shop, *words, status=0):
    done = CliRunner().invoke(commands, ["customer", *words], env={"DROPBRIDGE_DATABASE__URL": shop.url}, prog_name="dropbridge")
    if isinstance(done.exception, BridgeError):
        return str(done.exception)
    assert done.exit_code == status, done.output
    return done.output


def test_an_export_tells_everything_but_what_opens_a_page(shop):
    text = run(shop, "export", "CLEO+news@example.org")
    told = json.loads(text)
    (order,) = told["orders"]
    assert (order["name"], order["email"], order["note"], order["total"], order["number"]) == (
        "Cleo",
        "cleo@example.org",
        "Sliced, please",
        900,
        shop.bought.number,
    )
    assert order["lines"] == [{"sku": "LOAF", "name": "Loaf", "units": 2, "price": 450, "tax_rate": 0}]
    assert (order["organizer"], order["drop"]) == ("ada", "ada/bread")
    assert told["letters"][0]["about"] == "confirmed"
    assert shop.bought.secret not in text


def test_erasing_is_asked_for_twice_and_refused_while_something_is_owed(shop):
    run(shop, "erase", "cleo@example.org", status=1)
    assert "still to be handed over" in run(shop, "erase", "cleo@example.org", "--yes")
    shop.cancel(shop.bought.secret)
    assert "Forgotten: 1 order is nobody's now; 0 turns on waiting lists and" in run(shop, "erase", "cleo@example.org", "--yes")
    assert "Nothing is known" in run(shop, "export", "cleo@example.org")


def test_by_force_it_is_erased_at_once(shop):
    assert "Forgotten" in run(shop, "erase", "cleo@example.org", "--yes", "--force")
    assert shop.seen(shop.bought.secret).order.name == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("export", "nobody@example.org"), "Nothing is known"),
        (("export", "cleo"), "no e-mail address"),
        (("export", "cleo@example.org", "--organizer", "zoe"), "no organizer zoe"),
        (("export", "cleo@example.org", "--organizer", "dee"), "Nothing is known"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(shop, words, told):
    assert told in run(shop, *words)
