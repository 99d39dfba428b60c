"""What the topics and the maildir show after a run, read from outside."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


@dataclass(frozen=True, slots=True)
class Published:
    """A record of one of our topics. `at` is the broker's time in milliseconds."""

    topic: str
    partition: int
    id: str
    type: str
    sequence: int
    at: int
    data: dict[str, Any]


async def read_topics(brokers: str, topics: Sequence[str]) -> list[Published]:
    """Everything that the topics hold, each partition in its order."""
    async with AIOKafkaConsumer(
        bootstrap_servers=brokers, enable_auto_commit=False, auto_offset_reset="earliest"
    ) as consumer:
        places = [TopicPartition(topic, partition) for topic in topics for partition in range(12)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        found: list[Published] = []
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                found += [_published(place, record) for record in records]
        return found


def _published(place: TopicPartition, record: Any) -> Published:
    headers = {name: value.decode() for name, value in record.headers}
    return Published(
        place.topic,
        place.partition,
        headers["ce_id"],
        headers["ce_type"],
        int(headers["ce_sequence"]),
        record.timestamp,
        json.loads(record.value) if record.value else {},
    )


async def end_offsets(brokers: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """By topic and partition, where the log ends."""
    async with AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False) as consumer:
        places = [TopicPartition(topic, partition) for topic in topics for partition in range(12)]
        return {(place.topic, place.partition): end for place, end in (await consumer.end_offsets(places)).items()}


async def older_after_newer(brokers: str) -> list[str]:
    """Parties whose newest record on the compacted topic is not their newest version."""
    highest, last = dict[str, int](), dict[str, int]()
    for record in await read_topics(brokers, ["crm.parties"]):
        if "party_id" in record.data:
            party, version = record.data["party_id"], record.data["version"]
            highest[party], last[party] = max(highest.get(party, 0), version), version
    return [
        f"party {party} ends at version {version}, {highest[party]} was there before"
        for party, version in last.items()
        if version != highest[party]
    ]


def sequence_faults(records: Sequence[Published]) -> list[str]:
    """Where the numbers of a partition are not 1, 2, 3 … in its log; a second sending has its old number and id."""
    faults, highest, ids = [], Counter[tuple[str, int]](), dict[tuple[str, int, int], str]()
    for record in records:
        place = (record.topic, record.partition)
        if record.sequence <= highest[place]:
            if ids[*place, record.sequence] != record.id:
                faults.append(f"{place} has number {record.sequence} for two events")
            continue
        if record.sequence != highest[place] + 1:
            faults.append(f"{place} goes from {highest[place]} to {record.sequence}")
        highest[place] = record.sequence
        ids[*place, record.sequence] = record.id
    return faults


def resent(records: Sequence[Published]) -> int:
    """How many records are second sendings of a relay."""
    return len(records) - len({(record.topic, record.partition, record.sequence) for record in records})


def times_published(records: Sequence[Published], type_: str) -> Counter[tuple[str, str]]:
    """How many different events stand for each sale, by (origin, sale_id)."""
    events = defaultdict[tuple[str, str], set[str]](set)
    for record in records:
        if record.type == type_:
            events[record.data["origin"], record.data["sale_id"]].add(record.id)
    return Counter({sale: len(ids) for sale, ids in events.items()})


def letters(maildir: Path) -> list[str]:
    """The names of the files that hold a letter; a name is a message id."""
    return [path.name for path in (maildir / "new").iterdir()]
