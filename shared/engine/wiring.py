"""Readers and relays, put together from settings, the database and what they call back."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

from shared import clock
from shared.engine.applier import Applied, Applier
from shared.engine.behind import end_publishers, find_ahead, hold_unless_behind
from shared.engine.database import Database
from shared.engine.kafka import client_options
from shared.engine.ledger import Outgoing, Place
from shared.engine.postgres import SQL, PostgresLedger, is_infrastructure
from shared.engine.postgres_relay import PostgresRelayLedger, hold_shard
from shared.engine.publisher import KafkaPublisher
from shared.engine.reader import Reader
from shared.engine.reading import FenceStore, Passed, Reading
from shared.engine.relay import Relay
from shared.engine.subscriber import Broker, KafkaSource
from shared.engine.subscription import Subscription
from shared.engine.traced import Consumed, sent
from shared.events.topics import OWNERS
from shared.settings import EngineSettings, ServiceSettings
from shared.telemetry import metrics
from shared.telemetry.sink import SpanSink


def make_reader(
    subscription: Subscription,
    settings: ServiceSettings,
    database: Database,
    ledger: PostgresLedger,
    spans: SpanSink | None,
    applied: Callable[[Applied], None],
    broker: Broker,
) -> Reader:
    """The reader of a subscription, which begins when the broker starts; `applied` is told of each batch."""
    stream = settings.clock == "stream"
    reading = _reading(subscription, settings.engine)
    source = KafkaSource(subscription.group, list(subscription.topics), reading, settings.kafka.session_timeout_ms)
    reader = Reader(
        applier=Applier(
            subscription,
            ledger,
            stream=stream,
            wall=clock.now,
            is_infrastructure=is_infrastructure,
            traced=Consumed(spans, subscription) if spans is not None else None,
        ),
        fences=_fence_store(subscription.group, database),
        reading=reading,
        source=source,
        is_infrastructure=is_infrastructure,
        applied=applied,
        stream=stream,
    )
    source.attach(broker, reader)
    return reader


def _fence_store(group: str, database: Database) -> FenceStore:
    async def stop(place: Place, reason: str) -> None:
        await database.main.execute(SQL["stop_fence"], group, *place, reason)
        database.remembered.forget_fence(group, place)

    async def advance(passed: Mapping[Place, Passed]) -> set[Place]:
        rows = [(*place, each.fence, each.upto, each.at) for place, each in passed.items()]
        moved = await database.main.fetch(SQL["advance_watermarks"], group, *map(list, zip(*rows, strict=True)))
        return {(row["topic"], row["partition"]) for row in moved}

    return FenceStore(partial(database.ensure_fences, group), stop, advance)


def _reading(subscription: Subscription, engine: EngineSettings) -> Reading:
    return Reading(
        records=engine.batch_records,
        bytes=engine.batch_bytes,
        pace=pace_ms(subscription, engine) / 1000,
        small=max(engine.batch_records // 10, 1),
        commit_every=engine.offsets_commit_ms / 1000,
        backoff_max=engine.backoff_max_ms / 1000,
        probe_after=engine.breaker_probe_ms / 1000,
    )


def pace_ms(subscription: Subscription, engine: EngineSettings) -> int:
    """How long its reader gathers while records come in."""
    if not subscription.waited_for:
        return engine.gathering_pace_ms
    # What services publish comes in the bursts of their own readers already.
    follows = not subscription.paced and any(topic in OWNERS for topic in subscription.order)
    return engine.follow_pace_ms if follows else engine.pace_ms


def make_relay(
    service: str, settings: ServiceSettings, database: Database, shard: int, spans: SpanSink | None
) -> Relay:
    def relayed(batch: Sequence[tuple[Outgoing, int]], seconds: float, again: bool) -> None:  # noqa: FBT001  a callback
        metrics.RELAY_SECONDS.labels(service).observe(seconds)
        if again:
            metrics.RELAY_RESENT.labels(service).inc(len(batch))
        for topic in {row.topic for row, _ in batch}:
            number = sum(row.topic == topic for row, _ in batch)
            metrics.RELAYED.labels(service, topic).inc(number)
        if spans is not None:
            sent(spans, batch, seconds, again=again)

    recovering = client_options(settings.kafka, service, "recovery")

    def hold() -> AbstractAsyncContextManager[PostgresRelayLedger]:
        return hold_shard(database.dsn, shard, settings.engine.relay_shards)

    return Relay(
        partial(
            hold_unless_behind,
            hold,
            database,
            partial(end_publishers, service, [shard], recovering),
            lambda: find_ahead(service, recovering, database.main),
        ),
        partial(
            KafkaPublisher,
            f"/{service}",
            shard,
            client_options(settings.kafka, service, f"relay-{shard}"),
            traced=spans is not None,
        ),
        limit=settings.engine.relay_batch,
        relayed=relayed,
    )
