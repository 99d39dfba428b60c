"""How soon a sale that somebody waits for is assessed: forecasting as `make run` starts it, fed on `crm.sales`."""

import asyncio
import random
import time

from aiokafka import AIOKafkaConsumer

from bench.cpu import Meter
from bench.feed import percentiles
from bench.rows import Row
from bench.sales import drawn_sale, outgoing
from bench.setting import Sizes, fresh_stack, say
from shared.engine.ledger import Outgoing
from shared.engine.publisher import KafkaPublisher

RATE = 200
INSIGHTS, ASSESSED = "crm.insights", b"crm.fraud.assessed.v1"
_WARM = 5
"""Seconds of sales that do not count: the first ones find a process that has done nothing yet."""
_PATIENCE_S = 60.0
Seen = dict[str, float]


async def measure(sizes: Sizes) -> list[Row]:
    """The row `fraud.assessed`: from when a sale is published until its assessment can be read."""
    number, warm = int(RATE * (sizes.seconds + _WARM)), RATE * _WARM
    async with fresh_stack(["forecasting"]) as stack:
        say(f"  {RATE} sales a second for {sizes.seconds + _WARM:g} s")
        rows = list(outgoing(number, sizes.customers, 1, _ordered))
        async with AIOKafkaConsumer(INSIGHTS, bootstrap_servers=stack.bootstrap) as consumer:
            await consumer.seek_to_end()
            seen: Seen = {}
            listening = asyncio.create_task(_listen(consumer, seen, number))
            meter = Meter(stack.pids)
            sent = await _publish(stack.bootstrap, rows)
            await asyncio.wait_for(listening, _PATIENCE_S)
        spent = meter.spent()
        told = [(seen[event_id] - at, seen[event_id]) for event_id, at in list(sent.items())[warm:]]
        figures = percentiles([late for late, _ in told])
        first = list(sent.values())[warm]
        return [
            Row(
                "fraud.assessed",
                len(told) / (max(at for _, at in told) - first),
                "sales",
                p50_ms=figures["p50_ms"],
                p99_ms=figures["p99_ms"],
                cpu_us=spent.total / number * 1e6,
                parties=sizes.customers,
                more={**spent.per(number), "max_ms": figures["max_ms"]},
                note="from the time at which a sale is given to the producer of crm.sales; the sums are made meanwhile",
            )
        ]


def _ordered(dice: random.Random, party_id: str, number: int) -> tuple[str, bytes]:
    """A sale that says how it was ordered and paid: each such one is told, whatever it looks like."""
    own = {"device": f"device-{party_id}", "card_hash": f"card-{party_id}", "ship_to": f"address-{party_id}"}
    return drawn_sale(dice, party_id, number, **own)


async def _publish(bootstrap: str, rows: list[Outgoing]) -> Seen:
    """Send on time, what is due together in one batch; when each was given to the producer, by its id."""
    sent: Seen = {}
    sequences: dict[int, int] = {}
    async with KafkaPublisher("/contacts", 0, {"bootstrap_servers": bootstrap}) as publisher:
        begun, waiting = time.perf_counter() + 0.2, list(rows)
        while waiting:
            ready = min(int((time.perf_counter() - begun) * RATE) + 1, len(rows)) - len(sent)
            batch, now = [], time.perf_counter()
            for row in waiting[: max(ready, 0)]:
                sequences[row.partition] = sequences.get(row.partition, 0) + 1
                sent[row.event_id] = now
                batch.append((row, sequences[row.partition]))
            del waiting[: len(batch)]
            if batch:
                await publisher.publish(batch, [])
            await asyncio.sleep(max(begun + len(sent) / RATE - time.perf_counter(), 0))
    return sent


async def _listen(consumer: AIOKafkaConsumer, seen: Seen, number: int) -> None:
    """When the assessment of each sale was read."""
    while len(seen) < number:
        fetched = await consumer.getmany(timeout_ms=500)
        now = time.perf_counter()
        for records in fetched.values():
            for record in records:
                headers = dict(record.headers)
                if headers["ce_type"] == ASSESSED:
                    seen.setdefault(headers["ce_causationid"].decode(), now)
