"""Where records come in: the only file that knows FastStream.

The policy is MANUAL and nothing is ever acknowledged through it: offsets are hints that the engine commits, the fence
in the database decides, and every assignment seeks to it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.middlewares import AckPolicy
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.engine.applier import Applied, Applier
from shared.engine.event import Record
from shared.engine.fetched import failures, mend
from shared.engine.kafka import ssl_context
from shared.engine.ledger import Place
from shared.engine.positions import check_positions
from shared.engine.postgres import DATABASE_ERRORS
from shared.engine.reading import FenceStore, Reading, cut
from shared.events.topics import OWNERS
from shared.settings import KafkaSettings
from shared.telemetry import metrics

log = structlog.get_logger()
_POLL_MS = 500


async def _parse(records: tuple[Record, ...]) -> KafkaMessage:
    """Hand the records on untouched: FastStream's own parser fails on headers beyond UTF-8 and loses the batch."""
    return KafkaMessage(
        body=records, raw_message=records, headers={}, content_type=None, reply_to="", consumer=FAKE_CONSUMER
    )


async def _decode(message: KafkaMessage) -> object:
    return message.body


def connect(kafka: KafkaSettings) -> KafkaBroker:
    """A broker that only consumes; publishing is the relay's."""
    mend()
    return KafkaBroker(
        kafka.bootstrap,
        security=_security(kafka),
        apply_types=False,
        consumer_only=True,
        allow_auto_create_topics=False,
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


@dataclass(slots=True)
class Reader(ConsumerRebalanceListener):  # type: ignore[misc]
    """One subscription of one instance: reads, applies, and keeps Kafka's position and the fences together."""

    applier: Applier
    fences: FenceStore
    reading: Reading
    is_infrastructure: Callable[[Exception], bool]
    applied: Callable[[Applied], None]
    stream: bool
    session_timeout_ms: int
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    paused: dict[Place, str] = field(default_factory=dict)
    trouble: str | None = None
    progressed_at: float = field(default_factory=time.monotonic)
    assigned_once: bool = False
    _in_hand: bool = False
    _tripped: dict[Place, float] = field(default_factory=dict)
    _done: dict[Place, int] = field(default_factory=dict)
    _committed: dict[Place, int] = field(default_factory=dict)
    _subscriber: Any = None

    @property
    def group(self) -> str:
        return self.applier.subscription.group

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """Aiokafka's consumer, while there is one."""
        return self._subscriber.consumer if self._subscriber is not None else None

    def attach(self, broker: KafkaBroker) -> None:
        """Subscribe; reading begins when the broker starts."""
        self._subscriber = broker.subscriber(
            *sorted(self.applier.subscription.topics),
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
        self._subscriber(self.read)

    async def _next(self, consumer: AIOKafkaConsumer) -> tuple[Record, ...]:
        """The next records, or none after a while. FastStream's own would sleep then, whatever comes meanwhile."""
        fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=self.reading.records)
        self._in_hand = bool(fetched)
        return tuple(chain.from_iterable(fetched.values()))

    async def read(self, records: tuple[Record, ...]) -> None:
        """Apply a batch, or put Kafka's position back to where it was. Never raises: FastStream would go on past it."""
        due = time.monotonic() + self.reading.pace if len(records) < self.reading.small else 0.0
        held = self._hold() if due else []
        async with self.busy:
            for part in cut(records, self.reading.bytes):
                if not await self._apply(part):
                    self._rewind(records)
                    break
            self._in_hand = False
        if held:
            await asyncio.sleep(due - time.monotonic())
            self._let_go(held)

    def _hold(self) -> list[TopicPartition]:
        """Fetch nothing for now. aiokafka would fetch at once, get one record, and then nothing until that is handled.

        Called before anything is awaited that lets its fetcher run.
        """
        if self.consumer is None:
            return []
        held = [tp for tp in self.consumer.assignment() if (tp.topic, tp.partition) not in self.paused]
        self.consumer.pause(*held)
        return held

    def _let_go(self, held: Sequence[TopicPartition]) -> None:
        if self.consumer is not None:
            still_ours = self.consumer.assignment()
            self.consumer.resume(
                *(tp for tp in held if tp in still_ours and (tp.topic, tp.partition) not in self.paused)
            )

    async def _apply(self, records: Sequence[Record]) -> bool:
        """Apply with back-off; False when it is time to let others have a turn."""
        pause, until = 0.05, time.monotonic() + self.reading.backoff_max
        while True:
            begun = time.perf_counter()
            try:
                applied = await self.applier.apply(records)
            except Exception as error:
                self.trouble = type(error).__name__
                unexpected = not self.is_infrastructure(error)
                metrics.BATCH_RETRIES.labels(self.group, records[0].topic).inc()
                log.warning("batch_retried", group=self.group, error=self.trouble, exc_info=unexpected)
                if time.monotonic() + pause > until:
                    return False
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
            else:
                self.trouble = None
                self._settled(records, applied, time.perf_counter() - begun)
                return True

    def _settled(self, records: Sequence[Record], applied: Applied, seconds: float) -> None:
        self.progressed_at = time.monotonic()
        for record in records:
            self._done[record.topic, record.partition] = record.offset + 1
        for place, reason in applied.paused.items():
            self._pause(place, reason)
        for place in applied.tripped:
            self._pause(place, "breaker: too many keys failed unexpectedly")
            self._tripped[place] = time.monotonic() + self.reading.probe_after
        topic = records[0].topic
        metrics.BATCH_SIZE.labels(self.group, topic).observe(len(records))
        metrics.BATCH_SECONDS.labels(self.group, topic).observe(seconds)
        for (name, outcome), number in applied.counts.items():
            metrics.RECORDS.labels(self.group, name, outcome).inc(number)
        self.applied(applied)

    def _pause(self, place: Place, reason: str) -> None:
        if place not in self.paused:
            log.error("partition_paused", group=self.group, topic=place[0], partition=place[1], reason=reason)
        self.paused[place] = reason
        self._done.pop(place, None)
        with contextlib.suppress(IllegalStateError):
            if self.consumer is not None:
                self.consumer.pause(TopicPartition(*place))

    def _rewind(self, records: Sequence[Record]) -> None:
        """Read these records again. The fence leaves out what stands."""
        first: dict[Place, int] = {}
        for record in records:
            first.setdefault((record.topic, record.partition), record.offset)
        for place, offset in first.items():
            with contextlib.suppress(IllegalStateError):
                if self.consumer is not None:
                    self.consumer.seek(TopicPartition(*place), offset)

    # --- rebalance

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Wait for the batch in flight, so that the next member does not begin it beside us."""
        del revoked  # the eager protocol takes every partition
        async with self.busy:
            await self.commit_offsets()
            self._done.clear()
            self.paused.clear()
            self._tripped.clear()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Seek to the fences, whatever Kafka remembers."""
        metrics.REBALANCES.labels(self.group).inc()
        self.assigned_once = True
        self.progressed_at = time.monotonic()
        pause, until = 0.1, time.monotonic() + 60
        async with self.busy:
            while True:
                try:
                    await self._seek_to_fences(sorted(assigned))
                except (*DATABASE_ERRORS, KafkaError) as error:
                    log.warning("seek_retried", group=self.group, error=type(error).__name__)
                    if time.monotonic() + pause > until:
                        return  # Kafka's own offset is never beyond the fence, which leaves out what stands
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 5)
                else:
                    return

    async def _seek_to_fences(self, places: Sequence[TopicPartition]) -> None:
        consumer = self.consumer
        if consumer is None or not places:
            return
        fences = await self.fences.ensure([(place.topic, place.partition) for place in places])
        beginnings = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        for tp in places:
            place = (tp.topic, tp.partition)
            start, alarm = check_positions(place, fences[place], beginnings[tp], ends[tp])
            if alarm is not None:
                await self.fences.stop(place, alarm)
            with contextlib.suppress(IllegalStateError):
                consumer.seek(tp, start)
                self._done[place] = start
            if alarm is not None or fences[place].stopped:
                self._pause(place, alarm or fences[place].stopped or "")

    # --- housekeeping, once a second

    async def keep_house(self) -> None:
        """Resume what may go on, advance idle partitions on the wall clock. Raises infrastructure errors."""
        async with self.busy:
            if self.consumer is None:
                return
            self._stop_at_unreadable()
            await self._resume()
            passed_over = await self._pass_over()
            if self.stream:
                return
            idle = {
                (tp.topic, tp.partition): caught_up
                for tp in self.consumer.assignment()
                if (tp.topic in OWNERS or tp in passed_over) and (caught_up := await self._caught_up(tp)) is not None
            }
            if idle:
                await self.fences.advance(idle)

    def _stop_at_unreadable(self) -> None:
        """Pause where a whole batch cannot be read, and try it again later: another broker, or a codec, may mend it."""
        for tp, failure in failures(self.consumer).items():
            place = (tp.topic, tp.partition)
            if place not in self.paused:
                self._pause(place, f"a batch cannot be read: {type(failure).__name__}")
                self._tripped[place] = time.monotonic() + self.reading.probe_after

    async def _pass_over(self) -> set[TopicPartition]:
        """Where nothing is in hand, what lies before the position is no record: the mark of a transaction, mostly."""
        assert self.consumer is not None
        moved = set()
        for tp in self.consumer.assignment():
            place, end = (tp.topic, tp.partition), self.consumer.last_stable_offset(tp)
            if end is None or self._done.get(place, end) >= end:
                continue
            position = await self.consumer.position(tp)
            if not self._in_hand and position > self._done[place]:
                self._done[place] = position
                moved.add(tp)
        return moved

    async def _caught_up(self, tp: TopicPartition) -> tuple[int, datetime] | None:
        """The position and the time at which it was the end of the log; None where something waits.

        A batch that was fetched but not applied yet shows as a position beyond what is done.
        """
        assert self.consumer is not None
        end, polled = self.consumer.last_stable_offset(tp), self.consumer.last_poll_timestamp(tp)
        done = self._done.get((tp.topic, tp.partition))
        if end is None or not polled or done is None or done < end or await self.consumer.position(tp) != done:
            return None
        return done, datetime.fromtimestamp(polled / 1000, UTC)

    async def _resume(self) -> None:
        now = time.monotonic()
        due = [place for place in self.paused if self._tripped.get(place, now) <= now]
        if not due:
            return
        fences = await self.fences.ensure(due)
        for place in due:
            if fences[place].stopped:
                continue
            if self._tripped.pop(place, None):
                self.applier.breaker.probe(place)
            del self.paused[place]
            log.info("partition_resumed", group=self.group, topic=place[0], partition=place[1])
            with contextlib.suppress(IllegalStateError):
                if self.consumer is not None:
                    self.consumer.seek(TopicPartition(*place), fences[place].next_offset)
                    self.consumer.resume(TopicPartition(*place))

    async def commit_offsets(self) -> None:
        """Tell Kafka how far we are, for its own tools; losing this changes nothing."""
        news = {place: offset for place, offset in self._done.items() if self._committed.get(place) != offset}
        if not news or self.consumer is None:
            return
        with contextlib.suppress(KafkaError, IllegalStateError):
            await self.consumer.commit({TopicPartition(*place): offset for place, offset in news.items()})
            self._committed.update(news)

    def lag(self) -> dict[Place, int]:
        """Records not yet read, by place, as of the last fetch."""
        if self.consumer is None:
            return {}
        lags = {}
        for tp in self.consumer.assignment():
            end = self.consumer.last_stable_offset(tp)
            done = self._done.get((tp.topic, tp.partition))
            lags[tp.topic, tp.partition] = max((end or 0) - done, 0) if done is not None else 0
        return lags

    def polled_at(self) -> float | None:
        """When the broker last answered a fetch, in seconds since the epoch; None with nothing assigned."""
        if self.consumer is None or not self.consumer.assignment():
            return None
        return max(self.consumer.last_poll_timestamp(tp) or 0 for tp in self.consumer.assignment()) / 1000
