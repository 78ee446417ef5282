"""Occurrences: what RFC 5545 says of rules, exceptions and clocks, and a bound on the work for any of it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.errors import Refusal
from bridge.ical import read
from tests.ical.texts import AUTUMN, BERLIN, calendar, event


def starts(text, horizon=AUTUMN, most=500):
    return [o.starts_at for o in read(text, BERLIN, horizon, most).occurrences]


def keys(text, horizon=AUTUMN):
    return [o.recurrence_id for o in read(text, BERLIN, horizon).occurrences]


def series(*master, overrides=()):
    own = [["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"] for lines in (master, *overrides)]
    return calendar(*own)


WEEKLY = ("DTSTART;TZID=Europe/Berlin:20261003T100000", "DTEND;TZID=Europe/Berlin:20261003T120000", "RRULE:FREQ=WEEKLY;COUNT=6")


def test_the_local_hour_stays_when_clocks_change():
    assert [at.hour for at in starts(series(*WEEKLY))] == [8, 8, 8, 8, 9, 9]


def test_an_hour_that_clocks_skip_is_counted_by_the_old_offset():
    assert starts(event("DTSTART;TZID=Europe/Berlin:20270328T023000")) == [datetime(2027, 3, 28, 1, 30, tzinfo=UTC)]


def test_an_hour_that_clocks_show_twice_is_the_first_of_the_two():
    assert starts(event("DTSTART;TZID=Europe/Berlin:20261025T023000")) == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_a_length_by_end_is_exact_and_one_by_days_follows_the_calendar():
    by_end = series("DTSTART;TZID=Europe/Berlin:20261024T120000", "DTEND;TZID=Europe/Berlin:20261025T120000", "RRULE:FREQ=DAILY;COUNT=2")
    by_days = series("DTSTART;TZID=Europe/Berlin:20261024T120000", "DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=2")
    assert [o.ends_at - o.starts_at for o in read(by_end, BERLIN, AUTUMN).occurrences] == [timedelta(hours=25)] * 2
    assert [o.ends_at - o.starts_at for o in read(by_days, BERLIN, AUTUMN).occurrences] == [timedelta(hours=25), timedelta(hours=24)]


def test_extra_dates_and_periods_are_occurrences_too():
    text = series(
        "DTSTART:20261003T100000Z", "DURATION:PT1H", "RDATE:20261005T100000Z,20261007T100000Z", "RDATE;VALUE=PERIOD:20261009T100000Z/PT3H"
    )
    draft = read(text, BERLIN, AUTUMN)
    assert [o.starts_at.day for o in draft.occurrences] == [3, 5, 7, 9]
    assert draft.occurrences[3].ends_at - draft.occurrences[3].starts_at == timedelta(hours=3)


@pytest.mark.parametrize(
    ("exrule", "days"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", [10, 24]),
        ("FREQ=WEEKLY;COUNT=2", [17, 24, 31]),
        ("FREQ=DAILY;UNTIL=20261017T080000Z", [24, 31]),
        ("FREQ=DAILY;BYHOUR=11", [3, 10, 17, 24, 31]),
    ],
)
def test_a_rule_of_exceptions_leaves_out_what_it_hits(exrule, days):
    text = series(*WEEKLY[:2], "RRULE:FREQ=WEEKLY;COUNT=5", f"EXRULE:{exrule}")
    assert [at.day for at in starts(text)] == days


def test_many_exceptions_by_rule_leave_the_few_that_are_wanted():
    text = series("DTSTART:20260101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SU")
    year = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    draft = read(text, BERLIN, year, 60)
    assert draft.complete
    assert {o.starts_at.weekday() for o in draft.occurrences} == {5}
    assert len(draft.occurrences) == 52


@pytest.mark.parametrize("exdate", ["EXDATE:20261010T080000Z", "EXDATE;VALUE=DATE:20261010", "EXDATE;TZID=Europe/London:20261010T090000"])
def test_a_day_is_left_out_in_whatever_zone_it_is_named(exdate):
    assert keys(series(*WEEKLY, exdate))[1] == "20261017T080000Z"


def test_an_override_moves_into_and_out_of_the_horizon():
    away = ("RECURRENCE-ID;TZID=Europe/Berlin:20261010T100000", "DTSTART;TZID=Europe/Berlin:20281010T100000")
    text = series(*WEEKLY, overrides=[away])
    assert "20261010T080000Z" not in keys(text)
    assert keys(text, (datetime(2028, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))) == ["20261010T080000Z"]


@pytest.mark.parametrize("key", ["RECURRENCE-ID:20261010T080000Z", "RECURRENCE-ID;VALUE=DATE:20261010", "RECURRENCE-ID:20261010T100000"])
def test_an_override_is_known_by_its_moment_however_it_is_written(key):
    draft = read(series(*WEEKLY, overrides=[(key, "DTSTART:20261010T120000Z", "SUMMARY:moved")]), BERLIN, AUTUMN)
    assert [(o.recurrence_id, o.title) for o in draft.occurrences][1] == ("20261010T080000Z", "moved")
    assert len(draft.occurrences) == 6


def test_an_override_from_here_on_moves_all_that_follow():
    onwards = (
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261017T100000",
        "DTSTART;TZID=Europe/Berlin:20261018T110000",
        "DURATION:PT1H",
        "SUMMARY:Sundays",
    )
    draft = read(series(*WEEKLY, "SUMMARY:Saturdays", overrides=[onwards]), BERLIN, AUTUMN)
    assert [(o.title, o.starts_at.day, o.starts_at.hour) for o in draft.occurrences] == [
        ("Saturdays", 3, 8), ("Saturdays", 10, 8), ("Sundays", 18, 9), ("Sundays", 25, 10), ("Sundays", 1, 10), ("Sundays", 8, 10),
    ]  # fmt: skip
    assert draft.occurrences[3].recurrence_id == "20261024T080000Z"


def test_the_first_day_counts_even_where_the_rule_does_not_hit_it():
    text = series("DTSTART;VALUE=DATE:20261001", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3")
    assert keys(text) == ["20261001", "20261005", "20261012"]


def test_a_series_of_days_ends_with_its_last_day():
    draft = read(series("DTSTART;VALUE=DATE:20261001", "RRULE:FREQ=DAILY;UNTIL=20261003"), BERLIN, AUTUMN)
    assert [o.recurrence_id for o in draft.occurrences] == ["20261001", "20261002", "20261003"]
    assert draft.ends_at == datetime(2026, 10, 3, 22, tzinfo=UTC)


def test_an_endless_series_says_so_and_starts_anywhere_in_time():
    draft = read(series("DTSTART:20050101T100000Z", "RRULE:FREQ=WEEKLY"), BERLIN, AUTUMN)
    assert draft.complete
    assert draft.ends_at is None
    assert draft.occurrences[0].starts_at == datetime(2026, 9, 5, 10, tzinfo=UTC)


def test_more_occurrences_than_asked_for_are_not_complete():
    draft = read(series("DTSTART:20261001T100000Z", "RRULE:FREQ=DAILY"), BERLIN, AUTUMN, 10)
    assert (len(draft.occurrences), draft.complete) == (10, False)


EXPLOSIVE = [
    "FREQ=SECONDLY",
    "FREQ=MINUTELY",
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
    "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1;COUNT=5",
    "FREQ=DAILY;COUNT=1000000000",
    "FREQ=SECONDLY;COUNT=1000000000",
    "FREQ=HOURLY;INTERVAL=999999999999",
    "FREQ=YEARLY;INTERVAL=999999999999",
    "FREQ=DAILY;UNTIL=19700101T000000Z",
    "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=1,2,3,4,5,6,7,8,9;BYMINUTE=1,2,3,4,5,6,7,8,9;BYSETPOS=-366",
    "FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
]


@pytest.mark.parametrize("rule", EXPLOSIVE)
def test_a_rule_that_explodes_costs_no_more_than_its_budget(rule):
    """Without the bound each of these takes minutes, or for ever."""
    draft = read(event(f"RRULE:{rule}"), BERLIN, AUTUMN)
    assert 1 <= len(draft.occurrences) <= 500


def test_a_budget_is_one_for_all_rules_of_a_text():
    rules = ["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"] * 500
    assert not read(event(*rules), BERLIN, AUTUMN).complete


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=DAILY;COUNT=1000000000", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"])
def test_a_series_that_cannot_all_be_listed_is_not_complete(rule):
    draft = read(event("DTSTART:20260101T100000Z", f"RRULE:{rule}"), BERLIN, (AUTUMN[0], AUTUMN[0] + timedelta(days=700)))
    assert not draft.complete


def test_ten_thousand_dates_and_exceptions_are_soon_answered():
    days = [(datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=n)).strftime("%Y%m%dT%H%M%SZ") for n in range(10_000)]
    draft = read(event(f"RDATE:{','.join(days)}", f"EXDATE:{','.join(days[100:])}", "RRULE:FREQ=MINUTELY"), BERLIN, AUTUMN)
    assert len(draft.occurrences) == 500
    assert not draft.complete


few = {"min_size": 1, "max_size": 3, "unique": True}
common = {
    "INTERVAL": st.integers(1, 3),
    "BYMONTH": st.lists(st.integers(1, 12), **few),
    "BYSETPOS": st.sampled_from([[1], [-1], [1, -1]]),
    "WKST": st.sampled_from(["MO", "SU"]),
}
hours = {"BYHOUR": st.lists(st.integers(0, 23), **few)}
monthdays = st.lists(st.sampled_from([1, 2, 13, 28, -1, -5]), **few)
weekdays = st.lists(st.sampled_from(["MO", "TU", "SA", "SU"]), **few)
nth = st.lists(st.sampled_from(["1MO", "-1FR", "2TU", "4SA", "-2SU"]), **few)


def rules(freq, choices):
    return st.fixed_dictionaries({"FREQ": st.just(freq)}, optional=choices)


# Left out: rules that never match, on which dateutil walks to the year 9999, and plain weekdays beside numbered ones,
# of which it wants both where RFC 5545 wants either.
matching = st.one_of(
    rules("YEARLY", common | hours | {"BYDAY": nth}),
    rules("YEARLY", common | hours | {"BYDAY": weekdays, "BYMONTHDAY": monthdays}),
    rules("YEARLY", {"BYYEARDAY": st.lists(st.sampled_from([1, 60, 366, -1]), **few)}),
    rules("MONTHLY", {**common, "INTERVAL": st.just(1)} | hours | {"BYDAY": nth}),
    rules("MONTHLY", {**common, "INTERVAL": st.just(1)} | hours | {"BYDAY": weekdays}),
    rules("WEEKLY", common | hours | {"BYDAY": weekdays}),
    rules("DAILY", common | hours | {"BYDAY": weekdays}),
    rules("HOURLY", {"BYDAY": weekdays, "BYMONTH": common["BYMONTH"], "BYMINUTE": st.just([0, 30])} | hours),
)


@settings(max_examples=150, deadline=None)
@given(matching, st.datetimes(datetime(2025, 6, 1), datetime(2026, 12, 1)))
def test_rules_mean_what_another_library_says_they_mean(rule, first):
    first = first.replace(microsecond=0)
    text = ";".join(f"{k}={','.join(map(str, v)) if isinstance(v, list) else v}" for k, v in rule.items())
    start, end = datetime(2026, 9, 1), datetime(2027, 9, 1)
    expected = [at for at in rrulestr(text, dtstart=first).xafter(start, inc=True, count=60) if at < end]
    expected = sorted({*expected, *([first] if start <= first < end else [])})[:60]
    draft = read(event(f"DTSTART:{first:%Y%m%dT%H%M%S}Z", f"RRULE:{text}"), BERLIN, (start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)))
    assert [o.starts_at.replace(tzinfo=None) for o in draft.occurrences][: len(expected)] == expected
    assert draft.complete is False or len(expected) == 60 or len(draft.occurrences) == len(expected)


shreds = "FREQ= DAILY YEARLY SECONDLY ; BYDAY= 1MO -53SU COUNT= 0 -1 99999999 UNTIL= 20261301 BYSETPOS= , INTERVAL="


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(shreds.split())))
def test_no_rule_brings_anything_but_a_refusal(pieces):
    with suppress(Refusal):
        assert read(event("RRULE:" + "".join(pieces)), BERLIN, AUTUMN).occurrences is not None


def test_hours_and_minutes_repeat_within_a_day():
    text = event("DTSTART:20261205T100000Z", "RRULE:FREQ=HOURLY;INTERVAL=2;BYMINUTE=0,30;COUNT=5")
    assert [at.strftime("%H:%M") for at in starts(text)] == ["10:00", "10:30", "12:00", "12:30", "14:00"]
    text = event("DTSTART:20261205T100000Z", "RRULE:FREQ=MINUTELY;INTERVAL=20;BYHOUR=10,11;UNTIL=20261205T235959Z")
    assert [at.strftime("%H:%M") for at in starts(text)] == ["10:00", "10:20", "10:40", "11:00", "11:20", "11:40"]


def test_a_week_of_the_year_has_the_weekday_of_the_start():
    text = event("DTSTART:20251231T100000Z", "RRULE:FREQ=YEARLY;BYWEEKNO=1,-1")
    assert [at.date().isoformat() for at in starts(text)] == ["2026-12-30", "2027-01-06"]
