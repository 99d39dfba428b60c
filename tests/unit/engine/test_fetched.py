"""What becomes of a fetch with a record or a batch that aiokafka cannot read."""

import struct
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as PythonBuilder

from shared.engine.fetched import Batches, Fetched, Records, _Taking, patch_aiokafka
from shared.engine.reading import Failure
from shared.engine.unpack import MAX_UNPACKED
from tests.wire import CODECS, AnyName

PLACE = TopicPartition("crm.ingest", 0)
USUAL, ODD = [("ce_id", b"1"), ("ce_source", b"/shop")], [("ce_id", b"1"), (AnyName("x-\udcff\udcfe-ü"), b"\xff")]
PRODUCER = 7


def batch(first: int, headers: Sequence[list[tuple[str, bytes]]], codec: int = 0, attributes: int = 0) -> bytes:
    """One record for each list of headers, as a broker keeps it; offsets count up from `first`."""
    builder = PythonBuilder(2, codec, attributes, PRODUCER, 0, 0, 1 << 20)
    for turn, names in enumerate(headers):
        builder.append(turn, 1_700_000_000_000 + turn, b"key-%d" % turn, b"value " * 20, names)
    built = builder.build()
    struct.pack_into(">q", built, 0, first)
    return bytes(built)


def mark(offset: int) -> bytes:
    """The end of a transaction, as a broker writes it."""
    builder = PythonBuilder(2, 0, 0, PRODUCER, 0, 0, 1 << 20)
    builder.append(0, 1_700_000_000_000, b"\0\0\0\1", bytes(6), [])
    builder._get_attributes = lambda _: 0x30
    built = builder.build()
    struct.pack_into(">q", built, 0, offset)
    return bytes(built)


def records(fetched: bytes, start: int = 0, aborted: Sequence[tuple[int, int]] = ()) -> Records:
    """Of a fetch that was asked to start at an offset; by its producer, transactions were aborted from offsets on."""
    return Records(PLACE, Batches(fetched), aborted, start, None, None, True, 1 if aborted else 0)


@pytest.fixture
async def assignment() -> Assignment:
    made = Assignment([PLACE])
    made.state_value(PLACE).reset_to(0)
    return made


def fetched(data: bytes, assignment: Assignment) -> Fetched:
    return Fetched(PLACE, assignment=assignment, partition_records=records(data), backoff=0)


@pytest.mark.parametrize("codec", CODECS.values(), ids=map(str, CODECS))
@pytest.mark.parametrize("odd", [0, 2, 4])
def test_a_name_beyond_utf_8_keeps_its_bytes_and_its_record_its_place(codec: int, odd: int) -> None:
    names = [ODD if turn == odd else USUAL for turn in range(5)]
    data = batch(0, [USUAL] * 3) + batch(3, names, codec) + batch(8, names, codec) + batch(13, [USUAL] * 2)
    found = list(records(data + b"the begin of a batch that was cut off"))
    assert [record.offset for record in found] == list(range(15))
    assert [record.offset for record in found if record.headers == tuple(ODD)] == [3 + odd, 8 + odd]
    assert all(record.headers == tuple(USUAL) for record in found if record.offset not in {3 + odd, 8 + odd})
    assert {(record.key, record.timestamp) for record in found[3:8]} == {
        (b"key-%d" % turn, 1_700_000_000_000 + turn) for turn in range(5)
    }
    assert found[3 + odd].headers[1][0].encode("utf-8", "surrogateescape") == b"x-\xff\xfe-\xc3\xbc"


def test_a_fetch_may_start_within_such_a_batch() -> None:
    data = batch(10, [ODD, USUAL, ODD, USUAL]) + batch(14, [USUAL])
    assert [record.offset for record in records(data, start=12)] == [12, 13, 14]


def test_what_was_aborted_stays_out_behind_such_a_name() -> None:
    data = batch(0, [ODD], attributes=1) + batch(1, [USUAL], attributes=1) + batch(2, [ODD])
    assert [record.offset for record in records(data, aborted=[(PRODUCER, 0)])] == [2]


async def test_records_come_in_parts_of_the_asked_size(assignment: Assignment) -> None:
    fetch = fetched(batch(0, [USUAL, ODD, USUAL]) + batch(3, [USUAL, USUAL]), assignment)
    parts: list[list[int]] = []
    while fetch.has_more():
        parts.append([record.offset for record in fetch.getall(2)])
        assert assignment.state_value(PLACE).position == parts[-1][-1] + 1
    assert parts == [[0, 1], [2, 3], [4]]


def spoil_codec(good: bytes) -> bytes:
    """A batch with a checksum that is right and a codec that nobody knows."""
    builder = PythonBuilder(2, 0, 0, PRODUCER, 0, 0, 1 << 20)
    builder.append(0, 1_700_000_000_000, None, b"", [])
    builder._get_attributes = lambda _: 7
    built = builder.build()
    built[:8] = good[:8]
    return bytes(built)


def displace(good: bytes) -> bytes:
    """A record that counts itself five behind the end of its batch, as brokers take it."""
    builder = PythonBuilder(2, 0, 0, PRODUCER, 0, 0, 1 << 20)
    builder.append(5, 1_700_000_000_000, None, b"", [])
    builder._last_offset = 0
    built = builder.build()
    built[:8] = good[:8]
    return bytes(built)


@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        (lambda good: good[:-1] + bytes([good[-1] ^ 1]), CorruptRecordException),
        (lambda good: good[:22] + bytes([5]) + good[23:], CorruptRecordException),
        (spoil_codec, UnsupportedCodecError),
        (displace, CorruptRecordException),
    ],
    ids=["value", "attributes", "codec", "offset"],
)
async def test_what_comes_before_an_unreadable_batch_is_handed_over_and_it_stays(
    assignment: Assignment, spoilt: Any, error: type[Exception]
) -> None:
    fetch = fetched(batch(0, [USUAL, ODD]) + spoilt(batch(2, [USUAL, USUAL])) + batch(4, [USUAL]), assignment)
    assert [record.offset for record in fetch.getall(500)] == [0, 1]
    assert fetch.failure is not None
    assert (fetch.failure.kind, fetch.failure.first) == (error.__name__, 2)
    assert fetch.getall(500) == []
    assert fetch.has_more(), "aiokafka fetches the partition again when it has no more"
    assert assignment.state_value(PLACE).position == 2


BOMBS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@pytest.mark.parametrize("codec", BOMBS.values(), ids=BOMBS)
@pytest.mark.slow
async def test_a_batch_that_unpacks_beyond_the_bound_is_one_that_cannot_be_read(
    assignment: Assignment, codec: int
) -> None:
    patch_aiokafka()
    builder = PythonBuilder(2, codec, 0, PRODUCER, 0, 0, 1 << 30)
    for turn in range(3):
        builder.append(turn, 1_700_000_000_000, None, bytes(MAX_UNPACKED // 2), [])
    bomb = bytearray(builder.build())
    struct.pack_into(">q", bomb, 0, 2)
    assert len(bomb) < MAX_UNPACKED // 10
    fetch = fetched(batch(0, [USUAL, USUAL]) + bytes(bomb) + batch(5, [USUAL]), assignment)
    assert [record.offset for record in fetch.getall(500)] == [0, 1]
    assert fetch.failure == Failure("TooLarge", 2, 4)


@pytest.mark.parametrize("codec", [0, *BOMBS.values()], ids=["plain", *BOMBS])
async def test_what_is_taken_at_once_is_bounded_in_bytes_and_says_what_was_looked_through(
    assignment: Assignment, codec: int
) -> None:
    """Headers count where a batch is packed; what was left out comes with the next."""
    patch_aiokafka()
    headers = [[("x", bytes(90_000))]] * 4
    data = batch(0, headers, codec) + mark(4) + batch(5, [USUAL] * 2)
    fetch, spans, taken = fetched(data, assignment), [], []
    while fetch.has_more():
        assignment.taking = taking = _Taking(100_000)
        taken.append([record.offset for record in fetch.getall(500)])
        spans.append(taking.spans[PLACE])
    assert [offset for part in taken for offset in part] == [0, 1, 2, 3, 5, 6]
    assert taken == ([[0, 1, 2, 3, 5, 6]] if not codec else [[0, 1], [2, 3], [5, 6]])
    assert spans == ([(0, 7)] if not codec else [(0, 2), (2, 4), (4, 7)]), "each goes on where the last one ended"


async def test_a_span_reaches_over_what_the_broker_shows_to_be_no_record(assignment: Assignment) -> None:
    """Marks of transactions, what was taken back, and what compaction left out before, between and behind."""
    fetch = fetched(batch(4, [USUAL]) + mark(5) + batch(9, [USUAL]), assignment)
    assignment.taking = taking = _Taking(1_000_000)
    assert [record.offset for record in fetch.getall(500)] == [4, 9]
    assert taking.spans == {PLACE: (0, 10)}
