"""Parts compressed apart make one gzip member that every reader takes."""

import gzip
import io
import subprocess
import zlib

from hypothesis import given
from hypothesis import strategies as st

from bridge.ics_feeds.gzipped import member, member_length, pack, unpack


@given(st.lists(st.binary(max_size=3000), max_size=8))
def test_the_parts_in_order_come_out_of_one_member(texts):
    parts = [pack(text) for text in texts]
    whole = b"".join(member(parts))
    assert len(whole) == member_length(parts)
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(whole) == b"".join(texts)
    assert reader.eof
    assert not reader.unused_data


@given(st.binary(max_size=5000))
def test_a_part_stands_on_its_own(text):
    assert unpack(pack(text)) == text


def test_large_parts_have_the_checksum_that_gzip_asks_for():
    texts = [bytes([number]) * (70_000 + number * 13) for number in range(40)]
    assert gzip.GzipFile(fileobj=io.BytesIO(b"".join(member(map(pack, texts))))).read() == b"".join(texts)


def test_the_gzip_program_finds_nothing_wrong(tmp_path):
    file = tmp_path / "feed.ics.gz"
    file.write_bytes(b"".join(member([pack(b"BEGIN"), pack(b""), pack(b"END" * 9999)])))
    assert subprocess.run(["gzip", "--test", str(file)], check=False).returncode == 0
