"""The same world on a real database: kills at any await, members beside each other, relays one after another."""

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg
import pytest

from deploy.embedded import EmbeddedStack
from shared.engine.applier import Applier
from shared.engine.postgres import PostgresLedger, is_infrastructure
from shared.engine.postgres_relay import SQL, PostgresRelayLedger
from shared.engine.redrive import drop, redrive
from shared.engine.rows import parked_of
from shared.engine.subscription import Subscription
from shared.errors import NotFound, Transient
from shared.events.sales import SALES
from tests.simulation.oracle import check, check_newest_last
from tests.simulation.relaying import Publisher, relay_on
from tests.simulation.world import NOW, PARTITIONS, Log, Repair, Sender, subscriptions
from tests.stack import migrated, servers  # noqa: F401  a fixture

SEEDS = int(os.environ.get("POSTGRES_SEEDS", "300"))
FACTS = 12
TABLES = (
    "fence, inbox, parked, quarantine, outbox, outbox_set_aside, relay_batch, relay_position, operator_action, "
    "sim_count, sim_effect"
)
WAITING = """
select exists (select from outbox) or exists (select from outbox_set_aside where reason is null and not exists (
    select from outbox_set_aside as refused where refused.key = outbox_set_aside.key and refused.reason is not null
        and refused.id < outbox_set_aside.id))
"""
# A relay killed within a statement leaves a backend that ends it: the next seed's tables are not for it.
END_RELAYS = """
select pg_terminate_backend(pid, 60000) from pg_stat_activity
where datname = current_database() and application_name = 'simulated relay'
"""
COUNT = """
with counted as (
    insert into sim_count (kind, party, number) values ($1, $2, 1)
    on conflict (kind, party) do update set number = sim_count.number + 1 returning number)
insert into sim_effect select $1, $2, number, $3 from counted returning number
"""


async def count(tx: Any, table: str, key: str, what: object) -> int:
    """Append to a party's list under the lock of its counter."""
    return int(await tx.fetchval(COUNT, table, key, str(what)))


@dataclass(slots=True)
class World:
    """One seed on one database."""

    pool: asyncpg.Pool
    dsn: str
    dice: random.Random
    log: Log = field(default_factory=Log)
    repair: Repair = field(default_factory=Repair)
    running: dict[asyncio.Task[None], str] = field(default_factory=dict)
    groups: tuple[Subscription, Subscription] = field(init=False)
    sender: Sender = field(init=False)
    ledger: PostgresLedger = field(init=False)

    def __post_init__(self) -> None:
        self.groups = subscriptions(self.repair, count)
        self.sender = Sender(self.dice, FACTS, self.log)
        self.ledger = PostgresLedger(self.pool, lambda: NOW, self._emitted)

    async def _emitted(self) -> None:
        await asyncio.sleep(0)

    async def member(self, group: Subscription) -> None:
        """Reads every partition from its fences, a few records at a time."""
        applier = Applier(group, self.ledger, stream=False, wall=lambda: NOW, is_infrastructure=is_infrastructure)
        offsets = await self.fences(group)
        while True:
            place = self.dice.choice(list(offsets))
            batch = self.log.read(*place, offsets[place], self.dice.randrange(1, 6))
            if batch:
                with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, Transient):
                    applied = await applier.apply(batch)
                    assert not applied.paused
                    offsets[place] = batch[-1].offset + 1
            await asyncio.sleep(0.0005)

    async def fences(self, group: Subscription) -> dict[tuple[str, int], int]:
        """Where each partition of a group goes on."""
        rows = await self.pool.fetch("select topic, partition, next_offset from fence where group_id = $1", group.group)
        begun = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        return {(topic, p): begun.get((topic, p), 0) for topic in group.topics for p in range(PARTITIONS)}

    async def relay(self) -> None:
        """Holds the outbox until it is killed."""
        connection = await asyncpg.connect(self.dsn, server_settings={"application_name": "simulated relay"})
        try:
            await connection.execute("select pg_advisory_lock(4711)")
            ledger = PostgresRelayLedger(connection, 0, 1)
            await ledger.check()
            publisher = Publisher(self.log, partial(asyncio.sleep, 0))
            await relay_on(ledger, publisher, lambda: self.dice.randrange(1, 5), partial(asyncio.sleep, 0.001))
        finally:
            connection.terminate()

    async def operator(self) -> None:
        """Redrives, gives up what can never be read, and has what the broker refused sent again."""
        for row in await self.pool.fetch("select id from outbox_set_aside where reason is not null"):
            await self.pool.execute(SQL["send_again"], row["id"])
        for row in await self.pool.fetch("select * from parked order by group_id, topic, record_offset"):
            group = next(group for group in self.groups if group.group == row["group_id"])
            parked = parked_of(row)
            if parked.refusal.reason == "schema":
                with contextlib.suppress(NotFound):
                    await drop(group, self.ledger, parked, "cannot be read")
            else:
                await redrive(group, self.ledger, parked)

    def spawn(self, name: str) -> None:
        """Start an actor by name."""
        roles: dict[str, Callable[[], Awaitable[None]]] = {
            "numbering": lambda: self.member(self.groups[0]),
            "reading": lambda: self.member(self.groups[1]),
            "relay": self.relay,
            "operator": self.operator,
        }
        self.running[asyncio.ensure_future(roles[name]())] = name

    async def kill(self, task: asyncio.Task[None]) -> str:
        """Cancel at whatever it awaits; its connection goes with it."""
        name = self.running.pop(task)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return name

    async def disturb(self) -> None:
        """Facts and faults."""
        for name in ("numbering", "numbering", "reading", "relay"):
            self.spawn(name)
        sent = 0
        while sent < FACTS or self.dice.random() < 0.9:
            if sent < FACTS:
                self.sender.send(sent)
                sent += 1
            await asyncio.sleep(self.dice.random() * 0.006)
            if self.dice.random() < 0.4:
                name = await self.kill(self.dice.choice(list(self.running)))
                self.spawn("numbering" if name == "operator" else name)
            if self.dice.random() < 0.1:
                self.repair.done = self.log.takes_heavy = self.repair.done or self.dice.random() < 0.3
                self.spawn("operator")

    async def heal(self) -> None:
        """One of each, and an operator until nothing waits."""
        for task in list(self.running):
            await self.kill(task)
        self.repair.done = self.log.takes_heavy = True
        for name in ("numbering", "reading", "relay"):
            self.spawn(name)
        for _ in range(2_000):
            await asyncio.sleep(0.005)
            if await self.at_rest():
                if not await self.pool.fetchval(
                    "select exists (select from parked) or exists (select from outbox_set_aside)"
                ):
                    break
                await self.operator()
        else:
            raise AssertionError("does not come to rest")
        for task in list(self.running):
            await self.kill(task)

    async def at_rest(self) -> bool:
        """In this order: every fact is handled, so that what follows from it is in the outbox or beyond; that is empty;
        and what left it is handled too.
        """
        return await self.handled() and not await self.pool.fetchval(WAITING) and await self.handled()

    async def handled(self) -> bool:
        """Whether every fence stands at the end of its log."""
        ends = [await self.fences(group) for group in self.groups]
        return all(offset == len(self.log.topics[t][p]) for fences in ends for (t, p), offset in fences.items())

    async def check(self) -> None:
        """Ask the oracle."""
        effects: dict[str, dict[str, list[Any]]] = {"numbered": {}, "read": {}}
        for row in await self.pool.fetch("select * from sim_effect order by kind, party, number"):
            effects[row["kind"]].setdefault(row["party"], []).append(row["what"])
        check(self.sender, effects["numbered"], effects["read"])
        check_newest_last(self.log.topics[SALES])


async def simulate(dsn: str, seeds: range) -> None:
    """Run the seeds one after another; an AssertionError names the one that breaks a promise."""
    async with asyncpg.create_pool(dsn, min_size=4, max_size=8) as pool:
        await pool.execute(
            "create table sim_count (kind text, party text, number integer, primary key (kind, party));"
            "create table sim_effect (kind text, party text, number integer, what text)"
        )
        for seed in seeds:
            await pool.execute(END_RELAYS)
            await pool.execute(f"truncate {TABLES}")
            world = World(pool, dsn, random.Random(seed))
            try:
                await world.disturb()
                await world.heal()
                await world.check()
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {error}") from error


@pytest.mark.usefixtures("servers")
def test_every_seed_keeps_every_promise_on_postgres(servers: EmbeddedStack) -> None:  # noqa: F811  the fixture
    """300 seeds with kills at whatever await the database's answer leaves them at."""
    asyncio.run(simulate(migrated(servers.databases, "support"), range(SEEDS)))
