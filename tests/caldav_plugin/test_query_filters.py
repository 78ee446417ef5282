"""Which members match a filter: RFC 4791 sections 7.8.1 to 7.8.10 and 9.7 on a bakery's week."""

import pytest

from bridge.caldav_plugin.query import QueryRefused, answer_query
from tests.caldav_plugin.shelf import DROP, WEEK, Limits, Shelf, event, holds, inside, names, request

MONDAY = '<C:time-range start="20261207T000000Z" end="20261208T000000Z"/>'
WEDNESDAY = '<C:time-range start="20261209T000000Z" end="20261210T000000Z"/>'


def comp(name: str, filters: str = "") -> str:
    return f'<C:comp-filter name="{name}">{filters}</C:comp-filter>'


def prop(name: str, filters: str = "") -> str:
    return f'<C:prop-filter name="{name}">{filters}</C:prop-filter>'


def param(name: str, filters: str = "") -> str:
    return f'<C:param-filter name="{name}">{filters}</C:param-filter>'


def text(needle: str, attributes: str = "") -> str:
    return f"<C:text-match {attributes}>{needle}</C:text-match>"


ABSENT = "<C:is-not-defined/>"
NOT = 'negate-condition="yes"'


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", list(WEEK)),
        (inside(""), list(WEEK)),
        (inside(comp("VEVENT")), ["loaf", "stall", "meeting"]),
        (inside(comp("vevent")), ["loaf", "stall", "meeting"]),
        (inside(comp("VEVENT", MONDAY)), ["loaf", "stall"]),
        (inside(comp("VEVENT", WEDNESDAY)), ["stall", "meeting"]),
        (inside(comp("VTODO")), ["flour", "bins", "sieve"]),
        (inside(comp("VEVENT", '<C:time-range start="20261218T000000Z"/>')), ["stall"]),
        (inside(comp("VEVENT", '<C:time-range end="20261207T093000Z"/>')), ["loaf"]),
        (inside(comp("VEVENT", '<C:time-range start="20261211T000000Z" end="20261212T000000Z"/>')), []),
        (inside(comp("VTODO", comp("VALARM", '<C:time-range start="20261208T104500Z" end="20261208T105500Z"/>'))), ["flour"]),
        (inside(comp("VTODO", comp("VALARM", '<C:time-range start="20261208T105500Z" end="20261208T120000Z"/>'))), []),
        (inside(comp("VEVENT", prop("UID", text("stall", 'collation="i;octet"')))), ["stall"]),
        (inside(comp("VEVENT", prop("ATTENDEE", text("mailto:BEN@") + param("PARTSTAT", text("needs-action"))))), ["meeting"]),
        (inside(comp("VEVENT", prop("ATTENDEE", text("mailto:ada@") + param("PARTSTAT", text("needs-action"))))), []),
        (inside(comp("VEVENT", prop("ATTENDEE", param("CN", text("Ben, who"))))), ["meeting"]),
        (inside(comp("VEVENT", prop("ATTENDEE", param("CN", ABSENT) + text("ben@")))), []),
        (inside(comp("VEVENT", prop("ATTENDEE", param("CN", ABSENT)))), ["meeting"]),
        (inside(comp("VEVENT", prop("ATTENDEE", param("cn")))), ["meeting"]),
        (inside(comp("VEVENT", prop("ATTENDEE", param("RSVP")))), []),
        (inside(comp("VTODO", prop("COMPLETED", ABSENT) + prop("STATUS", text("CANCELLED", NOT)))), ["flour"]),
        (inside(comp("VTODO", prop("COMPLETED"))), ["bins"]),
        (inside(comp("VTODO", prop("COMPLETED", MONDAY))), ["bins"]),
        (inside(comp("VTODO", prop("COMPLETED", WEDNESDAY))), []),
        (inside(comp("VTODO", prop("DUE", '<C:time-range start="20261208T110000Z" end="20261208T120000Z"/>'))), ["flour"]),
        (inside(comp("VEVENT", prop("DTEND", '<C:time-range start="20261207T100000Z" end="20261207T100001Z"/>'))), ["loaf"]),
        (inside(comp("VEVENT", prop("DTSTART", '<C:time-range start="20261210T110000Z" end="20261210T110001Z"/>'))), ["stall"]),
        (inside(comp("VTODO", ABSENT)), ["loaf", "stall", "meeting", "diary", "away"]),
        (inside(comp("VTODO", comp("VALARM", ABSENT))), ["bins", "sieve"]),
        (inside(comp("VTODO", comp("VALARM"))), ["flour"]),
        (inside(comp("VTIMEZONE")), ["loaf", "stall", "meeting", "flour"]),
        (inside(comp("VTIMEZONE", ABSENT) + comp("VTODO")), ["bins", "sieve"]),
        (inside(comp("VEVENT") + comp("VTODO")), []),
        (inside(comp("X-LOAF")), []),
        (inside(comp("VJOURNAL", WEDNESDAY)), ["diary"]),
        (inside(comp("VJOURNAL", MONDAY)), []),
        (inside(comp("VFREEBUSY", WEDNESDAY)), ["away"]),
        (inside(comp("VEVENT", prop("summary", text("STALL, LATER")))), ["stall"]),
        (inside(comp("VEVENT", prop("SUMMARY", text("stall") + param("LANGUAGE", ABSENT)))), ["stall"]),
        (inside(comp("VEVENT", prop("SUMMARY", text("LOAF", 'collation="i;octet"')))), []),
        (inside(comp("VEVENT", prop("DESCRIPTION", text("warm, from")))), ["loaf"]),
        (inside(comp("VEVENT", prop("CATEGORIES", text("warm")))), ["loaf"]),
        (inside(comp("VEVENT", prop("CATEGORIES", text("warm", NOT)))), []),
        (inside(comp("VEVENT", prop("X-COLOUR"))), []),
        (inside(prop("PRODID", text("ada"))), list(WEEK)),
        (inside(prop("METHOD")), []),
        ('<C:comp-filter name="VCALENDAR"><C:is-not-defined/></C:comp-filter>', []),
    ],
)
def test_a_filter_finds_these_members_of_the_week(filters: str, expected: list[str]) -> None:
    assert names(Shelf(WEEK), filters) == expected


def test_a_report_on_one_member_looks_at_that_one_only() -> None:
    def found(filters: str, name: str) -> list[str]:
        answer = answer_query(Shelf(WEEK).views, DROP, "organizer", request(filters), limits=Limits(), only=name)
        return [resource.name for resource, _ in answer]

    assert found(inside(comp("VEVENT", MONDAY)), "loaf") == ["loaf"]
    assert found(inside(comp("VEVENT", MONDAY)), "meeting") == []
    assert found(inside(comp("VEVENT", MONDAY)), "gone") == []


@pytest.mark.parametrize(
    ("filters", "precondition"),
    [
        (comp("VEVENT"), "C:valid-filter"),
        (inside("") + inside(""), "C:valid-filter"),
        (inside(inside("")), "C:valid-filter"),
        ("<C:prop-filter name='UID'/>", "C:valid-filter"),
        (inside("<C:comp-filter/>"), "C:valid-filter"),
        (inside("<C:comp-filter name='  '/>"), "C:valid-filter"),
        (inside("<C:nonsense/>"), "C:valid-filter"),
        (inside(comp("VEVENT", ABSENT + MONDAY)), "C:valid-filter"),
        (inside(comp("VEVENT", prop("UID", ABSENT + text("x")))), "C:valid-filter"),
        (inside(comp("VEVENT", prop("UID", param("X", ABSENT + text("x"))))), "C:valid-filter"),
        (inside(comp("VEVENT", prop("UID", text("x") + text("y")))), "C:valid-filter"),
        (inside(comp("VEVENT", MONDAY + WEDNESDAY)), "C:valid-filter"),
        (inside(comp("VEVENT", "<C:time-range/>")), "C:valid-filter"),
        (inside(comp("VEVENT", '<C:time-range start="20261207"/>')), "C:valid-filter"),
        (inside(comp("VEVENT", '<C:time-range start="20261207T000000"/>')), "C:valid-filter"),
        (inside(comp("VEVENT", '<C:time-range start="20261307T000000Z"/>')), "C:valid-filter"),
        (inside(comp("VEVENT", '<C:time-range start="soon" end="20261208T000000Z"/>')), "C:valid-filter"),
        (inside(comp("VEVENT", '<C:time-range start="٢٠٢٦1207T000000Z"/>')), "C:valid-filter"),
        (inside(comp("VEVENT", '<C:time-range start="20261208T000000Z" end="20261207T000000Z"/>')), "C:valid-filter"),
        (inside(comp("VEVENT", '<C:time-range start="20261208T000000Z" end="20261208T000000Z"/>')), "C:valid-filter"),
        (inside(comp("VEVENT", prop("UID", text("x", 'negate-condition="maybe"')))), "C:valid-filter"),
        (inside(comp("VTIMEZONE", MONDAY)), "C:supported-filter"),
        ('<C:comp-filter name="VCALENDAR">' + MONDAY + "</C:comp-filter>", "C:supported-filter"),
        (inside(comp("VEVENT", prop("SUMMARY", MONDAY))), "C:supported-filter"),
        (inside(comp("VEVENT", prop("UID", text("x", 'collation="i;latin"')))), "C:supported-collation"),
        (inside(comp("VEVENT", prop("UID", param("X", text("x", 'collation=""'))))), "C:supported-collation"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_its_precondition(filters: str, precondition: str) -> None:
    with pytest.raises(QueryRefused) as refusal:
        names(Shelf(WEEK), filters)
    assert refusal.value.precondition == precondition
    assert refusal.value.sentence.endswith(".")


def test_a_filter_nested_without_end_is_refused() -> None:
    filters = ""
    for _ in range(400):
        filters = comp("VALARM", filters)
    with pytest.raises(QueryRefused):
        names(Shelf(WEEK), inside(comp("VEVENT", filters)))


@pytest.mark.parametrize(
    ("summary", "needle", "collation", "found"),
    [
        ("CAFÉ", "caf", "i;ascii-casemap", True),
        ("CAFÉ", "café", "i;ascii-casemap", False),
        ("CAFÉ", "cafÉ", "i;ascii-casemap", True),
        ("CAFÉ", "café", "i;unicode-casemap", True),
        ("CAFE\u0301", "café", "i;unicode-casemap", True),
        ("CAFÉ", "cafe", "i;unicode-casemap", True),
        ("CAFÉ", "cafz", "i;unicode-casemap", False),
        ("ΣΊΤΟΣ", "σίτος", "i;unicode-casemap", True),
        ("Loaf", "loaf", "i;octet", False),
        ("Loaf", "Loaf", "i;octet", True),
        ("Loaf", "loaf", "default", True),
        ("a\\nb", "a\nb", "i;octet", True),
        ("one\\;two\\\\three", "one;two\\three", "i;ascii-casemap", True),
        ("lo\r\n af", "loaf", "i;ascii-casemap", True),
        ("lo\r\n\taf", "LOAF", "i;ascii-casemap", True),
        ("odd \\escape", "odd escape", "i;ascii-casemap", True),
        ("", "", "i;ascii-casemap", True),
    ],
)
def test_text_is_compared_as_the_collation_says(summary: str, needle: str, collation: str, found: bool) -> None:
    stored = event("DTSTART:20261207T090000Z", "SUMMARY:@").replace("@", summary)
    assert holds(stored, comp("VEVENT", prop("SUMMARY", text(needle, f'collation="{collation}"')))) is found
    assert holds(stored, comp("VEVENT", prop("SUMMARY", text(needle, f'collation="{collation}" {NOT}')))) is not found


def test_a_property_written_twice_matches_by_either_line() -> None:
    stored = event("DTSTART:20261207T090000Z", "COMMENT:sweet", "COMMENT;LANGUAGE=de:salzig")
    assert holds(stored, comp("VEVENT", prop("COMMENT", text("salzig"))))
    assert holds(stored, comp("VEVENT", prop("COMMENT", text("sweet") + param("LANGUAGE", ABSENT))))
    assert not holds(stored, comp("VEVENT", prop("COMMENT", text("sweet") + param("LANGUAGE"))))


@pytest.mark.parametrize(
    ("value", "found"),
    [("DELEGATED-TO", True), ("ben@", True), ("cleo@", True), ("dee@", False)],
)
def test_a_parameter_with_several_values_matches_by_any(value: str, found: bool) -> None:
    stored = event("DTSTART:20261207T090000Z", 'ATTENDEE;DELEGATED-TO="mailto:ben@x","mailto:cleo@x":mailto:ada@x')
    wanted = param("DELEGATED-TO") if value == "DELEGATED-TO" else param("DELEGATED-TO", text(value))
    assert holds(stored, comp("VEVENT", prop("ATTENDEE", wanted))) is found


def test_carets_in_parameters_are_read_as_what_they_stand_for() -> None:
    stored = event("DTSTART:20261207T090000Z", "ATTENDEE;CN=Ada ^'the baker^':mailto:ada@x")
    assert holds(stored, comp("VEVENT", prop("ATTENDEE", param("CN", text('"the baker"')))))


def test_what_is_asked_of_one_component_must_be_true_of_one_component() -> None:
    later = prop("SUMMARY", text("a week late"))
    assert names(Shelf(WEEK), inside(comp("VEVENT", later + '<C:time-range start="20261218T000000Z"/>'))) == ["stall"]
    assert names(Shelf(WEEK), inside(comp("VEVENT", later + MONDAY))) == []


def test_a_member_that_cannot_be_read_spoils_nothing() -> None:
    shelf = Shelf({"odd": "BEGIN:VEVENT and then nothing", **WEEK})
    assert names(shelf, inside(comp("VEVENT", prop("SUMMARY", text("loaf"))))) == ["loaf"]
    assert names(shelf, inside(comp("VEVENT", MONDAY))) == ["loaf", "stall"]
