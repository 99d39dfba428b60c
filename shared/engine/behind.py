"""Whether a service's database is behind the service's own topics, as one restored from a backup is."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg

from shared.engine.database import Database
from shared.engine.ledger import Place
from shared.engine.locks import keeping
from shared.engine.own_topics import Known, open_topics
from shared.engine.postgres import SQL
from shared.engine.postgres_relay import PostgresRelayLedger
from shared.engine.publisher import end_predecessors
from shared.engine.recovery import Ahead
from shared.engine.remembered import WentBack

_KAFKA_SECONDS = 60


async def find_ahead(
    service: str, kafka: Mapping[str, Any], executor: asyncpg.Pool | asyncpg.Connection
) -> list[Ahead]:
    """Where the topics hold what the database does not know. A relay may be at work: what stands on the topics when
    they are opened is compared with what the database knows afterwards.
    """
    async with open_topics(f"/{service}", kafka) as topics:
        known = _known(await executor.fetch(SQL["known_numbers"]))
        missed = await topics.find_missed(known)
    return [Ahead(place, number, known.of(place)) for place, number in sorted(missed.items())]


def _known(rows: Iterable[asyncpg.Record]) -> Known:
    sent, stored = dict[Place, int](), dict[Place, dict[int, str]]()
    for row in rows:
        place, number = (row["topic"], row["partition"]), row["sequence"]
        if row["event_id"] is None:
            sent[place] = number
        else:
            stored.setdefault(place, {})[number] = row["event_id"]
    return Known(sent, stored)


def describe_ahead(ahead: Sequence[Ahead]) -> str:
    first = ahead[0]
    return (
        f"{first.place[0]}/{first.place[1]} holds number {first.published}, this database remembers "
        f"{first.remembered} ({len(ahead)} partitions): it is older than its topics"
    )


async def end_publishers(service: str, shards: Iterable[int], kafka: Mapping[str, Any]) -> None:
    """What relays of these shards that were stopped still have in hand is refused from here on, in every partition of
    the service's own topics. Raises Kafka's errors.
    """
    async with open_topics(f"/{service}", kafka) as topics:
        places = topics.places
    for shard in shards:
        await end_predecessors(f"/{service}", shard, places, kafka)


@asynccontextmanager
async def hold_unless_behind(
    hold: Callable[[], AbstractAsyncContextManager[PostgresRelayLedger]],
    database: Database,
    end: Callable[[], Awaitable[None]],
    find: Callable[[], Awaitable[Sequence[Ahead]]],
) -> AsyncIterator[PostgresRelayLedger]:
    """Hold a shard of the outbox only where the database knows everything that was published. Raises WentBack.

    Those who held it before are ended first: what one of them wrote is seen, and nothing more comes. Whether the
    database went back in between is not known, and then it would write where this one has not written yet.
    """
    async with hold() as held:
        await keeping(held.keep, end(), within=_KAFKA_SECONDS)
        ahead = await keeping(held.keep, find(), within=_KAFKA_SECONDS)
        if ahead:
            database.remembered.notice(describe_ahead(ahead))
            raise WentBack(database.remembered.reason)
        yield held
