"""One seed: facts and faults, then healing, then the oracle. `python -m tests.simulation.run SEED` replays one."""

import contextlib
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from aiokafka.errors import ProducerFenced

from shared.engine.applier import Applier
from shared.engine.event import Record
from shared.engine.ledger import ParkedRecord, Place
from shared.engine.own_topics import Known
from shared.engine.reader import Reader
from shared.engine.redrive import drop, redrive
from shared.engine.relay import make_way
from shared.engine.remembered import Remembered, WentBack
from shared.engine.subscription import Subscription
from shared.errors import BadRecord, NotFound, Transient
from shared.events.sales import SALES
from tests.simulation.memory import MemoryDatabase, MemoryTransaction, Tables
from tests.simulation.memory_relay import MemoryRelayLedger
from tests.simulation.oracle import check, check_newest_last
from tests.simulation.recovery import known_of, recover
from tests.simulation.relaying import MakeWay, Publisher, relay_on
from tests.simulation.scheduler import Actor, Scheduler, Stuck
from tests.simulation.world import NOW, PARTITIONS, Log, Repair, Sender, subscriptions

FACTS, MOST_STEPS = 14, 40_000
PLACES = [(SALES, partition) for partition in range(PARTITIONS)]


def is_infrastructure(error: BaseException) -> bool:
    """In memory only the database's own refusal is worth another try."""
    return isinstance(error, Transient)


@dataclass(slots=True)
class Parts:
    """What a mutation may replace."""

    transaction: type[MemoryTransaction] = MemoryTransaction
    operator_transaction: type[MemoryTransaction] = MemoryTransaction
    relay: type[MemoryRelayLedger] = MemoryRelayLedger
    log: type[Log] = Log
    make_way: MakeWay = make_way
    applier: type[Applier] = Applier
    reader: type[Reader] = Reader
    remembered: type[Remembered] = Remembered
    compares_numbers: bool = True
    ends_predecessors: bool = True
    knows: Callable[[Tables], Known] = known_of
    recovers: Callable[[Tables, Log], None] = recover
    restores: bool = True
    setbacks: str | None = None


@dataclass(slots=True)
class Simulation:
    """A world, its actors and its faults, all drawn from one seed."""

    seed: int
    parts: Parts = field(default_factory=Parts)
    dice: random.Random = field(init=False)
    scheduler: Scheduler = field(init=False)
    database: MemoryDatabase = field(init=False)
    log: Log = field(init=False)
    repair: Repair = field(default_factory=Repair)
    sender: Sender = field(init=False)
    groups: tuple[Subscription, Subscription] = field(init=False)
    deadliness: float = field(init=False)
    haste: float = field(init=False)
    setbacks: str = field(init=False)
    target: str | None = field(init=False)
    backup: Tables | None = None
    published: list[int] = field(default_factory=list)
    setback: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.scheduler = Scheduler(self.dice)
        self.database = MemoryDatabase(self.scheduler.pause, self.scheduler.until, lambda: NOW, self.parts.transaction)
        self.log = self.parts.log()
        self.sender = Sender(self.dice, FACTS, self.log)
        self.groups = subscriptions(self.repair)
        # Every seed has a temper of its own: rare faults meet only where the common ones do not drown them.
        self.deadliness = self.dice.choice([0.005, 0.02, 0.08])
        self.haste = self.dice.choice([0.03, 0.1, 0.5])
        self.setbacks = self.parts.setbacks or self.dice.choice(["rare", "often", "unpublished", "stored"])
        self.target = self.dice.choice([None, "numbering", "reading", "relay"])

    # --- actors

    async def member(self, group: Subscription) -> None:
        """A member of a group with every partition: begins at the fences, or before them."""
        remembered = self.parts.remembered()
        ledger = MemoryDatabase.like(self.database, self.parts.transaction, remembered)
        applier = self.parts.applier(group, ledger, stream=False, wall=lambda: NOW, is_infrastructure=is_infrastructure)
        places = self._places(group)
        begun = {place: fence for (name, place), fence in self.database.tables.fences.items() if name == group.group}
        remembered.keep_fences(group.group, begun)
        offsets = {}
        for place in places:
            fence = self.database.tables.fences.get((group.group, place))
            offsets[place] = max((fence.next_offset if fence else 0) - self.dice.randrange(3), 0)

        def fresh(place: tuple[str, int]) -> list[Record]:
            return self.log.read(*place, offsets[place], self.dice.randrange(1, 6))

        while True:
            await self.scheduler.pause()
            await self.scheduler.until(lambda: any(self.log.read(*place, offsets[place], 1) for place in places))
            chosen = places if self.dice.random() < 0.3 else [self.dice.choice(places)]
            batch = [record for place in chosen for record in fresh(place)]
            if not batch:
                continue
            try:
                applied = await applier.apply(batch)
            except WentBack:
                if remembered.recoveries < self.database.tables.recoveries:
                    # It missed a recovery, and begins anew.
                    self._spawn("numbering" if group is self.groups[0] else "reading")
                else:
                    self.setback = True
                return
            except Transient:
                continue
            assert not applied.paused, f"{group.group} stopped: {applied.paused}"
            for record in batch:
                offsets[record.topic, record.partition] = record.offset + 1

    def _places(self, group: Subscription) -> list[Place]:
        return [(topic, partition) for topic in group.topics for partition in range(PARTITIONS)]

    async def relay(self) -> None:
        """A relay that takes the shard over from whoever has it, and ends who wrote before."""
        ledger = self.parts.relay(self.database)
        with contextlib.suppress(Transient, ProducerFenced):
            if self.parts.ends_predecessors:
                epoch = self.log.next_epoch()
                await self.scheduler.pause()
                self.log.end_predecessors(epoch, PLACES)
            await self.scheduler.pause()
            if self.parts.compares_numbers and self._ahead():
                self.setback = True
                return
            publisher = Publisher(self.log, self.scheduler.pause)
            await ledger.keep()
            rest = partial(self.scheduler.until, self._something_to_send)
            await relay_on(ledger, publisher, lambda: self.dice.randrange(1, 5), rest, self.parts.make_way)

    def _something_to_send(self) -> bool:
        tables = self.database.tables
        held = {row.key for row, _ in tables.aside.values()}
        return bool(tables.free()) or any(row.key not in held for row in tables.outbox.values())

    async def operator(self) -> None:
        """Redrives what is parked, gives up what can never be read, and has what the broker refused sent again."""
        aside = self.database.tables.aside
        aside.update({id_: (row, None) for id_, (row, _) in aside.items()})
        for name, parked in sorted(self.database.tables.parked.values(), key=lambda one: one[1].id):
            group = next(group for group in self.groups if group.group == name)
            with contextlib.suppress(Transient):
                await self._redrive(group, parked)

    async def _redrive(self, group: Subscription, parked: ParkedRecord) -> None:
        ledger = MemoryDatabase.like(self.database, self.parts.operator_transaction)
        if parked.id not in self.database.tables.parked:
            return
        if parked.refusal.reason == "schema":
            if self._first(group, parked):
                with contextlib.suppress(NotFound):
                    await drop(group, ledger, parked, "cannot be read")
            return
        await redrive(group, ledger, parked, is_infrastructure)

    def _first(self, group: Subscription, parked: ParkedRecord) -> bool:
        waiting = self.database.tables.parked.values()
        return all(
            one.record.offset >= parked.record.offset
            for name, one in waiting
            if name == group.group and one.record.key == parked.record.key
        )

    # --- the run

    def run(self) -> None:
        """Raises AssertionError where a promise is broken."""
        try:
            self._disturb()
            self._heal()
            self._check()
        finally:
            self._end()

    def _disturb(self) -> None:
        """Facts and faults."""
        for name in ("numbering", "numbering", "reading", "relay"):
            self._spawn(name)
        sent = 0
        while sent < FACTS or self.dice.random() < 0.995:
            if sent < FACTS and self.dice.random() < self.haste:
                self.sender.send(sent)
                sent += 1
            self._fault()
            if self.setback and self.dice.random() < 0.1:
                self._recover()
            if not self.scheduler.step() and sent >= FACTS:
                break
            assert self.scheduler.steps < MOST_STEPS, "no end"

    def _spawn(self, name: str) -> Actor:
        roles: dict[str, Callable[[], object]] = {
            "numbering": lambda: self.member(self.groups[0]),
            "reading": lambda: self.member(self.groups[1]),
            "relay": self.relay,
            "operator": self.operator,
        }
        return self.scheduler.spawn(name, roles[name])  # type: ignore[arg-type]

    def _fault(self) -> None:
        """Now and then: kill -9 and start again, stop for a while with a successor beside it, repair and redrive."""
        chance = self.dice.random()
        if not self.scheduler.actors:
            return  # everybody noticed that the database went back, and waits for an operator
        if chance < self.deadliness:
            victim = self._victim()
            self.scheduler.kill(victim)
            if victim.name != "operator":
                self._spawn(victim.name).frozen = self.dice.randrange(40)
        elif chance < self.deadliness + 0.01:
            stopped = self._victim()
            stopped.frozen = self.dice.randrange(5, 60)
            if stopped.name != "operator":
                self._spawn(stopped.name)
        elif chance < self.deadliness + 0.019:
            self._repair(done=self.repair.done or self.dice.random() < 0.3)
            self._spawn("operator")
        if self.seed % 2 == 0 and self.parts.restores and self.dice.random() < self._setback_chance():
            self._restore()

    def _setback_chance(self) -> float:
        """Of a backup, or of going back to it: at any moment, or where what a relay has in hand tells on it."""
        stored = bool(self.database.tables.batch)
        if self.setbacks == "unpublished" and self.backup is not None:
            return 0.3 if stored and not self.backup.batch and self.published == self._ends() else 0.003
        if self.setbacks == "stored":
            return 0.02 if self.backup is not None else 0.1 * stored
        return 0.001 if self.setbacks == "rare" else 0.03

    def _ends(self) -> list[int]:
        return [self.log.end(place) for place in PLACES]

    def _repair(self, *, done: bool) -> None:
        self.repair.done = done
        self.log.takes_heavy = self.log.takes_heavy or done

    def _restore(self) -> None:
        """The database goes back to a backup under everybody, perhaps not for the first time; what was published since
        stays published.
        """
        if self.backup is None or (self.setbacks != "stored" and self.dice.random() < 0.3):
            self.backup, self.published = self.database.backup(), self._ends()
            return
        for actor in self.scheduler.actors:
            if actor.name == "relay":
                actor.frozen = self.dice.randrange(200)  # what it was about to send arrives late
        self.database.restore(self.backup)
        if self.dice.random() < 0.5 and self.setbacks != "stored":
            self.backup = None
        self._spawn("relay")

    def _ahead(self) -> bool:
        """Whether the topic holds what the database does not know."""
        known = self.parts.knows(self.database.tables)
        return any(known.misses(record) for log in self.log.topics[SALES] for record in log if record is not None)

    def _number_on(self) -> None:
        """What `rapport recover` does: no relay of before gets anything through from here on."""
        self.database.relay = None
        self.log.end_predecessors(self.log.next_epoch(), PLACES)
        self.parts.recovers(self.database.tables, self.log)

    def _recover(self) -> None:
        """What an operator runs, once nobody holds a fence; who ended over it begins again, while members and relays of
        before may have noticed nothing.
        """
        fences = {(group.group, place) for group in self.groups for place in self._places(group)}
        if fences & self.database.locks.keys():
            return
        self._number_on()
        self.setback = False
        for name in ("numbering", "numbering", "reading", "relay"):
            self._spawn(name)

    def _victim(self) -> Actor:
        actors = self.scheduler.actors
        return self.dice.choice([one for one in actors if one.name == self.target] or actors)

    def _end(self) -> None:
        for actor in list(self.scheduler.actors):
            self.scheduler.kill(actor)

    def _heal(self) -> None:
        """No more faults: one of each, and an operator until nothing is parked."""
        self._end()
        self._repair(done=True)
        if self.setback or self._ahead():
            self._number_on()
        for name in ("numbering", "reading", "relay"):
            self._spawn(name)
        for _ in range(200):
            while self.scheduler.step():
                assert self.scheduler.steps < 2 * MOST_STEPS, "does not come to rest"
            tables = self.database.tables
            if not tables.parked and not tables.outbox and not tables.aside:
                return
            self._spawn("operator")
        raise Stuck(f"still parked: {[one.refusal for _, one in self.database.tables.parked.values()]}")

    def _check(self) -> None:
        rows = self.database.tables.rows
        numbered = {key: rows[table, key] for table, key in rows if table == "numbered"}
        read = {key: rows[table, key] for table, key in rows if table == "read"}
        check(self.sender, numbered, read, went_back=bool(self.database.tables.restores))
        check_newest_last(self.log.topics[SALES])
        unreadable = sum(self.sender.poisoned.get(str(n)) in {"type", "header", "json"} for n in range(FACTS))
        offsets = {(record.topic, record.partition, record.offset) for record, _ in self.database.tables.quarantine}
        assert len(offsets) == len(self.database.tables.quarantine) >= unreadable


def simulate(seed: int, parts: Parts | None = None) -> None:
    """Run one seed; an AssertionError names it."""
    try:
        Simulation(seed, parts or Parts()).run()
    except (AssertionError, BadRecord) as error:
        raise AssertionError(f"seed {seed}: {error}") from error


if __name__ == "__main__":
    simulate(int(sys.argv[1]))
    sys.stdout.write(f"seed {sys.argv[1]} keeps every promise\n")
