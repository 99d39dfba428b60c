"""The engine beside the bare loop: the same records, the same model, the same upsert, in turns on one machine."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer

from bench.rows import Row
from bench.sales import load_sales, party
from deploy.embedded.stack import EmbeddedStack
from shared.engine.event import Event
from shared.engine.service import Service
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from shared.events.contract import contract_of
from shared.events.sales import SALES, SaleCompleted
from shared.settings import ServiceSettings

BATCH = 1_000
ENGINE_TABLES = Path("shared/engine/migrations/0001_engine.sql")
TABLES = """
create table bench_total (party_id uuid primary key, sales bigint not null, minor bigint not null) with (fillfactor = 80);
create table bench_inbox (id text primary key);
"""
UPSERT = """
insert into bench_total (party_id, sales, minor)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[])
on conflict (party_id) do update set sales = bench_total.sales + excluded.sales, minor = bench_total.minor + excluded.minor
"""
ADMIT = "insert into bench_inbox select * from unnest($1::text[]) as new (id) order by id on conflict do nothing returning id"


def totals(sales: Sequence[SaleCompleted]) -> tuple[list[UUID], list[int], list[int]]:
    """The upsert's columns, folded by party and sorted: the work of both sides."""
    folded: dict[UUID, tuple[int, int]] = {}
    for sale in sales:
        number, minor = folded.get(sale.party_id, (0, 0))
        folded[sale.party_id] = (number + 1, minor + sale.total.minor)
    parties = sorted(folded)
    return parties, [folded[one][0] for one in parties], [folded[one][1] for one in parties]


async def bare_loop(bootstrap: str, dsn: str, events: int, group: str) -> float:
    """aiokafka and asyncpg by hand: validate, dedupe by an inbox, upsert, one transaction a batch. Events a second."""
    adapter, connection = contract_of(SaleCompleted).adapter, await asyncpg.connect(dsn)
    consumer = AIOKafkaConsumer(
        SALES, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
        max_partition_fetch_bytes=2 * 1024 * 1024,
    )
    await consumer.start()
    handled, begun = 0, 0.0
    try:
        while handled < events:
            fetched = await consumer.getmany(timeout_ms=1_000, max_records=BATCH)
            records = [record for part in fetched.values() for record in part]
            if not records:
                continue
            begun = begun or time.perf_counter()
            sales = {dict(r.headers)["ce_id"].decode(): adapter.validate_json(r.value) for r in records}
            async with connection.transaction():
                new = {row[0] for row in await connection.fetch(ADMIT, list(sales))}
                await connection.execute(UPSERT, *totals([sale for id_, sale in sales.items() if id_ in new]))
            handled += len(records)
        seconds = time.perf_counter() - begun
    finally:
        await consumer.stop()
        await connection.close()
    return events / seconds


async def engine(bootstrap: str, dsn: str, events: int, group: str) -> float:
    """The same work as a handler. Events a second, from the first batch to the last commit."""
    subscription = Subscription(group, kind="process")
    handled, begun, ended = 0, 0.0, asyncio.Event()

    @subscription.topic(SALES)
    async def total_sales(batch: Sequence[Event[SaleCompleted]], tx: Transaction) -> None:
        nonlocal handled, begun
        begun = begun or time.perf_counter()
        await tx.execute(UPSERT, *totals([event.data for event in batch]))
        handled += len(batch)

        async def count() -> None:
            if handled >= events:
                ended.set()

        tx.after_commit(count)

    settings = ServiceSettings(
        kafka={"brokers": bootstrap}, database={"dsn": dsn}, auth={"mode": "off"}, engine={"batch_records": BATCH}
    )
    service = Service("bench", settings, [subscription])
    await service.start()
    try:
        await asyncio.wait_for(ended.wait(), 300)
        return events / (time.perf_counter() - begun)
    finally:
        await service.stop()


async def prepare(stack: EmbeddedStack, parties: int) -> str:
    """A database of its own with the engine's tables and every party known; returns its dsn."""
    root = await asyncpg.connect(stack.superuser_dsn())
    await root.execute("create database bench")
    await root.close()
    dsn = stack.superuser_dsn("bench")
    connection = await asyncpg.connect(dsn)
    await connection.execute(await asyncio.to_thread(ENGINE_TABLES.read_text) + TABLES)
    for begin in range(0, parties, 50_000):
        rows = ((party(n), 1, 1) for n in range(begin, min(begin + 50_000, parties)))
        await connection.copy_records_to_table("bench_total", records=rows)
    await connection.execute("vacuum analyze bench_total")
    await connection.execute("checkpoint")
    await connection.close()
    return dsn


async def measure(stack: EmbeddedStack, *, events: int, parties: int, rounds: int) -> list[Row]:
    """The row `engine`: medians over rounds in which both sides take turns."""
    dsn = await prepare(stack, parties)
    await load_sales(stack.bootstrap, events, parties)
    ours, theirs = [], []
    for number in range(rounds):
        theirs.append(await bare_loop(stack.bootstrap, dsn, events, f"bare-{number}"))
        ours.append(await engine(stack.bootstrap, dsn, events, f"bench.engine-{number}"))
        connection = await asyncpg.connect(dsn)
        await connection.execute("truncate bench_inbox")
        await connection.close()
    ratio = statistics.median(mine / peer for mine, peer in zip(ours, theirs, strict=True))
    return [
        Row("engine", statistics.median(ours), "bare aiokafka + asyncpg loop", statistics.median(theirs), ratio,
            parties=parties)
    ]
