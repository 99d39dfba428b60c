"""The outbox of one shard in Postgres, on a connection of its own, held by an advisory lock."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from shared.engine import faults
from shared.engine.ledger import Outgoing
from shared.engine.postgres import DATABASE_ERRORS, SQL
from shared.errors import ConfigurationError, Transient

IDLE_SECONDS = 10
"""A relay that stops using its connection for so long loses it, and with it the shard."""


class PostgresRelayLedger:
    """See `ledger.RelayLedger`. Numbers are drawn in memory and stored with the batch before anything is sent."""

    def __init__(self, connection: asyncpg.Connection, shard: int, shards: int) -> None:
        self._connection = connection
        self._shard = shard
        self._shards = shards
        self._positions: dict[tuple[str, int], int] = {}

    async def load(self) -> None:
        """Read how far the numbers of this service are. Call once, with the lock held."""
        rows = await self._connection.fetch(SQL["read_positions"])
        self._positions = {(row["topic"], row["partition"]): row["sequence"] for row in rows}
        foreign = await self._connection.fetch(SQL["foreign_batches"], self._shards)
        if foreign:
            raise ConfigurationError(
                "a batch of another number of relay shards is still unsent: start once with the former "
                "RAPPORT_ENGINE__RELAY_SHARDS, then change it"
            )

    async def keep(self) -> None:
        """Use the connection; raises where it is lost."""
        await self._connection.execute("select 1")

    async def stored(self) -> list[tuple[Outgoing, int]]:
        rows = await self._connection.fetch(SQL["stored_batch"], self._shard)
        batch = [(Outgoing(*tuple(row)[:12]), row["sequence"]) for row in rows]
        for row, sequence in batch:
            place = (row.topic, row.partition)
            self._positions[place] = max(sequence, self._positions.get(place, 0))  # recovery may have gone beyond it
        return batch

    async def store(self, sent: Sequence[tuple[Outgoing, int]], limit: int) -> list[tuple[Outgoing, int]]:
        async with self._connection.transaction():
            if sent:
                await self._forget(sent)
            rows = await self._oldest(limit)
            batch = [(row, self._next(row)) for row in rows]
            if batch:
                ids, sequences = [row.id for row, _ in batch], [sequence for _, sequence in batch]
                await self._connection.execute(SQL["store_batch"], self._shard, self._shards, ids, sequences)
            elif sent:
                await self._connection.execute(SQL["forget_batch"], self._shard)
        return batch

    async def _oldest(self, limit: int) -> list[Outgoing]:
        if self._shards == 1:
            rows = await self._connection.fetch(SQL["oldest_outgoing"], limit)
        else:
            rows = await self._connection.fetch(SQL["oldest_outgoing_of_shard"], limit, self._shard, self._shards)
        return [Outgoing(*row) for row in rows]

    def _next(self, row: Outgoing) -> int:
        place = (row.topic, row.partition)
        sequence = self._positions[place] = self._positions.get(place, 0) + 1
        return sequence

    async def _forget(self, sent: Sequence[tuple[Outgoing, int]]) -> None:
        faults.point("relay.before_forget")
        await self._connection.execute(SQL["forget_outgoing"], [row.id for row, _ in sent])
        last = {(row.topic, row.partition): sequence for row, sequence in sent}
        topics, partitions = [topic for topic, _ in last], [partition for _, partition in last]
        await self._connection.execute(SQL["save_positions"], topics, partitions, list(last.values()))


@asynccontextmanager
async def hold_shard(dsn: str, shard: int, shards: int) -> AsyncIterator[PostgresRelayLedger]:
    """Wait until this shard is ours, and hold it until the body ends or the connection does.

    Every database error leaves as Transient: after it the numbers in memory count for nothing.
    """
    settings: dict[str, Any] = {
        "application_name": "rapport relay",
        "idle_session_timeout": f"{IDLE_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "lock_timeout": "5s",
        "statement_timeout": "30s",
    }
    try:
        connection = await asyncpg.connect(dsn, server_settings=settings)
    except DATABASE_ERRORS as error:
        raise Transient(f"no database: {type(error).__name__}") from None
    try:
        while not await connection.fetchval(SQL["try_relay_lock"], shard):
            await asyncio.sleep(1)
        ledger = PostgresRelayLedger(connection, shard, shards)
        await ledger.load()
        yield ledger
    except DATABASE_ERRORS as error:
        raise Transient(f"the relay lost its database: {type(error).__name__}") from error
    finally:
        connection.terminate()
