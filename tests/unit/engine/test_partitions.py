"""Our murmur2 is Kafka's: a key lies where every other client puts it."""

import pytest
from aiokafka.partitioner import murmur2 as aiokafkas
from hypothesis import given, strategies as st

from shared.engine.partitions import PARTITIONS, murmur2, partition_of

# From Kafka's own UtilsTest.testMurmur2, signed there.
KNOWN = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("data", "signed"), KNOWN.items())
def test_kafkas_own_vectors(data: bytes, signed: int) -> None:
    assert murmur2(data) == signed & 0xFFFFFFFF


@given(st.binary(max_size=80))
def test_any_bytes_hash_as_the_client_hashes_them(data: bytes) -> None:
    assert murmur2(data) == aiokafkas(data) & 0xFFFFFFFF


@given(st.text(max_size=40))
def test_a_key_lies_where_the_clients_default_puts_it(key: str) -> None:
    assert partition_of(key) == (aiokafkas(key.encode()) & 0x7FFFFFFF) % PARTITIONS == partition_of(key)
