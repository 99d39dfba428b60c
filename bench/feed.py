"""A shop and a listener in a process of their own: `python -m bench.feed KAFKA introduce|drain|pace NUMBERS…`.

`introduce CUSTOMERS` sends profiles, consents and first purchases. `drain CUSTOMERS SALES` sends sales as fast as it
can and listens on `crm.campaigns` until each has its `message.planned`; `pace CUSTOMERS SALES RATE` sends RATE in a
second.
Prints one JSON document, in it `startup_s`: processor seconds of starting Python.
"""

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench import facts
from bench.setting import settle_collector
from shared.events.ingest import INGEST

CAMPAIGNS, PLANNED = "crm.campaigns", b"crm.message.planned.v1"
_PATIENCE_S = 120


class Listener:
    """Notes when the follow-up of each sale was planned. Sales are known by the flow's id, which is their own."""

    def __init__(self, run: str, number: int) -> None:
        self.planned = [0.0] * number
        self.doubles = 0
        self.left = number
        self._prefix = f"{run}-".encode()

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        """Returns when all are planned. Raises TimeoutError after two minutes without one."""
        heard = time.perf_counter()
        while self.left:
            fetched = await consumer.getmany(timeout_ms=500)
            now = time.perf_counter()
            before = self.left
            for records in fetched.values():
                for record in records:
                    self._note(dict(record.headers), now)
            if self.left < before:
                heard = now
            elif now - heard > _PATIENCE_S:
                raise TimeoutError(f"{self.left} follow-ups are missing")

    def _note(self, headers: dict[str, bytes], now: float) -> None:
        flow = headers["ce_correlationid"]
        if headers["ce_type"] != PLANNED or not flow.startswith(self._prefix):
            return
        number = int(flow[len(self._prefix) :])
        if self.planned[number]:
            self.doubles += 1
        else:
            self.planned[number] = now
            self.left -= 1


def buyers(run: str, customers: int, number: int) -> Iterator[int]:
    """Customers drawn with the run's name as a seed, one for each sale."""
    dice = random.Random(run)
    return (dice.randrange(customers) for _ in range(number))


def sales(run: str, customers: int, number: int) -> Iterator[facts.Fact]:
    """Each at the time of its sending."""
    for place, customer in enumerate(buyers(run, customers, number)):
        yield facts.sale(customer, f"{run}-{place}", datetime.now(UTC))


async def pace(producer: AIOKafkaProducer, run: str, customers: int, number: int, rate: float) -> list[float]:
    """Send on time, whatever the answers take; when each was due to leave."""
    begun, due = time.perf_counter() + 0.2, []
    acknowledgements = []
    for place, (key, value, headers) in enumerate(sales(run, customers, number)):
        due.append(begun + place / rate)
        if (wait := due[-1] - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        sent = await producer.send(INGEST, value, key=key.encode(), headers=headers)
        acknowledgements.append(sent)
    await asyncio.gather(*acknowledgements)
    return due


def percentiles(values: list[float]) -> dict[str, float]:
    """In milliseconds."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50_ms": cuts[49] * 1e3, "p99_ms": cuts[98] * 1e3, "max_ms": max(values) * 1e3}


async def run(bootstrap: str, what: str, customers: int, number: int = 0, rate: float = 0) -> dict[str, float]:
    async with AsyncExitStack() as stack:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=1 << 20)
        await producer.start()
        stack.push_async_callback(producer.stop)
        if what == "introduce":
            return {"facts": await facts.send(producer, facts.introductions(customers))}
        consumer = await _at_the_end(bootstrap)
        stack.push_async_callback(consumer.stop)
        name = f"{what}{time.time_ns()}"
        listener, begun = Listener(name, number), time.perf_counter()
        listening = asyncio.create_task(listener.listen(consumer))
        if what == "drain":
            await facts.send(producer, sales(name, customers, number))
            due = [begun]
        else:
            due = await pace(producer, name, customers, number, rate)
        await listening
        seconds = max(listener.planned) - due[0]
        answer = {"seconds": seconds, "doubles": listener.doubles, "rate": number / seconds}
        if what == "pace":
            answer |= percentiles([at - sent for at, sent in zip(listener.planned, due, strict=True)])
        return answer


async def _at_the_end(bootstrap: str) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="latest", enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition(CAMPAIGNS, partition) for partition in range(12)])
    await consumer.seek_to_end()
    for partition in consumer.assignment():
        await consumer.position(partition)
    return consumer


if __name__ == "__main__":
    settle_collector()
    address, action, *numbers = sys.argv[1:]
    startup = time.process_time()
    result = uvloop.run(run(address, action, *map(int, numbers)))
    print(json.dumps({**result, "startup_s": startup}))
