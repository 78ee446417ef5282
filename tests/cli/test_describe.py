"""A whole drop from a file: made, changed, shown first, all of it or nothing; and written to a file again."""

import sqlite3
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image

from bridge.cli.describe import example_text
from bridge.description import DIGEST, opened
from bridge.description import written as as_text
from bridge.flows.describe import apply, preview
from bridge.settings import Settings
from bridge.wiring import bridge, tell_address
from tests import described
from tests.cli.test_commands import Shell
from tests.house import bakery, event


@pytest.fixture
def shell(sqlite_url, tmp_path):
    made = Shell(sqlite_url, tmp_path)
    made("organizer", "add", "ada", "--title", "Ada's Bakery")
    return made


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


def file_of(shell, text, name="bread.toml"):
    path = shell.folder / name
    path.write_text(text, encoding="utf-8")
    return path


def picture(shell, name, color="red"):
    out = BytesIO()
    Image.new("RGB", (400, 300), color).save(out, "JPEG")
    (shell.folder / name).write_bytes(out.getvalue())


def test_the_example_is_applied_as_it_stands_and_again_changes_nothing(shell):
    file = file_of(shell, shell("drop", "apply", "--example"))
    assert file.read_text(encoding="utf-8") == example_text()
    assert shell("drop", "apply", file) == "Made ada/saturday-bread.\n"
    (before,) = shell.json("drop", "list")
    assert (before["title"], before["timezone"], before["capacity"]) == ("Saturday bread", "Europe/Berlin", 24)
    assert shell("drop", "apply", file, "--organizer", "ada") == "Nothing changed in ada/saturday-bread.\n"
    assert shell.json("drop", "list") == [before]


def test_the_export_says_what_the_file_said(shell):
    picture(shell, "loaf.jpg")
    text = example_text().replace('# pictures = ["loaf.jpg"]', 'pictures = "loaf.jpg"')
    shell("drop", "apply", file_of(shell, text))
    exported = shell("drop", "export", "ada", "saturday-bread", "--toml")
    assert "price = 8.50" in exported
    assert "sha256:" in exported
    assert shell("drop", "apply", file_of(shell, exported, "again.toml")) == "Nothing changed in ada/saturday-bread.\n"
    assert shell("drop", "export", "ada", "saturday-bread", "--toml") == exported


def test_a_dry_run_shows_what_would_change_and_changes_nothing(shell):
    file = file_of(shell, example_text())
    assert shell("drop", "apply", file, "--dry-run") == "Would make ada/saturday-bread; nothing was written.\n"
    assert shell.json("drop", "list") == []
    shell("drop", "apply", file)
    changed = example_text().replace("price = 8.50", "price = 8.75").replace("capacity = 24", "capacity = 30").replace("# closes", "closes")
    file_of(shell, changed.replace('"Linen bag"', '"Cotton bag"'))
    before = shell.json("drop", "list")
    told = shell("drop", "apply", file, "--dry-run").splitlines()
    assert told == [
        "Would change ada/saturday-bread; nothing was written:",
        "  slots.capacity: 24 → 30",
        "  products[LOAF].price: 8.50 → 8.75",
        "  products[TOTE].name: Linen bag → Cotton bag",
        "  slots.closes: – → 2026-12-05 00:00:00+01:00",
    ]
    assert shell.json("drop", "list") == before
    assert shell("drop", "apply", file).splitlines()[1:] == told[1:]


def test_what_has_its_default_is_shown_as_a_file_would_say_it(shell):
    goods = '[[products]]\nsku = "LOAF"\nprice = 8.50\n[[products]]\nsku = "TOTE"\n'
    shell("drop", "apply", file_of(shell, f'drop = "bread"\n{goods}'))
    slots, payment = '[slots]\nsells = ["LOAF"]\n', '[payment]\nhold = "10 minutes"\ntaxes = "added"\n'
    rest = '[policies]\ncancel_until = "2 days"\n[waiting_list]\nopen = false\n'
    said = f'drop = "bread"\npublic = false\n{slots}{goods}add_on = true\nplaces = 0\n{payment}{rest}'
    there = [
        ("public", "true", "false"),
        ("products[TOTE].places", "1", "0"),
        ("products[TOTE].add_on", "false", "true"),
        ("slots.sells", "LOAF, TOTE", "LOAF"),
        ("payment.taxes", "included", "added"),
        ("payment.hold", "5 minutes", "10 minutes"),
        ("policies.cancel_until", "1 day", "2 days"),
        ("waiting_list.open", "true", "false"),
    ]
    told = shell("drop", "apply", file_of(shell, said)).splitlines()[1:]
    assert sorted(told) == sorted(f"  {field}: {before} → {after}" for field, before, after in there)
    told = shell("drop", "apply", file_of(shell, f'drop = "bread"\npublic = true\n{goods}')).splitlines()[1:]
    assert sorted(told) == sorted(f"  {field}: {before} → {after}" for field, after, before in there)
    more = goods + '[[products]]\nsku = "MUG"\n'
    told = shell("drop", "apply", file_of(shell, f'drop = "bread"\n{more}[policies]\ncancel_until = "never"\n')).splitlines()[1:]
    assert told == ["  products: LOAF, TOTE → LOAF, TOTE, MUG", "  policies.cancel_until: 1 day → never"]


def test_what_the_file_does_not_name_stays_if_a_calendar_app_may_have_set_it(shell):
    shell("drop", "add", "ada", "bread", "--color", "#112233", "--timezone", "Europe/Berlin", "--capacity", "7")
    assert shell("drop", "apply", file_of(shell, 'drop = "bread"\ntitle = "Bread"')).splitlines() == [
        "Changed ada/bread:",
        "  title: bread → Bread",
    ]
    exported = shell("drop", "export", "ada", "bread", "--toml")
    assert all(said in exported for said in ('color = "#112233"', "capacity = 7", 'timezone = "Europe/Berlin"'))
    shell("drop", "apply", file_of(shell, 'drop = "bread"\n[slots]\ncapacity = "none"'))
    assert shell.json("drop", "list")[0]["capacity"] is None


def test_all_that_is_wrong_is_named_with_its_line_and_nothing_is_done(shell):
    text = 'drop = "bread"\npictures = ["gone.jpg", "words.jpg"]\n[[products]]\nsku = "LOAF"\nprice = "free"\n'
    (shell.folder / "words.jpg").write_text("not a picture")
    first, second, third = shell("drop", "apply", file_of(shell, text), status=2).splitlines()
    assert first == "bread.toml:2: pictures: gone.jpg: The file cannot be read: No such file or directory."
    assert second.startswith("bread.toml:2: pictures: words.jpg: This is no picture")
    assert third == 'bread.toml:5: products[1].price: is not a price: write it as 12.50 or "12.50 EUR".'
    stored = 'drop = "bread"\npictures = "sha256:' + "a" * 64 + '"'
    assert f"pictures: sha256:{'a' * 64}: ada has no stored picture" in shell("drop", "apply", file_of(shell, stored), status=2)
    assert shell.json("drop", "list") == []


def test_whose_drop_it_is_has_to_be_clear(shell):
    file = file_of(shell, 'drop = "bread"\norganizer = "ada"')
    assert "--organizer says dee's" in shell("drop", "apply", file, "--organizer", "dee", status=2)
    shell("organizer", "add", "dee")
    nobody = file_of(shell, 'drop = "bread"', "nobody.toml")
    assert "Name the organizer" in shell("drop", "apply", nobody, status=2)
    assert shell("drop", "apply", file) == "Made ada/bread.\n"
    assert "no organizer eve" in shell("drop", "apply", nobody, "--organizer", "eve", status=1)
    assert "Name a file" in shell("drop", "apply", status=2)
    moved = file_of(shell, 'drop = "bread"\norganizer = "ada"\nlocation = "market"')
    assert "keeps its location" in shell("drop", "apply", moved, status=2)


def test_a_picture_is_uploaded_once_and_a_changed_one_takes_its_place(shell):
    picture(shell, "oven.jpg")
    text = 'drop = "bread"\npictures = ["oven.jpg"]\n[[products]]\nsku = "LOAF"\npictures = ["oven.jpg"]\n'
    shell("drop", "apply", file_of(shell, text))
    assert stored(shell) == 1
    assert "Nothing changed" in shell("drop", "apply", file_of(shell, text))
    picture(shell, "oven.jpg", "blue")
    assert "pictures: sha256:" in shell("drop", "apply", file_of(shell, text), "--dry-run")
    assert stored(shell) == 1
    shell("drop", "apply", file_of(shell, text))
    assert stored(shell) == 2


def stored(shell):
    with sqlite3.connect(shell.environment["DROPBRIDGE_DATABASE__URL"].removeprefix("sqlite:///")) as db:
        (count,) = db.execute("SELECT count(*) FROM pictures").fetchone()
    db.close()
    return count


def test_what_would_break_what_is_sold_is_refused_and_all_of_the_file_with_it(shop):
    text = 'drop = "bread"\ntitle = "Bread"\ntimezone = "Europe/Berlin"\n[[products]]\nsku = "LOAF"\nprice = 8.50\n'

    def describe(changed, act=apply):
        found = opened(changed.encode(), "x").read(currency="EUR", timezone="UTC")
        with shop.house.work() as work:
            return act(work, work.views.organizer("ada"), found, shop.house.house, now=shop.clock(), actor="ada")

    describe(text)
    shop.put(event())
    shop.hold(shop.slots()[0].public_id, LOAF=2)
    before = shop.revision
    for act in (apply, preview):
        with pytest.raises(Exception, match="already sold"):
            describe(text.replace('"Bread"', '"Brot"') + "places = 2\n", act)
    assert shop.revision == before
    assert describe(text.replace("8.50", "9.00"), preview).differences[0][1:] == ("8.50", "9.00")
    assert shop.revision == before
    assert describe(text.replace("8.50", "9.00")).changed
    assert shop.slots()[0].availability.offers[0].price == 900


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15, deadline=None)
@given(drop=described.drops(), terms=described.terms())
def test_applying_an_export_changes_nothing(shop, drop, terms):
    def describe(text):
        found = opened(text.encode(), "x").read(currency="EUR", timezone="UTC")
        with shop.house.work() as work:
            ada = work.views.organizer("ada")
            for digest in (name.removeprefix(DIGEST) for name in found.pictures):
                work.add_picture(ada.id, described.stored(digest), described.FILES, shop.clock())
            applied = apply(work, ada, found.with_pictures({}), shop.house.house, now=shop.clock(), actor="ada")
            return applied, as_text(applied.drop, work.views.terms(applied.drop.id), "main")

    describe('drop = "bread"\ncurrency = "EUR"\n[slots]\nopens = "none"\ncloses = "none"')
    _, exported = describe(as_text(drop, terms, "main"))
    again, same = describe(exported)
    assert not again.changed
    assert again.differences == ()
    assert same == exported


def test_a_way_to_pay_that_there_is_not_or_that_is_not_set_up_is_named_with_its_line(shell):
    text = 'drop = "bread"\n[payment]\nmethods = [\n  "at_pickup",\n  "bitcoin",\n  "stripe",\n]\n'
    assert shell("drop", "apply", file_of(shell, text), status=2).splitlines() == [
        "bread.toml:5: payment.methods: “bitcoin” is no way to pay; there are at_pickup, stripe.",
        (
            "bread.toml:6: payment.methods: “stripe” is not set up on this server: "
            "set stripe.secret_key and stripe.webhook_secret, and start it again."
        ),
    ]
    assert shell.json("drop", "list") == []
    shell.environment["DROPBRIDGE_STRIPE__SECRET_KEY"] = "sk_test_" + "a" * 24
    assert shell("drop", "apply", file_of(shell, text.replace('  "bitcoin",\n', ""))) == "Made ada/bread.\n"


def test_a_way_to_pay_that_only_the_running_server_has_the_keys_of_can_be_described(shell, clock):
    file = file_of(shell, 'drop = "bread"\n[payment]\nmethods = ["at_pickup", "stripe"]\n')
    keys = {"secret_key": "sk_test_" + "a" * 24}
    server = bridge(Settings().replace(database={"url": shell.environment["DROPBRIDGE_DATABASE__URL"]}, stripe=keys), now=clock)
    tell_address(server)
    assert shell("drop", "apply", file) == "Made ada/bread.\n"
    tell_address(replace(server, settings=server.settings.replace(stripe={"secret_key": ""})))
    server.database.dispose()
    assert "not set up" in shell("drop", "apply", file, status=2)


@pytest.mark.parametrize("text", ['drop = "nul\\u0000x"', 'drop = "bread"\norganizer = "a\\u0000"'])
def test_a_name_with_a_nul_is_refused_on_either_database(database_url, tmp_path, text):
    shell = Shell(database_url, tmp_path)
    shell("organizer", "add", "ada")
    assert "holds a NUL, which no text may: leave it out." in shell("drop", "apply", file_of(shell, text), status=2)
