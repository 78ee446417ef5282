"""The calendar data that a report hands out: whole, in part, expanded, limited (RFC 4791 section 9.6)."""

import xml.etree.ElementTree as ET

import pytest

from bridge.caldav_plugin.query import QueryRefused, answer_query, calendar_data
from tests.caldav_plugin.shelf import BERLIN, DROP, WEEK, Limits, Shelf, calendar, event, inside, request, row


def asked(content: str = "", attributes: str = "") -> ET.Element:
    return ET.fromstring(f'<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav" {attributes}>{content}</C:calendar-data>')


def data(text: str, content: str = "", attributes: str = "") -> list[str]:
    """The lines of what is handed out."""
    found = calendar_data(row("one", text), asked(content, attributes))
    assert found.endswith("\r\n")
    return found.removesuffix("\r\n").split("\r\n")


def starting(lines: list[str], name: str) -> list[str]:
    return [line for line in lines if line.startswith(name)]


def calendar_part(*parts: str) -> str:
    return f'<C:comp name="VCALENDAR">{"".join(parts)}</C:comp>'


FULL = event(
    "DTSTART;TZID=Europe/Berlin:20261207T100000",
    "SUMMARY;LANGUAGE=de:Brot",
    "DESCRIPTION:long " + "x" * 40 + "\n " + "y" * 70,
    "X-OVEN:2",
    inside="BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM\n",
    zone=BERLIN,
)


def test_without_any_wish_the_stored_text_is_handed_out_octet_for_octet() -> None:
    odd = "BEGIN:VCALENDAR\nX-Odd:  1 \nEND:VCALENDAR\n"
    assert calendar_data(row("one", odd), None) == odd
    assert calendar_data(row("one", odd), asked()) == odd
    assert calendar_data(row("one", odd), asked(attributes='content-type="Text/Calendar; charset=utf-8" version="2.0"')) == odd


def test_only_the_properties_and_components_asked_for_come_back() -> None:
    part = calendar_part('<C:prop name="version"/><C:comp name="vevent"><C:prop name="Summary"/><C:prop name="UID"/></C:comp>')
    assert data(FULL, part) == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:one", "SUMMARY;LANGUAGE=de:Brot", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip


def test_a_component_asked_for_without_details_comes_back_whole() -> None:
    lines = data(FULL, calendar_part('<C:comp name="VTIMEZONE"/>'))
    assert lines[1] == "BEGIN:VTIMEZONE"
    assert "TZNAME:CEST" in lines
    assert "BEGIN:VEVENT" not in lines


def test_all_properties_without_components_and_the_other_way_round() -> None:
    lines = data(FULL, calendar_part("<C:allprop/>", '<C:comp name="VEVENT"><C:allprop/></C:comp>'))
    assert "X-OVEN:2" in lines
    assert " " + "y" * 70 in lines
    assert "BEGIN:VALARM" not in lines
    lines = data(FULL, calendar_part('<C:comp name="VEVENT"><C:prop name="UID"/><C:allcomp/></C:comp>'))
    assert "TRIGGER:-PT5M" in lines
    assert "X-OVEN:2" not in lines
    assert data(FULL, calendar_part("<C:allprop/><C:allcomp/>")) == FULL.removesuffix("\r\n").split("\r\n")


def test_a_property_without_its_value_keeps_its_parameters() -> None:
    part = calendar_part('<C:comp name="VEVENT"><C:prop name="SUMMARY" novalue="yes"/><C:prop name="X-OVEN" novalue="no"/></C:comp>')
    assert data(FULL, part) == ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY;LANGUAGE=de:", "X-OVEN:2", "END:VEVENT", "END:VCALENDAR"]


def between(name: str, start: str, end: str) -> str:
    return f'<C:{name} start="{start}" end="{end}"/>'


TUESDAY_TO_THURSDAY = ("20261208T000000Z", "20261210T000000Z")


def test_a_series_is_expanded_into_its_occurrences_in_utc() -> None:
    lines = data(WEEK["stall"], between("expand", *TUESDAY_TO_THURSDAY))
    assert starting(lines, "DTSTART") == ["DTSTART:20261208T110000Z", "DTSTART:20261209T130000Z"]
    assert starting(lines, "RECURRENCE-ID") == [
        "RECURRENCE-ID:20261208T110000Z",
        "RECURRENCE-ID:20261209T110000Z",
    ]
    assert not any(line.startswith(("RRULE", "BEGIN:VTIMEZONE")) or "TZID" in line for line in lines)


def test_an_expanded_series_can_be_had_in_part() -> None:
    part = calendar_part('<C:comp name="VEVENT"><C:prop name="DTSTART"/></C:comp>')
    assert data(WEEK["stall"], part + between("expand", *TUESDAY_TO_THURSDAY)) == [
        "BEGIN:VCALENDAR", "BEGIN:VEVENT", "DTSTART:20261208T110000Z", "END:VEVENT",
        "BEGIN:VEVENT", "DTSTART:20261209T130000Z", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip


def test_nothing_to_expand_is_an_empty_calendar() -> None:
    lines = data(WEEK["stall"], between("expand", "20300101T000000Z", "20300201T000000Z"))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "VERSION:2.0" in lines
    assert "BEGIN:VEVENT" not in lines


def test_a_single_event_is_expanded_to_utc_without_a_recurrence_id() -> None:
    lines = data(WEEK["loaf"], between("expand", "20261207T000000Z", "20261208T000000Z"))
    assert "DTSTART:20261207T090000Z" in lines
    assert not any(line.startswith(("RECURRENCE-ID", "BEGIN:VTIMEZONE")) for line in lines)


def test_a_task_that_repeats_is_expanded_with_its_due_time() -> None:
    stored = event(
        "DTSTART;TZID=Europe/Berlin:20261207T090000", "DUE;TZID=Europe/Berlin:20261207T120000", "RRULE:FREQ=DAILY", "SUMMARY:Sweep",
        kind="VTODO", zone=BERLIN, inside="BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM\n",
    )  # fmt: skip
    lines = data(stored, between("expand", *TUESDAY_TO_THURSDAY))
    assert starting(lines, "DUE") == ["DUE:20261208T110000Z", "DUE:20261209T110000Z"]
    assert starting(lines, "RECURRENCE-ID") == [
        "RECURRENCE-ID:20261208T080000Z",
        "RECURRENCE-ID:20261209T080000Z",
    ]
    assert lines.count("TRIGGER:-PT5M") == lines.count("SUMMARY:Sweep") == 2
    assert not any(line.startswith(("RRULE", "BEGIN:VTIMEZONE")) for line in lines)


def test_days_and_floating_times_stay_what_they_are_when_expanded() -> None:
    days = event("DTSTART;VALUE=DATE:20261207", "RRULE:FREQ=DAILY", kind="VJOURNAL")
    lines = data(days, between("expand", *TUESDAY_TO_THURSDAY))
    assert starting(lines, "DTSTART") == ["DTSTART;VALUE=DATE:20261208", "DTSTART;VALUE=DATE:20261209"]
    assert "RECURRENCE-ID;VALUE=DATE:20261208" in lines
    floating = event("DTSTART:20261208T090000", "DUE:20261208T100000", kind="VTODO")
    lines = data(floating, between("expand", *TUESDAY_TO_THURSDAY))
    assert "DTSTART:20261208T090000" in lines
    assert "DUE:20261208T100000" in lines


@pytest.mark.parametrize("content", [between("expand", *TUESDAY_TO_THURSDAY), between("limit-recurrence-set", *TUESDAY_TO_THURSDAY)])
@pytest.mark.parametrize(
    "odd",
    [
        event("RECURRENCE-ID:20261208T100000Z", "DTSTART:20261208T100000Z"),
        event("DTSTART:20261208T100000Z", "RRULE:FREQ=NEVER"),
        event("SUMMARY:no start", "RRULE:FREQ=DAILY"),
        event("DTSTART:20261208T100000Z", "RRULE:FREQ=DAILY", kind="VTODO").replace("DTSTART:2026", "DTSTART:soon"),
        calendar(""),
        "BEGIN:VCALENDAR\r\nand then nothing\r\n",
    ],
)
def test_one_odd_event_fails_no_report(odd: str, content: str) -> None:
    wanted = f"<C:calendar-data>{content}</C:calendar-data>"
    shelf = Shelf({"odd": odd, **WEEK})
    answer = answer_query(shelf.views, DROP, "organizer", request(inside(""), wanted), limits=Limits())
    found = {resource.name: text or "" for resource, text in answer}
    assert set(found) == {"odd", *WEEK}
    assert "BEGIN:VEVENT" in found["stall"]


def test_an_override_without_its_master_is_expanded_as_itself() -> None:
    lines = data(event("RECURRENCE-ID:20261201T100000Z", "DTSTART:20261208T100000Z"), between("expand", *TUESDAY_TO_THURSDAY))
    assert "RECURRENCE-ID:20261201T100000Z" in lines
    assert "DTSTART:20261208T100000Z" in lines


def test_overrides_that_do_not_touch_the_time_stay_at_home() -> None:
    lines = data(WEEK["stall"], between("limit-recurrence-set", *TUESDAY_TO_THURSDAY))
    assert starting(lines, "RECURRENCE-ID") == ["RECURRENCE-ID;TZID=Europe/Berlin:20261209T120000"]
    assert "RRULE:FREQ=DAILY;COUNT=5" in lines
    friday = data(WEEK["stall"], between("limit-recurrence-set", "20261211T000000Z", "20261212T000000Z"))
    week_after = data(WEEK["stall"], between("limit-recurrence-set", "20261218T000000Z", "20261219T000000Z"))
    assert friday == week_after
    assert starting(friday, "RECURRENCE-ID") == ["RECURRENCE-ID;TZID=Europe/Berlin:20261211T120000"]


def test_busy_times_outside_of_the_time_stay_at_home() -> None:
    lines = data(WEEK["away"], between("limit-freebusy-set", "20261209T000000Z", "20261210T000000Z"))
    assert starting(lines, "FREEBUSY") == ["FREEBUSY:20261209T100000Z/20261209T120000Z"]
    assert "DTEND:20261212T000000Z" in lines


@pytest.mark.parametrize(
    ("content", "attributes", "precondition"),
    [
        ("", 'content-type="text/vcard"', "C:supported-calendar-data"),
        ("", 'content-type="application/calendar+json"', "C:supported-calendar-data"),
        ("", 'version="3.0"', "C:supported-calendar-data"),
        ('<C:comp name="VEVENT"/>', "", "C:supported-calendar-data"),
        ('<C:expand start="20261207T000000Z"/>', "", "C:valid-filter"),
        ('<C:expand start="20261207T000000Z" end="20261206T000000Z"/>', "", "C:valid-filter"),
        ('<C:limit-recurrence-set end="20261207T000000Z"/>', "", "C:valid-filter"),
        ('<C:limit-freebusy-set start="yesterday" end="today"/>', "", "C:valid-filter"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(content: str, attributes: str, precondition: str) -> None:
    with pytest.raises(QueryRefused) as refusal:
        calendar_data(row("one", FULL), asked(content, attributes))
    assert refusal.value.precondition == precondition
    wanted = f"<C:calendar-data {attributes}>{content}</C:calendar-data>"
    with pytest.raises(QueryRefused):
        answer_query(Shelf({}).views, DROP, "organizer", request("", wanted), limits=Limits())


def test_more_occurrences_than_a_report_may_list_are_refused_with_a_sentence() -> None:
    hourly = event("DTSTART:20261201T000000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY")
    wanted = f"<C:calendar-data>{between('expand', '20261201T000000Z', '20261211T000000Z')}</C:calendar-data>"
    one, many = Shelf({"a": hourly}), Shelf({"a": hourly, "b": hourly, "c": hourly})
    few = Limits(max_occurrences=4)
    assert len(list(answer_query(one.views, DROP, "organizer", request("", wanted), limits=few))) == 1
    with pytest.raises(QueryRefused) as refusal:
        list(answer_query(many.views, DROP, "organizer", request("", wanted), limits=few))
    assert refusal.value.precondition == "C:max-instances"
    assert "shorter" in refusal.value.sentence


def test_calendar_data_is_left_out_when_it_is_not_asked_for() -> None:
    found = list(answer_query(Shelf(WEEK).views, DROP, "organizer", request(""), limits=Limits()))
    assert {text for _, text in found} == {None}
