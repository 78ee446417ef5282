"""The customer's own event: valid to every reader, one identity for good, and a sequence that follows the order."""

from dataclasses import replace
from datetime import timedelta

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import ical
from tests.cast import ADA, CLEO
from tests.fakes import WEDNESDAY
from tests.ical.validators import icaljs, libical_errors
from tests.letters.samples import DROP, ORDER, SECRET, SLOT, STARTS, TERMS

LINK = f"https://shop.example/orders/{SECRET}"


def invited(method="REQUEST", *, slot=SLOT, drop=DROP, sender="shop@shop.example", **order):
    return ical.invitation(replace(ORDER, **order), slot, drop, TERMS, method, WEDNESDAY, link=LINK, sender=sender)


def fed(*, slot=SLOT, drop=DROP, **order):
    return ical.order_calendar(replace(ORDER, **order), slot, drop, TERMS, link=LINK, sender="shop@shop.example")


def event_of(text):
    return icalendar.Calendar.from_ical(text).walk("VEVENT")[0]


SLOTS = {
    "zoned": SLOT,
    "a day": replace(SLOT, all_day=True, starts_at=STARTS.replace(hour=23) - timedelta(days=1), ends_at=STARTS.replace(hour=23)),
    "UTC": replace(SLOT, timezone="UTC"),
    "without an end": replace(SLOT, ends_at=STARTS),
    "in the second hour of a fold": replace(
        SLOT, starts_at=STARTS.replace(month=10, day=25, hour=1), ends_at=STARTS.replace(month=10, day=25, hour=2)
    ),
}


@pytest.mark.parametrize("name", SLOTS)
@pytest.mark.parametrize("make", ["REQUEST", "CANCEL", "feed", "cancelled feed"])
def test_every_reader_takes_it(name, make):
    slot = SLOTS[name]
    text = invited(make, slot=slot) if make.isupper() else fed(slot=slot, **({"state": "cancelled"} if "cancelled" in make else {}))
    assert libical_errors(text) == []
    (event,) = icaljs(text)["events"]
    assert event["uid"] == ical.order_uid(ORDER)
    assert event["start"] == (slot.starts_at.timestamp() if not slot.all_day else event["start"])
    assert event_of(text)["SUMMARY"] == "Bread pickup"


def test_an_invitation_is_from_the_organizer_by_the_house_to_the_customer_who_has_accepted():
    event = event_of(invited())
    assert event["ORGANIZER"] == f"mailto:{ADA.email}"
    assert event["ORGANIZER"].params["SENT-BY"] == "mailto:shop@shop.example"
    assert event["ATTENDEE"] == f"mailto:{CLEO.email}"
    assert (event["ATTENDEE"].params["PARTSTAT"], event["ATTENDEE"].params["RSVP"]) == ("ACCEPTED", "FALSE")


def test_without_an_address_of_the_organizer_the_house_invites():
    event = event_of(invited(drop=replace(DROP, organizer_email="")))
    assert event["ORGANIZER"] == "mailto:shop@shop.example"
    assert "SENT-BY" not in event["ORGANIZER"].params
    assert event_of(invited(drop=replace(DROP, organizer_email=""), sender=""))["ORGANIZER"].startswith("urn:")


def test_it_says_what_where_and_how_and_where_to_change_it():
    event = event_of(invited())
    for told in ("2 × Country loaf", "1 × Tote bag", "K7-4M2", "Side door", LINK):
        assert told in event["DESCRIPTION"]
    assert (event["LOCATION"], event["URL"], event["CLASS"]) == (SLOT.place, LINK, "PRIVATE")
    assert "Abholung: Side door" in event_of(invited(language="de"))["DESCRIPTION"]


def test_the_identity_stays_and_is_not_the_secret():
    for text in (invited(), invited("CANCEL", sequence=3), fed(), fed(state="cancelled")):
        assert str(event_of(text)["UID"]) == ical.order_uid(ORDER)
    assert SECRET not in ical.order_uid(ORDER)
    assert ical.order_uid(replace(ORDER, secret="another")) != ical.order_uid(ORDER)


@pytest.mark.parametrize("sequence", [0, 1, 7])
def test_the_sequence_is_that_of_the_order(sequence):
    assert event_of(invited(sequence=sequence))["SEQUENCE"] == event_of(fed(sequence=sequence))["SEQUENCE"] == sequence


@pytest.mark.parametrize(
    ("order", "slot", "status"),
    [
        ({}, SLOT, "CONFIRMED"),
        ({"state": "pending"}, SLOT, "TENTATIVE"),
        ({"state": "picked_up"}, SLOT, "CONFIRMED"),
        ({"state": "cancelled"}, SLOT, "CANCELLED"),
        ({"state": "expired"}, SLOT, "CANCELLED"),
        ({}, replace(SLOT, cancelled=True), "CANCELLED"),
        ({}, replace(SLOT, removed=True), "CANCELLED"),
    ],
)
def test_the_feed_shows_how_the_order_stands_and_reminds_only_of_what_is_on(order, slot, status):
    text = fed(slot=slot, **order)
    assert event_of(text)["STATUS"] == status
    alarms = [str(alarm["TRIGGER"].to_ical().decode()) for alarm in icalendar.Calendar.from_ical(text).walk("VALARM")]
    assert alarms == ([] if status == "CANCELLED" else ["-P1D", "-PT1H"])


def test_an_invitation_brings_no_reminder_and_a_cancellation_says_so():
    assert "VALARM" not in invited()
    assert event_of(invited("CANCEL"))["STATUS"] == "CANCELLED"


def test_the_feed_is_the_same_text_until_something_changes():
    assert fed() == fed()
    assert "METHOD:PUBLISH" in fed()
    assert "ATTENDEE" not in fed()
    assert fed(changed_at=WEDNESDAY + timedelta(hours=1)) != fed()


def test_what_is_sent_is_no_appointment():
    sent = event_of(fed(fulfilment="shipping"))
    assert "LOCATION" not in sent
    assert "Side door" not in sent["DESCRIPTION"]
    assert "It is sent to you" in sent["DESCRIPTION"]
    assert "zugeschickt" in event_of(fed(fulfilment="shipping", language="de"))["DESCRIPTION"]
    assert (sent["TRANSP"], sent.walk("VALARM")) == ("TRANSPARENT", [])
    fetched = event_of(fed())
    assert (fetched["TRANSP"], "sent to you" in fetched["DESCRIPTION"]) == ("OPAQUE", False)


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_people_are_called_it_stays_one_event(name, title):
    text = invited(name=name, slot=replace(SLOT, title=title, place=name), drop=replace(DROP, organizer_title=title))
    calendar = icalendar.Calendar.from_ical(text)
    assert len(calendar.walk("VEVENT")) == 1
    assert calendar.walk("VEVENT")[0]["ATTENDEE"] == f"mailto:{CLEO.email}"
    assert libical_errors(text) == []
