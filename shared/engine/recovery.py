"""A database that was restored from a backup is behind its own topics: find out before anything is published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.engine.ledger import Place
from shared.engine.partitions import PARTITIONS
from shared.events.topics import topics_of


@dataclass(frozen=True, slots=True)
class Ahead:
    """A partition whose last number is beyond what the database remembers to have drawn."""

    place: Place
    published: int
    remembered: int


async def last_sequences(source: str, options: dict[str, Any]) -> dict[Place, int]:
    """The `ce_sequence` of the last record in each partition of the topics of `source`; 0 where none is kept."""
    if not topics_of(source):
        return {}
    consumer = AIOKafkaConsumer(enable_auto_commit=False, auto_offset_reset="earliest", **options)
    try:
        await consumer.start()
        # What the consumer itself knows of topics is empty until something is assigned.
        existing = await consumer.topics()
        topics = [topic for topic in topics_of(source) if topic in existing]
        places = [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]
        consumer.assign(places)
        ends, beginnings = await consumer.end_offsets(places), await consumer.beginning_offsets(places)
        wanted = {place for place in places if ends[place] > beginnings[place]}
        for place in places:
            consumer.seek(place, max(ends[place] - 1, beginnings[place]))
        last = {(place.topic, place.partition): 0 for place in places}
        while wanted:
            for place, records in (await consumer.getmany(timeout_ms=1_000)).items():
                headers = dict(records[-1].headers)
                last[place.topic, place.partition] = int(headers.get("ce_sequence", b"0"))
                wanted.discard(place)
        return last
    finally:
        await consumer.stop()


def ahead_of(published: Mapping[Place, int], remembered: Mapping[Place, int]) -> list[Ahead]:
    """The partitions in which more was published than is remembered, in order."""
    return [
        Ahead(place, sequence, remembered.get(place, 0))
        for place, sequence in sorted(published.items())
        if sequence > remembered.get(place, 0)
    ]
