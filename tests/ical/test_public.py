"""The public rendering: valid for every reader at hand, never a line too long, and nothing in it that can break out."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ical import alarm, calendar_head, calendar_tail, fill_public, public_template, vtimezone, wrap_public
from tests.ical.texts import BLOCK, DROP, GERMAN, LEFT, NOW, SLOT
from tests.ical.validators import icaljs, libical_errors

LINK = "https://example.org/slots/k3v9q2"
MACHINE = {"PLACES-LEFT": "7", "CAPACITY": "24", "STATE": "open"}


def vevent(slot=SLOT, drop=DROP, *, badge="7 left", block=BLOCK, status="CONFIRMED", machine=MACHINE, **organizer):
    template = public_template(slot, drop, LINK, "example.org", **organizer)
    return fill_public(template, badge=badge, block=block, status=status, stamp=NOW, machine=machine)


def head(*tzids, **changes):
    given = {"name": "Bread, fresh", "description": "Every Saturday;\nrain or shine", "timezone": "Europe/Berlin", "color": "saddlebrown"}
    given |= {"source_url": "https://example.org/ada/bread/calendar.ics", "url": "https://example.org/ada/bread/"}
    return calendar_head(**given | changes, refresh=timedelta(minutes=15), tzids=tzids)


def feed(*events):
    return head("Europe/Berlin") + "".join(events) + calendar_tail()


def parsed(text):
    (event,) = icalendar.Calendar.from_ical(wrap_public(text, "Europe/Berlin")).walk("VEVENT")
    return event


SLOTS = {
    "zoned": SLOT,
    "utc": replace(SLOT, timezone="UTC"),
    "all day": replace(SLOT, all_day=True, starts_at=datetime(2026, 12, 4, 23, tzinfo=UTC), ends_at=datetime(2026, 12, 5, 23, tzinfo=UTC)),
    "bare": replace(SLOT, place="", geo="", notes="", url="", image="", color="", categories=(), pickup="", title=""),
    "any language": replace(SLOT, title="ライ麦パン 🥖 " * 20, notes="بطاطا; \\ , \n" * 40, place="Straße 1, Köln\n2. Stock"),
}


@pytest.mark.parametrize("name", SLOTS)
def test_a_feed_is_valid_for_icalendar_libical_and_icaljs(name):
    text = feed(vevent(SLOTS[name]), vevent(replace(SLOTS[name], public_id="other"), status="CANCELLED", block="", badge=""))
    assert libical_errors(text) == []
    calendar = icalendar.Calendar.from_ical(text)
    assert [problem for component in calendar.walk() for problem in component.errors] == []
    seen = icaljs(text)
    assert [event["uid"] for event in seen["events"]] == ["k3v9q2@dropbridge", "other@dropbridge"]
    assert {event["start"] for event in seen["events"]} == {int(SLOTS[name].starts_at.timestamp())} or SLOTS[name].all_day
    assert [event["status"] for event in seen["events"]] == ["CONFIRMED", "CANCELLED"]


@pytest.mark.parametrize("name", SLOTS)
def test_a_resource_of_the_read_only_mount_is_valid_too(name):
    text = wrap_public(vevent(SLOTS[name]), SLOTS[name].timezone)
    assert libical_errors(text) == []
    assert "METHOD" not in text


@pytest.mark.parametrize("name", SLOTS)
def test_every_line_ends_with_crlf_and_is_at_most_75_octets_long(name):
    text = feed(vevent(SLOTS[name], block=GERMAN))
    assert text.replace("\r\n", "").count("\n") == 0
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_customers_see_title_and_badge_notes_pickup_and_block():
    event = parsed(vevent())
    assert event["SUMMARY"] == "Country loaf pickup · 7 left"
    assert event["DESCRIPTION"] == f"{SLOT.notes}\n\nPickup: Bring the QR code\n\n{BLOCK}"
    assert event["LOCATION"] == "Bakery, side door"
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CONFIRMED", "TRANSPARENT", 2)
    assert event["CATEGORIES"].cats == ["Bread", "Winter, cold"]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (SLOT.starts_at, SLOT.ends_at)


def test_the_html_says_the_same_with_links():
    event = parsed(vevent())
    for name in ("STYLED-DESCRIPTION", "X-ALT-DESC"):
        assert event[name].params["FMTTYPE"] == "text/html"
        html = event[name].replace("\\;", ";")
        assert 'More at <a href="https://example.org/bread?a=1&amp;b=2">https://example.org/bread?a=1&amp;b=2</a>.' in html
        assert "<br><br>―― live stock ――<br>7 of 24 places left<br>" in html


def test_html_in_notes_or_names_is_shown_and_not_run():
    text = vevent(replace(SLOT, notes="<script>alert(1)</script>"), block=GERMAN)
    event = parsed(text)
    assert "<script>" in event["DESCRIPTION"]
    assert "<script>" not in event["STYLED-DESCRIPTION"]
    assert "<groß>" not in event["X-ALT-DESC"]
    assert LEFT.offers[0].name in event["DESCRIPTION"]


def test_machines_find_what_they_need():
    text = vevent()
    for line in ("X-DROP-SLOT:k3v9q2", "X-DROP-PLACES-LEFT:7", "X-DROP-CAPACITY:24", "X-DROP-STATE:open"):
        assert f"\r\n{line}\r\n" in text
    assert f"\r\nURL;VALUE=URI:{LINK}\r\n" in text
    assert "IMAGE;VALUE=URI;DISPLAY=BADGE" in text


def test_only_the_stamp_and_what_stock_changes_differ_between_two_renderings():
    first, second = vevent(), vevent(badge="6 left", block=BLOCK.replace("7 of", "6 of"))
    names = {line.split(":")[0].split(";")[0] for line in set(first.split("\r\n")) ^ set(second.split("\r\n"))}
    assert {name for name in names if not name.startswith(" ")} <= {"SUMMARY"}


def test_an_organizer_without_a_public_address_cannot_be_mailed():
    assert 'ORGANIZER;CN="ada":urn:dropbridge:example.org:ada' in vevent()
    assert 'ORGANIZER;CN="Ada\'s Bakery":mailto:ada@example.org' in vevent(organizer="Ada's Bakery", email="ada@example.org")
    assert libical_errors(feed(vevent(organizer='A "quoted"\nname', email="ada@example.org"))) == []


def test_a_moment_has_no_end():
    text = vevent(replace(SLOT, ends_at=SLOT.starts_at))
    assert "DTEND" not in text
    assert libical_errors(feed(text)) == []
    assert parsed(text)["DTSTART"].dt == SLOT.starts_at


def test_the_second_of_two_equal_hours_is_told_apart():
    slot = replace(SLOT, starts_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC), ends_at=datetime(2026, 10, 25, 2, 30, tzinfo=UTC))
    event = parsed(vevent(slot))
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (slot.starts_at, slot.ends_at)


def test_an_alarm_rings_when_the_preorder_opens():
    text = vevent().replace("END:VEVENT", alarm(NOW, "Country loaf, fresh") + "END:VEVENT")
    (ring,) = parsed(text).walk("VALARM")
    assert ring["TRIGGER"].dt == NOW
    assert ring["DESCRIPTION"] == "Country loaf, fresh"
    assert libical_errors(feed(text)) == []


def test_a_calendar_says_its_name_and_how_often_to_come_back():
    calendar = icalendar.Calendar.from_ical(feed())
    assert icaljs(feed())["names"] == ["Bread\\, fresh"] * 2, "ical.js leaves unknown properties as written"
    assert calendar["DESCRIPTION"] == "Every Saturday;\nrain or shine"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(minutes=15)
    assert calendar["X-PUBLISHED-TTL"] == "PT15M"
    assert calendar["SOURCE"] == "https://example.org/ada/bread/calendar.ics"


def test_a_colour_that_is_no_css_name_is_only_told_to_apple():
    text = head(color="#A0522DFF")
    assert "X-APPLE-CALENDAR-COLOR:#A0522DFF" in text
    assert "\r\nCOLOR:" not in text


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=200))
def test_no_words_break_out_of_their_property(notes, title, block):
    slot = replace(SLOT, notes=notes, title=title, place=title, pickup=notes, categories=(title,))
    text = vevent(slot, badge=title, block=block, machine={"STATE": title})
    names = re.findall(r"^([A-Z-]+)[:;]", text, re.MULTILINE)
    assert names.count("BEGIN") == names.count("END") == names.count("SUMMARY") == 1
    assert names.count("DESCRIPTION") <= 1
    assert icalendar.Calendar.from_ical(wrap_public(text, "UTC"))


ZONES = [
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Tokyo", "Australia/Lord_Howe", "Africa/Casablanca",
    "Asia/Kolkata", "Europe/Dublin", "Pacific/Apia", "Asia/Tehran", "America/Santiago", "Europe/Moscow", "Asia/Gaza",
]  # fmt: skip


@pytest.mark.parametrize("tzid", ZONES)
def test_a_vtimezone_gives_the_right_moment_in_past_and_coming_years(tzid):
    from zoneinfo import ZoneInfo

    moments = [datetime(2010 + n // 24, n % 12 + 1, 1 + n % 27, 12, n % 60) for n in range(24 * 22)]
    written = [(tzid, {"year": m.year, "month": m.month, "day": m.day, "hour": m.hour, "minute": m.minute, "second": 0}) for m in moments]
    seen = icaljs(head(tzid) + calendar_tail(), written)["offsets"]
    wrong = [m for m, at in zip(moments, seen, strict=True) if at != m.replace(tzinfo=ZoneInfo(tzid)).timestamp()]
    assert wrong == []


@pytest.mark.parametrize("tzid", ZONES)
def test_a_vtimezone_is_valid_and_compact(tzid):
    assert libical_errors(head(tzid) + vevent() + calendar_tail()) == []
    assert len(vtimezone("Europe/Berlin")) < 800


def test_utc_needs_no_vtimezone():
    assert vtimezone("UTC") == ""
