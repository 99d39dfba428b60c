"""Support over a real Postgres without Kafka: events are handed to its handlers as the engine does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from pydantic import TypeAdapter

from services.support import handlers
from services.support.subscriptions import tickets
from shared.engine.postgres import PostgresLedger
from shared.readiness import Check

__all__ = ["Support", "handlers"]  # importing the handlers registers what the subscription hears

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
_OBJECT = TypeAdapter(dict[str, Any])


class Support:
    """What a service is to its HTTP side; `heard` is one batch of the engine."""

    name = "support"

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.transaction = PostgresLedger(pool, lambda: NOW, self._emitted).transaction

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def ready(self) -> list[Check]:
        return []

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        async with self.transaction() as tx:
            yield tx

    async def heard(self, *events: Any) -> None:
        """One batch, in one transaction, each topic's events to its handler in order."""
        async with self.transaction(tickets) as tx:
            for topic, handler in tickets.topics.items():
                batch = [event for event in events if event.topic == topic]
                if batch:
                    await handler.handle(batch, tx)

    async def rows(self, statement: str, *args: object) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(statement, *args)]

    async def published(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of everything in the outbox, in order."""
        return [
            (
                row["type"].removeprefix("crm.").removesuffix(".v1"),
                _OBJECT.validate_json(row["payload"]),
            )
            for row in await self.pool.fetch("select type, payload from outbox order by id")
        ]

    async def clear(self) -> None:
        for table in ("reply", "status_change", "ticket", "party", "outbox", "idempotency"):
            await self.pool.execute(f"delete from {table}")

    async def _emitted(self) -> None:
        pass
