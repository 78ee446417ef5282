"""``dropbridge report`` as an organizer's helper uses it: a table to read, JSON and CSV to work on."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from bridge.cli import commands
from bridge.core.errors import BridgeError
from bridge.core.terms import Product
from bridge.core.traffic import View, hour_of
from tests.house import bakery, event


@pytest.fixture
def shop(sqlite_url, clock):
    with bakery(sqlite_url, clock) as made:
        made.url = sqlite_url
        made.describe(products=(Product("LOAF", "Loaf", price=1000),))
        made.put(event(notes="Places: 2\nSells: LOAF x2"))
        made.publish()
        (slot,) = made.slots()
        with made.house.work() as work:
            work.add_views({View(slot.position, hour_of(clock()), 1000): 8})
        clock.turn(minutes=4)
        made.buy(slot.public_id, units={"LOAF": 2})
        made.publish()
        yield made


def run(shop, *words, status=0):
    done = CliRunner().invoke(commands, ["report", *words], env={"DROPBRIDGE_DATABASE__URL": shop.url}, prog_name="dropbridge")
    if isinstance(done.exception, BridgeError):
        return str(done.exception)
    assert done.exit_code == status, done.output
    return done.output


def test_people_read_money_shares_and_times_in_words(shop):
    table = run(shop, "ada/bread")
    for words in ("Bread (ada/bread)", "Sat 5 Dec 2026 10:00", "12.5%", "€20.00", "2/2", "100%", "4 minutes", "€10.00", "Loaf"):
        assert words in table


def test_machines_get_minor_units_and_fractions(shop):
    told = json.loads(run(shop, "ada/bread", "--json"))
    total, (slot,) = told["total"], told["slots"]
    assert (told["currency"], total["views"], total["orders"], total["value"], total["average"]) == ("EUR", 8, 1, 2000, 2000)
    assert (total["conversion"], total["sell_through"], total["sold_out_after_seconds"]) == (0.125, 1.0, 240)
    assert slot["prices"][0]["price"] == 1000
    assert slot["products"] == [{"sku": "LOAF", "name": "Loaf", "units": 2, "of": 2, "sell_through": 1.0}]


def test_spreadsheets_get_a_line_for_the_drop_each_slot_and_each_price(shop):
    lines = list(csv.DictReader(io.StringIO(run(shop, "ada/bread", "--csv"))))
    slot = shop.slots()[0].public_id
    assert [(line["slot"], line["price"], line["views"], line["value"]) for line in lines] == [
        ("", "", "8", "2000"),
        (slot, "", "8", "2000"),
        (slot, "1000", "8", "2000"),
    ]


def test_a_window_is_in_the_drops_own_time(shop):
    assert json.loads(run(shop, "ada/bread", "--json", "--since", "2026-12-02T10:00"))["total"]["orders"] == 1
    assert json.loads(run(shop, "ada/bread", "--json", "--since", "2026-12-02T10:05"))["total"]["orders"] == 0
    assert json.loads(run(shop, "ada/bread", "--json", "--until", "2026-12-02"))["total"]["views"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("bread",), "written <organizer>/<drop>"),
        (("ada/jam",), "no drop jam"),
        (("ada/bread", "--since", "yesterday"), "not yesterday"),
        (("ada/bread", "--json", "--csv"), "Choose --json or --csv"),
        (("ada/bread", "--since", "2026-12-03", "--until", "2026-12-02"), "later than --since"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_sentence(shop, words, told):
    assert told in run(shop, *words, status=2)


def test_what_lasts_all_day_is_called_by_its_day(shop):
    times = "DTSTART;VALUE=DATE:20261222\r\nDTEND;VALUE=DATE:20261223"
    timed = event("whole", "Places: 2", start="20261222T090000Z")
    shop.put(timed.replace("DTSTART:20261222T090000Z\r\nDTEND:20261222T093000Z", times), "whole.ics")
    shop.publish()
    table = run(shop, "ada/bread")
    assert "Tue 22 Dec 2026" in table
    assert "Tue 22 Dec 2026 00:00" not in table
