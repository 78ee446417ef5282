"""Whole calendars taken apart and put together, and what a report makes of one text."""

from datetime import UTC, datetime

import icalendar
import pytest

from bridge.core.errors import Refusal
from bridge.ical import expand, join, limit_recurrence_set, occurrence_spans, read, split
from tests.ical.texts import AUTUMN, BERLIN, calendar, event, names, sample
from tests.ical.validators import libical_errors

APPLE = "apple_macos_weekly_one_moved_one_cancelled.ics"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_exported_calendar_comes_apart_into_resources_that_can_be_kept():
    whole = join([sample(name) for name in names()])
    parts = split(whole)
    assert len(parts) == len(names())
    for uid, text in parts:
        assert read(text, BERLIN, AUTUMN).uid == uid


def test_overrides_stay_with_their_master_and_octets_as_they_are():
    text = sample(APPLE)
    ((uid, part),) = split(text)
    assert uid == "5B5A9F2E-8A3C-4F39-9F0D-6D8A9F7C1B22"
    assert text[text.index("BEGIN:VEVENT") : text.rindex("END:VEVENT")] in part


def test_a_part_has_only_the_zones_it_speaks_of():
    whole = join([sample(APPLE), sample("google_export_html_notes.ics"), sample("davx5_all_day_market.ics")])
    apple, google, davx5 = (text for _, text in split(whole))
    assert "TZID:Europe/Berlin" in apple
    assert "TZID:America/New_York" not in apple
    assert "TZID:America/New_York" in google
    assert "VTIMEZONE" not in davx5


def test_a_zone_that_many_events_use_is_exported_once():
    whole = join([sample(APPLE), sample("thunderbird_new_slot_berlin.ics")])
    assert whole.count("TZID:Europe/Berlin\r\n") == 1
    assert libical_errors(whole) == []


def test_an_event_without_a_uid_is_given_one():
    ((uid, text),) = split(calendar(["BEGIN:VEVENT", "DTSTART:20261205", "END:VEVENT"]))
    assert uid
    assert read(text, BERLIN, AUTUMN).uid == uid


def test_what_has_no_uid_is_known_again_and_never_taken_for_something_else():
    def uids(*lines):
        return [uid for uid, _ in split(calendar(*(["BEGIN:VEVENT", "DTSTART:20261205T090000Z", line, "END:VEVENT"] for line in lines)))]

    bread, cake = uids("SUMMARY:Bread"), uids("SUMMARY:Cake")
    assert bread != cake
    assert uids("SUMMARY:Cake", "SUMMARY:Bread") == cake + bread
    assert len(set(uids("SUMMARY:Bread", "SUMMARY:Bread"))) == 2
    assert uids("SUMMARY:Bread\r\nDTSTAMP:20261201T000000Z") == uids("SUMMARY:Bread\r\nDTSTAMP:20261202T000000Z")


def test_an_export_of_nothing_is_a_calendar_still():
    assert split(join([])) == []


def test_an_expanded_series_has_each_instance_in_utc_and_nothing_of_the_rule():
    text = expand(sample(APPLE), at("2026-10-10"), at("2026-11-02"), 100)
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert [(e["RECURRENCE-ID"].to_ical().decode(), e["DTSTART"].dt, str(e["SUMMARY"])) for e in events] == [
        ("20261010T080000Z", at("2026-10-10T08:00"), "Saturday bread"),
        ("20261024T080000Z", at("2026-10-25T10:00"), "Sunday bread"),
        ("20261031T090000Z", at("2026-10-31T09:00"), "Saturday bread"),
    ]
    assert all(e["DTEND"].dt > e["DTSTART"].dt for e in events)
    for gone in ("RRULE", "EXDATE", "VTIMEZONE", "TZID"):
        assert gone not in text
    assert "X-APPLE-STRUCTURED-LOCATION" in text


def test_an_override_without_a_master_expands_to_itself():
    text = expand(sample("google_override_alone.ics"), at("2026-12-01"), at("2027-01-01"), 100)
    assert "DTSTART:20261212T150000Z\r\n" in text
    assert "RECURRENCE-ID:20261212T140000Z\r\n" in text


def test_days_stay_days_and_floating_times_floating():
    assert "DTSTART;VALUE=DATE:20261219\r\n" in expand(sample("davx5_all_day_market.ics"), at("2026-12-01"), at("2027-01-01"), 9)
    text = expand(sample("gnome_floating_daily_lf_no_notes.ics"), at("2026-10-25"), at("2026-10-26"), 9, "Europe/Berlin")
    assert "DTSTART:20261025T080000\nDTEND:20261025T093000\nRECURRENCE-ID:20261025T080000\n" in text


def test_a_single_event_expands_without_a_recurrence_id():
    text = expand(sample("thunderbird_new_slot_berlin.ics"), at("2026-12-01"), at("2027-01-01"), 9)
    assert "RECURRENCE-ID" not in text
    assert "DTSTART:20261205T090000Z\r\n" in text


@pytest.mark.parametrize("name", names())
def test_nothing_is_left_of_what_lies_outside(name):
    expanded = expand(sample(name), at("2040-01-01"), at("2041-01-01"), 9)
    assert expanded is None or "VEVENT" not in sample(name)


@pytest.mark.parametrize("name", names())
def test_what_expands_is_valid(name):
    text = expand(sample(name), at("2026-01-01"), at("2028-01-01"), 99)
    assert libical_errors(text) == []


def test_spans_are_those_of_the_occurrences():
    spans = occurrence_spans(sample(APPLE), at("2026-10-24"), at("2026-11-01"), 10)
    assert spans == [(at("2026-10-25T10:00"), at("2026-10-25T12:00")), (at("2026-10-31T09:00"), at("2026-10-31T11:00"))]
    assert occurrence_spans(event("RRULE:FREQ=SECONDLY"), at("2026-12-06"), at("2027-01-01"), 3)[0][0] == at("2026-12-06")


def test_a_limited_set_keeps_the_master_and_the_overrides_in_range():
    text = limit_recurrence_set(sample(APPLE), at("2026-10-31"), at("2026-11-02"))
    assert "RRULE" in text
    assert "Oven broken" in text
    assert "Sunday bread" not in text


def test_a_limited_set_keeps_an_override_that_was_in_range_before_it_moved():
    text = limit_recurrence_set(sample(APPLE), at("2026-10-24"), at("2026-10-25"))
    assert "Sunday bread" in text


def test_tasks_are_handed_over_as_they_are():
    text = sample("tasks_org_due_only.ics")
    assert expand(text, at("2026-01-01"), at("2027-01-01"), 9) == limit_recurrence_set(text, at("2026-01-01"), at("2027-01-01")) == text


@pytest.mark.parametrize("helper", [split, lambda text: join([text]), lambda text: expand(text, *AUTUMN, 9)])
def test_what_is_no_calendar_is_refused(helper):
    with pytest.raises(Refusal):
        helper("nonsense")


def test_a_report_without_ends_is_answered():
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert len(occurrence_spans(sample(APPLE), first, last, 100)) == 8
    assert len(occurrence_spans(event("DTSTART:20001231T000000Z", "RRULE:FREQ=YEARLY"), first, last, 100)) == 100
