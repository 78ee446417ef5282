"""The organizer's rendering: put in without touching a word, and taken off in whatever shape a client gives it back."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.core.errors import Refusal
from bridge.ical import fill, read, template
from tests.ical.texts import AUTUMN, BERLIN, BLOCK, GERMAN, NOW, calendar, event, names, returned_names, sample

EVENTS = [name for name in names() if "journal" not in name and "tasks" not in name]
SHORT = "―― live stock ――\nSold out\nUpdated Wed 2 Dec 14:03\n―― end ――"
BLOCKS = [BLOCK, SHORT, GERMAN]


def rendered(source, block=BLOCK, keys=("",)):
    return fill(template(source, keys), dict.fromkeys(keys, block), NOW)


def back(text):
    return read(text, BERLIN, AUTUMN).source


def unfolded(text):
    return re.sub(r"\r?\n[ \t]", "", text)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("name", EVENTS)
def test_a_rendering_that_comes_back_untouched_is_the_organizers_own_text(name, block):
    source = sample(name)
    keys = ["", *(o.recurrence_id for o in read(source, BERLIN, AUTUMN).occurrences)]
    text = rendered(source, block, keys)
    assert block.split("\n")[0] in unfolded(text)
    assert back(text) == source


@pytest.mark.parametrize("name", EVENTS)
def test_the_second_rendering_replaces_the_first(name):
    keys = ["", "20261024T080000Z", "20261212T140000Z"]
    first = template(sample(name), keys)
    again = template(back(fill(first, dict.fromkeys(keys, BLOCK), NOW)), keys)
    assert again == first


def test_no_line_of_ours_is_longer_than_75_octets():
    text = rendered(event("DESCRIPTION:short"), BLOCK.replace("Country loaf", "Käsekuchen " * 6))
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_the_organizers_folding_stays():
    source = event("SUMMARY:fol", " ded", "DESCRIPTION:fol", "  ded oddly,", "\tbut so")
    text = rendered(source)
    assert "SUMMARY:fol\r\n ded\r\n" in text
    assert "DESCRIPTION:fol\r\n  ded oddly,\r\n\tbut so\r\n " in text
    assert back(text) == source


def test_last_modified_follows_the_rendering_and_sequence_does_not():
    source = event("LAST-MODIFIED:20261101T100000Z", "SEQUENCE:3", "DTSTAMP:20261101T100000Z")
    text = rendered(source)
    assert re.search(r"^LAST-MODIFIED;[^:]*:20261202T130300Z\r$", text, re.MULTILINE)
    assert "SEQUENCE:3\r\n" in text
    assert "DTSTAMP:20261101T100000Z\r\n" in text
    assert back(text) == source


def test_last_modified_is_added_where_there_was_none():
    assert re.search(r"^LAST-MODIFIED;[^:]*:20261202T130300Z\r$", rendered(event()), re.MULTILINE)


def test_what_thunderbird_shows_holds_the_block_too():
    text = unfolded(rendered(sample("thunderbird_new_slot_berlin.ics")))
    html = re.search(r'ALTREP="data:text/html,([^"]*)"', text)[1]
    assert quote("7 of 24 places left") in html
    assert "\\n\\n―― live stock ――\\n7 of 24" in text


def test_html_notes_get_the_block_as_html():
    text = unfolded(rendered(sample("google_export_html_notes.ics")))
    assert "<br><br>―― live stock ――<br>7 of 24 places left<br>" in text
    assert "―― live stock ――\\n" not in text


def test_outlooks_html_copy_gets_the_block_too():
    text = unfolded(rendered(sample("outlook_windows_zone_and_html_copy.ics")))
    assert "</html><br><br>―― live stock ――<br>" in text
    assert "\\n\\n―― live stock ――\\n" in text


def test_only_the_events_asked_for_are_touched():
    source = sample("apple_macos_weekly_one_moved_one_cancelled.ics")
    text = fill(template(source, ["20261024T080000Z"]), {"20261024T080000Z": BLOCK}, NOW)
    assert text.count("live stock") == 1
    assert "Sunday this week.\r\n \\n\\n―― live stock" in text


def test_a_key_without_a_block_gets_nothing():
    source = sample("apple_macos_weekly_one_moved_one_cancelled.ics")
    assert fill(template(source, ["", "20261024T080000Z"]), {}, NOW) == source


def test_the_notes_we_made_ourselves_go_with_the_block():
    text = rendered(event("SUMMARY:no notes"))
    assert "DESCRIPTION:―― live stock" in text
    client = unfolded(text).replace(";X-DROP-WAS=NONE", "")
    assert "DESCRIPTION" not in back(client)


def test_empty_notes_of_the_organizers_own_stay():
    source = event("DESCRIPTION:")
    assert back(rendered(source)) == source


def test_an_alarm_that_copied_the_notes_loses_the_block():
    text = rendered(event("DESCRIPTION:Places: 3"))
    notes = re.search(r"DESCRIPTION:(?:.|\r\n )*", text)[0].strip()
    copied = text.replace("END:VEVENT", f"BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:PT0S\r\n{notes}\r\nEND:VALARM\r\nEND:VEVENT")
    assert "live stock" not in unfolded(back(copied))


def lowered(text):
    return re.sub(r"^([A-Z-]+)(?=[:;])", lambda found: found[1].lower(), text, flags=re.MULTILINE)


def reversed_properties(text):
    lines = unfolded(text).splitlines()
    begin, end = lines.index("BEGIN:VEVENT") + 1, lines.index("END:VEVENT")
    alarm = lines.index("BEGIN:VALARM") if "BEGIN:VALARM" in lines else end
    lines[begin:alarm] = lines[begin:alarm][::-1]
    return "\r\n".join(lines)


def refolded_at(width):
    def refolded(line):
        return "\r\n ".join(line[at : at + width] for at in range(0, len(line), width))

    return lambda text: "\r\n".join(map(refolded, unfolded(text).splitlines()))


def without_own_parameters(text):
    return re.sub(r";X-[A-Z-]+=[^:;\r\n]*", "", text)


def plain_dashes(text):
    return text.replace("――", "--")


RESHAPED = {
    "unfolded": unfolded,
    "folded at 60": refolded_at(60),
    "folded at 31": refolded_at(31),
    "LF": lambda text: text.replace("\r\n", "\n"),
    "unfolded, LF": lambda text: unfolded(text).replace("\r\n", "\n"),
    "names in lower case": lowered,
    "properties in another order": reversed_properties,
    "without X- parameters": without_own_parameters,
    "folded by tab": lambda text: text.replace("\r\n ", "\r\n\t"),
    "other dashes": plain_dashes,
    "capital escapes": lambda text: text.replace("\\n", "\\N"),
    "line breaks of Windows": lambda text: text.replace("\\n", "\\r\\n"),
    "line breaks of Windows, unfolded": lambda text: unfolded(text).replace("\\n", "\\r\\n"),
    "line breaks of an old Mac": lambda text: unfolded(text).replace("\\n", "\\r"),
}


@pytest.mark.parametrize("shape", RESHAPED)
@pytest.mark.parametrize("name", [n for n in EVENTS if "apple" not in n])
def test_a_rendering_reshaped_by_a_client_still_loses_our_words_and_keeps_theirs(name, shape):
    source = sample(name)
    before, after = (read(text, BERLIN, AUTUMN) for text in (source, RESHAPED[shape](rendered(source, keys=("", "20261212T140000Z")))))
    assert "live" not in unfolded(after.source)
    assert "places left" not in unfolded(after.source)
    assert [(o.title, o.notes, o.settings, o.starts_at) for o in after.occurrences] == [
        (o.title, o.notes, o.settings, o.starts_at) for o in before.occurrences
    ]


@pytest.mark.parametrize("newline", ["\\r\\n", "\\r"])
def test_notes_whose_line_breaks_are_written_with_a_return_keep_theirs_and_lose_only_the_block(newline):
    source = event(f"DESCRIPTION:hello{newline}Places: 24{newline}C:\\\\recipes{newline}bye")
    assert read(source, BERLIN, AUTUMN).occurrences[0].settings.places == 24
    assert read(source, BERLIN, AUTUMN).occurrences[0].notes == "hello\nC:\\recipes\nbye"
    assert back(rendered(source)) == source
    sent = unfolded(rendered(source)).replace("\\n", newline).replace("\\r" + newline, newline)
    assert "7 of 24 places left" in sent
    draft = read(sent, BERLIN, AUTUMN)
    assert draft.source == source
    assert (draft.occurrences[0].settings.places, draft.occurrences[0].notes) == (24, "hello\nC:\\recipes\nbye")


RETURNS = ["\\r", "\\n", "\\r\\n", "\\\\", "r", "n", "x", " ", "\r\n ", "Places: 3", "―― end ――"]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(RETURNS), max_size=8).map("".join))
def test_any_such_notes_survive_a_rendering_octet_for_octet(value):
    source = back(event(f"DESCRIPTION:{value}"))
    assert back(rendered(source)) == source
    assert "places left" not in unfolded(back(unfolded(rendered(source))))


def test_html_notes_with_such_line_breaks_lose_the_block_too():
    source = event("DESCRIPTION:<b>hello</b><br>\\r\\nPlaces: 24<br>bye")
    draft = read(unfolded(rendered(source)).replace("<br>", "<br>\\r\\n"), BERLIN, AUTUMN)
    assert "live" not in draft.source
    assert (draft.occurrences[0].settings.places, draft.occurrences[0].notes.split()) == (24, ["hello", "bye"])


def test_thunderbird_rewriting_only_its_html_keeps_the_edit_and_loses_the_block():
    text = unfolded(rendered(sample("thunderbird_new_slot_berlin.ics")))
    edited = text.replace("Fresh%20from%20the%20oven.", "Warm%20from%20the%20oven.").replace("Fresh from the oven.", "Warm from the oven.")
    draft = read(edited, BERLIN, AUTUMN)
    assert "live" not in unfolded(draft.source)
    assert "Warm%20from" in unfolded(draft.source)
    assert (draft.occurrences[0].notes, draft.occurrences[0].settings.places) == ("Warm from the oven.", 24)


def test_words_written_below_the_block_are_the_organizers():
    text = unfolded(rendered(event("DESCRIPTION:Places: 3")))
    draft = read(text.replace("―― end ――", "―― end ――\\nBring bags"), BERLIN, AUTUMN)
    assert "live" not in draft.source
    assert draft.occurrences[0].notes == "Bring bags"


def test_a_german_block_goes_too():
    source = event("DESCRIPTION:Plätze: 3")
    assert back(rendered(source, GERMAN)) == source


keys_ = st.sampled_from(["", "20261024T080000Z", "20261031T090000Z"])
value = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=90)
notes = st.lists(st.one_of(value, st.sampled_from(["Places: 4", "", " ", "\\n", "<b>fresh</b>", "\\", "a\\"])), max_size=5).map("\\n".join)


def folded(text, cuts):
    """Folds a line where the numbers say, as odd clients do."""
    for cut in sorted({cut % (len(text) + 1) for cut in cuts if text}, reverse=True):
        text = text[:cut] + "\r\n " + text[cut:] if cut else text
    return text


@settings(max_examples=300, deadline=None)
@given(notes, notes, st.lists(st.integers(0, 500), max_size=4), st.sampled_from([BLOCK, SHORT, GERMAN]), st.booleans(), st.booleans())
@example("", "", [], BLOCK, False, True)
def test_any_notes_survive_any_rendering_octet_for_octet(plain, html, cuts, block, lf, altrep):
    description = f'DESCRIPTION;ALTREP="data:text/html,{quote(html)}":{plain}' if altrep else f"DESCRIPTION:{plain}"
    text = event(folded(description, cuts), f"X-ALT-DESC;FMTTYPE=text/html:{html}", "LAST-MODIFIED:20261101T100000Z")
    text = text.replace("\r\n", "\n") if lf else text
    try:
        source = back(text)
    except Refusal:
        return
    assert back(rendered(source, block)) == source


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(keys_, st.sampled_from(BLOCKS)), st.sets(keys_))
def test_any_choice_of_keys_and_blocks_gives_a_text_that_reads_as_its_source(blocks, keys):
    source = sample("apple_macos_weekly_one_moved_one_cancelled.ics")
    assert back(fill(template(source, keys), blocks, NOW)) == source


def test_a_block_cannot_smuggle_in_a_property():
    text = rendered(event(), "―― live stock ――\nBook: x\r\nEND:VEVENT\r\nBEGIN:VEVENT\x1f\x00\n―― end ――")
    assert unfolded(text).count("\r\nEND:VEVENT") == 1
    assert read(text, BERLIN, AUTUMN).occurrences


def test_a_template_of_something_that_is_no_event_is_refused_as_reading_is():
    with pytest.raises(Refusal):
        template("nonsense", [""])


def test_tasks_are_never_touched():
    assert template(sample("tasks_org_due_only.ics"), [""]) == sample("tasks_org_due_only.ics")


def test_a_copied_rendering_of_another_series_reads_clean():
    source = calendar(["BEGIN:VEVENT", "UID:1", "DTSTART:20261205T100000Z", "DESCRIPTION:Places: 3", "END:VEVENT"])
    copied = rendered(source).replace("UID:1", "UID:2")
    assert back(copied) == source.replace("UID:1", "UID:2")


def test_times_are_written_in_utc():
    assert ":20261202T130300Z\r\n" in fill(template(event(), [""]), {"": SHORT}, datetime(2026, 12, 2, 13, 3, tzinfo=UTC))


@pytest.mark.parametrize("name", returned_names())
def test_the_block_is_taken_off_what_real_clients_return(name):
    draft = read(sample(f"returned/{name}"), BERLIN, AUTUMN)
    source = unfolded(draft.source)
    assert not re.search("live(?: |%20)stock|places(?: |%20)left|k3v9q2|Updated", source)
    assert (draft.occurrences[0].settings.places, draft.occurrences[0].notes) == (24, "Fresh from the oven.")
    assert source.startswith("BEGIN:VCALENDAR\r\n")
    assert "SUMMARY" in source


@pytest.mark.parametrize("name", returned_names())
def test_what_stays_of_a_returned_text_is_stable(name):
    source = back(sample(f"returned/{name}"))
    assert back(source) == source
    assert back(rendered(source)) == source
