"""Contacts over a real Postgres without Kafka: events are handed to its handlers as the engine does."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import asyncpg

from services.contacts import handlers
from services.contacts.store import SQL
from services.contacts.subscriptions import ingest, timeline
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.postgres import PostgresLedger
from shared.events.contract import contract_of, find_contract
from shared.readiness import Check

__all__ = ["NOW", "Contacts", "handlers", "heard", "reported"]  # importing the handlers registers what they hear

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
TABLES = ("party", "identity", "duplicate", "sale", "care", "fact_text", "outbox", "idempotency")
PROJECTED = ("line", "total", "consent", "message", "ticket")
_numbers = count(1)


def reported(
    type_: str, *, at: datetime = NOW, source: str = "/shop", id_: str | None = None, **data: Any
) -> Event[Any]:
    """A fact on crm.ingest as the engine decodes it, e.g. `reported("sale.completed", party=…, sale_id=…)`."""
    contract = find_contract("crm.ingest", f"crm.{type_}.v1")
    assert contract is not None
    return _event(contract.type, "crm.ingest", source, at, contract.adapter.validate_python(data), id_, None)


def heard(data: Any, *, at: datetime = NOW, source: str = "/contacts", id_: str | None = None) -> Event[Any]:
    """An event of one of our topics as the engine decodes it."""
    contract = contract_of(type(data))
    return _event(contract.type, contract.topic, source, at, data, id_, str(data.party_id))


def _event(
    type_: str, topic: str, source: str, at: datetime, data: Any, id_: str | None, key: str | None
) -> Event[Any]:
    number = next(_numbers)
    return Event(
        id=id_ or f"fact-{number}",
        type=type_,
        source=source,
        time=at,
        now=NOW,
        topic=topic,
        partition=partition_of(key) if key else 0,
        offset=number,
        key=key,
        correlation_id=f"flow-{number}",
        traceparent=None,
        data=data,
    )


class Contacts:
    """What a service is to its HTTP side; `hear` is one batch of the engine."""

    name = "contacts"

    def __init__(self, pool: asyncpg.Pool, timeline_pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.transaction = PostgresLedger(pool, lambda: NOW, self._emitted).transaction
        self._projecting = PostgresLedger(timeline_pool, lambda: NOW, self._emitted).transaction

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

    async def accept(self, *events: Event[Any]) -> None:
        """One batch of facts from outside, in one transaction."""
        async with self.transaction(ingest) as tx:
            await ingest.topics["crm.ingest"].handle(events, tx)

    async def show(self, events: Iterable[Event[Any]]) -> None:
        """One batch for the timeline, in one transaction, each topic's events to its handler in order."""
        events = list(events)
        async with self._projecting(timeline) as tx:
            for topic, handler in timeline.topics.items():
                batch = [event for event in events if event.topic == topic]
                if batch:
                    await handler.handle(batch, tx)

    async def show_published(self) -> None:
        """Hand everything in the outbox to the timeline, as the relay and the topics do."""
        await self.show(event for event in await self.published() if event.topic in timeline.topics)

    async def published(self) -> list[Event[Any]]:
        """Everything in the outbox, in order, as its readers will see it."""
        events = []
        for row in await self.pool.fetch("select * from outbox order by id"):
            contract = find_contract(row["topic"], row["type"])
            assert contract is not None
            assert row["partition"] == partition_of(row["key"])
            data = contract.adapter.validate_json(row["payload"])
            event = _event(
                row["type"], row["topic"], "/contacts", datetime.fromisoformat(row["time"]), data, None, row["key"]
            )
            event.id = str(row["event_id"])
            events.append(event)
        return events

    async def rows(self, statement: str, *args: object) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(statement, *args)]

    async def clear(self) -> None:
        await self.pool.execute(";".join(f"delete from {table}" for table in (*TABLES, *PROJECTED)))
        for month in (date(2015, 1, 1), date(2026, 3, 1)):
            await self.pool.execute(SQL["open_line_month"], month)

    async def _emitted(self) -> None:
        pass
