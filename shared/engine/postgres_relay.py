"""The outbox of one shard in Postgres, on a connection of its own, held by an advisory lock."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from shared.engine import faults
from shared.engine.ledger import Outgoing
from shared.engine.locks import connect_for_lock
from shared.engine.postgres import DATABASE_ERRORS
from shared.errors import ConfigurationError, Transient
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("relay.sql"))

BATCH_BYTES = 4 * 1024 * 1024
"""Of payloads: what a relay holds in memory, and all brokers together are sent at once."""


class PostgresRelayLedger:
    """See `ledger.RelayLedger`."""

    def __init__(self, connection: asyncpg.Connection, shard: int, shards: int, most_bytes: int = BATCH_BYTES) -> None:
        """`most_bytes` is how much a batch holds; a row that is larger goes alone."""
        self._connection = connection
        self._shard = shard
        self._shards = shards
        self._most_bytes = most_bytes
        self._aside = True

    async def check(self) -> None:
        """Raises ConfigurationError where a relay of another number of shards left a batch."""
        if await self._connection.fetch(SQL["foreign_batches"], self._shards):
            raise ConfigurationError(
                "a batch of another number of relay shards is still unsent: start once with the former "
                "RAPPORT_ENGINE__RELAY_SHARDS, then change it"
            )

    async def keep(self) -> None:
        await self._connection.execute("select 1")

    async def stored(self) -> list[tuple[Outgoing, int]]:
        return _numbered(await self._connection.fetch(SQL["stored_batch"], self._shard))

    async def store(self, sent: Sequence[tuple[Outgoing, int]], limit: int) -> list[tuple[Outgoing, int]]:
        if sent:
            faults.point("relay.before_forget")
        if self._aside:
            self._aside = await self._sort_set_aside([row.id for row, _ in sent])
        last = {(row.topic, row.partition): sequence for row, sequence in sent}
        rows = await self._connection.fetch(
            SQL["store_batch"],
            [row.id for row, _ in sent],
            [topic for topic, _ in last],
            [partition for _, partition in last],
            list(last.values()),
            self._shard,
            self._shards,
            limit,
            self._aside,
            self._most_bytes,
        )
        return _numbered(rows)

    async def set_aside(self, refused: Outgoing, why: str, rest: Sequence[tuple[Outgoing, int]]) -> None:
        ids, sequences = [row.id for row, _ in rest], [sequence for _, sequence in rest]
        await self._connection.execute(SQL["set_aside"], self._shard, refused.id, why, ids, sequences)
        self._aside = True

    async def _sort_set_aside(self, sent: Sequence[int]) -> bool:
        """Bring together what waits with a key, and give back what nothing holds any more; whether anything is left.

        Only the relay moves rows: an operator takes away or alters the reason of one, so that nothing is overtaken.
        """
        async with self._connection.transaction():
            await self._connection.execute(SQL["wait_behind"], self._shard, self._shards, list(sent))
            await self._connection.execute(SQL["void_before_removal"])
            await self._connection.execute(SQL["let_go"], self._shard, self._shards)
            return bool(await self._connection.fetchval(SQL["anything_aside"], self._shard, self._shards))


def _numbered(rows: Iterable[Iterable[Any]]) -> list[tuple[Outgoing, int]]:
    return [(Outgoing._make(row[:-1]), row[-1]) for row in map(tuple, rows)]


@asynccontextmanager
async def hold_shard(dsn: str, shard: int, shards: int) -> AsyncIterator[PostgresRelayLedger]:
    """Wait until this shard is ours, and hold it until the body ends or the connection does.

    Every database error leaves as Transient: after it the numbers in memory count for nothing.
    """
    try:
        connection = await connect_for_lock(dsn, "rapport relay")
    except DATABASE_ERRORS as error:
        raise Transient(f"no database: {type(error).__name__}") from None
    try:
        while not await connection.fetchval(SQL["try_relay_lock"], shard):
            await asyncio.sleep(1)
        ledger = PostgresRelayLedger(connection, shard, shards)
        await ledger.check()
        yield ledger
    except DATABASE_ERRORS as error:
        raise Transient(f"the relay lost its database: {type(error).__name__}") from error
    finally:
        connection.terminate()
