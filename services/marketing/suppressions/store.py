"""The suppressions, a typed function per statement."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.marketing.suppressions import schemas
from services.marketing.suppressions.domain import (
    LiftedAddress,
    StoppedAddress,
    StoppedIdentity,
    Suppression,
)
from shared.engine.transaction import Transaction
from shared.ids import new_id
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_suppression(tx: Transaction, suppression: Suppression) -> bool:
    """False where it stands already."""
    s = suppression
    row = (s.id, s.party_id, s.purpose, s.topic, s.channel, s.message_id, s.suppressed_at)
    fresh: bool = await tx.fetchval(SQL["add_suppression"], *row)
    return fresh


async def load_suppressions(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, list[Suppression]]:
    found: defaultdict[UUID, list[Suppression]] = defaultdict(list)
    for row in await tx.fetch(SQL["load_suppressions"], sorted(parties)):
        found[row["party_id"]].append(Suppression(**row))
    return found


async def list_suppressions(
    tx: Transaction, parties: Sequence[UUID] | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[schemas.Suppression]:
    rows = await tx.fetch(SQL["list_suppressions"], parties, *(after or (None, None)), limit)
    return [schemas.Suppression(**row) for row in rows]


async def find_stopped(tx: Transaction, hashes: Collection[str]) -> dict[str, StoppedAddress]:
    rows = await tx.fetch(SQL["find_stopped"], sorted(hashes))
    return {row["address_hash"]: StoppedAddress(**row) for row in rows}


async def stop_address(tx: Transaction, stopped: StoppedAddress) -> bool:
    """False where it was stopped before."""
    s = stopped
    return await tx.fetchval(SQL["stop_address"], s.address_hash, s.reason, s.cause, s.stopped_at) is not None


async def stop_identity(tx: Transaction, stopped: StoppedIdentity) -> None:
    """The first reason stands."""
    s = stopped
    await tx.execute(SQL["stop_identity"], s.identity_id, s.party_id, s.reason, s.cause, s.stopped_at)


async def take_identities(tx: Transaction, ids: Iterable[UUID]) -> list[StoppedIdentity]:
    """Those of these identities that wait for their address, which do so no more."""
    return [StoppedIdentity(**row) for row in await tx.fetch(SQL["take_identities"], sorted(ids))]


async def lift_address(tx: Transaction, address_hash: str, because: schemas.Because | None, agent: str | None) -> bool:
    """False where it was not stopped."""
    row = (new_id(), address_hash, because, agent, tx.now)
    return await tx.fetchval(SQL["lift_address"], *row) is not None


async def find_lifted(tx: Transaction, address_hash: str) -> LiftedAddress | None:
    row = await tx.fetchrow(SQL["find_lifted"], address_hash)
    return None if row is None else LiftedAddress(**row)


async def add_soft_bounce(tx: Transaction, message: UUID, address_hash: str, at: datetime) -> None:
    await tx.execute(SQL["add_soft_bounce"], message, address_hash, at)


async def count_soft_bounces(tx: Transaction, address_hash: str, since: datetime) -> int:
    bounces: int = await tx.fetchval(SQL["count_soft_bounces"], address_hash, since)
    return bounces
