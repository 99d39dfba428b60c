"""The system that is simulated: facts come in, one group numbers them per party and emits, a second group reads that.

The oracle is simple on purpose: however the seed interleaves and kills, every fact has its effect once in each group,
in the order of its key, and whoever reads the second topic sees the numbers of a party from 1 without a gap.
"""

import json
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiokafka.errors import ProducerFenced

from shared.engine.event import Emission, Event, Record
from shared.engine.ledger import Outgoing, Place
from shared.engine.publisher import Unsendable
from shared.engine.subscription import Subscription
from shared.errors import BadRecord, Conflict
from shared.events.ingest import INGEST, ReportedChoice
from shared.events.sales import SALES, ProductChosen
from shared.ids import derived_id
from tests.simulation.memory import MemoryTransaction

PARTITIONS = 2
NOW = datetime(2026, 3, 1, tzinfo=UTC)
POISONS = ("refused", "refused later", "schema", "type", "header", "json", "no key", "heavy", "heavy")
TIME = b"2026-03-01T00:00:00Z"


@dataclass(slots=True)
class Log:
    """Kafka, as far as it matters: partitions that only grow, at their ends.

    With `gaps` there are offsets without a record: marks of transactions, and what compaction left out.
    """

    gaps: random.Random | None = None
    clock: Callable[[], float] = lambda: 0.0
    kept: bool = False
    topics: dict[str, list[list[Record | None]]] = field(
        default_factory=lambda: {topic: [[] for _ in range(PARTITIONS)] for topic in (INGEST, SALES)}
    )
    _begins: dict[Place, int] = field(default_factory=dict)
    epoch: int = 0
    written: dict[Place, int] = field(default_factory=dict)
    takes_heavy: bool = False

    def next_epoch(self) -> int:
        """What a relay's publisher is given when it begins."""
        self.epoch += 1
        return self.epoch

    def end_predecessors(self, epoch: int, places: Iterable[Place]) -> None:
        """As brokers take the mark of an aborted transaction: nothing comes of lower epochs any more.

        Raises ProducerFenced where this one is lower itself.
        """
        for place in places:
            if epoch < self.written.get(place, 0):
                raise ProducerFenced
            self.written[place] = epoch
            self._leave_gap(self.topics[place[0]][place[1]])

    def accept(self, epoch: int, row: Outgoing) -> None:
        """As a broker takes a relay's record: not from one whose successor has written here, and none too large."""
        place = (row.topic, row.partition)
        if epoch < self.written.get(place, 0):
            raise ProducerFenced
        if b"heavy" in (row.payload or b"") and not self.takes_heavy:
            raise Unsendable(place, row, "too large")
        self.written[place] = epoch

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> None:
        """One record more; its offset is its place."""
        log = self.topics[topic][partition]
        self._leave_gap(log)
        log.append(Record(topic, partition, len(log), key, value, list(headers), int(self.clock() * 1000)))
        self._leave_gap(log)

    def _leave_gap(self, log: list[Record | None]) -> None:
        if self.gaps is not None and self.gaps.random() < 0.2:
            log += [None] * self.gaps.randrange(1, 3)

    def begin(self, place: Place) -> int:
        """The first offset that is kept."""
        return self._begins.get(place, 0)

    def end(self, place: Place) -> int:
        """Behind the last one."""
        return len(self.topics[place[0]][place[1]])

    def between(self, place: Place, begin: int, end: int) -> list[Record]:
        """The records of these offsets."""
        return [record for record in self.topics[place[0]][place[1]][begin:end] if record is not None]

    def forget(self, handled: Mapping[Place, int]) -> None:
        """Retention deletes what every group has handled, unless a backup may ask for it."""
        for place, offset in handled.items():
            if not self.kept:
                self._begins[place] = max(self.begin(place), offset)

    def read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        """Records from an offset on."""
        found = self.topics[topic][partition][offset : offset + limit]
        return [record for record in found if record is not None]


@dataclass(slots=True)
class Repair:
    """Whether what made the handlers refuse has been repaired."""

    done: bool = False


def fact(
    number: int, sender: int, *, poison: str | None = None
) -> tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]:
    """A choice by one of the senders: (key, value, headers). `poison` names what is wrong with it."""
    named = ("refused", "buggy", "heavy", "alone")
    skus = {"refused later": "refused-later", **dict(zip(named, named, strict=True))}
    sku = skus.get(poison or "", f"sku-{number}")
    value: dict[str, Any] = {"party": {"name": str(sender)}, "sku": sku, "channel": "web", "intent": "viewed"}
    if poison == "schema":
        value["intent"] = "stolen"
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(number).encode()),
        ("ce_source", b"/shop"),
        ("ce_type", b"crm.product.chosen.v1" if poison != "type" else b"crm.nobody.knows.v1"),
        ("ce_time", TIME),
    ]
    if poison == "header":
        headers[1] = ("ce_id", b"\xff\xfe")
    key = None if poison == "no key" else f"customer-{sender}".encode()
    return key, b"{" if poison == "json" else json.dumps(value).encode(), headers


def party_of(sender: int) -> UUID:
    """Two senders share a party, so that its events come from two partitions; the others are on their own."""
    return derived_id("party", max(sender, 1))


async def _count(tx: MemoryTransaction, table: str, key: str, what: object) -> int:
    """Append to a list under its row lock; returns the new length."""
    await tx.lock((table, key))
    seen = [*(tx.get(table, key) or []), what]
    tx.put(table, key, seen)
    return len(seen)


def subscriptions(
    repair: Repair, count: Callable[[Any, str, str, object], Awaitable[int]] = _count
) -> tuple[Subscription, Subscription]:
    """The two groups. `count` is how a handler appends to a party's list in the storage under test."""
    numbering = Subscription("contacts.ingest", kind="process", topics=[INGEST])
    reading = Subscription("marketing.follow-ups", kind="process", topics=[SALES], follows_time=True)

    @numbering.topic(INGEST)
    async def number_choices(events: Sequence[Event[ReportedChoice]], tx: Any) -> None:
        for event in sorted(events, key=lambda event: (str(_party(event)), event.partition, event.offset)):
            if event.data.sku == "buggy" and not repair.done:
                raise KeyError("a bug, until it is repaired")
            if event.data.sku == "refused" and not repair.done:
                raise BadRecord("refused", "until it is repaired")
            if event.data.sku == "alone" and not repair.done:
                raise Conflict("until it is repaired")
            number = await count(tx, "numbered", str(_party(event)), _name(event))
            tx.emit([_choice(event, number)])

    @reading.topic(SALES)
    async def read_choices(events: Sequence[Event[ProductChosen]], tx: Any) -> None:
        for event in sorted(events, key=lambda event: (str(event.data.party_id), event.partition, event.offset)):
            if event.data.sku == "refused-later" and not repair.done:
                raise KeyError("a bug, until it is repaired")
            await count(tx, "read", str(event.data.party_id), f"{event.data.party_version} {event.data.origin}")

    return numbering, reading


def _party(event: Event[ReportedChoice]) -> UUID:
    return party_of(int(event.data.party.name or 0))


def _name(event: Event[ReportedChoice]) -> str:
    """Which fact it is."""
    return f"{event.key and event.key.decode()}/{event.id}"


def _choice(event: Event[ReportedChoice], number: int) -> Emission:
    party = _party(event)
    data = ProductChosen(
        party_id=party,
        party_version=number,
        sku=event.data.sku,
        channel="web",
        intent="viewed",
        recorded_at=NOW,
        origin=_name(event),  # for the oracle
    )
    return Emission(data, time=NOW, cause=event, partition=party.int % PARTITIONS)


@dataclass(slots=True)
class Sender:
    """What was sent, for the oracle: per key the ids in the order of the log, first sendings only."""

    dice: random.Random
    facts: int
    log: Log
    poisons: Sequence[str] = POISONS
    poison_rate: float = 0.25
    senders: int = 6
    order: dict[str, list[str]] = field(default_factory=dict)
    poisoned: dict[str, str] = field(default_factory=dict)
    _sent: list[tuple[int, Any]] = field(default_factory=list)

    def send(self, number: int) -> None:
        """Send a fact, now and then poisoned, now and then an old one again."""
        sender = self.dice.randrange(self.senders)
        poison = None
        if self.dice.random() < self.poison_rate:
            poison = self.dice.choice(self.poisons)
            poison = "alone" if poison == "refused" and number % 3 == 0 else poison
        record = fact(number, sender, poison=poison)
        partition = sender % PARTITIONS
        self.log.append(INGEST, partition, *record)
        self._sent.append((partition, record))
        key = None if record[0] is None else record[0].decode()
        if poison:
            self.poisoned[str(number)] = poison
        if poison in {None, "refused", "refused later", "buggy", "alone", "no key", "heavy"}:
            self.order.setdefault(str(key), []).append(str(number))
        if self.dice.random() < 0.2:
            again, old = self.dice.choice(self._sent)
            self.log.append(INGEST, again, *old)
