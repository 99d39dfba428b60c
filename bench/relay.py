"""The relay beside raw aiokafka that sends the same bytes with the same headers."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from functools import partial

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.cpu import Meter
from bench.rows import Row
from bench.sales import outgoing
from bench.setting import Sizes, fresh_stack, say, settle_collector
from bench.totals import SERVICE
from shared.engine.ledger import Outgoing
from shared.engine.outbox import COLUMNS, headers_of, key_of
from shared.engine.postgres_relay import hold_shard
from shared.engine.publisher import Batch, KafkaPublisher
from shared.engine.relay import Relay
from shared.events.sales import SALES

LIMIT, SOURCE, PARTITIONS = 2_000, "/contacts", 12
FILLING = 20_000


async def measure(sizes: Sizes) -> list[Row]:
    """The row `relay`; raises AssertionError where order or numbers are not what they must be."""
    settle_collector()
    async with fresh_stack() as stack:
        await stack.ensure_databases(SERVICE)
        dsn, bootstrap = stack.superuser_dsn(SERVICE), stack.bootstrap
        events = list(outgoing(sizes.relay_events, 10_000, seed=1))
        ours, theirs, spent = [], [], []
        for number in range(sizes.rounds + 1):
            await _fill(dsn, events)
            begins = await _ends(bootstrap)
            meter = Meter()
            ours.append(await _relayed(dsn, bootstrap, len(events)))
            spent.append(meter.spent().total / len(events) * 1e6)
            await _check(bootstrap, begins, events)
            theirs.append(await _sent_raw(bootstrap, events))
            say(f"  round {number}: relay {ours[-1]:,.0f}/s, raw aiokafka {theirs[-1]:,.0f}/s")
        ratios = [mine / peer for mine, peer in zip(ours[1:], theirs[1:], strict=True)]
        return [
            Row(
                "relay",
                statistics.median(ours[1:]),
                "events",
                "raw aiokafka, same bytes and headers",
                statistics.median(theirs[1:]),
                statistics.median(ratios),
                cpu_us=statistics.median(spent[1:]),
                more={"lowest_ratio": min(ratios), "highest_ratio": max(ratios)},
                note="outbox to topic, stored before it is sent, deleted after; order and numbers of all checked",
            )
        ]


async def _fill(dsn: str, events: Sequence[Outgoing]) -> None:
    connection = await asyncpg.connect(dsn)
    for begin in range(0, len(events), FILLING):
        rows = [tuple(getattr(row, column) for column in COLUMNS) for row in events[begin : begin + FILLING]]
        await connection.copy_records_to_table("outbox", columns=COLUMNS, records=rows)
    await connection.execute("vacuum analyze outbox")
    await connection.close()


async def _relayed(dsn: str, bootstrap: str, number: int) -> float:
    """Events a second, from the first stored batch to the last acknowledgement."""
    left, begun, done = number, 0.0, asyncio.Event()

    def relayed(batch: Batch, seconds: float, again: bool) -> None:  # noqa: FBT001  as the relay calls it
        nonlocal left
        del seconds, again
        left -= len(batch)
        if not left:
            done.set()

    options = {"bootstrap_servers": bootstrap}
    relay = Relay(
        partial(hold_shard, dsn, 0, 1), partial(KafkaPublisher, SOURCE, 0, options), limit=LIMIT, relayed=relayed
    )
    running = asyncio.create_task(relay.run())
    while not relay.holding:
        await asyncio.sleep(0)
    begun = time.perf_counter()
    await done.wait()
    seconds = time.perf_counter() - begun
    await asyncio.sleep(0.5)  # the last batch is deleted after it was sent
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return number / seconds


async def _sent_raw(bootstrap: str, events: Sequence[Outgoing]) -> float:
    """The peer: records in memory, headers made beforehand, a future a record, nothing stored."""
    ready = [
        (key_of(row), row.payload, row.partition, headers_of(row, b"/bench", place + 1))
        for place, row in enumerate(events)
    ]
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=1024 * 1024
    )
    await producer.start()
    begun = time.perf_counter()
    for begin in range(0, len(ready), LIMIT):
        sent = [
            await producer.send("crm.tickets", value, key=key, partition=partition, headers=headers)
            for key, value, partition, headers in ready[begin : begin + LIMIT]
        ]
        await asyncio.gather(*sent)
    seconds = time.perf_counter() - begun
    await producer.stop()
    return len(events) / seconds


def _places() -> list[TopicPartition]:
    return [TopicPartition(SALES, partition) for partition in range(PARTITIONS)]


async def _ends(bootstrap: str) -> dict[TopicPartition, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    ends: dict[TopicPartition, int] = await consumer.end_offsets(_places())
    await consumer.stop()
    return ends


async def _check(bootstrap: str, begins: dict[TopicPartition, int], events: Sequence[Outgoing]) -> None:
    """Each event once, in the order of the outbox within its partition, numbered on without a gap."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    consumer.assign(_places())
    for place, offset in begins.items():
        consumer.seek(place, offset)
    expected: dict[int, list[str]] = {}
    for row in events:
        expected.setdefault(row.partition, []).append(row.event_id)
    found: dict[int, list[str]] = {partition: [] for partition in expected}
    while sum(map(len, found.values())) < len(events):
        for place, records in (await consumer.getmany(timeout_ms=5_000)).items():
            for record in records:
                headers = dict(record.headers)
                found[place.partition].append(headers["ce_id"].decode())
                assert int(headers["ce_sequence"]) == record.offset + 1, "a number is missing or sent twice"
    await consumer.stop()
    assert found == expected, "the order of the outbox was not kept"
