"""Sends a shop's facts at a steady rate, and keeps the ledger of what the broker has acknowledged."""

import asyncio
from collections import Counter
from typing import Self

from aiokafka import AIOKafkaProducer

from demo.oracle.ledger import SALE, Ledger, SaleKey
from demo.world.facts import Fact
from tests.faults.shop import Shop


class Load:
    """Use `async with`; nothing is sent before `open` or `run`."""

    def __init__(self, brokers: str, shop: Shop, rate: float) -> None:
        self.ledger = Ledger()
        self.sent: Counter[str] = Counter()
        self.arrived: dict[SaleKey, int] = {}
        """When the broker took each sale first, in milliseconds since the epoch."""
        self._shop = shop
        self._rate = rate
        self._ending = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._producer = AIOKafkaProducer(
            bootstrap_servers=brokers, acks="all", enable_idempotence=True, request_timeout_ms=120_000
        )

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def open(self) -> None:
        """All that is known before trading begins, acknowledged."""
        for fact in self._shop.opening():
            await self._send(fact)
        await asyncio.gather(*self._sending)

    async def run(self) -> None:
        """Until `end`; returns when everything sent is acknowledged."""
        while not self._ending.is_set():
            for fact in self._shop.moment():
                await self._send(fact)
            await asyncio.sleep(1 / self._rate)
        await asyncio.gather(*self._sending)

    async def some(self, number: int) -> None:
        """Returns when so many facts more are acknowledged; `run` sends them meanwhile."""
        enough = sum(self.sent.values()) + number
        while sum(self.sent.values()) < enough:
            await asyncio.sleep(0.1)

    async def grow(self, facts: int, identities: int) -> None:
        """So many profiles of one customer, each with so many customer numbers of other systems that nobody knew."""
        for fact in self._shop.growing(facts, identities):
            await self._send(fact)

    def end(self) -> None:
        self._ending.set()

    async def _send(self, fact: Fact) -> None:
        """In this order, whatever becomes of the broker meanwhile."""
        key = fact.key.encode()
        future = await self._producer.send(fact.topic, fact.value(), key=key, headers=fact.headers())
        task = asyncio.create_task(self._acknowledged(fact, future))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _acknowledged(self, fact: Fact, future: asyncio.Future[object]) -> None:
        stored = await future
        self.ledger.add(fact)
        self.sent[fact.type] += 1
        if fact.type == SALE:
            self.arrived.setdefault((fact.source, fact.data["sale_id"]), stored.timestamp)  # type: ignore[attr-defined]
