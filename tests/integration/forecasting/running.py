"""Forecasting over a real Postgres without Kafka: events are handed to its handlers as the engine does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from pydantic import TypeAdapter

from services.forecasting import handlers
from services.forecasting.subscriptions import sales
from shared.engine.postgres import PostgresLedger, PostgresTransaction
from shared.engine.subscription import Subscription
from shared.readiness import Check

__all__ = ["Forecasting", "handlers"]  # importing the handlers registers what the subscription hears

_OBJECT = TypeAdapter(dict[str, Any])
_SALES = ("sold_day", "channel_day", "purchase_day", "sale", "refund", "product", "campaign_day", "ticket_day")


class Forecasting:
    """What a service is to its jobs and its HTTP side; `heard` is one batch of the engine."""

    name = "forecasting"

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.now = datetime(2026, 3, 2, 13, tzinfo=UTC)
        self.counted: datetime | None = None
        self.transaction = PostgresLedger(pool, lambda: self.now, self._emitted).transaction

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def ready(self) -> list[Check]:
        return []

    async def watermark(self, subscription: Subscription) -> datetime | None:
        assert subscription is sales
        return self.counted

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        async with self.pool.acquire() as connection:
            yield PostgresTransaction(connection, None, self.now)

    async def heard(self, *events: Any) -> None:
        """One batch, in one transaction, each topic's events to its handler in order."""
        async with PostgresLedger(self.pool, lambda: self.now, self._emitted).transaction(sales) as tx:
            await tx.execute("set local search_path = sales_v1, public")
            for topic, handler in sales.topics.items():
                batch = [event for event in events if event.topic == topic]
                if batch:
                    await handler.handle(batch, tx)

    async def rows(self, statement: str, *args: object) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(statement, *args)]

    async def published(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Type, key and data of everything in the outbox, in order."""
        return [
            (row["type"].removeprefix("crm.").removesuffix(".v1"), row["key"], _OBJECT.validate_json(row["payload"]))
            for row in await self.pool.fetch("select type, key, payload from outbox order by id")
        ]

    async def sales_rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table of the projection, and the view over them, each sorted."""
        names = (*_SALES, "product_day")
        return {name: sorted(map(tuple, await self.pool.fetch(f"select * from sales_v1.{name}"))) for name in names}

    async def clear(self) -> None:
        own = ("outlook", "forecast", "series", "job", "model", "score", "outbox")
        for table in (*(f"sales_v1.{name}" for name in _SALES), *own):
            await self.pool.execute(f"delete from {table}")

    async def _emitted(self) -> None:
        pass
