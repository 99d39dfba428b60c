"""A projection, built again from the topics beside the live one, compared row by row, and put in its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import clock
from shared.engine.applier import Applier
from shared.engine.fetched import failures, patch_aiokafka
from shared.engine.ledger import Place
from shared.engine.postgres import PostgresLedger, is_infrastructure
from shared.engine.subscription import Subscription
from shared.errors import ConfigurationError
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("rebuild.sql"))
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One table of the projection: rows live, rows rebuilt, and whether they are the same rows."""

    table: str
    live: int
    rebuilt: int
    equal: bool


async def rebuild(
    dsn: str,
    kafka: dict[str, Any],
    subscription: Subscription,
    *,
    switch: bool,
    stream: bool = False,
    context: object = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Compared]:
    """Build `<schema>_rebuilt` from the beginning of the topics up to the live fences, and compare every table.

    `dsn` is the owner's: tables are made. The live projection goes on until the last records: then its fences are
    locked while the rest is applied and the rows are compared. With `switch` the new tables then take the name of the
    old, which are dropped, also where rows differ; without, what was built is dropped. `context` is handed to the
    handlers as the service does. Raises ConfigurationError for a subscription that is no projection.
    """
    schema = subscription.schema
    if schema is None:
        raise ConfigurationError(f"{subscription.group} is a process: it is the record itself and cannot be rebuilt")
    built, twin = f"{schema}_rebuilt", _twin_of(subscription)
    owner = await asyncpg.connect(dsn)
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1, server_settings={"search_path": f"{built}, public"})
    try:
        await _forget(owner, twin, built)
        await _clone(owner, schema, built)
        say(f"building {built}")
        reading = _Reading(twin, PostgresLedger(pool, clock.now, _nothing_emitted, context), kafka, stream=stream)
        async with reading:
            await reading.up_to(await _fences(owner, subscription, lock=False), say)
            async with owner.transaction():
                await reading.up_to(await _fences(owner, subscription, lock=True), say)
                compared = await _compare(owner, schema, built)
                if switch:
                    await _switch(owner, schema, built)
        await _forget(owner, twin, built)
        return compared
    finally:
        await pool.close()
        await owner.close()


def _twin_of(subscription: Subscription) -> Subscription:
    twin = Subscription(
        f"{subscription.group}.rebuilt", kind="projection", topics=subscription.order, version=subscription.version
    )
    twin.topics = subscription.topics
    return twin


async def _nothing_emitted() -> None: ...


async def _fences(owner: asyncpg.Connection, subscription: Subscription, *, lock: bool) -> dict[Place, int]:
    statement = SQL["lock_group"] if lock else SQL["lock_group"].replace("for update", "")
    return {
        (row["topic"], row["partition"]): row["next_offset"] for row in await owner.fetch(statement, subscription.group)
    }


class _Reading:
    """The topics of a subscription from their beginning, applied in the order of each partition."""

    def __init__(self, twin: Subscription, ledger: PostgresLedger, kafka: dict[str, Any], *, stream: bool) -> None:
        patch_aiokafka()
        self._applier = Applier(twin, ledger, stream=stream, wall=clock.now, is_infrastructure=is_infrastructure)
        self._consumer = AIOKafkaConsumer(
            enable_auto_commit=False, auto_offset_reset="earliest", isolation_level="read_committed", **kafka
        )
        self._done: dict[Place, int] = {}

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._consumer.stop()

    async def up_to(self, fences: Mapping[Place, int], say: Callable[[str], None]) -> None:
        wanted = {TopicPartition(*place): offset for place, offset in fences.items() if offset}
        if not wanted:
            return
        if not self._done:
            self._consumer.assign(list(wanted))
            await self._consumer.seek_to_beginning()
        fresh = [tp for tp in wanted if tp not in self._consumer.assignment()]
        if fresh:
            raise ConfigurationError(f"{fresh[0].topic} got its first records just now: run it again")
        applied = 0
        while any([await self._consumer.position(tp) < offset for tp, offset in wanted.items()]):
            fetched = await self._consumer.getmany(timeout_ms=1_000, max_records=_BATCH)
            for tp, failure in failures(self._consumer).items():
                # The live one is beyond it: an operator skipped it, or the comparison shows what it holds.
                say(f"{tp.topic}/{tp.partition}: {failure}")
                self._consumer.seek(tp, failure.last + 1)
            records = [r for tp, part in fetched.items() for r in part if r.offset < wanted[tp]]
            for tp, part in fetched.items():
                if part[-1].offset >= wanted[tp]:
                    self._consumer.seek(tp, wanted[tp])
            if records:
                await self._applier.apply(records)
                self._done.update({(r.topic, r.partition): r.offset + 1 for r in records})
            applied += len(records)
            if applied and applied % (50 * _BATCH) < len(records):
                say(f"{applied} records applied")


async def _clone(owner: asyncpg.Connection, schema: str, built: str) -> None:
    await owner.execute(f"create schema {_name(built)}")
    for row in await owner.fetch(SQL["list_tables"], schema):
        table = _name(row["name"])
        like = f"create table {_name(built)}.{table} (like {_name(schema)}.{table} including all)"
        await owner.execute(like + (f" partition by {row['partitioned_by']}" if row["partitioned_by"] else ""))
    for row in await owner.fetch(SQL["list_parts"], schema):
        part = f"create table {_name(built)}.{_name(row['name'])} partition of {_name(built)}.{_name(row['whole'])}"
        await owner.execute(f"{part} {row['bound']}")
    for row in await owner.fetch(SQL["list_views"], schema):
        if row["schema"] == schema:
            definition = row["definition"].replace(f"{schema}.", f"{built}.")
            await owner.execute(f"create view {_name(built)}.{_name(row['name'])} as {definition}")


async def _compare(owner: asyncpg.Connection, schema: str, built: str) -> list[Compared]:
    """Compares row counts and hashes that do not depend on the order of rows."""
    compared = []
    for row in await owner.fetch(SQL["list_tables"], schema):
        digest = "select count(*) as rows, sum(hashtextextended(t::text, 0)) as hash from "
        (live,) = await owner.fetch(f"{digest}{_name(schema)}.{_name(row['name'])} as t")
        (rebuilt,) = await owner.fetch(f"{digest}{_name(built)}.{_name(row['name'])} as t")
        compared.append(Compared(row["name"], live["rows"], rebuilt["rows"], tuple(live) == tuple(rebuilt)))
    return compared


async def _switch(owner: asyncpg.Connection, schema: str, built: str) -> None:
    # Statements resolve names anew, so that open connections find the new tables.
    readers = [row for row in await owner.fetch(SQL["list_views"], schema) if row["schema"] != schema]
    rights = await owner.fetch(SQL["list_readers"], schema)
    await owner.execute(f"alter schema {_name(schema)} rename to {_name(schema + '_replaced')}")
    await owner.execute(f"alter schema {_name(built)} rename to {_name(schema)}")
    for row in readers:
        await owner.execute(
            f"create or replace view {_name(row['schema'])}.{_name(row['name'])} as {row['definition']}"
        )
    for row in rights:
        await owner.execute(f"grant usage on schema {_name(schema)} to {row['role']}")
        await owner.execute(
            f"grant select, insert, update, delete on all tables in schema {_name(schema)} to {row['role']}"
        )
    await owner.execute(f"drop schema {_name(schema + '_replaced')} cascade")


async def _forget(owner: asyncpg.Connection, twin: Subscription, built: str) -> None:
    await owner.execute(f"drop schema if exists {_name(built)} cascade")
    await owner.execute(SQL["forget_group"], twin.group)
    await owner.execute(SQL["forget_inbox"], twin.group)
    await owner.execute(SQL["forget_parked"], twin.group)


def _name(identifier: str) -> str:
    """Quoted: names come from the catalogue and from our own subscriptions, and DDL takes no parameters."""
    return '"' + identifier.replace('"', '""') + '"'
