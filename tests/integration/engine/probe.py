"""A small service over real Kafka and Postgres, whose handler notes every event that it applies."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from deploy.embedded import EmbeddedStack
from deploy.embedded.process import ROOT
from shared import clock
from shared.engine.checks import Check
from shared.engine.event import Emission, Event
from shared.engine.postgres import PostgresLedger
from shared.engine.service import Service
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from shared.events.campaigns import CampaignStopped
from shared.events.contacts import PartyUpdated
from shared.events.ingest import ReportedChoice
from shared.events.insights import ScoreComputed
from shared.events.requests import SupportRequested
from shared.events.sales import ProductChosen
from shared.events.tickets import TicketReopened
from shared.events.topics import OWNERS
from shared.ids import new_id
from shared.settings import AuthSettings, DatabaseSettings, EngineSettings, KafkaSettings, ServiceSettings
from tests.integration.engine.samples import sample

NAME = "support"
"""The service whose database and topics the probe uses; its code is not run."""
Act = Callable[[Sequence[Event[Any]], Transaction], Awaitable[None]]
_PARTY = uuid4()
MODELS: dict[str, type] = {
    "crm.ingest": ReportedChoice,
    "crm.contacts": PartyUpdated,
    "crm.sales": ProductChosen,
    "crm.requests": SupportRequested,
    "crm.campaigns": CampaignStopped,
    "crm.insights": ScoreComputed,
}
CHOICE = b'{"party": {"name": "Ada"}, "sku": "A-17", "channel": "web", "intent": "viewed"}'
EFFECTS = """create table if not exists effect (
    group_id text, event_id text, topic text, partition int, record_offset bigint, member text,
    at timestamptz default clock_timestamp())"""
NOTE = """insert into effect (group_id, event_id, topic, partition, record_offset, member)
    select $1, * from unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::text[])"""


class Probe:
    """Databases, topics and numbers of one stack, which the tests share; each test has a group of its own."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.numbers: Counter[tuple[str, int]] = Counter()

    def settings(self, **engine: int) -> ServiceSettings:
        return ServiceSettings(
            kafka=KafkaSettings(brokers=self.stack.bootstrap, session_timeout_ms=6_000),
            database=DatabaseSettings(dsn=SecretStr(self.stack.dsn(NAME))),
            auth=AuthSettings(mode="off"),
            engine=EngineSettings(**engine),
        )

    @asynccontextmanager
    async def running(self, *subscriptions: Subscription, **engine: int) -> AsyncIterator[Service]:
        """Started, and stopped at the end."""
        service = Service(NAME, self.settings(**engine), subscriptions)
        await service.start()
        try:
            yield service
        finally:
            await service.stop()

    async def write(
        self, topic: str, partition: int, count: int = 1, *, skip: int = 0, keys: int = 1, codec: str | None = None
    ) -> list[str]:
        """So many events as the owner's relay would write them; `skip` numbers are left out before. Their ids."""
        ids, type_, value = [], *sample(MODELS[topic])
        self.numbers[topic, partition] += skip
        async with AIOKafkaProducer(
            bootstrap_servers=self.stack.bootstrap, acks="all", linger_ms=5, compression_type=codec
        ) as producer:
            for turn in range(count):
                self.numbers[topic, partition] += 1
                ids.append(str(new_id()))
                headers = {
                    "ce_specversion": "1.0",
                    "ce_id": ids[-1],
                    "ce_source": OWNERS[topic],
                    "ce_type": type_,
                    "ce_time": "2026-03-01T09:30:00Z",
                    "ce_sequence": str(self.numbers[topic, partition]),
                }
                wire = [(name, text.encode()) for name, text in headers.items()]
                key = str(UUID(int=partition * 1_000 + turn % keys)).encode()
                await producer.send(topic, value, key=key, partition=partition, headers=wire)
        return ids

    async def emit(self, emissions: Iterable[Emission]) -> None:
        """Into the outbox, by an instance that relays nothing."""

        async def woken() -> None:
            await pool.execute("select pg_notify('rapport_outbox', '')")

        async with (
            asyncpg.create_pool(self.stack.dsn(NAME), min_size=1, max_size=2) as pool,
            PostgresLedger(pool, clock.now, woken).transaction() as tx,
        ):
            tx.emit(emissions)

    async def refused(self, *arguments: str) -> str:
        """What the operator's command says where it does nothing, without holding up what runs here."""
        with pytest.raises(AssertionError, match="rapport: ") as refusal:
            await asyncio.to_thread(self.rapport, *arguments)
        return str(refusal.value)

    def rapport(self, *arguments: str) -> Any:
        """The answer of the operator's command, run as a process of its own."""
        command = [
            sys.executable,
            "-m",
            "tools.rapport",
            *arguments,
            "--stack",
            str(self.stack.folder.path),
            "--json",
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def rows(self, statement: str, *args: object, database: str = NAME) -> list[Any]:
        connection = await asyncpg.connect(self.stack.superuser_dsn(database))
        try:
            return await connection.fetch(statement, *args)
        finally:
            await connection.close()

    async def effects(self, group: str, partition: int) -> list[str]:
        """The ids that a group applied in one partition, in the order of their commits."""
        statement = "select event_id from effect where group_id = $1 and partition = $2 order by at, record_offset"
        return [row["event_id"] for row in await self.rows(statement, group, partition)]

    async def applied(self, group: str, partition: int, ids: Sequence[str], within: float = 90) -> list[str]:
        """These as they were applied, once all of them are: twice where one was applied twice."""
        found: list[str] = await eventually(lambda: self._applied(group, partition, ids), "the effects", within)
        return found

    async def _applied(self, group: str, partition: int, ids: Sequence[str]) -> list[str] | None:
        found = [each for each in await self.effects(group, partition) if each in set(ids)]
        return found if set(ids) <= set(found) else None

    async def fence(self, group: str, topic: str, partition: int) -> Any:
        statement = "select * from fence where group_id = $1 and topic = $2 and partition = $3"
        return next(iter(await self.rows(statement, group, topic, partition)), None)

    async def stopped(self, group: str, topic: str, partition: int, within: float = 90) -> str:
        """Why the partition stands still, once it does."""

        async def look() -> str | None:
            fence = await self.fence(group, topic, partition)
            return fence["stopped"] if fence else None

        reason: str = await eventually(look, "a stopped partition", within)
        return reason


@contextmanager
def member(probe: Probe, group: str, name: str, pause: float = 0, fault: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """An instance in a process of its own; see `member.py`. `fault` as in `faults.py`."""
    addresses = json.dumps({"kafka": probe.stack.bootstrap, "dsn": probe.stack.dsn(NAME)})
    command = [sys.executable, "-m", "tests.integration.engine.member", addresses, group, name, str(pause)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "RAPPORT_FAULT": fault})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def noting(group: str, *topics: str, member: str = "", act: Act | None = None) -> Subscription:
    """A subscription whose handler notes what it applies, and then does `act`."""
    hears = Subscription(f"{NAME}.{group}", kind="process", topics=topics)
    for topic in topics:
        model = MODELS[topic]

        async def note(events: Sequence[Event[model]], tx: Transaction) -> None:  # type: ignore[valid-type]
            columns = zip(*((e.id, e.topic, e.partition, e.offset, member) for e in events), strict=True)
            await tx.execute(NOTE, hears.group, *map(list, columns))
            if act is not None:
                await act(events, tx)

        hears.topic(topic)(note)
    return hears


def of_shop(id_: str) -> list[tuple[str, bytes]]:
    """The headers of a CHOICE as the shop sends it."""
    headers = {"ce_specversion": "1.0", "ce_id": id_, "ce_source": "/shop", "ce_type": "crm.product.chosen.v1"}
    return [(name, text.encode()) for name, text in headers.items()]


def reopened(event_id: UUID, partition: int = 0) -> Emission:
    """An event of the probe's own topic, crm.tickets."""
    now = clock.now()
    data = TicketReopened(ticket_id=uuid4(), party_id=_PARTY, request_event_id=str(event_id), recorded_at=now)
    return Emission(data, now, id=event_id, partition=partition)


async def eventually(look: Callable[[], Awaitable[Any]], what: str, within: float = 90) -> Any:
    """The first answer that is true; asks a few times a second."""
    deadline = time.monotonic() + within
    while not (answer := await look()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        await asyncio.sleep(0.1)
    return answer


async def check(service: Service, status: str, within: float = 90) -> Check:
    """The first check of this status, waited for."""

    async def look() -> Check | None:
        return next((each for each in await service.ready() if each.state == status), None)

    found: Check = await eventually(look, f"a check that is {status}", within)
    return found


async def stands_still(pid: int) -> bool:
    """Whether a process has been stopped."""
    stat = await asyncio.to_thread(Path(f"/proc/{pid}/stat").read_text)
    return stat.rpartition(")")[2].split()[0] == "T"


async def relays(probe: Probe, count: int) -> bool:
    """Whether so many relays are connected: one holds the shard, the others wait for it."""
    statement = "select 1 from pg_stat_activity where datname = $1 and application_name = 'rapport relay'"
    return len(await probe.rows(statement, NAME)) == count
