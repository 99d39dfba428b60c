"""What aiokafka makes of a fetch, mended where one bad record would stop its partition and lose records of others.

Kafka takes any bytes for the name of a header, and brokers keep batches in codecs that we may lack. aiokafka 0.14
decodes names as strict UTF-8, unpacks whatever a batch holds, and raises what is wrong with one out of `getmany`: what
that call had gathered before it, from any partition, is thrown away although the positions have moved on.

A position alone proves nothing for that reason. What does is a span: from where a fetch was asked to begin to behind
the last batch that was looked through, all of whose records were handed over. What such a batch does not hold, and what
lies before the first one, the broker itself shows to be no record: marks of transactions, what was taken back, what
compaction removed.
"""

import contextlib
import importlib
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from types import SimpleNamespace
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

from shared.engine.reading import Failure
from shared.engine.unpack import gunzip, unlz4, unsnap, unzstd

# of a batch: its first offset, the bytes that follow this field, and how far its last offset is from the first
_OFFSET, _LENGTH, _LAST = struct.Struct(">q"), struct.Struct(">8xi"), struct.Struct(">23xi")
_consumer_record = fetcher.PartitionRecords._consumer_record  # noqa: SLF001 - super() takes longer, for each record


def patch_aiokafka() -> None:
    """From now on the consumers of this process use the classes and codecs below; read them by `take`."""
    fetcher.MemoryRecords, fetcher.PartitionRecords, fetcher.FetchResult = Batches, Records, Fetched
    codecs = {"gzip_decode": gunzip, "snappy_decode": unsnap, "lz4_decode": unlz4, "zstd_decode": unzstd}
    for folder in ("aiokafka.record._crecords", "aiokafka.record"):
        for name in ("default_records", "legacy_records"):
            module = importlib.import_module(f"{folder}.{name}")
            for codec in codecs.keys() & vars(module).keys():
                setattr(module, codec, codecs[codec])


@dataclass(slots=True)
class _Taking:
    """One call of `take`: the spans that it took, and how many bytes it may still take."""

    left: int
    spans: dict[TopicPartition, tuple[int, int]] = field(default_factory=dict)


async def take(
    consumer: AIOKafkaConsumer, wait_ms: int, records: int, size: int
) -> tuple[dict[TopicPartition, list[Any]], dict[TopicPartition, tuple[int, int]]]:
    """What arrives within `wait_ms`: at most `records`, and at most `size` bytes but for the last record. Beside it the
    spans of the log that were looked through.
    """
    taking, subscription = _Taking(size), consumer._subscription.subscription  # noqa: SLF001 - nothing public
    if subscription is not None and subscription.assignment is not None:
        subscription.assignment.taking = taking
    found = await consumer.getmany(timeout_ms=wait_ms, max_records=records)
    # What came from an assignment of the meantime has no span: it is left out, and comes again.
    return {tp: each for tp, each in found.items() if tp in taking.spans}, taking.spans


def failures(consumer: AIOKafkaConsumer) -> dict[TopicPartition, Failure]:
    """The partitions that stand before a batch that cannot be read; a seek makes them try it again."""
    if consumer._fetcher is None:  # noqa: SLF001 - nothing public shows one partition's error
        return {}
    held = consumer._fetcher._records.items()  # noqa: SLF001 - as above
    return {tp: found.failure for tp, found in held if isinstance(found, Fetched) and found.failure}


def state(consumer: AIOKafkaConsumer, tp: TopicPartition) -> Any:
    """The client's state of an assigned partition (`paused`, `position`, `lso`, `timestamp`), else None."""
    subscription = consumer._subscription.subscription  # noqa: SLF001 - asked for each partition, and without awaiting
    assignment = subscription.assignment if subscription is not None else None
    return assignment.state_value(tp) if assignment is not None else None


def dead(consumer: AIOKafkaConsumer) -> str | None:
    """Which of the consumer's tasks ended although nobody stopped it; None where all run."""
    if consumer._closed:  # noqa: SLF001 - as above
        return "whole"
    coordination, fetching = getattr(consumer._coordinator, "_coordination_task", None), consumer._fetcher  # noqa: SLF001
    if coordination is not None and coordination.done():
        return "coordinator"
    return "fetcher" if fetching is not None and fetching.error_future.done() else None


class Fetched(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka has no types, here and below
    """One partition's fetch. A batch that cannot be read holds up its own partition, and nothing before it is lost."""

    failure: Failure | None = None
    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """At most so many records; none once there is a `failure`."""
        found: list[Any] = []
        taking: _Taking = getattr(self._assignment, "taking", None) or _Taking(sys.maxsize)
        if taking.left <= 0 or self.failure is not None:
            return found
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return found
        records, begin = self._partition_records, self._partition_records.next_fetch_offset
        try:
            for record in islice(records, max_records):
                found.append(record)
                taking.left -= record.serialized_value_size
                if records._records.packed:  # noqa: SLF001 - names and values of headers too may unpack to anything
                    taking.left -= sum(len(value or b"") + len(name) for name, value in record.headers)
                if taking.left <= 0:
                    break
        except Exception as error:  # noqa: BLE001 - of Kafka, a codec or a struct: the reader stops and tells it
            self.failure = records.failure(error)
        self._update_position()
        taking.spans[self._topic_partition] = begin, records.next_fetch_offset
        if self.failure is None and taking.left > 0 and (max_records is None or len(found) < max_records):
            self._partition_records = None
        return found


class Records(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of one partition's fetch. Bytes of a header's name that are no UTF-8 are kept by `surrogateescape`.

    A batch with such a name is read once more, in Python and some ten times slower; others cost what they did.
    """

    _records: Any
    fetched = b""

    def failure(self, error: Exception) -> Failure:
        """What is wrong with the batch that is read next, and which offsets it has from there on."""
        first = last = self.next_fetch_offset
        with contextlib.suppress(struct.error, CorruptRecordException):
            begin, _ = _find(self.fetched, first)
            last = _OFFSET.unpack_from(self.fetched, begin)[0] + _LAST.unpack_from(self.fetched, begin)[0]
        return Failure(type(error).__name__, first, max(first, last))

    def _unpack_records(self) -> Iterator[Any]:
        fetched = self.fetched = self._records.fetched
        while True:
            try:
                yield from super()._unpack_records()
            except (UnicodeDecodeError, CorruptRecordException) as error:
                if not isinstance(error.__cause__ or error, UnicodeDecodeError):  # wrapped without its C extension
                    raise
            else:
                return
            begin, end = _find(fetched, self.next_fetch_offset)
            left = [_AnyNames(memoryview(fetched)[begin:end])]
            self._records = SimpleNamespace(
                has_next=left.__len__, next_batch=left.pop, end=left[0].next_offset, packed=self._records.packed
            )
            yield from super()._unpack_records()  # which passes over what was yielded already, by its offset
            self._records = Batches(fetched[end:])

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Any:
        # Brokers accept a record that lies outside its batch by its own count; a fence behind it would skip records.
        if record.offset >= self._records.end:
            raise CorruptRecordException(f"A record of {tp} lies outside of its batch")
        return _consumer_record(self, tp, record)


class Batches:
    """aiokafka's MemoryRecords, with the bytes that it is about and the offset behind the batch taken last."""

    def __init__(self, fetched: bytes) -> None:
        self._batches = MemoryRecords(fetched)
        self.fetched = fetched
        self.size_in_bytes, self.has_next = self._batches.size_in_bytes, self._batches.has_next

    def next_batch(self) -> Any:
        batch = self._batches.next_batch()
        self.end, self.packed = batch.next_offset, bool(getattr(batch, "compression_type", 1))
        return batch


def _find(fetched: bytes, offset: int) -> tuple[int, int]:
    """Where the batch with this offset begins and ends, or the first one behind it."""
    begin = 0
    while True:
        end = begin + _LENGTH.size + _LENGTH.unpack_from(fetched, begin)[0]
        if end <= begin:
            raise CorruptRecordException(f"A batch of {end - begin} bytes")
        if _OFFSET.unpack_from(fetched, begin)[0] + _LAST.unpack_from(fetched, begin)[0] >= offset:
            return begin, end
        begin = end


class _AnyNames(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Bytes(self._buffer)


class _Bytes(bytearray):
    """Slices of it decode whatever they hold."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Bytes(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        del errors
        return super().decode(encoding, "surrogateescape")
