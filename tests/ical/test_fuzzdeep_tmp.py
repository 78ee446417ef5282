"""Whatever arrives, the answer is a draft or a refusal: never another error, never a hang, never a changed octet."""

import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.errors import Refusal
from bridge.ical import expand, fill, join, limit_recurrence_set, occurrence_spans, read, split, template
from tests.ical.texts import AUTUMN, BERLIN, BLOCK, NOW, event, names, sample

SAMPLES = [sample(name) for name in names()]
EXAMPLES = 4_000 if os.environ.get("DEEP") else 250
LINES = sorted({line for text in SAMPLES for line in text.splitlines()})
HOSTILE = [
    "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "DTSTART:00000000T000000Z",
    "DTSTART:10000101",
    "DTSTART:89991231T235959",
    "DTEND:20261205",
    "DURATION:-P1D",
    "DURATION:P36600D",
    "DURATION:",
    "RDATE:20261205T100000Z/PT1H,,",
    "RDATE;VALUE=PERIOD:20261205T100000Z/",
    "EXDATE:",
    "RECURRENCE-ID:20261205",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261205T100000Z",
    "BEGIN:VTIMEZONE",
    "END:VTIMEZONE",
    "TZID:../../etc",
    "DTSTART;TZID=../../etc/passwd:20261205T100000",
    'DTSTART;TZID="":20261205T100000',
    "BEGIN:STANDARD",
    "END:STANDARD",
    "TZOFFSETTO:+2400",
    "TZOFFSETTO:+9999",
    "DESCRIPTION:―― live stock ――",
    "DESCRIPTION:―― end ――\\n",
    'DESCRIPTION;ALTREP="data:text/html,%":%',
    ";:",
    "A;B",
    'A;B=":c',
    "LAST-MODIFIED;X-DROP-WAS=NONE:x",
    "LAST-MODIFIED;X-DROP-WAS=20261101T100000Z:",
    "GEO:1e999;2",
    "SEQUENCE:99999999999999999999",
    "X:" + "\\" * 9,
]


@st.composite
def mutated(draw):
    """A real sample with lines dropped, doubled, swapped, cut or replaced, and some of its characters changed."""
    lines = draw(st.sampled_from(SAMPLES)).splitlines()
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        other = draw(st.one_of(st.sampled_from(LINES), st.sampled_from(HOSTILE), st.text(max_size=30)))
        kind = draw(st.sampled_from(["drop", "double", "insert", "replace", "cut", "character"]))
        if kind == "drop" and len(lines) > 1:
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        elif kind == "insert":
            lines.insert(at, other)
        elif kind == "replace":
            lines[at] = lines[at].partition(":")[0] + ":" + other.partition(":")[2]
        elif kind == "cut":
            lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
        else:
            place = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:place] + draw(st.characters()) + lines[at][place:]
    return draw(st.sampled_from(["\r\n", "\n", "\r\n", "\r\n "])).join(lines)


def digest(text):
    """Everything a face does with one text."""
    draft = read(text, BERLIN, AUTUMN)
    if draft.component == "VEVENT":
        rendering = fill(template(draft.source, {"", *(o.recurrence_id for o in draft.occurrences)}), {"": BLOCK}, NOW)
        assert read(rendering, BERLIN, AUTUMN).source == draft.source
    for start, end in occurrence_spans(text, *AUTUMN, 50):
        assert start <= end
    expand(text, *AUTUMN, 50)
    limit_recurrence_set(text, *AUTUMN)
    return draft


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_mutated_sample_is_read_or_refused(text):
    with suppress(Refusal):
        assert digest(text).uid
    with suppress(Refusal):
        assert join([part for _, part in split(text)])


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(LINES), st.sampled_from(HOSTILE)), max_size=12))
def test_an_event_of_stray_lines_is_read_or_refused(lines):
    with suppress(Refusal):
        assert digest(event(*lines)).uid


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_refused(text):
    with pytest.raises(Refusal):
        read(text, BERLIN, AUTUMN)
