"""Letters by a real Postfix: delivered and read back, refused, away for a day, greylisted, and sent back."""

import os
import smtplib
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import icalendar
import pytest
from click.testing import CliRunner

from bridge.cli import commands
from bridge.core.errors import PermanentFault, Unreachable
from bridge.core.sockets import Message, message_token
from bridge.flows.relay import deliver_due
from bridge.flows.tell import MAIL, Telling, tell
from bridge.notify.fake import FakeNotifier
from bridge.notify.mail import Mail
from bridge.scheduler import Clock
from bridge.settings import Settings
from bridge.wiring import bridge
from tests.flows.test_tell import Books
from tests.house import bakery
from tests.letters.samples import BEFORE, TERMS, seen
from tests.postfix import GONE
from tests.translators.test_bounces import report

ROOT = Path(__file__).parents[2]
CLEO = "cleo@customers.example"
KEY = "mail/12/confirmed/0"


class Post:
    """A bakery whose letters go through a mail server, about orders that a test lays out."""

    def __init__(self, shop, postfix, url):
        self.shop, self.postfix, self.url = shop, postfix, url
        self.orders = {12: seen(email=CLEO)}
        self.notifier = Mail(postfix.settings)
        self.handlers = {"mail.": Telling(self.open, self.notifier, replace(shop.house.house, address="shop@shop.example"))}
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DROPBRIDGE_DATABASE__URL": url,
            **{f"DROPBRIDGE_MAIL__{name.upper()}": str(value) for name, value in postfix.settings.items()},
        }

    def order_by_id(self, order_id):
        return self.orders.get(order_id)

    @contextmanager
    def open(self):
        yield self

    def say(self, order_id, kind, **facts):
        with self.shop.house.work() as work:
            tell(work, order_id, kind, self.shop.clock(), **facts)

    def tick(self):
        tried = deliver_due(self.shop.house.work, self.handlers, self.shop.clock())
        self.notifier.close()
        return tried

    def rows(self, standing):
        with self.shop.house.read() as views:
            return {row.key: row.reason for row in views.outbox(standing)}

    def command(self, *words, given=b"", status=0):
        """What a command told an operator."""
        done = CliRunner().invoke(commands, list(words), env=self.environment, input=given, prog_name="dropbridge")
        told = f"{done.output}{done.exception}"
        code = done.exit_code if isinstance(done.exception, SystemExit | type(None)) else getattr(done.exception, "exit_code", 1)
        assert code == status, told
        return told

    def pipe(self, given):
        """A command in a process of its own, as a mail server calls it."""
        program = [sys.executable, "-m", "bridge", "mail", "bounced"]
        return subprocess.run(program, cwd=self.postfix.folder, env=self.environment, input=given, capture_output=True, check=False)


@pytest.fixture
def post(database_url, clock, postfix):
    with bakery(database_url, clock) as shop:
        made = Post(shop, postfix, database_url)
        yield made
        made.notifier.close()
        postfix.start()


def read(octets):
    return message_from_bytes(octets, policy=SMTP)


def calendars(made):
    both = [part for part in made.walk() if part.get_content_type() in {"text/calendar", "application/ics"}]
    return [icalendar.Calendar.from_ical(part.get_content()) for part in both]


def test_a_letter_is_delivered_with_its_invitation(post):
    post.say(12, "confirmed")
    assert post.tick() == 1
    (octets,) = post.postfix.letters("cleo", 1)
    made = read(octets)
    assert made["Message-ID"] == f"<{message_token(KEY)}@shop.example>"
    assert made["Return-Path"] == f"<bounces+{message_token(KEY)}@shop.example>"
    assert "2 × Country loaf" in made.get_body(("plain",)).get_content()
    assert TERMS.pickup in made.get_body(("html",)).get_content()
    for calendar in calendars(made):
        (event,) = calendar.walk("VEVENT")
        assert (calendar["METHOD"], event["SUMMARY"], event["SEQUENCE"]) == ("REQUEST", "Bread pickup", 0)
        assert event["ATTENDEE"] == f"mailto:{CLEO}"
    assert len(calendars(made)) == 2


def test_the_date_follows_the_order_until_it_is_cancelled(post):
    post.say(12, "confirmed")
    post.tick()
    post.orders[12] = seen(email=CLEO, sequence=1, free_change=True)
    post.say(12, "moved", mark=1, before=BEFORE)
    post.tick()
    post.orders[12] = seen(email=CLEO, sequence=2, state="cancelled")
    post.say(12, "cancelled", mark=2)
    post.tick()
    made = [calendars(read(octets))[0] for octets in post.postfix.letters("cleo", 3)]
    told = sorted((event["SEQUENCE"], str(calendar["METHOD"]), str(event["UID"])) for calendar in made for event in calendar.walk("VEVENT"))
    assert [one[:2] for one in told] == [(0, "REQUEST"), (1, "REQUEST"), (2, "CANCEL")]
    assert len({one[2] for one in told}) == 1


def test_an_address_that_does_not_exist_is_listed_and_the_others_get_their_letters(post):
    post.orders |= {13: seen(email="nobody@customers.example"), 14: seen(email=CLEO)}
    for order_id in (13, 14):
        post.say(order_id, "confirmed")
    assert post.tick() == 2
    assert len(post.postfix.letters("cleo", 1)) == 1
    listed = post.command("outbox", "list", "--failed")
    assert "mail/13/confirmed/0" in listed
    assert "5.1.1" in listed
    assert "nobody" not in listed
    assert "1 consequence was given up" in post.command("doctor", "--offline", status=1)


def test_a_server_that_is_down_for_a_day_loses_nothing_and_sends_nothing_twice(post, clock):
    post.postfix.stop()
    for order_id in range(20, 50):
        post.orders[order_id] = seen(email=CLEO, number=str(order_id))
        post.say(order_id, "confirmed")
    for _ in range(24 * 6):
        post.tick()
        clock.turn(minutes=10)
    assert len(post.rows("waiting")) == 30
    assert all("cannot be reached" in reason for reason in post.rows("waiting").values())
    post.postfix.start()
    clock.turn(hours=1)
    while post.tick():
        pass
    ids = [read(octets)["Message-ID"] for octets in post.postfix.letters("cleo", 30)]
    assert len(ids) == len(set(ids)) == 30
    assert post.rows("given up") == {}


def test_a_greylisting_server_gets_it_a_minute_later(post, clock):
    post.orders[12] = seen(email="cleo@grey.example")
    post.say(12, "confirmed")
    assert post.tick() == 1
    assert "greylisted" in post.rows("waiting")[KEY]
    assert post.tick() == 0
    clock.turn(minutes=1)
    assert post.tick() == 1
    assert len(post.postfix.letters("cleo", 1)) == 1


def test_what_comes_back_is_listed_with_its_reason(post):
    post.orders[12] = seen(email=GONE)
    post.say(12, "confirmed")
    post.tick()
    assert set(post.rows("done")) == {KEY}
    (came_back,) = post.postfix.letters("bounces", 1)
    piped = post.pipe(came_back)
    assert (piped.returncode, piped.stderr) == (0, b"")
    assert f"{KEY} came back".encode() in piped.stdout
    assert "no such customer any more" in post.rows("given up")[KEY]
    assert "no letter that is known" in post.command("mail", "bounced", given=came_back)


@pytest.mark.parametrize(
    "given", [report(action="delayed", envelope=f"Original-Envelope-Id: {message_token(KEY)}"), b"", b"\xff\x00rubbish", report()]
)
def test_what_is_no_failure_changes_nothing(post, given):
    post.say(12, "confirmed")
    post.tick()
    assert "nothing was changed" in post.command("mail", "bounced", given=given)
    assert set(post.rows("done")) == {KEY}


def test_a_report_waits_at_the_mail_server_while_there_is_no_database(post):
    failed = report(envelope=f"Original-Envelope-Id: {message_token(KEY)}")
    post.environment["DROPBRIDGE_DATABASE__URL"] = f"sqlite:///{post.postfix.folder}/none.db"
    post.command("mail", "bounced", given=failed, status=75)


def test_many_letters_go_over_one_connection(post):
    before = post.postfix.log().count(": connect from")
    for order_id in range(20, 30):
        post.orders[order_id] = seen(email=CLEO)
        post.say(order_id, "confirmed")
    assert post.tick() == 10
    assert len(post.postfix.letters("cleo", 10)) == 10
    assert post.postfix.log().count(": connect from") == before + 1


def test_a_test_letter_says_what_happened(post):
    told = post.command("mail", "test", CLEO)
    assert "takes mail" in told
    assert "was taken" in told
    assert len(post.postfix.letters("cleo", 1)) == 1
    refused = post.command("mail", "test", "nobody@customers.example", status=1)
    assert "550" in refused
    assert "was taken" not in refused
    post.environment["DROPBRIDGE_MAIL__HOST"] = ""
    assert "Set mail.host" in post.command("mail", "test", CLEO, status=2)


def test_the_doctor_sees_a_mail_server_that_is_away_and_letters_without_one(post):
    with post.shop.house.work() as work:
        tell(work, 12, "confirmed", datetime(2020, 1, 1, tzinfo=UTC))
    post.postfix.stop()
    assert "mail: The mail server cannot be reached" in post.command("doctor", status=1)
    post.environment["DROPBRIDGE_MAIL__HOST"] = ""
    assert "No mail server is set up, and 1 letter waits" in post.command("doctor", status=1)


@pytest.mark.parametrize(("tls", "port"), [("starttls", "port"), ("tls", "tls_port")])
def test_encryption_is_verified(postfix, monkeypatch, tls, port):
    letter = Message(CLEO, "Cleo", "Hello", "Hello\n")
    settings = {**postfix.settings, "tls": tls, "port": getattr(postfix, port)}
    stranger = Mail({**settings, "host": "localhost"})
    with pytest.raises(Unreachable, match="not to be trusted"):
        stranger.send(letter, "k1")
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.authority))
    with pytest.raises(Unreachable, match="real name"):
        Mail(settings).send(letter, "k2")
    known = Mail({**settings, "host": "localhost"})
    assert "TLSv1" in known.check()
    known.send(letter, "k3")
    known.close()
    assert len(postfix.letters("cleo", 1)) == 1


def test_a_port_that_speaks_otherwise_is_named(postfix):
    with pytest.raises(Unreachable):
        Mail({**postfix.settings, "tls": "tls"}).check()


def test_a_password_is_not_sent_in_the_clear_and_one_that_nobody_asks_for_is_told(postfix):
    with pytest.raises(Unreachable, match="without encryption"):
        Mail({**postfix.settings, "host": "192.0.2.1", "username": "shop", "password": "secret"}).check()
    with pytest.raises(Unreachable, match="mail server cannot do"):
        Mail({**postfix.settings, "username": "shop", "password": "secret"}).check()


def test_addresses_of_all_the_world_are_reached(postfix):
    notifier = Mail(postfix.settings)
    notifier.send(Message("jörg@customers.example", "Jörg", "Grüße", "Grüße\n"), "k1")
    notifier.send(Message("cleo@müller.example", "Cleo", "Hello", "Hello\n"), "k2")
    notifier.close()
    (jorg,) = postfix.letters("jorg", 1)
    assert "To: Jörg <jörg@customers.example>" in jorg.decode()
    assert len(postfix.letters("cleo", 1)) == 1


def test_without_a_mailbox_for_reports_they_go_to_the_sender(postfix):
    notifier = Mail({**postfix.settings, "bounce_address": ""})
    notifier.send(Message(GONE, "Cleo", "Hello", "Hello\n"), KEY)
    notifier.close()
    (came_back,) = postfix.letters("shop", 1)
    assert message_token(KEY) in came_back.decode("utf-8", "replace")


class HouseOfBooks:
    """A house with orders that a test lays out, and letters that it can watch; all else is the house's own."""

    def __init__(self, house, books, postman):
        self._house = replace(house, notifier=lambda _: postman)
        self._books = books

    def __getattr__(self, name):
        return getattr(self._house, name)

    @contextmanager
    def handlers(self):
        with self._house.handlers() as known:
            yield {MAIL: replace(known[MAIL], read=self._books.open)}


class Postman(FakeNotifier):
    """Says when it was handed something."""

    def __init__(self):
        super().__init__({})
        self.came = threading.Event()

    def send(self, message, key):
        super().send(message, key)
        self.came.set()


def test_the_clock_sends_what_a_commit_orders(database_url):
    postman, books = Postman(), Books()
    house = HouseOfBooks(bridge(Settings().replace(database={"url": database_url})), books, postman)
    ticking = Clock(house)
    running = threading.Thread(target=ticking.run)
    running.start()
    try:
        with house.work() as work:
            tell(work, 12, "confirmed", house.now())
        assert postman.came.wait(30)
    finally:
        ticking.stop()
        running.join(30)
        house.database.dispose()
    assert list(postman.sent) == [KEY]


def test_a_letter_outside_of_ascii_to_a_server_without_smtputf8_is_a_lasting_fault(postfix, monkeypatch):
    monkeypatch.setattr(smtplib.SMTP, "has_extn", lambda self, name: False)
    notifier = Mail(postfix.settings)
    with pytest.raises(PermanentFault, match="outside of ASCII"):
        notifier.send(Message("jörg@customers.example", "Jörg", "Hello", "Hello\n"), "k1")
    notifier.close()


def test_a_letter_to_an_address_that_the_mail_server_cannot_write_is_given_up_at_once_and_the_organizer_reads_why(post, monkeypatch):
    offers = smtplib.SMTP.has_extn
    monkeypatch.setattr(smtplib.SMTP, "has_extn", lambda self, name: name != "smtputf8" and offers(self, name))
    post.orders[12] = seen(email="ü@customers.example")
    post.orders[13] = seen(email=CLEO)
    post.say(12, "confirmed")
    post.say(13, "confirmed")
    assert post.tick() == 2
    assert len(post.postfix.letters("cleo", 1)) == 1
    assert post.rows("waiting") == {}
    assert "letters outside of ASCII before the @" in post.rows("given up")[KEY]
    assert "letters outside of ASCII before the @" in post.command("outbox", "list", "--failed")
    assert "1 consequence was given up" in post.command("doctor", "--offline", status=1)
    post.shop.clock.turn(days=1)
    assert post.tick() == 0
