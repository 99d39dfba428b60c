"""Where records come in: the only file that knows FastStream.

The policy is MANUAL and nothing is ever acknowledged through it: offsets are hints that the engine commits, the fence
in the database decides, and every assignment seeks to it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.middlewares import AckPolicy
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.engine import fetched
from shared.engine.closing import patch_stop
from shared.engine.event import Record
from shared.engine.kafka import client_id, ssl_context
from shared.engine.ledger import Place
from shared.engine.reading import Failure, Reading, Taken
from shared.settings import KafkaSettings

Broker = KafkaBroker
_POLL_MS = 500
_METADATA_MS = 10_000


async def _parse(records: tuple[Record, ...]) -> KafkaMessage:
    # FastStream's own parser fails on headers beyond UTF-8 and loses the batch.
    return KafkaMessage(
        body=records, raw_message=records, headers={}, content_type=None, reply_to="", consumer=FAKE_CONSUMER
    )


async def _decode(message: KafkaMessage) -> object:
    return message.body


def connect(kafka: KafkaSettings, service: str) -> KafkaBroker:
    """A broker that only consumes; the relay publishes."""
    fetched.patch_aiokafka()
    patch_stop()
    return KafkaBroker(
        kafka.bootstrap,
        client_id=client_id(service, "reader"),
        security=_security(kafka),
        apply_types=False,
        consumer_only=True,
        allow_auto_create_topics=False,
        metadata_max_age_ms=_METADATA_MS,  # new partitions and topics that were made again are seen that soon
        graceful_timeout=10.0,
        logger=logging.getLogger("faststream"),
        log_level=logging.DEBUG,
    )


def _security(kafka: KafkaSettings) -> BaseSecurity | None:
    if kafka.security_protocol == "PLAINTEXT":
        return None
    context = ssl_context(kafka)
    if not kafka.security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context)
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    password = kafka.password.get_secret_value() if kafka.password else ""
    kind = kinds[kafka.sasl_mechanism]
    return kind(kafka.username or "", password, ssl_context=context, use_ssl=context is not None)


class Reads(Protocol):
    """Who reads by a source."""

    async def take(self) -> tuple[Record, ...]: ...
    async def read(self, records: tuple[Record, ...]) -> None: ...
    async def assign(self) -> None: ...
    async def revoke(self) -> None: ...


@dataclass(slots=True)
class KafkaSource(ConsumerRebalanceListener):  # type: ignore[misc]
    """See `reading.Source`. FastStream starts and stops the consumer and calls in turn what takes and what reads.

    Nothing depends on what it does between the two: it catches every exception and goes on.
    """

    group: str
    topics: Collection[str]
    reading: Reading
    session_timeout_ms: int
    _reader: Reads | None = None
    _subscriber: Any = None
    _started: bool = False
    _places: dict[TopicPartition, Place] = field(default_factory=dict)

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        return self._subscriber.consumer if self._subscriber is not None else None

    def attach(self, broker: KafkaBroker, reader: Reads) -> None:
        self._reader = reader
        self._subscriber = broker.subscriber(
            *sorted(self.topics),
            batch=True,
            max_records=self.reading.records,
            batch_timeout_ms=_POLL_MS,
            group_id=self.group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            session_timeout_ms=self.session_timeout_ms,
            heartbeat_interval_ms=self.session_timeout_ms // 4,
            rebalance_timeout_ms=60_000,
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=500,
            isolation_level="read_committed",  # what a sender took back was never said
            max_partition_fetch_bytes=2 * 1024 * 1024,
            listener=self,
            no_reply=True,
            parser=_parse,
            decoder=_decode,
        )
        self._subscriber.get_msg = self._next
        self._subscriber(reader.read)

    async def _next(self, consumer: AIOKafkaConsumer) -> tuple[Record, ...]:
        # FastStream's own method sleeps after an empty poll, whatever arrives meanwhile.
        if self._reader is None or consumer is not self.consumer:
            raise ConsumerStoppedError
        self._started = True
        return await self._reader.take()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        del revoked  # the eager protocol takes every partition
        if self._reader is not None:
            await self._reader.revoke()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._places = {tp: (tp.topic, tp.partition) for tp in assigned}
        if self._reader is not None:
            await self._reader.assign()

    def assigned(self) -> Collection[Place]:
        consumer = self.consumer
        return [] if consumer is None else [(tp.topic, tp.partition) for tp in consumer.assignment()]

    async def take(self, records: int, size: int) -> Taken:
        consumer = self.consumer
        if consumer is None:
            raise ConsumerStoppedError
        found, spans = await fetched.take(consumer, _POLL_MS, records, size)
        return Taken(
            tuple(chain.from_iterable(found.values())), {(tp.topic, tp.partition): span for tp, span in spans.items()}
        )

    def seek(self, place: Place, offset: int) -> None:
        with contextlib.suppress(IllegalStateError):
            if self.consumer is not None:
                self.consumer.seek(TopicPartition(*place), offset)

    def fetch_only(self, places: Collection[Place]) -> None:
        consumer = self.consumer
        if consumer is None:
            return
        for tp in consumer.assignment():
            state = fetched.state(consumer, tp)
            if state is not None and state.paused == ((tp.topic, tp.partition) in places):
                if state.paused:
                    consumer.resume(tp)
                else:
                    consumer.pause(tp)

    def position(self, place: Place) -> int | None:
        state = self._state(place)
        return state.position if state is not None and state.has_valid_position else None

    def end(self, place: Place) -> int | None:
        state = self._state(place)
        return None if state is None else state.lso

    def polled(self, place: Place) -> float | None:
        state = self._state(place)
        return None if state is None or state.timestamp is None else state.timestamp / 1000

    def _state(self, place: Place) -> Any:
        return None if self.consumer is None else fetched.state(self.consumer, TopicPartition(*place))

    def failures(self) -> Mapping[Place, Failure]:
        if self.consumer is None:
            return {}
        return {(tp.topic, tp.partition): failure for tp, failure in fetched.failures(self.consumer).items()}

    async def bounds(self, places: Collection[Place]) -> dict[Place, tuple[int, int]]:
        consumer = self.consumer
        if consumer is None:
            raise ConsumerStoppedError
        tps = [TopicPartition(*place) for place in places]
        beginnings, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        return {(tp.topic, tp.partition): (beginnings[tp], ends[tp]) for tp in tps}

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        if self.consumer is not None:
            await self.consumer.commit({TopicPartition(*place): offset for place, offset in offsets.items()})

    def missing(self) -> Collection[str]:
        consumer = self.consumer
        return [] if consumer is None else sorted(t for t in self.topics if not consumer.partitions_for_topic(t))

    def dead(self) -> str | None:
        if not self._started:
            return None
        consumer = self.consumer
        if consumer is None:
            return "the client is not connected"
        if (part := fetched.dead(consumer)) is not None:
            return f"the {part} of Kafka's client ended"
        return "its loop ended" if all(task.done() for task in self._subscriber.tasks) else None

    async def restart(self) -> None:
        stop: Callable[[], Awaitable[None]] = self._subscriber.stop
        try:
            await stop()
        finally:
            # Where the client could not be closed, it is left behind: another one joins the group.
            self._subscriber.consumer = None
        async with asyncio.timeout(60):
            await self._subscriber.start()
