"""Time zones by the names that clients give them."""

from datetime import UTC, datetime

import pytest

from bridge.ical import fill, read, template
from bridge.ical.zones import iana
from tests.ical.texts import AUTUMN, BERLIN, NOW, calendar


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("eastern standard time", "America/New_York"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/softwarestudio.org/Olson_20011030_5/America/New_York", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_known_by_many_names(written, zone):
    assert iana(written).name == zone


@pytest.mark.parametrize("written", ["", "Custom", "../../etc/passwd", "Europe", "\x00", "/", "a" * 5000, "(UTC+01:00) Amsterdam, Berlin"])
def test_other_names_say_nothing(written):
    assert iana(written) is None


def one(zone, *lines):
    return calendar(zone, ["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"])


def test_a_vtimezone_by_dates_is_followed():
    winter = ["BEGIN:STANDARD", "DTSTART:20000101T000000", "RDATE:20261001T000000", "TZOFFSETFROM:+0300", "TZOFFSETTO:+0200"]
    summer = ["BEGIN:DAYLIGHT", "DTSTART:20260401T000000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0300"]
    winter, summer = [*winter, "END:STANDARD"], [*summer, "END:DAYLIGHT"]
    zone = ["BEGIN:VTIMEZONE", "TZID:Ours", *winter, *summer, "END:VTIMEZONE"]
    text = one(zone, "DTSTART;TZID=Ours:20260930T120000", "RRULE:FREQ=DAILY;UNTIL=20261001T100000Z")
    assert [o.starts_at for o in read(text, BERLIN, AUTUMN).occurrences] == [
        datetime(2026, 9, 30, 9, tzinfo=UTC),
        datetime(2026, 10, 1, 10, tzinfo=UTC),
    ]


def test_a_vtimezone_that_says_where_it_is_follows_that_place():
    zone = ["BEGIN:VTIMEZONE", "TZID:Ours", "X-LIC-LOCATION:Asia/Tokyo", "END:VTIMEZONE"]
    (slot,) = read(one(zone, "DTSTART;TZID=Ours:20261205T100000"), BERLIN, AUTUMN).occurrences
    assert (slot.timezone, slot.starts_at) == ("Asia/Tokyo", datetime(2026, 12, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "part",
    [
        ["BEGIN:STANDARD", "END:STANDARD"],
        ["BEGIN:STANDARD", "TZOFFSETTO:+2400", "END:STANDARD"],
        ["BEGIN:STANDARD", "TZOFFSETTO:+0100", "RRULE:FREQ=SECONDLY", "DTSTART:20000101T000000", "END:STANDARD"],
        ["BEGIN:STANDARD", "TZOFFSETTO:+0100", "DTSTART:nonsense", "END:STANDARD"],
        [],
    ],
)
def test_a_vtimezone_without_sense_gives_way_to_the_drops_zone(part):
    zone = ["BEGIN:VTIMEZONE", "TZID:Ours", *part, "END:VTIMEZONE"]
    (slot,) = read(one(zone, "DTSTART;TZID=Ours:20261205T100000"), BERLIN, AUTUMN).occurrences
    assert slot.starts_at == datetime(2026, 12, 5, 9, tzinfo=UTC)


def test_a_template_finds_the_override_of_an_unknown_zone_as_reading_does():
    text = one([], "DTSTART;TZID=Ours:20261205T110000", "RECURRENCE-ID;TZID=Ours:20261205T100000", "DESCRIPTION:Places: 3")
    (key,) = (o.recurrence_id for o in read(text, BERLIN, AUTUMN).occurrences)
    block = "―― live stock ――\nSold out\n―― end ――"
    assert "live stock" in fill(template(text, [key], "Europe/Berlin"), {key: block}, NOW)


def hints(zone, *lines):
    (slot,) = read(one(zone, *lines), BERLIN, AUTUMN).occurrences
    return [(hint.written, hint.reason) for hint in slot.settings.hints]


@pytest.mark.parametrize("lines", [["DTSTART;TZID=Ours:20261205T100000"], ["DTSTART:20261205T100000Z", "DTEND;TZID=Ours:20261205T120000"]])
def test_a_zone_that_nobody_knows_is_told(lines):
    assert hints([], *lines) == [("Ours", "unknown-zone")]


@pytest.mark.parametrize(
    "start", ["DTSTART;TZID=Ours:20261205T100000Z", "DTSTART;TZID=Ours;VALUE=DATE:20261205", "DTSTART;TZID=Europe/Berlin:20261205T100000"]
)
def test_a_zone_that_does_not_matter_or_is_known_is_not(start):
    assert hints([], start) == []


def test_a_zone_that_comes_with_its_rules_is_known():
    winter = ["BEGIN:STANDARD", "DTSTART:20000101T000000", "TZOFFSETTO:+0100", "END:STANDARD"]
    zone = ["BEGIN:VTIMEZONE", "TZID:Ours", *winter, "END:VTIMEZONE"]
    assert hints(zone, "DTSTART;TZID=Ours:20261205T100000") == []
