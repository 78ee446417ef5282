"""What is read from the texts of real clients, and the sentence that meets a text which is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.drops import Problem
from bridge.core.errors import InvalidCalendarData, InvalidCalendarObject, UnsupportedComponent
from bridge.ical import Context, read
from tests.ical.texts import AUTUMN, BERLIN, calendar, event, names, sample


def one(text, context=BERLIN):
    (occurrence,) = read(text, context, AUTUMN).occurrences
    return occurrence


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("name", names())
def test_every_sample_is_kept_octet_for_octet(name):
    assert read(sample(name), BERLIN, AUTUMN).source == sample(name)


def test_a_thunderbird_event_becomes_one_occurrence_with_its_settings():
    draft = read(sample("thunderbird_new_slot_berlin.ics"), BERLIN, AUTUMN)
    (slot,) = draft.occurrences
    assert (draft.uid, draft.component, draft.recurring, draft.complete) == (
        "0d5e9d60-5c3e-4c52-a0b1-7f1f5b3d9a11",
        "VEVENT",
        False,
        True,
    )
    assert (slot.starts_at, slot.ends_at) == (at("2026-12-05T09:00"), at("2026-12-05T11:00"))
    assert (slot.recurrence_id, slot.timezone, slot.title, slot.place) == ("", "Europe/Berlin", "Country loaf pickup", "Bakery, side door")
    assert slot.settings.places == 24
    assert [offer.sku for offer in slot.settings.offers] == ["LOAF", "BUN"]
    assert slot.categories == ("Bread", "Winter")
    assert slot.notes == "Fresh from the oven."


def test_an_apple_series_has_its_moved_cancelled_and_excluded_days():
    draft = read(sample("apple_macos_weekly_one_moved_one_cancelled.ics"), BERLIN, AUTUMN)
    seen = {o.recurrence_id: (o.starts_at, o.title, o.settings.places, o.cancelled) for o in draft.occurrences}
    assert list(seen) == [
        "20261003T080000Z",
        "20261010T080000Z",
        "20261024T080000Z",
        "20261031T090000Z",
        "20261107T090000Z",
        "20261114T090000Z",
        "20261121T090000Z",
        "20261128T090000Z",
    ]
    assert seen["20261024T080000Z"] == (at("2026-10-25T10:00"), "Sunday bread", 6, False)
    assert seen["20261031T090000Z"][3] is True
    assert seen["20261107T090000Z"] == (at("2026-11-07T09:00"), "Saturday bread", 12, False)
    assert draft.recurring
    assert draft.complete
    assert (draft.starts_at, draft.ends_at, draft.sequence) == (at("2026-10-03T08:00"), at("2026-11-28T11:00"), 2)


def test_google_notes_are_read_from_their_html():
    slot = one(sample("google_export_html_notes.ics"))
    assert (slot.settings.places, slot.settings.offers[0].price) == (30, 3500)
    assert slot.notes == "Holiday boxes\nCome to the side door."
    assert (slot.timezone, slot.image) == ("America/New_York", "https://example.org/box.png")


def test_outlook_zones_by_windows_names_are_understood():
    slot = one(sample("outlook_windows_zone_and_html_copy.ics"))
    assert (slot.timezone, slot.starts_at, slot.settings.places) == ("Europe/Berlin", at("2026-12-07T15:00"), 8)


def test_a_zone_that_nobody_knows_follows_the_rules_beside_it():
    slot = one(sample("outlook_display_name_zone.ics").replace("Bogotá\\,", "Bogotá,").replace("Lima\\, Quito\\,", "Lima, Quito,"))
    assert (slot.timezone, slot.starts_at) == ("Europe/Berlin", at("2026-12-07T21:00"))


def test_a_zone_with_its_own_summer_time_keeps_the_local_hour():
    summer = ["BEGIN:DAYLIGHT", "DTSTART:20000326T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "TZOFFSETFROM:+0100"]
    winter = ["BEGIN:STANDARD", "DTSTART:20001029T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "TZOFFSETFROM:+0200"]
    summer += ["TZOFFSETTO:+0200", "END:DAYLIGHT"]
    winter += ["TZOFFSETTO:+0100", "END:STANDARD"]
    rules = ["BEGIN:VTIMEZONE", "TZID:Here", *winter, *summer, "END:VTIMEZONE"]
    for local in ("20261024T120000", "20261025T023000", "20261026T120000", "20270328T023000", "20270329T120000"):
        own = ["BEGIN:VEVENT", "UID:1", f"DTSTART;TZID=Here:{local}", "END:VEVENT"]
        known = ["BEGIN:VEVENT", "UID:1", f"DTSTART;TZID=Europe/Berlin:{local}", "END:VEVENT"]
        assert one(calendar(rules, own)).starts_at == one(calendar(known)).starts_at, local


def test_an_evolution_series_by_count_is_bounded_by_its_last_day():
    draft = read(sample("evolution_prefixed_zone_monthly.ics"), BERLIN, AUTUMN)
    assert [o.starts_at.date().isoformat() for o in draft.occurrences] == [
        "2026-11-07", "2026-12-05", "2027-01-02", "2027-02-06", "2027-03-06",
    ]  # fmt: skip
    assert draft.occurrences[0].timezone == "Europe/London"
    assert draft.ends_at == at("2027-03-06T11:30")


def test_all_day_events_are_days_of_the_drop():
    slot = one(sample("davx5_all_day_market.ics"))
    assert slot.all_day
    assert (slot.starts_at, slot.ends_at) == (at("2026-12-18T23:00"), at("2026-12-20T23:00"))
    assert (slot.timezone, slot.color, slot.settings.places) == ("Europe/Berlin", "seagreen", 100)


def test_floating_times_are_in_the_drops_zone_over_a_change_of_clocks():
    draft = read(sample("gnome_floating_daily_lf_no_notes.ics"), BERLIN, AUTUMN)
    assert [(o.recurrence_id, o.starts_at) for o in draft.occurrences] == [
        ("20261024T080000", at("2026-10-24T06:00")),
        ("20261025T080000", at("2026-10-25T07:00")),
        ("20261026T080000", at("2026-10-26T07:00")),
    ]
    assert draft.occurrences[0].ends_at - draft.occurrences[0].starts_at == timedelta(minutes=90)


def test_an_override_without_its_master_is_an_occurrence_of_its_own():
    draft = read(sample("google_override_alone.ics"), BERLIN, AUTUMN)
    assert [(o.recurrence_id, o.starts_at, o.settings.places) for o in draft.occurrences] == [
        ("20261212T140000Z", at("2026-12-12T15:00"), 4)
    ]
    assert draft.recurring


def test_a_task_has_no_occurrences_but_bounds():
    draft = read(sample("tasks_org_due_only.ics"), BERLIN, AUTUMN)
    assert (draft.component, draft.occurrences) == ("VTODO", ())
    assert draft.starts_at <= at("2026-12-02T23:00")
    assert draft.ends_at >= at("2026-12-02T23:00")


def test_a_task_without_dates_is_unbounded():
    draft = read(calendar(["BEGIN:VTODO", "UID:1", "SUMMARY:Sweep", "END:VTODO"]), BERLIN, AUTUMN)
    assert (draft.starts_at, draft.ends_at) == (None, None)


def test_a_journal_entry_is_bounded_by_its_day():
    draft = read(sample("jtx_journal.ics"), BERLIN, AUTUMN)
    assert (draft.starts_at, draft.ends_at) == (at("2026-11-01T23:00"), at("2026-11-02T23:00"))


def test_a_single_event_is_listed_whatever_the_horizon():
    assert one(event("DTSTART:20160101T100000Z", "SUMMARY:Long ago")).title == "Long ago"
    assert one(event("DTSTART:20460101T100000Z", "SUMMARY:Some day")).title == "Some day"


def test_an_event_in_utc_is_shown_in_the_drops_zone():
    assert one(event("DTSTART:20261205T100000Z")).timezone == "Europe/Berlin"


def test_an_event_without_an_end_is_a_moment_and_a_day_without_one_is_a_day():
    moment = one(event("DTSTART:20261205T100000Z"))
    assert moment.starts_at == moment.ends_at
    day = one(event("DTSTART;VALUE=DATE:20261025"))
    assert day.ends_at - day.starts_at == timedelta(hours=25)


ENDS = ("DTSTART;TZID=Europe/Berlin:20261024T120000", "DTEND;TZID=Europe/Berlin:20261024T140000", "DESCRIPTION:Places: 3")


@pytest.mark.parametrize(
    ("duration", "told"),
    [
        ("PT3H", ["PT3H"]),
        ("two hours", ["two hours"]),
        ("PT2H", []),
        ("PT120M", []),
        ("PT0S", []),  # Thunderbird sends it with a date of a series that was moved.
    ],
)
def test_where_an_event_has_an_end_and_another_length_the_end_holds_and_that_is_told(duration, told):
    text = event(*ENDS, f"DURATION:{duration}")
    slot = one(text)
    assert slot.ends_at - slot.starts_at == timedelta(hours=2)
    assert [(hint.written, hint.reason) for hint in slot.settings.hints] == [(written, "end-holds") for written in told]
    assert read(text, BERLIN, AUTUMN).source == text


def test_a_length_of_days_is_told_by_the_clock_of_the_place_and_beside_a_day():
    over_the_change = ("DTSTART;TZID=Europe/Berlin:20261024T120000", "DTEND;TZID=Europe/Berlin:20261025T120000", "DESCRIPTION:Places: 3")
    assert one(event(*over_the_change, "DURATION:P1D")).settings.hints == ()
    days = ("DTSTART;VALUE=DATE:20261025", "DTEND;VALUE=DATE:20261026", "DESCRIPTION:Places: 3")
    assert one(event(*days, "DURATION:P1D")).settings.hints == ()
    assert [hint.written for hint in one(event(*days, "DURATION:P2D")).settings.hints] == ["P2D"]


@pytest.mark.parametrize("start", ["DTSTART;VALUE=DATE:20261025", "DTSTART;VALUE=DATE:20261025\nRRULE:FREQ=WEEKLY;COUNT=1"])
def test_a_day_that_ends_on_itself_lasts_that_day_and_is_kept_as_it_was_written(start):
    text = event(*start.split("\n"), "DTEND;VALUE=DATE:20261025", "DESCRIPTION:Places: 3")
    day = one(text)
    assert (day.ends_at - day.starts_at, day.backwards) == (timedelta(hours=25), False)
    assert read(text, BERLIN, AUTUMN).source == text


def test_an_end_before_the_start_counts_as_none():
    slot = one(event("DTSTART:20261205T100000Z", "DTEND:20261205T090000Z"))
    assert slot.ends_at == slot.starts_at


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("URL:https://example.org/a", "https://example.org/a"),
        ("URL:javascript:alert(1)", ""),
        ("URL:ftp://example.org", ""),
        ('URL:https://example.org/"onclick=x', ""),
    ],
)
def test_only_web_addresses_are_shown(line, address):
    assert one(event(line)).url == address


@pytest.mark.parametrize(
    ("line", "picture"),
    [
        ("IMAGE;VALUE=URI;DISPLAY=BADGE:https://example.org/a.png", "https://example.org/a.png"),
        ("ATTACH;FMTTYPE=image/jpeg:https://example.org/a", "https://example.org/a"),
        ("ATTACH:https://example.org/a.webp?w=1", "https://example.org/a.webp?w=1"),
        ("ATTACH;FMTTYPE=application/pdf:https://example.org/a.pdf", ""),
        ("ATTACH;FMTTYPE=image/png;ENCODING=BASE64;VALUE=BINARY:iVBORw0KGgo=", ""),
        ("IMAGE;VALUE=URI:data:image/png;base64,iVBORw0KGgo=", ""),
    ],
)
def test_a_picture_is_taken_from_image_or_attachment_by_its_web_address(line, picture):
    assert one(event(line)).image == picture


@pytest.mark.parametrize(("value", "geo"), [("52.5;13.4", "52.5;13.4"), ("91;0", ""), ("52.5", ""), ("nan;1", "")])
def test_a_position_is_one_on_earth(value, geo):
    assert one(event(f"GEO:{value}")).geo == geo


def test_a_settings_line_that_is_not_understood_is_a_problem_and_not_a_refusal():
    settings = one(event("DESCRIPTION:Places: two dozen")).settings
    assert settings.places is None
    assert settings.problems == (Problem("Places", "two dozen", "not-a-whole-number"),)


def test_a_date_without_a_year_is_the_nearest_before_each_occurrence():
    draft = read(
        event("DTSTART:20261219T100000Z", "RRULE:FREQ=YEARLY;COUNT=2", "DESCRIPTION:Places: 3\\nPreorder: 2 Dec 09:00 - 4 Dec 18:00"),
        BERLIN,
        (AUTUMN[0], AUTUMN[1] + timedelta(days=365)),
    )
    assert [o.settings.preorder.opens.year for o in draft.occurrences] == [2026, 2027]


def test_settings_that_only_the_html_has_are_read_from_it():
    text = event(
        'DESCRIPTION;ALTREP="data:text/html,%3Cbody%3EHello%3Cbr%3EPlaces%3A%209%3C%2Fbody%3E":Hello',
    )
    assert one(text).settings.places == 9


def styled(*html, plain):
    return event(f"DESCRIPTION:{plain}", "X-ALT-DESC;FMTTYPE=text/html:<p>" + "</p><p>".join(html) + "</p>")


def test_what_only_the_formatted_notes_say_is_hinted_at_and_the_plain_text_holds():
    text = styled("Places: 8", "Sells: LOAF x3\\, BUN", "Limit: 2", "Pickup: back door", plain="Places: 6\\nSells: LOAF x3\\nLimit: 2")
    settings = one(text).settings
    assert (settings.places, [offer.sku for offer in settings.offers]) == (6, ["LOAF"])
    assert settings.hints == (Problem("Places", "8", "other-in-html"), Problem("Sells", "LOAF x3, BUN", "other-in-html"))


@pytest.mark.parametrize("html", [("Places: 6", "Sells: LOAF x3"), ("Hello",), ("Places: 6 Sells: LOAF x9",)])
def test_formatted_notes_that_say_nothing_else_of_the_slot_are_no_hint(html):
    assert one(styled(*html, plain="Places: 6\\nSells: LOAF x3")).settings.hints == ()


REFUSED = [
    ("", InvalidCalendarData),
    ("hello", InvalidCalendarData),
    ("<html></html>", InvalidCalendarData),
    ("BEGIN:VCARD\r\nEND:VCARD\r\n", InvalidCalendarData),
    ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", InvalidCalendarData),
    (calendar(["BEGIN:VEVENT", "UID:1", "DTSTART:20261205T100000Z"]), InvalidCalendarObject),
    (calendar(), InvalidCalendarObject),
    (event() + event(), InvalidCalendarObject),
    (event("SUMMARY:a\x00b"), InvalidCalendarObject),
    (event("SUMMARY:a\x1fb"), InvalidCalendarObject),
    (event("no property"), InvalidCalendarObject),
    (event().replace("VERSION:2.0", "METHOD:PUBLISH"), InvalidCalendarObject),
    (event().replace("VERSION:2.0", "VERSION:1.0"), InvalidCalendarData),
    (calendar(["BEGIN:VEVENT", "UID:1", "END:VEVENT"]), InvalidCalendarObject),
    (calendar(["BEGIN:VEVENT", "DTSTART:20261205", "END:VEVENT"]), InvalidCalendarObject),
    (calendar(["BEGIN:VFREEBUSY", "UID:1", "END:VFREEBUSY"]), UnsupportedComponent),
    (calendar(["BEGIN:VEVENT", "UID:1", "DTSTART:20261205", "END:VEVENT"], ["BEGIN:VTODO", "UID:1", "END:VTODO"]), InvalidCalendarObject),
    (calendar(*[["BEGIN:VEVENT", f"UID:{n}", "DTSTART:20261205", "END:VEVENT"] for n in "ab"]), InvalidCalendarObject),
    (calendar(*[["BEGIN:VEVENT", "UID:1", "DTSTART:20261205", "END:VEVENT"]] * 2), InvalidCalendarObject),
    (event("DTSTART:20261305T100000Z"), InvalidCalendarObject),
    (event("DTSTART:tomorrow"), InvalidCalendarObject),
    (event("DTSTART:99991231T235959Z"), InvalidCalendarObject),
    (event("DURATION:P99999999999D"), InvalidCalendarObject),
    (event("DTSTART:20261205T100000Z", "DTSTART:20261206T100000Z"), InvalidCalendarObject),
    (event("RRULE:FREQ=SOMETIMES"), InvalidCalendarObject),
    (event("RRULE:FREQ=DAILY;INTERVAL=0"), InvalidCalendarObject),
    (event("RRULE:FREQ=DAILY;BYHOUR=25"), InvalidCalendarObject),
]


@pytest.mark.parametrize(("text", "refusal"), REFUSED)
def test_what_is_no_calendar_resource_is_refused_with_a_sentence(text, refusal):
    with pytest.raises(refusal) as caught:
        read(text, BERLIN, AUTUMN)
    assert caught.value.sentence.endswith(".") or "“" in caught.value.sentence
    assert len(caught.value.sentence) < 200


def series(notes, *changes):
    """A daily series with these notes, and changes of the dates with these RECURRENCE-IDs."""
    master = ["BEGIN:VEVENT", "UID:1", "DTSTART:20261205T100000Z", "RRULE:FREQ=DAILY;COUNT=3", f"DESCRIPTION:{notes}", "END:VEVENT"]
    own = [["BEGIN:VEVENT", "UID:1", f"RECURRENCE-ID{at}", f"DTSTART:2026120{n}T120000Z", "END:VEVENT"] for n, at in enumerate(changes, 1)]
    return calendar(master, *own)


@pytest.mark.parametrize("notes", ["Places: 3", "no places"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (":20261206T100000Z", ":20261206T100000Z"),
        (":20261206T100000Z", ";TZID=Europe/Berlin:20261206T110000"),
        (":20261206T100000Z", ";VALUE=DATE:20261206"),
    ],
)
def test_two_changes_of_one_date_are_refused_however_the_date_is_written(notes, first, second):
    with pytest.raises(InvalidCalendarObject, match="the same RECURRENCE-ID"):
        read(series(notes, first, second), BERLIN, AUTUMN)
    assert len(read(series(notes, first, ":20261207T100000Z"), BERLIN, AUTUMN).occurrences) == 3


def test_a_task_is_kept_whatever_is_odd_about_its_dates():
    text = calendar(["BEGIN:VTODO", "UID:1", "DTSTART:20261205T100000Z", "DTSTART:20261206T100000Z", "END:VTODO"])
    assert read(text, BERLIN, AUTUMN).source == text


@pytest.mark.parametrize("rule", ["RSCALE=HEBREW;FREQ=YEARLY;BYMONTHDAY=8;COUNT=5", "FREQ=YEARLY;RSCALE=chinese;COUNT=2"])
def test_the_dates_of_another_calendar_than_the_gregorian_are_not_known_and_a_birthday_in_it_is_kept(rule):
    birthday = event("SUMMARY:Birthday", f"RRULE:{rule}")
    draft = read(birthday, BERLIN, AUTUMN)
    assert (draft.source, draft.complete) == (birthday, False)
    assert draft.scale in {"HEBREW", "CHINESE"}
    gregorian = read(event("RRULE:RSCALE=gregorian;FREQ=DAILY;COUNT=2", "DESCRIPTION:Places: 3"), BERLIN, AUTUMN)
    assert (len(gregorian.occurrences), gregorian.scale, gregorian.complete) == (2, "", True)


@pytest.mark.parametrize("part", ["INTERVAL", "COUNT"])
def test_a_number_that_is_too_large_for_a_recurrence_is_told_the_largest_that_is_taken(part):
    with pytest.raises(InvalidCalendarObject) as caught:
        read(event(f"RRULE:FREQ=DAILY;{part}=99999999999999"), BERLIN, AUTUMN)
    assert caught.value.sentence == f"{part} of a recurrence is 999999999999 at most here, not “99999999999999”."
    assert read(event(f"RRULE:FREQ=DAILY;{part}=999999999999"), BERLIN, AUTUMN).occurrences


@pytest.mark.parametrize(
    "text",
    [
        event("X-ODD_NAME.1;X-P=a:b"),
        event("ATTENDEE;CN=Ada: the baker:mailto:ada@example.org"),
        event().replace("PRODID:-//test//EN\r\n", ""),
        event().replace("\r\n", "\n"),
        event().replace("\r\n", "\r\n\r\n"),
        "\ufeff" + event(),
        event().replace("BEGIN:VEVENT", "begin:vevent").replace("END:VEVENT", "End:Vevent"),
        event("DTSTART;TZID=Nowhere/Land:20261205T100000"),
        event("RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z"),
    ],
)
def test_what_sloppy_clients_write_is_accepted_and_kept(text):
    draft = read(text, BERLIN, AUTUMN)
    assert draft.source == text
    assert draft.occurrences


def test_the_drops_zone_stands_in_for_one_that_nobody_knows():
    text = event("DTSTART;TZID=Nowhere/Land:20261205T100000")
    assert one(text).starts_at == at("2026-12-05T09:00")
    assert one(text, replace(BERLIN, timezone="Asia/Tokyo")).starts_at == at("2026-12-05T01:00")


def test_an_unknown_drop_zone_does_no_harm():
    assert one(sample("davx5_all_day_market.ics"), Context("Not/AZone", "xx", "EUR")).starts_at == at("2026-12-19T00:00")


@pytest.mark.parametrize(
    ("lines", "first", "last"),
    [
        (["DTSTART:20261205T100000Z", "DURATION:PT2H"], "2026-12-05T10:00", "2026-12-05T12:00"),
        (["DTSTART:20261205T100000Z", "DUE:20261206T100000Z"], "2026-12-05T10:00", "2026-12-06T10:00"),
        (["CREATED:20261201T080000Z", "COMPLETED:20261202T080000Z"], "2026-12-01T08:00", "2026-12-02T08:00"),
    ],
)
def test_a_task_is_bounded_by_its_dates(lines, first, last):
    draft = read(calendar(["BEGIN:VTODO", "UID:1", *lines, "END:VTODO"]), BERLIN, AUTUMN)
    assert (draft.starts_at, draft.ends_at) == (at(first), at(last))


@pytest.mark.parametrize("lines", [["CREATED:20261201T080000Z"], ["DTSTART:20261205T100000Z", "RRULE:FREQ=DAILY"]])
def test_a_task_that_may_go_on_for_ever_has_no_last_day(lines):
    assert read(calendar(["BEGIN:VTODO", "UID:1", *lines, "END:VTODO"]), BERLIN, AUTUMN).ends_at is None
