"""The same world read by real readers: members of a group that share partitions, on a client that may do anything.

Beside kills and freezes: whatever is awaited raises, batches vanish between being taken and being read, loops end and
are cancelled, partitions move, the client stands elsewhere, marks and holes lie between records, the database goes back
under live members, clocks jump. `python -m tests.simulation.readers SEED` replays one seed.
"""

import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from unittest import mock

import structlog

from shared.engine import parking
from shared.engine.applier import Applied
from shared.engine.ledger import Fence, Place
from shared.engine.reader import Reader
from shared.engine.reading import FenceStore, Passed, Reading
from shared.engine.subscription import Subscription
from shared.errors import BadRecord, Transient
from tests.simulation.memory import MemoryDatabase, MemoryTransaction
from tests.simulation.run import FACTS, MOST_STEPS, Parts, Simulation, is_infrastructure
from tests.simulation.scheduler import Actor, Lock, Stuck
from tests.simulation.source import SimulatedSource, Trouble, soon
from tests.simulation.world import NOW, PARTITIONS, Log

GROUPS = ("numbering", "reading")


@dataclass(slots=True)
class Flaky:
    """The ledger of a reader: beginning and commit fail now and then, also after they were done."""

    database: MemoryDatabase
    trouble: Trouble

    @asynccontextmanager
    async def transaction(self, subscription: Subscription | None = None) -> AsyncIterator[MemoryTransaction]:
        self._strike()
        async with self.database.transaction(subscription) as tx:
            yield tx
            self._strike()
        self._strike()

    def _strike(self) -> None:
        try:
            self.trouble.strike()
        except Exception as error:
            raise Transient("the database is away") from error


@dataclass(slots=True, eq=False)
class Member:
    """One instance: its reader and the actors that run it."""

    name: str
    reader: Reader
    source: SimulatedSource
    joined: int = -1
    actors: list[Actor] = field(default_factory=list)


@dataclass(slots=True)
class ReaderSimulation(Simulation):
    members: list[Member] = field(default_factory=list)
    generation: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))
    committed: dict[str, dict[Place, int]] = field(default_factory=lambda: {name: {} for name in GROUPS})
    trouble: Trouble = field(init=False)
    skew: float = 0.0
    deployed_badly: bool = False

    def __post_init__(self) -> None:
        Simulation.__post_init__(self)
        self.trouble = Trouble(self.dice, self.dice.choice([0.0, 0.02, 0.1]))
        self.database.most_emitted = self.dice.choice([2, 5_000])
        self.deployed_badly = self.dice.random() < 0.5
        if self.deployed_badly:
            self.sender.poisons, self.sender.poison_rate, self.sender.senders = ("buggy", "refused later"), 0.3, 12
            self.haste = 0.5
        self.log = self.sender.log = Log(gaps=self.dice, clock=self.wall, takes_heavy=True)

    # --- members

    def wall(self) -> float:
        """The wall clock, which somebody may set."""
        return NOW.timestamp() + self.scheduler.time + self.skew

    def _join(self, name: str) -> Member:
        group = self.groups[GROUPS.index(name)]
        source = SimulatedSource(
            self.log, self.dice, self.scheduler.pause, self.trouble, self.wall, self.committed[name]
        )
        reader = self.parts.reader(
            applier=self.parts.applier(
                group,
                Flaky(self.database, self.trouble),
                stream=False,
                wall=lambda: datetime.fromtimestamp(self.wall(), UTC),
                is_infrastructure=is_infrastructure,
            ),
            fences=FenceStore(
                lambda places: self._ensure(group, places),
                lambda place, reason: self._stop(group, place, reason),
                lambda passed: self._advance(group, source, passed),
            ),
            reading=Reading(
                records=self.dice.choice([1, 3, 8]),
                bytes=self.dice.choice([100, 400, 100_000]),
                pace=0.05,
                small=2,
                commit_every=1,
                backoff_max=0.3,
                probe_after=3,
                patience=20,
            ),
            source=source,
            is_infrastructure=is_infrastructure,
            applied=self._applied,
            stream=False,
            busy=Lock(self.scheduler),
            sleep=self.scheduler.sleep,
            clock=lambda: self.scheduler.time,
            soon=partial(soon, self.dice),
        )
        member = Member(name, reader, source)
        source.rejoin = lambda: self._rejoin(member)
        self.members.append(member)
        self._run(member, "loop", lambda: self._loop(member))
        self._run(member, "house", lambda: self._keep(member))
        self._run(member, "watch", lambda: self._watch(member))
        self._run(member, "group", lambda: self._follow(member))
        self.generation[name] += 1
        return member

    def _applied(self, applied: Applied) -> None:
        del applied
        self.trouble.strike()

    def _run(self, member: Member, role: str, run: Callable[[], Awaitable[None]]) -> None:
        member.actors.append(self.scheduler.spawn(f"{member.name} {role}", run))

    def _rejoin(self, member: Member) -> None:
        for actor in [actor for actor in member.actors if actor.name.endswith("loop")]:
            self.scheduler.cancel(actor)
        self._run(member, "loop", lambda: self._loop(member))
        self.generation[member.name] += 1

    async def _loop(self, member: Member) -> None:
        """FastStream's: it takes, hands over, and swallows every exception on the way."""
        while True:
            await self.scheduler.sleep(0.01)
            with contextlib.suppress(Exception):
                records = await member.reader.take()
                await self.scheduler.pause()
                if records and not (self.trouble.on and self.dice.random() < 0.03):
                    await member.reader.read(records)

    async def _keep(self, member: Member) -> None:
        while True:
            await self.scheduler.sleep(1)
            with contextlib.suppress(OSError, RuntimeError, KeyError, Transient):
                await member.reader.maintain()
                await member.reader.commit_offsets()

    async def _watch(self, member: Member) -> None:
        while True:
            with contextlib.suppress(OSError, RuntimeError, KeyError, Transient):
                await member.reader.watch()
            await self.scheduler.sleep(1)

    async def _follow(self, member: Member) -> None:
        """The client's part in the group: takes what it is given, at once, whatever the others still do."""
        while True:
            await self.scheduler.until(lambda: member.joined != self.generation[member.name])
            with contextlib.suppress(OSError, RuntimeError, KeyError, Transient):
                await member.reader.revoke()
            member.joined = self.generation[member.name]
            peers = [each for each in self.members if each.name == member.name]
            group = self.groups[GROUPS.index(member.name)]
            places = [(topic, partition) for topic in group.topics for partition in range(PARTITIONS)]
            mine = peers.index(member) if member in peers else 0
            member.source.assign([place for at, place in enumerate(places) if at % len(peers) == mine % len(peers)])
            await member.reader.assign()

    # --- what a reader asks of the database

    async def _ensure(self, group: Subscription, places: Sequence[Place]) -> dict[Place, Fence]:
        await self.scheduler.pause()
        self.trouble.strike()
        stored = self.database.tables.fences
        return {place: stored.setdefault((group.group, place), Fence()).copy() for place in places}

    async def _stop(self, group: Subscription, place: Place, reason: str) -> None:
        await self.scheduler.pause()
        raise AssertionError(f"{group.group} stops at {place}: {reason}")

    async def _advance(
        self, group: Subscription, source: SimulatedSource, passed: Mapping[Place, Passed]
    ) -> Collection[Place]:
        moved = []
        await self.scheduler.pause()
        self.trouble.strike()
        for place, each in passed.items():
            await self.scheduler.until(partial(self._is_free, group.group, place))
            fence = self.database.tables.fences[group.group, place]
            if each.fence <= fence.next_offset <= each.upto and not fence.stopped:
                fence.next_offset = each.upto
                if each.at is not None:
                    written = source.seen[place, each.at.timestamp()]
                    assert written <= each.upto, f"{place}: watermark over {written}, handled {each.upto}"
                    fence.watermark = max(fence.watermark or each.at, each.at)
                moved.append(place)
        self.trouble.strike()
        return moved

    def _is_free(self, group: str, place: Place) -> bool:
        return self.database.locks.get((group, place)) is None

    # --- the run

    def _disturb(self) -> None:
        """Facts and faults; some seeds are long, so that what is put off comes to pass."""
        for name in (*GROUPS, *GROUPS, "relay"):
            self._spawn(name)
        sent, turns = 0, self.dice.choice([300, 1_000, 3_000])
        for turn in range(turns):
            if sent < FACTS and (self.dice.random() < self.haste or turn > turns // 2):
                self.sender.send(sent)
                sent += 1
            self._fault()
            self.scheduler.step()

    def _spawn(self, name: str) -> Actor:
        if name in GROUPS:
            return self._join(name).actors[0]
        return Simulation._spawn(self, name)

    def _leave(self, member: Member) -> None:
        for actor in member.actors:
            self.scheduler.kill(actor)
        self.members.remove(member)
        self.generation[member.name] += 1

    def _fault(self) -> None:
        if self.dice.random() < self.deadliness / 4 + 0.003:
            faults: list[Callable[[], None]] = [
                self._replace,
                self._freeze,
                self._rebalance,
                self._break_loop,
                self._set_clock,
                self._retain,
                partial(Simulation._fault, self),
            ]
            if self.seed % 4 == 0:
                faults.append(self._go_back)
            self.dice.choice(faults)()
        if self.deployed_badly:
            self.repair.done = False

    def _replace(self) -> None:
        member = self.dice.choice(self.members)
        self._leave(member)
        self._join(member.name)

    def _freeze(self) -> None:
        """A member stops for a while, and another one takes its partitions."""
        member = self.dice.choice(self.members)
        for actor in member.actors:
            actor.frozen = 40
        if len(self.members) < 6:
            self._join(member.name)

    def _rebalance(self) -> None:
        self.generation[self.dice.choice(GROUPS)] += 1

    def _break_loop(self) -> None:
        """Cancelled at whatever it awaits, and nobody starts it again but the watch."""
        member = self.dice.choice(self.members)
        self.scheduler.cancel([actor for actor in member.actors if actor.name.endswith("loop")][-1])
        member.source.ended = "its loop ended"

    def _set_clock(self) -> None:
        """Forward only where the database goes back: what was taken would be refused for its time."""
        self.skew += self.dice.choice([1.0, 600.0] if self.seed % 4 == 0 else [-90.0, -1.0, 1.0, 600.0])

    def _retain(self) -> None:
        self.log.forget(self._handled())

    def _handled(self) -> dict[Place, int]:
        """What every group has handled."""
        stored = self.database.tables.fences
        return {
            (topic, partition): stored.get((group.group, (topic, partition)), Fence()).next_offset
            for group in self.groups
            for topic in group.topics
            for partition in range(PARTITIONS)
        }

    def _victim(self) -> Actor:
        """Of the others; members are disturbed as a whole."""
        others = [actor for actor in self.scheduler.actors if actor.name in {"relay", "operator"}]
        return self.dice.choice(others) if others else self._spawn("relay")

    def _end(self) -> None:
        Simulation._end(self)
        self.members.clear()

    def _restore(self) -> None:
        """What every simulation does at its own chance: of these seeds, those that are made for it."""
        if self.seed % 4 == 0:
            self._go_back()

    def _go_back(self) -> None:
        """The database goes back under live members; relays are told by an operator to number on."""
        if self.backup is None:
            self.backup = self.database.backup()
            self.log.kept = True
            return
        for actor in [actor for actor in self.scheduler.actors if actor.name in {"relay", "operator"}]:
            self.scheduler.kill(actor)
        self.database.restore(self.backup)
        self.backup, self.log.kept = None, False
        self._number_on()
        Simulation._spawn(self, "relay")

    def _heal(self) -> None:
        """No more faults: two members of each group, and an operator until nothing is parked."""
        if self.dice.random() < 0.5:
            self._end()
        self._repair(done=True)
        self.trouble.on = False
        for name in GROUPS:
            if not any(member.name == name for member in self.members):
                self._join(name)
        Simulation._spawn(self, "relay")
        for _ in range(200):
            limit = self.scheduler.steps + MOST_STEPS
            while not self._rests():
                if self.scheduler.steps > limit or not self.scheduler.step():
                    raise Stuck(f"does not come to rest: {self._where()}")
            if not self.database.tables.parked:
                return
            Simulation._spawn(self, "operator")
            for _ in range(200):
                self.scheduler.step()
        raise Stuck("still parked")

    def _check(self) -> None:
        """What our clock took for the future may have been refused, as the contract has it."""
        ahead = {
            (dict(record.headers)["ce_id"] or b"").decode()
            for record, refusal in self.database.tables.quarantine
            if refusal.reason == "time_ahead_of_the_clock"
        }
        rows = self.database.tables.rows
        handled = [fact for table, party in rows if table == "numbered" for fact in rows[table, party]]
        for key, ids in self.sender.order.items():
            late = [fact.rpartition("/")[2] for fact in handled if fact.rpartition("/")[0] == key]
            kept = [id_ for id_ in ids if id_ not in ahead]
            for at, id_ in enumerate(late):
                if id_ in ahead and id_ in ids:
                    kept.insert(at, id_)
            self.sender.order[key] = kept
        Simulation._check(self)

    def _rests(self) -> bool:
        fences = self._handled()
        ends = {place: self.log.end(place) for place in fences}
        busy = any(actor.name == "operator" for actor in self.scheduler.actors)
        return fences == ends and not self.database.tables.outbox and not busy

    def _where(self) -> str:
        told = {m.name: (m.reader.errors, m.reader.paused, m.reader.places.positions) for m in self.members}
        return f"{self._handled()} of {[self.log.end(place) for place in self._handled()]}, {told}"


def simulate(seed: int, parts: Parts | None = None, patches: Sequence[tuple[type, str, object]] = ()) -> None:
    """Run one seed, with methods replaced; an AssertionError names it. The breaker opens soon."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with contextlib.ExitStack() as stack:
        stack.callback(structlog.reset_defaults)
        stack.enter_context(mock.patch.object(parking, "_LIMIT", 1 + seed % 2))
        for place, name, replacement in patches:
            stack.enter_context(mock.patch.object(place, name, replacement))
        try:
            ReaderSimulation(seed, parts or Parts()).run()
        except (AssertionError, BadRecord) as error:
            raise AssertionError(f"seed {seed}: {error}") from error


if __name__ == "__main__":
    simulate(int(sys.argv[1]))
    sys.stdout.write(f"seed {sys.argv[1]} keeps every promise\n")
