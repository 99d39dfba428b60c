"""Whether a service's database is behind the service's own topics, as one restored from a backup is."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from shared.engine.database import Database
from shared.engine.own_topics import open_topics
from shared.engine.postgres import SQL
from shared.engine.recovery import Ahead, ahead_of
from shared.engine.remembered import WentBack

T = TypeVar("T")


async def find_ahead(
    service: str, kafka: Mapping[str, Any], executor: asyncpg.Pool | asyncpg.Connection
) -> list[Ahead]:
    """Where the topics are beyond the database. The topics are read first, since a relay may be at work."""
    async with open_topics(f"/{service}", kafka) as topics:
        published = await topics.last_sequences()
    rows = await executor.fetch(SQL["remembered_sequences"])
    return ahead_of(published, {(row["topic"], row["partition"]): row["sequence"] for row in rows})


def describe_ahead(ahead: Sequence[Ahead]) -> str:
    first = ahead[0]
    return (
        f"{first.place[0]}/{first.place[1]} holds number {first.published}, this database remembers "
        f"{first.remembered} ({len(ahead)} partitions): it is older than its topics"
    )


@asynccontextmanager
async def hold_unless_behind(
    hold: Callable[[], AbstractAsyncContextManager[T]],
    database: Database,
    find: Callable[[], Awaitable[Sequence[Ahead]]],
) -> AsyncIterator[T]:
    """Hold a shard of the outbox only where the database knows every number that was published. Raises WentBack."""
    async with hold() as held:
        ahead = await find()
        if ahead:
            database.remembered.notice(describe_ahead(ahead))
            raise WentBack(database.remembered.reason)
        yield held
