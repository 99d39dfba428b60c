"""A service in operation: database, readers, relay, timers, clock and workers, started together and kept running."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import asyncpg
import structlog

from shared import clock
from shared.engine import health
from shared.engine.applier import Applied, Applier
from shared.engine.database import Database
from shared.engine.kafka import client_options
from shared.engine.ledger import Outgoing, Place
from shared.engine.postgres import SQL, PostgresLedger, PostgresTransaction, is_infrastructure
from shared.engine.postgres_relay import hold_shard
from shared.engine.reading import FenceStore, Reading
from shared.engine.recovery import Ahead, ahead_of, last_sequences
from shared.engine.relay import KafkaPublisher, Relay
from shared.engine.subscriber import Reader, connect
from shared.engine.subscription import Subscription
from shared.engine.ticks import pass_ticks
from shared.engine.timers import clocked_topics, due_partitions, fire_due
from shared.engine.traced import Consumed, sent
from shared.errors import ConfigurationError
from shared.events.ingest import INGEST
from shared.events.topics import CLOCKED, OWNERS
from shared.http.readiness import Check
from shared.settings import ServiceSettings
from shared.telemetry import metrics
from shared.telemetry.tracing import spans_of

log = structlog.get_logger()
Worker = Callable[["Service"], Awaitable[None]]
INBOX_KEPT, QUARANTINE_KEPT = timedelta(days=30), timedelta(days=30)
_NOTIFY = "rapport_outbox"


class Service:
    """One instance of a service. `start` returns at once; `ready` says when it works, and why it does not."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        subscriptions: Sequence[Subscription],
        workers: Sequence[Worker] = (),
        context: object = None,
    ) -> None:
        """`context` is handed to every transaction, for handlers; raises ValueError where a listed topic has none."""
        for subscription in subscriptions:
            subscription.require_handlers()
        self.name = name
        self.settings = settings
        self.context = context
        self.subscriptions = list(subscriptions)
        self.database = Database(settings.database, name)
        self.stream = settings.clock == "stream"
        self.readers: list[Reader] = []
        self.relays: list[Relay] = []
        self.obstacle: str | None = "starting"
        self.outbox_age = 0.0
        self.seen_database_at = 0.0
        self._spans = spans_of(name, settings.tracing)
        self._workers = list(workers)
        self._tasks: list[asyncio.Task[None]] = []
        self._ticked = asyncio.Event()
        self._timers_woken = asyncio.Event()
        self._stream_now: datetime | None = None
        self._broker = connect(settings.kafka)

    # --- what handlers, endpoints and workers use

    def now(self) -> datetime:
        """Domain time: the wall clock, or on the stream's clock what every partition has passed."""
        return (self._stream_now if self.stream else None) or clock.now()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """One transaction with its outbox, for HTTP writes and workers."""
        async with self._ledger(self.database.main).transaction() as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresTransaction]:
        """A pooled connection for reading: every statement sees what is committed when it begins."""
        async with self.database.main.acquire() as connection:
            yield PostgresTransaction(connection, None, self.now(), self.context)

    async def watermark(self, subscription: Subscription) -> datetime | None:
        """Up to when everything has been handled on every partition; None as long as one has not begun."""
        lows = await self.watermarks(subscription)
        return min(lows.values()) if len(lows) == len(await self._partitions(subscription)) and lows else None

    async def watermarks(self, subscription: Subscription) -> dict[int, datetime]:
        """The lowest watermark of each partition over the topics that carry the clock."""
        topics = clocked_topics(subscription, sorted(CLOCKED))
        rows = await self.database.main.fetch(SQL["read_watermarks"], subscription.group, topics)
        return {row["partition"]: row["watermark"] for row in rows}

    def _ledger(self, pool: asyncpg.Pool) -> PostgresLedger:
        return PostgresLedger(pool, self.now, self._emitted, self.context)

    async def _partitions(self, subscription: Subscription) -> set[int]:
        rows = await self.database.main.fetch(SQL["read_fences"], subscription.group)
        return {row["partition"] for row in rows}

    # --- life

    async def start(self) -> None:
        """Begin; what is not there yet is waited for."""
        self._spawn("boot", self._boot)

    async def stop(self) -> None:
        """Finish the batch in flight, then let go of Kafka and the database."""
        with contextlib.suppress(Exception):
            await self._broker.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self.database.close()

    async def ready(self) -> list[Check]:
        """See `health.py`."""
        return health.checks(self)

    async def _boot(self) -> None:
        pause = 0.1
        while True:
            try:
                await self.database.open(self.subscriptions)
                ahead = await self._ahead()
                if not ahead:
                    await self._begin()
                    self.obstacle = None
                    log.info("service_started", service=self.name)
                    return
                self.obstacle = _restored(ahead)
            except ConfigurationError as error:
                self.obstacle = str(error)
            except Exception as error:
                if not health.may_pass(error):
                    self.obstacle = type(error).__name__
                    raise
                self.obstacle = f"waiting for what it needs: {type(error).__name__}"
            log.warning("service_waits", service=self.name, obstacle=self.obstacle)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    async def _begin(self) -> None:
        """Start everything; may be called again after it raised."""
        await self._start_reading()
        for shard, relay in enumerate(self.relays):
            self._spawn(f"relay {shard}", relay.run)
        self._spawn("wake", self._listen)
        self._spawn("house", self._keep_house)
        for reader in self.readers:
            self._spawn(f"house {reader.group}", partial(self._keep_reader, reader))
        for subscription in self.subscriptions:
            if subscription.timers:
                self._spawn(f"timers {subscription.group}", partial(self._run_timers, subscription))
            if subscription.passes_clock_to and self.stream:
                self._spawn("clock", partial(self._pass_clock, subscription))
        for worker in self._workers:
            self._spawn(f"worker {worker.__module__}", partial(worker, self))

    async def _start_reading(self) -> None:
        if not self.readers:
            self.readers = [self._reader(subscription) for subscription in self.subscriptions]
            self.relays = [self._relay(shard) for shard in range(self.settings.engine.relay_shards)]
            for reader in self.readers:
                reader.attach(self._broker)
        if self.readers:
            try:
                await self._broker.start()
            except BaseException:
                await self._broker.stop()
                raise

    def _spawn(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(self._supervise(name, run), name=name))

    async def _supervise(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Start a task again after an error, ever later up to every ten seconds."""
        pause = 0.1
        while True:
            begun = time.monotonic()
            try:
                await run()
            except Exception as error:
                known = health.may_pass(error)
                log.warning("task_restarted", task=name, error=type(error).__name__, exc_info=not known)
                metrics.WORKER_RESTARTS.labels(self.name, name).inc()
            else:
                return
            pause = 0.1 if time.monotonic() - begun > 60 else min(pause * 2, 10)
            await asyncio.sleep(pause)

    # --- parts

    def _reader(self, subscription: Subscription) -> Reader:
        engine, pool = self.settings.engine, self.database.pool_of(subscription)
        ledger = self._ledger(pool)
        applier = Applier(
            subscription,
            ledger,
            stream=self.stream,
            wall=clock.now,
            is_infrastructure=is_infrastructure,
            traced=Consumed(self._spans, subscription) if self._spans is not None else None,
        )
        main, group = self.database.main, subscription.group

        async def stop(place: Place, reason: str) -> None:
            await main.execute(SQL["stop_fence"], group, *place, reason)

        async def advance(idle: dict[Place, tuple[int, datetime]]) -> None:
            rows = [(topic, partition, upto, at) for (topic, partition), (upto, at) in idle.items()]
            await main.execute(SQL["advance_watermarks"], group, *map(list, zip(*rows, strict=True)))

        return Reader(
            applier=applier,
            fences=FenceStore(partial(self.database.ensure_fences, group), stop, advance),
            reading=Reading(
                records=engine.batch_records,
                bytes=engine.batch_bytes,
                pace=self._pace_ms(subscription) / 1000,
                small=max(engine.batch_records // 10, 1),
                commit_every=engine.offsets_commit_ms / 1000,
                backoff_max=engine.backoff_max_ms / 1000,
                probe_after=engine.breaker_probe_ms / 1000,
            ),
            is_infrastructure=is_infrastructure,
            applied=self._applied,
            stream=self.stream,
            session_timeout_ms=self.settings.kafka.session_timeout_ms,
        )

    def _pace_ms(self, subscription: Subscription) -> int:
        engine = self.settings.engine
        if subscription.kind == "projection":
            return engine.projection_pace_ms
        # What services publish comes in the bursts of their own readers already.
        return engine.follow_pace_ms if any(topic in OWNERS for topic in subscription.topics) else engine.pace_ms

    def _relay(self, shard: int) -> Relay:
        def relayed(batch: Sequence[tuple[Outgoing, int]], seconds: float, again: bool) -> None:  # noqa: FBT001  a callback
            metrics.RELAY_SECONDS.labels(self.name).observe(seconds)
            if again:
                metrics.RELAY_RESENT.labels(self.name).inc(len(batch))
            for topic in {row.topic for row, _ in batch}:
                number = sum(row.topic == topic for row, _ in batch)
                metrics.RELAYED.labels(self.name, topic).inc(number)
            if self._spans is not None:
                sent(self._spans, batch, seconds, again=again)

        return Relay(
            partial(hold_shard, self.database.dsn, shard, self.settings.engine.relay_shards),
            partial(
                KafkaPublisher,
                f"/{self.name}",
                client_options(self.settings.kafka),
                traced=self._spans is not None,
            ),
            limit=self.settings.engine.relay_batch,
            relayed=relayed,
        )

    async def _ahead(self) -> list[Ahead]:
        """Where the topics are beyond the database; the topics are read first, since a relay may be at work."""
        published = await last_sequences(f"/{self.name}", client_options(self.settings.kafka))
        rows = await self.database.main.fetch(SQL["remembered_sequences"])
        return ahead_of(published, {(row["topic"], row["partition"]): row["sequence"] for row in rows})

    # --- loops

    async def _emitted(self) -> None:
        """Wake the relays: here by an event, elsewhere by a NOTIFY of its own, after the commit."""
        for relay in self.relays:
            relay.woken.set()
        if not all(relay.holding for relay in self.relays):
            with contextlib.suppress(Exception):
                await self.database.main.execute("select pg_notify($1, '')", _NOTIFY)

    async def _listen(self) -> None:
        """Wake the relays held here when another instance emits."""

        def wake(*_: object) -> None:
            for relay in self.relays:
                relay.woken.set()

        async with self.database.main.acquire() as connection:
            await connection.add_listener(_NOTIFY, wake)
            try:
                while True:
                    await asyncio.sleep(30)
                    await connection.execute("select 1")
            finally:
                with contextlib.suppress(Exception):
                    await connection.remove_listener(_NOTIFY, wake)

    def _applied(self, applied: Applied) -> None:
        if applied.ticked:
            self._ticked.set()
            self._timers_woken.set()

    async def _keep_reader(self, reader: Reader) -> None:
        committed = time.monotonic()
        while True:
            await asyncio.sleep(1)
            await reader.keep_house()
            if time.monotonic() - committed > reader.reading.commit_every:
                await reader.commit_offsets()
                committed = time.monotonic()

    async def _run_timers(self, subscription: Subscription) -> None:
        while True:
            for name in subscription.timers:
                await self._fire(subscription, name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._timers_woken.wait(), 0.5)
            self._timers_woken.clear()

    async def _fire(self, subscription: Subscription, name: str) -> None:
        limit = self.settings.engine.timers_batch
        ledger = self._ledger(self.database.pool_of(subscription))
        watermarks = await self.watermarks(subscription)
        if watermarks and self.stream:
            self._stream_now = min(watermarks.values())
        while True:
            rows = await self.database.main.fetch(SQL["next_timers"], name, sorted(watermarks))
            earliest = {row["partition"]: row["due_at"] for row in rows if row["due_at"] is not None}
            due = due_partitions(earliest, watermarks)
            if not due:
                return
            fired = await fire_due(subscription, ledger, name, due, limit, is_infrastructure)
            metrics.TIMERS_FIRED.labels(subscription.group, name).inc(fired)
            if not fired:
                return

    async def _pass_clock(self, subscription: Subscription) -> None:
        ledger = self._ledger(self.database.pool_of(subscription))
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ticked.wait(), 1)
            self._ticked.clear()
            self._stream_now = await pass_ticks(subscription, ledger, INGEST) or self._stream_now

    async def _keep_house(self) -> None:
        """Gauges every few seconds; what is too old goes every hour."""
        purged = 0.0
        while True:
            self.outbox_age = await health.measure(self)
            self.seen_database_at = time.monotonic()
            if time.monotonic() - purged > 3600:
                await self.database.main.execute(SQL["purge_inbox"], INBOX_KEPT)
                await self.database.main.execute(SQL["purge_quarantine"], QUARANTINE_KEPT)
                purged = time.monotonic()
            await asyncio.sleep(2)


def _restored(ahead: Sequence[Ahead]) -> str:
    first = ahead[0]
    return (
        f"restored: {first.place[0]}/{first.place[1]} holds number {first.published}, this database remembers "
        f"{first.remembered} ({len(ahead)} partitions): it is older than its topics; run `rapport recover`"
    )
