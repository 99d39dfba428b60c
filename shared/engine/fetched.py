"""What aiokafka makes of a fetch, mended where one bad record would stop its partition and lose records of others.

Kafka takes any bytes for the name of a header, and brokers keep batches in codecs that we may lack. aiokafka 0.14
decodes names as strict UTF-8, and raises whatever is wrong with a batch out of `getmany`: what that call had gathered
before it, from any partition, is thrown away although the positions have moved on.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

# of a batch: its first offset, the bytes that follow this field, and how far its last offset is from the first
_OFFSET, _LENGTH, _LAST = struct.Struct(">q"), struct.Struct(">8xi"), struct.Struct(">23xi")
_consumer_record = fetcher.PartitionRecords._consumer_record  # noqa: SLF001 - super() takes longer, for each record


def mend() -> None:
    """Consumers of this process read by the classes below from now on; whoever uses them asks for `failures`."""
    fetcher.MemoryRecords, fetcher.PartitionRecords, fetcher.FetchResult = Batches, Records, Fetched


def failures(consumer: AIOKafkaConsumer) -> dict[TopicPartition, Exception]:
    """The partitions that stand before a batch that cannot be read; a seek makes them try it again."""
    if consumer._fetcher is None:  # noqa: SLF001 - nothing public shows one partition's error
        return {}
    held = consumer._fetcher._records.items()  # noqa: SLF001 - as above
    return {tp: found.failure for tp, found in held if isinstance(found, Fetched) and found.failure}


class Fetched(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka has no types, here and below
    """One partition's fetch. A batch that cannot be read holds up its own partition, and nothing before it is lost."""

    failure: Exception | None = None
    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """Up to so many records; none once there is a `failure`."""
        found: list[Any] = []
        if self.failure is not None or not self.check_assignment(self._topic_partition) or not self.has_more():
            return found
        try:
            for record in islice(self._partition_records, max_records):
                found.append(record)  # noqa: PERF402 - what came before an exception counts
        except Exception as error:  # noqa: BLE001 - of Kafka, a codec or a struct: the reader stops and tells it
            self.failure = error
        self._update_position()
        if self.failure is None and (max_records is None or len(found) < max_records):
            self._partition_records = None
        return found


class Records(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of one partition's fetch. Bytes of a header's name that are no UTF-8 are kept by `surrogateescape`.

    A batch with such a name is read once more, in Python and some ten times slower; others cost what they did.
    """

    _records: Any

    def _unpack_records(self) -> Iterator[Any]:
        fetched = self._records.fetched
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
            self._records = SimpleNamespace(has_next=left.__len__, next_batch=left.pop, end=left[0].next_offset)
            yield from super()._unpack_records()  # which passes over what was yielded already, by its offset
            self._records = Batches(fetched[end:])

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Any:
        """Brokers take a record that counts itself beyond its batch; a fence behind it would leave out what follows."""
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
        self.end = batch.next_offset
        return batch


def _find(fetched: bytes, offset: int) -> tuple[int, int]:
    """Begin and end of the batch that holds the offset, or of the first one behind it."""
    begin = 0
    while True:
        end = begin + _LENGTH.size + _LENGTH.unpack_from(fetched, begin)[0]
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
