"""A service in operation: what handlers, endpoints and workers use of it, and how it begins and ends."""

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import NoReturn

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from shared.engine.behind import describe_ahead, find_ahead
from shared.engine.change_feed import ChangeFeed
from shared.engine.changes import Told
from shared.engine.checks import Check
from shared.engine.cluster import Logs
from shared.engine.database import Database
from shared.engine.domain_time import DomainTime
from shared.engine.event import Record
from shared.engine.health import check_service
from shared.engine.housekeeping import Housekeeping, keep_purging, maintain_reader
from shared.engine.kafka import client_options
from shared.engine.loops import TimerLoop, pass_clock
from shared.engine.operations import Operations
from shared.engine.postgres import PostgresLedger, PostgresTransaction
from shared.engine.published import Published
from shared.engine.reader import Reader
from shared.engine.relay import Relay
from shared.engine.remembered import WentBack
from shared.engine.rights import Rights
from shared.engine.subscriber import connect
from shared.engine.subscription import Subscription
from shared.engine.supervisor import Supervisor, may_pass
from shared.engine.waking import Waking
from shared.engine.wiring import make_reader, make_relay
from shared.environment import place_of
from shared.errors import ConfigurationError, Transient
from shared.settings import ServiceSettings
from shared.telemetry.tracing import spans_of

log = structlog.get_logger()
_RESTORED = "restored: "
Worker = Callable[["Service"], Awaitable[None]]


class Service:
    """One instance of a service. `start` returns at once; `ready` says when it works, and why it does not."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        subscriptions: Sequence[Subscription],
        workers: Sequence[Worker] = (),
        context: object = None,
        checks: Sequence[Callable[[], Check]] = (),
    ) -> None:
        """`context` is handed to every transaction, for handlers; `checks` say what is to be known of the service's own
        parts when it is asked whether it works. Raises ValueError where a listed topic has no handler.
        """
        for subscription in subscriptions:
            subscription.require_handlers()
        self.name = name
        self.settings = settings
        self.context = context
        self.subscriptions = list(subscriptions)
        self.database = Database(settings.database, name)
        self.readers: list[Reader] = []
        self.relays: list[Relay] = []
        self.obstacle: str | None = "starting"
        self._time = DomainTime(stream=settings.clock == "stream")
        self._waking = Waking(self.database)
        self._housekeeping = Housekeeping(name, self.database)
        self._life = Supervisor(name)
        self._tasks = Supervisor(name)
        self._spans = spans_of(name, settings.tracing)
        self._workers = list(workers)
        self._checks = list(checks)
        self._rights = Rights(name, client_options(settings.kafka, name, "rights"))
        self._for_workers = False
        self._told = Told(self.subscriptions)
        self.changes = ChangeFeed(lambda: self.database.main)
        self.logs = Logs(client_options(settings.kafka, name, "operations"))
        self._published = Published(client_options(settings.kafka, name, "published"))
        self._broker = connect(settings.kafka, name)

    # --- what handlers, endpoints and workers use

    def now(self) -> datetime:
        """Domain time: the wall clock, or on the stream's clock what every partition has passed."""
        return self._time.now()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """One transaction with its outbox, for HTTP writes and workers. Raises WentBack; Transient before it works."""
        self._refuse_before(self.obstacle)
        async with self._ledger(self._pool()).transaction() as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresTransaction]:
        """A pooled connection for reading: every statement sees what is committed when it begins. Raises WentBack."""
        self._refuse_before(self.obstacle if _is_restored(self.obstacle) else None)
        async with self._pool().acquire() as connection:
            yield PostgresTransaction(connection, None, self.now(), self.context)

    async def published(self, topic: str, partition: int, offset: int) -> Record | None:
        """What a topic holds at an offset, None where that is nothing. Raises Transient where no broker answers."""
        return await self._published.read((topic, partition), offset)

    async def watermark(self, subscription: Subscription) -> datetime | None:
        """Up to when everything has been handled on every partition; None as long as one has not begun. On the stream's
        clock that is the time of the service too, where no timers tell it.

        Raises ValueError for a subscription that does not follow time: its watermark stands while nothing comes.
        """
        if not subscription.follows_time:
            raise ValueError(f"{subscription.group} does not follow time")
        lows = await self.database.watermarks(subscription)
        if not lows or len(lows) < len(await self.database.partitions(subscription)):
            return None
        lowest = min(lows.values())
        if self._time.stream:
            self._time.passed(lowest)
        return lowest

    async def ready(self) -> list[Check]:
        found = check_service(self.obstacle, self._housekeeping, self.readers)
        if self.obstacle is not None:
            return found
        return [*found, self._rights.check, *self._tasks.checks(), *(check() for check in self._checks)]

    def _refuse_before(self, obstacle: str | None) -> None:
        """Nothing is written before it is known that the database is as far as its topics; workers begin after that."""
        if obstacle is not None and not self._for_workers:
            raise (WentBack if _is_restored(obstacle) else Transient)(obstacle)

    def _pool(self) -> asyncpg.Pool:
        return self.database.main if self._for_workers else self.database.requests

    def _of_workers(self) -> "Service":
        """The same service over the engine's connections, so that requests hold no worker up."""
        view = copy.copy(self)
        view._for_workers = True  # noqa: SLF001  another of the same class
        return view

    def operations(self, actor: str) -> Operations:
        """What this operator may do about parked and quarantined records. Raises as `transaction`."""
        self._refuse_before(self.obstacle)
        return Operations(self.database, self.subscriptions, partial(self._ledger, actor=actor))

    def _ledger(self, pool: asyncpg.Pool, actor: str | None = None, *, fenced: bool = False) -> PostgresLedger:
        return PostgresLedger(
            pool,
            self.now,
            self._waking.emitted,
            self.context,
            self.database.remembered,
            recovered=self.database.recovered,
            fenced=fenced,
            actor=actor,
            told=self._told,
        )

    # --- life

    async def start(self) -> None:
        """Returns at once; what is missing yet is waited for."""
        self._life.start("life", self._live)

    async def stop(self) -> None:
        """Finish the batch in flight, then close Kafka's clients and the database."""
        await self._life.stop()
        await self.logs.close()
        await self._halt()

    async def _live(self) -> NoReturn:
        # Begins anew once the database went back and was recovered.
        while True:
            await self._boot()
            await self.database.remembered.noticed.wait()
            self.obstacle = _went_back(self.database.remembered.reason)
            log.error("database_went_back", service=self.name, reason=self.database.remembered.reason)
            await self._halt()

    async def _halt(self) -> None:
        for reader in self.readers:
            reader.closing = True
        with contextlib.suppress(Exception):
            await self._broker.stop()
        await self._tasks.stop()
        await self.database.close()
        self._broker = connect(self.settings.kafka, self.name)
        self.readers, self.relays = [], []

    async def _boot(self) -> None:
        pause = 0.1
        while True:
            place = None
            try:
                setback = await self.database.find_setback() or await self._look_ahead()
                if setback is None:
                    await self._begin()
                    self.obstacle = None
                    log.info("service_started", service=self.name)
                    return
                self.obstacle = _went_back(setback)
            except ConfigurationError as error:
                self.obstacle = str(error)
            except Exception as error:
                if not may_pass(error):
                    self.obstacle = type(error).__name__
                    raise
                away, place = self._find_away(error)
                self.obstacle = f"waiting for {away}: {type(error).__name__}"
            log.warning("service_waits", service=self.name, obstacle=self.obstacle, at=place)
            if _is_restored(self.obstacle) or self.database.remembered.noticed.is_set():
                await self._halt()  # what was opened and made is of the database as it was
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    def _find_away(self, error: Exception) -> tuple[str, str]:
        """What does not do its part, and where that is: hosts and ports alone."""
        if isinstance(error, KafkaError):
            return "Kafka", self.settings.kafka.brokers
        return "the database", place_of(self.database.dsn)

    async def _look_ahead(self) -> str | None:
        await self.database.open(self.subscriptions)
        kafka = client_options(self.settings.kafka, self.name, "recovery")
        ahead = await find_ahead(self.name, kafka, self.database.main)
        return describe_ahead(ahead) if ahead else None

    async def _begin(self) -> None:
        """May be called again after it raised."""
        await self._start_reading()
        for shard, relay in enumerate(self.relays):
            self._tasks.start(f"relay {shard}", relay.run)
        self._tasks.start("wake relays", self._waking.listen)
        self._tasks.start("ask for rights", self._rights.look)
        self._tasks.start("housekeeping", self._housekeeping.run)
        self._tasks.start("changes", self.changes.run)
        self._tasks.start("purge changes", partial(keep_purging, self.changes.log))
        for reader in self.readers:
            self._tasks.start(f"keep reader {reader.group}", partial(maintain_reader, reader))
            self._tasks.start(f"watch reader {reader.group}", reader.watch)
        for subscription in self.subscriptions:
            self._start_loops(subscription)
        for worker in self._workers:
            self._tasks.start(f"worker {worker.__module__}", partial(worker, self._of_workers()))

    async def _start_reading(self) -> None:
        if not self.readers:
            self.readers = [
                make_reader(
                    subscription,
                    self.settings,
                    self.database,
                    self._ledger(self.database.pool_of(subscription), fenced=True),
                    self._spans,
                    self._time.applied,
                    self._broker,
                )
                for subscription in self.subscriptions
            ]
            self.relays = [
                make_relay(self.name, self.settings, self.database, shard, self._spans)
                for shard in range(self.settings.engine.relay_shards)
            ]
            self._housekeeping.readers, self._waking.relays = self.readers, self.relays
        if self.readers:
            try:
                await self._broker.start()
            except BaseException:
                await self._broker.stop()
                raise

    def _start_loops(self, subscription: Subscription) -> None:
        ledger = self._ledger(self.database.pool_of(subscription))
        if subscription.timers:
            limit = self.settings.engine.timers_batch
            loop = TimerLoop(subscription, self.database, ledger, self._time, limit)
            self._tasks.start(f"timers {subscription.group}", loop.run)
        if subscription.passes_clock_to and self._time.stream:
            self._tasks.start("pass clock", partial(pass_clock, subscription, ledger, self._time))


def _went_back(reason: str) -> str:
    return f"{_RESTORED}{reason}; run `rapport recover`"


def _is_restored(obstacle: str | None) -> bool:
    return obstacle is not None and obstacle.startswith(_RESTORED)
