"""The suppressions, a typed function per statement."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.marketing.suppressions import schemas
from services.marketing.suppressions.domain import Suppression
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_suppression(tx: Transaction, suppression: Suppression) -> bool:
    """False where it stands already."""
    s = suppression
    row = (s.id, s.party_id, s.purpose, s.topic, s.channel, s.message_id, s.suppressed_at)
    return await tx.fetchval(SQL["add_suppression"], *row) is not None


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
