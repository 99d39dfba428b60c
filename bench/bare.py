"""The bare loop: what one writes by hand with aiokafka and asyncpg, to the same end and with the same model."""

import time

import asyncpg
from aiokafka import AIOKafkaConsumer

from bench.totals import ADMIT, UPSERT, totals
from shared.events.contract import contract_of
from shared.events.sales import SALES, SaleCompleted


async def bare_loop(bootstrap: str, dsn: str, events: int, group: str, batch: int) -> float:
    """Validate, dedupe by an inbox, upsert, one transaction a batch. Events a second, from the first batch on."""
    parse, connection = contract_of(SaleCompleted).adapter.validate_json, await asyncpg.connect(dsn)
    consumer = AIOKafkaConsumer(
        SALES,
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=2 * 1024 * 1024,
    )
    await consumer.start()
    handled, begun = 0, 0.0
    try:
        while handled < events:
            fetched = await consumer.getmany(timeout_ms=1_000, max_records=batch)
            records = [record for part in fetched.values() for record in part]
            if not records:
                continue
            begun = begun or time.perf_counter()
            sales = {dict(record.headers)["ce_id"].decode(): parse(record.value) for record in records}
            async with connection.transaction():
                new = {row[0] for row in await connection.fetch(ADMIT, list(sales))}
                await connection.execute(UPSERT, *totals([sale for id_, sale in sales.items() if id_ in new]))
            handled += len(records)
        seconds = time.perf_counter() - begun
    finally:
        await consumer.stop()
        await connection.close()
    return events / seconds
