"""What the cluster itself says of topics: where their logs begin and end, and how they are set up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.engine import fetched
from shared.engine.ledger import Place
from shared.engine.partitions import PARTITIONS
from shared.engine.reading import Failure

_FETCH_S, _LOOK_MS, _LOOK_RECORDS, _LOOK_BYTES = 10, 500, 500, 1 << 20


@dataclass(frozen=True, slots=True)
class Log:
    """One partition: the first offset that is kept, and the offset that the next record will get."""

    beginning: int
    end: int


async def read_logs(options: dict[str, Any], places: Iterable[Place]) -> dict[Place, Log]:
    """Where each partition begins and ends; one that does not exist is left out. Raises KafkaError."""
    consumer = AIOKafkaConsumer(enable_auto_commit=False, **options)
    await consumer.start()
    try:
        existing = await consumer.topics()
        wanted = [
            TopicPartition(topic, partition)
            for topic, partition in sorted(places)
            if topic in existing and partition in range(PARTITIONS)
        ]
        if not wanted:
            return {}
        beginnings, ends = await consumer.beginning_offsets(wanted), await consumer.end_offsets(wanted)
        return {(place.topic, place.partition): Log(beginnings[place], ends[place]) for place in wanted}
    finally:
        await consumer.stop()


async def read_failures(options: dict[str, Any], offsets: Mapping[Place, int]) -> dict[Place, Failure]:
    """Of these places those where nothing can be read at their offset, and why, as our readers find it.

    What does not answer within ten seconds is left out. Raises KafkaError.
    """
    fetched.patch_aiokafka()
    starts = {TopicPartition(*place): offset for place, offset in offsets.items()}
    consumer = AIOKafkaConsumer(enable_auto_commit=False, isolation_level="read_committed", **options)
    await consumer.start()
    try:
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
    await admin.start()
    try:
        partitions = {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names if name in partitions]
        described: dict[str, tuple[int, dict[str, str]]] = {}
        for response in await admin.describe_configs(resources) if resources else ():
            for _, _, _, name, entries in response.resources:
                described[name] = (partitions[name], {entry[0]: entry[1] for entry in entries})
        return described
    finally:
        await admin.close()
