"""Counts from files as spreadsheets write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import InvalidInput
from bridge.stock_sync.csvfile import read

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)


def counts(text, encoding="utf-8"):
    return {count.sku: count.quantity for count in read(text.encode(encoding), NOW)}


@pytest.mark.parametrize(
    "text",
    [
        "sku,count\nLOAF,12\nBUN,30\n",
        "sku;count\r\nLOAF;12\r\nBUN;30\r\n",
        "sku\tcount\nLOAF\t12\nBUN\t30",
        "\ufeffSKU;Count\nLOAF;12\nBUN;30\n",
        "sep=;\nsku;count\nLOAF;12\nBUN;30\n",
        '"sku","count"\n"LOAF","12"\n"BUN","30"\n',
        "count,colour,sku\n12,brown,LOAF\n30,white,BUN\n",
        "sku,count\n\nLOAF,12\n,\n  \nBUN,30\n\n",
        "Code;Name;Quantity\nLOAF;Country loaf;12,00\nBUN;Bun;30.0\n",
        " sku , count \n LOAF , +12 \n BUN , 30 \n",
    ],
)
def test_the_same_counts_are_read_from_every_dialect(text):
    assert counts(text) == {"LOAF": 12, "BUN": 30}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_every_usual_encoding_are_read(encoding):
    assert counts("sku,count\nBRÖTCHEN,3\n", encoding) == {"BRÖTCHEN": 3}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("12", 12), ("12.0", 12), ('"12,00"', 12), ("1 200", 1200), ("1'200", 1200), ("1\u202f200", 1200), ("-3", -3), ("−3", -3)],
)
def test_whole_numbers_are_read_as_spreadsheets_write_them(written, meant):
    assert counts(f"sku,count\nLOAF,{written}\n") == {"LOAF": meant}


@pytest.mark.parametrize("written", ["", "x", "1.5", '"1,5"', "1.200", '"1,200"', "1e3", "0x10", "NaN", "½", "٣", "9" * 50, "--1", "1-"])
def test_what_is_no_whole_number_is_refused_with_its_line(written):
    with pytest.raises(InvalidInput, match="Line 3, count"):
        counts(f"sku,count\nLOAF,12\nBUN,{written}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("LOAF,12\n", "Line 1"),
        ("sku,price\nLOAF,12\n", "'count'"),
        ("sku,count\n,12\n", "Line 2, sku"),
        ("sku,count\nLOAF\n", "Line 2, count"),
        ('sku,count\n"LOAF,12\n', "quotation mark"),
        ("sku,count\nLOAF,12\nLOAF,13\n", "LOAF is there twice"),
        ("sku,count,counted_at\nLOAF,12,yesterday\n", "Line 2, counted_at"),
        ("sku,count,counted_at\nLOAF,12,2026-12-02T09:00:00\n", "no time zone"),
        ("sku,count,counted_at\nLOAF,12,0001-01-01T00:00:00+14:00\n", "out of this world"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(text, said):
    with pytest.raises(InvalidInput, match=said):
        counts(text)


def test_names_and_times_are_taken_along():
    (count,) = read(b"sku,count,name,counted_at\nLOAF,12,Country loaf,2026-12-02T09:30:00+01:00\n", NOW)
    assert (count.name, count.counted_at) == ("Country loaf", datetime(2026, 12, 2, 8, 30, tzinfo=UTC))


def test_rows_without_a_time_are_of_now_and_without_a_name_keep_theirs():
    (count,) = read(b"sku,count,name,counted_at\nLOAF,12,,\n", NOW)
    assert (count.name, count.counted_at) == (None, NOW)


def test_a_dated_file_is_the_same_message_when_it_is_read_again_and_an_undated_one_is_not():
    dated, undated = b"sku,count,counted_at\nLOAF,12,2026-12-02T08:00:00Z\n", b"sku,count\nLOAF,12\n"
    later = NOW.replace(hour=17)
    assert read(dated, NOW)[0].message_id == read(dated, later)[0].message_id
    assert read(undated, NOW)[0].message_id != read(undated, later)[0].message_id


@given(st.binary(max_size=200) | st.text(alphabet='sku,count;\t\n\r"1.5- \ufeff=', max_size=80).map(str.encode))
def test_any_file_is_read_or_refused(data):
    try:
        found = read(data, NOW)
    except InvalidInput:
        return
    assert all(count.sku for count in found)
