"""One gzip member put together from parts that were compressed apart (RFC 1951, RFC 1952).

A part ends on a byte and refers to nothing before it, so a change of one part compresses that part alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from isal import isal_zlib

LEVEL = 2
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
_RAW = -isal_zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Packed:
    """A run of octets as whole deflate blocks, with the CRC-32 and the length of what they hold."""

    blocks: bytes
    crc: int
    size: int


def pack(plain: bytes) -> Packed:
    """``plain`` compressed on its own."""
    squeeze = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _RAW)
    return Packed(squeeze.compress(plain) + squeeze.flush(isal_zlib.Z_FULL_FLUSH), isal_zlib.crc32(plain), len(plain))


def unpack(packed: Packed) -> bytes:
    """The octets that were packed."""
    return isal_zlib.decompressobj(_RAW).decompress(packed.blocks)


def member_length(parts: Iterable[Packed]) -> int:
    """The length of ``member(parts)``."""
    return len(_HEADER) + sum(len(part.blocks) for part in parts) + len(_LAST_BLOCK) + 8


def member(parts: Iterable[Packed]) -> Iterator[bytes]:
    """A gzip file of one member that holds the parts in order."""
    yield _HEADER
    crc, size = 0, 0
    for part in parts:
        yield part.blocks
        crc, size = isal_zlib.crc32_combine(crc, part.crc, part.size), size + part.size
    yield _LAST_BLOCK + crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def packed_stream(plain: Iterable[bytes]) -> Iterator[bytes]:
    """A gzip file of octets that come one after the other."""
    squeeze = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, isal_zlib.MAX_WBITS | 16)
    for part in plain:
        if squeezed := squeeze.compress(part):
            yield squeezed
    yield squeeze.flush()
