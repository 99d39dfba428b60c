"""Sends facts on the stream's clock: what arrived up to a tick, then that tick to every partition."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from aiokafka import AIOKafkaProducer
from pydantic_core import to_json

from demo.world.clock import DAY, is_desk, next_tick
from demo.world.facts import Fact, stamp

TICK = "crm.clock.ticked.v1"
SOURCE = "/replayer"
PARTITIONS = 12
AHEAD = 7 * DAY
_LOOK_AGAIN = 0.1  # seconds between two looks at the slowest service
_BREATH = 100  # facts between two turns of the event loop, which the sender's own task needs


@dataclass(slots=True)
class Progress:
    """How far the sending is; read it at any time."""

    sent: Counter[str] = field(default_factory=Counter)
    """Acknowledged facts by type."""
    now: datetime | None = None
    """The last tick."""
    waiting: bool = False
    """Held back by the slowest service."""


class Replayer:
    """Sends in the order given, inside `async with`. A fact is told to `sent` when the broker has acknowledged it.

    `passed` returns the midnight that every service has passed, or None before the first. The sending stays at most
    `ahead` in front of it: what a service decides by the clock stays close to what it would have decided on the day.
    `at_desk` is awaited after the tick at which support's desk opens, and the sending goes on once it has closed.
    """

    def __init__(
        self,
        brokers: str,
        *,
        passed: Callable[[], Awaitable[datetime | None]],
        sent: Callable[[Fact], None],
        at_desk: Callable[[datetime], Awaitable[None]] | None = None,
        ahead: timedelta = AHEAD,
    ) -> None:
        self.progress = Progress()
        self._passed = passed
        self._sent = sent
        self._at_desk = at_desk
        self._ahead = ahead
        self._first: datetime | None = None
        self._producer = AIOKafkaProducer(
            bootstrap_servers=brokers,
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            max_batch_size=131_072,
            max_request_size=2_097_152,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._producer.start()
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def send(self, facts: Sequence[Fact]) -> None:
        """Send all of them, and return when they are acknowledged."""
        acknowledged = []
        for turn, fact in enumerate(facts):
            key = fact.key.encode()
            acknowledged.append(await self._producer.send(fact.topic, fact.value(), key=key, headers=fact.headers()))
            if turn % _BREATH == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*acknowledged)
        for fact in facts:
            self._sent(fact)
            self.progress.sent[fact.type] += 1

    async def run(self, facts: Iterable[Fact], ends: Sequence[timedelta] = ()) -> datetime:
        """Send tick by tick, then tick so long after the last one as `ends` says; return the last tick."""
        tick = datetime.now(UTC)
        for tick, arrived in by_tick(facts):
            await self.send(arrived)
            await self._tick(tick)
            if self._at_desk is not None and is_desk(tick):
                await self._at_desk(tick)
        for wait in ends:
            await self._tick(tick + wait)
        return tick + max(ends, default=timedelta())

    async def tick_on(self, by: timedelta) -> None:
        """One tick more, so long after the last one."""
        assert self.progress.now is not None
        await self._tick(self.progress.now + by)

    async def _tick(self, now: datetime) -> None:
        await self._keep_pace()
        value = to_json({"now": stamp(now)})
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_type", TICK.encode()),
            ("ce_source", SOURCE.encode()),
            ("ce_time", stamp(now).encode()),
            ("content-type", b"application/json"),
        ]
        acknowledged = [
            await self._producer.send(
                "crm.ingest",
                value,
                key=f"clock/{partition}".encode(),
                partition=partition,
                headers=[*headers, ("ce_id", f"tick-{now:%Y-%m-%dT%H%M%S}-{partition}".encode())],
            )
            for partition in range(PARTITIONS)
        ]
        await asyncio.gather(*acknowledged)
        self.progress.now = now
        self._first = self._first or now

    async def _keep_pace(self) -> None:
        """Wait until the slowest service is near enough to the last tick."""
        while self.progress.now and self._first:
            if self.progress.now - (await self._passed() or self._first) <= self._ahead:
                break
            self.progress.waiting = True
            await asyncio.sleep(_LOOK_AGAIN)
        self.progress.waiting = False


def by_tick(facts: Iterable[Fact]) -> Iterator[tuple[datetime, list[Fact]]]:
    """The facts that arrive before each tick, and that tick; ticks without facts too."""
    arrived: list[Fact] = []
    tick: datetime | None = None
    for fact in facts:
        tick = tick or next_tick(fact.arrives)
        while fact.arrives >= tick:
            yield tick, arrived
            arrived, tick = [], next_tick(tick)
        arrived.append(fact)
    if tick is not None:
        yield tick, arrived
