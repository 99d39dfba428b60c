"""Batches are unpacked up to a bound: a few kilobytes of a record may hold gigabytes.

Each function takes what aiokafka's own of the same codec takes and returns what that returns, or raises TooLarge.
"""

import struct
import zlib
from collections.abc import Callable

import cramjam
from aiokafka.codec import _detect_xerial_stream

MAX_UNPACKED = 64 * 1024 * 1024
"""Of one batch. A topic takes 2 MiB of a packed one, and JSON is seldom packed to less than a thirtieth."""

_FIRST = 64 * 1024
_XERIAL_HEADER, _BLOCK = 16, struct.Struct("!i")
_GZIP = zlib.MAX_WBITS | 16
Buffer = bytes | memoryview


class TooLarge(Exception):
    """A batch holds more than is unpacked here."""

    def __init__(self) -> None:
        super().__init__(f"it holds more than {MAX_UNPACKED} bytes")


def gunzip(packed: Buffer) -> bytes:
    parts: list[bytes] = []
    left = MAX_UNPACKED
    rest = bytes(packed)
    while rest:
        member = zlib.decompressobj(_GZIP)
        part = member.decompress(rest, left + 1)
        left -= len(part)
        if left < 0:
            raise TooLarge
        if not member.eof:
            raise EOFError("a gzip member ends too early")
        parts.append(part)
        rest = member.unused_data.lstrip(b"\0")
    return b"".join(parts)


def unsnap(packed: Buffer) -> bytes:
    """Raw, or in blocks of the xerial library; each block says at its beginning how long it is."""
    blocks = _xerial(packed) if _detect_xerial_stream(packed) else [bytes(packed)]
    if sum(cramjam.snappy.decompress_raw_len(block) for block in blocks) > MAX_UNPACKED:
        raise TooLarge
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


def _xerial(packed: Buffer) -> list[bytes]:
    blocks, at = [], _XERIAL_HEADER
    while at < len(packed):
        (length,) = _BLOCK.unpack_from(packed, at)
        begin, at = at + _BLOCK.size, at + _BLOCK.size + length
        if length < 0 or at > len(packed):
            raise EOFError("a block of snappy ends too early")
        blocks.append(bytes(packed[begin:at]))
    return blocks


def unlz4(packed: Buffer) -> bytes:
    return _into(cramjam.lz4.decompress_into, bytes(packed))


def unzstd(packed: Buffer) -> bytes:
    # A frame's own word about its size is the sender's, and is not asked.
    return _into(cramjam.zstd.decompress_into, bytes(packed))


def _into(unpack: Callable[[bytes, bytearray], int], packed: bytes) -> bytes:
    # The buffer grows fourfold: unpacking again costs a third more at most.
    size = max(_FIRST, len(packed))
    while True:
        room = bytearray(min(size, MAX_UNPACKED))
        try:
            return bytes(memoryview(room)[: unpack(packed, room)])
        except cramjam.DecompressionError as error:
            if "buffer" not in str(error):  # of the ways to say that it is too small
                raise
            if size >= MAX_UNPACKED:
                raise TooLarge from None
        size *= 4
