"""One gzip member put together from parts that were compressed apart (RFC 1951, RFC 1952).

A part ends on a byte and refers to nothing before it, so a change of one part compresses that part alone. The checksum
of the whole comes from those of the parts: CRC-32 is linear over polynomials modulo the one below.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 6
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
_CRC_POLYNOMIAL = 0xEDB88320


@dataclass(frozen=True, slots=True)
class Packed:
    """A run of octets as whole deflate blocks, with the CRC-32 and the length of what they hold."""

    blocks: bytes
    crc: int
    size: int


def pack(plain: bytes) -> Packed:
    """``plain`` compressed on its own."""
    squeeze = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Packed(squeeze.compress(plain) + squeeze.flush(zlib.Z_FULL_FLUSH), zlib.crc32(plain), len(plain))


def unpack(packed: Packed) -> bytes:
    """The octets that were packed."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed.blocks)


def member_length(parts: Iterable[Packed]) -> int:
    """The length of ``member(parts)``."""
    return len(_HEADER) + sum(len(part.blocks) for part in parts) + len(_LAST_BLOCK) + 8


def member(parts: Iterable[Packed]) -> Iterator[bytes]:
    """A gzip file of one member that holds the parts in order."""
    yield _HEADER
    crc, size = 0, 0
    for part in parts:
        yield part.blocks
        crc, size = _times(_shift(part.size), crc) ^ part.crc, size + part.size
    yield _LAST_BLOCK + crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def _times(a: int, b: int) -> int:
    """The product of two polynomials modulo the one of CRC-32; bit 31 is the coefficient of 1."""
    product = 0
    while a:
        if a & 0x80000000:
            product ^= b
        a = a << 1 & 0xFFFFFFFF
        b = b >> 1 ^ _CRC_POLYNOMIAL if b & 1 else b >> 1
    return product


@lru_cache(maxsize=4096)
def _shift(octets: int) -> int:
    """What a checksum is multiplied by when so many octets follow: x to the power of 8 × octets."""
    result, power = 1 << 31, 1 << 23
    while octets:
        if octets & 1:
            result = _times(power, result)
        power = _times(power, power)
        octets >>= 1
    return result
