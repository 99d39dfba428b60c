"""The producer of one shard's relay. The only file that publishes.

Its number and its epoch come from the brokers, under a transactional id of the shard: every later publisher of the
shard has the same number and a higher epoch. From the moment at which it has written to a partition, the brokers refuse
there whatever an earlier one still sends. A relay begins with its predecessor's stored batch, so that it has written
wherever that one may still write before it sends anything newer.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.engine.event import Record
from shared.engine.ledger import Outgoing, Place
from shared.engine.outbox import headers_of, key_of
from shared.engine.own_topics import number_in
from shared.engine.refusals import FINAL
from shared.engine.traced import under_spans
from shared.errors import CrmError

Batch = Sequence[tuple[Outgoing, int]]
_BATCH_BYTES = 1024 * 1024
_MOST_RECENT = 10_000
"""How far back from the end of a partition a number is looked for: further than a stored batch can be long."""


class Unsendable(CrmError):
    """The brokers refuse something of this partition for good: `row`, or one of several where that is None."""

    reason = "unsendable"

    def __init__(self, place: Place, row: Outgoing | None, why: str) -> None:
        super().__init__(why)
        self.place, self.row, self.why = place, row, why


class KafkaPublisher:
    """One batch at a time; order is kept per partition."""

    def __init__(self, source: str, shard: int, options: Mapping[str, Any], *, traced: bool = False) -> None:
        self._source = source.encode()
        self._shard = shard
        self._options = options
        self._traced = traced
        self._producer = _producer(source, shard, options)

    async def __aenter__(self) -> Self:
        try:
            await self._producer.start()
        except BaseException:
            await self._close()
            raise
        # The id has given it number and epoch; from here on it is an idempotent producer, which begins no transaction:
        # no markers, no waiting for a commit, and nothing that a subscriber has to set. aiokafka has no public way.
        self._producer._txn_manager.transactional_id = None  # noqa: SLF001
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._close()

    async def _close(self) -> None:
        await _close(self._producer)

    async def publish(self, batch: Batch, acknowledged: list[Batch], singly: Collection[Place] = ()) -> None:
        """Send the whole batch and wait for every acknowledgement; `acknowledged` gets each part as it has one.

        Within a partition nothing is sent before what stands before it is acknowledged. In the places of `singly` each
        row goes alone, which tells the one that is refused from the others. Raises Unsendable and Kafka's errors; this
        publisher can then be used no more.
        """
        parts = _by_partition(under_spans(batch) if self._traced else batch)
        sending = [self._send(place, rows, acknowledged, alone=place in singly) for place, rows in parts.items()]
        for outcome in await asyncio.gather(*sending, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _send(self, place: Place, rows: Batch, acknowledged: list[Batch], *, alone: bool) -> None:
        topic, partition = place
        while rows:
            builder, taken = self._fill(rows[:1] if alone else rows)
            try:
                await (await self._producer.send_batch(builder, topic, partition=partition))
            except tuple(FINAL) as error:
                why = f"{type(error).__name__}: {FINAL[type(error)]}"
                raise Unsendable(place, rows[0][0] if taken == 1 else None, why) from error
            acknowledged.append(rows[:taken])
            rows = rows[taken:]

    def _fill(self, rows: Batch) -> tuple[BatchBuilder, int]:
        """As many of the rows as one batch of Kafka takes, at least one."""
        builder = self._producer.create_batch()
        source = self._source
        for taken, (row, sequence) in enumerate(rows):
            headers = headers_of(row, source, sequence)
            if builder.append(timestamp=None, key=key_of(row), value=row.payload, headers=headers) is None:
                return builder, taken
        return builder, len(rows)

    async def end_predecessors(self, place: Place) -> None:
        """As the function of this name, for a partition of this shard. This publisher can then be used no more."""
        await end_predecessors(self._source.decode(), self._shard, [place], self._options)

    async def last_number(self, place: Place) -> int:
        """The highest `ce_sequence` near the end of a partition; 0 where there is none."""
        at, highest = TopicPartition(*place), 0
        consumer = AIOKafkaConsumer(enable_auto_commit=False, auto_offset_reset="earliest", **self._options)
        try:
            await consumer.start()
            consumer.assign([at])
            end, begin = (await consumer.end_offsets([at]))[at], (await consumer.beginning_offsets([at]))[at]
            consumer.seek(at, max(begin, end - _MOST_RECENT))
            while await consumer.position(at) < end:
                for record in (await consumer.getmany(timeout_ms=1_000)).get(at, ()):
                    highest = max(highest, number_in(record.headers))
            return highest
        finally:
            await consumer.stop()


async def end_predecessors(source: str, shard: int, places: Collection[Place], options: Mapping[str, Any]) -> None:
    """From here on the brokers refuse in these partitions whatever a publisher that the shard has had still sends.

    An aborted transaction without a record says it to them: its mark carries a higher epoch, and takes one offset.
    Raises Kafka's errors.
    """
    producer = _producer(source, shard, options)
    try:
        await producer.start()
        await producer.begin_transaction()
        for place in places:
            # aiokafka has no public way to have a partition in a transaction without sending it a record.
            producer._txn_manager.maybe_add_partition_to_txn(TopicPartition(*place))  # noqa: SLF001
        await producer.abort_transaction()
    finally:
        await _close(producer)
    # The coordinator answers before the marks are written, and gives out the next epoch only after that.
    last = _producer(source, shard, options)
    try:
        await last.start()
    finally:
        await _close(last)


async def send_again(records: Sequence[Record], options: Mapping[str, Any]) -> None:
    """Write records once more as they stand on their topic, in this order. Raises Kafka's errors.

    For who holds every shard of their service and has ended the publishers that these have had.
    """
    async with AIOKafkaProducer(acks="all", enable_idempotence=True, **options) as producer:
        for each in records:
            # A header may be null: aiokafka's types do not say so.
            headers: Any = list(each.headers)
            await producer.send_and_wait(each.topic, each.value, each.key, each.partition, headers=headers)


def _producer(source: str, shard: int, options: Mapping[str, Any]) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        acks="all",
        transactional_id=transactional_id(source, shard),
        max_batch_size=_BATCH_BYTES,
        max_request_size=2 * 1024 * 1024,
        **options,
    )


async def _close(producer: AIOKafkaProducer) -> None:
    """End without a flush: what is buffered belongs to the stored batch, which somebody else may be sending now.

    aiokafka has no public way: its `stop` flushes, and waits for ever where a broker is gone.
    """
    producer._closed = True  # noqa: SLF001  see above
    try:
        # It ends by a cancellation of its own, which must not be taken for one of ours, nor ours for one of its own.
        await asyncio.gather(producer._sender.close(), return_exceptions=True)  # noqa: SLF001
    finally:
        await producer.client.close()


def transactional_id(source: str, shard: int) -> str:
    """What the brokers know the publishers of a shard by; a service needs the right to use those of its own name."""
    return f"rapport.{source.strip('/')}.relay.{shard}"


def _by_partition(batch: Batch) -> dict[Place, list[tuple[Outgoing, int]]]:
    rows: dict[Place, list[tuple[Outgoing, int]]] = {}
    for row, sequence in batch:
        rows.setdefault((row.topic, row.partition), []).append((row, sequence))
    return rows
