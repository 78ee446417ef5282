"""A sheet brought up to date by edits is the sheet one would make anew."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.drops import Drop
from bridge.ics_feeds.gzipped import unpack
from bridge.ics_feeds.sheet import SPAN, Line, Sheet

DROP = Drop(id=1, organizer_id=1, organizer="ada", slug="loaves", title="Loaves")
lines = st.builds(
    Line,
    position=st.integers(0, SPAN * 5),
    zone=st.sampled_from(["", "Europe/Berlin", "America/New_York"]),
    text=st.one_of(st.just(b""), st.binary(min_size=1, max_size=30)),
)
edits = st.lists(st.lists(lines, max_size=300), max_size=6)


def anew(batches):
    kept = {line.position: line for batch in batches for line in batch}
    return [kept[position] for position in sorted(kept) if kept[position].text]


def plain(sheet):
    return b"".join(segment.plain for segment in sheet.segments)


@given(edits)
def test_edits_in_any_order_give_what_a_naive_render_gives(batches):
    sheet = Sheet(DROP)
    for batch in batches:
        sheet = sheet.edited(batch)
    expected = anew(batches)
    assert plain(sheet) == b"".join(line.text for line in expected)
    assert sheet.size == sum(len(line.text) for line in expected)
    assert sheet.zones == {line.zone for line in expected if line.zone}
    assert all(sheet.text_at(line.position) == line.text for line in expected)
    assert sheet.text_at(SPAN * 9) == b""


@given(edits, st.data())
def test_it_does_not_matter_how_it_was_held_meanwhile(batches, data):
    sheet = Sheet(DROP)
    for batch in batches:
        sheet = data.draw(st.sampled_from([Sheet.light, Sheet.with_packed, lambda same: same]))(sheet).edited(batch)
    light = sheet.light()
    assert plain(light) == b"".join(line.text for line in anew(batches))
    assert b"".join(unpack(segment.part) for segment in light.segments) == plain(sheet)
    assert light.held <= sheet.with_packed().held


def test_one_change_touches_one_segment():
    sheet = Sheet(DROP).edited([Line(number, "", b"text %d" % number) for number in range(SPAN * 10)]).with_packed()
    after = sheet.edited([Line(SPAN * 3 + 7, "", b"new")])
    changed = [new for old, new in zip(sheet.segments, after.segments, strict=True) if new is not old]
    assert len(changed) == 1
    assert b"new" in changed[0].plain


def test_a_sheet_in_use_stays_as_it_was():
    before = Sheet(DROP).edited([Line(1, "", b"one"), Line(2, "", b"two")])
    before.edited([Line(1, "", b"")])
    assert plain(before) == b"onetwo"
