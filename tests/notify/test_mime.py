"""A message as mail: every app finds the invitation, nothing that people type gets out of its header, nothing identifies too much."""

import re
from email import message_from_bytes
from email.policy import SMTP

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import PermanentFault
from bridge.core.sockets import Attachment, Message, message_token
from bridge.letters import letter
from bridge.notify.mime import ascii_domain, mail
from tests.cast import ADA, CLEO
from tests.fakes import WEDNESDAY
from tests.letters.samples import EVERY, HOUSE, ORDER, SECRET, seen

SHOP = "shop@shop.example"
HEADERS = {"from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted"}
HEADERS |= {"x-auto-response-suppress", "content-language", "content-type", "mime-version", "content-transfer-encoding"}


def sent(message, key="mail/12/confirmed/0", sender=SHOP):
    """As a mail server gets it, and as an app reads it."""
    return message_from_bytes(bytes(mail(message, key, sender)), policy=SMTP)


def the_letter(kind="confirmed"):
    return letter(kind, *EVERY[kind], HOUSE, WEDNESDAY)


@pytest.mark.parametrize(("kind", "method"), [("confirmed", "REQUEST"), ("cancelled", "CANCEL")])
def test_the_invitation_is_an_alternative_with_its_method_and_an_attachment(kind, method):
    made = sent(the_letter(kind))
    assert made.get_content_type() == "multipart/mixed"
    both, attached = made.iter_parts()
    assert both.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in both.iter_parts()] == ["text/plain", "text/html", "text/calendar"]
    calendar = list(both.iter_parts())[2]
    assert (calendar["Content-Type"].params["method"], calendar["Content-Type"].params["charset"]) == (method, "utf-8")
    assert (attached.get_content_type(), attached.get_filename()) == ("application/ics", "invite.ics")
    assert icalendar.Calendar.from_ical(calendar.get_content()).to_ical() == icalendar.Calendar.from_ical(attached.get_content()).to_ical()
    assert icalendar.Calendar.from_ical(attached.get_content())["METHOD"] == method


def test_without_a_calendar_it_is_text_and_html():
    made = sent(the_letter("refunded"))
    assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain", "text/html"]
    assert "goes back to you" in made.get_body(("plain",)).get_content()


def test_it_comes_from_the_house_in_the_organizers_name_and_is_answered_to_them():
    made = sent(the_letter())
    assert made["From"].addresses[0].addr_spec == SHOP
    assert made["From"].addresses[0].display_name == ADA.title
    assert made["Reply-To"].addresses[0].addr_spec == ADA.email
    assert made["To"].addresses[0].addr_spec == CLEO.email


def test_no_machine_answers_it_and_it_is_no_list():
    made = sent(the_letter())
    assert made["Auto-Submitted"] == "auto-generated"
    assert not [name for name in made.keys() if name.lower().startswith("list-")]  # noqa: SIM118 # a header twice is there twice
    assert {name.lower() for name in made.keys()} == HEADERS - {"content-transfer-encoding"}  # noqa: SIM118


def test_the_message_id_is_that_of_the_key_and_letters_of_an_order_hang_together():
    one, again, other = sent(the_letter()), sent(the_letter("moved")), sent(the_letter("moved"), "mail/12/moved/1")
    assert one["Message-ID"] == again["Message-ID"] == f"<{message_token('mail/12/confirmed/0')}@shop.example>"
    assert other["Message-ID"] != one["Message-ID"]
    assert one["References"] == other["References"] == other["In-Reply-To"]
    headers = "".join(f"{name}: {value}" for name, value in one.items())
    assert SECRET not in headers
    assert str(ORDER.id) not in one["Message-ID"]


@given(st.text(), st.text(), st.text())
def test_nothing_that_people_type_leaves_its_header(name, subject, text):
    message = Message(CLEO.email, name, subject, text, "<p>x", sender_name=subject, reply_to=ADA.email)
    octets = bytes(mail(message, "k", SHOP))
    head, _, _ = octets.partition(b"\r\n\r\n")
    names = re.findall(rb"^([^\s:]+):", head, re.MULTILINE)
    assert {one.decode().lower() for one in names} <= HEADERS
    made = message_from_bytes(octets, policy=SMTP)
    assert made["To"].addresses[0].addr_spec == CLEO.email
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert octets.isascii()


@pytest.mark.parametrize("injected", ["Cleo\r\nBcc: dee@example.org", "Cleo\nX: y", "Cleo\u2028Bcc: d@e.f", "\r\n\r\nbody"])
def test_an_injected_header_is_only_a_strange_name(injected):
    made = sent(Message(CLEO.email, injected, injected, "x", sender_name=injected))
    assert made["Bcc"] is None
    assert made["X"] is None
    assert "\n" not in made["Subject"]
    assert made.get_content().strip() == "x"


def test_names_of_all_the_world_arrive_as_they_are():
    made = sent(Message("cleo@müller.example", "Zoë “Z” Müller, 株式会社", "Bestellung bestätigt: Brötchen 🥐", "für Zoë\n"))
    assert made["To"].addresses[0].display_name == "Zoë “Z” Müller, 株式会社"
    assert made["To"].addresses[0].addr_spec == "cleo@xn--mller-kva.example"
    assert made["Subject"] == "Bestellung bestätigt: Brötchen 🥐"
    assert made.get_content() == "für Zoë\r\n" or made.get_content() == "für Zoë\n"


def test_an_attachment_keeps_its_kind_and_its_octets():
    made = sent(Message(CLEO.email, "", "s", "x", attachments=(Attachment("receipt.pdf", 'application/pdf; x="1"', b"%PDF\x00"),)))
    (attached,) = made.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename(), attached.get_content()) == ("application/pdf", "receipt.pdf", b"%PDF\x00")


@given(st.text())
def test_what_is_no_address_is_refused_and_nothing_worse(address):
    try:
        made = mail(Message(address, "", "s", "x"), "k", SHOP)
    except PermanentFault:
        return
    assert len(sent(Message(address, "", "s", "x"))["To"].addresses) == 1
    assert made["Bcc"] is None


def test_a_host_is_named_as_the_dns_names_it():
    assert ascii_domain("jörg@müller.example") == "jörg@xn--mller-kva.example"
    assert seen().order.email == ascii_domain(CLEO.email)
