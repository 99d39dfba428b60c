"""What the cluster itself says of topics: where their logs begin and end, and how they are set up."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaTimeoutError

from shared.engine import fetched
from shared.engine.ledger import Place
from shared.engine.partitions import PARTITIONS
from shared.engine.reading import Failure

_READ_S = 10
_FETCH_S, _LOOK_MS, _LOOK_RECORDS, _LOOK_BYTES = 10, 500, 500, 1 << 20


@dataclass(frozen=True, slots=True)
class Log:
    """One partition: the first offset that is kept, and the offset that the next record will get."""

    beginning: int
    end: int


class Logs:
    """Says where partitions begin and end, by one client that stays until it fails or is closed."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._turn = asyncio.Lock()
        self._consumer: AIOKafkaConsumer | None = None
        self._existing: frozenset[str] = frozenset()

    async def read(self, places: Collection[Place]) -> dict[Place, Log]:
        """Those that do not exist are left out. Raises KafkaError."""
        async with self._turn:
            try:
                async with asyncio.timeout(_READ_S):
                    return await self._read(places)
            except TimeoutError as error:
                await self._drop()
                raise KafkaTimeoutError from error
            except BaseException:
                await self._drop()  # one that was interrupted, or knows topics that are gone, is not asked again
                raise

    async def close(self) -> None:
        async with self._turn:
            await self._drop()

    async def _read(self, places: Collection[Place]) -> dict[Place, Log]:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(enable_auto_commit=False, **self._options)
            await self._consumer.start()
        if not self._existing.issuperset(topic for topic, _ in places):
            self._existing = frozenset(await self._consumer.topics())
        wanted = [
            TopicPartition(topic, partition)
            for topic, partition in sorted(places)
            if topic in self._existing and partition in range(PARTITIONS)
        ]
        if not wanted:
            return {}
        beginnings, ends = await self._consumer.beginning_offsets(wanted), await self._consumer.end_offsets(wanted)
        return {(place.topic, place.partition): Log(beginnings[place], ends[place]) for place in wanted}

    async def _drop(self) -> None:
        consumer, self._consumer, self._existing = self._consumer, None, frozenset()
        if consumer is not None:
            await consumer.stop()


async def read_logs(options: Mapping[str, Any], places: Iterable[Place]) -> dict[Place, Log]:
    """Where each partition begins and ends, once; one that does not exist is left out. Raises KafkaError."""
    logs = Logs(options)
    try:
        return await logs.read(set(places))
    finally:
        await logs.close()


async def read_failures(options: dict[str, Any], offsets: Mapping[Place, int]) -> dict[Place, Failure]:
    """Of these places those where nothing can be read at their offset, and why, as our readers find it.

    What does not answer within ten seconds is left out. Raises KafkaError.
    """
    fetched.patch_aiokafka()
    starts = {TopicPartition(*place): offset for place, offset in offsets.items()}
    consumer = AIOKafkaConsumer(enable_auto_commit=False, isolation_level="read_committed", **options)
    try:
        await consumer.start()
        consumer.assign(list(starts))
        for tp, offset in starts.items():
            consumer.seek(tp, offset)
        found, deadline = dict[Place, Failure](), monotonic() + _FETCH_S
        while starts and monotonic() < deadline:
            records, spans = await fetched.take(consumer, _LOOK_MS, _LOOK_RECORDS, _LOOK_BYTES)
            failing = fetched.failures(consumer)
            for tp, offset in list(starts.items()):
                read = tp in records or spans.get(tp, (offset, offset))[1] > offset
                if read or tp in failing:
                    del starts[tp]
                    consumer.pause(tp)
                if not read and tp in failing:
                    found[tp.topic, tp.partition] = failing[tp]
        return found
    finally:
        await consumer.stop()


async def read_topics(options: dict[str, Any], names: Sequence[str]) -> dict[str, tuple[int, dict[str, str]]]:
    """Number of partitions and settings of each topic that exists. Raises KafkaError."""
    admin = AIOKafkaAdminClient(**options)
    try:
        await admin.start()
        partitions = {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names if name in partitions]
        described: dict[str, tuple[int, dict[str, str]]] = {}
        for response in await admin.describe_configs(resources) if resources else ():
            for _, _, _, name, entries in response.resources:
                described[name] = (partitions[name], {entry[0]: entry[1] for entry in entries})
        return described
    finally:
        await admin.close()
