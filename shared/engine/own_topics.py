"""What the topics of one service hold: the last number of each partition, and every record beyond a number."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.engine.decode import MAX_SEQUENCE
from shared.engine.event import Record
from shared.engine.ledger import Place
from shared.engine.partitions import PARTITIONS
from shared.errors import Transient
from shared.events.topics import topics_of

_FIRST_LOOK, _WIDER = 32, 8
"""How many offsets before the end are looked at first, and by what factor more where they hold no answer."""
_SILENT_POLLS = 20
_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Known:
    """What a database knows of its service's topics: up to which number each partition's events were `sent`, and the
    ids of stored batches by their numbers, which may have been sent.
    """

    sent: Mapping[Place, int]
    stored: Mapping[Place, Mapping[int, str]]

    def of(self, place: Place) -> int:
        """The number up to which everything was sent."""
        return self.sent.get(place, 0)

    def misses(self, record: Record) -> bool:
        """Whether this was published and the database does not know of it."""
        place, number = (record.topic, record.partition), sequence_of(record)
        return number > self.of(place) and self.stored.get(place, {}).get(number) != id_of(record)


class OwnTopics:
    """Every partition as it stands when it is opened, without what a sender took back."""

    def __init__(
        self, consumer: AIOKafkaConsumer, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> None:
        self._consumer = consumer
        self._begins = begins
        self._ends = ends
        self._cut_short: dict[TopicPartition, tuple[int, int]] = {}

    @property
    def places(self) -> list[Place]:
        return [(place.topic, place.partition) for place in self._ends]

    async def find_missed(self, known: Known) -> dict[Place, int]:
        """Where a record stands of which the database does not know, and the highest number that was seen there.

        A partition is looked at from its end back to a number that was sent: a repetition that was cut short may stand
        behind the highest one, however long it is.
        """
        missed: dict[Place, int] = {}
        async for at, records in self._look_back(known):
            if any(map(known.misses, records)):
                missed[at.topic, at.partition] = max(map(sequence_of, records))
        return missed

    async def beyond(self, numbers: Mapping[Place, int], first: Sequence[str] = ()) -> AsyncIterator[Sequence[Record]]:
        """The records numbered beyond these, a repetition left out; parts of a partition, topic by topic, in order.

        The topics of `first` come first, as they are named there.
        """
        turns = {topic: turn for turn, topic in enumerate(first)}
        places = sorted(place for place, end in self._ends.items() if end > self._begins[place])
        for place in sorted(places, key=lambda place: turns.get(place.topic, len(turns))):
            known = last = latest = numbers.get((place.topic, place.partition), 0)
            async for records in self._read({place: await self._find_start(place, known)}):
                fresh = []
                for record in records[place]:
                    if (latest := sequence_of(record)) > last:
                        fresh.append(record)
                        last = latest
                if fresh:
                    yield fresh
            if known < latest < last:
                self._cut_short[place] = known, latest

    async def left_out(self) -> AsyncIterator[Sequence[Record]]:
        """Of what `beyond` read to its end: what a repetition at the end of a partition, cut short, would have written.

        Written once more it completes that: what is newest stands last, where compaction keeps it.
        """
        for place, (known, latest) in self._cut_short.items():
            missing: dict[int, Record] = {}
            async for records in self._read({place: await self._find_start(place, known)}):
                missing |= {number: each for each in records[place] if (number := sequence_of(each)) > latest}
            yield [missing[number] for number in sorted(missing)]

    async def _find_start(self, place: TopicPartition, known: int) -> int:
        """An offset at or before the first record that is numbered beyond `known`, and not much before it.

        No record up to `known` was written again behind one beyond it: a batch is sent whole before the next one.
        """
        end, begin, width = self._ends[place], self._begins[place], _FIRST_LOOK
        while begin < end - width:
            async for records in self._read({place: end - width}):
                if sequence_of(records[place][0]) > known:
                    break
                return end - width
            width *= _WIDER
        return begin

    async def _look_back(self, known: Known) -> AsyncIterator[tuple[TopicPartition, list[Record]]]:
        """The last records of each partition, back to one that was sent or to one that is not known; looks get wider
        and wider.
        """
        pending, width = {place for place, end in self._ends.items() if end > self._begins[place]}, _FIRST_LOOK
        while pending:
            starts = {place: max(self._ends[place] - width, self._begins[place]) for place in pending}
            found: dict[TopicPartition, list[Record]] = {place: [] for place in pending}
            async for records in self._read(starts):
                for place, some in records.items():
                    found[place] += some
            for place, some in found.items():
                sent = known.of((place.topic, place.partition))
                if starts[place] == self._begins[place] or any(
                    known.misses(each) or 0 < sequence_of(each) <= sent for each in some
                ):
                    pending.discard(place)
                    yield place, some
            width *= _WIDER

    async def _read(self, starts: Mapping[TopicPartition, int]) -> AsyncIterator[dict[TopicPartition, list[Record]]]:
        """What stands from these offsets to the ends, as it comes. Raises Transient where the brokers fall silent."""
        self._consumer.assign(list(starts))
        for place, offset in starts.items():
            self._consumer.seek(place, offset)
        pending, silent = set(starts), 0
        while pending:
            found = {
                place: [_record(each) for each in records if each.offset < self._ends[place]]
                for place, records in (await self._consumer.getmany(*pending, timeout_ms=500)).items()
            }
            if found := {place: records for place, records in found.items() if records}:
                yield found
            silent = 0 if found else silent + 1
            pending = {place for place in pending if await self._consumer.position(place) < self._ends[place]}
            if pending and silent > _SILENT_POLLS:
                raise Transient("the brokers do not give what their topics hold")


@asynccontextmanager
async def open_topics(source: str, options: Mapping[str, Any]) -> AsyncIterator[OwnTopics]:
    """The topics that `source` owns, those of them that exist. Raises KafkaError."""
    if not topics_of(source):
        yield OwnTopics(None, {}, {})
        return
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False, auto_offset_reset="earliest", isolation_level="read_committed", **options
    )
    try:
        await consumer.start()
        # What the consumer itself knows of topics is empty until something is assigned.
        existing = await consumer.topics()
        topics = [topic for topic in topics_of(source) if topic in existing]
        places = [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]
        consumer.assign(places)
        yield OwnTopics(consumer, await consumer.beginning_offsets(places), await consumer.end_offsets(places))
    finally:
        await consumer.stop()


def sequence_of(record: Record) -> int:
    return number_in(record.headers)


def id_of(record: Record) -> str:
    return (dict(record.headers).get("ce_id") or b"").decode("utf-8", "replace")


def number_in(headers: Iterable[tuple[str, bytes | None]]) -> int:
    """0 too where somebody else wrote what is no number of ours: nobody may stop a service by that."""
    digits = dict(headers).get("ce_sequence") or b""
    number = int(digits) if digits.isdigit() and len(digits) <= _DIGITS else 0
    return number if number <= MAX_SEQUENCE else 0


def _record(found: Any) -> Record:
    return Record(found.topic, found.partition, found.offset, found.key, found.value, found.headers, found.timestamp)
