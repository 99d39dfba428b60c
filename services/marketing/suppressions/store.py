"""The suppressions, a typed function per statement."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.marketing.suppressions import schemas
from services.marketing.suppressions.domain import (
    LiftedAddress,
    ReturnedIdentity,
    StoppedAddress,
    Suppression,
)
from shared.engine.transaction import Transaction
from shared.ids import new_id
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_suppression(tx: Transaction, suppression: Suppression, *, left: bool) -> bool:
    """False where it stands already. With `left` the letter's campaign counts it: its reader wants nothing more."""
    s = suppression
    row = (
        s.id,
        s.party_id,
        s.purpose,
        s.topic,
        s.channel,
        s.message_id,
        s.suppressed_at,
        s.message_id if left else None,
    )
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


async def load_key(tx: Transaction) -> bytes:
    """What the names of addresses are made with."""
    key: bytes = await tx.fetchval(SQL["load_key"])
    return key


async def find_stopped(tx: Transaction, addresses: Iterable[UUID]) -> dict[UUID, StoppedAddress]:
    rows = await tx.fetch(SQL["find_stopped"], sorted(addresses))
    return {row["address_id"]: StoppedAddress(**row) for row in rows}


async def stop_address(tx: Transaction, stopped: StoppedAddress) -> bool:
    """False where it was stopped before."""
    s = stopped
    return await tx.fetchval(SQL["stop_address"], s.address_id, s.reason, s.cause, s.stopped_at) is not None


async def stop_address_again(tx: Transaction, stopped: StoppedAddress) -> None:
    """After a restore, and in any order."""
    s = stopped
    await tx.execute(SQL["stop_address_again"], s.address_id, s.reason, s.cause, s.stopped_at)


async def stop_identity(tx: Transaction, told: ReturnedIdentity) -> None:
    t = told
    await tx.execute(SQL["stop_identity"], t.identity_id, t.party_id, t.reason, t.cause, t.stopped_at)


async def take_identities(tx: Transaction, ids: Iterable[UUID]) -> list[ReturnedIdentity]:
    """Those of these identities that wait for their address, which do so no more."""
    return [ReturnedIdentity(**row) for row in await tx.fetch(SQL["take_identities"], sorted(ids))]


async def lift_address(
    tx: Transaction, address: UUID, because: schemas.Because | None, agent: str | None
) -> LiftedAddress | None:
    """None where it was not stopped."""
    row = await tx.fetchrow(SQL["lift_address"], new_id(), address, because, agent, tx.now)
    return None if row is None else LiftedAddress(**row)


async def lift_address_again(tx: Transaction, lifted: LiftedAddress) -> None:
    """After a restore, and in any order."""
    x = lifted
    row = (x.id, x.address_id, x.because, x.agent, x.stopped_by, x.lifted_at)
    await tx.execute(SQL["lift_address_again"], *row)


async def find_lifted(tx: Transaction, address: UUID) -> LiftedAddress | None:
    row = await tx.fetchrow(SQL["find_lifted"], address)
    return None if row is None else LiftedAddress(**row)


async def add_soft_bounce(tx: Transaction, message: UUID, address: UUID, at: datetime) -> None:
    await tx.execute(SQL["add_soft_bounce"], message, address, at)


async def count_soft_bounces(tx: Transaction, address: UUID, since: datetime) -> int:
    bounces: int = await tx.fetchval(SQL["count_soft_bounces"], address, since)
    return bounces
