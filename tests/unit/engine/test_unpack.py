"""Packed batches are unpacked as aiokafka does, up to a bound that memory can bear."""

import os
import subprocess
import sys
from collections.abc import Callable

import cramjam
import pytest
from aiokafka import codec

from shared.engine.unpack import MAX_UNPACKED, TooLarge, gunzip, unlz4, unsnap, unzstd

CODECS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "gzip": (codec.gzip_encode, gunzip),
    "snappy": (codec.snappy_encode, unsnap),
    "snappy, raw": (lambda data: bytes(cramjam.snappy.compress_raw(data)), unsnap),
    "lz4": (codec.lz4_encode, unlz4),
    "zstd": (codec.zstd_encode, unzstd),
}
BOMB = """
import resource, sys
from tests.unit.engine.test_unpack import CODECS
from shared.engine.unpack import TooLarge
pack, unpack = CODECS[sys.argv[1]]
packed = pack(bytes(400 * 1024 * 1024))
now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 300 * 1024 * 1024,) * 2)
try:
    unpack(packed)
except TooLarge:
    sys.exit(7)
"""


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("data", [b"x", b"a choice " * 9_999, os.urandom(300_000), bytes(MAX_UNPACKED)])
@pytest.mark.slow
def test_what_a_sender_packed_comes_out(name: str, data: bytes) -> None:
    pack, unpack = CODECS[name]
    assert unpack(pack(data)) == data


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.slow
def test_what_is_beyond_the_bound_does_not(name: str) -> None:
    pack, unpack = CODECS[name]
    with pytest.raises(TooLarge):
        unpack(pack(bytes(MAX_UNPACKED + 1)))


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.slow
def test_memory_is_bounded_while_it_finds_out(name: str) -> None:
    """400 MiB from some kilobytes, in a process that may take 300 MiB more."""
    done = subprocess.run([sys.executable, "-c", BOMB, name], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr


def test_a_bound_holds_for_members_and_blocks_together() -> None:
    half = bytes(MAX_UNPACKED // 2 + 1)
    blocks = codec.snappy_encode(half)
    for packed, unpack in ((codec.gzip_encode(half) * 2, gunzip), (blocks + blocks[16:], unsnap)):
        with pytest.raises(TooLarge):
            unpack(packed)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("spoil", [lambda data: data[: len(data) // 2], lambda data: b"\xff" * len(data)])
def test_what_is_spoilt_raises(name: str, spoil: Callable[[bytes], bytes]) -> None:
    pack, unpack = CODECS[name]
    with pytest.raises(Exception, match=r".") as raised:
        unpack(spoil(pack(os.urandom(1_000))))
    assert not isinstance(raised.value, TooLarge | MemoryError)
