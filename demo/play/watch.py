"""Looks into the services' databases and Kafka from outside, read-only: how far they are, and what is left over."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.clock import TICKED_TOPICS
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
PARTITIONS = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one service is."""

    handled: int
    lag: int
    passed: datetime | None
    """The tick that all its partitions have passed."""
    stopped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    outbox: int
    parked: int
    quarantined: int
    failed_timers: int
    due_timers: int


class Watch:
    """Connections of its own, one a database. Use `async with`."""

    def __init__(self, brokers: str, databases: Mapping[str, str]) -> None:
        """`databases` are the services' DSNs by service name."""
        self._brokers = brokers
        self._dsns = databases
        self._pools: dict[str, asyncpg.Pool[asyncpg.Record]] = {}
        self._consumer = AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False)

    async def __aenter__(self) -> Self:
        for service, dsn in self._dsns.items():
            self._pools[service] = await asyncpg.create_pool(
                dsn, min_size=1, max_size=3, server_settings={"default_transaction_read_only": "on"}
            )
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        for pool in self._pools.values():
            await pool.close()

    async def rows(self, service: str, statement: str, *args: object) -> list[Any]:
        return await self._pools[service].fetch(statement, *args)

    async def passed(self) -> datetime | None:
        """The midnight that every service has passed everywhere; None before the first."""
        found = await asyncio.gather(*(self._passed(service) for service in self._pools))
        known = [midnight for midnight in found if midnight is not None]
        return min(known) if len(known) == len(found) else None

    async def _passed(self, service: str) -> datetime | None:
        return _slowest(await self.rows(service, SQL["load_fences"]))

    async def standings(self) -> dict[str, Standing]:
        """Every service's progress and lag."""
        fences = {service: await self.rows(service, SQL["load_fences"]) for service in self._pools}
        topics = {row["topic"] for rows in fences.values() for row in rows}
        ends = await self._ends(topics)
        return {service: _standing(rows, ends) for service, rows in fences.items()}

    async def standing(self, service: str) -> Standing:
        """One service's progress and lag."""
        rows = await self.rows(service, SQL["load_fences"])
        return _standing(rows, await self._ends({row["topic"] for row in rows}))

    async def behind(self, topic: str, services: Sequence[str]) -> int:
        """How many records of the topic these services have not handled."""
        end = sum((await self._ends({topic})).values())
        behind = 0
        for service in services:
            rows = await self.rows(service, SQL["load_fences"])
            behind += end - sum(row["next_offset"] for row in rows if row["topic"] == topic)
        return behind

    async def _ends(self, topics: set[str]) -> dict[tuple[str, int], int]:
        places = [TopicPartition(topic, partition) for topic in sorted(topics) for partition in range(PARTITIONS)]
        found = await self._consumer.end_offsets(places) if places else {}
        return {(place.topic, place.partition): end for place, end in found.items()}

    async def troubles(self, now: datetime) -> dict[str, Trouble]:
        """What each service has left over at `now` of the stream's clock."""
        found = {}
        for service in self._pools:
            (row,) = await self.rows(service, SQL["load_trouble"], now)
            found[service] = Trouble(**row)
        return found

    async def refusals(self, service: str) -> list[str]:
        """The first reasons of what was parked or quarantined, one a line."""
        rows = await self.rows(service, SQL["load_refusals"])
        return [
            f"{row['group_id']} {row['topic']}/{row['partition']} at {row['record_offset']}: "
            f"{row['reason']} {row['detail']}".rstrip()
            for row in rows
        ]


def _slowest(rows: list[Any]) -> datetime | None:
    """None unless every partition of every clocked topic that a group hears has a watermark."""
    marks = [row["watermark"] for row in rows if row["topic"] in TICKED_TOPICS]
    heard = {(row["group_id"], row["topic"]) for row in rows if row["topic"] in TICKED_TOPICS}
    complete = marks and None not in marks and len(marks) == PARTITIONS * len(heard)
    return min(marks) if complete else None


def _standing(rows: list[Any], ends: Mapping[tuple[str, int], int]) -> Standing:
    """A partition without a fence counts as not begun."""
    handled = {(row["group_id"], row["topic"], row["partition"]): row["next_offset"] for row in rows}
    lag = sum(
        max(0, ends[topic, partition] - handled.get((group, topic, partition), 0))
        for group, topic in {(row["group_id"], row["topic"]) for row in rows}
        for partition in range(PARTITIONS)
    )
    stopped = [
        f"{row['group_id']} {row['topic']}/{row['partition']}: {row['stopped']}" for row in rows if row["stopped"]
    ]
    return Standing(sum(handled.values()), lag, _slowest(rows), tuple(stopped))
