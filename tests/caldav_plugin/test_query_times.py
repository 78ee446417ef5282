"""Which occurrences overlap a time range: the tables of RFC 4791 section 9.9, alarms and recurrences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.caldav_plugin.shelf import BERLIN, Shelf, event, holds, inside, names

NINE, TEN, ELEVEN, NOON = (f"20261207T{hour}0000Z" for hour in ("09", "10", "11", "12"))


def within(kind: str, start: str = "", end: str = "", deeper: str = "") -> str:
    times = (f' start="{start}"' if start else "") + (f' end="{end}"' if end else "")
    timed = f"<C:time-range{times}/>"
    inner = f'<C:comp-filter name="{deeper}">{timed}</C:comp-filter>' if deeper else timed
    return f'<C:comp-filter name="{kind}">{inner}</C:comp-filter>'


HOUR = ("DTSTART:20261207T100000Z", "DTEND:20261207T110000Z")
LASTS = ("DTSTART:20261207T100000Z", "DURATION:PT1H")
POINT = ("DTSTART:20261207T100000Z",)
ZERO = ("DTSTART:20261207T100000Z", "DURATION:PT0S")


@pytest.mark.parametrize(
    ("lines", "start", "end", "found"),
    [
        (HOUR, TEN, ELEVEN, True),
        (HOUR, NINE, TEN, False),
        (HOUR, ELEVEN, NOON, False),
        (HOUR, "20261207T105959Z", NOON, True),
        (HOUR, NINE, "20261207T100001Z", True),
        (HOUR, "", TEN, False),
        (HOUR, "", "20261207T100001Z", True),
        (HOUR, ELEVEN, "", False),
        (HOUR, "20261207T105959Z", "", True),
        (LASTS, TEN, ELEVEN, True),
        (LASTS, ELEVEN, NOON, False),
        (LASTS, "20261207T103000Z", "20261207T103001Z", True),
        (POINT, TEN, ELEVEN, True),
        (POINT, NINE, TEN, False),
        (POINT, "20261207T100001Z", ELEVEN, False),
        (ZERO, TEN, ELEVEN, True),
        (ZERO, NINE, TEN, False),
        (("DTSTART;TZID=Europe/Berlin:20261207T110000", "DURATION:PT1H"), TEN, "20261207T100001Z", True),
        (("DTSTART;TZID=Europe/Berlin:20261207T110000", "DURATION:PT1H"), ELEVEN, NOON, False),
        (("DTSTART:20261207T110000", "DURATION:PT1H"), TEN, "20261207T100001Z", True),
        (("DTSTART;VALUE=DATE:20261207",), "20261206T220000Z", "20261206T230000Z", False),
        (("DTSTART;VALUE=DATE:20261207",), "20261206T230000Z", "20261206T230001Z", True),
        (("DTSTART;VALUE=DATE:20261207",), "20261207T225959Z", "20261208T000000Z", True),
        (("DTSTART;VALUE=DATE:20261207",), "20261207T230000Z", "20261208T000000Z", False),
        (("DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20261209"), "20261208T120000Z", "20261208T120001Z", True),
        (("DTSTART;TZID=Europe/Berlin:20261024T120000", "DURATION:P1D"), "20261025T103000Z", "20261025T110000Z", True),
        (("DTSTART;TZID=Europe/Berlin:20261024T120000", "DURATION:P1D"), "20261025T110000Z", "20261025T120000Z", False),
        (("SUMMARY:no start",), TEN, ELEVEN, False),
        (("DTSTART:whenever",), TEN, ELEVEN, False),
    ],
)
def test_an_event_overlaps_a_range(lines: tuple[str, ...], start: str, end: str, found: bool) -> None:
    zone = BERLIN if any("TZID" in line for line in lines) else ""
    assert holds(event(*lines, zone=zone), within("VEVENT", start, end)) is found


START, DUE, DURATION = "DTSTART:20261207T100000Z", "DUE:20261207T110000Z", "DURATION:PT1H"
DONE, MADE = "COMPLETED:20261207T110000Z", "CREATED:20261207T100000Z"


@pytest.mark.parametrize(
    ("lines", "start", "end", "found"),
    [
        ((START, DURATION), ELEVEN, NOON, True),
        ((START, DURATION), "20261207T110001Z", NOON, False),
        ((START, DURATION), NINE, TEN, False),
        ((START, "DURATION:PT0S"), NINE, TEN, True),
        ((START, DUE), ELEVEN, NOON, False),
        ((START, DUE), "20261207T105959Z", NOON, True),
        ((START, DUE), NINE, TEN, False),
        ((START, "DUE:20261207T100000Z"), NINE, TEN, True),
        ((START, "DUE:20261207T100000Z"), TEN, ELEVEN, True),
        ((START,), TEN, ELEVEN, True),
        ((START,), NINE, TEN, False),
        ((DUE,), TEN, ELEVEN, True),
        ((DUE,), ELEVEN, NOON, False),
        ((DUE,), NINE, TEN, False),
        ((DONE, MADE), NINE, TEN, True),
        ((DONE, MADE), ELEVEN, NOON, True),
        ((DONE, MADE), "20261207T110001Z", NOON, False),
        ((DONE, MADE), "20261207T080000Z", NINE, False),
        ((DONE,), TEN, ELEVEN, True),
        ((DONE,), ELEVEN, NOON, True),
        ((DONE,), NINE, TEN, False),
        ((MADE,), NINE, TEN, False),
        ((MADE,), ELEVEN, NOON, True),
        ((MADE,), TEN, "", True),
        ((), NINE, TEN, True),
    ],
)
def test_a_task_overlaps_a_range(lines: tuple[str, ...], start: str, end: str, found: bool) -> None:
    assert holds(event(*lines, kind="VTODO"), within("VTODO", start, end)) is found


@pytest.mark.parametrize(
    ("lines", "start", "end", "found"),
    [
        ((START,), TEN, ELEVEN, True),
        ((START,), NINE, TEN, False),
        (("DTSTART;VALUE=DATE:20261207",), NINE, TEN, True),
        (("DTSTART;VALUE=DATE:20261207",), "20261208T090000Z", "", False),
        ((), NINE, TEN, False),
    ],
)
def test_a_journal_overlaps_a_range(lines: tuple[str, ...], start: str, end: str, found: bool) -> None:
    assert holds(event(*lines, kind="VJOURNAL"), within("VJOURNAL", start, end)) is found


@pytest.mark.parametrize(
    ("lines", "start", "end", "found"),
    [
        ((START, "DTEND:20261207T110000Z"), ELEVEN, NOON, True),
        ((START, "DTEND:20261207T110000Z"), NINE, TEN, False),
        ((START, "FREEBUSY:20261207T110000Z/PT1H"), TEN, ELEVEN, False),
        (("FREEBUSY;FBTYPE=FREE:20261207T080000Z/PT1H,20261207T110000Z/20261207T120000Z",), ELEVEN, NOON, True),
        (("FREEBUSY:20261207T110000Z/20261207T120000Z",), TEN, ELEVEN, False),
        (("FREEBUSY:nonsense/PT1H",), TEN, ELEVEN, False),
        ((), TEN, ELEVEN, False),
    ],
)
def test_a_freebusy_overlaps_a_range(lines: tuple[str, ...], start: str, end: str, found: bool) -> None:
    assert holds(event(*lines, kind="VFREEBUSY"), within("VFREEBUSY", start, end)) is found


def alarm(*lines: str) -> str:
    return "BEGIN:VALARM\nACTION:DISPLAY\n" + "\n".join(lines) + "\nEND:VALARM\n"


@pytest.mark.parametrize(
    ("lines", "trigger", "start", "end", "found"),
    [
        (HOUR, ("TRIGGER:-PT15M",), "20261207T094500Z", "20261207T094501Z", True),
        (HOUR, ("TRIGGER:-PT15M",), "20261207T094501Z", TEN, False),
        (HOUR, ("TRIGGER:-PT15M",), NINE, "20261207T094500Z", False),
        (HOUR, ("TRIGGER;RELATED=END:PT15M",), "20261207T111500Z", "20261207T111501Z", True),
        (HOUR, ("TRIGGER;RELATED=END:PT15M",), "20261207T101500Z", "20261207T101501Z", False),
        (LASTS, ("TRIGGER;RELATED=END:-PT0S",), ELEVEN, NOON, True),
        (HOUR, ("TRIGGER;VALUE=DATE-TIME:20261201T070000Z",), "20261201T070000Z", "20261201T080000Z", True),
        (HOUR, ("TRIGGER;VALUE=DATE-TIME:20261201T070000Z",), TEN, ELEVEN, False),
        (HOUR, ("TRIGGER:-P1W",), "20261130T100000Z", "20261130T100001Z", True),
        (HOUR, ("TRIGGER:-PT1H", "REPEAT:3", "DURATION:PT10M"), "20261207T093000Z", "20261207T093001Z", True),
        (HOUR, ("TRIGGER:-PT1H", "REPEAT:3", "DURATION:PT10M"), "20261207T094000Z", TEN, False),
        (HOUR, ("TRIGGER:-PT1H", "REPEAT:3", "DURATION:PT10M"), "20261207T091001Z", "20261207T092000Z", False),
        (HOUR, ("TRIGGER:-PT1H", "REPEAT:3"), "20261207T091000Z", TEN, False),
        (HOUR, ("TRIGGER:-PT1H", "REPEAT:99999999", "DURATION:PT1S"), "20270101T000000Z", "20270101T000001Z", True),
        (HOUR, ("TRIGGER:-PT1H", "REPEAT:99999999", "DURATION:P99W"), NOON, "", True),
        (HOUR, ("TRIGGER:soon",), NINE, NOON, False),
        (HOUR, ("DESCRIPTION:no trigger",), NINE, NOON, False),
        (("SUMMARY:undated",), ("TRIGGER:-PT1H",), NINE, NOON, False),
        ((*HOUR, "RRULE:FREQ=WEEKLY"), ("TRIGGER:-P1D",), "20270110T100000Z", "20270110T100001Z", True),
        ((*HOUR, "RRULE:FREQ=WEEKLY"), ("TRIGGER:-P1D",), "20270110T100001Z", "20270117T100000Z", False),
        ((*HOUR, "RRULE:FREQ=WEEKLY"), ("TRIGGER:-P1D",), "20300101T000000Z", "", True),
        ((*HOUR, "RRULE:FREQ=WEEKLY;COUNT=2"), ("TRIGGER;RELATED=END:P10D",), "20261224T110000Z", "20261224T110001Z", True),
        ((*HOUR, "RRULE:FREQ=WEEKLY;COUNT=2"), ("TRIGGER;RELATED=END:P10D",), "20261231T110000Z", "20261231T110001Z", False),
        ((*HOUR, "RRULE:FREQ=WEEKLY", "EXDATE:20261214T100000Z"), ("TRIGGER:PT0S",), "20261214T000000Z", "20261215T000000Z", False),
    ],
)
def test_an_alarm_goes_off_within_a_range(lines: tuple[str, ...], trigger: tuple[str, ...], start: str, end: str, found: bool) -> None:
    stored = event(*lines, inside=alarm(*trigger))
    assert holds(stored, within("VEVENT", start, end, "VALARM")) is found


def test_the_alarm_of_an_override_goes_off_where_the_override_is() -> None:
    stored = event(*HOUR, "RRULE:FREQ=DAILY;COUNT=3", inside=alarm("TRIGGER:-PT1H"))
    moved = event("RECURRENCE-ID:20261208T100000Z", "DTSTART:20261220T100000Z", "DTEND:20261220T110000Z", inside=alarm("TRIGGER:-PT2H"))
    both = stored.replace("END:VCALENDAR\r\n", "") + moved[moved.index("BEGIN:VEVENT") :]
    assert holds(both, within("VEVENT", "20261220T080000Z", "20261220T080001Z", "VALARM"))
    assert not holds(both, within("VEVENT", "20261208T090000Z", "20261208T090001Z", "VALARM"))
    assert holds(both, within("VEVENT", "20261209T090000Z", "20261209T090001Z", "VALARM"))


def test_a_task_with_a_due_time_alone_is_reminded_before_it() -> None:
    stored = event(DUE, kind="VTODO", inside=alarm("TRIGGER:-PT10M"))
    assert holds(stored, within("VTODO", "20261207T105000Z", "20261207T105001Z", "VALARM"))


def test_a_task_repeats_with_its_due_time() -> None:
    stored = event("DTSTART:20261201T100000Z", "DUE:20261205T100000Z", "RRULE:FREQ=MONTHLY", kind="VTODO")
    due = '<C:comp-filter name="VTODO"><C:prop-filter name="DUE"><C:time-range start="{}" end="{}"/></C:prop-filter></C:comp-filter>'
    assert holds(stored, within("VTODO", "20270104T000000Z", "20270104T010000Z"))
    assert not holds(stored, within("VTODO", "20270106T000000Z", "20270107T000000Z"))
    assert holds(stored, due.format("20270105T100000Z", "20270105T100001Z"))
    assert not holds(stored, due.format("20270105T100001Z", "20270106T100000Z"))


def test_floating_times_are_where_the_request_says() -> None:
    new_york = BERLIN.replace("Europe/Berlin", "America/New_York")
    zone = f"<C:timezone>BEGIN:VCALENDAR\nVERSION:2.0\n{new_york}END:VCALENDAR\n</C:timezone>"
    floating = event("DTSTART:20261207T090000", "DURATION:PT1H")
    assert holds(floating, within("VEVENT", "20261207T080000Z", "20261207T090000Z"))
    assert not holds(floating, within("VEVENT", "20261207T140000Z", "20261207T150000Z"))
    assert holds(floating, within("VEVENT", "20261207T140000Z", "20261207T150000Z"), zone)
    assert not holds(floating, within("VEVENT", "20261207T080000Z", "20261207T090000Z"), zone)


def test_a_rule_that_never_ends_answers_an_endless_range() -> None:
    stored = event("DTSTART:20200229T100000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    assert holds(stored, within("VEVENT", "20490101T000000Z"))
    assert not holds(stored, within("VEVENT", "20490101T000000Z", "20500101T000000Z"))


def test_a_rule_that_repeats_every_minute_is_searched_where_it_is_asked_for() -> None:
    stored = event("DTSTART:20260101T000000Z", "RRULE:FREQ=MINUTELY")
    assert holds(stored, within("VEVENT", "20260301T000000Z", "20260301T000001Z"))
    assert not holds(stored, within("VEVENT", "20260301T000001Z", "20260301T000002Z"))
    assert not holds(stored, within("VEVENT", "20250301T000000Z", "20250301T000001Z"))


def test_a_rule_that_repeats_absurdly_spoils_nothing_else() -> None:
    absurd = event("DTSTART:20200101T000000Z", "RRULE:FREQ=SECONDLY", inside=alarm("TRIGGER:-P900D"))
    shelf = Shelf({"absurd": absurd, "plain": event(*HOUR, inside=alarm("TRIGGER:PT0S"))})
    assert "plain" in names(shelf, inside(within("VEVENT", TEN, ELEVEN, "VALARM")))


def test_a_rule_that_makes_no_sense_leaves_the_event_as_it_stands() -> None:
    stored = event(*HOUR, "RRULE:FREQ=SOMETIMES")
    assert holds(stored, within("VEVENT", TEN, ELEVEN))
    assert not holds(stored, within("VEVENT", "20261214T100000Z", "20261214T110000Z"))


def test_an_override_without_its_master_is_found_by_its_own_time() -> None:
    stored = event("RECURRENCE-ID:20261201T100000Z", *HOUR)
    assert holds(stored, within("VEVENT", TEN, ELEVEN))
    assert not holds(stored, within("VEVENT", "20261201T100000Z", "20261201T110000Z"))


@given(first=st.integers(0, 200), length=st.integers(0, 50), start=st.integers(0, 240), span=st.integers(1, 60))
def test_hours_overlap_as_numbers_do(first: int, length: int, start: int, span: int) -> None:
    def hour(number: int) -> str:
        return f"202612{1 + number // 24:02}T{number % 24:02}0000Z"

    stored = event(f"DTSTART:{hour(first)}", f"DTEND:{hour(first + length)}")
    expected = first < start + span and (start < first + length if length else start <= first)
    assert holds(stored, within("VEVENT", hour(start), hour(start + span))) is expected
