"""The help desk: what triage and routing make of tickets, and how quickly a long queue and its deadlines are read."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from bench.client import run_client
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say, settle_collector
from services.support import handlers
from services.support.categories import seeds_of
from services.support.main import create_context
from services.support.routing.commands import agents
from services.support.routing.schemas import AgentDefinition, NewPresence
from services.support.settings import Context, SupportSettings
from services.support.triage.worker import Learning
from shared.clock import now
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.postgres import PostgresLedger, PostgresTransaction
from shared.errors import ConfigurationError
from shared.events.contract import contract_of, find_contract
from shared.events.requests import SupportRequested
from shared.events.tickets import TicketOpened
from shared.ids import derived_id
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("desk.sql"))
AGENTS, BATCH, CLIENTS = 40, 500, 8
_SEMANTIC = 300
"""So many tickets tell how long sentence vectors take."""
QUEUE, DEADLINES = "/v1/queues/general?limit=50", "/v1/slas/deadlines?limit=50"


@dataclass
class Desk:
    """Support's handlers over its database, as one process runs them; no topic is read and nothing leaves."""

    pool: asyncpg.Pool
    context: Context

    def __post_init__(self) -> None:
        self.ledger = PostgresLedger(self.pool, now, _nothing, self.context)
        self.transaction = self.ledger.transaction

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresTransaction]:
        async with self.pool.acquire() as connection:
            yield PostgresTransaction(connection, None, now(), self.context)

    async def open(self, settings: SupportSettings) -> None:
        """With a trained model, and agents who may be given everything."""
        await Learning(settings, self.context).step(self)
        skills = sorted({skill for each in self.context.categories.values() for skill in each.skills})
        everything = AgentDefinition(
            skills=[*skills, "language:en", "language:da"],
            queues=[each.name for each in self.context.queues],
            capacity={"email": 1_000},
        )
        for number in range(AGENTS):
            async with self.transaction() as tx:
                await agents.define(tx, f"staff-{number}", everything, None)
                await agents.set_presence(tx, f"staff-{number}", NewPresence(presence="online"), None)

    async def take_in(self, texts: Sequence[str]) -> float:
        """The seconds that triage and routing took for a ticket of each text, in batches; no two texts are the same."""
        spent = 0.0
        for begin in range(0, len(texts), BATCH):
            names = [str(derived_id("bench request", text)) for text in texts[begin : begin + BATCH]]
            async with self.transaction() as tx:
                asked = [_asked(name, text) for name, text in zip(names, texts[begin:], strict=False)]
                await handlers.requests.take_requests(asked, tx)
            opened = [_event("crm.tickets", _opened(each.data, each.id), each.id) for each in asked]
            began = time.perf_counter()
            async with self.transaction() as tx:
                await handlers.tickets.triage_tickets(opened, tx)
            spent += time.perf_counter() - began
            said = await self._said("crm.ticket.triaged.v1")
            began = time.perf_counter()
            async with self.transaction() as tx:
                await handlers.routing.route_tickets(said, tx)
            spent += time.perf_counter() - began
        return spent

    async def _said(self, kind: str) -> list[Event[Any]]:
        """What is to be published of this type; the outbox is empty then, as its relay leaves it."""
        contract = find_contract("crm.tickets", kind)
        assert contract is not None
        rows = await self.pool.fetch(SQL["take_said"])
        return [
            _event("crm.tickets", contract.adapter.validate_json(row["payload"]), str(row["event_id"]))
            for row in sorted(rows, key=lambda each: int(each["id"]))
            if row["type"] == kind
        ]

    async def assigned(self) -> int:
        return int(await self.pool.fetchval(SQL["count_assigned"]))


async def measure_triage(sizes: Sizes) -> list[Row]:
    """The row `triage and routing`, with sentence vectors beside where their package is installed."""
    settle_collector()
    number = max(sizes.viewed // 20, 20)
    rate, given = await _triaged(SupportSettings(), number)
    more = {"given": given / number}
    try:
        semantic, _ = await _triaged(SupportSettings(semantic=True), min(number, _SEMANTIC))
    except ConfigurationError as error:
        say(f"  without sentence vectors: {error}")
    else:
        more["semantic_rate"] = semantic
    note = f"{number} tickets in batches of {BATCH}, in one process: triage, then routing among {AGENTS} agents"
    return [Row("triage and routing", rate, "tickets", more=more, note=note)]


async def _triaged(settings: SupportSettings, number: int) -> tuple[float, int]:
    """Tickets a second after a batch that warms up, and how many of them somebody was given."""
    context = create_context(settings)
    async with fresh_stack() as stack:
        await stack.ensure_databases("support")
        async with asyncpg.create_pool(stack.superuser_dsn("support"), min_size=1, max_size=4) as pool:
            desk = Desk(pool, context)
            await desk.open(settings)
            examples = [each.text for each in seeds_of(context.categories)]
            say(f"  {number} tickets, sentence vectors {'on' if settings.semantic else 'off'}")
            texts = [f"{examples[place % len(examples)]} My number is {place}." for place in range(number)]
            await desk.take_in([f"{each} At first." for each in texts[:BATCH]])  # what is loaded with the first request
            given = await desk.assigned()
            seconds = await desk.take_in(texts)
            return number / seconds, await desk.assigned() - given


async def measure_reading(sizes: Sizes) -> list[Row]:
    """The rows `queue` and `clocks`, over HTTP."""
    async with fresh_stack(["support"]) as stack:
        queued, promised = min(sizes.found_among, sizes.timers), sizes.timers
        say(f"  {promised} tickets with open promises are written, {queued} of them wait in one queue")
        connection = await asyncpg.connect(stack.superuser_dsn("support"))
        for name in ("fill_parties", "fill_tickets", "fill_promises", "fill_queue"):
            await connection.execute(SQL[name], queued if name == "fill_queue" else promised)
        for name in ("analyze_tickets", "analyze_promises", "analyze_queue"):
            await connection.execute(SQL[name])
        await connection.close()
        port = int(stack.url("support").rpartition(":")[2])
        rows = []
        for work, path, number in (("queue", QUEUE, queued), ("clocks", DEADLINES, promised)):
            say(f"  {CLIENTS} clients for {sizes.seconds:g} s: {path}")
            answer = await run_client("bench.load", port, sizes.seconds, CLIENTS, "page", path)
            rows.append(_read(work, answer, number))
        return rows


def _read(work: str, answer: dict[str, float], number: int) -> Row:
    what = "tickets wait" if work == "queue" else "promises are open"
    return Row(
        work,
        answer["rate"],
        "requests",
        p50_ms=answer["p50_ms"],
        p99_ms=answer["p99_ms"],
        more={"p95_ms": answer["p95_ms"], "client_us": answer["client_us"]},
        note=f"{CLIENTS} clients ask for the first 50 of the {number} that {what}",
    )


def _asked(name: str, text: str) -> Event[SupportRequested]:
    data = SupportRequested(
        party_id=derived_id("bench party", name),
        party_version=1,
        channel="email",
        subject="Help",
        body=text,
        recorded_at=now(),
        origin="/shop",
    )
    return _event("crm.requests", data, name)


def _opened(asked: SupportRequested, name: str) -> TicketOpened:
    return TicketOpened(
        ticket_id=derived_id("ticket", name),
        party_id=asked.party_id,
        request_event_id=name,
        recorded_at=asked.recorded_at,
        number=1,
        channel=asked.channel,
        has_text=True,
    )


def _event(topic: str, data: Any, id_: str) -> Event[Any]:
    party_id: UUID = data.party_id
    key, at = str(party_id), now()
    kind = contract_of(type(data)).type
    return Event(id_, kind, "/bench", at, at, topic, partition_of(key), 0, key.encode(), id_, None, data)


async def _nothing() -> None:
    pass
