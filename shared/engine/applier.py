"""A batch of records becomes effects: once, in one transaction, with the fences that say so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from shared.engine import faults
from shared.engine.decode import Decoded, decode
from shared.engine.event import Event, Record
from shared.engine.fence import Sifted, sift
from shared.engine.inbox import Corrected, Inbox
from shared.engine.kept import kept
from shared.engine.ledger import EngineTransaction, Ledger, Place, Refusal
from shared.engine.parking import BEHIND, Breaker, BreakerOpen, Isolation
from shared.engine.subscription import Subscription
from shared.engine.traced import Consumed
from shared.errors import Oversized
from shared.events.topics import OWNERS

_NOTHING: Mapping[Place, int] = MappingProxyType({})


@dataclass(slots=True)
class Applied:
    """What became of a batch, as counts by topic and outcome; `paused` says which places stand still, and why.

    Of the places in `tripped` nothing was handled from some record on, of those in `reverted` nothing at all.

    Outcomes: handled, skipped (no handler of the group takes the type), redelivered, resent (by a relay), repeated (by
    a sender), parked, quarantined.
    """

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    paused: dict[Place, str] = field(default_factory=dict)
    tripped: set[Place] = field(default_factory=set)
    reverted: set[Place] = field(default_factory=set)
    ticked: bool = False

    def then(self, later: "Applied") -> "Applied":
        for (topic, outcome), number in later.counts.items():
            self.count(topic, outcome, number)
        self.paused |= later.paused
        self.tripped |= later.tripped
        self.reverted |= later.reverted
        self.ticked = self.ticked or later.ticked
        return self

    def count(self, topic: str, outcome: str, number: int = 1) -> None:
        if number:
            self.counts[topic, outcome] = self.counts.get((topic, outcome), 0) + number


class Applier:
    """The records of one subscription, applied. Keeps nothing between batches but the breaker's window."""

    def __init__(
        self,
        subscription: Subscription,
        ledger: Ledger,
        *,
        stream: bool,
        wall: Callable[[], datetime],
        is_infrastructure: Callable[[Exception], bool],
        traced: Consumed | None = None,
    ) -> None:
        self.subscription = subscription
        self.breaker = Breaker()
        self._ledger = ledger
        self._stream = stream
        self._wall = wall
        self._is_infrastructure = is_infrastructure
        self._traced = traced
        self._ours_alone = all(topic in OWNERS for topic in subscription.topics)

    def decode(self, records: Sequence[Record]) -> list[Decoded]:
        """The verdicts on these records, to be applied soon and once."""
        wall, handlers, stream = self._wall(), self.subscription.topics, self._stream
        return [decode(record, handlers[record.topic], wall, stream=stream) for record in records]

    async def apply(
        self,
        records: Sequence[Record],
        known: Mapping[Place, int] = _NOTHING,
        decoded: Sequence[Decoded] | None = None,
    ) -> Applied:
        """Apply a batch of any partitions, each in the order of its log; what stands already is left alone.

        `known` says where the fences stood when they were last seen: a fence before that means another database.
        `decoded` are the verdicts on these records, where there are some already.

        The whole batch is tried first. An event that cannot be applied parks with the later ones of its key, and the
        others stand. Raises only infrastructure errors: nothing of the batch stands then, or all of it does (a commit
        whose answer was lost), and calling again with the same records is right in both cases.
        """
        wall = self._wall()
        batch = self.decode(records) if decoded is None else decoded
        if self._traced is not None:
            self._traced.open(batch)
        return await self._apply(batch, wall, known)

    async def _apply(self, batch: Sequence[Decoded], wall: datetime, known: Mapping[Place, int]) -> Applied:
        applied = Applied()
        while True:
            try:
                return applied.then(await self._apply_whole(batch, wall, known))
            except Corrected as corrected:
                at = next(n for n, decoded in enumerate(batch) if decoded is corrected.decoded)
            # What was refused gives its id back before the record that carries it too is looked at.
            applied.then(await self._apply(batch[:at], wall, known))
            known = {**known, **_reached(batch[:at])}
            batch = _without_held(batch[at:], applied)

    async def _apply_whole(self, batch: Sequence[Decoded], wall: datetime, known: Mapping[Place, int]) -> Applied:
        try:
            return await self._attempt(batch, wall, known, isolate=False)
        except Oversized:
            if len(batch) > 1:
                return await self._halves(batch, wall, known)
        except Exception as error:
            if self._is_infrastructure(error):
                raise
        try:
            return await self._isolate(batch, wall, known)
        except Oversized:
            return await self._halves(batch, wall, known)

    async def _halves(self, batch: Sequence[Decoded], wall: datetime, known: Mapping[Place, int]) -> Applied:
        middle = len(batch) // 2
        first = await self._apply(batch[:middle], wall, known)
        rest = _without_held(batch[middle:], first)
        return first.then(await self._apply(rest, wall, {**known, **_reached(batch[:middle])}))

    async def _isolate(self, batch: Sequence[Decoded], wall: datetime, known: Mapping[Place, int]) -> Applied:
        """Apply key by key. Of a place whose breaker opens meanwhile nothing stands."""
        tripped: set[Place] = set()
        while True:
            rest = [d for d in batch if (d.record.topic, d.record.partition) not in tripped]
            before = self.breaker.copy()
            try:
                applied = await self._attempt(rest, wall, known, isolate=True)
            except BreakerOpen as opened:
                tripped.add(opened.place)
                self.breaker = before
            except BaseException:
                self.breaker = before
                raise
            else:
                applied.tripped = tripped
                return applied

    async def _attempt(
        self, batch: Sequence[Decoded], wall: datetime, known: Mapping[Place, int], *, isolate: bool
    ) -> Applied:
        places = sorted({(d.record.topic, d.record.partition) for d in batch})
        if not places:
            return Applied()
        async with self._ledger.transaction(self.subscription) as tx:
            sifted = sift(batch, await tx.lock_fences(places), wall, known, stream=self._stream)
            applied = Applied(paused=sifted.stopped, reverted=sifted.reverted, ticked=sifted.ticked)
            tx.last_event_times = self._last_event_times(sifted, wall)
            inbox = None if self._ours_alone else await Inbox.open(tx, sifted.fresh)
            parked, events = await self._admit(tx, sifted, applied, inbox)
            for topic, fresh in events.items():
                refused = await self._handle(tx, topic, fresh, isolate=isolate, alone=len(batch) == 1)
                gone = {(event.partition, event.offset) for event, _ in refused}
                tx.tell([e for e in fresh if (e.partition, e.offset) not in gone] if gone else fresh)
                applied.count(topic, "handled", len(fresh) - len(refused))
                if refused:
                    of = {(d.record.partition, d.record.offset): d for d in sifted.fresh if d.record.topic == topic}
                    parked += [(of[e.partition, e.offset], refusal) for e, refusal in refused]
            if parked:
                if inbox is not None:
                    await inbox.settle(tx, [decoded for decoded, _ in parked])
                await self._park(tx, sifted, parked, wall)
                for decoded, _ in parked:
                    applied.count(decoded.record.topic, "parked")
            await tx.save_fences(sifted.fences)
            faults.point("batch.before_commit")
        faults.point("batch.after_commit")
        if self._traced is not None:
            self._traced.applied(events, parked)
        for (topic, outcome), number in sifted.passed_over.items():
            applied.count(topic, outcome, number)
        return applied

    def _last_event_times(self, sifted: Sifted, wall: datetime) -> dict[int, datetime]:
        if not self.subscription.timers:
            return {}
        if not self._stream:
            return dict.fromkeys((partition for _, partition in sifted.fences), wall)
        times: dict[int, datetime] = {}
        for decoded in sifted.fresh:
            if decoded.event is not None:
                partition, now = decoded.event.partition, decoded.event.now
                times[partition] = max(times.get(partition, now), now)
        return times

    async def _admit(
        self, tx: EngineTransaction, sifted: Sifted, applied: Applied, inbox: Inbox | None
    ) -> tuple[list[tuple[Decoded, Refusal]], dict[str, list[Event[Any]]]]:
        """Pick the events for handlers; the rest was sent twice, cannot be read, or waits behind a parked record."""
        held = await self._held(tx, sifted)
        parked: list[tuple[Decoded, Refusal]] = []
        unreadable: list[tuple[Record, Refusal]] = []
        events: dict[str, list[Event[Any]]] = {topic: [] for topic in self.subscription.topics}
        for decoded in sifted.fresh:
            record, refusal = decoded.record, decoded.refusal
            if refusal is not None and decoded.unreadable:
                unreadable.append((kept(record), refusal))
                applied.count(record.topic, "quarantined")
            elif inbox is not None and inbox.was_applied(decoded):
                applied.count(record.topic, "repeated")
            elif refusal is not None or (held and (record.topic, record.key) in held):
                parked.append((decoded, refusal or Refusal(BEHIND)))
                if record.key:
                    held.add((record.topic, record.key))
            elif inbox is not None and not inbox.claim(decoded):
                applied.count(record.topic, "repeated")
            elif decoded.event is not None:
                events[record.topic].append(decoded.event)
        if unreadable:
            await tx.quarantine(unreadable)
        return parked, {topic: fresh for topic, fresh in events.items() if fresh}

    @staticmethod
    async def _held(tx: EngineTransaction, sifted: Sifted) -> set[tuple[str, bytes | None]]:
        held: set[tuple[str, bytes | None]] = set()
        if not any(fence.parked for fence in sifted.fences.values()):
            return held
        suspects = [d.record for d in sifted.fresh if sifted.fences[d.record.topic, d.record.partition].parked]
        for topic, records in groupby(sorted(suspects, key=attrgetter("topic")), key=attrgetter("topic")):
            keys = sorted({record.key for record in records if record.key})
            held |= {(topic, key) for key in await tx.held_keys(topic, keys)}
        return held

    async def _handle(
        self, tx: EngineTransaction, topic: str, events: Sequence[Event[Any]], *, isolate: bool, alone: bool
    ) -> list[tuple[Event[Any], Refusal]]:
        handler = self.subscription.topics[topic]
        if not isolate:
            await handler.handle(events, tx)
            refused = []
        else:
            isolation = Isolation(handler, tx, self.breaker, self._is_infrastructure, alone)
            await isolation.apply(events)
            refused = isolation.refused
        failed = {(event.partition, event.key) for event, _ in refused}
        for partition in {event.partition for event in events}:
            keys = {event.key for event in events if event.partition == partition} if isolate else ()
            if not isolate or any((partition, key) not in failed for key in keys):
                self.breaker.succeeded((topic, partition), len(keys) or len(events))
        return refused

    @staticmethod
    async def _park(
        tx: EngineTransaction, sifted: Sifted, parked: Sequence[tuple[Decoded, Refusal]], wall: datetime
    ) -> None:
        rows = []
        for decoded, refusal in parked:
            record = decoded.record
            fence = sifted.fences[record.topic, record.partition]
            fence.parked += 1
            if not record.key:
                refusal = replace(refusal, holds=False)  # noqa: PLW2901 - without a key there is nothing to hold
            rows.append((kept(record), refusal, decoded.event.now if decoded.event else fence.watermark or wall))
        await tx.park(rows)


def _without_held(rest: Sequence[Decoded], applied: Applied) -> Sequence[Decoded]:
    """The rest of a batch without the places that its first part could not apply: no fence may move over those."""
    held = applied.tripped | applied.reverted | applied.paused.keys()
    return [d for d in rest if (d.record.topic, d.record.partition) not in held] if held else rest


def _reached(batch: Sequence[Decoded]) -> dict[Place, int]:
    return {(d.record.topic, d.record.partition): d.record.offset + 1 for d in batch}
