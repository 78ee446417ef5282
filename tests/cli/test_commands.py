"""The command line, as an operator uses it: what it prints, what it leaves, how it refuses."""

import json
import os
import socket
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from bridge.cli import commands, main
from bridge.core.errors import BridgeError, InvalidInput
from bridge.processes import VISITOR_KEY
from bridge.settings import Settings
from bridge.store.engine import Database
from bridge.store.waking import waking
from bridge.wiring import bridge, tell_address
from tests.house import event
from tests.manual import each_command
from tests.payments.emulated import SECRET_KEY, WEBHOOK_SECRET, emulated
from tests.postgres import free_port

MAKE_SECRETS = (("organizer", "app-password"), ("token", "add"))


class Shell:
    """Runs commands against one database."""

    def __init__(self, url, folder):
        self.folder = folder
        self.environment = {"DROPBRIDGE_DATABASE__URL": url}

    def __call__(self, *words, status=0):
        done = CliRunner().invoke(commands, [str(word) for word in words], env=self.environment, prog_name="dropbridge")
        if isinstance(done.exception, BridgeError):
            done.exit_code, done.told = 2 if isinstance(done.exception, InvalidInput) else 1, str(done.exception)
        else:
            done.told = done.output
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                raise done.exception
        assert done.exit_code == status, done.told
        return done.told

    def json(self, *words):
        return json.loads(self(*words, "--json"))


@pytest.fixture
def shell(sqlite_url, tmp_path):
    return Shell(sqlite_url, tmp_path)


@pytest.fixture
def ada(shell):
    shell("organizer", "add", "ada", "--title", "Ada's Bakery")
    shell("drop", "add", "ada", "bread", "--timezone", "Europe/Berlin", "--currency", "EUR")
    return shell


def test_an_organizer_is_added_and_gets_a_password_that_is_shown_once(shell):
    shell("organizer", "add", "ada")
    told = shell("organizer", "app-password", "ada", "phone", "--role", "viewer")
    assert "/dav/" in told
    assert shell.json("organizer", "list")[0]["name"] == "ada"
    (password,) = shell.json("organizer", "passwords", "ada")
    assert (password["label"], password["role"], password["last_used_at"], password["revoked_at"]) == ("phone", "viewer", None, None)
    shell("organizer", "revoke", "ada", "phone")
    assert shell.json("organizer", "passwords", "ada")[0]["revoked_at"]
    assert "no live app password" in shell("organizer", "revoke", "ada", "phone", status=1)


def test_a_password_may_come_from_a_file(shell):
    file = shell.folder / "password"
    file.write_text("a long password of my own\n")
    shell("organizer", "add", "ada", "--password-file", file)
    assert len(shell.json("organizer", "passwords", "ada")) == 1


@pytest.mark.parametrize("name", ["Ada", "dav", "a b", "", "../x"])
def test_a_name_that_will_not_do_is_refused(shell, name):
    assert "will not do" in shell("organizer", "add", name, status=2)


def test_a_drop_is_added_and_listed(ada):
    (drop,) = ada.json("drop", "list", "ada")
    assert (drop["drop"], drop["timezone"], drop["language"], drop["public"]) == ("ada/bread", "Europe/Berlin", "en", True)
    assert "already" in ada("drop", "add", "ada", "bread", status=1)
    assert "is not a time zone" in ada("drop", "add", "ada", "x", "--timezone", "Berlin", status=2)
    assert "no organizer" in ada("drop", "add", "dee", "x", status=1)
    for places in (-1, 1_000_001):
        assert "between 0 and 1000000 places" in ada("drop", "add", "ada", "x", "--capacity", places, status=2)
    assert "/ada/Brot%20f%C3%BCr%20alle/calendar.ics" in ada("drop", "add", "ada", "Brot für alle")


def test_a_drop_is_as_the_latest_one_and_the_first_as_the_settings_say(shell):
    shell.environment |= {"DROPBRIDGE_DEFAULTS__TIMEZONE": "Europe/Zurich", "DROPBRIDGE_DEFAULTS__LANGUAGE": "de"}
    shell("organizer", "add", "ada")
    shell("drop", "add", "ada", "first")
    shell("drop", "set", "ada", "first", "--currency", "CHF")
    shell("drop", "add", "ada", "second", "--language", "fr")
    assert [(drop["timezone"], drop["language"], drop["currency"]) for drop in shell.json("drop", "list", "ada")] == [
        ("Europe/Zurich", "de", "CHF"),
        ("Europe/Zurich", "fr", "CHF"),
    ]


def test_what_is_imported_is_exported_as_it_was(ada):
    file = ada.folder / "export.ics"
    one, other = event("a", "Places: 24"), event("b", "Dentist")
    file.write_text(one.replace("END:VCALENDAR\r\n", "") + other.partition("PRODID:-//test//EN\r\n")[2], newline="")
    assert "Took 2, refused 0" in ada("drop", "import", "ada", "bread", file)
    exported = ada("drop", "export", "ada", "bread")
    assert "live stock" not in exported
    assert "DESCRIPTION:Places: 24" in exported
    before = ada.json("drop", "list")[0]["revision"]
    assert "Took 2, refused 0" in ada("drop", "import", "ada", "bread", file)
    assert ada.json("drop", "list")[0]["revision"] == before


def test_what_cannot_be_imported_is_named_and_the_rest_taken(ada):
    file = ada.folder / "export.ics"
    file.write_text(event("a") + event("b", more="RRULE:FREQ=SECONDLY\r\n"), newline="")
    told = ada("drop", "import", "ada", "bread", file, status=1)
    assert "b@test: “Pickup” on 2026-12-05 10:00 repeats too often" in told
    assert "Took 1, refused 1" in told


def test_stock_is_set_listed_and_imported(ada):
    assert "LOAF: 40 counted, 0 promised, 40 free" in ada("stock", "set", "ada/main", "LOAF", 40)
    file = ada.folder / "counts.csv"
    file.write_text("sku,count,name\nLOAF,39,Country loaf\nBUN,12,\n")
    assert "Took 2 of 2" in ada("stock", "import", "ada/main", file)
    assert {row["sku"]: (row["count"], row["name"]) for row in ada.json("stock", "list", "ada")} == {
        "LOAF": (39, "Country loaf"),
        "BUN": (12, "BUN"),
    }


def test_a_negative_count_of_a_tills_file_is_taken_and_frightens_no_doctor(ada):
    file = ada.folder / "counts.csv"
    file.write_text("sku,count\nLOAF,-4\n")
    assert "Took 1 of 1" in ada("stock", "import", "ada/main", file)
    assert ada.json("stock", "list", "ada")[0]["count"] == -4
    assert "All is well" in ada("doctor", "--offline")


def test_nobody_counts_fewer_than_none_by_hand(ada):
    told = ada("stock", "set", "ada/main", "LOAF", "-4", status=2)
    assert told == "There cannot be -4 of LOAF: write how many there are, 0 or more."
    assert ada.json("stock", "list") == []


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("stock", "set", "main", "LOAF", 1), 2, "<organizer>/<location>"),
        (("stock", "set", "ada/main", "LOAF", "many"), 2, "not a valid integer"),
        (("stock", "set", "ada/cellar", "LOAF", 1), 1, "no location cellar"),
        (("stock", "set", "ada/main", "LOAF", 10**12), 2, "not a believable quantity"),
        (("drop", "import", "ada", "bread", "no-such-file"), 2, "does not exist"),
        (("pos", "add", "ada", "abacus"), 2, "no till of the kind"),
        (("pos", "check", "ada/none"), 1, "pos list"),
        (("nonsense",), 2, "No such command"),
        (("--config", "no-such.toml", "drop", "list"), 1, "cannot be read"),
    ],
)
def test_wrong_use_says_what_to_do(ada, words, status, told):
    assert told in ada(*words, status=status)


def test_a_till_is_connected_checked_asked_and_forgotten(ada):
    ada("pos", "add", "ada", "fake", "--set", 'stock={"LOAF": 12}', "--set", f"state={ada.folder / 'till.json'}")
    assert "with 1 product." in ada("pos", "check", "ada/fake")
    ada("pos", "sync")
    assert ada.json("stock", "list")[0]["count"] == 12
    assert ada.json("pos", "list")[0]["problem"] == ""
    ada("pos", "remove", "ada/fake")
    assert ada.json("pos", "list") == []
    assert ada.json("stock", "list")[0]["count"] == 12


def test_the_doctor_finds_a_number_that_does_not_follow_from_its_source(ada):
    ada("stock", "set", "ada/main", "LOAF", 40)
    assert "All is well" in ada("doctor", "--offline")
    with closing(sqlite3.connect(ada.environment["DROPBRIDGE_DATABASE__URL"].removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE stock_items SET promised = 3")
    told = ada("doctor", "--offline", status=1)
    assert "units promised of stock item" in told
    assert "3 is stored, 0 is right" in told


def test_the_doctor_misses_a_clock_and_sees_a_till_in_trouble(ada):
    assert "No clock has run yet" in ada("doctor", status=1)
    ada("pos", "add", "ada", "fake", "--set", 'stock={"LOAF": 12}', "--set", "trouble=down")
    ada("pos", "sync", status=1)
    assert "till ada/fake" in ada("doctor", status=1)


def test_the_doctor_counts_letters_that_are_due_and_that_nothing_carries(ada):
    url = ada.environment["DROPBRIDGE_DATABASE__URL"]
    server = bridge(Settings().replace(database={"url": url}, mail={"adapter": "fake"}))
    with server.work() as work:
        work.enqueue("mail.order", "later", {}, server.now() + timedelta(minutes=2))
    assert "letter" not in ada("doctor", status=1)
    with server.work() as work:
        work.enqueue("mail.order", "now", {}, server.now())
    assert "No mail server is set up, and 1 letter waits for one." in ada("doctor", status=1)
    tell_address(server)
    server.database.dispose()
    assert "letter" not in ada("doctor", status=1)


def test_the_doctor_asks_stripe_whether_it_takes_the_key(ada):
    with emulated() as emulator:
        keys = {"SECRET_KEY": "sk_test_other", "WEBHOOK_SECRET": WEBHOOK_SECRET, "API_BASE": emulator.account.base_url}
        ada.environment |= {f"DROPBRIDGE_STRIPE__{name}": value for name, value in keys.items()}
        told = ada("doctor", status=1)
        assert "payments by stripe: Stripe does not accept the secret key" in told
        assert "sk_test_other" not in told
        ada.environment["DROPBRIDGE_STRIPE__SECRET_KEY"] = SECRET_KEY
        assert "stripe" not in ada("doctor", status=1)
        emulator.log.clear()


def test_a_backup_brings_everything_back_and_voids_what_clients_saw_since(ada):
    ada("stock", "set", "ada/main", "LOAF", 40)
    file = ada.folder / "saved"
    ada("backup", file)
    assert file.stat().st_mode & 0o077 == 0
    ada("stock", "set", "ada/main", "LOAF", 3)
    before = ada.json("drop", "list")[0]["revision"]
    ada("restore", file, "--yes")
    assert ada.json("stock", "list")[0]["count"] == 40
    assert ada.json("drop", "list")[0]["revision"] > before
    ada("doctor", "--offline")


def modes(file):
    return {path.name: f"{path.stat().st_mode & 0o777:o}" for path in file.parent.iterdir()}


@pytest.fixture
def in_the_open(tmp_path):
    """A folder that everybody can look into, as they are made with the usual umask."""
    before = os.umask(0o022)
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
    os.umask(before)


def test_only_its_owner_can_read_a_database_that_was_made_or_brought_back(in_the_open, tmp_path):
    file = in_the_open / "var" / "bridge.db"
    shell = Shell(f"sqlite:///{file}", tmp_path)
    shell("upgrade")
    shell("organizer", "add", "ada")
    assert (modes(file)["bridge.db"], f"{file.parent.stat().st_mode & 0o777:o}") == ("600", "700")
    with closing(sqlite3.connect(file)) as held:
        held.execute("SELECT * FROM drops").fetchall()
        assert set(modes(file).values()) == {"600"}
        assert len(modes(file)) > 2
    shell("backup", tmp_path / "saved")
    file.chmod(0o644)
    shell("restore", tmp_path / "saved", "--yes")
    assert set(modes(file).values()) == {"600"}
    elsewhere = in_the_open / "new" / "bridge.db"
    Shell(f"sqlite:///{elsewhere}", tmp_path)("restore", tmp_path / "saved", "--yes")
    assert (set(modes(elsewhere).values()), f"{elsewhere.parent.stat().st_mode & 0o777:o}") == ({"600"}, "700")


def test_a_database_that_everybody_can_read_is_pointed_out_and_stays_as_it_is(in_the_open, tmp_path):
    folder = in_the_open / "Ada's shop"
    folder.mkdir()
    file = folder / "bridge.db"
    shell = Shell(f"sqlite:///{file}", tmp_path)
    shell("upgrade")
    shell("doctor", "--offline")
    file.chmod(0o644)
    shell("upgrade")
    assert modes(file)["bridge.db"] == "644"
    told = shell("doctor", "--offline", status=1)
    assert "everybody on this machine can read it" in told
    subprocess.run(["sh", "-c", told.split("Run: ")[1].splitlines()[0]], check=True)
    shell("doctor", "--offline")
    file.chmod(0o644)
    folder.chmod(0o700)
    shell("doctor", "--offline")


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def served(request, tmp_path):
    """A shell whose database a clock waits on."""
    url = request.getfixturevalue(request.param)
    shell = Shell(url, tmp_path)
    shell("backup", tmp_path / "saved")
    with waking(Database(url)) as listener:
        listener.wait(0)
        yield shell


def test_nothing_is_restored_under_a_running_server(served):
    assert "Stop it first" in served("restore", served.folder / "saved", "--yes", status=1)


def pasted(told):
    """The words that a shell makes of the command a line ends with."""
    command = told.split(": ", 1)[1].splitlines()[0]
    printed = subprocess.run(["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)
    return printed.stdout.splitlines()


def test_commands_that_are_printed_to_be_pasted_do_what_they_say(shell):
    program, *words = pasted(shell("organizer", "add", "ada"))
    assert (program, *words[:3]) == ("dropbridge", "organizer", "app-password", "ada")
    shell(*words)
    label = 'Ada\'s "new" phone; $HOME'
    told = shell("organizer", "app-password", "ada", label)
    program, *words = pasted(told[told.index("Take it back") :])
    assert "Revoked 1." in shell(*words)
    told = shell("pos", "add", "ada", "fake", "--name", "Ada's till", "--set", 'stock={"LOAF": 12}')
    assert pasted(told) == ["dropbridge", "pos", "check", "ada/Ada's till"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("drop", "add", "ada", "x", "--currency", "XXQ"), "not a currency"),
        (("drop", "add", "ada", "x", "--currency", "XXX"), "not a currency"),
        (("drop", "add", "ada", "x", "--language", "tlh"), "not spoken here"),
        (("drop", "add", "ada", "calendar.ics"), "calendar.ics"),
        *(((*command, "ada", label), "label") for command in MAKE_SECRETS for label in ("", " ", "a\tb", "x" * 101)),
    ],
)
def test_what_would_not_work_is_not_taken(ada, words, told):
    assert told in ada(*words, status=2)


def test_a_drop_is_changed_and_its_events_read_anew(ada):
    ada("drop", "set", "ada", "bread", "--language", "de", "--title", "Samstagsbrot", "--timezone", "Europe/Zurich", "--private")
    (drop,) = ada.json("drop", "list")
    assert drop["title"] == "Samstagsbrot"
    assert "no drop" in ada("drop", "set", "ada", "cake", "--title", "x", status=1)
    assert "time zone" in ada("drop", "set", "ada", "bread", "--timezone", "Mars", status=2)


def test_looking_for_what_is_wrong_makes_no_database(tmp_path):
    shell = Shell(f"sqlite:///{tmp_path}/none/x.db", tmp_path)
    assert "dropbridge upgrade" in shell("doctor", status=1)
    assert not (tmp_path / "none").exists()


def test_a_port_that_is_taken_is_said_to_be(ada, monkeypatch):
    for name in ("HOST", "PORT"):  # which the command hands on to its workers, and this process is not to keep
        monkeypatch.setenv(f"DROPBRIDGE_SERVER__{name}", "1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = ada("web", "--host", "127.0.0.1", "--port", taken.getsockname()[1], status=1)
    assert "Choose others" in told
    assert "Cannot serve" in ada("web", "--host", "300.1.1.1", status=1)


def test_a_colour_that_is_none_is_wrong_use(ada):
    assert "not a colour" in ada("drop", "add", "ada", "x", "--color", "brownish", status=2)


def test_rubbish_is_no_backup_and_harms_nothing(ada):
    file = ada.folder / "rubbish"
    file.write_bytes(b"SQLite format 3\0 and then nonsense")
    ada("restore", file, "--yes", status=2)
    file.write_text("hello")
    assert "no backup" in ada("restore", file, "--yes", status=2)
    assert ada.json("drop", "list")


def test_a_database_that_is_not_up_to_date_says_so(unmigrated_url, tmp_path):
    shell = Shell(unmigrated_url, tmp_path)
    assert "dropbridge upgrade" in shell("drop", "list", status=2)
    assert "Upgraded" in shell("upgrade")
    assert "up to date" in shell("upgrade")
    assert shell.json("drop", "list") == []


def test_a_postgresql_backup_comes_back_too(postgresql_url, tmp_path):
    shell = Shell(postgresql_url, tmp_path)
    shell("organizer", "add", "ada")
    shell("stock", "set", "ada/main", "LOAF", 40)
    shell("backup", tmp_path / "saved")
    shell("stock", "set", "ada/main", "LOAF", 3)
    shell("restore", tmp_path / "saved", "--yes")
    assert shell.json("stock", "list")[0]["count"] == 40


@pytest.mark.parametrize("name", [name for name, _ in each_command()])
def test_every_command_helps_with_an_example(name):
    told = CliRunner().invoke(commands, [*name.split()[1:], "--help"], prog_name="dropbridge").output
    assert "Example: dropbridge" in told


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["stock", "set", "ada/main"], 2, "dropbridge: Missing argument 'SKU'. See: dropbridge stock set --help"),
        (["drop", "lost"], 2, "dropbridge: No such command 'lost'. Did you mean 'list'? See: dropbridge drop --help"),
        (["drop", "add", "dee", "x"], 1, "dropbridge: There is no organizer dee. See: dropbridge organizer list"),
        (["--config", "no-such.toml", "drop", "list"], 2, "dropbridge: no-such.toml cannot be read: No such file or directory"),
    ],
)
def test_wrong_use_is_one_line(shell, words, status, told, monkeypatch, capsys):
    monkeypatch.setenv("DROPBRIDGE_DATABASE__URL", shell.environment["DROPBRIDGE_DATABASE__URL"])
    monkeypatch.setattr("sys.argv", ["dropbridge", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (status, told + "\n")


def test_what_was_given_up_is_listed_found_by_the_doctor_and_tried_again(ada, sqlite_url, clock):
    with bakery_house(sqlite_url, clock) as house:
        for key in ("mail/1/confirmed/0", "mail/2/confirmed/0"):
            with house.work() as work:
                work.enqueue("mail.order", key, {}, clock())
        with house.work() as work:
            work.give_up(work.claim_due("mail", clock(), timedelta(minutes=1)), "There is no such mailbox.")
    (failed,) = ada.json("outbox", "list", "--failed")
    assert (failed["what"], failed["state"], failed["reason"]) == ("mail/1/confirmed/0", "given up", "There is no such mailbox.")
    assert [row["state"] for row in ada.json("outbox", "list")] == ["given up", "waiting"]
    assert "1 consequence was given up" in ada("doctor", "--offline", status=1)
    assert "is due again" in ada("outbox", "retry", failed["id"])
    assert "outbox list --failed" in ada("outbox", "retry", failed["id"], status=1)
    assert "0 are due again" in ada("outbox", "retry", "--all")
    assert "Give an ID, or --all" in ada("outbox", "retry", status=2)


@contextmanager
def bakery_house(url, clock):
    house = bridge(Settings().replace(database={"url": url}), now=clock)
    yield house
    house.database.dispose()


def test_an_organizer_has_the_address_that_customers_write_to(ada):
    assert ada("organizer", "change", "ada", "--email", "hello@adas-bakery.example") == "Changed ada.\n"
    assert ada.json("organizer", "list")[0]["email"] == "hello@adas-bakery.example"
    assert "no e-mail address that mail can be sent to" in ada("organizer", "change", "ada", "--email", "hello", status=2)
    assert "plain letters before the @" in ada("organizer", "change", "ada", "--email", "bäcker@adas-bakery.example", status=2)
    assert "Say what to change" in ada("organizer", "change", "ada", status=2)
    ada("organizer", "change", "ada", "--email", "", "--title", "Ada bakes")
    assert [ada.json("organizer", "list")[0][name] for name in ("title", "email")] == ["Ada bakes", ""]


def test_who_starts_a_server_without_mail_reads_that_letters_wait(ada, monkeypatch):
    said = []
    monkeypatch.setattr("bridge.cli.serve.become", lambda _beside, greeting: said.append(greeting))
    for name in ("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "DROPBRIDGE_SERVER__PORT", VISITOR_KEY):
        monkeypatch.setenv(name, "1")  # which the command hands on to its workers, and this process is not to keep
    ada("serve", "--port", free_port())
    ada.environment |= {"DROPBRIDGE_MAIL__HOST": "mail.example", "DROPBRIDGE_MAIL__FROM_ADDRESS": "shop@example.org"}
    ada("serve", "--port", free_port())
    without, with_mail = said
    assert "No mail server is set up: letters to customers wait." in without
    assert "mail" not in with_mail
