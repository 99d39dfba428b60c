"""A service over a real Postgres without Kafka: what its HTTP side, its workers and its handlers need of it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi import APIRouter
from pydantic import TypeAdapter

from shared.engine.change_feed import ChangeFeed
from shared.engine.checks import Check
from shared.engine.event import Event
from shared.engine.postgres import PostgresLedger, PostgresTransaction
from shared.engine.subscription import Subscription
from shared.http.app import build_app
from shared.http.archive import Family
from shared.settings import ServiceSettings
from shared.sql import load_queries

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
_OBJECT = TypeAdapter(dict[str, Any])


class Running:
    """A service that reads no topic and relays nothing; `hear` is one batch of its engine."""

    subscriptions: Sequence[Subscription] = ()

    def __init__(self, name: str, pool: asyncpg.Pool, context: object = None) -> None:
        self.name = name
        self.context = context
        self.pool = pool
        self.changes = ChangeFeed(lambda: pool)
        self.now = NOW
        self.ledger = self.ledger_of(pool)
        self.transaction = self.ledger.transaction

    def ledger_of(self, pool: asyncpg.Pool) -> PostgresLedger:
        return PostgresLedger(pool, lambda: self.now, self._emitted, self.context)

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def ready(self) -> list[Check]:
        return []

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        async with self.pool.acquire() as connection:
            yield PostgresTransaction(connection, None, self.now, self.context)

    async def hear(
        self, subscription: Subscription, events: Iterable[Event[Any]], ledger: PostgresLedger | None = None
    ) -> None:
        """One batch, in one transaction, each topic's events of the types it names to its handler in order."""
        events = list(events)
        async with (ledger or self.ledger).transaction(subscription) as tx:
            for topic, handler in subscription.topics.items():
                batch = [event for event in events if event.topic == topic and event.type in handler.contracts]
                if batch:
                    await handler.handle(batch, tx)

    async def rows(self, statement: str, *args: object) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(statement, *args)]

    async def published(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of everything in the outbox, in order."""
        return [(type_, data) for type_, _, data in await self.published_by_key()]

    async def published_by_key(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Type, key and data of everything in the outbox, in order."""
        return [
            (row["type"].removeprefix("crm.").removesuffix(".v1"), row["key"], _OBJECT.validate_json(row["payload"]))
            for row in await self.pool.fetch("select type, key, payload from outbox order by id")
        ]

    async def empty(self, *tables: str) -> None:
        await self.pool.execute(";".join(f"delete from {table}" for table in (*tables, "outbox", "idempotency")))

    async def _emitted(self) -> None:
        pass


def statements_of(service: str) -> dict[str, str]:
    """Every statement of a service as `<capability>.<name>`, from all its `queries.sql`."""
    folder = Path(__file__).parents[2] / "services" / service
    return {
        f"{file.parent.name}.{name}": statement
        for file in sorted(folder.rglob("queries.sql"))
        for name, statement in load_queries(file).items()
    }


@asynccontextmanager
async def client(
    service: Running, settings: type[ServiceSettings], dsn: str, *routers: APIRouter, family: Family | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """The service's HTTP side as `main.create_app` puts it together, called without a network."""
    given = {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
    app = build_app(service, settings.model_validate(given), routers=routers, family=family)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        yield http


async def plan_without_seqscan(pool: asyncpg.Pool, statement: str, arguments: str, search_path: str = "public") -> str:
    """How the database would run a statement for any values, with walks over a whole table or index priced out.

    On the few rows of a test a walk costs as much as looking up; on many it does not.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(f"set local search_path = {search_path}")
        await connection.execute(
            "set local enable_seqscan = off; set local enable_mergejoin = off; set local enable_hashjoin = off"
        )
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare hot as {statement.rstrip(';')}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain execute hot ({arguments})"))
        await connection.execute("deallocate hot")
    return plan
